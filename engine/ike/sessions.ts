/**
 * All IKE SAs of a run that somebody gave secrets of, in the order of the packets.
 *
 * Bounded: messages of IKE SAs without a secret leave no trace; few IKE_SA_INIT requests are kept for each; at
 * most MAX_SESSIONS IKE SAs and MAX_DERIVED associations are made, of later ones a notice tells.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import {
  IKEV2_EXCHANGE,
  IKEV2_FLAG,
  IKE_HEADER_OCTETS,
  decodeIke,
  findEncryptedPayload,
  ikev2Header,
} from '../../dissectors/ike/index.ts';
import type { IkeHeader } from '../../dissectors/ike/index.ts';
import type { OpenedIke } from '../../dissectors/layer.ts';
import type { SecurityAssociation } from '../state/security-association.ts';
import { IkeAssociation } from './association.ts';
import type { IkeFollower, Rekeyed } from './follower.ts';
import { offerOf } from './exchange.ts';
import type { Offer } from './exchange.ts';
import { Ikev1Sessions } from './ikev1-sessions.ts';
import { IkeNotices } from './notices.ts';
import type { IkeSaid } from './said.ts';
import { isIkev1, mergedSecret } from './secret.ts';
import type { AnyIkeSecret, IkeSecret, SharedSecret } from './secret.ts';
import { chosenProposal, suiteOf } from './suite.ts';

/** ESP associations derived in one run. */
export const MAX_DERIVED = 8192;
/** IKE SAs followed in one run. */
export const MAX_SESSIONS = 4096;

/** IKE_SA_INIT requests kept for one initiator: it may have to send it again for a cookie or another group. */
const MAX_INIT_REQUESTS = 4;

/** IKE SAs of one initiator of which no message was verified: SPIs of responders can be invented. */
const MAX_UNVERIFIED = 8;

/** SPIs as octets of a text, one character each. */
function keyOf(...spis: readonly Uint8Array[]): string {
  return spis.map((spi) => String.fromCharCode(...spi)).join('');
}

/** Follows IKE SAs. */
export class IkeSessions {
  readonly notices = new IkeNotices();
  /** What was derived, in the order it was; where several secrets were tried, one for each of them. */
  readonly #derived: SecurityAssociation[] = [];
  /** Secrets by the SPI of the initiator. */
  readonly #secrets = new Map<string, IkeSecret[]>();
  /** Last IKE_SA_INIT requests, newest first, by the SPI of the initiator; of those with a secret alone. */
  readonly #requests = new Map<string, Offer[]>();
  /** Diffie-Hellman secrets that were found to be those of an IKE SA. */
  readonly #usedSecrets = new Set<SharedSecret>();
  /** By both SPIs. */
  readonly #sessions = new Map<string, IkeAssociation>();
  /** Keys of sessions that may not be verified, oldest first, by the SPI of the initiator. */
  readonly #unverified = new Map<string, string[]>();
  readonly #ikev1: Ikev1Sessions;
  readonly #onAssociation: (association: SecurityAssociation) => void;
  #said: IkeSaid | undefined;

