import { describe, expect, it } from 'vitest';
import { build } from '../../../dissectors/index.ts';
import { judgeAssociation } from '../../../cli/keys/check-explain.ts';
import { sealEsp } from '../../../engine/crypto/esp.ts';
import { KeyCheck } from '../../../engine/keys/key-check.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { address } from '../../rules/event-builders.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT, key } from './key-texts.ts';

const ESP = 50;
const LINKTYPE_RAW = 101;

/** A row of esp_sa. */
function row(changes: {
  source?: string;
  destination?: string;
  spi?: string;
  encryption?: [string, string];
  integrity?: [string, string];
  more?: string;
}): string {
  const { source = HOME_ADDRESS, destination = HOME_AGENT, spi = '0x100' } = changes;
  const { encryption = ['AES-CBC', key(16)], integrity = ['HMAC-SHA-256-128', key(32)] } = changes;
  const fields = ['IPv6', source, destination, spi, ...encryption, ...integrity];
  return `${fields.map((field) => `"${field}"`).join(',')}${changes.more ?? ''}`;
}

/** ESP packets that the first association of a row seals, 1, 2, 3 ... */
function packets(
  text: string,
  count: number,
  how: 'plain' | 'home-address-option' | 'reversed' | 'tunnel' = 'plain',
  spi = 0x100,
): Uint8Array[] {
  const [entry] = readKeyText(text, 'sender').entries;
  if (entry === undefined) throw new Error('no association');
  const { association } = entry;
  return Array.from({ length: count }, (_, i) => {
    const esp = sealEsp(association, {
      spi,
      sequence: i + 1,
      ...(association.extendedSequence ? { sequenceHigh: 0 } : {}),
      iv: new Uint8Array(association.esp.encryption.ivLength).fill(i),
      nextHeader: 59,
      payload: new Uint8Array(16),
    });
    const isReversed = how === 'reversed';
    const isAway = how === 'home-address-option' || how === 'tunnel';
    return build.ipv6Packet({
      source: address(isReversed ? HOME_AGENT : isAway ? CARE_OF_ADDRESS : HOME_ADDRESS),
      destination: address(isReversed ? HOME_ADDRESS : HOME_AGENT),
      headers:
        how === 'home-address-option'
          ? [build.destinationOptions([build.homeAddressOption(address(HOME_ADDRESS))])]
          : [],
      protocol: ESP,
      payload: esp,
    });
  });
}

/** Verdict and `code packets proven` of each reason, for all associations of a key file. */
function check(keys: string, captured: readonly Uint8Array[], cut = 0): string[] {
  const { entries } = readKeyText(keys, 'keys');
  const watcher = new KeyCheck(entries);
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: [],
    associations: entries.map(({ association }) => association),
    inputs: [{ name: 'capture', packets: 0 }],
    interfaces: [],
    espWatcher: watcher,
  });
  for (const [i, bytes] of captured.entries()) {
    engine.feed({
      ...emptyPacketRecord(),
      bytes,
      end: bytes.length - cut,
      originalLength: bytes.length,
      seconds: i,
      linkType: LINKTYPE_RAW,
      number: i + 1,
    });
  }
  engine.finish();
  return entries.map((entry) => {
    const { verdict, explanations } = judgeAssociation(entry, watcher);
    const reasons = explanations.map(
      ({ code, packets: count, isProven, fix }) =>
        `${code} ${count}${isProven ? ' proven' : ''}: ${fix ?? ''}`,
    );
    return [verdict, ...reasons].join(' | ');
  });
}

const GOOD = row({});

