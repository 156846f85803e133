/**
 * strongSwan: two charons negotiate every transform in IKEv2 and send packets with ESP of their own. We know
 * nothing but the Diffie-Hellman secret of the IKE SA.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isSameAddress, parseAddress } from '../../../../dissectors/core/address.ts';
import { u32 } from '../../../../dissectors/core/bytes.ts';
import { dissect } from '../../../../dissectors/index.ts';
import type { OpenEsp, OpenIke } from '../../../../dissectors/index.ts';
import { createEspResult, EspScratch, EspStatus, openEsp } from '../../../../engine/crypto/esp.ts';
import { NULL_INTEGRITY } from '../../../../engine/crypto/transforms.ts';
import { IkeSessions } from '../../../../engine/ike/sessions.ts';
import { KeyMaterial } from '../../../../engine/keys/key-material.ts';
import type { SecurityAssociation } from '../../../../engine/state/security-association.ts';
import { canHaveSession, logged, packetsOf } from '../../ike/strongswan-session.ts';
import { failed, hexOf, majorAndMinor, PASSED, skipped } from './peer.ts';
import type { Outcome, PeerColumn } from './peer.ts';
import { datagramsOf } from './rows.ts';
import type { TransformRow } from './rows.ts';
import { collectOutput } from './run.ts';

const TITLE = 'strongSwan to us';
const NOT_HERE: PeerColumn = { title: TITLE, version: undefined, outcomes: [] };
const SCRIPT = path.join(import.meta.dirname, 'strongswan.sh');
/** Ethernet, IPv6 and UDP are in front of an IKE message. */
const INITIATOR_SPI = 62;

/** Plugins that the transforms are in; distributions have them in several packages. */
const PLUGINS = ['gcrypt', 'ctr', 'ccm', 'gcm', 'cmac', 'xcbc', 'chapoly', 'openssl'];

/** Words of proposals, by our names without the document. */
const ENCRYPTION: ReadonlyMap<string, (bits: string) => string> = new Map([
  ['NULL', () => 'null'],
  ['DES-CBC', () => 'des'],
  ['TripleDES-CBC', () => '3des'],
  ['AES-CBC', (bits) => `aes${bits}`],
  ['Camellia-CBC', (bits) => `camellia${bits}`],
  ['AES-CTR', (bits) => `aes${bits}ctr`],
  ['ChaCha20 with Poly1305', () => 'chacha20poly1305'],
  ...[8, 12, 16].flatMap((octets): [string, (bits: string) => string][] => [
    [`AES-GCM with ${octets} octet ICV`, (bits) => `aes${bits}gcm${octets}`],
    [`AES-CCM with ${octets} octet ICV`, (bits) => `aes${bits}ccm${octets}`],
  ]),
]);
const INTEGRITY: ReadonlyMap<string, string> = new Map([
  ['HMAC-SHA-1-96', 'sha1'],
  ['HMAC-MD5-96', 'md5'],
  ['HMAC-SHA-256-128', 'sha256'],
  ['HMAC-SHA-384-192', 'sha384'],
  ['HMAC-SHA-512-256', 'sha512'],
  ['AES-XCBC-MAC-96', 'aesxcbc'],
  ['AES-CMAC-96', 'aescmac'],
]);

/** A proposal for a row, or why there is none. */
function proposalOf({ cells, encryption, integrity, mode }: TransformRow): string | Outcome {
  const [name, bits, integrityName] = cells;
  if (mode === 'transport') return skipped('ESP of charon has tunnel mode alone');
  const cipher = ENCRYPTION.get(name)?.(bits);
  if (cipher === undefined) return skipped(`ESP of charon has no ${name}`);
  if (encryption.icvLength > 0) return cipher;
  if (integrity === NULL_INTEGRITY) return skipped('charon proposes no ESP without integrity');
  const mac = INTEGRITY.get(integrityName);
  return mac === undefined ? skipped(`IKEv2 has no ${integrityName}`) : `${cipher}-${mac}`;
}

/** A datagram that came out of ESP. */
interface Arrived {
  readonly association: SecurityAssociation;
  readonly isVerified: boolean;
  /** Destination of the inner packet. */
  readonly destination: Uint8Array;
  readonly data: string;
}

