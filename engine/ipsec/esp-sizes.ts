/**
 * How long ESP packets are that carry the signalling of Mobile IPv6, under every transform there is.
 *
 * Computed from the lengths of the messages (RFC 6275 sections 6.1 and 6.7), the padding of RFC 4303 section 2.4 and
 * the lengths of IV, block and ICV. A set of transforms is a bit mask; a flow that uses one transform has packets of
 * which at least one bit stays.
 */
import { ENCRYPTION_TRANSFORMS, INTEGRITY_TRANSFORMS } from '../crypto/transforms.ts';

/** SPI and sequence number; Pad Length and Next Header. */
const ESP_HEADER = 8;
const TRAILER = 2;
const IPV6_HEADER = 40;

/** Longest ESP packet that may be signalling, octets. */
export const LONGEST_SIGNALLING = 512;

/** Octets a transform adds, and the multiple that ciphertext has. */
interface Shape {
  readonly iv: number;
  readonly block: number;
  readonly icv: number;
}

function shapes(): readonly Shape[] {
  const found = new Map<string, Shape>();
  const add = (iv: number, blockLength: number, icv: number): void => {
    const block = Math.max(4, blockLength);
    found.set(`${iv}/${block}/${icv}`, { iv, block, icv });
  };
  for (const { rfc, ivLength, blockLength, icvLength } of ENCRYPTION_TRANSFORMS) {
    if (icvLength > 0) add(ivLength, blockLength, icvLength);
    // Without integrity there is no signalling: RFC 3776 section 4.3.
    else
      for (const { icvLength: icv, rfc: defined } of INTEGRITY_TRANSFORMS) {
        if (defined > 0 && (icv > 0 || rfc === 2410)) add(ivLength, blockLength, icv);
      }
  }
  return [...found.values()];
}

const SHAPES = shapes().slice(0, 32);

/** Transforms by length of the packet, for payloads of the lengths. */
function masks(payloads: Iterable<number>): Int32Array {
  const table = new Int32Array(LONGEST_SIGNALLING + 1);
  for (const payload of payloads) {
    SHAPES.forEach(({ iv, block, icv }, bit) => {
      const cipherOctets = Math.ceil((payload + TRAILER) / block) * block;
      const size = ESP_HEADER + iv + cipherOctets + icv;
      if (size <= LONGEST_SIGNALLING) table[size] = (table[size] ?? 0) | (1 << bit);
    });
  }
  return table;
}

/** Multiples of 8 from `first` on. */
function* multiples(first: number): Iterable<number> {
  for (let octets = first; octets <= LONGEST_SIGNALLING; octets += 8) yield octets;
}

/** Binding Update and Acknowledgement: 12 octets and options, in multiples of 8. RFC 6275 sections 6.1.7, 6.1.8. */
const BINDING = masks(multiples(16));
/** Mobile Prefix Solicitation: no options. RFC 6275 section 6.7. */
const SOLICITATION = masks([8]);
/** Mobile Prefix Advertisement with a Prefix Information option at least. RFC 6275 section 6.8. */
const ADVERTISEMENT = masks(multiples(40));
/** Home Test Init and Home Test in a tunnel. RFC 6275 sections 6.1.3 and 6.1.5. */
const HOME_TEST_INIT = masks([IPV6_HEADER + 16]);
const HOME_TEST = masks([IPV6_HEADER + 24]);

/** What a packet may be by its length. */
export type SizedMessage =
  | 'binding'
  | 'solicitation'
  | 'advertisement'
  | 'home-test-init'
  | 'home-test';

const TABLES: Readonly<Record<SizedMessage, Int32Array>> = {
  binding: BINDING,
  solicitation: SOLICITATION,
  advertisement: ADVERTISEMENT,
  'home-test-init': HOME_TEST_INIT,
  'home-test': HOME_TEST,
};

/**
 * Transforms under which an ESP packet of this length carries such a message, one bit each; 0 = none.
 * @param size octets of the ESP packet on the wire
 */
export function transformsFor(message: SizedMessage, size: number): number {
  return TABLES[message][size] ?? 0;
}
