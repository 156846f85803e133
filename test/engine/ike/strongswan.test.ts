/**
 * Sessions of strongSwan, of which nothing is known but the Diffie-Hellman secrets of its log: captured once, and
 * made anew where charon is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIkeSecrets } from '../../../cli/ike-keys.ts';
import { packetOpeners } from '../../../cli/openers.ts';
import { dissect } from '../../../dissectors/index.ts';
import type { FieldNode } from '../../../dissectors/index.ts';
import type { IkeSecret } from '../../../engine/ike/secret.ts';
import { KeyMaterial } from '../../../engine/keys/key-material.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';
import { octetsOf } from '../../dissectors/hex.ts';

const FOLDER = path.join(import.meta.dirname, 'strongswan');
const CHARON = ['/usr/lib/ipsec/charon', '/usr/libexec/ipsec/charon', '/usr/lib/strongswan/charon'];
const charon = CHARON.find((file) => existsSync(file));
const hasTools = ['swanctl', 'tcpdump', 'ip', 'bash'].every(
  (tool) => spawnSync(`command -v ${tool}`, { shell: true, stdio: 'ignore' }).status === 0,
);
/** Namespaces, virtual links and tunnels: for root alone, and not in every container. */
const canIsolate =
  spawnSync(
    'unshare',
    [
      '--net',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      'ip link add va type veth peer name vb && ip tuntap add tun7 mode tun',
    ],
    { stdio: 'ignore' },
  ).status === 0;

interface Tally {
  ike: number;
  ikeGood: number;
  esp: number;
  espGood: number;
  reassembled: number;
  inside: number;
  codes: string[];
}

interface Packet {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

function packetsOf(file: string): Packet[] {
  return collect(new Uint8Array(readFileSync(file))).packets.map(({ data, linkType }) => ({
    bytes: octetsOf(data),
    linkType,
  }));
}

/** What the field trees of a capture show. */
function readAll(packets: readonly Packet[], secrets: readonly IkeSecret[]): Tally {
  const tally: Tally = {
    ike: 0,
    ikeGood: 0,
    esp: 0,
    espGood: 0,
    reassembled: 0,
    inside: 0,
    codes: [],
  };
  const { notices, ...openers } = packetOpeners([], secrets);
  const visit = (nodes: readonly FieldNode[]): void => {
    for (const { name, value, children } of nodes) {
      if (name === 'isakmp.typepayload' && (value === 46 || value === 53)) tally.ike++;
      if (name === 'mip6guard.ike.icv_good') tally.ikeGood++;
      if (name === 'mip6guard.ike.reassembled') tally.reassembled++;
      if (name === 'esp') tally.esp++;
      if (name === 'esp.icv_good') tally.espGood++;
      if (name === 'udp.dstport' && value !== 500 && value !== 4500) tally.inside++;
      visit(children);
    }
  };
  for (const { bytes, linkType } of packets) {
    const { nodes, diagnostics } = dissect(bytes, 0, bytes.length, { linkType, ...openers });
    // Checksums of UDP are left to an interface that is none.
    tally.codes.push(
      ...diagnostics.map(({ code }) => code).filter((code) => /^(IKE|ESP)_/.test(code)),
    );
    visit(nodes);
  }
  tally.codes.push(...notices().map(({ code }) => code));
  return tally;
}

/** Numbers of an audit of a capture. */
function auditAll(packets: readonly Packet[], secrets: readonly IkeSecret[]) {
  const [first] = packets;
  const linkType = first?.linkType ?? 1;
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: [],
    associations: [],
    ike: secrets,
    inputs: [{ name: 'a', packets: packets.length }],
    interfaces: [{ inputIndex: 0, name: 'a', description: undefined, linkType, snapLength: 0 }],
  });
  packets.forEach(({ bytes }, i) => {
    engine.feed({
      bytes,
      offset: 0,
      end: bytes.length,
      originalLength: bytes.length,
      seconds: 1_700_000_000 + i,
      nanoseconds: 0,
      linkType,
      interfaceIndex: 0,
      inputIndex: 0,
      number: i + 1,
      fileOffset: 0,
    });
  });
  const { counters, associations, ikeNotices } = engine.finish();
  return {
    esp: counters.esp,
    opened: counters.espOpened,
    notices: ikeNotices,
    wrong: associations.filter(({ statistics }) => statistics.icvFailures > 0).length,
    used: associations.filter(({ statistics }) => statistics.verified > 0).length,
  };
}

