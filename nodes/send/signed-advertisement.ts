/**
 * The options of a signed router advertisement, and what they say by themselves. RFC 3971 sections 5.1 to 5.3.
 */
import { copyOctets, equalBytes, u8 } from '../../dissectors/core/bytes.ts';
import { cgaFault, cgaPublicKey } from '../../engine/crypto/cga.ts';
import { KEY_HASH_OCTETS, keyHash, sendSignedOctets } from '../../engine/crypto/send-signature.ts';
import { signatureOctets, verifySignature } from '../../engine/crypto/signature.ts';
import type { LinkMessage } from '../interface/network-interface.ts';
import { MIN_KEY_BITS, OPTION } from './constants.ts';
import { decodeTimestamp } from './freshness.ts';

/** Octets of a router advertisement before its options. RFC 4861 section 4.2. */
const OPTIONS_OFFSET = 16;
const UNIT = 8;
/** Octets of the CGA option before the parameters, of the signature option before the hash and before the signature. */
const PARAMETERS_OFFSET = 4;
const KEY_HASH_OFFSET = 4;
const SIGNATURE_OFFSET = 20;
const TIMESTAMP_OFFSET = 8;
const TIMESTAMP_OPTION_OCTETS = 16;

/** What a signed advertisement says about itself; nothing of it is verified. */
export interface SignedAdvertisement {
  /** CGA Parameters. */
  readonly parameters: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly nonce: Uint8Array | undefined;
  /** Where the signature option starts and ends in the payload. */
  readonly signatureStart: number;
  readonly signatureEnd: number;
}

type Places = Map<number, { readonly start: number; readonly end: number }>;

/** Finds the options of a router advertisement. @returns what is wrong, in words */
export function readSignedAdvertisement({ payload }: LinkMessage): SignedAdvertisement | string {
  const places: Places = new Map();
  for (let at = OPTIONS_OFFSET; at + 2 <= payload.length;) {
    const type = u8(payload, at);
    const end = at + u8(payload, at + 1) * UNIT;
    if (end === at || end > payload.length) return 'the options are malformed';
    const isOfSend = type >= OPTION.cga && type <= OPTION.nonce;
    if (isOfSend && places.has(type)) return 'an option of SEND is there twice';
    if (isOfSend) places.set(type, { start: at, end });
    at = end;
  }
  const signature = places.get(OPTION.signature);
  if (signature === undefined) return 'it is not signed';
  // Section 5.2.2: what follows is to be ignored; neighbor discovery would not, so all of it is refused.
  if (signature.end < payload.length) return 'options follow the signature';
  if (signature.end - signature.start <= SIGNATURE_OFFSET) return 'the signature is empty';
  const cga = places.get(OPTION.cga);
  if (cga === undefined) return 'it has no CGA parameters';
  const padding = u8(payload, cga.start + 2);
  const parametersEnd = Math.max(cga.start + PARAMETERS_OFFSET, cga.end - padding);
  const parameters = copyOctets(payload, cga.start + PARAMETERS_OFFSET, parametersEnd);
  const time = places.get(OPTION.timestamp);
  if (time === undefined || time.end - time.start !== TIMESTAMP_OPTION_OCTETS) {
    return 'it has no timestamp';
  }
  const nonce = places.get(OPTION.nonce);
  return {
    parameters,
    publicKey: cgaPublicKey(parameters),
    timestamp: decodeTimestamp(payload, time.start + TIMESTAMP_OFFSET),
    nonce: nonce === undefined ? undefined : copyOctets(payload, nonce.start + 2, nonce.end),
    signatureStart: signature.start,
    signatureEnd: signature.end,
  };
}

/** What is wrong with address and key, which costs hashes only. Section 5.1.2. */
export function addressFault(packet: LinkMessage, signed: SignedAdvertisement): string | undefined {
  const { parameters, publicKey, signatureStart } = signed;
  const fault = cgaFault(packet.wireSource, parameters);
  if (fault !== undefined) return `the source is not generated from its key: ${fault}`;
  const hash = signatureStart + KEY_HASH_OFFSET;
  if (!equalBytes(keyHash(publicKey), 0, packet.payload, hash, KEY_HASH_OCTETS)) {
    // Section 5.1: two different keys.
    return 'the signature names another key than the address is generated from';
  }
  return undefined;
}

/** What is wrong with key and signature, which costs an RSA operation. Section 5.2.2. */
export function signatureFault(
  packet: LinkMessage,
  { publicKey, signatureStart, signatureEnd }: SignedAdvertisement,
): string | undefined {
  const { payload, wireSource, wireDestination } = packet;
  const octets = signatureOctets(publicKey);
  if (octets === 0) return 'its key is no RSA key';
  if (octets * 8 < MIN_KEY_BITS) return `its key has less than ${MIN_KEY_BITS} bits`;
  const from = signatureStart + SIGNATURE_OFFSET;
  if (from + octets > signatureEnd) return 'the signature is cut';
  const data = sendSignedOctets(wireSource, wireDestination, payload, 0, signatureStart);
  const isRight = verifySignature(publicKey, data, copyOctets(payload, from, from + octets));
  if (isRight === undefined) return 'signatures over SHA-1 cannot be verified on this machine';
  return isRight ? undefined : 'the signature is wrong';
}
