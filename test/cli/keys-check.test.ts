/**
 * `keys check` on ESP over IPv4 and on associations that come of secrets of IKE.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ipv4Packet, ipv6Packet, udpDatagram } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { capture } from '../engine/ike/wire.ts';
import { HOME_ADDRESS, HOME_AGENT } from '../rules/site.ts';
import { run } from './read/run.ts';

const SESSIONS = path.join(import.meta.dirname, '..', 'engine', 'ike', 'strongswan');
/** Captures of other projects, where somebody has put them beside this one. */
const SHARED = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'captures', 'tcpdump');
const hasShared = existsSync(SHARED);

const NODE = '192.0.2.10';
const AGENT = '198.51.100.1';
const KEYS = ['000102030405060708090a0b0c0d0e0f', '101112131415161718191a1b1c1d1e1f20212223'];
const row = (source: string, destination: string, spi = '0x00001000', family = 'IPv4'): string =>
  `"${family}","${source}","${destination}","${spi}","AES-CBC [RFC3602]","0x${KEYS[0] ?? ''}","HMAC-SHA-1-96 [RFC2404]","0x${KEYS[1] ?? ''}"\n`;

const Check = z.object({
  esp_packets: z.number(),
  opened: z.number(),
  associations: z.array(
    z.object({
      verdict: z.string(),
      packets: z.number(),
      opened: z.number(),
      reasons: z.array(
        z.object({ code: z.string(), proven: z.boolean(), fix: z.string().optional() }),
      ),
    }),
  ),
  derived: z.array(
    z.object({
      line: z.number(),
      ike_version: z.number(),
      ike_initiator: z.string(),
      verdict: z.string(),
      packets: z.number(),
      opened: z.number(),
    }),
  ),
  ike_notices: z.array(z.object({ code: z.string(), line: z.number() })),
  not_opened: z.array(z.object({ source: z.string(), destination: z.string() })),
});

let folder = '';
let pcap = '';
const write = (name: string, content: string | Buffer): string => {
  const file = path.join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
};
const ipv4 = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));

/** ESP between the node and the agent, one packet alone and one in UDP, with an IPv6 packet inside. */
function packets(): Uint8Array[] {
  const [association] = parseKeyText(row(NODE, AGENT), 'esp_sa').associations;
  if (association === undefined) throw new Error('no association');
  const ends = { source: HOME_ADDRESS, destination: HOME_AGENT };
  const inner = ipv6Packet({ ...ends, protocol: NEXT_HEADER.none, payload: new Uint8Array() });
  const esp = (sequence: number): Uint8Array =>
    association.esp.seal({
      spi: 0x1000,
      sequence,
      iv: new Uint8Array(16).fill(sequence),
      nextHeader: NEXT_HEADER.ipv6,
      payload: inner,
    });
  const udp = { ...ends, sourcePort: 4500, destinationPort: 4500, payload: esp(2), checksum: 0 };
  const outer = { source: ipv4(NODE), destination: ipv4(AGENT) };
  return [
    ipv4Packet({ ...outer, protocol: NEXT_HEADER.esp, payload: esp(1) }),
    ipv4Packet({ ...outer, protocol: NEXT_HEADER.udp, payload: udpDatagram(udp) }),
  ];
}

