/**
 * ESP security associations out of a quick mode of IKEv1. RFC 2409 section 5.5; for Mobile IPv6 the identities name
 * the home address while IKE runs on the care-of address: RFC 3776 section 4.4.
 */
import { concatenate } from '../../dissectors/core/layout.ts';
import { ID_TYPE } from '../../dissectors/ike/index.ts';
import type {
  IkeProposal,
  Ikev1Payload,
  Ikev1SecurityAssociation,
  Ikev1Transform,
  RangeSelector,
} from '../../dissectors/ike/index.ts';
import type { Prf } from '../crypto/prf.ts';
import type { AssociationOrigin } from '../state/security-association.ts';
import { childOf, spiOf } from './child-sa.ts';
import type { ChildSa } from './child-sa.ts';
import { quickModeSuite } from './ikev1-suite.ts';

/** Protocol IDs of proposals. RFC 2407 section 4.4.1. */
const PROTOCOL = { ah: 2, esp: 3, ipcomp: 4 } as const;
/** Association payloads of one quick mode that are looked at. */
const MAX_PAYLOADS = 4;
const MAX_PORT = 65_535;

/** What one of the first two messages of a quick mode says. */
export interface QuickModeOffer {
  readonly associations: readonly Ikev1SecurityAssociation[];
  readonly nonce: Uint8Array;
  /** Public value; undefined without perfect forward secrecy. */
  readonly keyExchange: Uint8Array | undefined;
  /** IDci and IDcr; undefined when absent, or no addresses. */
  readonly initiator: RangeSelector | undefined;
  readonly responder: RangeSelector | undefined;
  /** Addresses of the message, 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** What a message offers or accepts; undefined when it is neither. */
export function quickModeOffer(
  payloads: readonly Ikev1Payload[],
  source: Uint8Array,
  destination: Uint8Array,
): QuickModeOffer | undefined {
  const associations: Ikev1SecurityAssociation[] = [];
  const ranges: (RangeSelector | undefined)[] = [];
  let nonce: Uint8Array | undefined;
  let keyExchange: Uint8Array | undefined;
  for (const item of payloads) {
    if (item.kind === 'securityAssociation' && 'proposals' in item) associations.push(item);
    else if (item.kind === 'nonce' && 'data' in item) nonce ??= item.data;
    else if (item.kind === 'keyExchange' && 'data' in item) keyExchange ??= item.data;
    else if (item.kind === 'identification' && 'idType' in item) ranges.push(rangeOf(item));
  }
  if (nonce === undefined || associations.length === 0) return undefined;
  const [initiator, responder] = ranges;
  return { associations, nonce, keyExchange, initiator, responder, source, destination };
}

/** Addresses, protocol and port of an identity; undefined when it names no addresses. RFC 2407 section 4.6.2. */
function rangeOf(identity: {
  readonly idType: number;
  readonly protocolId: number;
  readonly port: number;
  readonly data: Uint8Array;
}): RangeSelector | undefined {
  const { idType, protocolId, port, data } = identity;
  const ends = endsOf(idType, data);
  if (ends === undefined) return undefined;
  return {
    kind: ends[0].length === 16 ? 'ipv6Range' : 'ipv4Range',
    protocolId,
    // RFC 2407 section 4.6.2: port 0 is any.
    startPort: port,
    endPort: port === 0 ? MAX_PORT : port,
    startAddress: ends[0],
    endAddress: ends[1],
  };
}

function endsOf(idType: number, data: Uint8Array): [Uint8Array, Uint8Array] | undefined {
  const isIpv6 =
    idType === ID_TYPE.ipv6Address || idType === ID_TYPE.ipv6Subnet || idType === ID_TYPE.ipv6Range;
  const octets = isIpv6 ? 16 : 4;
  switch (idType) {
    case ID_TYPE.ipv4Address:
    case ID_TYPE.ipv6Address:
      return data.length === octets ? [data, data] : undefined;
    case ID_TYPE.ipv4Range:
    case ID_TYPE.ipv6Range:
      if (data.length !== 2 * octets) return undefined;
      return [data.slice(0, octets), data.slice(octets)];
    case ID_TYPE.ipv4Subnet:
    case ID_TYPE.ipv6Subnet: {
      if (data.length !== 2 * octets) return undefined;
      const first = data.slice(0, octets);
      const last = data.slice(0, octets);
      data.subarray(octets).forEach((mask, i) => {
        first[i] = (first[i] ?? 0) & mask;
        last[i] = (last[i] ?? 0) | (~mask & 0xff);
      });
      return [first, last];
    }
    default:
      return undefined;
  }
}

/** With what the associations are derived. */
export interface QuickModeKeys {
  readonly prf: Prf;
  /** SKEYID_d. */
  readonly derivation: Uint8Array;
  /** g(qm)^xy; undefined without perfect forward secrecy. */
  readonly sharedSecret: Uint8Array | undefined;
  readonly origin: AssociationOrigin;
}

/**
 * KEYMAT = K1 | K2 | ..., K1 = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), and each further one with
 * the one before in front of that. RFC 2409 section 5.5.
 * @param spi the SPI that the destination of the association chose
 * @param length octets that are wanted
 */
export function keyMaterial(
  { prf, derivation, sharedSecret }: Pick<QuickModeKeys, 'prf' | 'derivation' | 'sharedSecret'>,
  protocol: number,
  spi: number,
  initiatorNonce: Uint8Array,
  responderNonce: Uint8Array,
  length: number,
): Uint8Array {
  const seed = concatenate([
    ...(sharedSecret === undefined ? [] : [sharedSecret]),
    Uint8Array.of(protocol, spi >>> 24, spi >>> 16, spi >>> 8, spi),
    initiatorNonce,
    responderNonce,
  ]);
  const result = new Uint8Array(Math.ceil(length / prf.length) * prf.length);
  let previous: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < length; at += prf.length) {
    previous = prf.compute(derivation, previous, seed);
    result.set(previous, at);
  }
  return result.subarray(0, length);
}

