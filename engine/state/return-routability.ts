/**
 * Return routability and the Binding Updates that rest on it, as seen on the wire, and the verification of Binding
 * Authorization Data that this allows. RFC 6275 sections 5.2, 9.5.1 and 11.6.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { copyOctets, equalBytes } from '../../dissectors/core/bytes.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { BindingEvent, MobilityEvent, PacketContext } from '../events.ts';
import { bindingAuthenticator, bindingManagementKey } from '../mobility/authenticator.ts';
import { lifetimeSeconds } from '../mobility/lifetime.ts';
import { MIRROR_COPY } from '../registration/messages.ts';
import { requestedCareOfAddress } from './bindings.ts';
import { Correspondents } from './correspondents.ts';
import type { Correspondent } from './correspondents.ts';
import { OptimisedTraffic } from './optimised-traffic.ts';
import { NONCE_AGE, RoutabilityTests, testMessageOf, tokenOctets } from './routability-tests.ts';
import type {
  IssuedToken,
  TestInit,
  TestKind,
  TestPair,
  TestedAddress,
} from './routability-tests.ts';
import { SeenUpdates } from './seen-updates.ts';
import type { UpdatePair } from './seen-updates.ts';

/** What a Binding Authorization Data option proved. */
export type Authentication = 'right' | 'wrong' | 'unknown';

/** Registrations that no mobile node makes with a home agent or correspondent. RFC 5213, RFC 5380. */
const OTHER_REGISTRATION =
  BINDING_UPDATE_FLAGS.proxyRegistration.mask | BINDING_UPDATE_FLAGS.mapRegistration.mask;
/** Options of peers with CGA: their registrations need no or fewer tests. RFC 4866 section 5. */
const OTHER_KEY_OPTIONS: ReadonlySet<string> = new Set([
  'cga-parameters',
  'cga-parameters-request',
  'signature',
  'permanent-home-keygen-token',
  'care-of-test-init-option',
  'care-of-test-option',
]);
/** MH types of return routability: a cut one still tells between whom. RFC 6275 section 6.1.1. */
const FIRST_TEST = 1;
const LAST_TEST = 4;

/** Questions about return routability that rules may ask. All answers are as of before the event that is judged. */
export interface RoutabilityQueries {
  /** Home or care-of tests between an address of a mobile node and a correspondent. */
  routabilityTests(
    kind: TestKind,
    address: Uint8Array,
    peer: Uint8Array,
  ): Readonly<TestPair> | undefined;
  /** The tests of one kind of an address of a mobile node, with whomever. */
  testsOf(kind: TestKind, address: Uint8Array): Readonly<TestedAddress> | undefined;
  /**
   * The newest init with a cookie to a correspondent, whoever sent it.
   * @param cookie 8 octets
   * @param now microseconds since 1970: older ones than `MAX_TOKEN_LIFETIME` before are none
   */
  askedTest(
    kind: TestKind,
    peer: Uint8Array,
    cookie: Uint8Array,
    now: number,
  ): Readonly<TestInit> | undefined;
  /** What a correspondent has shown in tests that were asked for. */
  correspondent(address: Uint8Array): Readonly<Correspondent> | undefined;
  /** Binding Updates of the last time between a home address and a home agent or correspondent. */
  seenUpdates(homeAddress: Uint8Array, peer: Uint8Array): Readonly<UpdatePair> | undefined;
  /** The same for all peers of a home address. */
  seenUpdatesOf(homeAddress: Uint8Array): readonly Readonly<UpdatePair>[];
  /** Whether the update of this context is proved by tokens that are not older than MAX_NONCE_LIFETIME. */
  isProvedByTokens(context: PacketContext): boolean;
  /** Microseconds since 1970 at which tests were forgotten that may still be asked for; 0 = never. */
  routabilityForgottenAt(): number;
  /**
   * Last route-optimised packets: from the home address (Home Address option) and to it (type 2 routing header),
   * microseconds since 1970, 0 = none known.
   */
  lastOptimised(
    homeAddress: Uint8Array,
    peer: Uint8Array,
  ): { readonly from: number; readonly to: number };
}

/** Tests, tokens, updates and correspondents. */
export class ReturnRoutability {
  readonly traffic: OptimisedTraffic;
  readonly #home: RoutabilityTests;
  readonly #careOf: RoutabilityTests;
  readonly #correspondents: Correspondents;
  readonly #updates: SeenUpdates;
  /** The last update that tokens proved. */
  #proved: PacketContext | undefined;

  constructor(seed?: number) {
    this.traffic = new OptimisedTraffic(seed);
    this.#home = new RoutabilityTests('home', seed);
    this.#careOf = new RoutabilityTests('care-of', seed);
    this.#correspondents = new Correspondents(seed);
    this.#updates = new SeenUpdates(seed);
  }

  get evictions(): number {
    const { evictions } = this.#updates;
    const tests = this.#home.evictions + this.#careOf.evictions;
    return evictions + tests + this.#correspondents.evictions;
  }

