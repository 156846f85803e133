/**
 * Binding Updates of mobile nodes, judged as the home agent of this project judges them, and passed on anew; and what the
 * legacy home agent says to them. RFC 6275 sections 9.5.1, 10.3.1 and 10.3.2, draft-ebalard-mext-hld-security-00 section 5.4.2.
 *
 * The proxy neither confirms nor repeats of its own accord: without an answer from behind there is none in front, and the
 * mobile node sends again, by its own timers.
 */
import { addressKey, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import {
  MAX_LIFETIME_FIELD,
  lifetimeField,
  lifetimeSeconds,
} from '../../engine/mobility/lifetime.ts';
import { isSequenceGreater } from '../../engine/mobility/sequence.ts';
import { authorisationFault } from '../home-agent/registration/authorisation.ts';
import { STATUS } from '../home-agent/registration/constants.ts';
import { testDeregistration } from '../home-agent/registration/deregistration-test.ts';
import { formFault } from '../home-agent/registration/registration-judge.ts';
import { STATUS as NETWORK_STATUS } from '../home-agent/network/constants.ts';
import { outermostSource } from '../mobility/binding-update.ts';
import type { ReceivedBindingUpdate, Registrar } from '../mobility/binding-update.ts';
import { TokenBucket } from '../node-log.ts';
import { linkSourceOf, reversed } from './ethernet.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import type { HomeRouters } from './home-routers.ts';
import type { ProxyCore } from './proxy-context.ts';
import type { ProxiedFrame, ProxiedMobileNode } from './proxy-parts.ts';
import { sealedPacket } from './sealed-packet.ts';

/** RFC 6275 section 12. */
const MAX_UPDATE_RATE = 3;
/** Updates at once: a mobile node may have moved over several links within a moment. */
const BURST = 10;

/** Why an update is thrown away without an answer. Alarms are named `binding-update-` and the reason. */
export type ProxyDiscardReason =
  | 'unprotected'
  | 'other-association'
  | 'nonce-indices'
  | 'home-address-option-missing'
  | 'care-of-address-unprotected'
  | 'deregistration-layout'
  | 'deregistration-ingress'
  | 'not-home-registration'
  /** A later one is under way. No alarm: packets overtake each other. */
  | 'superseded'
  | 'too-many';

/** What registrations work with. */
export interface ProxyRegistrationParts extends ProxyCore {
  readonly exchanges: Exchanges;
  readonly routers: HomeRouters;
  /** The frame at hand: updates are handled while it is looked at. */
  readonly frame: () => ProxiedFrame;
}

/** Judges and passes on. */
export class ProxyRegistrations implements Registrar {
  /** Updates passed on. */
  forwarded = 0;
  /** Updates thrown away without an answer, by reason. */
  readonly discarded = new Map<ProxyDiscardReason, number>();
  /** Acknowledgements sent by the proxy itself, by status. */
  readonly refused = new Map<number, number>();
  readonly #parts: ProxyRegistrationParts;
  /** One for each mobile node that has sent something. */
  readonly #rates = new Map<AddressKey, TokenBucket>();

  constructor(parts: ProxyRegistrationParts) {
    this.#parts = parts;
  }

  handle(update: ReceivedBindingUpdate): void {
    const { context } = this.#parts;
    const { outside, registration = {} } = context.options;
    const node = context.nodes.get(addressKey(update.homeAddress));
    const fault =
      authorisationFault(outside, update, node?.policy) ??
      formFault(update, registration.alternateCareOfAddress ?? 'required-in-transport');
    if (fault !== undefined || node === undefined) {
      this.discard(update, fault ?? 'other-association');
    } else if (update.lifetime === 0) this.#deregister(update, node);
    else this.#register(update, node);
  }

  /** Says nothing to the sender: whoever relayed or forged it learns nothing. */
  discard(
    update: ReceivedBindingUpdate,
    reason: ProxyDiscardReason,
    details: Readonly<Record<string, string>> = {},
  ): void {
    const { context } = this.#parts;
    this.discarded.set(reason, (this.discarded.get(reason) ?? 0) + 1);
    const event = `binding-update-${reason}`;
    if (reason === 'superseded') context.drop(event);
    else context.refuse(event, { ...detailsOf(update), ...details });
  }

  #register(update: ReceivedBindingUpdate, node: ProxiedMobileNode): void {
    const { bindings, context } = this.#parts;
    const { homeAddress, sequence, careOfAddress } = update;
    if (this.#isSuperseded(update)) return;
    const last = bindings.lastSequence(homeAddress);
    if (last !== undefined && !isSequenceGreater(sequence, last)) {
      this.#refuse(update, STATUS.sequenceNumberOutOfWindow, last);
      return;
    }
    const { policy } = node;
    if (policy.isAllowed === false) {
      this.#refuse(update, STATUS.administrativelyProhibited);
    } else if (update.isMobileRouter) {
      this.#refuse(update, STATUS.mobileRouterOperationNotPermitted);
    } else if (findOption(update.options, 'binding-identifier') !== undefined) {
      this.#refuse(update, NETWORK_STATUS.mcoaProhibited);
    } else if (
      isSameAddress(careOfAddress, homeAddress) ||
      context.isHomeAgent(careOfAddress) ||
      context.nodes.has(addressKey(careOfAddress))
    ) {
      // Tunnelled round in circles. RFC 6275 section 15.1.
      this.#refuse(update, STATUS.invalidCareOfAddress);
    } else this.#forward(update, node, false);
  }

  #deregister(update: ReceivedBindingUpdate, node: ProxiedMobileNode): void {
    const { bindings, exchanges, context } = this.#parts;
    const { homeAddress, sequence } = update;
    const mode =
      node.policy.deregistration ?? context.options.registration?.deregistration ?? 'strict';
    const registered =
      bindings.find(homeAddress)?.careOfAddress ?? exchanges.latest(homeAddress)?.careOfAddress;
    const { case: kind, faults } = testDeregistration(
      update,
      // Whatever somebody has configured past the schema.
      mode === 'rfc' ? 'strict' : mode,
      registered === undefined ? [] : [registered],
    );
    if (faults.length > 0) {
      this.discard(update, 'deregistration-layout', { case: kind, faults: faults.join(' ') });
      return;
    }
    if (kind === 'home' && !this.#isFromHomeLink(update)) {
      this.discard(update, 'deregistration-ingress', {
        interface: this.#parts.frame().pair.outside.name,
      });
      return;
    }
    if (this.#isSuperseded(update)) return;
    const last = bindings.lastSequence(homeAddress);
    if (last !== undefined && !isSequenceGreater(sequence, last)) {
      this.#refuse(update, STATUS.sequenceNumberOutOfWindow, last);
      return;
    }
    this.#forward(update, node, kind === 'home');
  }

  /** Not later than one that waits for its answer: overtaken, or said again by somebody else. */
  #isSuperseded(update: ReceivedBindingUpdate): boolean {
    const latest = this.#parts.exchanges.latest(update.homeAddress);
    if (latest === undefined || isSequenceGreater(update.sequence, latest.sequence)) return false;
    this.discard(update, 'superseded');
    return true;
  }

  #isFromHomeLink(update: ReceivedBindingUpdate): boolean {
    const { routers, frame, context } = this.#parts;
    const { pair, header } = frame();
    if (pair.isHomeLink && !routers.has(linkSourceOf(header))) return true;
    if (context.options.registration?.ingress !== 'alarm') return false;
    context.tell('alarm', 'deregistration-from-other-link', {
      homeAddress: formatAddress(update.homeAddress),
      interface: pair.outside.name,
    });
    return true;
  }

  #mayForward(homeAddress: Uint8Array): boolean {
    const { scheduler, registration } = this.#parts.context.options;
    const key = addressKey(homeAddress);
    let rate = this.#rates.get(key);
    if (rate === undefined) {
      const perSecond = registration?.updatesPerSecond ?? MAX_UPDATE_RATE;
      rate = new TokenBucket(Math.max(BURST, perSecond), perSecond, scheduler.now);
      this.#rates.set(key, rate);
    }
    return rate.take(scheduler.now);
  }

  /** The update in one of the two layouts that leave nothing to be understood otherwise, with what was taken of it alone. */
  #forward(update: ReceivedBindingUpdate, node: ProxiedMobileNode, isAtHome: boolean): void {
    const { context, exchanges, frame } = this.#parts;
    const { homeAgent, registration } = context.options;
    if (!this.#mayForward(update.homeAddress)) {
      this.discard(update, 'too-many');
      return;
    }
    const { sequence, hasLinkLocal } = update;
    const { homeAddress, maximumLifetime = Infinity } = node.policy;
    const most = registration?.maximumLifetime ?? lifetimeSeconds(MAX_LIFETIME_FIELD);
    const lifetime = lifetimeField(Math.min(update.lifetime, most, maximumLifetime));
    const careOfAddress = isAtHome ? homeAddress : update.careOfAddress.slice();
    const { acknowledge, homeRegistration, linkLocalAddressCompatibility } = BINDING_UPDATE_FLAGS;
    const message = {
      kind: 'binding-update',
      sequence,
      // K never: the keys of the proxy are manual (RFC 6275 section 11.7.1), and no key management follows its moves.
      flags:
        acknowledge.mask |
        homeRegistration.mask |
        (hasLinkLocal ? linkLocalAddressCompatibility.mask : 0),
      lifetime,
    } as const;
    const options: MobilityOption[] = isAtHome
      ? []
      : [{ kind: 'alternate-care-of-address', careOfAddress }];
    const ends = { source: homeAddress, destination: homeAgent };
    const sealed = sealedPacket(node.legacy, {
      ...ends,
      protocol: NEXT_HEADER.mobility,
      payload: encodeMobilityHeader(message, options, ends),
      ...(isAtHome ? {} : { careOfSource: careOfAddress }),
    });
    const { pair, header } = frame();
    if (!context.send(pair.inside, header, sealed, homeAddress)) return;
    this.forwarded++;
    exchanges.start({
      homeAddress,
      careOfAddress,
      answerTo: outermostSource(update.packet).slice(),
      isAtHome,
      sequence,
      lifetime: lifetimeSeconds(lifetime),
      hasLinkLocal,
    });
  }

  /** Answers an update that does not get to the legacy home agent. */
  #refuse(update: ReceivedBindingUpdate, status: number, sequence = update.sequence): void {
    const { context, frame } = this.#parts;
    const { pair, header } = frame();
    const answerTo = outermostSource(update.packet);
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
    context.tell('info', 'binding-update-refused', { status, ...detailsOf(update) });
    context.drop('binding-update-refused');
    this.acknowledge(
      { homeAddress: update.homeAddress, answerTo, status, sequence, lifetime: 0, options: [] },
      pair,
      reversed(header),
    );
  }

  /** Sends an acknowledgement to a mobile node, in strict layout: with a type 2 routing header unless it is at home. */
  acknowledge(
    { homeAddress, answerTo, status, sequence, lifetime, options }: Acknowledgement,
    pair: ProxiedFrame['pair'],
    header: Uint8Array,
  ): void {
    const { context } = this.#parts;
    const { homeAgent, outside } = context.options;
    const ends = { source: homeAgent, destination: homeAddress };
    const message = {
      kind: 'binding-acknowledgement',
      status,
      flags: 0,
      sequence,
      lifetime: lifetimeField(lifetime),
    } as const;
    const sealed = sealedPacket(outside, {
      ...ends,
      protocol: NEXT_HEADER.mobility,
      payload: encodeMobilityHeader(message, options, ends),
      ...(isSameAddress(answerTo, homeAddress) ? {} : { careOfDestination: answerTo }),
    });
    context.send(pair.outside, header, sealed, homeAddress);
  }
}

/** What an acknowledgement to a mobile node says. */
export interface Acknowledgement {
  readonly homeAddress: Uint8Array;
  /** Where the update came from. */
  readonly answerTo: Uint8Array;
  readonly status: number;
  readonly sequence: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly options: readonly MobilityOption[];
}

/** Exchanges are told of by these. */
export function detailsOfExchange({
  homeAddress,
  careOfAddress,
  sequence,
}: Exchange): Record<string, string | number> {
  return {
    homeAddress: formatAddress(homeAddress),
    careOfAddress: formatAddress(careOfAddress),
    sequence,
  };
}

function detailsOf(update: ReceivedBindingUpdate): Record<string, string | number> {
  return {
    homeAddress: formatAddress(update.homeAddress),
    source: formatAddress(outermostSource(update.packet)),
    sequence: update.sequence,
  };
}
