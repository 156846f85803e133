/**
 * Algorithms of ESP that quick mode agrees on: from transforms and attributes of the IPsec DOI (RFC 2407 section 4)
 * to those of this program.
 */
import { attributeNumber } from '../../dissectors/ike/index.ts';
import type { Ikev1Transform } from '../../dissectors/ike/index.ts';
import { NULL_INTEGRITY } from '../crypto/transforms.ts';
import type { IntegrityTransform } from '../crypto/transforms.ts';
import { encryptionOfNumber, integrityOfNumber } from './suite.ts';
import type { Suite } from './suite.ts';

/** Attributes of phase 2. RFC 2407 section 4.5, and the registry for the last one (RFC 4304). */
const ATTRIBUTE = {
  encapsulationMode: 4,
  authentication: 5,
  keyLength: 6,
  extendedSequence: 11,
} as const;

/** Encapsulation modes of tunnels: RFC 2407 section 4.5, RFC 3947 section 5.1, and its drafts. */
const TUNNELS: ReadonlySet<number> = new Set([1, 3, 61_443]);
const TRANSPORTS: ReadonlySet<number> = new Set([2, 4, 61_444]);

/** ESP transforms whose number IKEv2 uses for something else, or not: ESP_CAMELLIA, ESP_NULL_AUTH_AES-GMAC. */
const RENUMBERED: ReadonlyMap<number, number> = new Map([
  [22, 23],
  [23, 21],
]);
/** Transforms below have the same number in IKEv2. */
const FIRST_OTHER = 21;

/** Authentication algorithms (RFC 2407 section 4.5, RFC 4868 section 2.6, RFC 3566) to transforms of IKEv2. */
const AUTHENTICATION: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 2],
  [5, 12],
  [6, 13],
  [7, 14],
  [9, 5],
]);

/** What quick mode agrees on for one association. */
export interface QuickModeSuite extends Pick<
  Suite,
  'encryption' | 'keyLength' | 'integrity' | 'extendedSequence'
> {
  readonly isTransport: boolean;
  /** Addresses may be translated on the way: the selectors are then not what stands in packets. RFC 3947. */
  readonly isInUdp: boolean;
}

function numberIn({ attributes }: Ikev1Transform, type: number): number | undefined {
  const found = attributes.find((attribute) => attribute.type === type);
  return found === undefined ? undefined : attributeNumber(found);
}

function integrityOf(transform: Ikev1Transform): IntegrityTransform | string {
  const id = numberIn(transform, ATTRIBUTE.authentication);
  if (id === undefined || id === 0) return NULL_INTEGRITY;
  const number = AUTHENTICATION.get(id);
  const found = number === undefined ? undefined : integrityOfNumber(number);
  return found ?? `authentication algorithm ${id}`;
}

/**
 * Algorithms of a chosen transform of ESP.
 * @returns words about what is missing, when this program cannot compute one of them
 */
export function quickModeSuite(transform: Ikev1Transform): QuickModeSuite | string {
  const { id } = transform;
  const number = id < FIRST_OTHER ? id : (RENUMBERED.get(id) ?? 0);
  // RFC 2407 section 4.5: the attribute is there where an algorithm has several lengths.
  const sized = encryptionOfNumber(number, numberIn(transform, ATTRIBUTE.keyLength));
  if (sized === undefined) return `ESP transform ${id}`;
  const integrity = integrityOf(transform);
  if (typeof integrity === 'string') return integrity;
  const mode = numberIn(transform, ATTRIBUTE.encapsulationMode) ?? 0;
  if (!TUNNELS.has(mode) && !TRANSPORTS.has(mode)) return `encapsulation mode ${mode}`;
  return {
    ...sized,
    // RFC 4106 section 8: a combined algorithm has no other integrity.
    integrity: sized.encryption.icvLength > 0 ? NULL_INTEGRITY : integrity,
    extendedSequence: numberIn(transform, ATTRIBUTE.extendedSequence) === 1,
    isTransport: TRANSPORTS.has(mode),
    isInUdp: mode > 2,
  };
}