/** Follows the session with its Diffie-Hellman secret alone. */
function follow(folder: string): {
  readonly arrived: readonly Arrived[];
  readonly notices: string[];
} {
  const packets = packetsOf(path.join(folder, 'session.pcap'));
  const log = readFileSync(path.join(folder, 'charon.log'), 'latin1');
  const first = packets.find(({ bytes }) => bytes.length > 100)?.bytes ?? new Uint8Array(0);
  const names = ['shared Diffie Hellman secret', 'DH secret', 'shared key exchange secret'];
  const secret = {
    origin: { file: 'charon.log', line: 1 },
    initiatorSpi: first.slice(INITIATOR_SPI, INITIATOR_SPI + 8),
    responderSpi: undefined,
    sharedSecrets: logged(log, names).map((octets) => ({
      publicValue: undefined,
      secret: new KeyMaterial(octets),
    })),
  };
  const associations = new Map<number, SecurityAssociation>();
  const sessions = new IkeSessions([secret], (association) => {
    if (association.spi !== undefined) associations.set(association.spi, association);
  });
  const arrived: Arrived[] = [];
  const openIke: OpenIke = (...message) => sessions.open(...message);
  const readEsp: OpenEsp = (bytes, offset, end) => {
    const association = associations.get(u32(bytes, offset));
    if (association === undefined) return undefined;
    const result = createEspResult();
    openEsp(association, bytes, offset, end, new EspScratch(), result);
    if (result.status !== EspStatus.OK || result.nextHeader !== 41) return undefined;
    const inner = result.bytes.slice(result.payloadOffset, result.payloadEnd);
    arrived.push({
      association,
      isVerified: result.integrityVerified,
      destination: inner.slice(24, 40),
      data: hexOf(inner.slice(48)),
    });
    return undefined;
  };
  for (const { bytes, linkType } of packets) {
    dissect(bytes, 0, bytes.length, { linkType, openIke, openEsp: readEsp });
  }
  return {
    arrived,
    notices: sessions.notices.all.map(({ code, message }) => `${code} ${message}`),
  };
}

function judge(row: TransformRow, arrived: readonly Arrived[]): Outcome {
  const { encryption, integrity } = row;
  const wanted = datagramsOf(row).map(hexOf);
  const data = arrived.map((packet) => packet.data);
  if (data.join() !== wanted.join()) {
    return failed(`${data.length} packets opened to ${data.join()} instead of ${wanted.join()}`);
  }
  const isRight = arrived.every(
    ({ association: { esp }, isVerified }) =>
      esp.encryption === encryption && esp.integrity === integrity && isVerified,
  );
  return isRight ? PASSED : failed('another transform was agreed on');
}

/** The column of strongSwan. */
export async function strongSwanColumn(rows: readonly TransformRow[]): Promise<PeerColumn> {
  if (!canHaveSession) return NOT_HERE;
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-charon-'));
  try {
    const proposals = rows.map(proposalOf);
    const children: string[] = [];
    rows.forEach((row, i) => {
      const proposal = proposals[i];
      if (typeof proposal !== 'string') return;
      const number = (i + 1).toString(16);
      children.push(`${number} ${proposal}\n`);
      datagramsOf(row).forEach((octets, k) => {
        writeFileSync(path.join(folder, `${number}-${k}`), octets);
      });
    });
    writeFileSync(path.join(folder, 'children'), children.join(''));
    const isolated = ['--net', '--mount', '--propagation', 'private'];
    await collectOutput('unshare', [...isolated, 'bash', SCRIPT, folder], {});
    const log = readFileSync(path.join(folder, 'charon.log'), 'latin1');
    const loaded = /loaded plugins: (.*)/.exec(log)?.[1]?.split(' ') ?? [];
    if (PLUGINS.some((plugin) => !loaded.includes(plugin))) return NOT_HERE;
    const { arrived, notices } = follow(folder);
    const outcomes = proposals.map((proposal, i): Outcome => {
      if (typeof proposal !== 'string') return proposal;
      const row = rows[i];
      const number = (i + 1).toString(16);
      if (!log.includes(`CHILD_SA child-${number}{`)) {
        return skipped(`charon does not agree on ${proposal}`);
      }
      const destination = parseAddress(`2001:db8:9::${number}`) ?? new Uint8Array(16);
      const own = arrived.filter((packet) => isSameAddress(packet.destination, destination));
      const outcome = row === undefined ? failed('no row') : judge(row, own);
      return outcome.kind === 'failed' && notices.length > 0
        ? failed(`${outcome.reason}; ${notices.join(', ')}`)
        : outcome;
    });
    const version = majorAndMinor(/strongSwan ([0-9.]+)/.exec(log)?.[1] ?? '');
    return { title: TITLE, version: `strongSwan ${version}`, outcomes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
