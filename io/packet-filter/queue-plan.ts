/**
 * Which packets wait for a verdict, as data: it can be shown, compared and rendered for every packet filter.
 *
 * A rule belongs to a group; a group is asked only for packets from or to its addresses. A packet that no rule takes stays in
 * the kernel: that is all bulk traffic.
 */

/** What a gateway protects. */
export type QueuePlace = 'home-agent' | 'access-link' | 'correspondent';

/**
 * How packets come by: the machine routes them, bridges them, or is their end (a home agent on the same machine).
 */
export type QueueHook = 'routed' | 'bridge' | 'local';

/** What happens to packets that nobody judges. */
export type FailMode = 'open' | 'closed';

/** What a plan is made of. Addresses and prefixes are IPv6 in text: `2001:db8::1`, `2001:db8:1::/48`. */
export interface QueuePlanOptions {
  /** Name of the instance: 1 to 12 letters, digits and `_`. */
  readonly id: string;
  /** One or more. */
  readonly place: readonly QueuePlace[];
  /** Home agents, and other ends of tunnels and associations (local mobility anchors). Needed for `home-agent`. */
  readonly protectedAgents: readonly string[];
  readonly homePrefixes: readonly string[];
  /** Needed for `correspondent`. */
  readonly correspondents?: readonly string[];
  readonly hook: QueueHook;
  /**
   * Interfaces: routed and bridged packets count when they go from one side to the other; with `local` those of both lists are
   * the ones that packets come and go by. All interfaces without it.
   */
  readonly ports?: { readonly outside: readonly string[]; readonly inside: readonly string[] };
  /** Queue numbers `first`, `first + 1`, ... 0..65535, `count` 1..64. */
  readonly queues: { readonly first: number; readonly count: number };
  readonly failMode: FailMode;
}

/** Headers that may stand anywhere in the chain in front of the upper layer. */
export type ExtensionHeader =
  | 'fragment'
  | 'destination-options'
  | 'routing'
  | 'hop-by-hop'
  | 'authentication';

/** Upper layers that are taken whole. */
export type UpperLayer = 'mobility' | 'esp' | 'ipv6' | 'ipv4' | 'gre';

/** What a packet must be. `longerThan`: octets of the IPv6 packet with its header. */
export type PacketMatch =
  | ({ readonly kind: 'address' } & GroupAddress)
  | { readonly kind: 'header'; readonly header: ExtensionHeader }
  | { readonly kind: 'upper'; readonly upper: UpperLayer; readonly longerThan?: number }
  | { readonly kind: 'icmpv6'; readonly type: number }
  | {
      readonly kind: 'udp';
      readonly port: number;
      /** The port of which end. */
      readonly side: 'either' | 'source';
      readonly longerThan?: number;
    };

/** One kind of packets that are queued. */
export interface QueueRule {
  /** 1 for the first of the plan; what counters go by. */
  readonly number: number;
  readonly match: PacketMatch;
  /** `first`: the first queue. `balanced`: one of the others, the same for all packets between two addresses. */
  readonly queue: 'first' | 'balanced';
  /** Why, in plain characters, for people: at most 110. */
  readonly reason: string;
}

/** One end of packets. */
export interface GroupAddress {
  readonly side: 'source' | 'destination';
  /** With its length: `2001:db8::1/128`. */
  readonly prefix: string;
}

/**
 * Names of groups: headers and neighbor discovery of a link, agents both ways, towards correspondents, correspondents and
 * home networks both ways, mobility of everybody, home addresses in clear on a foreign link.
 */
export type GroupName = 'link' | 'agent' | 'into' | 'peer' | 'home' | 'every' | 'clear';

/** Rules for packets of some addresses. */
export interface QueueGroup {
  readonly name: GroupName;
  /** Any of these; none: all packets. */
  readonly addresses: readonly GroupAddress[];
  readonly rules: readonly QueueRule[];
}

/** Packets that come in by one interface and leave by another. */
export interface PortPair {
  readonly from: string;
  readonly to: string;
}

/** Everything that is queued for one instance. */
export interface QueuePlan {
  readonly id: string;
  readonly place: readonly QueuePlace[];
  readonly hook: QueueHook;
  readonly failMode: FailMode;
  readonly queues: { readonly first: number; readonly count: number };
  /** Ways through the machine, for `routed` and `bridge`; empty: every way. */
  readonly pairs: readonly PortPair[];
  /** Interfaces of `local`; empty: all but the loopback. */
  readonly interfaces: readonly string[];
  /** A packet is shown to them in this order. */
  readonly groups: readonly QueueGroup[];
  /** What the plan does not see, a sentence each. */
  readonly notes: readonly string[];
}

/** Rules of all groups, by number. */
export function queueRules(plan: QueuePlan): QueueRule[] {
  return plan.groups.flatMap(({ rules }) => rules).toSorted((a, b) => a.number - b.number);
}

/** Numbers of the queues of a plan. */
export function queueNumbers({ queues }: QueuePlan): number[] {
  return Array.from({ length: queues.count }, (_, i) => queues.first + i);
}

/** Interfaces a plan names, each once. */
export function planInterfaces({ pairs, interfaces }: QueuePlan): string[] {
  return [...new Set([...pairs.flatMap(({ from, to }) => [from, to]), ...interfaces])];
}
