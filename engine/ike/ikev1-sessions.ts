/**
 * All ISAKMP SAs of IKEv1 that somebody gave an encryption key of, by the cookie of the initiator.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import {
  IKEV1_FLAG,
  IKE_HEADER_OCTETS,
  decodeIke,
  ikev1Header,
} from '../../dissectors/ike/index.ts';
import type { OpenedIke } from '../../dissectors/layer.ts';
import type { Ikev1Key } from '../keys/key-file.ts';
import { Ikev1Association } from './ikev1-association.ts';
import type { IkeNotices } from './notices.ts';

/** A cookie as octets of a text, one character each. */
function keyOf(cookie: Uint8Array): string {
  return String.fromCharCode(...cookie);
}

/** Follows ISAKMP SAs; as many as there are keys. */
export class Ikev1Sessions {
  readonly #sessions = new Map<string, { association: Ikev1Association; from?: Uint8Array }>();

  constructor(keys: readonly Ikev1Key[], notices: IkeNotices) {
    for (const key of keys) {
      const cookie = keyOf(key.initiatorCookie);
      if (this.#sessions.has(cookie)) continue;
      this.#sessions.set(cookie, { association: new Ikev1Association(key, notices) });
    }
  }

  /** Takes the message of IKEv1 at `[offset, end)`; as `IkeSessions.open`. Never throws. */
  open(bytes: Uint8Array, offset: number, end: number, source: Uint8Array): OpenedIke | undefined {
    const header = ikev1Header.decode(bytes, offset, end);
    if (header === undefined || header.version >>> 4 !== 1) return undefined;
    const messageEnd = offset + header.length;
    if (header.length < IKE_HEADER_OCTETS || messageEnd > end) return undefined;
    const session = this.#sessions.get(keyOf(header.initiatorSpi));
    if (session === undefined) return undefined;
    const { association } = session;
    if ((header.flags & IKEV1_FLAG.encryption) !== 0) {
      return association.open(bytes, offset, messageEnd, header);
    }
    // The header does not tell the direction: who sends the first message, without the other cookie, is the initiator.
    const address = keyOf(source);
    if (header.responderSpi.every((octet) => octet === 0)) session.from = source.slice();
    const isResponse = session.from !== undefined && keyOf(session.from) !== address;
    const message = decodeIke(bytes, offset, messageEnd, new DiagnosticList());
    if (message?.version === 1) association.note(message.payloads, isResponse);
    return undefined;
  }
}