/** Octets that charon logs behind the names. */
function logged(log: string, names: readonly string[]): Uint8Array[] {
  const lines = log.split('\n');
  return lines.flatMap((line, at) => {
    const found = /\] (.+) => ([0-9]+) bytes @/.exec(line);
    if (found === null || !names.includes(found[1] ?? '')) return [];
    const rows = Math.ceil(Number(found[2]) / 16);
    const hex = lines
      .slice(at + 1, at + 1 + rows)
      .map((row) => / *[0-9]+: ((?:[0-9A-F]{2} )+)/.exec(row.slice(row.indexOf(']') + 1))?.[1]);
    return [octetsOf(hex.join('')).slice(0, Number(found[2]))];
  });
}

/** Every Diffie-Hellman secret of a log, in the order of the log, without saying what it is for. */
function secretsOfLog(log: string, initiatorSpi: Uint8Array): IkeSecret[] {
  const names = ['shared Diffie Hellman secret', 'DH secret', 'shared key exchange secret'];
  const sharedSecrets = logged(log, names).map((secret) => ({
    publicValue: undefined,
    secret: new KeyMaterial(secret),
  }));
  const origin = { file: 'charon.log', line: 1 };
  return [{ origin, initiatorSpi, responderSpi: undefined, sharedSecrets }];
}

describe('a session that strongSwan has had', () => {
  it.each([
    ['with a new IKE SA and new child SAs', 'rekeyed', { ike: 24, esp: 16, inside: 16 }],
    ['with fragments, AES-GCM and SHA-384', 'fragments', { ike: 23, esp: 12, inside: 12 }],
    ['with AES-XCBC-PRF, AES-CTR and 3DES', 'xcbc', { ike: 24, esp: 12, inside: 12 }],
  ])('%s opens from Diffie-Hellman secrets alone', (_name, name, { ike, esp }) => {
    const packets = packetsOf(path.join(FOLDER, `${name}.pcap`));
    const text = readFileSync(path.join(FOLDER, `${name}.yaml`), 'utf8');
    const secrets = parseIkeSecrets(text, `${name}.yaml`);
    const tally = readAll(packets, secrets);
    expect(tally).toMatchObject({ ike, ikeGood: ike, esp, espGood: esp, codes: [] });
    expect(tally.reassembled).toBe(name === 'fragments' ? 1 : 0);
    expect(tally.inside).toBeGreaterThanOrEqual(esp / 2);
    const audited = auditAll(packets, secrets);
    expect(audited).toMatchObject({ esp, opened: esp, notices: [], wrong: 0 });
    // Nothing opens without, or with the secrets of another session.
    const other = secrets.map((secret) => ({ ...secret, sharedSecrets: [] }));
    expect(readAll(packets, other).espGood).toBe(0);
    expect(auditAll(packets, []).opened).toBe(0);
  });
});

describe('a session of strongSwan here and now', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-charon-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(charon === undefined || !hasTools || !canIsolate).each([
    ['aes256-sha512-ecp256', 'aes128gcm16', 'aes256-sha384-ecp256', 1280],
    ['chacha20poly1305-prfsha256-ecp384', 'chacha20poly1305', 'aes128-sha1-ecp256', 500],
  ])(
    'with %s, %s and %s opens end to end (needs charon, swanctl, tcpdump and namespaces)',
    (ike, esp, pfs, fragment) => {
      const place = mkdtempSync(path.join(folder, 'run-'));
      const script = path.join(FOLDER, 'session.sh');
      const done = spawnSync(
        'unshare',
        [
          '--net',
          '--mount',
          '--propagation',
          'private',
          'bash',
          script,
          place,
          ike,
          esp,
          pfs,
          String(fragment),
        ],
        { encoding: 'utf8', env: { ...process.env, CHARON: charon }, timeout: 90_000 },
      );
      expect(done.status, `${done.stdout}${done.stderr}`).toBe(0);
      const packets = packetsOf(path.join(place, 'session.pcap'));
      const log = readFileSync(path.join(place, 'charon.log'), 'latin1');
      const first = packets.find(({ bytes }) => bytes.length > 100)?.bytes ?? new Uint8Array();
      // Ethernet, IPv6 and UDP are in front of the first IKE message.
      const secrets = secretsOfLog(log, first.slice(62, 70));
      const tally = readAll(packets, secrets);
      expect(tally.codes).toEqual([]);
      expect(tally.ike).toBeGreaterThan(10);
      expect(tally.ikeGood).toBe(tally.ike);
      expect(tally.esp).toBeGreaterThanOrEqual(8);
      expect(tally.espGood).toBe(tally.esp);
      const audited = auditAll(packets, secrets);
      expect(audited).toMatchObject({ esp: tally.esp, opened: tally.esp, notices: [], wrong: 0 });
    },
    120_000,
  );
});