  /** Takes note of a message, after the rules have judged it. Not for messages with a wrong checksum. */
  observe(event: MobilityEvent): void {
    const { header, context, checksum } = event;
    const { message, mhType } = header;
    const test = testMessageOf(message);
    if (test !== undefined) {
      const tests = test.kind === 'home' ? this.#home : this.#careOf;
      if (test.isInit) tests.init(test, header.length, context);
      else {
        const { isSolicited, isBare, token } = tests.test(test, context);
        if (!isSolicited) return;
        this.#correspondents.test(test.kind, test.nonceIndex, context, isBare, token);
      }
      return;
    }
    if (message.kind === 'binding-update') this.#update(event, message);
    else if (message.kind === 'binding-acknowledgement') this.#acknowledgement(event, message);
    else if (checksum === 'unknown' && mhType >= FIRST_TEST && mhType <= LAST_TEST) {
      // The capture cut it: its cookie is not known, so that nothing may be made of the answer.
      const { source, destination, packet } = context;
      const tests = mhType % 2 === 1 ? this.#home : this.#careOf;
      if (mhType <= 2) tests.gap(source, destination, packet.time);
      else tests.gap(destination, source, packet.time);
    }
  }

  /** Takes note of a binding that was accepted or ended. */
  binding({ change, binding, packet }: BindingEvent): void {
    if (binding.role !== 'correspondent') return;
    const { homeAddress, peer } = binding;
    if (change === 'registered' || change === 'refreshed' || change === 'moved') {
      this.#updates.open(homeAddress, peer).acceptedAt = packet.time;
    }
    if (change !== 'deregistered' && change !== 'expired') return;
    this.#updates.remove(homeAddress, peer, packet);
  }

