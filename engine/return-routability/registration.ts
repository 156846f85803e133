/**
 * Binding Updates to correspondent nodes, and what they rest on. RFC 6275 sections 5.2.5, 9.5.1 and 11.7.2.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { Link, MobilityEvent, PacketContext } from '../events.ts';
import { isComplete } from '../extension/rule-queries.ts';
import { registrationKey } from '../home-link/addresses.ts';
import { lifetimeSeconds } from '../mobility/lifetime.ts';
import { coversNetwork } from '../state/correspondents.ts';
import { requestedCareOfAddress } from '../state/bindings.ts';
import type { RoutabilityQueries } from '../state/return-routability.ts';
import { NONCE_AGE } from '../state/routability-tests.ts';
import type { TestKind } from '../state/routability-tests.ts';

const { acknowledge, homeRegistration, mapRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
const NOT_TO_CORRESPONDENT = homeRegistration.mask | mapRegistration.mask | proxyRegistration.mask;
/** Seconds after which a correspondent makes a new nonce. RFC 6275 section 5.2.7. */
const NONCE_INTERVAL = 30e6;
/** New nonces that a correspondent may have made on demand. */
const NONCES_ON_DEMAND = 8;

/** What of the engine's knowledge is asked here; every rule context has it. */
export interface RoutabilityKnowledge extends RoutabilityQueries {
  readonly now: number;
  isHomeAgent(address: Uint8Array): boolean;
}

/** A readable Binding Update for a correspondent node. */
export interface CorrespondentUpdate {
  readonly context: PacketContext;
  readonly homeAddress: Uint8Array;
  readonly peer: Uint8Array;
  /** Alternate Care-of Address, else wire source. */
  readonly careOfAddress: Uint8Array;
  readonly sequence: number;
  /** Seconds asked for; 0 for a deletion, also one by care-of address = home address. RFC 6275 section 9.5.1. */
  readonly lifetime: number;
  readonly asksForAnswer: boolean;
  readonly nonces: { readonly home: number; readonly careOf: number } | undefined;
  readonly hasAuthorizationData: boolean;
  /** The two have keys from elsewhere: CGA (RFC 4866), or static ones (RFC 4449). */
  readonly hasOtherKeys: boolean;
}

/** Options of enhanced route optimization. RFC 4866 section 5. */
const CGA_OPTIONS: ReadonlySet<string> = new Set([
  'cga-parameters',
  'cga-parameters-request',
  'signature',
  'permanent-home-keygen-token',
  'care-of-test-init-option',
]);

/**
 * Reads a Binding Update for a correspondent; undefined for those of home agents, anchors and gateways, and for those
 * that are cut, malformed or have a wrong checksum.
 */
export function correspondentUpdateOf(
  event: MobilityEvent,
  knowledge: RoutabilityKnowledge,
): CorrespondentUpdate | undefined {
  const update = event === lastEvent ? lastUpdate : readUpdate(event);
  if (update === undefined) return undefined;
  const { homeAddress, peer } = update;
  // Without both it may be a home registration that forgot its flag: other rules look at that.
  const isBare = update.nonces === undefined && !update.hasAuthorizationData;
  if (isBare && knowledge.isHomeAgent(peer)) return undefined;
  if (update.hasOtherKeys || knowledge.seenUpdates(homeAddress, peer)?.hasOtherKeys !== true) {
    return update;
  }
  return { ...update, hasOtherKeys: true };
}

// Many rules read the same update one after the other. What is kept depends on the event alone.
let lastEvent: MobilityEvent | undefined;
let lastUpdate: CorrespondentUpdate | undefined;

/** Reads what the event alone tells: `hasOtherKeys` by its options. */
function readUpdate(event: MobilityEvent): CorrespondentUpdate | undefined {
  lastEvent = event;
  lastUpdate = undefined;
  const { header, context } = event;
  const { message, options } = header;
  if (message.kind !== 'binding-update') return undefined;
  if ((message.flags & NOT_TO_CORRESPONDENT) !== 0 || !isComplete(event)) return undefined;
  let nonces: CorrespondentUpdate['nonces'];
  let hasAuthorizationData = false;
  let hasOtherKeys = false;
  for (const option of options) {
    if (option.kind === 'nonce-indices') {
      nonces ??= { home: option.homeNonceIndex, careOf: option.careOfNonceIndex };
    } else if (option.kind === 'binding-authorization-data') hasAuthorizationData = true;
    else if (CGA_OPTIONS.has(option.kind)) hasOtherKeys = true;
  }
  const homeAddress = context.homeAddressOption ?? context.source;
  const careOfAddress = requestedCareOfAddress(event);
  lastUpdate = {
    context,
    homeAddress,
    peer: context.routingHomeAddress ?? context.destination,
    careOfAddress,
    sequence: message.sequence,
    lifetime: isSameAddress(careOfAddress, homeAddress) ? 0 : lifetimeSeconds(message.lifetime),
    asksForAnswer: (message.flags & acknowledge.mask) !== 0,
    nonces,
    hasAuthorizationData,
    hasOtherKeys,
  };
  return lastUpdate;
}

