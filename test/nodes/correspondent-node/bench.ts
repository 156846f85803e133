/**
 * A correspondent node on a link whose other side is the rest of the world, and a mobile node of its own making: tokens,
 * keys and authenticators are computed with node:crypto, not with the project's code.
 */
import { createHash, createHmac } from 'node:crypto';
import { formatAddress } from '../../../dissectors/core/address.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type {
  MessageOf,
  MobilityEncodeOptions,
  MobilityMessage,
} from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import type { RandomSource } from '../../../engine/ports.ts';
import { CorrespondentNode } from '../../../nodes/correspondent-node/correspondent-node.ts';
import type { CorrespondentNodeOptions } from '../../../nodes/correspondent-node/correspondent-node.ts';
import { Host } from '../../../nodes/ip/host.ts';
import type { HostOptions } from '../../../nodes/ip/host.ts';
import type { OutboundPacket } from '../../../nodes/ip/packet.ts';
import { receiveBindingUpdates } from '../../../nodes/mobility/binding-update.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { WirePeer, ip } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';

/** Address of the correspondent. */
export const CORRESPONDENT = ip('2001:db8:c::10');
/** A second one of it. */
export const OTHER_CORRESPONDENT = ip('2001:db8:c::11');
/** Addresses of the mobile node. */
export const HOME = ip('2001:db8:a::100');
export const CARE_OF = ip('2001:db8:b::100');
export const NEW_CARE_OF = ip('2001:db8:d::100');

/** Flags of a Binding Update. */
export const FLAG = { A: 0x8000, H: 0x4000, L: 0x2000, K: 0x1000, R: 0x0400 } as const;

/** Random octets, with a record of what was asked for. */
export class RecordingRandom implements RandomSource {
  readonly #random: RandomSource;
  readonly asked: Uint8Array[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  octets(count: number): Uint8Array {
    const octets = this.#random.octets(count);
    this.asked.push(octets.slice());
    return octets;
  }
}

/** What a bench may differ in. */
export interface BenchOptions {
  readonly correspondent?: Omit<CorrespondentNodeOptions, 'host'>;
  readonly host?: Partial<HostOptions>;
  readonly seed?: number;
}

/** The node, its link and the peer. */
export class CorrespondentBench {
  readonly scheduler = new VirtualScheduler();
  readonly link: MemoryLink;
  readonly host: Host;
  readonly node: CorrespondentNode;
  readonly peer: WirePeer;
  readonly log: LogEntry[] = [];
  readonly random: RecordingRandom;

  constructor({ correspondent = {}, host = {}, seed = 1 }: BenchOptions = {}) {
    const { scheduler } = this;
    this.random = new RecordingRandom(seed);
    this.link = new MemoryLink({ scheduler, random: new SeededRandom(99), name: 'link' });
    this.host = new Host({
      scheduler,
      random: this.random,
      log: (entry) => this.log.push(entry),
      ...host,
    });
    const port = this.link.attach('node');
    const added = this.host.addInterface(port);
    added.addAddress(CORRESPONDENT, { detection: 'skip' });
    added.addAddress(OTHER_CORRESPONDENT, { detection: 'skip' });
    this.peer = new WirePeer(this.link, port.linkLayerAddress);
    added.setStaticRouter(this.peer.linkLocal);
    this.node = new CorrespondentNode({ host: this.host, ...correspondent });
    receiveBindingUpdates(this.host, { home: undefined, correspondent: this.node.registrar });
    // Duplicate address detection of the link-local address, and the router's link-layer address.
    scheduler.advance(5000);
    this.pingHome();
  }

  /** Sends a packet to the node. @returns what the node sent because of it */
  deliver(packet: Uint8Array): WirePacket[] {
    this.peer.take();
    this.peer.send(packet);
    this.scheduler.advance(5);
    return this.peer.take();
  }

  /** Sends a packet of the node. @returns what was on the wire */
  sendFromNode(packet: OutboundPacket): WirePacket[] {
    this.peer.take();
    this.host.send(packet);
    this.scheduler.advance(5);
    return this.peer.take();
  }

  /** Echo request of the node to the home address: shows what the binding cache says. */
  pingHome(home = HOME, source = CORRESPONDENT): WirePacket | undefined {
    return this.pingHomeAll(home, source).find(({ icmpv6 }) => icmpv6?.kind === 'echo-request');
  }

