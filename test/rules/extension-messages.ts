/**
 * Messages of a proxy mobility domain for tests: gateways GATEWAY and OTHER_GATEWAY, anchor ANCHOR, node NODE with
 * NODE_PREFIX.
 */
import { putU32 } from '../../dissectors/core/bytes.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityEvent, PacketContext } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import type { Site } from '../../engine/site.ts';
import { mobilityEvent, packetAt, packetContext } from './event-builders.ts';
import { START_TIME, address, makeSite, prefix } from './site.ts';

export const ANCHOR = address('2001:db8:a::1');
export const OTHER_ANCHOR = address('2001:db8:a::2');
export const GATEWAY = address('2001:db8:b::1');
export const OTHER_GATEWAY = address('2001:db8:b::2');
export const STRANGER = address('2001:db8:6::66');
export const NODE_PREFIX = prefix('2001:db8:5:1::/64');
export const OTHER_NODE_PREFIX = prefix('2001:db8:5:2::/64');
export const NODE_ADDRESS = address('2001:db8:5:1::99');

/** A site that tells its gateways, anchors and prefixes. */
export const DOMAIN_SITE: Site = makeSite({
  domain: {
    ...UNKNOWN_SITE.domain,
    accessGateways: [GATEWAY, OTHER_GATEWAY],
    localMobilityAnchors: [ANCHOR, OTHER_ANCHOR],
    homeNetworkPrefixes: [prefix('2001:db8:5::/48')],
  },
});

/** Mobile Node Identifier option with an NAI. */
export function nai(name: string): MobilityOption {
  const identifier = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
  return { kind: 'mobile-node-identifier', subtype: 1, identifier };
}

/** Home Network Prefix option. */
export function homeNetworkPrefix({
  prefix: octets,
  length,
}: {
  prefix: Uint8Array;
  length: number;
}): MobilityOption {
  return { kind: 'home-network-prefix', flags: 0, prefixLength: length, prefix: octets };
}

/** Timestamp option: seconds after the start. */
export function timestamp(seconds: number): MobilityOption {
  const octets = new Uint8Array(8);
  const at = START_TIME / 1e6 + seconds;
  putU32(octets, 2, Math.floor(at));
  octets[6] = Math.floor((at % 1) * 256);
  return { kind: 'timestamp', timestamp: octets };
}

/** What differs from the ordinary message of NODE at GATEWAY. */
export interface ProxyFields {
  readonly seconds?: number;
  readonly sequence?: number;
  readonly gateway?: Uint8Array;
  readonly anchor?: Uint8Array;
  /** Units of 4 s. */
  readonly lifetime?: number;
  readonly node?: string;
  readonly prefix?: { prefix: Uint8Array; length: number };
  /** Handoff Indicator. */
  readonly handoff?: number;
  /** Seconds after the start of the Timestamp option; default the time of the packet. */
  readonly stamp?: number;
  readonly greKey?: number;
  readonly status?: number;
  /** Instead of all options. */
  readonly options?: readonly MobilityOption[];
  readonly more?: readonly MobilityOption[];
  readonly context?: Partial<PacketContext>;
}

let number = 0;

/** Proxy Binding Update of GATEWAY to ANCHOR. */
export function proxyUpdate(fields: ProxyFields = {}): MobilityEvent {
  const {
    seconds = 1,
    sequence = 1,
    lifetime = 75,
    node = 'mn1@example.net',
    handoff = 1,
  } = fields;
  const options = fields.options ?? [
    nai(node),
    homeNetworkPrefix(fields.prefix ?? NODE_PREFIX),
    { kind: 'handoff-indicator', indicator: handoff },
    { kind: 'access-technology-type', technology: 4 },
    timestamp(fields.stamp ?? seconds),
    ...(fields.greKey === undefined ? [] : [{ kind: 'gre-key', key: fields.greKey } as const]),
    ...(fields.more ?? []),
  ];
  return mobilityEvent(
    { kind: 'binding-update', sequence, flags: 0xc200, lifetime },
    {
      options,
      context: {
        packet: packetAt(++number, seconds),
        source: fields.gateway ?? GATEWAY,
        destination: fields.anchor ?? ANCHOR,
        ...fields.context,
      },
    },
  );
}

/** Proxy Binding Acknowledgement of ANCHOR to GATEWAY. */
export function proxyAnswer(fields: ProxyFields = {}): MobilityEvent {
  const { seconds = 1.01, sequence = 1, lifetime = 75, node = 'mn1@example.net' } = fields;
  const options = fields.options ?? [
    nai(node),
    homeNetworkPrefix(fields.prefix ?? NODE_PREFIX),
    ...(fields.greKey === undefined ? [] : [{ kind: 'gre-key', key: fields.greKey } as const]),
    ...(fields.more ?? []),
  ];
  return mobilityEvent(
    {
      kind: 'binding-acknowledgement',
      status: fields.status ?? 0,
      flags: 0x20,
      sequence,
      lifetime,
    },
    {
      options,
      context: {
        packet: packetAt(++number, seconds),
        source: fields.anchor ?? ANCHOR,
        destination: fields.gateway ?? GATEWAY,
        ...fields.context,
      },
    },
  );
}

/** An accepted registration: update and acknowledgement. */
export function registered(fields: ProxyFields = {}): readonly MobilityEvent[] {
  const { seconds = 1 } = fields;
  return [proxyUpdate(fields), proxyAnswer({ ...fields, seconds: seconds + 0.01 })];
}

/** Header of a tunnel. */
export function outerHeader(source: Uint8Array, destination: Uint8Array): PacketContext {
  return packetContext({ source, destination });
}
