/**
 * All ISAKMP SAs of IKEv1 that somebody gave a secret of, by the cookie of the initiator.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import {
  IKEV1_FLAG,
  IKE_HEADER_OCTETS,
  decodeIke,
  ikev1Header,
} from '../../dissectors/ike/index.ts';
import type { OpenedIke } from '../../dissectors/layer.ts';
import { Ikev1Association } from './ikev1-association.ts';
import { Ikev1Follower } from './ikev1-follower.ts';
import type { Ikev1Sink } from './ikev1-follower.ts';
import { mergedIkev1Secret } from './secret.ts';
import type { Ikev1Secret } from './secret.ts';

/** A cookie as octets of a text, one character each. */
function keyOf(cookie: Uint8Array): string {
  return String.fromCharCode(...cookie);
}

/** Follows ISAKMP SAs; as many as there are secrets. */
export class Ikev1Sessions {
  readonly #sessions = new Map<string, { association: Ikev1Association; from?: Uint8Array }>();

  constructor(secrets: readonly Ikev1Secret[], sink: Ikev1Sink) {
    const byCookie = new Map<string, Ikev1Secret[]>();
    for (const secret of secrets) {
      const cookie = keyOf(secret.initiatorCookie);
      const known = byCookie.get(cookie);
      if (known === undefined) byCookie.set(cookie, [secret]);
      else known.push(secret);
    }
    for (const [cookie, [first, ...others]] of byCookie) {
      if (first === undefined) continue;
      const secret = mergedIkev1Secret(first, others);
      const follower = new Ikev1Follower(secret, sink);
      const association = new Ikev1Association(secret, sink.notices, follower);
      this.#sessions.set(cookie, { association });
    }
  }

  /** Takes the message of IKEv1 at `[offset, end)`; as `IkeSessions.open`. Never throws. */
  open(
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: Uint8Array,
    destination: Uint8Array,
  ): OpenedIke | undefined {
    const header = ikev1Header.decode(bytes, offset, end);
    if (header === undefined || header.version >>> 4 !== 1) return undefined;
    const messageEnd = offset + header.length;
    if (header.length < IKE_HEADER_OCTETS || messageEnd > end) return undefined;
    const session = this.#sessions.get(keyOf(header.initiatorSpi));
    if (session === undefined) return undefined;
    const { association } = session;
    const address = keyOf(source);
    if ((header.flags & IKEV1_FLAG.encryption) !== 0) {
      const addresses = { source: source.slice(), destination: destination.slice() };
      const isInitiator = session.from !== undefined && keyOf(session.from) === address;
      return association.open(bytes, offset, messageEnd, header, addresses, isInitiator);
    }
    // The header does not tell the direction: who sends the first message, without the other cookie, is the initiator.
    if (header.responderSpi.every((octet) => octet === 0)) session.from = source.slice();
    const isResponse = session.from !== undefined && keyOf(session.from) !== address;
    const message = decodeIke(bytes, offset, messageEnd, new DiagnosticList());
    if (message?.version === 1) association.note(message.payloads, isResponse);
    return undefined;
  }
}
