/**
 * Secure neighbor discovery: CGA and RSA Signature options. RFC 3971 sections 5.1 and 5.2.
 */
import { copyOctets, equalBytes, u8 } from '../../dissectors/core/bytes.ts';
import type { NeighborDiscoveryToVerify, Verification } from '../../dissectors/verification.ts';
import { cgaFault, cgaPublicKey } from '../crypto/cga.ts';
import { KEY_HASH_OCTETS, keyHash, sendSignedOctets } from '../crypto/send-signature.ts';
import { signatureOctets, verifySignature } from '../crypto/signature.ts';

const CGA_OPTION = 11;
const RSA_SIGNATURE_OPTION = 12;
const UNIT = 8;
/** Octets of the RSA Signature option before the signature. */
const SIGNATURE_OFFSET = 20;
/** Octets of the CGA option before the parameters. */
const PARAMETERS_OFFSET = 4;

const TARGET_OFFSET = 8;
const NEIGHBOR_SOLICITATION = 135;

/** Address that the CGA must be: the source, but of a duplicate address probe the one solicited. RFC 3971 section 5.1.1. */
function claimedAddress(message: NeighborDiscoveryToVerify): Uint8Array {
  const { bytes, offset, end, wireSource } = message;
  const isSolicitation = u8(bytes, offset) === NEIGHBOR_SOLICITATION;
  const isUnspecified = wireSource.every((octet) => octet === 0);
  const hasTarget = offset + TARGET_OFFSET + 16 <= end;
  return isSolicitation && isUnspecified && hasTarget
    ? copyOctets(bytes, offset + TARGET_OFFSET, offset + TARGET_OFFSET + 16)
    : wireSource;
}

interface Parameters {
  readonly octets: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** CGA Parameters of the option at `[at, to)`. */
function parametersOf(bytes: Uint8Array, at: number, to: number): Parameters | undefined {
  if (to - at < PARAMETERS_OFFSET) return undefined;
  const octets = copyOctets(
    bytes,
    at + PARAMETERS_OFFSET,
    Math.max(at + 4, to - u8(bytes, at + 2)),
  );
  return { octets, publicKey: cgaPublicKey(octets) };
}

/**
 * Verdicts on the CGA and RSA Signature options of a message.
 * @param publicKeys supplied ones, by which a message without CGA option is verified.
 */
export function verifyNeighborDiscovery(
  message: NeighborDiscoveryToVerify,
  publicKeys: readonly Uint8Array[],
): Verification[] {
  const { bytes, optionsOffset, end } = message;
  const verdicts: Verification[] = [];
  let parameters: Parameters | undefined;
  for (let at = optionsOffset; at + 2 <= end;) {
    const to = at + u8(bytes, at + 1) * UNIT;
    if (to === at || to > end) break;
    const type = u8(bytes, at);
    if (type === CGA_OPTION) {
      parameters = parametersOf(bytes, at, to);
      verdicts.push(cgaVerdict(at, parameters, claimedAddress(message)));
    } else if (type === RSA_SIGNATURE_OPTION) {
      verdicts.push(signatureVerdict(message, at, to, parameters, publicKeys));
    }
    at = to;
  }
  return verdicts;
}

function cgaVerdict(
  offset: number,
  parameters: Parameters | undefined,
  address: Uint8Array,
): Verification {
  const fault =
    parameters === undefined ? 'no CGA Parameters' : cgaFault(address, parameters.octets);
  return {
    offset,
    label: 'CGA verification',
    name: 'icmpv6.opt.cga.status',
    status: fault === undefined ? 'right' : 'wrong',
    detail: fault ?? 'the address belongs to the public key',
    code: 'CGA',
  };
}

function signatureVerdict(
  message: NeighborDiscoveryToVerify,
  at: number,
  to: number,
  parameters: Parameters | undefined,
  publicKeys: readonly Uint8Array[],
): Verification {
  const { bytes, offset, wireSource, wireDestination } = message;
  const verdict = (status: Verification['status'], detail: string): Verification => ({
    offset: at,
    label: 'Signature verification',
    name: 'icmpv6.opt.rsa.status',
    status,
    detail,
    code: 'SEND_SIGNATURE',
  });
  if (to - at <= SIGNATURE_OFFSET) return verdict('wrong', 'no signature');
  const keys = parameters === undefined ? publicKeys : [parameters.publicKey, ...publicKeys];
  const publicKey = keys.find((key) =>
    equalBytes(keyHash(key), 0, bytes, at + PARAMETERS_OFFSET, KEY_HASH_OCTETS),
  );
  if (publicKey === undefined) {
    return parameters === undefined
      ? verdict('not-verified', 'no CGA option before it, and no supplied key has this Key Hash')
      : verdict('wrong', 'the Key Hash is not that of the public key in the CGA option');
  }
  // What follows the signature is padding; only the key tells where it starts.
  const length = Math.min(signatureOctets(publicKey), to - at - SIGNATURE_OFFSET);
  const data = sendSignedOctets(wireSource, wireDestination, bytes, offset, at);
  const from = at + SIGNATURE_OFFSET;
  const isRight = verifySignature(publicKey, data, copyOctets(bytes, from, from + length));
  if (isRight === undefined) return verdict('not-verified', 'no RSA key that can be used');
  const source = parameters === undefined ? 'a supplied key' : 'the key in the CGA option';
  return verdict(isRight ? 'right' : 'wrong', `with ${source}`);
}
