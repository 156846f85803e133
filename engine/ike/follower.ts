/**
 * What verified messages of an IKE SA say: child SAs, rekeying, deletion, movement, identities, home prefixes.
 *
 * Bounded: MAX_REQUESTS requests wait for their response, the oldest is forgotten first.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import {
  CONFIGURATION_ATTRIBUTE,
  IKEV2_EXCHANGE,
  IKEV2_FLAG,
  IKEV2_NOTIFY,
  mip6HomePrefix,
} from '../../dissectors/ike/index.ts';
import type { Ikev2Payload } from '../../dissectors/ike/index.ts';
import type { SecurityAssociation } from '../state/security-association.ts';
import { deriveChild } from './child-sa.ts';
import type { ChildSa } from './child-sa.ts';
import { IkeChildren } from './children.ts';
import { rekeyedSkeyseed } from './derivation.ts';
import type { DerivationInput } from './derivation.ts';
import { hasFailed, hasNotify, offerOf } from './exchange.ts';
import type { IkeMessageOfSession, Offer } from './exchange.ts';
import type { MessageKeys } from './message-keys.ts';
import type { IkeNotice, IkeNotices } from './notices.ts';
import { IkeSayings } from './said.ts';
import type { IkeSecret, SharedSecret } from './secret.ts';
import { fittingSecrets } from './shared-secrets.ts';
import { PROTOCOL, answeredProposal, chosenProposal, suiteOf } from './suite.ts';
import type { Suite } from './suite.ts';

/** Requests of one IKE SA that wait for their response. */
export const MAX_REQUESTS = 32;
/** Diffie-Hellman secrets tried for one child SA: as many associations as are tried on one packet. */
const MAX_SECRETS_OF_CHILD = 4;
/** Home prefixes kept of one IKE SA. */
const MAX_HOME_PREFIXES = 16;

/** SKEYSEED, with the Diffie-Hellman secret that it was made of. */
export interface Seed {
  readonly skeyseed: Uint8Array;
  readonly from: SharedSecret;
}

/** A new IKE SA that an old one has negotiated. RFC 7296 section 2.18. */
export interface Rekeyed {
  readonly suite: Suite;
  readonly input: DerivationInput;
  /** One for each Diffie-Hellman secret that may be the right one. */
  readonly seeds: readonly Seed[];
  readonly secret: IkeSecret;
}

/** Where things of an IKE SA go. */
export interface IkeSink {
  readonly notices: IkeNotices;
  /** Secrets that were found to be those of an IKE SA. */
  readonly usedSecrets: Set<SharedSecret>;
  /** Takes a derived association. @returns false when there is no room */
  add(association: SecurityAssociation): boolean;
  /** The IKE SA that replaces one; undefined when there is no room. */
  rekeyed(next: Rekeyed): IkeFollower | undefined;
}

/** Keys of an IKE SA, and the nonces of its IKE_SA_INIT exchange when that was seen. */
export interface KnownKeys {
  readonly keys: MessageKeys;
  readonly input: DerivationInput | undefined;
  /** The Diffie-Hellman secret they were made of. */
  readonly from: SharedSecret | undefined;
}

/** Follows one IKE SA. */
export class IkeFollower {
  readonly children = new IkeChildren();
  /** Who the peers are and what they negotiate. */
  readonly sayings = new IkeSayings();
  /** MIP6_HOME_PREFIX the responder gave. RFC 5026 section 8.2. */
  readonly homePrefixes: Prefix[] = [];
  /** A Delete payload named the IKE SA. */
  isDeleted = false;
  readonly #secret: IkeSecret;
  readonly #sink: IkeSink;
  readonly #known: () => KnownKeys;
  readonly #requests = new Map<string, IkeMessageOfSession>();
  /** What the IKE_AUTH request that begins the exchange offers: with EAP the response comes later. */
  #authOffer: Offer | undefined;

  /** @param known keys as of the message at hand */
  constructor(secret: IkeSecret, sink: IkeSink, known: () => KnownKeys) {
    this.#secret = secret;
    this.#sink = sink;
    this.#known = known;
  }