  /** The same, with all that was sent. */
  pingHomeAll(home = HOME, source = CORRESPONDENT): WirePacket[] {
    return this.sendFromNode({
      source,
      destination: home,
      protocol: NEXT_HEADER.icmpv6,
      payload: encodeIcmpv6(echoRequest(1), { source, destination: home }),
    });
  }

  /** Care-of address that the binding cache has for a home address. */
  bindingOf(home = HOME): string | undefined {
    const entry = this.host.bindings.find(home);
    return entry === undefined ? undefined : formatAddress(entry.careOfAddress);
  }

  /** Names of the lines at a level. */
  events(level: LogEntry['level']): string[] {
    return this.log.filter((entry) => entry.level === level).map(({ event }) => event);
  }

  close(): void {
    this.node.close();
    this.host.close();
  }
}

/** An echo request. */
export function echoRequest(sequence: number): Icmpv6Message {
  return { kind: 'echo-request', code: 0, identifier: 7, sequence, data: Uint8Array.of(1, 2, 3) };
}

/** Addresses and headers of a packet to the node. */
export interface Envelope {
  /** Wire source. */
  readonly source: Uint8Array;
  readonly destination?: Uint8Array;
  /** Home Address option. */
  readonly home?: Uint8Array | undefined;
  readonly hopLimit?: number;
  /** Headers instead of those that `home` makes. */
  readonly headers?: readonly ExtensionHeader[];
}

/** A packet with an upper layer that somebody else has encoded. */
export function envelope(
  { source, destination = CORRESPONDENT, home, hopLimit = 60, headers }: Envelope,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  return ipv6Packet({
    source,
    destination,
    hopLimit,
    headers: headers ?? (home === undefined ? [] : [destinationOptions([homeAddressOption(home)])]),
    protocol,
    payload,
  });
}

/** A packet with a Mobility Header; its checksum is made of the home address where there is one. */
export function mobilityPacket(
  where: Envelope,
  message: MobilityMessage,
  options: readonly MobilityOption[] = [],
  how: Omit<MobilityEncodeOptions, 'source' | 'destination'> = {},
): Uint8Array {
  const { source, home, destination = CORRESPONDENT } = where;
  const ends = { source: home ?? source, destination };
  const payload = encodeMobilityHeader(message, options, { ...ends, ...how });
  return envelope(where, NEXT_HEADER.mobility, payload);
}

/** An echo request to the node, with a Home Address option where `home` is given. */
export function echoPacket(where: Envelope, sequence = 1): Uint8Array {
  const { source, home, destination = CORRESPONDENT } = where;
  const payload = encodeIcmpv6(echoRequest(sequence), { source: home ?? source, destination });
  return envelope(where, NEXT_HEADER.icmpv6, payload);
}

/** The message of the only packet; throws when there is none of this kind. */
export function only<K extends MobilityMessage['kind']>(
  packets: readonly WirePacket[],
  kind: K,
): MessageOf<K> {
  const message = packets[0]?.mobility?.message;
  if (packets.length !== 1 || message === undefined || !isOfKind(message, kind)) {
    const found = packets.map((each) => each.mobility?.message.kind ?? each.icmpv6?.kind);
    throw new Error(`expected one ${kind}, got [${found.join()}]`);
  }
  return message;
}

function isOfKind<K extends MobilityMessage['kind']>(
  message: MobilityMessage,
  kind: K,
): message is MessageOf<K> & MobilityMessage {
  return message.kind === kind;
}

/** SHA-1 of node:crypto. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** HMAC-SHA-1 of node:crypto. */
export function hmacSha1(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha1', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

/** First(96, HMAC_SHA1(Kbm, care-of address | correspondent | MH up to the authenticator)). RFC 6275 section 6.2.7. */
export function authenticatorOf(
  key: Uint8Array,
  careOf: Uint8Array,
  correspondent: Uint8Array,
  mobilityHeader: Uint8Array,
  end = mobilityHeader.length,
): Uint8Array {
  const data = mobilityHeader.slice(0, end - 12);
  data[4] = 0;
  data[5] = 0;
  return hmacSha1(key, careOf, correspondent, data).slice(0, 12);
}