describe('a check of keys', () => {
  it('finds nothing wrong with keys that open everything', () => {
    expect(check(GOOD, packets(GOOD, 3, 'home-address-option'))).toEqual(['works']);
  });

  it('proves that a row names the care-of address, and writes the home address', () => {
    const captured = [...packets(GOOD, 3, 'home-address-option'), ...packets(GOOD, 1)];
    expect(check(row({ source: CARE_OF_ADDRESS }), captured)).toEqual([
      `wrong | care-of-address 4 proven: write the home address: ${HOME_ADDRESS} as the source`,
    ]);
  });

  it('proves that directions are exchanged', () => {
    expect(check(GOOD, packets(GOOD, 2, 'reversed'))).toEqual([
      'wrong | direction 2 proven: exchange source and destination',
    ]);
  });

  it('says that the keys are to be looked at when directions are exchanged and keys do not fit', () => {
    const other = row({ integrity: ['HMAC-SHA-256-128', key(32, 9)] });
    expect(check(GOOD, packets(other, 2, 'reversed'))[0]).toContain('direction 2: exchange');
  });

  it('proves other addresses, such as those of a tunnel that nobody registered', () => {
    expect(check(GOOD, packets(GOOD, 2, 'tunnel'))).toEqual([
      `wrong | addresses 2 proven: write ${CARE_OF_ADDRESS} as the source`,
    ]);
  });

  it('takes another association with the same SPI for what it is, which is no mistake', () => {
    const other = row({ integrity: ['HMAC-SHA-256-128', key(32, 9)] });
    expect(check(GOOD, packets(other, 2, 'tunnel'))).toEqual(['unused | addresses 2: ']);
  });

  it('proves another SPI', () => {
    expect(check(GOOD, packets(GOOD, 5, 'plain', 0x1234))).toEqual([
      'wrong | spi 5 proven: write 0x00001234 as the SPI',
    ]);
  });

  it('recognises an SPI in another base where nothing proves it', () => {
    const unchecked = row({ spi: '1000', integrity: ['ANY-128', ''] });
    expect(check(unchecked, packets(GOOD, 1, 'plain', 0x1000))).toEqual([
      'unused | spi-not-seen 0: write 0x00001000',
    ]);
  });

  it('names the SPIs between the addresses when the SPI is not seen', () => {
    const other = row({ integrity: ['HMAC-SHA-256-128', key(32, 9)] });
    const { entries } = readKeyText(GOOD, 'keys');
    expect(entries).toHaveLength(1);
    expect(check(GOOD, packets(other, 2, 'plain', 0x777))[0]).toMatch(/^unused \| spi-not-seen 0:/);
  });

  it.each([
    [row({ integrity: ['HMAC-SHA-256-96', key(32)] }), 'HMAC-SHA-256-96'],
    [row({ integrity: ['HMAC-SHA1', key(20)] }), 'HMAC-SHA-1-96'],
  ])('proves another algorithm with the same keys: %#', (sender, wanted) => {
    const keys = wanted.includes('256') ? GOOD : row({ integrity: ['MAC-RIPEMD-160-96', key(20)] });
    expect(check(keys, packets(sender, 2))[0]).toMatch(
      new RegExp(`^wrong \\| algorithm 2 proven: write ${wanted}`),
    );
  });

  it('proves another ICV length of a combined transform', () => {
    const gcm = (octets: number): string =>
      row({ encryption: [`AES-GCM-${octets}`, key(20)], integrity: ['NULL', ''] });
    expect(check(gcm(16), packets(gcm(8), 2))[0]).toContain(
      'algorithm 2 proven: write AES-GCM with 8',
    );
  });

  it('proves extended sequence numbers', () => {
    const extended = row({ more: ',"64-bit"' });
    expect(check(GOOD, packets(extended, 2))[0]).toContain('sequence-length 2 proven');
    expect(check(extended, packets(GOOD, 2))[0]).toContain('sequence-length 2 proven');
  });

  it('proves that the keys of another row fit', () => {
    const other = row({
      source: HOME_AGENT,
      destination: HOME_ADDRESS,
      spi: '0x101',
      encryption: ['AES-CBC', key(16, 7)],
      integrity: ['HMAC-SHA-256-128', key(32, 7)],
    });
    const sender = row({
      encryption: ['AES-CBC', key(16, 7)],
      integrity: ['HMAC-SHA-256-128', key(32, 7)],
    });
    expect(check(`${GOOD}\n${other}`, packets(sender, 2))[0]).toContain('other-row 2 proven');
  });

  it('tells a wrong authentication key from a wrong encryption key', () => {
    const authentication = row({ integrity: ['HMAC-SHA-256-128', key(32, 1)] });
    expect(check(authentication, packets(GOOD, 3))[0]).toMatch(/^wrong \| icv 3: check the auth/);
    const encryption = row({ encryption: ['AES-CBC', key(16, 1)] });
    expect(check(encryption, packets(GOOD, 40))[0]).toContain('encryption-key');
  });

  it('says that packets were cut, and accuses no key', () => {
    const verdict = check(GOOD, packets(GOOD, 2), 10)[0];
    expect(verdict).toBe('unused | cut 2: capture whole packets: tcpdump -s 0');
  });

  it('says that an earlier row with the same selectors opened the packets', () => {
    expect(check(`${GOOD}\n${GOOD}`, packets(GOOD, 2))).toEqual([
      'works',
      'unused | shadowed 0: remove the row, or narrow its addresses',
    ]);
  });

  it('says that there is no ESP, or that the row is for IPv4', () => {
    expect(check(GOOD, [])).toEqual(['unused | no-esp 0: ']);
    const ipv4 = '"IPv4","192.0.2.1","192.0.2.2","0x100","NULL","","NULL",""';
    expect(check(ipv4, packets(GOOD, 1))[0]).toContain('family 1: write');
  });

  it('stays bounded when every packet has another SPI', () => {
    const [packet = new Uint8Array()] = packets(GOOD, 1);
    const { entries } = readKeyText(GOOD, 'keys');
    const watcher = new KeyCheck(entries);
    const engine = new Engine({
      site: UNKNOWN_SITE,
      rules: [],
      associations: entries.map(({ association }) => association),
      inputs: [{ name: 'capture', packets: 0 }],
      interfaces: [],
      espWatcher: watcher,
    });
    const record = { ...emptyPacketRecord(), bytes: packet, end: packet.length, linkType: 101 };
    record.originalLength = packet.length;
    for (let i = 0; i < 11_000; i++) {
      packet[40] = 1 + (i >>> 16);
      packet[41] = i >>> 8;
      packet[42] = i & 0xff;
      engine.feed(record);
    }
    expect(watcher.flows).toHaveLength(10_000);
    expect(watcher.unlisted).toBe(1_000);
  });
});
