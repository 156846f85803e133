/**
 * What a rule is and what it may use. The only engine file that `rules/` imports.
 */
import type { Icmpv6Message } from '../dissectors/icmpv6/index.ts';
import type { MessageOf, MobilityHeader } from '../dissectors/mobility/header.ts';
import type { EngineEvent, EventOf, Link, PacketReference } from './events.ts';
import type { PolicyPacket, PolicyVerdict } from './ipsec/policy-database.ts';
import type { Site } from './site.ts';
import type { Binding } from './state/binding-cache.ts';
import type { ExtensionQueries } from './state/extension-state.ts';
import type { LinkQueries } from './state/link-state.ts';
import type { RoutabilityQueries } from './state/return-routability.ts';
import type { CounterQueries } from './rule-counters.ts';
import type { TraitKind, TraitOf } from './rules/traits.ts';

export { equalBytes } from '../dissectors/core/bytes.ts';
export { addressKey } from './address-keys.ts';
export {
  formatAddress,
  formatMac,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnicastRoutable,
  isUnspecified,
  prefixMatches,
} from '../dissectors/core/address.ts';
export { findOption } from '../dissectors/mobility/options/index.ts';
export {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../dissectors/mobility/messages/binding.ts';
export { IKEV1_EXCHANGE, IKEV2_EXCHANGE } from '../dissectors/ike/names/message.ts';
export * from './ike/rule-queries.ts';
export type { Diagnostic, DiagnosticCode } from '../dissectors/core/diagnostic.ts';
export type { Icmpv6Message } from '../dissectors/icmpv6/index.ts';
export type { MessageOf, MobilityHeader } from '../dissectors/mobility/header.ts';
export type { MobilityOption } from '../dissectors/mobility/options/index.ts';
export * from './home-link/index.ts';
export { deregistrationLayout } from './mobility/deregistration.ts';
export type { DeregistrationLayout, LayoutFault } from './mobility/deregistration.ts';
export * from './registration/messages.ts';
export type { PolicyPacket, PolicyVerdict } from './ipsec/policy-database.ts';
export * from './ipsec/rule-queries.ts';
export type * from './events.ts';
export type * from './site.ts';
export type { Binding } from './state/binding-cache.ts';
export * from './neighbor-discovery/index.ts';
export * from './extension/index.ts';
export * from './return-routability/index.ts';
export * from './reflection/index.ts';
export type * from './rule-counters.ts';

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';

/** Severities, least first. */
export const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/** `partial`: the evidence allows another reading, or part of the state is missing. */
export type Confidence = 'certain' | 'partial';

/** Link of a chain of steps that belong to one attack. In the order an attack takes them. */
export type Stage =
  | 'rogue-advertisement'
  | 'deregistration-provoked'
  | 'binding-update-relayed'
  | 'acknowledgement-stripped'
  | 'unprotected-traffic'
  | 'denial-of-service'
  | 'evasion'
  | 'policy-breach';

/** A packet and what in it proves the alert. */
export interface Evidence {
  readonly packet: PacketReference;
  /** One sentence with fields and values: `source 2001:db8::1 is not the registered care-of address ...`. */
  readonly text: string;
  readonly link?: Link;
}

/** What a rule found. */
export interface AlertDraft {
  /** Identity of what the alert is about (binding, SA, router, sender): one alert per rule and object. */
  readonly object: string;
  /** One sentence: who did what to whom. */
  readonly message: string;
  /** Packet at which it became certain. */
  readonly packet: PacketReference;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
  /** Instead of the rule's severity. */
  readonly severity?: Severity;
  readonly stage?: Stage;
  /** What the alert concerns; incidents are joined by home address. */
  readonly homeAddress?: Uint8Array;
  readonly homeAgent?: Uint8Array;
  /** Address (16 octets) or link-layer address (6 octets) that acts. */
  readonly attacker?: Uint8Array;
  /** Home prefix, when the alert concerns all its nodes. */
  readonly homePrefix?: { readonly prefix: Uint8Array; readonly length: number };
  /**
   * A gateway lets the packet at hand pass, whatever the verdict of the rule: it is the answer of a victim, or genuine
   * traffic by which something earlier came to light, or whose weakness is told.
   */
  readonly isToPass?: boolean;
}

/** What a rule needs to judge; when it is missing the rule is listed as not judged, with the reason. */
export type Need =
  /** At least one link whose role is known (site file). */
  | 'link-roles'
  /** A link with this role. */
  | 'home-link'
  | 'foreign-link'
  | 'transit-link'
  /** Home prefixes, from the site file or from bindings seen. */
  | 'home-prefixes'
  /** Home agents, from the site file or from signalling seen. */
  | 'home-agents'
  /** Protected signalling readable: keys, NULL encryption, or signalling in clear. */
  | 'readable-signalling'
  /** Encrypted messages of IKE readable: a secret of an IKE SA, when there are such messages. */
  | 'readable-ike'
  /** At least one security association, from key files. */
  | 'security-associations'
  /** Mobile access gateways and access routers told by the site, when there are messages of them. */
  | 'access-gateways'
  /** Local mobility anchors told by the site, when there are messages of them. */
  | 'mobility-anchors'
  /** Mobility anchor points told by the site, when somebody names or uses one. */
  | 'mobility-anchor-points'
  /** Outside and inside of the home network told apart. */
  | 'perimeter';

/** Bounded, expiring state of one rule. */
export interface RuleTable<V> {
  get(key: string): V | undefined;
  /** Sets and refreshes the age; evicts the least recently set entry when full. */
  set(key: string, value: V): void;
  delete(key: string): void;
  values(): IterableIterator<V>;
  readonly size: number;
}

/** What rules ask of the engine. All answers are as of the event's time. */
export interface RuleContext<Params extends Record<string, number> = Record<string, number>>
  extends LinkQueries, ExtensionQueries, CounterQueries, RoutabilityQueries {
  readonly params: Params;
  readonly site: Site;
  /** Time of the event, microseconds since 1970. */
  readonly now: number;
  /** Packets wait for their verdicts: what is found in one is told of each, not once a second. */
  readonly isInline: boolean;
  /** What protection the site's policy asks for; for packets between a home address and its home agent. */
  policyOf(packet: PolicyPacket): PolicyVerdict;
  /** Binding of a home address at a home agent or correspondent. */
  binding(homeAddress: Uint8Array, peer: Uint8Array): Readonly<Binding> | undefined;
  /** Home registration of a home address, whoever the agent is. */
  homeBinding(homeAddress: Uint8Array): Readonly<Binding> | undefined;
  /** Home bindings that are registered now. */
  homeBindings(): Iterable<Readonly<Binding>>;
  /** Whether the address is a home agent: site file or signalling seen. */
  isHomeAgent(address: Uint8Array): boolean;
  /** Whether the address is a known home address. */
  isHomeAddress(address: Uint8Array): boolean;
  /** Longest known home prefix that covers the address. */
  homePrefixOf(
    address: Uint8Array,
  ):
    | { readonly prefix: Uint8Array; readonly length: number; readonly knownBy: 'site' | 'learned' }
    | undefined;
  /** All known home prefixes. */
  homePrefixes(): readonly {
    readonly prefix: Uint8Array;
    readonly length: number;
    readonly knownBy: 'site' | 'learned';
  }[];
  /** State of this rule, kept between events; asked by name, bounded. */
  table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): RuleTable<V>;
}

