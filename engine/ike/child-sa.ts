/**
 * ESP security associations out of an exchange of IKE. RFC 7296 sections 2.17 and 1.3.1; selectors of Mobile
 * IPv6: RFC 4877 section 7.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { u32 } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import type {
  Ikev2SecurityAssociation,
  RangeSelector,
  TrafficSelectors,
} from '../../dissectors/ike/index.ts';
import { prfPlus } from '../crypto/prf.ts';
import type { Prf } from '../crypto/prf.ts';
import { SecurityAssociation } from '../state/security-association.ts';
import type { AssociationOrigin } from '../state/security-association.ts';
import { PROTOCOL, answeredProposal, chosenProposal, suiteOf } from './suite.ts';
import type { Suite } from './suite.ts';
import { prefixOfRange, trafficSelectorOf } from './selectors.ts';

/** What an exchange that made a child SA said. "Initiator" is who began that exchange. */
export interface ChildExchange {
  readonly request: Ikev2SecurityAssociation;
  readonly response: Ikev2SecurityAssociation;
  /** Traffic selectors of the response: what both agreed on. RFC 7296 section 2.9. */
  readonly initiatorSelectors: TrafficSelectors | undefined;
  readonly responderSelectors: TrafficSelectors | undefined;
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
  /** g^ir of this exchange; undefined without perfect forward secrecy. */
  readonly sharedSecret: Uint8Array | undefined;
  /** USE_TRANSPORT_MODE was accepted. RFC 7296 section 1.3.1. */
  readonly isTransport: boolean;
  /** Addresses that IKE runs between: ends of tunnels. */
  readonly initiatorAddress: Uint8Array;
  readonly responderAddress: Uint8Array;
}

/** With what child SAs are derived. */
export interface ChildKeys {
  readonly prf: Prf;
  /** SK_d. */
  readonly derivation: Uint8Array;
  readonly origin: AssociationOrigin;
}

/** A child SA: two associations. */
export interface ChildSa {
  /** SPI that the initiator of the exchange receives with, and the one of the responder. */
  readonly initiatorSpi: number;
  readonly responderSpi: number;
  readonly isTransport: boolean;
  readonly toInitiator: SecurityAssociation;
  readonly toResponder: SecurityAssociation;
}

/** SPI of ESP: 4 octets, not 0. RFC 4303 section 2.1. */
export function spiOf(octets: Uint8Array | undefined): number | undefined {
  return octets?.length === 4 && u32(octets, 0) !== 0 ? u32(octets, 0) : undefined;
}

function hostPrefix(address: Uint8Array): Prefix {
  return { bytes: address, length: 8 * address.length };
}

/** The first selector over addresses. */
function firstRange(selectors: TrafficSelectors | undefined): RangeSelector | undefined {
  return selectors?.selectors.find((item): item is RangeSelector => item.kind !== 'unknown');
}

/**
 * Address of one end of an association. In transport mode it is that of the selector, which for Mobile IPv6 is
 * the home address while IKE runs on the care-of address (RFC 4877 section 7); a tunnel ends where IKE does.
 */
function endOf(
  isTransport: boolean,
  range: RangeSelector | undefined,
  address: Uint8Array,
): Prefix {
  if (!isTransport || range === undefined) return hostPrefix(address);
  if (isSameAddress(range.startAddress, range.endAddress)) return hostPrefix(range.startAddress);
  // Several addresses: that of IKE if it is among them, else any of the prefix.
  const prefix = prefixOfRange(range);
  return prefix.bytes.length === address.length ? hostPrefix(address) : prefix;
}

/** What both versions of IKE make a child SA of. "Initiator" is who began the exchange. */
export interface ChildParts {
  readonly suite: Pick<Suite, 'encryption' | 'keyLength' | 'integrity' | 'extendedSequence'>;
  /** SPI that the initiator receives with, and that of the responder. */
  readonly initiatorSpi: number;
  readonly responderSpi: number;
  /** Encryption key and then integrity key of the direction. */
  readonly toInitiatorKeys: Uint8Array;
  readonly toResponderKeys: Uint8Array;
  readonly isTransport: boolean;
  readonly initiatorRange: RangeSelector | undefined;
  readonly responderRange: RangeSelector | undefined;
  /** Addresses that IKE runs between: ends of tunnels. */
  readonly initiatorAddress: Uint8Array;
  readonly responderAddress: Uint8Array;
  readonly origin: AssociationOrigin;
}