  #update(event: MobilityEvent, message: MessageOf<'binding-update'>): void {
    if ((message.flags & OTHER_REGISTRATION) !== 0 || event.authentication === 'wrong') return;
    const { header, context, checksum } = event;
    const { packet, link } = context;
    const homeAddress = context.homeAddressOption ?? context.source;
    const peer = context.routingHomeAddress ?? context.destination;
    const careOfAddress = requestedCareOfAddress(event);
    const nonces = findOption(header.options, 'nonce-indices');
    const isHomeRegistration = (message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0;
    const lifetime = isSameAddress(careOfAddress, homeAddress)
      ? 0
      : lifetimeSeconds(message.lifetime);
    const pair = this.#updates.update(homeAddress, peer, link.id, {
      sequence: message.sequence,
      isHomeRegistration,
      asksForAnswer: (message.flags & BINDING_UPDATE_FLAGS.acknowledge.mask) !== 0,
      lifetime,
      careOfAddress,
      source: (context.outer ?? context).source,
      homeNonceIndex: nonces?.homeNonceIndex,
      careOfNonceIndex: nonces?.careOfNonceIndex,
      packet,
    });
    if (context.routingHomeAddress === undefined && !isMirrored(event)) {
      pair.lastTime = packet.time;
      pair.lastLink = link.id;
      pair.lastInTunnel = context.outer !== undefined;
    }
    if (isHomeRegistration) return;
    if (header.options.some(({ kind }) => OTHER_KEY_OPTIONS.has(kind))) pair.hasOtherKeys = true;
    if (nonces === undefined) {
      const hasData = findOption(header.options, 'binding-authorization-data') !== undefined;
      if (hasData && !pair.isCovered && checksum === 'right') pair.hasOtherKeys = true;
      return;
    }
    const home = this.#home.find(homeAddress, peer);
    const careOf = this.#careOf.find(careOfAddress, peer);
    const homeToken = liveTokens(home, nonces.homeNonceIndex, packet.time);
    const careOfToken = liveTokens(careOf, nonces.careOfNonceIndex, packet.time);
    if (home !== undefined && homeToken.length > 0) home.isSettled = true;
    if (careOf !== undefined && careOfToken.length > 0) careOf.isSettled = true;
    if (homeToken.length > 0) this.#correspondents.settle(peer);
    const isFromAway = lifetime > 0 && context.homeAddressOption !== undefined;
    const isBare = homeToken.some((item) => item.isBare) && careOfToken.some((item) => item.isBare);
    if (isFromAway && isBare) pair.isCovered = true;
  }

  #acknowledgement(event: MobilityEvent, message: MessageOf<'binding-acknowledgement'>): void {
    if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) return;
    const { context, header } = event;
    const homeAddress = context.routingHomeAddress ?? context.destination;
    const peer = context.homeAddressOption ?? context.source;
    const pair = this.#updates.find(homeAddress, peer);
    if (pair === undefined) return;
    if (header.options.some(({ kind }) => OTHER_KEY_OPTIONS.has(kind))) pair.hasOtherKeys = true;
    if (pair.updates.some(({ sequence }) => sequence === message.sequence)) pair.answers++;
  }

  /** All tests of a kind, for who shows them. */
  tests(kind: TestKind): Iterable<Readonly<TestPair>> {
    return kind === 'home' ? this.#home.all() : this.#careOf.all();
  }

  /** Updates of a home address, by peer. */
  updatesOf(homeAddress: Uint8Array): readonly Readonly<UpdatePair>[] {
    return this.#updates.of(homeAddress);
  }

  /** Questions of rules. */
  queries(): RoutabilityQueries {
    const { traffic } = this;
    const tests = { home: this.#home, 'care-of': this.#careOf };
    const updates = this.#updates;
    const correspondents = this.#correspondents;
    return {
      routabilityTests: (kind, address, peer) => tests[kind].find(address, peer),
      testsOf: (kind, address) => tests[kind].of(address),
      askedTest: (kind, peer, cookie, now) => tests[kind].asked(peer, cookie, now),
      correspondent: (address) => correspondents.find(address),
      seenUpdates: (homeAddress, peer) => updates.find(homeAddress, peer),
      seenUpdatesOf: (homeAddress) => updates.of(homeAddress),
      isProvedByTokens: (context) => context === this.#proved,
      routabilityForgottenAt: () => Math.max(tests.home.forgottenAt, tests['care-of'].forgottenAt),
      lastOptimised: (homeAddress, peer) => ({
        from: traffic.lastFrom(homeAddress, peer),
        to: traffic.lastTo(homeAddress, peer),
      }),
    };
  }

  /**
   * Verifies the authenticator of a correspondent registration with the tokens that were issued for its nonce indices.
   * Several may have been sent under one index, forged ones among them: one that fits is enough. `wrong` asks for
   * tokens whose cookies were seen going out.
   * @param bytes octets that hold the Mobility Header at `offset`.
   */
  verify(
    event: Pick<MobilityEvent, 'header' | 'context'>,
    message: MessageOf<'binding-update'>,
    bytes: Uint8Array,
    offset: number,
  ): Authentication {
    const { options, optionOffsets } = event.header;
    const nonces = findOption(options, 'nonce-indices');
    const index = options.findIndex((item) => item.kind === 'binding-authorization-data');
    const data = findOption(options, 'binding-authorization-data');
    const at = optionOffsets[index];
    if (nonces === undefined || data === undefined || at === undefined) return 'unknown';
    if (options.some(({ kind }) => OTHER_KEY_OPTIONS.has(kind))) return 'unknown';
    const { context } = event;
    const homeAddress = context.homeAddressOption ?? context.source;
    const correspondent = context.routingHomeAddress ?? context.destination;
    const careOfAddress = requestedCareOfAddress(event);
    const now = context.packet.time;
    const home = liveTokens(
      this.#home.find(homeAddress, correspondent),
      nonces.homeNonceIndex,
      now,
    );
    // RFC 6275 section 5.2.6: a deletion rests on the home token alone.
    const isDeletion = message.lifetime === 0 || isSameAddress(careOfAddress, homeAddress);
    const careOf = isDeletion
      ? NO_CARE_OF_TOKEN
      : liveTokens(this.#careOf.find(careOfAddress, correspondent), nonces.careOfNonceIndex, now);
    if (home.length === 0 || careOf.length === 0) return 'unknown';
    const mobilityData = copyOctets(bytes, offset, at + 2);
    mobilityData[4] = 0;
    mobilityData[5] = 0;
    // RFC 6275 section 6.2.7 takes the home address for a deletion, section 11.7.2 the care-of address.
    const addresses = isDeletion ? [homeAddress, careOfAddress] : [careOfAddress];
    for (const homeToken of home) {
      for (const careOfToken of careOf) {
        const key = bindingManagementKey(
          tokenOctets(homeToken),
          careOfToken === undefined ? undefined : tokenOctets(careOfToken),
        );
        const isRight = addresses.some((address) => {
          const expected = bindingAuthenticator(key, address, correspondent, mobilityData);
          return (
            data.authenticator.length === expected.length &&
            equalBytes(data.authenticator, 0, expected, 0, expected.length)
          );
        });
        if (isRight) {
          this.#proved = context;
          return 'right';
        }
      }
    }
    const isProved =
      home.some((item) => item.isSolicited) &&
      (isDeletion || careOf.some((item) => item?.isSolicited === true));
    return isProved ? 'wrong' : 'unknown';
  }
}

/** Whether a mirror port shows an update a second time. */
function isMirrored({ earlier, context }: MobilityEvent): boolean {
  if (earlier?.link.id !== context.link.id) return false;
  return context.packet.time - earlier.lastSeen < MIRROR_COPY;
}

const NO_CARE_OF_TOKEN: readonly undefined[] = [undefined];

/** Tokens of a nonce index that a correspondent still takes. */
function liveTokens(
  pair: Readonly<TestPair> | undefined,
  nonceIndex: number,
  now: number,
): readonly IssuedToken[] {
  if (pair === undefined) return [];
  return pair.issued.filter(
    (item) => item.nonceIndex === nonceIndex && now - item.lastSeen < NONCE_AGE,
  );
}
