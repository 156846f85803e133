/**
 * What messages of IKEv1 say: the authentication of phase 1, identities, and the addresses of quick mode. In clear, or
 * decrypted with a key. RFC 2409 section 5, RFC 2407 section 4.6.2.
 *
 * Bounded: MAX_PHASES ISAKMP SAs, the oldest is forgotten, with MAX_QUICK quick modes each.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import {
  ID_TYPE,
  IKEV1_EXCHANGE,
  IKEV1_FLAG,
  attributeNumber,
  decodeIke,
  ikev1Payloads,
} from '../../dissectors/ike/index.ts';
import type { IkeHeader, Ikev1Payload } from '../../dissectors/ike/index.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { identityOf } from './identity.ts';
import { UNKNOWN_PARTIES } from './said.ts';
import type { AddressRange, IkeNegotiation, IkeParties } from './said.ts';

/** ISAKMP SAs remembered. */
export const MAX_PHASES = 4096;
/** Quick modes of one ISAKMP SA that wait for their second message. */
const MAX_QUICK = 32;
/** Authentication methods told of one message. */
const MAX_METHODS = 16;

/** Attribute of phase 1. RFC 2409 appendix A. */
const AUTHENTICATION_METHOD = 3;

/** What one message of IKEv1 says. */
export interface PhaseOneSaid {
  /** Undefined when the first message was not seen, which alone tells the initiator. */
  readonly isInitiator: boolean | undefined;
  readonly parties: IkeParties;
  /** Authentication methods that a Security Association payload of phase 1 names, each once. */
  readonly authenticationMethods: readonly number[];
  readonly negotiated: IkeNegotiation | undefined;
}

/** An ISAKMP SA. */
interface Phase {
  /** Address of who began; undefined = not seen. */
  from: Uint8Array | undefined;
  parties: IkeParties;
  /** Whether the initiator of the ISAKMP SA began a quick mode, by Message ID. */
  readonly quick: Map<number, boolean>;
}

/** ISAKMP SAs by the cookie of the initiator. */
export class PhaseOneTable {
  readonly #phases = new Map<string, Phase>();

  /**
   * Takes the message at `[offset, end)`.
   * @param plaintext its payloads when it was encrypted and could be decrypted
   * @param source 4 or 16 octets
   */
  take(
    header: IkeHeader,
    bytes: Uint8Array,
    offset: number,
    end: number,
    plaintext: Uint8Array | undefined,
    source: Uint8Array,
  ): PhaseOneSaid {
    const phase = this.#phaseOf(header.initiatorSpi);
    if (header.responderSpi.every((octet) => octet === 0)) phase.from ??= source.slice();
    const isInitiator = phase.from === undefined ? undefined : isSame(phase.from, source);
    const payloads = payloadsOf(header, bytes, offset, end, plaintext);
    let negotiated: IkeNegotiation | undefined;
    if (header.exchangeType === IKEV1_EXCHANGE.quickMode) {
      negotiated = quickMode(phase, header.messageId, isInitiator, payloads);
    } else if (header.messageId === 0 && isInitiator !== undefined) {
      const found = payloads.find((item) => item.kind === 'identification');
      if (found !== undefined) {
        const identity = identityOf(found.idType, found.data);
        const side = isInitiator ? { initiator: identity } : { responder: identity };
        phase.parties = { ...phase.parties, ...side };
      }
    }
    const authenticationMethods = header.messageId === 0 ? methodsOf(payloads) : [];
    return { isInitiator, parties: phase.parties, authenticationMethods, negotiated };
  }

  #phaseOf(cookie: Uint8Array): Phase {
    const key = String.fromCharCode(...cookie);
    let phase = this.#phases.get(key);
    if (phase === undefined) {
      if (this.#phases.size >= MAX_PHASES) {
        const [oldest] = this.#phases.keys();
        if (oldest !== undefined) this.#phases.delete(oldest);
      }
      phase = { from: undefined, parties: UNKNOWN_PARTIES, quick: new Map() };
      this.#phases.set(key, phase);
    }
    return phase;
  }
}

function payloadsOf(
  header: IkeHeader,
  bytes: Uint8Array,
  offset: number,
  end: number,
  plaintext: Uint8Array | undefined,
): readonly Ikev1Payload[] {
  const found = new DiagnosticList();
  if ((header.flags & IKEV1_FLAG.encryption) === 0) {
    const message = decodeIke(bytes, offset, end, found);
    return message?.version === 1 ? message.payloads : [];
  }
  if (plaintext === undefined) return [];
  return ikev1Payloads.decode(header.nextPayload, plaintext, 0, plaintext.length, found).payloads;
}

function methodsOf(payloads: readonly Ikev1Payload[]): number[] {
  const methods = new Set<number>();
  for (const item of payloads) {
    if (item.kind !== 'securityAssociation' || !('proposals' in item)) continue;
    for (const proposal of item.proposals) {
      if (proposal.kind !== 'proposal') continue;
      for (const transform of proposal.transforms) {
        if (transform.kind !== 'transform') continue;
        for (const attribute of transform.attributes) {
          if (attribute.type !== AUTHENTICATION_METHOD || methods.size >= MAX_METHODS) continue;
          const value = attributeNumber(attribute);
          if (value !== undefined) methods.add(value);
        }
      }
    }
  }
  return [...methods];
}

/**
 * IDci and IDcr of quick mode are what its associations are for, and agreed on with the second message. Without them
 * they are for the addresses IKE runs between. RFC 2409 section 5.5.
 */
function quickMode(
  phase: Phase,
  messageId: number,
  isInitiator: boolean | undefined,
  payloads: readonly Ikev1Payload[],
): IkeNegotiation | undefined {
  const [from, to] = payloads.filter((item) => item.kind === 'identification');
  if (isInitiator === undefined || from === undefined || to === undefined) return undefined;
  const began = phase.quick.get(messageId);
  if (began === undefined) {
    if (phase.quick.size >= MAX_QUICK) {
      const [oldest] = phase.quick.keys();
      if (oldest !== undefined) phase.quick.delete(oldest);
    }
    phase.quick.set(messageId, isInitiator);
    return undefined;
  }
  if (began === isInitiator) return undefined;
  const [mine, theirs] = [rangeOf(from.idType, from.data), rangeOf(to.idType, to.data)];
  return {
    outcome: 'accepted',
    ofInitiator: began ? mine : theirs,
    ofResponder: began ? theirs : mine,
  };
}

/** Addresses of an identity of quick mode; none when it is no address, subnet or range. */
function rangeOf(idType: number, data: Uint8Array): readonly AddressRange[] {
  const { length } = data;
  const isAddress =
    (idType === ID_TYPE.ipv4Address && length === 4) ||
    (idType === ID_TYPE.ipv6Address && length === 16);
  if (isAddress) return [{ start: data, end: data }];
  const half = length / 2;
  const isRange =
    (idType === ID_TYPE.ipv4Range && length === 8) ||
    (idType === ID_TYPE.ipv6Range && length === 32);
  if (isRange) return [{ start: data.slice(0, half), end: data.slice(half) }];
  const isSubnet =
    (idType === ID_TYPE.ipv4Subnet && length === 8) ||
    (idType === ID_TYPE.ipv6Subnet && length === 32);
  if (!isSubnet) return [];
  const address = data.slice(0, half);
  const mask = data.slice(half);
  return [
    {
      start: address.map((octet, i) => octet & (mask[i] ?? 0)),
      end: address.map((octet, i) => octet | (~(mask[i] ?? 0) & 0xff)),
    },
  ];
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}
