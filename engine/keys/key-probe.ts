/**
 * Tries keys on packets that they were not meant for, to explain why an association opens nothing. Only a right ICV
 * counts as proof; it cannot come about by chance.
 */
import { u32 } from '../../dissectors/core/bytes.ts';
import type { Ipv6View } from '../../dissectors/walk.ts';
import { createEspResult, EspContext, EspScratch, NO_SEQUENCE_HIGH } from '../crypto/esp.ts';
import {
  ENCRYPTION_TRANSFORMS,
  INTEGRITY_TRANSFORMS,
  NULL_INTEGRITY,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../crypto/transforms.ts';
import type { AssociationEntry } from './key-file.ts';

/** Another way to use the keys of an association. */
export interface KeyAlternative {
  readonly kind: 'algorithm' | 'sequence-length';
  /** What would have to be written, in words: `HMAC-SHA-256-128 [RFC4868]`. */
  readonly wanted: string;
  readonly context: EspContext;
  /** Upper half of sequence numbers: 0 with extended ones. */
  readonly sequenceHigh: number;
}

/** Tries keys. One for a run: it reuses its buffers. */
export class KeyProbe {
  readonly #scratch = new EspScratch();
  readonly #result = createEspResult();
  readonly #alternatives = new Map<AssociationEntry, readonly KeyAlternative[]>();

  /** Whether the association verifies the ESP packet of the view, whatever its addresses and SPI. */
  verifies({ association }: AssociationEntry, view: Ipv6View): boolean {
    const high = association.sequenceHigh(u32(view.bytes, view.esp + 4));
    return this.#opens(association.esp, view, high);
  }

  /** The alternative of the association that verifies the ESP packet of the view. */
  alternative(entry: AssociationEntry, view: Ipv6View): KeyAlternative | undefined {
    let known = this.#alternatives.get(entry);
    if (known === undefined) {
      known = alternativesOf(entry);
      this.#alternatives.set(entry, known);
    }
    return known.find(({ context, sequenceHigh }) => this.#opens(context, view, sequenceHigh));
  }

  #opens(context: EspContext, view: Ipv6View, sequenceHigh: number): boolean {
    context.open(view.bytes, view.esp, view.end, sequenceHigh, this.#scratch, this.#result);
    return this.#result.integrityVerified;
  }
}

/** Other transforms that take keys of these lengths, and the other length of sequence numbers. */
function alternativesOf(entry: AssociationEntry): KeyAlternative[] {
  const { esp, extendedSequence } = entry.association;
  const { encryption, integrity } = esp;
  const own = extendedSequence ? 0 : NO_SEQUENCE_HIGH;
  const other = extendedSequence ? NO_SEQUENCE_HIGH : 0;
  const alternatives: KeyAlternative[] = [];
  const add = (
    kind: KeyAlternative['kind'],
    wanted: string,
    cipher: EncryptionTransform,
    check: IntegrityTransform,
    sequenceHigh: number,
  ): void => {
    const context = contextOf(entry, cipher, check);
    if (context !== undefined) alternatives.push({ kind, wanted, context, sequenceHigh });
  };
  const sequences = extendedSequence
    ? 'sequence numbers of 32 bits'
    : 'extended sequence numbers (64 bits)';
  add('sequence-length', sequences, encryption, integrity, other);
  if (encryption.icvLength > 0) {
    for (const row of ENCRYPTION_TRANSFORMS) {
      if (row !== encryption && row.icvLength > 0) {
        add('algorithm', row.name, row, NULL_INTEGRITY, own);
      }
    }
  } else {
    for (const row of INTEGRITY_TRANSFORMS) {
      if (row !== integrity && row.create !== undefined) {
        add('algorithm', row.name, encryption, row, own);
      }
    }
  }
  return alternatives;
}

/** The keys with other transforms; `undefined` where their lengths are not the ones those demand. */
function contextOf(
  { encryptionKey, integrityKey }: AssociationEntry,
  encryption: EncryptionTransform,
  integrity: IntegrityTransform,
): EspContext | undefined {
  const isCipherKey =
    encryption.keyLengths.length === 0
      ? encryptionKey.length === 0
      : encryption.keyLengths.includes(encryptionKey.length);
  const isCheckKey = integrity.create === undefined || integrity.keyLength === integrityKey.length;
  if (!isCipherKey || !isCheckKey) return undefined;
  const context = new EspContext({
    encryption,
    encryptionKey: encryptionKey.reveal(),
    integrity,
    integrityKey: integrity.create === undefined ? new Uint8Array(0) : integrityKey.reveal(),
  });
  return context.isSupported ? context : undefined;
}