/** Parameter of a rule: number with default, range and unit. */
export interface RuleParameter {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly doc: string;
}

/** Where several rules describe one fact of one packet, the first of this list speaks and the others become its evidence. */
export const PRECEDENCE = ['relay', 'layout', 'sequence', 'ipsec', 'header'] as const;

/** What the gateway does by default. */
export type Verdict = 'drop' | 'alert' | 'rate-limit';

/** A message of the Mobility Header or of ICMPv6. */
export type MessageKind = MobilityHeader['message']['kind'] | Icmpv6Message['kind'];

/**
 * A condition by what the rule itself holds: an entry in the table or counter of that name, or that it was not asked about
 * anything yet. `always` is for a message that is no matter of the condition of its event.
 */
export type StateCondition = `holding ${string}` | 'unasked' | 'always';

/** Messages of the Mobility Header, and the event that has them. */
type MobilityKey = 'mobility' | MobilityHeader['message']['kind'];

/** Conditions by kind of event, or by message where those of the message differ. */
export type Conditions = {
  readonly [K in MobilityKey]?: readonly (TraitOf<'mobility'> | StateCondition)[];
} & {
  readonly [K in Exclude<TraitKind, 'mobility'>]?: readonly (TraitOf<K> | StateCondition)[];
} & {
  readonly [
    K in Icmpv6Message['kind'] | Exclude<EngineEvent['kind'], TraitKind>
  ]?: readonly StateCondition[];
};

