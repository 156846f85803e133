import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAddress, parsePrefix, type Prefix } from '../../../dissectors/core/address.ts';
import {
  createEspResult,
  EspScratch,
  EspStatus,
  openEsp,
  sealEsp,
} from '../../../engine/crypto/esp.ts';
import { PORTABLE } from '../../../engine/crypto/portable.ts';
import {
  findEncryption,
  findIntegrity,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
} from '../../../engine/crypto/transforms.ts';
import {
  checkReplay,
  formatSelector,
  MAX_ASSOCIATIONS,
  SecurityAssociation,
  SecurityAssociationTable,
  updateReplay,
  type SecurityAssociationParameters,
} from '../../../engine/state/security-association.ts';

const HOME_ADDRESS = '2001:db8:1::10';
const HOME_AGENT = '2001:db8:1::1';
const CARE_OF_ADDRESS = '2001:db8:2::10';

function prefix(text: string): Prefix {
  const parsed = text === '*' ? { bytes: new Uint8Array(16), length: 0 } : parsePrefix(text);
  if (parsed === undefined) throw new Error(`not a prefix: ${text}`);
  return parsed;
}

let line = 0;

function association(
  source: string,
  destination: string,
  more: Partial<SecurityAssociationParameters> = {},
): SecurityAssociation {
  return new SecurityAssociation({
    spi: 0x100,
    source: prefix(source),
    destination: prefix(destination),
    encryption: NULL_ENCRYPTION,
    encryptionKey: new Uint8Array(0),
    integrity: NULL_INTEGRITY,
    integrityKey: new Uint8Array(0),
    origin: { file: 'esp_sa', line: ++line },
    ...more,
  });
}

/** Source and destination one after the other, as in an IPv6 header. */
function addresses(source: string, destination: string): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes.set(parseAddress(source) ?? [], 0);
  bytes.set(parseAddress(destination) ?? [], 16);
  return bytes;
}

describe('the table of security associations', () => {
  const find = (
    table: SecurityAssociationTable,
    spi: number,
    source: string,
    destination: string,
  ): SecurityAssociation | undefined => table.find(spi, addresses(source, destination), 0, 16, 16);

  it('finds the row with the closest selectors whatever the order of the file', () => {
    const exact = association(HOME_ADDRESS, HOME_AGENT);
    const network = association('2001:db8:1::/64', HOME_AGENT);
    const anySource = association('*', HOME_AGENT);
    const anyDestination = association(HOME_ADDRESS, '*');
    const any = association('*', '*');
    for (const order of [
      [exact, network, anySource, anyDestination, any],
      [any, anyDestination, anySource, network, exact],
      [anySource, exact, any, network, anyDestination],
    ]) {
      const table = new SecurityAssociationTable(order);
      expect(find(table, 0x100, HOME_ADDRESS, HOME_AGENT)).toBe(exact);
      expect(find(table, 0x100, '2001:db8:1::99', HOME_AGENT)).toBe(network);
      expect(find(table, 0x100, CARE_OF_ADDRESS, HOME_AGENT)).toBe(anySource);
      expect(find(table, 0x100, HOME_ADDRESS, CARE_OF_ADDRESS)).toBe(anyDestination);
      expect(find(table, 0x100, CARE_OF_ADDRESS, CARE_OF_ADDRESS)).toBe(any);
      expect(find(table, 0x101, HOME_ADDRESS, HOME_AGENT)).toBeUndefined();
    }
  });

  it('keeps the two directions of one SPI apart', () => {
    const update = association(HOME_ADDRESS, HOME_AGENT);
    const acknowledgement = association(HOME_AGENT, HOME_ADDRESS);
    const table = new SecurityAssociationTable([update, acknowledgement]);
    expect(find(table, 0x100, HOME_ADDRESS, HOME_AGENT)).toBe(update);
    expect(find(table, 0x100, HOME_AGENT, HOME_ADDRESS)).toBe(acknowledgement);
    expect(find(table, 0x100, HOME_AGENT, CARE_OF_ADDRESS)).toBeUndefined();
  });

  it('gives all rows that fit in the order in which they are to be tried', () => {
    const exact = association(HOME_ADDRESS, HOME_AGENT);
    const second = association(HOME_ADDRESS, HOME_AGENT);
    const any = association('*', '*');
    const anySpi = association(HOME_ADDRESS, HOME_AGENT, { spi: undefined });
    const other = association(CARE_OF_ADDRESS, HOME_AGENT);
    const table = new SecurityAssociationTable([anySpi, any, other, exact, second]);
    const bytes = addresses(HOME_ADDRESS, HOME_AGENT);
    const into: SecurityAssociation[] = [];
    expect(table.candidates(0x100, bytes, 0, 16, 16, into)).toBe(4);
    expect(into).toEqual([exact, second, any, anySpi]);
    expect(table.candidates(0x100, bytes, 0, 16, 16, into, 2)).toBe(2);
    expect(table.candidates(0x999, bytes, 0, 16, 16, into)).toBe(1);
    expect(into[0]).toBe(anySpi);
    expect(find(table, 0x999, HOME_ADDRESS, HOME_AGENT)).toBe(anySpi);
  });

  it('finds by SPI alone for explanations', () => {
    const update = association(HOME_ADDRESS, HOME_AGENT);
    const table = new SecurityAssociationTable([update]);
    expect(find(table, 0x100, CARE_OF_ADDRESS, HOME_AGENT)).toBeUndefined();
    expect(table.findBySpi(0x100)).toEqual([update]);
    expect(table.findBySpi(0x101)).toEqual([]);
  });

  it('never takes an IPv4 row for an IPv6 packet', () => {
    const row = association('*', '*', {
      source: { bytes: new Uint8Array(4), length: 0 },
      destination: prefix('192.0.2.1'),
    });
    const table = new SecurityAssociationTable([row]);
    const bytes = Uint8Array.of(198, 51, 100, 1, 192, 0, 2, 1);
    expect(table.find(0x100, bytes, 0, 4, 4)).toBe(row);
    expect(table.find(0x100, addresses('c000:201::', 'c000:201::'), 0, 16, 16)).toBeUndefined();
  });

  it('takes a bounded number, and loads that many of one SPI in good time', () => {
    const row = association(HOME_ADDRESS, HOME_AGENT);
    const table = new SecurityAssociationTable(Array.from({ length: MAX_ASSOCIATIONS }, () => row));
    expect(table.size).toBe(MAX_ASSOCIATIONS);
    expect(() => {
      table.add(row);
    }).toThrow(`more than ${MAX_ASSOCIATIONS} security associations`);
    expect(find(table, 0x100, HOME_ADDRESS, HOME_AGENT)).toBe(row);
  });

  it('has no selectors of two families', () => {
    expect(() => association(HOME_ADDRESS, '192.0.2.1')).toThrow('one address family');
  });
});

