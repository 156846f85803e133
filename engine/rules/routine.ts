/**
 * Messages of return routability and of registrations with correspondents in which nothing is remarkable, as most are. Many
 * rules look at each of them for one of a few things: whether one is there is found here once for all of them.
 *
 * What is said of a message has to hold for every rule that names the trait `remarkable` as a condition: of a message without
 * it the rule has nothing to say and nothing to keep.
 */
import { isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityEvent, PacketContext } from '../events.ts';
import { isBindingValid, isNotGreater } from '../registration/messages.ts';
import type { Site } from '../site.ts';
import type { Bindings } from '../state/bindings.ts';
import type { HomeNetwork } from '../state/home-network.ts';
import {
  initOf,
  isFreshCookie,
  isFreshValue,
  isSecondsApart,
  testPairOf,
} from '../state/routability-tests.ts';
import type { TestKind } from '../state/routability-tests.ts';
import type { RoutabilityQueries } from '../state/return-routability.ts';

const { homeRegistration, mapRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
const NOT_TO_CORRESPONDENT = homeRegistration.mask | mapRegistration.mask | proxyRegistration.mask;
const ANSWER_TO_GATEWAY = BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask;
/** First status that refuses. RFC 6275 section 6.1.8. */
const REFUSED = 128;
/** MAX_RR_BINDING_LIFETIME, 420 s, in units of 4 s. RFC 6275 section 12. */
const LONGEST = 105;

/** What the engine knows that messages are held against. */
export interface RoutineKnowledge {
  readonly site: () => Site;
  readonly home: Pick<HomeNetwork, 'isHomeAgent' | 'isHomeAddress' | 'prefixOf'>;
  readonly bindings: Pick<Bindings, 'find' | 'home' | 'byCareOfAddress'>;
  readonly routability: Pick<
    RoutabilityQueries,
    'routabilityTests' | 'testsOf' | 'correspondent' | 'seenUpdates' | 'isProvedByTokens'
  >;
}

/** Whether nothing is remarkable about a message. */
export function isRoutine(event: MobilityEvent, knowledge: RoutineKnowledge): boolean {
  const { context, header, checksum, diagnostics } = event;
  if (checksum !== 'right' || diagnostics.length > 0) return false;
  if (context.encapsulation.length > 0 || context.hasAuthenticationHeader === true) return false;
  const { message } = header;
  switch (message.kind) {
    case 'home-test-init':
      return isRoutineHomeTestInit(event, message, knowledge);
    case 'care-of-test-init':
      return isRoutineCareOfTestInit(event, message, knowledge);
    case 'home-test':
      return isRoutineTest(
        event,
        'home',
        message.homeInitCookie,
        message.homeKeygenToken,
        knowledge,
      );
    case 'care-of-test':
      return isRoutineTest(
        event,
        'care-of',
        message.careOfInitCookie,
        message.careOfKeygenToken,
        knowledge,
      );
    case 'binding-update':
      return isRoutineUpdate(event, message, knowledge);
    case 'binding-acknowledgement':
      return isRoutineAnswer(event, message, knowledge);
    default:
      return false;
  }
}

/** Octets by which a test is longer than its init: the keygen token. RFC 6275 sections 6.1.3 to 6.1.6. */
const LONGER = 8;

/**
 * In the tunnel of a registered node, which no other node shares and no site file calls infrastructure, with a cookie that
 * is new, and not within a second after another to the same correspondent.
 */
function isRoutineHomeTestInit(
  { context }: MobilityEvent,
  { homeInitCookie }: MessageOf<'home-test-init'>,
  knowledge: RoutineKnowledge,
): boolean {
  const { source, destination, outer, packet } = context;
  if (outer === undefined || context.homeAddressOption !== undefined) return false;
  const binding = knowledge.bindings.home(source);
  if (binding === undefined || !isBindingValid(binding, packet.time)) return false;
  if (isSameAddress(source, context.routingHomeAddress ?? destination)) return false;
  if (!isSameAddress(binding.careOfAddress, outer.source)) return false;
  if (knowledge.bindings.byCareOfAddress(outer.source, 0) !== binding) return false;
  if (isFixed(source, knowledge)) return false;
  return isFreshInit(context, 'home', homeInitCookie, knowledge);
}

/** With a cookie that is new, and not within a second after another to the same correspondent. */
function isFreshInit(
  { source, destination, packet }: PacketContext,
  kind: TestKind,
  cookie: Uint8Array,
  { routability }: RoutineKnowledge,
): boolean {
  const tested = routability.testsOf(kind, source);
  if (!isFreshCookie(tested, destination, cookie, packet.time)) return false;
  const pair = testPairOf(tested, destination);
  return pair === undefined || isSecondsApart(packet.time, pair.lastInit);
}

/** Outside tunnels from a registered care-of address that is no home address, with a cookie that is new. */
function isRoutineCareOfTestInit(
  { context }: MobilityEvent,
  { careOfInitCookie }: MessageOf<'care-of-test-init'>,
  knowledge: RoutineKnowledge,
): boolean {
  const { source, outer, packet } = context;
  const { home, bindings } = knowledge;
  if (outer !== undefined || context.homeAddressOption !== undefined) return false;
  const binding = bindings.byCareOfAddress(source, 0);
  if (binding === undefined || !isBindingValid(binding, packet.time)) return false;
  if (home.isHomeAddress(source)) return false;
  return isFreshInit(context, 'care-of', careOfInitCookie, knowledge);
}

/** The first answer to its init, to the address that asked, of the length that is expected, and with a new token. */
function isRoutineTest(
  { context, header }: MobilityEvent,
  kind: TestKind,
  cookie: Uint8Array,
  token: Uint8Array,
  { routability }: RoutineKnowledge,
): boolean {
  const { source, destination, packet } = context;
  const pair = routability.routabilityTests(kind, destination, source);
  const init = initOf(pair, cookie, packet.time);
  if (init?.answeredAt !== 0) return false;
  // An answer may have gone elsewhere before.
  if (init.ways.answers > 0 || init.ways.next !== undefined) return false;
  if (header.length > init.length + LONGER) return false;
  return isFreshValue(routability.correspondent(source), token);
}

/**
 * From the care-of address of a node that is registered at home, proved by tokens, with a greater sequence number than
 * before, not within a second after another, and without a binding the other way round or one that was removed.
 */
function isRoutineUpdate(
  event: MobilityEvent,
  { flags, sequence, lifetime }: MessageOf<'binding-update'>,
  knowledge: RoutineKnowledge,
): boolean {
  const { context, header, authentication } = event;
  const { source, homeAddressOption: homeAddress, outer, packet } = context;
  if (authentication !== 'right' || lifetime === 0 || event.earlier !== undefined) return false;
  if ((flags & NOT_TO_CORRESPONDENT) !== 0) return false;
  if (homeAddress === undefined || outer !== undefined) return false;
  // Rates are counted by the address on the wire.
  if (context.routingHomeAddress !== undefined) return false;
  const { home, bindings, routability } = knowledge;
  const peer = context.destination;
  const alternate = findOption(header.options, 'alternate-care-of-address');
  const careOfAddress = alternate?.careOfAddress ?? source;
  if (isSameAddress(homeAddress, peer) || isSameAddress(homeAddress, careOfAddress)) return false;
  if (isSameAddress(careOfAddress, peer)) return false;
  const binding = bindings.find(homeAddress, peer);
  if (binding !== undefined) {
    if (binding.role !== 'correspondent') return false;
    const isOld = binding.sequence !== undefined && isNotGreater(sequence, binding.sequence);
    if (isOld && isBindingValid(binding, packet.time)) return false;
  }
  if (bindings.home(homeAddress)?.phase !== 'registered') return false;
  if (bindings.find(peer, homeAddress) !== undefined) return false;
  if (isFixed(homeAddress, knowledge) || isFixed(careOfAddress, knowledge)) return false;
  if (home.isHomeAddress(careOfAddress) || bindings.home(careOfAddress) !== undefined) return false;
  if (home.prefixOf(careOfAddress)?.knownBy === 'site') return false;
  if (!routability.isProvedByTokens(context)) return false;
  const pair = routability.seenUpdates(homeAddress, peer);
  if (pair === undefined) return true;
  return pair.removed === undefined && isSecondsApart(packet.time, pair.lastTime);
}

/** Accepts the update that it goes back for, with an authenticator, and for no longer than a correspondent may. */
function isRoutineAnswer(
  { context, header }: MobilityEvent,
  { flags, status, sequence, lifetime }: MessageOf<'binding-acknowledgement'>,
  { home, bindings, routability }: RoutineKnowledge,
): boolean {
  const { source, destination, homeAddressOption, link, packet } = context;
  if (status >= REFUSED || lifetime === 0 || lifetime > LONGEST) return false;
  if ((flags & ANSWER_TO_GATEWAY) !== 0 || context.esp !== undefined) return false;
  if (link.role === 'foreign' || home.isHomeAgent(source)) return false;
  if (findOption(header.options, 'binding-authorization-data') === undefined) return false;
  const homeAddress = context.routingHomeAddress ?? destination;
  const peer = homeAddressOption ?? source;
  const pair = routability.seenUpdates(homeAddress, peer);
  if (pair === undefined) return false;
  let isAnswer = false;
  for (const item of pair.updates) {
    if (item.sequence !== sequence) continue;
    if (item.isHomeRegistration) return false;
    isAnswer ||=
      isSameAddress(item.source, destination) ||
      isSameAddress(item.careOfAddress, destination) ||
      isSameAddress(homeAddress, destination);
  }
  if (!isAnswer) return false;
  const binding = bindings.find(homeAddress, peer);
  const isOld = binding?.sequence !== undefined && isNotGreater(sequence, binding.sequence);
  return !isOld || !isBindingValid(binding, packet.time);
}

/** Whether an address is that of a home agent, or of a node that the site file tells does not move. */
function isFixed(address: Uint8Array, { site, home }: RoutineKnowledge): boolean {
  if (home.isHomeAgent(address)) return true;
  const { infrastructure, homeAgents, routers } = site();
  for (const { addresses } of infrastructure) {
    for (const { prefix, length } of addresses) {
      if (prefixMatches(prefix, length, address, 0)) return true;
    }
  }
  for (const { addresses } of homeAgents) {
    for (const item of addresses) if (isSameAddress(item, address)) return true;
  }
  for (const { addresses } of routers) {
    for (const item of addresses) if (isSameAddress(item, address)) return true;
  }
  return false;
}
