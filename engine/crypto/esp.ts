/**
 * Opening and sealing of ESP packets (RFC 4303 section 3.3, 3.4): ICV first, then decryption, then the
 * trailer.
 *
 * Nothing here throws on any packet; only wrong keys and wrong calls of `sealEsp` do.
 */
import { putU32, u32, u8 } from '../../dissectors/core/bytes.ts';
import {
  ESP_HEADER_LENGTH,
  EspScratch,
  KeptPlaintext,
  NO_SEQUENCE_HIGH,
  type CryptoBackend,
  type EspCipher,
  type EspIntegrity,
} from './esp-backend.ts';
import type { EncryptionTransform, IntegrityTransform } from './transforms.ts';

export { EspScratch, KeptPlaintext, NO_SEQUENCE_HIGH };

/** Pad length and next header. */
const TRAILER_LENGTH = 2;
/** Next header of a dummy packet (RFC 4303 section 2.6). */
const NO_NEXT_HEADER = 59;

/** What came of an ESP packet. */
export const EspStatus = {
  OK: 0,
  /** The ICV is not the one of these octets under this key. Nothing was decrypted. */
  ICV_MISMATCH: 1,
  /** No room for header, IV, trailer and ICV. */
  TOO_SHORT: 2,
  /** The ciphertext is no whole number of blocks, or of 4 octets. */
  NOT_BLOCK_ALIGNED: 3,
  /** Pad length is larger than the plaintext: wrong key, wrong algorithm or a broken sender. */
  PAD_LENGTH: 4,
  /** Padding is not 1, 2, 3, ... (RFC 4303 section 2.4). The payload is given all the same. */
  PAD_CONTENT: 5,
  /** The crypto backend lacks the transform. */
  UNSUPPORTED: 6,
  /** Next header 59: a packet to be thrown away (RFC 4303 section 2.6). */
  DUMMY: 7,
  /** The crypto backend failed. */
  DECRYPT_FAILED: 8,
} as const;
export type EspStatus = (typeof EspStatus)[keyof typeof EspStatus];

/** Outcome of {@link openEsp}; the caller owns it and it is filled again for each packet. */
export interface EspResult {
  status: EspStatus;
  /** Whether an ICV was there, was checked and was right. Never true for NULL and unchecked integrity. */
  integrityVerified: boolean;
  /** Low 32 bits of the sequence number, as transmitted. 0 when TOO_SHORT for it. */
  sequence: number;
  /** High 32 bits that the ICV was computed with, or `NO_SEQUENCE_HIGH`. */
  sequenceHigh: number;
  /**
   * Holds the payload at `[payloadOffset, payloadEnd)` when the status is OK, PAD_CONTENT or DUMMY; valid until
   * the scratch buffer is used again. Is the packet itself when nothing is encrypted.
   */
  bytes: Uint8Array;
  payloadOffset: number;
  payloadEnd: number;
  /** Next header of the trailer, 0..255. */
  nextHeader: number;
  /** Octets of padding, 0..255. */
  padLength: number;
  /** 1 when AES-GMAC matched with the IV in the authenticated data (RFC 4543 figure 4), else 0. */
  variant: number;
}

/** A result to be filled by {@link openEsp}. */
export function createEspResult(): EspResult {
  return {
    status: EspStatus.TOO_SHORT,
    integrityVerified: false,
    sequence: 0,
    sequenceHigh: NO_SEQUENCE_HIGH,
    bytes: new Uint8Array(0),
    payloadOffset: 0,
    payloadEnd: 0,
    nextHeader: 0,
    padLength: 0,
    variant: 0,
  };
}

/** What {@link EspContext} is made of. */
export interface EspKeys {
  readonly encryption: EncryptionTransform;
  /** Salt or nonce included, at the end. */
  readonly encryptionKey: Uint8Array;
  /** Must be NULL when the encryption transform authenticates as well. */
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
  /** Default `node`. */
  readonly backend?: CryptoBackend;
}

/** Fields of a packet to seal. */
export interface EspPacketFields {
  readonly spi: number;
  /** Low 32 bits of the sequence number. */
  readonly sequence: number;
  /** High 32 bits, with extended sequence numbers only. */
  readonly sequenceHigh?: number;
  /** As many octets as the transform has IV. The caller cares for its rules: unpredictable for CBC, unique for CTR and AEAD. */
  readonly iv: Uint8Array;
  readonly nextHeader: number;
  readonly payload: Uint8Array;
  /** Padding to use instead of the shortest 1, 2, 3, ... Must lead to a whole number of blocks. */
  readonly padding?: Uint8Array;
}

/**
 * The keys of one security association, ready for use. Key material is in private fields: neither JSON nor
 * `console.log` nor an error shows it.
 */
export class EspContext {
  readonly encryption: EncryptionTransform;
  readonly integrity: IntegrityTransform;
  /** Whether the crypto backend has both transforms. */
  readonly isSupported: boolean;
  readonly #cipher: EspCipher | undefined;
  readonly #integrity: EspIntegrity | undefined;
  /** Octets before the ciphertext. */
  readonly #textOffset: number;
  readonly #icvLength: number;
  /** The ciphertext is a multiple of this; a power of two. */
  readonly #alignment: number;