function proposalsIn({
  proposals,
}: Ikev1SecurityAssociation): readonly IkeProposal<Ikev1Transform>[] {
  return proposals.filter((item): item is IkeProposal<Ikev1Transform> => item.kind === 'proposal');
}

/** The proposal of the offer that a chosen one answers: of its protocol, and with its number where there is one. */
function answered(
  offer: Ikev1SecurityAssociation | undefined,
  chosen: IkeProposal<Ikev1Transform>,
): IkeProposal<Ikev1Transform> | undefined {
  const same = (offer === undefined ? [] : proposalsIn(offer)).filter(
    ({ protocolId }) => protocolId === chosen.protocolId,
  );
  // RFC 2408 section 4.2: the number should come back, but not all responders do that.
  return same.find(({ number }) => number === chosen.number) ?? same[0];
}

/**
 * Derives the associations that a quick mode agreed on.
 * @returns for each association payload a child SA, or words about why there is none
 */
export function deriveQuickMode(
  offer: QuickModeOffer,
  accepted: QuickModeOffer,
  keys: QuickModeKeys,
): (ChildSa | string)[] {
  return accepted.associations
    .slice(0, MAX_PAYLOADS)
    .map((response, index) =>
      deriveOne(offer.associations[index], response, offer, accepted, keys),
    );
}

function deriveOne(
  request: Ikev1SecurityAssociation | undefined,
  response: Ikev1SecurityAssociation,
  offer: QuickModeOffer,
  accepted: QuickModeOffer,
  keys: QuickModeKeys,
): ChildSa | string {
  const chosen = proposalsIn(response);
  const other = chosen.find(({ protocolId }) => protocolId !== PROTOCOL.esp);
  // RFC 2407 section 4.2: several proposals of one number are nested, and what ESP holds is then not what we expect.
  if (other !== undefined) return `protocol ${other.protocolId} is not ESP`;
  const [proposal] = chosen;
  const transform = proposal?.transforms.find(
    (item): item is Ikev1Transform => item.kind === 'transform',
  );
  if (proposal === undefined || transform === undefined) return 'the response has no proposal';
  const suite = quickModeSuite(transform);
  if (typeof suite === 'string') return `${suite}: not supported`;
  const initiatorSpi = spiOf(answered(request, proposal)?.spi);
  const responderSpi = spiOf(proposal.spi);
  if (initiatorSpi === undefined || responderSpi === undefined) return 'an SPI is missing';
  const length = suite.keyLength + suite.integrity.keyLength;
  const materialOf = (spi: number): Uint8Array =>
    keyMaterial(keys, PROTOCOL.esp, spi, offer.nonce, accepted.nonce, length);
  // Identities of the response are those both agreed on; without any they are the peers. RFC 2409 section 5.5.
  const initiatorRange = accepted.initiator ?? offer.initiator;
  const responderRange = accepted.responder ?? offer.responder;
  // Translated addresses stand in packets, not those that the peers know of. RFC 3947 section 5.2.
  const isTranslated = suite.isInUdp && offer.source.length === 4;
  return childOf({
    suite,
    initiatorSpi,
    responderSpi,
    toInitiatorKeys: materialOf(initiatorSpi),
    toResponderKeys: materialOf(responderSpi),
    isTransport: suite.isTransport,
    initiatorRange: isTranslated && suite.isTransport ? undefined : initiatorRange,
    responderRange: isTranslated && suite.isTransport ? undefined : responderRange,
    initiatorAddress: offer.source,
    responderAddress: offer.destination,
    origin: keys.origin,
  });
}
