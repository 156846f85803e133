/**
 * What messages of an IKE SA say that matters beyond keys: who the peers are, which addresses they negotiate, and
 * that they move. RFC 7296, RFC 4877 sections 7 and 9, RFC 4555.
 */
import {
  CONFIGURATION_ATTRIBUTE,
  IKEV2_EXCHANGE,
  IKEV2_FLAG,
  internalIp6Address,
} from '../../dissectors/ike/index.ts';
import type { TrafficSelectors } from '../../dissectors/ike/index.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { hasRefused, offerOf, payloadOf } from './exchange.ts';
import type { IkeMessageOfSession, Offer } from './exchange.ts';
import { identityOf } from './identity.ts';
import type { IkeIdentity } from './identity.ts';
import { PROTOCOL, chosenProposal } from './suite.ts';

/** Ranges of addresses told of each side of one exchange. */
export const MAX_RANGES = 16;
/** Assigned addresses remembered of one IKE SA. */
export const MAX_ASSIGNED = 16;

/** CFG Type. RFC 7296 section 3.15. */
const CFG_REPLY = 2;
const IPV4_OCTETS = 4;

/** Addresses from `start` to `end`, 4 or 16 octets each. */
export interface AddressRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** Peers of an IKE SA, as far as its messages told by now. */
export interface IkeParties {
  readonly initiator: IkeIdentity | undefined;
  readonly responder: IkeIdentity | undefined;
  /** EAP tells who the initiator is; its identity here may be one for routing alone. RFC 4877 section 8. */
  readonly usesEap: boolean;
  /** Addresses the responder gave the initiator: home addresses. RFC 4877 section 9. */
  readonly assigned: readonly Uint8Array[];
}

/** Nothing told yet. */
export const UNKNOWN_PARTIES: IkeParties = {
  initiator: undefined,
  responder: undefined,
  usesEap: false,
  assigned: [],
};

/** Outcome of an exchange about a child SA. */
export interface IkeNegotiation {
  /** `refused`: for its addresses alone, the peer having proved its identity. */
  readonly outcome: 'accepted' | 'refused';
  /** Addresses that a child SA is for, of the initiator of the IKE SA and of the other side; at most MAX_RANGES. */
  readonly ofInitiator: readonly AddressRange[];
  readonly ofResponder: readonly AddressRange[];
}

/** Where an IKE SA has moved; 4 or 16 octets. */
export interface IkeMovement {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

/** What one message says. */
export interface IkeSaid {
  readonly parties: IkeParties;
  readonly negotiated: IkeNegotiation | undefined;
  /** RFC 4555 section 3.5, after the responder agreed. */
  readonly moved: IkeMovement | undefined;
}

/** Follows what is said in one IKE SA. */
export class IkeSayings {
  parties: IkeParties = UNKNOWN_PARTIES;
  #negotiated: IkeNegotiation | undefined;
  #moved: IkeMovement | undefined;

  /** What the message taken last says. */
  get said(): IkeSaid {
    return { parties: this.parties, negotiated: this.#negotiated, moved: this.#moved };
  }

  /** Forgets what belonged to the message before. */
  begin(): void {
    this.#negotiated = undefined;
    this.#moved = undefined;
  }

  /** Takes over what an IKE SA told that was rekeyed. RFC 7296 section 2.8. */
  adopt(other: IkeParties, isSameInitiator: boolean): void {
    const { initiator, responder } = other;
    this.parties = isSameInitiator
      ? other
      : { ...other, initiator: responder, responder: initiator };
  }

  /** Identities and assigned addresses of a message. */
  note({ header, payloads, isInitiator }: IkeMessageOfSession): void {
    const from = payloadOf(payloads, 'identificationInitiator');
    const to = payloadOf(payloads, 'identificationResponder');
    // A request may name the responder that it wants; the response has the last word. RFC 7296 section 1.2.
    if (from !== undefined && isInitiator) {
      const initiator = identityOf(from.idType, from.data);
      // RFC 7296 section 2.16: without an AUTH payload the initiator asks for EAP.
      const isAuth = header.exchangeType === IKEV2_EXCHANGE.ikeAuth;
      const usesEap = isAuth && payloadOf(payloads, 'authentication') === undefined;
      this.parties = { ...this.parties, initiator, usesEap };
    }
    if (to !== undefined && !isInitiator) {
      this.parties = { ...this.parties, responder: identityOf(to.idType, to.data) };
    }
    if (isInitiator || (header.flags & IKEV2_FLAG.response) === 0) return;
    for (const item of payloads) {
      if (item.kind !== 'configuration' || item.configurationType !== CFG_REPLY) continue;
      for (const { type, value } of item.attributes) this.#assign(type, value);
    }
  }

  #assign(type: number, value: Uint8Array): void {
    const isOld = type === CONFIGURATION_ATTRIBUTE.internalIp4Address;
    if (!isOld && type !== CONFIGURATION_ATTRIBUTE.internalIp6Address) return;
    const address = isOld
      ? value.length === IPV4_OCTETS
        ? value.slice()
        : undefined
      : internalIp6Address.decode(value, 0, value.length)?.address;
    const { assigned } = this.parties;
    if (address === undefined || assigned.length >= MAX_ASSIGNED) return;
    if (assigned.some((known) => isSame(known, address))) return;
    this.parties = { ...this.parties, assigned: [...assigned, address] };
  }

  /** A child SA was asked for and answered. @param offer what was asked: with EAP, some messages before */
  negotiate(offer: Offer, request: IkeMessageOfSession, response: IkeMessageOfSession): void {
    const accepted = offerOf(response.payloads);
    const { proposals } = accepted;
    const isAccepted =
      proposals !== undefined && chosenProposal(proposals)?.protocolId !== PROTOCOL.ike;
    const isRefused = proposals === undefined && hasRefused(response.payloads);
    if (!isAccepted && !isRefused) return;
    const { initiatorSelectors, responderSelectors } = isAccepted ? accepted : offer;
    const [from, to] = [rangesOf(initiatorSelectors), rangesOf(responderSelectors)];
    // The one who begins the exchange is not always the one who began the IKE SA. RFC 7296 section 2.9.
    const { isInitiator } = request;
    this.#negotiated = {
      outcome: isAccepted ? 'accepted' : 'refused',
      ofInitiator: isInitiator ? from : to,
      ofResponder: isInitiator ? to : from,
    };
  }

  /** The initiator has moved. */
  move(initiator: Uint8Array, responder: Uint8Array): void {
    this.#moved = { initiator, responder };
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}

/** Different ranges of addresses of a payload. */
export function rangesOf(selectors: TrafficSelectors | undefined): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const item of selectors?.selectors ?? []) {
    if (item.kind === 'unknown') continue;
    if (ranges.length >= MAX_RANGES) break;
    const isKnown = ranges.some(
      ({ start, end }) => isSame(start, item.startAddress) && isSame(end, item.endAddress),
    );
    if (!isKnown) ranges.push({ start: item.startAddress, end: item.endAddress });
  }
  return ranges;
}
