/**
 * What the RSA Signature option of secure neighbor discovery is a signature over. RFC 3971 section 5.2.
 */
import { copyOctets, putU16 } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { icmpv6Checksum } from '../../dissectors/icmpv6/index.ts';
import { sha1 } from './hmac.ts';

/** CGA Message Type tag of SEND. RFC 3971 section 5.2. */
const SEND_TAG = Uint8Array.of(
  ...[0x08, 0x6f, 0xca, 0x5e, 0x10, 0xb2, 0x00, 0xc9],
  ...[0x9c, 0x8c, 0xe0, 0x01, 0x64, 0x27, 0x7c, 0x08],
);
/** Octets of a Key Hash. */
export const KEY_HASH_OCTETS = 16;
/** Checksum field of an ICMPv6 message. */
const CHECKSUM = 2;

/** First 128 bits of the SHA-1 hash of a public key. RFC 3971 section 5.2. */
export function keyHash(publicKey: Uint8Array): Uint8Array {
  return sha1(publicKey).slice(0, KEY_HASH_OCTETS);
}

/**
 * Octets that a signature is over. Section 5.2.1 has the message constructed in its entirety without the option and signed
 * in that form: so the checksum is that of the message without it, and not the one on the wire, which covers the signature.
 * @param source,destination addresses of the IPv6 header
 * @param bytes the message at `[offset, end)`, up to and without the RSA Signature option; its checksum does not matter
 */
export function sendSignedOctets(
  source: Uint8Array,
  destination: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  end: number,
): Uint8Array {
  const message = copyOctets(bytes, offset, end);
  putU16(message, CHECKSUM, 0);
  const addresses = concatenate([source, destination]);
  putU16(message, CHECKSUM, icmpv6Checksum(addresses, 0, 16, message, 0, message.length));
  return concatenate([SEND_TAG, addresses, message]);
}