/**
 * What shows that the sensor sees the return routability of a home address with a correspondent: an earlier
 * registration of the two with both tests; tests of other nodes of its home network on this link; tests of any node on
 * this link.
 */
export type RoutabilityCoverage = 'pair' | 'network' | 'link' | 'none';

/** How far absence of tests proves anything for a Binding Update on a link. */
export function coverageOf(
  homeAddress: Uint8Array,
  peer: Uint8Array,
  link: Link,
  knowledge: RoutabilityKnowledge,
): RoutabilityCoverage {
  if (knowledge.seenUpdates(homeAddress, peer)?.isCovered === true) return 'pair';
  if (hasForgotten(knowledge)) return 'none';
  const coverage = knowledge.correspondent(peer)?.coverage.find((item) => item.link === link.id);
  if (coverage === undefined || coverage.home === 0 || coverage.careOf === 0) return 'none';
  return coversNetwork(coverage, homeAddress) ? 'network' : 'link';
}

/** Tests of the last minutes were forgotten for want of room: what is not known may have been there. */
export function hasForgotten(knowledge: RoutabilityKnowledge): boolean {
  const at = knowledge.routabilityForgottenAt();
  return at > 0 && knowledge.now - at < NONCE_AGE;
}

/** What is known of one of the two tests that a Binding Update rests on. */
export interface TestLeg {
  /**
   * `issued`: a token of this nonce index, still valid; `expired`: one that is no more; `other-index`: tokens of other
   * indices; `asked`: an init without answer, or an answer nobody asked for; `unknown`: part was not seen; `absent`.
   */
  readonly state: 'issued' | 'expired' | 'other-index' | 'asked' | 'unknown' | 'absent';
  /** Seconds since the token was issued, for `issued` and `expired`. */
  readonly age: number;
  /** Indices issued in the last 240 s. */
  readonly indices: readonly number[];
}

/** Looks up the test for a nonce index. */
export function testLeg(
  kind: TestKind,
  address: Uint8Array,
  peer: Uint8Array,
  nonceIndex: number,
  knowledge: RoutabilityKnowledge,
): TestLeg {
  const pair = knowledge.routabilityTests(kind, address, peer);
  const { now } = knowledge;
  const none = { age: 0, indices: [] };
  if (pair === undefined) return { state: hasForgotten(knowledge) ? 'unknown' : 'absent', ...none };
  const solicited = pair.issued.filter(({ isSolicited }) => isSolicited);
  const fresh = solicited.filter(({ lastSeen }) => now - lastSeen < NONCE_AGE);
  const indices = fresh.map((item) => item.nonceIndex);
  const token = solicited
    .filter((item) => item.nonceIndex === nonceIndex)
    .sort((a, b) => b.lastSeen - a.lastSeen)[0];
  if (token !== undefined) {
    const age = (now - token.lastSeen) / 1e6;
    return { state: now - token.lastSeen < NONCE_AGE ? 'issued' : 'expired', age, indices };
  }
  if (pair.gapAt > 0 && now - pair.gapAt < NONCE_AGE) return { state: 'unknown', ...none };
  if (fresh.length > 0) return { state: 'other-index', age: 0, indices };
  const last = Math.max(pair.lastInit, pair.lastTest);
  return { state: last > 0 && now - last < NONCE_AGE ? 'asked' : 'absent', ...none };
}

/**
 * Whether a correspondent may have issued a nonce index that was not seen: it has issued it to others, or it is one of
 * those that follow.
 */
export function isPlausibleIndex(
  peer: Uint8Array,
  nonceIndex: number,
  knowledge: RoutabilityKnowledge,
): boolean {
  const indices = knowledge.correspondent(peer)?.indices ?? [];
  if (indices.some(({ index }) => index === nonceIndex)) return true;
  let latest = indices[0];
  if (latest === undefined) return true;
  for (const item of indices) if (item.firstSeen > latest.firstSeen) latest = item;
  const made = Math.floor((knowledge.now - latest.firstSeen) / NONCE_INTERVAL) + NONCES_ON_DEMAND;
  return ((nonceIndex - latest.index) & 0xffff) <= made;
}

/** Map key of a home address at a correspondent. */
export function correspondentKey({
  homeAddress,
  peer,
}: Pick<CorrespondentUpdate, 'homeAddress' | 'peer'>): string {
  return registrationKey(homeAddress, peer);
}