describe('a security association', () => {
  const KEY = 'f00dfacef00dfacef00dfacef00dface';
  const INTEGRITY_KEY = 'deadc0dedeadc0dedeadc0dedeadc0dedeadc0de';
  const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
  const withKeys = (more: Partial<SecurityAssociationParameters> = {}): SecurityAssociation =>
    association(HOME_ADDRESS, HOME_AGENT, {
      encryption: findEncryption('AES-CBC') ?? NULL_ENCRYPTION,
      encryptionKey: bytesOf(KEY),
      integrity: findIntegrity('HMAC-SHA-1-96') ?? NULL_INTEGRITY,
      integrityKey: bytesOf(INTEGRITY_KEY),
      ...more,
    });

  /** Every text that could carry the key: hex, and runs of decimal octets. */
  function expectNoKey(text: string): void {
    const plain = text.toLowerCase().replace(/[\s,]+/g, ' ');
    expect(plain).not.toMatch(/f00d|face|dead|c0de/);
    expect(plain).not.toContain('240 13 250 206');
    expect(plain).not.toContain('222 173 192 222');
    // HMAC pads: key xor 0x36 and 0x5c.
    expect(plain).not.toContain('232 155 246 232');
    expect(plain).not.toContain('130 241 156 130');
  }

  it.each([
    ['node', 'AES-CBC', 'node'],
    ['portable', 'AES-CBC', PORTABLE],
    ['node', 'AES-CTR', 'node'],
    ['portable', 'AES-CTR', PORTABLE],
    ['node', 'AES-GCM-16', 'node'],
    ['portable', 'AES-GCM-16', PORTABLE],
    ['node', 'NULL-AES-GMAC', 'node'],
  ] as const)('never shows its keys (backend %s, %s)', (_, name, backend) => {
    const encryption = findEncryption(name) ?? NULL_ENCRYPTION;
    const isCombined = encryption.icvLength > 0;
    const sa = withKeys({
      backend,
      encryption,
      encryptionKey: bytesOf(encryption.saltLength > 0 ? `${KEY}f00dface` : KEY),
      ...(isCombined ? { integrity: NULL_INTEGRITY, integrityKey: new Uint8Array(0) } : {}),
    });
    // Used once, so that all caches are filled.
    const iv = new Uint8Array(encryption.ivLength);
    const packet = sealEsp(sa, { sequence: 1, iv, nextHeader: 135, payload: new Uint8Array(8) });
    const result = createEspResult();
    openEsp(sa, packet, 0, packet.length, new EspScratch(), result);
    expect(result.status).toBe(EspStatus.OK);
    for (const value of [sa, sa.esp, new SecurityAssociationTable([sa]), [sa], { sa }]) {
      expectNoKey(inspect(value, { depth: 20, showHidden: true, getters: true }));
      expectNoKey(JSON.stringify(value));
    }
    expectNoKey(
      String(new Error('failed', { cause: sa })) + inspect(new Error('x', { cause: sa })),
    );
  });

  it('does not change when the caller reuses the arrays of the keys', () => {
    const key = bytesOf(KEY);
    const integrityKey = bytesOf(INTEGRITY_KEY);
    for (const backend of ['node', PORTABLE] as const) {
      const sa = withKeys({ backend, encryptionKey: key.slice(), integrityKey });
      const iv = new Uint8Array(16);
      const fields = { sequence: 1, iv, nextHeader: 135, payload: new Uint8Array(8) };
      const before = sealEsp(sa, fields);
      integrityKey.fill(0);
      expect(sealEsp(sa, fields)).toEqual(before);
      integrityKey.set(bytesOf(INTEGRITY_KEY));
    }
  });

  it('is named by SPI and selectors, and by its line', () => {
    const sa = association('*', '2001:db8:1::/64', { origin: { file: 'keys/esp_sa', line: 7 } });
    expect(sa.label).toBe('0x00000100 * > 2001:db8:1::/64');
    expect(sa.id).toBe('keys/esp_sa:7');
    expect(formatSelector(prefix(HOME_AGENT))).toBe(HOME_AGENT);
    expect(association('*', '*', { spi: undefined, label: 'mobile node 1' }).label).toBe(
      'mobile node 1',
    );
  });

  it('is shared when other associations may hide behind the row', () => {
    expect(association('*', HOME_AGENT).isShared).toBe(false);
    expect(association(HOME_ADDRESS, '*').isShared).toBe(true);
    expect(association(HOME_ADDRESS, '2001:db8:1::/64').isShared).toBe(true);
    expect(association(HOME_ADDRESS, HOME_AGENT, { spi: undefined }).isShared).toBe(true);
  });

  it('tells new sequence numbers from replayed and too old ones', () => {
    const sa = association(HOME_ADDRESS, HOME_AGENT, { replayWindow: 32 });
    expect(checkReplay(sa, 5)).toBe('new');
    updateReplay(sa, 5);
    expect(checkReplay(sa, 5)).toBe('replay');
    expect(checkReplay(sa, 4)).toBe('new');
    updateReplay(sa, 100);
    expect(checkReplay(sa, 68)).toBe('too-old');
    expect(checkReplay(sa, 69)).toBe('new');
  });

  it('follows extended sequence numbers into the ICV', () => {
    const sender = withKeys({ extendedSequence: true });
    const iv = new Uint8Array(16);
    const seal = (sequence: number, sequenceHigh: number): Uint8Array =>
      sealEsp(sender, { sequence, sequenceHigh, iv, nextHeader: 135, payload: new Uint8Array(8) });
    const sa = withKeys({ extendedSequence: true, initialSequenceHigh: 2 });
    const result = createEspResult();
    for (const [sequence, high] of [
      [0xffff_ff00, 2],
      [0xffff_ffff, 2],
      [0, 3],
      [0xffff_fff9, 2],
      [17, 3],
    ] as const) {
      const packet = seal(sequence, high);
      openEsp(sa, packet, 0, packet.length, new EspScratch(), result);
      expect(result.status).toBe(EspStatus.OK);
      expect(result.sequenceHigh).toBe(high);
      expect(checkReplay(sa, sequence)).toBe('new');
      updateReplay(sa, sequence);
    }
    expect(checkReplay(sa, 17)).toBe('replay');
  });

  it('counts what came of its packets', () => {
    const sa = withKeys();
    const result = createEspResult();
    const scratch = new EspScratch();
    const iv = new Uint8Array(16);
    const packet = sealEsp(sa, { sequence: 9, iv, nextHeader: 135, payload: new Uint8Array(8) });
    const forged = packet.slice();
    forged[4] = 0xff;
    for (const [index, octets] of [packet, forged, packet.slice(0, 20)].entries()) {
      openEsp(sa, octets, 0, octets.length, scratch, result);
      sa.record(result, octets.length, { number: 10 + index, time: 1_000_000 + index });
    }
    expect(sa.statistics).toEqual({
      packets: 3,
      octets: 2 * packet.length + 20,
      verified: 1,
      icvFailures: 1,
      decryptErrors: 1,
      firstPacket: 10,
      firstTime: 1_000_000,
      lastPacket: 12,
      lastTime: 1_000_002,
      // The forged sequence number 0xff000009 does not count.
      highestSequence: 9,
    });
  });
});