async function check(keys: string, file = pcap): Promise<z.infer<typeof Check> & { code: number }> {
  const { code, stdout } = await run('keys', 'check', '--json', '--keys', keys, file);
  for (const key of KEYS) expect(stdout).not.toContain(key);
  return { ...Check.parse(JSON.parse(stdout)), code };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-check-'));
  pcap = write('ipv4.pcap', capture(packets()));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('keys check of ESP over IPv4', () => {
  it('counts packets alone and in UDP', async () => {
    const found = await check(write('right', row(NODE, AGENT)));
    expect(found).toMatchObject({ code: 0, esp_packets: 2, opened: 2, not_opened: [] });
    expect(found.associations[0]).toMatchObject({ verdict: 'works', packets: 2, opened: 2 });
  });

  it('opens them with a source that a NAT has changed since', async () => {
    const found = await check(write('nat', row('10.0.0.2', AGENT)));
    expect(found.associations[0]).toMatchObject({ verdict: 'works', packets: 2, opened: 2 });
  });

  it.each([
    ['direction', row(AGENT, NODE), 'direction', 'exchange source and destination'],
    ['address', row(NODE, '198.51.100.2'), 'addresses', `write ${AGENT} as the destination`],
    ['spi', row(NODE, AGENT, '0x00002000'), 'spi', 'write 0x00001000 as the SPI'],
  ])('explains a wrong %s with proof', async (name, text, code, fix) => {
    const found = await check(write(name, text));
    expect(found.code).toBe(1);
    expect(found.associations[0]?.verdict).toBe('wrong');
    expect(found.associations[0]?.reasons).toEqual([{ code, proven: true, fix }]);
    expect(found.not_opened).toMatchObject([{ source: NODE, destination: AGENT }]);
  });

  it('says that a row is for the other version of IP', async () => {
    const ends = ['2001:db8::1', '2001:db8::2'] as const;
    const same = await check(write('same-spi', row(...ends, '0x00001000', 'IPv6')));
    expect(same.associations[0]?.reasons[0]).toMatchObject({
      code: 'family',
      fix: `write ${NODE} > ${AGENT}`,
    });
    const other = await check(write('other-spi', row(...ends, '0x00009999', 'IPv6')));
    expect(other.associations[0]).toMatchObject({ verdict: 'unused', packets: 0 });
    expect(other.associations[0]?.reasons.map(({ code }) => code)).toEqual(['family']);
  });
});

describe('keys check of secrets of IKE', () => {
  const sessionKeys = (change: (text: string) => string = (text) => text): string =>
    write('ike.yaml', change(readFileSync(path.join(SESSIONS, 'ikev1-aes.yaml'), 'utf8')));
  const SESSION = path.join(SESSIONS, 'ikev1-aes.pcap');

  it('lists what came of each, with counts', async () => {
    const found = await check(sessionKeys(), SESSION);
    expect(found).toMatchObject({ code: 0, esp_packets: 16, opened: 16, ike_notices: [] });
    expect(found.derived).toHaveLength(8);
    expect(found.derived.every(({ verdict }) => verdict === 'works')).toBe(true);
    expect(found.derived.reduce((total, { opened }) => total + opened, 0)).toBe(16);
    expect(found.derived[0]).toMatchObject({ line: 4, ike_version: 1 });
    const { stdout } = await run('keys', 'check', '--keys', sessionKeys(), SESSION);
    const { ike_initiator: initiator = '' } = found.derived[0] ?? {};
    expect(stdout).toContain(`From IKE session ${initiator} (IKEv1, `);
    expect(stdout).toMatch(/works {3}0x[0-9a-f]{8} .* tunnel {2}AES-CBC .* packets opened/);
  });

  it('lists those of IKEv2 as well', async () => {
    const keys = write('v2.yaml', readFileSync(path.join(SESSIONS, 'rekeyed.yaml'), 'utf8'));
    const found = await check(keys, path.join(SESSIONS, 'rekeyed.pcap'));
    expect(found).toMatchObject({ code: 0, esp_packets: 16, opened: 16 });
    expect(new Set(found.derived.map(({ ike_version: version }) => version))).toEqual(new Set([2]));
  });

  it('tells a secret that does not fit', async () => {
    const wrong = sessionKeys((text) => text.replaceAll(/(skeyidD: .0x)../g, '$1ee'));
    const found = await check(wrong, SESSION);
    expect(found).toMatchObject({ code: 1, opened: 0 });
    expect(found.derived.every(({ verdict }) => verdict === 'wrong')).toBe(true);
    const { stdout } = await run('keys', 'check', '--keys', wrong, SESSION);
    expect(stdout).toContain('Fix: check SKEYID_d');
  });

  it('tells what keeps a session closed', async () => {
    const without = sessionKeys((text) => text.replaceAll(/ +skeyidD: .*\n/g, ''));
    const found = await check(without, SESSION);
    expect(found.ike_notices.map(({ code }) => code)).toEqual([
      'IKE_NO_SKEYID_D',
      'IKE_NO_SKEYID_D',
    ]);
    const { stdout } = await run('keys', 'check', '--keys', without, SESSION);
    expect(stdout).toContain('IKE sessions that cannot be followed');
  });

  it('names mistakes in them with their place, and so does import', async () => {
    const bad = write('bad.yaml', 'ike:\n  - initiatorCookie: "0x01"\n    skeyidD: "0x2222"\n');
    const { code, stdout } = await run('keys', 'import', bad);
    expect(code).toBe(2);
    expect(stdout).toContain('bad.yaml:2:22: ike[0].initiatorCookie: expected 16 hexadecimal');
    expect(stdout).not.toContain('2222');
    const good = await run('keys', 'import', sessionKeys());
    expect(good.stdout).toContain('encryption key, SKEYID_d, 1 Diffie-Hellman secret');
    expect(good.stdout).toContain('2 IKE keys, 0 errors, 0 warnings');
  });
});

describe('captures of tcpdump with their keys', () => {
  /** The key that tcpdump's own tests give for two of the captures, for which that of the file is not the one. */
  const OTHER =
    '0x12345678@192.1.2.45 3des-cbc-hmac96:0x4043434545464649494a4a4c4c4f4f515152525454575758\n';

  it.skipIf(!hasShared).each([
    ['02-sunrise-sunset-esp.pcap', OTHER, 8],
    ['espudp1.pcap', OTHER, 8],
    ['08-sunrise-sunset-aes.pcap', undefined, 8],
    // Two tunnels, one in the other.
    ['08-sunrise-sunset-esp2.pcap', undefined, 16],
  ])('%s opens in read and in keys check (needs those captures)', async (name, text, count) => {
    const file = path.join(SHARED, name);
    const keys = write('secrets', text ?? '');
    if (text === undefined) copyFileSync(path.join(SHARED, 'esp-secrets.txt'), keys);
    chmodSync(keys, 0o600);
    const found = await check(keys, file);
    expect(found).toMatchObject({ esp_packets: count, opened: count, not_opened: [] });
    const { stdout, code } = await run('read', '-V', '--keys', keys, file);
    expect(code).toBe(0);
    expect(stdout.match(/Decrypted ESP|Pad Length/g)).not.toBeNull();
    expect(stdout).toContain('192.0.2.1');
    expect(stdout).not.toContain('ESP_ICV');
  });

  it.skipIf(!hasShared)(
    'say nothing of an ICV that nobody can check (needs those captures)',
    async () => {
      const keys = path.join(folder, 'secrets');
      copyFileSync(path.join(SHARED, 'esp-secrets.txt'), keys);
      chmodSync(keys, 0o600);
      // The key of the file is not that of this capture, whose ICV has no key at all.
      const file = path.join(SHARED, '02-sunrise-sunset-esp.pcap');
      const { stdout } = await run('read', '-V', '--keys', keys, file);
      expect(stdout).not.toContain('ESP_ICV');
    },
  );
});