/**
 * The two associations of a child SA.
 * @returns words about why there are none
 */
export function childOf(parts: ChildParts): ChildSa | string {
  const { suite, initiatorSpi, responderSpi, isTransport, origin } = parts;
  const { initiatorRange, responderRange } = parts;
  const { encryption, keyLength, integrity, extendedSequence } = suite;
  const initiator = endOf(isTransport, initiatorRange, parts.initiatorAddress);
  const responder = endOf(isTransport, responderRange, parts.responderAddress);
  if (initiator.bytes.length !== responder.bytes.length) return 'ends of two address families';
  const make = (
    spi: number,
    source: Prefix,
    destination: Prefix,
    ranges: readonly [RangeSelector | undefined, RangeSelector | undefined],
    keys: Uint8Array,
  ): SecurityAssociation => {
    const selector = trafficSelectorOf(...ranges);
    return new SecurityAssociation({
      id: `${origin.file}:${origin.line} child 0x${spi.toString(16).padStart(8, '0')}`,
      spi,
      mode: isTransport ? 'transport' : 'tunnel',
      source,
      destination,
      encryption,
      encryptionKey: keys.slice(0, keyLength),
      integrity,
      integrityKey: keys.slice(keyLength, keyLength + integrity.keyLength),
      extendedSequence,
      origin,
      ...(selector === undefined ? {} : { selector }),
    });
  };
  const toResponder = make(
    responderSpi,
    initiator,
    responder,
    [initiatorRange, responderRange],
    parts.toResponderKeys,
  );
  const toInitiator = make(
    initiatorSpi,
    responder,
    initiator,
    [responderRange, initiatorRange],
    parts.toInitiatorKeys,
  );
  if (!toResponder.esp.isSupported) return `${encryption.name}: this Node.js was built without it`;
  return { initiatorSpi, responderSpi, isTransport, toInitiator, toResponder };
}

/**
 * Derives the associations of a child SA: KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr), first those of the direction
 * to the responder, encryption before integrity (RFC 7296 section 2.17).
 * @returns words about why it cannot
 */
export function deriveChild(exchange: ChildExchange, keys: ChildKeys): ChildSa | string {
  const chosen = chosenProposal(exchange.response);
  if (chosen === undefined) return 'the response has no proposal';
  if (chosen.protocolId !== PROTOCOL.esp) return `protocol ${chosen.protocolId} is not ESP`;
  const suite = suiteOf(chosen);
  if (typeof suite === 'string') return `${suite}: not supported`;
  const responderSpi = spiOf(chosen.spi);
  const initiatorSpi = spiOf(answeredProposal(exchange.request, chosen)?.spi);
  if (initiatorSpi === undefined || responderSpi === undefined) return 'an SPI is missing';
  const { initiatorNonce, responderNonce, sharedSecret, isTransport } = exchange;
  const seed = concatenate([
    ...(sharedSecret === undefined ? [] : [sharedSecret]),
    initiatorNonce,
    responderNonce,
  ]);
  const octets = suite.keyLength + suite.integrity.keyLength;
  const material = prfPlus(keys.prf, keys.derivation, seed, 2 * octets);
  return childOf({
    suite,
    initiatorSpi,
    responderSpi,
    toResponderKeys: material.subarray(0, octets),
    toInitiatorKeys: material.subarray(octets),
    isTransport,
    initiatorRange: firstRange(exchange.initiatorSelectors),
    responderRange: firstRange(exchange.responderSelectors),
    initiatorAddress: exchange.initiatorAddress,
    responderAddress: exchange.responderAddress,
    origin: keys.origin,
  });
}
