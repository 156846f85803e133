/**
 * IKE secrets on the command line: one of them opens a session, ESP included.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIkeSecrets } from '../../cli/ike-keys.ts';
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';
import { build } from '../../dissectors/index.ts';
import type { EspContext } from '../../engine/crypto/esp.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { hexOf } from '../dissectors/hex.ts';
import { Peers, addressOf, selector } from '../engine/ike/peers.ts';
import { capture, ikePacket } from '../engine/ike/wire.ts';
import { run } from './read/run.ts';

const HOME_ADDRESS = addressOf('2001:db8:1::10');
const HOME_AGENT = addressOf('2001:db8:1::1');
const CARE_OF_ADDRESS = addressOf('2001:db8:2::10');
const ESP = 50;
const MOBILITY = 135;

const peers = new Peers();
const binding = peers.auth({
  initiatorSpi: 0xc0000001,
  responderSpi: 0xc0000002,
  isTransport: true,
  selectors: [
    selector(44, HOME_ADDRESS, MOBILITY, 0x0500),
    selector(45, HOME_AGENT, MOBILITY, 0x0500),
  ],
});
const tunnel = peers.createChild({ initiatorSpi: 0xd0000001, responderSpi: 0xd0000002 });

function esp(sender: EspContext, spi: number, nextHeader: number, payload: Uint8Array): Uint8Array {
  const iv = new Uint8Array(16).fill(9);
  return sender.seal({ spi, sequence: 1, iv, nextHeader, payload });
}

/** A Binding Update; its checksum is that of the home address. RFC 6275 section 6.1.1. */
function bindingUpdate(): Uint8Array {
  const message = { kind: 'binding-update', sequence: 7, flags: 0xc000, lifetime: 400 } as const;
  return encodeMobilityHeader(message, [], { source: HOME_ADDRESS, destination: HOME_AGENT });
}

/** A packet of the payload: a datagram through the tunnel. */
function tunnelled(): Uint8Array {
  const source = HOME_ADDRESS;
  const destination = addressOf('2001:db8:9::1');
  const payload = new TextEncoder().encode('inside');
  const datagram = { source, destination, sourcePort: 40_001, destinationPort: 40_002, payload };
  return build.ipv6Packet({
    source,
    destination,
    protocol: 17,
    payload: build.udpDatagram(datagram),
  });
}

let folder = '';
let pcap = '';
const inFolder = (name: string): string => path.join(folder, name);

