/**
 * Scapy's own IPsec as the other end: it opens what a node protects, and protects what a node opens.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodePacket, wireHeaders } from '../../../nodes/ip/wire.ts';
import type { OutboundPacket } from '../../../nodes/ip/packet.ts';
import type { ProtectionPurpose } from '../../../nodes/ipsec/policy.ts';
import {
  bindingAcknowledgement,
  bindingUpdate,
  CARE_OF_ADDRESS,
  CBC_SHA1,
  CORRESPONDENT,
  datagram,
  GCM,
  HOME_ADDRESS,
  HOME_AGENT,
  homeTestInit,
  icmpv6,
  octets,
  pairOf,
  plain,
  receive,
  register,
  send,
  sendTunnelled,
  spiOf,
} from './protected-pair.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-ipsec.py');
/** Distributions install it for the system's own Python. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) =>
    spawnSync(command, ['-c', 'import scapy.layers.ipsec, cryptography'], { stdio: 'ignore' })
      .status === 0,
);

/** Names of Scapy. */
const TRANSFORMS = new Map([
  [CBC_SHA1, { crypt: 'AES-CBC', auth: 'HMAC-SHA1-96' }],
  [GCM, { crypt: 'AES-GCM', auth: 'NULL' }],
  ['NULL HMAC-SHA-256-128', { crypt: 'NULL', auth: 'SHA2-256-128' }],
]);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function ask(questions: readonly object[]): string[] {
  const { status, stdout, stderr } = spawnSync(python ?? '', [SCRIPT], {
    input: JSON.stringify(questions),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return JSON.parse(stdout) as string[];
}

/** Keys as `keysOf` of the pair makes them. */
function keyHex(length: number, first: number, number: number): string {
  return hex(Uint8Array.from({ length }, (_, i) => (first + 7 * i + 31 * number) & 0xff));
}

function questionOf(transforms: string, spi: number, protocol: 'esp' | 'ah'): object {
  const names = TRANSFORMS.get(transforms);
  const isGcm = transforms === GCM;
  return {
    protocol,
    spi,
    crypt: names?.crypt ?? 'NULL',
    auth: names?.auth ?? 'HMAC-SHA1-96',
    encryptionKey: keyHex(isGcm ? 20 : transforms.startsWith('NULL') ? 0 : 16, 1, spi),
    integrityKey: keyHex(isGcm ? 0 : transforms.endsWith('128') ? 32 : 20, 101, spi),
  };
}

interface Exchange {
  readonly name: string;
  readonly purpose: ProtectionPurpose;
  readonly packet: OutboundPacket;
  readonly isTunnelled?: boolean;
  readonly isFromHomeAgent?: boolean;
}

const AWAY = { careOfSource: CARE_OF_ADDRESS };
const TO_AWAY = { careOfDestination: CARE_OF_ADDRESS };

const EXCHANGES: readonly Exchange[] = [
  { name: 'BU away', purpose: 'binding', packet: { ...bindingUpdate(), ...AWAY } },
  { name: 'BU at home', purpose: 'binding', packet: bindingUpdate() },
  {
    name: 'BA away',
    purpose: 'binding',
    packet: { ...bindingAcknowledgement(), ...TO_AWAY },
    isFromHomeAgent: true,
  },
  {
    name: 'BA at home',
    purpose: 'binding',
    packet: bindingAcknowledgement(),
    isFromHomeAgent: true,
  },
  {
    name: 'MPS',
    purpose: 'prefix-discovery',
    packet: { ...icmpv6(HOME_ADDRESS, HOME_AGENT, 146), ...AWAY },
  },
  { name: 'HoTI', purpose: 'home-tests', packet: homeTestInit(), isTunnelled: true },
  {
    name: 'payload up',
    purpose: 'payload',
    packet: datagram(HOME_ADDRESS, CORRESPONDENT, 1300),
    isTunnelled: true,
  },
  {
    name: 'payload down',
    purpose: 'payload',
    packet: datagram(CORRESPONDENT, HOME_ADDRESS, 700),
    isTunnelled: true,
    isFromHomeAgent: true,
  },
];

/** Both ways for every exchange. */
function runAll(transforms: string): void {
  const isNull = transforms.startsWith('NULL');
  const homeTests = isNull ? 'none' : 'esp';
  const pair = pairOf({ payload: 'esp', homeTests }, { transforms });
  register(pair);
  const cases = EXCHANGES.filter(({ purpose }) => !(isNull && purpose === 'home-tests')).map(
    (exchange) => {
      const { purpose, packet, isTunnelled = false, isFromHomeAgent = false } = exchange;
      const sender = isFromHomeAgent ? pair.homeAgent : pair.mobileNode;
      const [from, to] = isFromHomeAgent
        ? [HOME_AGENT, CARE_OF_ADDRESS]
        : [CARE_OF_ADDRESS, HOME_AGENT];
      const wire = wireHeaders(packet);
      return {
        ...exchange,
        receiver: isFromHomeAgent ? pair.mobileNode : pair.homeAgent,
        bytes: octets(isTunnelled ? sendTunnelled(sender, packet) : send(sender, packet)),
        bare: isTunnelled ? plain(packet) : encodePacket(wire, packet.protocol, packet.payload, 64),
        question: {
          ...questionOf(transforms, spiOf(purpose) + (isFromHomeAgent ? 1 : 0), 'esp'),
          ...(isTunnelled ? { tunnel: [formatAddress(from), formatAddress(to)] } : {}),
        },
      };
    },
  );
  const answers = ask(
    cases.flatMap(({ question, bytes, bare }, i) => [
      { ...question, does: 'open', packet: hex(bytes) },
      { ...question, does: 'seal', packet: hex(bare), sequence: 100 + i },
    ]),
  );
  for (const [i, { name, bare, receiver, isTunnelled = false, packet }] of cases.entries()) {
    const opened = answers[2 * i] ?? '';
    // In transport mode without the headers in front, which ESP does not cover.
    const expected = isTunnelled ? hex(bare) : hex(packet.payload);
    expect(isTunnelled ? opened : opened.slice(80), `${name}, opened by Scapy`).toBe(expected);
    const sealed = new Uint8Array(Buffer.from(answers[2 * i + 1] ?? '', 'hex'));
    const received = receive(receiver, sealed);
    expect(received, `${name}, protected by Scapy`).toMatchObject({ kind: 'taken' });
    if (received.kind !== 'taken') continue;
    expect(received.packet.protection, name).toBeDefined();
    const payload = isTunnelled ? received.inner : received.packet.payload;
    expect(hex(payload ?? new Uint8Array(0)), name).toBe(
      hex(isTunnelled ? plain(packet) : packet.payload),
    );
  }
}

describe('Scapy as the other end', () => {
  it.skipIf(python === undefined).each([...TRANSFORMS.keys()])(
    'opens what a node protects with ESP, and the other way: %s (needs scapy)',
    (transforms) => {
      runAll(transforms);
    },
  );

  it.skipIf(python === undefined)(
    'COM-HAO-13 CN-PKT-07 opens what a node protects with AH, and the other way (needs scapy)',
    () => {
      const pair = pairOf({ bindingUpdates: 'ah-transport' });
      // Scapy knows no Home Address option, and advances routing headers as a sender only: otherwise it gets packets in
      // the form that is authenticated.
      const asSent = (packet: Uint8Array): Uint8Array =>
        packet[6] === 43 ? packet : exchanged(packet);
      const cases = EXCHANGES.filter(({ purpose }) => purpose === 'binding').map((exchange) => {
        const { packet, isFromHomeAgent = false } = exchange;
        const [sender, receiver] = isFromHomeAgent
          ? [pair.homeAgent, pair.mobileNode]
          : [pair.mobileNode, pair.homeAgent];
        const spi = spiOf('binding') + (isFromHomeAgent ? 1 : 0);
        const bare = encodePacket(wireHeaders(packet), packet.protocol, packet.payload, 64);
        const bytes = octets(send(sender, packet));
        return { ...exchange, receiver, bare, bytes, question: questionOf('', spi, 'ah') };
      });
      const answers = ask(
        cases.flatMap(({ question, bytes, bare }) => [
          { ...question, does: 'open', packet: hex(exchanged(bytes)) },
          { ...question, does: 'seal', packet: hex(asSent(bare)), sequence: 7 },
        ]),
      );
      for (const [i, { name, packet, bare, receiver }] of cases.entries()) {
        expect(answers[2 * i], `${name}, opened by Scapy`).toBe(hex(exchanged(bare)));
        const sealed = asSent(new Uint8Array(Buffer.from(answers[2 * i + 1] ?? '', 'hex')));
        const received = receive(receiver, sealed);
        expect(received, `${name}, protected by Scapy`).toMatchObject({ kind: 'taken' });
        if (received.kind !== 'taken') continue;
        expect(received.packet.protection?.isEncrypted).toBe(false);
        expect(hex(received.packet.payload)).toBe(hex(packet.payload));
      }
    },
  );
});

/** Home and care-of addresses change places, and no segments are left. RFC 6275 sections 9.3.2 and 11.3.2. */
function exchanged(packet: Uint8Array): Uint8Array {
  const other = packet.slice();
  const isRouting = packet[6] === 43;
  if (!isRouting && packet[6] !== 60) return other;
  const at = isRouting ? 24 : 8;
  other.set(packet.subarray(48, 64), at);
  other.set(packet.subarray(at, at + 16), 48);
  if (isRouting) other[43] = 0;
  return other;
}
