/**
 * Sessions of strongSwan: recorded ones, those made here and now, and what this program makes of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packetOpeners } from '../../../cli/openers.ts';
import { dissect } from '../../../dissectors/index.ts';
import type { FieldNode } from '../../../dissectors/index.ts';
import type { AnyIkeSecret } from '../../../engine/ike/secret.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';
import { octetsOf } from '../../dissectors/hex.ts';
import { captureInterface, packetRecord } from '../packet-records.ts';

/** Where recorded sessions are. */
export const FOLDER = path.join(import.meta.dirname, 'strongswan');
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

/** What field trees show. */
export interface Tally {
  /** Encrypted payloads of IKEv2, and of both versions what was decrypted. */
  ike: number;
  ikeGood: number;
  decrypted: number;
  esp: number;
  espGood: number;
  reassembled: number;
  inside: number;
  codes: string[];
}

/** A packet of a capture. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

/** Packets of a capture file. */
export function packetsOf(file: string): Packet[] {
  return collect(new Uint8Array(readFileSync(file))).packets.map(({ data, linkType }) => ({
    bytes: octetsOf(data),
    linkType,
  }));
}

/** What the field trees of a capture show. */
export function readAll(packets: readonly Packet[], secrets: readonly AnyIkeSecret[]): Tally {
  const tally: Tally = {
    ike: 0,
    ikeGood: 0,
    decrypted: 0,
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
      if (name === 'isakmp.enc.decrypted') tally.decrypted++;
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
export function auditAll(packets: readonly Packet[], secrets: readonly AnyIkeSecret[]) {
  const [first] = packets;
  const linkType = first?.linkType ?? 1;
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: [],
    associations: [],
    ike: secrets,
    inputs: [{ name: 'a', packets: packets.length }],
    interfaces: [captureInterface(linkType)],
  });
  packets.forEach(({ bytes }, i) => {
    engine.feed(packetRecord(bytes, i + 1, i, { linkType }));
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
export function logged(log: string, names: readonly string[]): Uint8Array[] {
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

/** Whether sessions can be made here: charon, swanctl, tcpdump and namespaces. */
export const canHaveSession = charon !== undefined && hasTools && canIsolate;

/**
 * Has a session, in namespaces that nobody else sees.
 * @param folder for its files; a new one is made in it
 * @param settings arguments of `session.sh` behind the folder
 */
export function haveSession(
  folder: string,
  settings: readonly string[],
): { readonly packets: Packet[]; readonly log: string } {
  const place = mkdtempSync(path.join(folder, 'run-'));
  const script = path.join(FOLDER, 'session.sh');
  const isolated = ['--net', '--mount', '--propagation', 'private'];
  const done = spawnSync('unshare', [...isolated, 'bash', script, place, ...settings], {
    encoding: 'utf8',
    env: { ...process.env, CHARON: charon },
    timeout: 240_000,
  });
  if (done.status !== 0) throw new Error(`no session: ${done.stdout}${done.stderr}`);
  return {
    packets: packetsOf(path.join(place, 'session.pcap')),
    log: readFileSync(path.join(place, 'charon.log'), 'latin1'),
  };
}