function keyFile(name: string, text: string): string {
  writeFileSync(inFolder(name), text, { mode: 0o600 });
  chmodSync(inFolder(name), 0o600);
  return inFolder(name);
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-ike-'));
  pcap = inFolder('session.pcap');
  const packets = [
    ...peers.init().map((message) => ikePacket(message)),
    ...binding.messages.map((message) => ikePacket(message, 4500)),
    ...tunnel.messages.map((message) => ikePacket(message, 4500)),
    build.ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      headers: [build.destinationOptions([build.homeAddressOption(HOME_ADDRESS)])],
      protocol: ESP,
      payload: esp(binding.keys.toResponder, 0xc0000002, MOBILITY, bindingUpdate()),
    }),
    build.ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      protocol: ESP,
      payload: esp(tunnel.keys.toResponder, 0xd0000002, 41, tunnelled()),
    }),
  ];
  writeFileSync(pcap, capture(packets));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const yaml = (lines: readonly string[]): string =>
  `ike:\n  - initiatorSpi: "0x${hexOf(peers.spiI)}"\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('one IKE secret', () => {
  it.each([
    ['SKEYSEED', [`skeyseed: "0x${hexOf(peers.skeyseed)}"`]],
    ['a Diffie-Hellman secret', [`sharedSecrets: [{ secret: "0x${hexOf(peers.sharedSecret)}" }]`]],
    [
      'SK_d and the keys of messages',
      Object.entries(peers.keys).map(
        ([name, key]: [string, Uint8Array]) => `${name}: "0x${hexOf(key)}"`,
      ),
    ],
  ])('opens IKE and ESP in read: %s', async (_name, lines) => {
    const keys = keyFile('ike.yaml', yaml(lines));
    const { code, stdout, stderr } = await run('read', '-V', '-k', keys, pcap);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Identification Data: mn@example.org');
    expect(stdout.match(/Integrity checksum: good/g)).toHaveLength(4);
    expect(stdout.match(/ICV: good/g)).toHaveLength(2);
    expect(stdout).toContain('Binding Update');
    expect(stdout).toContain('40001 > 40002');
    for (const line of lines) expect(stdout).not.toContain(line.slice(-40, -4));
  });

  it('opens ESP in audit, whose associations are told', async () => {
    const keys = keyFile('ike.yaml', yaml([`skeyseed: "0x${hexOf(peers.skeyseed)}"`]));
    const { stdout, stderr } = await run('audit', '--format', 'json', '-k', keys, pcap);
    expect(stderr).toBe('');
    const { counters, associations } = JSON.parse(stdout) as {
      counters: Record<string, number>;
      associations: { origin: string; spi: number; verdict: string }[];
    };
    expect(counters['esp_opened']).toBe(2);
    expect(counters['esp_no_key']).toBe(0);
    expect(associations).toHaveLength(4);
    const used = associations.filter(({ verdict }) => verdict !== 'unused');
    expect(used.map(({ origin }) => origin.replace(/^.*\//, ''))).toEqual([
      'ike.yaml:2 child 0xc0000002',
      'ike.yaml:2 child 0xd0000002',
    ]);
  });

  it('finds Binding Updates by a filter that needs the engine as well', async () => {
    const keys = keyFile('ike.yaml', yaml([`skeyseed: "0x${hexOf(peers.skeyseed)}"`]));
    const { stdout } = await run('read', '-Y', 'mip6.mhtype == 5', '--findings', '-k', keys, pcap);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  it('without SK_d is said to open messages alone', async () => {
    const { skEi, skEr, skAi, skAr } = peers.keys;
    const row = `${hexOf(peers.spiI)},${hexOf(peers.spiR)},${hexOf(skEi)},${hexOf(skEr)},"AES-CBC-128 [RFC3602]",${hexOf(skAi)},${hexOf(skAr)},"HMAC_SHA2_256_128 [RFC4868]"\n`;
    const keys = keyFile('ikev2_decryption_table', row);
    const { stdout, stderr } = await run('read', '-V', '-k', keys, pcap);
    expect(stdout.match(/Integrity checksum: good/g)).toHaveLength(4);
    expect(stdout).not.toContain('ICV: good');
    expect(stderr).toContain('ikev2_decryption_table:1: messages can be read');
    const derivation = yaml([`skD: "0x${hexOf(peers.keys.skD)}"`]);
    const more = keyFile('more.yaml', derivation);
    const both = await run('read', '-V', '-k', keys, '-k', more, pcap);
    expect(both.stdout.match(/ICV: good/g)).toHaveLength(2);
    expect(both.stderr).toBe('');
  });

  it('that does not fit is told in the tree', async () => {
    const keys = keyFile('ike.yaml', yaml([`skeyseed: "0x${hexOf(peers.keys.skD)}"`]));
    const { code, stdout } = await run('read', '-V', '-k', keys, pcap);
    expect(code).toBe(0);
    expect(stdout.match(/ERROR IKE_ICV/g)).toHaveLength(4);
    expect(stdout).not.toContain('mn@example.org');
  });
});

describe('the ike part of a YAML key file', () => {
  const SPI = 'initiatorSpi: "0x0102030405060708"';
  it.each([
    ['ike: 5', 'ike: expected a list'],
    ['ike: [5]', 'ike[0]: expected a mapping'],
    ['ike: [{ initiatorSpi: "0x01", skD: "0x01" }]', 'expected 16 hexadecimal digits'],
    [`ike: [{ ${SPI} }]`, 'expected one of skeyseed'],
    [`ike: [{ ${SPI}, skeyseed: "0x1" }]`, 'expected an even number of hexadecimal digits'],
    [`ike: [{ ${SPI}, skeyseed: "0x11", encryption: ROT13 }]`, 'expected an encryption algorithm'],
    [`ike: [{ ${SPI}, skeysed: "0x11" }]`, 'did you mean skeyseed?'],
    ['ike: [{ initiatorCookie: "0x0102030405060708" }]', 'expected one of encryptionKey, skeyidD'],
    ['ike: [{ initiatorCookie: "0x0102030405060708", skeyid: "0x11" }]', 'did you mean skeyidD?'],
    [
      'ike: [{ initiatorCookie: "0x0102030405060708", skeyidD: "0x11", skD: "0x11" }]',
      'unknown key',
    ],
    [
      `ike: [{ ${SPI}, sharedSecrets: [{ publicValue: "0x11", secret: "0x22" }] }]`,
      'expected the first octets, at least 8',
    ],
  ])('says what is wrong with %s', (text, message) => {
    const { secrets, problems } = readIkeSecrets(text, 'k.yaml');
    expect(secrets).toEqual([]);
    const said = problems.map(formatKeyProblem).join('\n');
    expect(said).toContain('k.yaml:1');
    expect(said).toContain(message);
    expect(said).not.toContain('0x11');
  });

  it('may be absent', () => {
    expect(readIkeSecrets('mobility: []', 'k.yaml')).toEqual({ secrets: [], problems: [] });
  });

  it('counts its good rows although another is wrong', () => {
    const text = `ike: [{ ${SPI}, skeyseed: "0x1" }, { ${SPI}, skeyseed: "0x11" }]`;
    const { secrets, problems } = readIkeSecrets(text, 'k.yaml');
    expect(secrets).toHaveLength(1);
    expect(problems).toHaveLength(1);
  });
});
