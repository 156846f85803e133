/**
 * What decrypted messages of an ISAKMP SA of IKEv1 say: associations that quick modes make, and their deletion.
 *
 * Bounded: MAX_OFFERS quick modes wait for their second message, the oldest is forgotten first; the number of
 * associations is that of all derived ones.
 */
import type { Ikev1Payload } from '../../dissectors/ike/index.ts';
import type { HashName } from '../crypto/hmac.ts';
import { prfOfId } from '../crypto/prf.ts';
import type { SecurityAssociation } from '../state/security-association.ts';
import { IkeChildren } from './children.ts';
import type { ChildSa } from './child-sa.ts';
import { deriveQuickMode, quickModeOffer } from './ikev1-quick-mode.ts';
import type { QuickModeOffer } from './ikev1-quick-mode.ts';
import type { IkeNotice, IkeNotices } from './notices.ts';
import type { Ikev1Secret, SharedSecret } from './secret.ts';
import { fittingSecrets } from './shared-secrets.ts';
import { PROTOCOL } from './suite.ts';

/** Quick modes of one ISAKMP SA that wait for their second message. */
const MAX_OFFERS = 64;
/** Diffie-Hellman secrets tried for one quick mode: as many associations as are tried on one packet. */
const MAX_SECRETS = 4;

/** HMAC with the hash algorithm of phase 1, which is the prf where none is negotiated. RFC 2409 section 4. */
const PRF_OF_HASH: ReadonlyMap<HashName, number> = new Map([
  ['md5', 1],
  ['sha1', 2],
  ['sha256', 5],
  ['sha384', 6],
  ['sha512', 7],
]);

/** Where things of an ISAKMP SA go. */
export interface Ikev1Sink {
  readonly notices: IkeNotices;
  /** Secrets that were found to be those of an IKE SA. */
  readonly usedSecrets: ReadonlySet<SharedSecret>;
  /** Takes a derived association. @returns false when there is no room */
  add(association: SecurityAssociation): boolean;
}

/** A decrypted message of phase 2 that was not seen before. */
export interface Ikev1Message {
  readonly messageId: number;
  readonly isQuickMode: boolean;
  readonly payloads: readonly Ikev1Payload[];
  /** Hash algorithm of phase 1. */
  readonly hash: HashName;
  /** The initiator of the ISAKMP SA seems to have sent it. */
  readonly isInitiator: boolean;
  /** 4 or 16 octets each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Follows one ISAKMP SA. */
export class Ikev1Follower {
  readonly children = new IkeChildren();
  readonly #secret: Ikev1Secret;
  readonly #sink: Ikev1Sink;
  /** First messages of quick modes, by Message ID; undefined = that quick mode is complete. */
  readonly #offers = new Map<number, QuickModeOffer | undefined>();

  constructor(secret: Ikev1Secret, sink: Ikev1Sink) {
    this.#secret = secret;
    this.#sink = sink;
  }

  /** Follows a message; those of one exchange come in their order. */
  receive(message: Ikev1Message): void {
    const { messageId, isQuickMode, payloads, source, destination } = message;
    this.#delete(message);
    if (!isQuickMode) return;
    const said = quickModeOffer(payloads, source, destination);
    if (said === undefined) return;
    if (!this.#offers.has(messageId)) {
      if (this.#offers.size >= MAX_OFFERS) {
        const [oldest] = this.#offers.keys();
        if (oldest !== undefined) this.#offers.delete(oldest);
      }
      this.#offers.set(messageId, said);
      return;
    }
    const offer = this.#offers.get(messageId);
    if (offer === undefined) return;
    this.#offers.set(messageId, undefined);
    this.#complete(offer, said, message);
  }

  #complete(
    offer: QuickModeOffer,
    accepted: QuickModeOffer,
    { hash, isInitiator }: Ikev1Message,
  ): void {
    const { derivation, origin, sharedSecrets = [] } = this.#secret;
    if (derivation === undefined) {
      this.#say('IKE_NO_SKEYID_D', 'messages can be read, but ESP needs SKEYID_d as well');
      return;
    }
    const prf = this.#secret.prf ?? prfOfId(PRF_OF_HASH.get(hash) ?? 0);
    if (prf === undefined) return;
    const { keyExchange: responder } = accepted;
    const values = { initiator: offer.keyExchange, responder };
    const fitting =
      responder === undefined
        ? []
        : fittingSecrets(sharedSecrets, values, this.#sink.usedSecrets).slice(0, MAX_SECRETS);
    if (responder !== undefined && fitting.length === 0) {
      this.#say(
        'IKE_NO_SECRET',
        'a quick mode with perfect forward secrecy cannot be followed: its Diffie-Hellman secret is not among the sharedSecrets',
      );
      return;
    }
    const made: ChildSa[] = [];
    // Of several secrets the ICV of the packets tells which one is right.
    for (const secret of responder === undefined ? [undefined] : fitting) {
      const sharedSecret = secret?.secret.reveal();
      const keys = { prf, derivation: derivation.reveal(), sharedSecret, origin };
      for (const child of deriveQuickMode(offer, accepted, keys)) {
        if (typeof child === 'string') {
          this.#say('IKE_UNSUPPORTED', `a quick mode is not followed: ${child}`);
        } else if (!this.children.has(child.initiatorSpi, child.responderSpi)) made.push(child);
      }
    }
    for (const child of made) {
      const hasRoom = this.#sink.add(child.toResponder) && this.#sink.add(child.toInitiator);
      // The message is the second one: who began is the other side.
      if (hasRoom) this.children.add(child, !isInitiator);
    }
  }

  #delete({ payloads, isInitiator }: Ikev1Message): void {
    for (const item of payloads) {
      if (item.kind !== 'delete' || !('spis' in item)) continue;
      if (item.protocolId === PROTOCOL.esp) this.children.delete(item.spis, isInitiator);
    }
  }

  #say(code: IkeNotice['code'], message: string): void {
    this.#sink.notices.add(code, this.#secret.origin, message);
  }
}