/** A rule. */
export interface RuleDefinition<
  K extends EngineEvent['kind'] = EngineEvent['kind'],
  P extends Record<string, RuleParameter> = Record<string, RuleParameter>,
> {
  /** `MIP6-ggnn`, stable, never reused. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly category:
    | 'integrity'
    | 'home-link'
    | 'forged-binding'
    | 'replay'
    | 'flooding'
    | 'exhaustion'
    | 'reflection'
    | 'return-routability'
    | 'ipsec'
    | 'neighbor-discovery'
    | 'discovery'
    | 'tunnel'
    | 'extension'
    | 'reconnaissance'
    /** An operator's own. */
    | 'local';
  /** Documents and sections: `draft-ebalard-mext-hld-security-00 section 5.3`. */
  readonly references: readonly string[];
  readonly needs: readonly Need[];
  readonly verdict: Verdict;
  readonly precedence?: (typeof PRECEDENCE)[number];
  /** What the attack is and why this proves it, for a newcomer. */
  readonly explanation: string;
  /** What to do about it. */
  readonly advice: string;
  /** The attack drawn in characters, at most 96 columns: who sends what to whom, and with which headers. */
  readonly illustration?: string;
  /** Of a rule that is data: equal texts are equal rules. */
  readonly revision?: string;
  readonly on: readonly K[];
  /** Of `mobility` and `icmpv6` events those with one of these messages; all of them when absent. */
  readonly messages?: readonly MessageKind[];
  /** True: of `tunnelled` events only those that are not as a registration asks for (`isExpected`). */
  readonly ignoresExpectedTunnels?: boolean;
  /**
   * Of the events and messages that are named here the rule is asked only about those with one of the conditions. Of all
   * others it must have nothing to say and nothing to keep.
   */
  readonly asksOnly?: Conditions;
  readonly params: P;
  /** Judges one event. No I/O, no clock, no module state. */
  evaluate(
    event: EventOf<K>,
    context: RuleContext<{ [N in keyof P]: number }>,
  ): AlertDraft | readonly AlertDraft[] | undefined;
}

/** Checks nothing at run time; gives `evaluate` its types. */
export function defineRule<
  const K extends EngineEvent['kind'],
  const P extends Record<string, RuleParameter>,
>(rule: RuleDefinition<K, P>): RuleDefinition<K, P> {
  return rule;
}

/** A Binding Update in an event, or undefined. */
export function bindingUpdateOf(
  event: EventOf<'mobility'>,
): MessageOf<'binding-update'> | undefined {
  return event.header.message.kind === 'binding-update' ? event.header.message : undefined;
}

/** A Router Advertisement in an event, or undefined. */
export function routerAdvertisementOf(
  event: EventOf<'icmpv6'>,
): Extract<Icmpv6Message, { kind: 'router-advertisement' }> | undefined {
  return event.message.kind === 'router-advertisement' ? event.message : undefined;
}