  /** Follows a message that was verified. */
  receive(message: IkeMessageOfSession): void {
    const { header, isInitiator, payloads } = message;
    const isResponse = (header.flags & IKEV2_FLAG.response) !== 0;
    this.#delete(payloads, isInitiator);
    const key = `${isInitiator !== isResponse ? 'I' : 'R'}${header.messageId}`;
    this.sayings.note(message);
    if (!isResponse) {
      if (header.exchangeType === IKEV2_EXCHANGE.ikeAuth) {
        const offer = offerOf(payloads);
        if (offer.proposals !== undefined) this.#authOffer = offer;
      }
      this.#requests.delete(key);
      if (this.#requests.size >= MAX_REQUESTS) {
        const [oldest] = this.#requests.keys();
        if (oldest !== undefined) this.#requests.delete(oldest);
      }
      this.#requests.set(key, message);
      return;
    }
    this.#noteHomePrefixes(payloads);
    const request = this.#requests.get(key);
    if (request === undefined || request.header.exchangeType !== header.exchangeType) return;
    this.#requests.delete(key);
    this.#complete(request, message);
  }

  #complete(request: IkeMessageOfSession, response: IkeMessageOfSession): void {
    switch (request.header.exchangeType) {
      case IKEV2_EXCHANGE.ikeAuth:
        this.#authenticated(request, response);
        return;
      case IKEV2_EXCHANGE.createChildSa:
        this.#created(request, response);
        return;
      case IKEV2_EXCHANGE.informational:
        // RFC 4555 section 3.5: the initiator moves, when the responder does not refuse.
        if (
          request.isInitiator &&
          hasNotify(request.payloads, IKEV2_NOTIFY.updateSaAddresses) &&
          !hasFailed(response.payloads)
        ) {
          this.children.move(request.source, request.destination);
          this.sayings.move(request.source, request.destination);
        }
        return;
      default:
    }
  }

  /** The first child SA takes the nonces of IKE_SA_INIT. RFC 7296 section 2.17. */
  #authenticated(request: IkeMessageOfSession, response: IkeMessageOfSession): void {
    const accepted = offerOf(response.payloads);
    const offer = this.#authOffer;
    if (offer !== undefined) this.sayings.negotiate(offer, request, response);
    if (accepted.proposals === undefined || offer === undefined) return;
    const nonces = this.#known().input;
    if (nonces === undefined) {
      this.#say(
        'IKE_NO_NONCES',
        'the IKE_SA_INIT exchange is not in the capture, so the first child SA cannot be derived',
      );
      return;
    }
    const { initiatorNonce, responderNonce } = nonces;
    this.#derive(request, offer, accepted, initiatorNonce, responderNonce, [undefined]);
  }

  /** A further child SA, or the IKE SA after this one. */
  #created(request: IkeMessageOfSession, response: IkeMessageOfSession): void {
    const offer = offerOf(request.payloads);
    const accepted = offerOf(response.payloads);
    this.sayings.negotiate(offer, request, response);
    const { nonce: initiatorNonce, keyExchange: initiator } = offer;
    const { nonce: responderNonce, keyExchange: responder, proposals } = accepted;
    if (proposals === undefined || initiatorNonce === undefined || responderNonce === undefined) {
      return;
    }
    const { sharedSecrets = [] } = this.#secret;
    const { usedSecrets } = this.#sink;
    const values = { initiator, responder };
    const fitting =
      responder === undefined ? [] : fittingSecrets(sharedSecrets, values, usedSecrets);
    if (chosenProposal(proposals)?.protocolId === PROTOCOL.ike) {
      this.#rekey(request, offer, accepted, initiatorNonce, responderNonce, fitting);
      return;
    }
    if (responder !== undefined && fitting.length === 0) {
      this.#say(
        'IKE_NO_SECRET',
        'a child SA with perfect forward secrecy cannot be derived: its Diffie-Hellman secret is not among the sharedSecrets',
      );
      return;
    }
    // Of several secrets the ICV of the packets tells which one is right.
    const secrets = responder === undefined ? [undefined] : fitting.slice(0, MAX_SECRETS_OF_CHILD);
    this.#derive(request, offer, accepted, initiatorNonce, responderNonce, secrets);
  }

  #derive(
    request: IkeMessageOfSession,
    offer: Offer,
    accepted: Offer,
    initiatorNonce: Uint8Array,
    responderNonce: Uint8Array,
    secrets: readonly (SharedSecret | undefined)[],
  ): void {
    const { derivation, prf } = this.#known().keys;
    if (offer.proposals === undefined || accepted.proposals === undefined) return;
    if (derivation === undefined) {
      this.#say(
        'IKE_NO_SK_D',
        'messages can be read, but child SAs need SK_d, SKEYSEED or the Diffie-Hellman secret as well',
      );
      return;
    }
    if (prf === undefined) {
      this.#say(
        'IKE_NO_PRF',
        'the pseudorandom function is not known: the IKE_SA_INIT exchange is not in the capture; name it in the key file',
      );
      return;
    }
    const exchange = {
      request: offer.proposals,
      response: accepted.proposals,
      initiatorSelectors: accepted.initiatorSelectors,
      responderSelectors: accepted.responderSelectors,
      initiatorNonce,
      responderNonce,
      isTransport: accepted.isTransport,
      initiatorAddress: request.source,
      responderAddress: request.destination,
    };
    const keys = { prf, derivation: derivation.reveal(), origin: this.#secret.origin };
    const made: ChildSa[] = [];
    for (const secret of secrets) {
      const child = deriveChild({ ...exchange, sharedSecret: secret?.secret.reveal() }, keys);
      if (typeof child === 'string') {
        this.#say('IKE_UNSUPPORTED', `a child SA is not opened: ${child}`);
        return;
      }
      if (this.children.has(child.initiatorSpi, child.responderSpi)) return;
      made.push(child);
    }
    for (const child of made) {
      const hasRoom = this.#sink.add(child.toResponder) && this.#sink.add(child.toInitiator);
      if (hasRoom) this.children.add(child, request.isInitiator);
    }
  }

  #rekey(
    request: IkeMessageOfSession,
    offer: Offer,
    accepted: Offer,
    initiatorNonce: Uint8Array,
    responderNonce: Uint8Array,
    secrets: readonly SharedSecret[],
  ): void {
    const chosen = accepted.proposals && chosenProposal(accepted.proposals);
    const asked = chosen && offer.proposals && answeredProposal(offer.proposals, chosen);
    if (chosen === undefined || asked === undefined) return;
    const { spi: initiatorSpi } = asked;
    const { spi: responderSpi } = chosen;
    if (initiatorSpi.length !== 8 || responderSpi.length !== 8) return;
    const suite = suiteOf(chosen);
    if (typeof suite === 'string') {
      this.#say('IKE_UNSUPPORTED', `a rekeyed IKE SA is not opened: ${suite}: not supported`);
      return;
    }
    const input = { initiatorNonce, responderNonce, initiatorSpi, responderSpi };
    const { derivation, prf } = this.#known().keys;
    const seeds =
      derivation === undefined || prf === undefined
        ? []
        : secrets.map((from): Seed => {
            const shared = from.secret.reveal();
            return { from, skeyseed: rekeyedSkeyseed(prf, derivation.reveal(), shared, input) };
          });
    const { origin, sharedSecrets } = this.#secret;
    const secret: IkeSecret = { origin, initiatorSpi, responderSpi, sharedSecrets };
    const next = this.#sink.rekeyed({ suite, input, seeds, secret });
    next?.children.adopt(this.children, request.isInitiator);
    next?.sayings.adopt(this.sayings.parties, request.isInitiator);
  }

  #delete(payloads: readonly Ikev2Payload[], isInitiator: boolean): void {
    for (const item of payloads) {
      if (item.kind !== 'delete') continue;
      if (item.protocolId === PROTOCOL.ike) this.isDeleted = true;
      else if (item.protocolId === PROTOCOL.esp) this.children.delete(item.spis, isInitiator);
    }
  }

  #noteHomePrefixes(payloads: readonly Ikev2Payload[]): void {
    for (const item of payloads) {
      if (item.kind !== 'configuration') continue;
      for (const { type, value } of item.attributes) {
        if (type !== CONFIGURATION_ATTRIBUTE.mip6HomePrefix) continue;
        const decoded = mip6HomePrefix.decode(value, 0, value.length);
        if (decoded === undefined || this.homePrefixes.length >= MAX_HOME_PREFIXES) continue;
        const { homePrefix: bytes, prefixLength: length } = decoded;
        this.homePrefixes.push({ bytes, length: Math.min(length, 128) });
      }
    }
  }

  #say(code: IkeNotice['code'], message: string): void {
    this.#sink.notices.add(code, this.#secret.origin, message);
  }
}