  /** @throws RangeError when a key has the wrong length, or two transforms would authenticate. */
  constructor(keys: EspKeys) {
    const { encryption, encryptionKey, integrity, integrityKey, backend = 'node' } = keys;
    checkKeyLengths(keys);
    this.encryption = encryption;
    this.integrity = integrity;
    this.#textOffset = ESP_HEADER_LENGTH + encryption.ivLength;
    this.#icvLength = encryption.icvLength + integrity.icvLength;
    // RFC 4303 section 2.4: the trailer ends at a 4-octet boundary whatever the block length.
    this.#alignment = Math.max(4, encryption.blockLength);
    let isSupported = true;
    try {
      this.#cipher = encryption.create(encryptionKey, backend);
      this.#integrity = integrity.create?.(integrityKey, backend);
    } catch {
      isSupported = false;
    }
    this.isSupported = isSupported;
  }

  /** Octets of an ESP packet around a payload of the given length, with the shortest padding. */
  sealedLength(payloadLength: number): number {
    const text = payloadLength + TRAILER_LENGTH;
    const padded = Math.ceil(text / this.#alignment) * this.#alignment;
    return this.#textOffset + padded + this.#icvLength;
  }

  /**
   * Opens the packet `[offset, end)`; see {@link openEsp}.
   * @param sequenceHigh upper half of the sequence number, or `NO_SEQUENCE_HIGH`.
   */
  open(
    bytes: Uint8Array,
    offset: number,
    end: number,
    sequenceHigh: number,
    scratch: EspScratch,
    result: EspResult,
  ): void {
    const length = Math.min(end, bytes.length) - offset;
    result.integrityVerified = false;
    result.sequence = length >= ESP_HEADER_LENGTH ? u32(bytes, offset + 4) : 0;
    result.sequenceHigh = sequenceHigh;
    result.bytes = bytes;
    result.payloadOffset = offset;
    result.payloadEnd = offset;
    result.nextHeader = 0;
    result.padLength = 0;
    result.variant = 0;
    result.status = this.#open(bytes, offset, length, sequenceHigh, scratch, result);
  }

  #open(
    bytes: Uint8Array,
    offset: number,
    length: number,
    sequenceHigh: number,
    scratch: EspScratch,
    result: EspResult,
  ): EspStatus {
    const cipher = this.#cipher;
    if (cipher === undefined || !this.isSupported) return EspStatus.UNSUPPORTED;
    const textLength = length - this.#textOffset - this.#icvLength;
    // Not `<`: also an offset that is no number ends here.
    if (!(offset >= 0 && textLength >= TRAILER_LENGTH)) return EspStatus.TOO_SHORT;
    if ((textLength & (this.#alignment - 1)) !== 0) return EspStatus.NOT_BLOCK_ALIGNED;
    const icv = offset + this.#textOffset + textLength;
    try {
      if (this.#integrity?.verify(bytes, offset, icv, sequenceHigh) === false) {
        return EspStatus.ICV_MISMATCH;
      }
      scratch.variant = 0;
      if (!cipher.open(bytes, offset, icv, sequenceHigh, scratch)) return EspStatus.ICV_MISMATCH;
    } catch {
      return EspStatus.DECRYPT_FAILED;
    }
    result.integrityVerified = this.#integrity !== undefined || this.encryption.icvLength > 0;
    result.variant = scratch.variant;
    return readTrailer(scratch.bytes, scratch.offset, textLength, result);
  }

  /**
   * Makes a packet; see {@link sealEsp}.
   * @throws RangeError when the IV or the padding does not fit the transform.
   * @throws Error when the crypto backend lacks the transform.
   */
  seal(fields: EspPacketFields): Uint8Array {
    const { payload, padding } = fields;
    const length =
      padding === undefined
        ? this.sealedLength(payload.length)
        : this.#textOffset + payload.length + padding.length + TRAILER_LENGTH + this.#icvLength;
    const packet = new Uint8Array(length);
    this.sealInto(packet, fields);
    return packet;
  }

  /**
   * As {@link seal}, into octets of the caller, all of which are written.
   * @param packet as long as the packet is: {@link sealedLength} octets when no padding is given
   * @throws as {@link seal}, and RangeError for another length
   */
  sealInto(packet: Uint8Array, fields: EspPacketFields): void {
    const { iv, payload, padding, sequenceHigh = NO_SEQUENCE_HIGH } = fields;
    const cipher = this.#cipher;
    if (cipher === undefined || !this.isSupported) {
      throw new Error(
        `${this.encryption.name} with ${this.integrity.name}: the crypto backend lacks it`,
      );
    }
    if (iv.length !== this.encryption.ivLength) {
      throw new RangeError(
        `IV has ${iv.length} octets; ${this.encryption.name} takes ${this.encryption.ivLength}`,
      );
    }
    const icv = packet.length - this.#icvLength;
    const textLength = icv - this.#textOffset;
    const padLength = textLength - payload.length - TRAILER_LENGTH;
    if (padLength < 0 || (padding !== undefined && padLength !== padding.length)) {
      throw new RangeError(
        `${packet.length} octets for a payload of ${payload.length}: not what the packet takes`,
      );
    }
    if (padLength > 255 || (textLength & (this.#alignment - 1)) !== 0) {
      throw new RangeError(
        `padding of ${padLength} octets: payload, padding and trailer have to be a multiple of ${this.#alignment} octets, padding at most 255`,
      );
    }
    putU32(packet, 0, fields.spi);
    putU32(packet, 4, fields.sequence);
    packet.set(iv, ESP_HEADER_LENGTH);
    packet.set(payload, this.#textOffset);
    const padAt = this.#textOffset + payload.length;
    if (padding !== undefined) packet.set(padding, padAt);
    // RFC 4303 section 2.4: 1, 2, 3, ...
    else for (let i = 0; i < padLength; i++) packet[padAt + i] = i + 1;
    packet[icv - 2] = padLength;
    packet[icv - 1] = fields.nextHeader;
    cipher.seal(packet, icv, sequenceHigh);
    this.#integrity?.sign(packet, icv, sequenceHigh);
  }
}

/** @throws RangeError when a key has the wrong length, or two transforms would authenticate */
export function checkKeyLengths(keys: EspKeys): void {
  const { encryption, encryptionKey, integrity, integrityKey } = keys;
  const expected = encryption.keyLengths;
  if (!(expected.length === 0 ? [0] : expected).includes(encryptionKey.length)) {
    throw new RangeError(
      `key of ${encryption.name} has ${encryptionKey.length} octets; expected ${expected.join(', ') || 'none'}`,
    );
  }
  if (integrity.create !== undefined) {
    const isRight = integrity.anyKeyLength
      ? integrityKey.length > 0
      : integrityKey.length === integrity.keyLength;
    if (!isRight) {
      throw new RangeError(
        `key of ${integrity.name} has ${integrityKey.length} octets; expected ${integrity.keyLength}`,
      );
    }
  }
  if (encryption.icvLength > 0 && integrity.icvLength > 0) {
    throw new RangeError(
      `${encryption.name} authenticates already; the integrity transform has to be NULL, not ${integrity.name}`,
    );
  }
}

/** Reads padding, pad length and next header of a plaintext at `[offset, offset + length)`. */
function readTrailer(
  bytes: Uint8Array,
  offset: number,
  length: number,
  result: EspResult,
): EspStatus {
  const trailer = offset + length - TRAILER_LENGTH;
  const padLength = u8(bytes, trailer);
  const nextHeader = u8(bytes, trailer + 1);
  result.bytes = bytes;
  result.payloadOffset = offset;
  result.padLength = padLength;
  result.nextHeader = nextHeader;
  if (padLength > length - TRAILER_LENGTH) {
    result.payloadEnd = offset;
    return EspStatus.PAD_LENGTH;
  }
  const padding = trailer - padLength;
  result.payloadEnd = padding;
  if (nextHeader === NO_NEXT_HEADER) return EspStatus.DUMMY;
  for (let i = 0; i < padLength; i++) {
    if (u8(bytes, padding + i) !== i + 1) return EspStatus.PAD_CONTENT;
  }
  return EspStatus.OK;
}

/** Without a verified ICV only right padding tells a right key from a wrong one. RFC 4303 section 2.4. */
export function isOpen(result: Pick<EspResult, 'status' | 'integrityVerified'>): boolean {
  switch (result.status) {
    case EspStatus.OK:
    case EspStatus.DUMMY:
      return true;
    case EspStatus.PAD_CONTENT:
      return result.integrityVerified;
    default:
      return false;
  }
}

/** What {@link openEsp} and {@link sealEsp} need of a security association. */
export interface EspAssociation {
  readonly esp: EspContext;
  /** Upper half of the sequence number of a packet, or `NO_SEQUENCE_HIGH`. */
  sequenceHigh(sequence: number): number;
}

/**
 * Verifies and decrypts one ESP packet.
 * @param offset of the SPI.
 * @param end of the ESP packet, ICV included; what lies behind the captured octets is cut off.
 * @param scratch takes the plaintext; one for each nesting depth.
 * @param result filled in any case. Never throws.
 */
export function openEsp(
  association: EspAssociation,
  bytes: Uint8Array,
  offset: number,
  end: number,
  scratch: EspScratch,
  result: EspResult,
): void {
  const sequence = u32(bytes, offset + 4);
  association.esp.open(bytes, offset, end, association.sequenceHigh(sequence), scratch, result);
}

/**
 * Makes the ESP packet of a payload. Same input, same octets.
 * @throws RangeError when the IV or the padding does not fit the transform.
 * @throws Error when the crypto backend lacks the transform.
 */
export function sealEsp(
  association: { readonly esp: EspContext; readonly spi: number | undefined },
  fields: Omit<EspPacketFields, 'spi'> & { readonly spi?: number },
): Uint8Array {
  const spi = fields.spi ?? association.spi;
  if (spi === undefined) {
    throw new RangeError('the association stands for any SPI; say which one to write');
  }
  return association.esp.seal({ ...fields, spi });
}