  /** @param onAssociation called for every association that is derived, before the packets it protects */
  constructor(
    secrets: readonly AnyIkeSecret[],
    onAssociation: (association: SecurityAssociation) => void,
  ) {
    this.#onAssociation = onAssociation;
    this.#ikev1 = new Ikev1Sessions(secrets.filter(isIkev1), {
      notices: this.notices,
      usedSecrets: this.#usedSecrets,
      add: (association) => this.#add(association),
    });
    for (const secret of secrets) {
      if (isIkev1(secret)) continue;
      const key = keyOf(secret.initiatorSpi);
      const known = this.#secrets.get(key);
      if (known === undefined) this.#secrets.set(key, [secret]);
      else known.push(secret);
    }
  }

  /**
   * What was derived, in the order it was. Of those that differ in the secret alone that was tried, the ones that
   * verified a packet, or the first.
   */
  get derived(): readonly SecurityAssociation[] {
    const byId = new Map<string, SecurityAssociation[]>();
    for (const association of this.#derived) {
      const same = byId.get(association.id);
      if (same === undefined) byId.set(association.id, [association]);
      else same.push(association);
    }
    return [...byId.values()].flatMap((same) => {
      const right = same.filter(({ statistics }) => statistics.verified > 0);
      return right.length > 0 ? right : same.slice(0, 1);
    });
  }

  /** What the message of IKEv2 that was opened last says; undefined when the last one could not be read. */
  get said(): IkeSaid | undefined {
    return this.#said;
  }

  /** IKE SAs that were met. */
  get all(): readonly IkeAssociation[] {
    return [...this.#sessions.values()];
  }

  /**
   * Takes the IKE message at `[offset, end)`; they must come in the order of the capture. Never throws.
   * @param source address the message came from, 4 or 16 octets: home address under a Home Address option
   * @returns what its encrypted payload holds, when there is one and a key for it
   */
  open(
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: Uint8Array,
    destination: Uint8Array,
  ): OpenedIke | undefined {
    this.#said = undefined;
    const header = ikev2Header.decode(bytes, offset, end);
    if (header === undefined) return undefined;
    const major = header.version >>> 4;
    if (major === 1) return this.#ikev1.open(bytes, offset, end, source, destination);
    if (major !== 2) return undefined;
    const messageEnd = offset + header.length;
    if (header.length < IKE_HEADER_OCTETS || messageEnd > end) return undefined;
    if (header.exchangeType === IKEV2_EXCHANGE.ikeSaInit) {
      this.#init(header, bytes, offset, messageEnd);
      return undefined;
    }
    const session = this.#find(header.initiatorSpi, header.responderSpi);
    if (session === undefined) return undefined;
    const place = findEncryptedPayload(bytes, offset, messageEnd);
    if (place === undefined) return undefined;
    const addresses = { source: source.slice(), destination: destination.slice() };
    const { sayings } = session.follower;
    sayings.begin();
    const opened = session.open(bytes, offset, place, header, addresses);
    if (opened !== undefined && opened.icv !== 'bad') this.#said = sayings.said;
    return opened;
  }

  #init(header: IkeHeader, bytes: Uint8Array, offset: number, end: number): void {
    const { initiatorSpi, responderSpi, flags } = header;
    const key = keyOf(initiatorSpi);
    if (!this.#secrets.has(key)) return;
    const message = decodeIke(bytes, offset, end, new DiagnosticList());
    if (message?.version !== 2) return;
    const offer = offerOf(message.payloads);
    const { nonce: responderNonce, proposals, keyExchange: responder } = offer;
    // A response that asks for a cookie or another group has neither.
    if (responderNonce === undefined || proposals === undefined) return;
    if ((flags & IKEV2_FLAG.response) === 0) {
      const before = this.#requests.get(key) ?? [];
      this.#requests.set(key, [offer, ...before.slice(0, MAX_INIT_REQUESTS - 1)]);
      return;
    }
    const requests = this.#requests.get(key) ?? [];
    const chosen = chosenProposal(proposals);
    if (requests.length === 0 || chosen === undefined) return;
    const session = this.#find(initiatorSpi, responderSpi);
    if (session === undefined) return;
    const suite = suiteOf(chosen);
    if (typeof suite === 'string') {
      const [secret] = this.#secrets.get(key) ?? [];
      if (secret !== undefined) {
        this.notices.add('IKE_UNSUPPORTED', secret.origin, `IKE SA: ${suite}: not supported`);
      }
      return;
    }
    for (const { nonce: initiatorNonce, keyExchange: initiator } of requests) {
      if (initiatorNonce === undefined) continue;
      const input = { initiatorNonce, responderNonce, initiatorSpi, responderSpi };
      session.agree(suite, input, { initiator, responder });
    }
  }

  /** The IKE SA of both SPIs, made when there is a secret for it. */
  #find(initiatorSpi: Uint8Array, responderSpi: Uint8Array): IkeAssociation | undefined {
    const known = this.#sessions.get(keyOf(initiatorSpi, responderSpi));
    if (known !== undefined) return known;
    const [first, ...others] = this.#given(initiatorSpi, responderSpi);
    if (first === undefined) return undefined;
    this.#forgetUnverified(keyOf(initiatorSpi));
    return this.#make(mergedSecret(first, others), initiatorSpi, responderSpi);
  }

  /** Makes room for one more IKE SA of an initiator: the oldest goes of which nothing was verified. */
  #forgetUnverified(initiator: string): void {
    const keys = (this.#unverified.get(initiator) ?? []).filter(
      (key) => this.#sessions.get(key)?.isVerified === false,
    );
    if (keys.length >= MAX_UNVERIFIED) {
      const oldest = keys.shift();
      if (oldest !== undefined) this.#sessions.delete(oldest);
    }
    this.#unverified.set(initiator, keys);
  }

  /** Secrets that somebody gave for an IKE SA. */
  #given(initiatorSpi: Uint8Array, responderSpi: Uint8Array): IkeSecret[] {
    const wanted = keyOf(responderSpi);
    const known = this.#secrets.get(keyOf(initiatorSpi)) ?? [];
    return known.filter(
      (secret) => secret.responderSpi === undefined || keyOf(secret.responderSpi) === wanted,
    );
  }

  #make(
    secret: IkeSecret,
    initiatorSpi: Uint8Array,
    responderSpi: Uint8Array,
  ): IkeAssociation | undefined {
    if (this.#sessions.size >= MAX_SESSIONS) {
      const text = `more than ${MAX_SESSIONS} IKE SAs; later ones are not followed`;
      this.notices.add('IKE_LIMIT', secret.origin, text);
      return undefined;
    }
    const session = new IkeAssociation(secret, initiatorSpi, responderSpi, {
      notices: this.notices,
      usedSecrets: this.#usedSecrets,
      add: (association) => this.#add(association),
      rekeyed: (next) => this.#rekeyed(next),
    });
    const key = keyOf(initiatorSpi, responderSpi);
    this.#sessions.set(key, session);
    this.#unverified.get(keyOf(initiatorSpi))?.push(key);
    return session;
  }

  #add(association: SecurityAssociation): boolean {
    if (this.#derived.length >= MAX_DERIVED) {
      const text = `more than ${MAX_DERIVED} associations of child SAs; later ones are not opened`;
      this.notices.add('IKE_LIMIT', association.origin, text);
      return false;
    }
    this.#derived.push(association);
    this.#onAssociation(association);
    return true;
  }

  /** The IKE SA after another: with a secret of its own, or with what the old one derived for it. */
  #rekeyed(next: Rekeyed): IkeFollower | undefined {
    const { initiatorSpi, responderSpi } = next.input;
    const known = this.#sessions.get(keyOf(initiatorSpi, responderSpi));
    const [first = next.secret, ...others] = this.#given(initiatorSpi, responderSpi);
    if (known === undefined && first === next.secret && next.seeds.length === 0) {
      this.notices.add(
        'IKE_NO_SECRET',
        next.secret.origin,
        'the IKE SA was rekeyed; what follows stays closed: neither the Diffie-Hellman secret nor keys of the new IKE SA are in the key files',
      );
    }
    const secret = mergedSecret(first, [...others, next.secret]);
    const session = known ?? this.#make(secret, initiatorSpi, responderSpi);
    session?.agreeRekeyed(next);
    return session?.follower;
  }
}
