/**
 * Verifies authenticators and signatures of messages, packet after packet: with supplied keys, and with the
 * keygen tokens of the return routability exchanges that it saw. RFC 6275 section 5.2.6.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import { copyOctets, equalBytes, u32, u8 } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type {
  MobilityToVerify,
  NeighborDiscoveryToVerify,
  Verification,
  Verifier,
} from '../../dissectors/verification.ts';
import { cgaFault, cgaPublicKey } from '../crypto/cga.ts';
import { hmacSha1, sha1 } from '../crypto/hmac.ts';
import { verifySignature } from '../crypto/signature.ts';
import {
  AUTHENTICATOR_OCTETS,
  bindingAuthenticator,
  bindingManagementKey,
  keygenToken,
} from '../mobility/authenticator.ts';
import { SeenTokens } from '../state/keygen-tokens.ts';
import { NO_VERIFICATION_KEYS } from './keys.ts';
import type { VerificationKeys } from './keys.ts';
import { verifyNeighborDiscovery } from './neighbor-discovery.ts';

/** Option types. RFC 6275, 4285, 4866 and 5568. */
const BINDING_AUTHORIZATION_DATA = 5;
const AUTHENTICATION = 9;
const CGA_PARAMETERS = 12;
const SIGNATURE = 13;
const FAST_BINDING_AUTHORIZATION_DATA = 21;

/** Octets of the authentication option before its data. RFC 4285 section 5. */
const AUTHENTICATION_DATA = 7;
const MN_AAA = 2;
/** SPI that says HMAC_SHA1 for MN-AAA. RFC 4285 section 5.2. */
const HMAC_SHA1_SPI = 3;
/** CGA Message Type tag of enhanced route optimization. RFC 4866 section 7. */
const ROUTE_OPTIMIZATION_TAG = Uint8Array.of(
  0x5f,
  0x27,
  0x05,
  0x86,
  0x8d,
  0x6c,
  0x4c,
  0x56,
  0xa2,
  0x46,
  0x9e,
  0xbb,
  0x9b,
  0x2a,
  0x2e,
  0x13,
);

/** Registrations whose acknowledgement may come; the oldest goes first. */
const MAX_REGISTRATIONS = 16_384;

/** A key a Binding Update was verified with. */
interface Registration {
  readonly sequence: number;
  readonly careOfAddress: Uint8Array;
  readonly key: Uint8Array | undefined;
}

/** A mobility message with the addresses that its authenticators cover. */
interface Covered extends MobilityToVerify {
  readonly mobileNode: Uint8Array;
  readonly peer: Uint8Array;
  /** Care-of addresses that documents and implementations put into the data; one must fit. */
  readonly careOfAddresses: readonly Uint8Array[];
  readonly registration: Registration | undefined;
}

/** Mobility Header from Payload Proto to `end`, with the checksum zero. */
function mobilityData({ bytes, offset }: MobilityToVerify, end: number): Uint8Array {
  const data = copyOctets(bytes, offset, end);
  data[4] = 0;
  data[5] = 0;
  return data;
}

function startsWith(octets: Uint8Array, expected: Uint8Array): boolean {
  const length = Math.min(octets.length, expected.length);
  return (
    length > 0 && octets.length <= expected.length && equalBytes(octets, 0, expected, 0, length)
  );
}

/** The verifier of one capture. State: keygen tokens and the last registrations, both bounded. */
export class PacketVerifier implements Verifier {
  /** Time of the packet that is dissected, microseconds. */
  time = 0;
  readonly #keys: VerificationKeys;
  readonly #tokens = new SeenTokens();
  readonly #registrations = new Map<string, Registration>();

  constructor(keys: VerificationKeys = NO_VERIFICATION_KEYS) {
    this.#keys = keys;
  }

  neighborDiscovery(message: NeighborDiscoveryToVerify): Verification[] {
    return verifyNeighborDiscovery(message, this.#keys.publicKeys);
  }

  mobility(message: MobilityToVerify): Verification[] {
    const { header, source, destination } = message;
    this.#tokens.observe(header.message, source, destination, this.time);
    const covered = this.#cover(message);
    if (covered === undefined) return [];
    const { optionOffsets } = header;
    const { bytes } = message;
    const verdicts: Verification[] = [];
    for (const at of optionOffsets) {
      switch (u8(bytes, at)) {
        case BINDING_AUTHORIZATION_DATA:
          verdicts.push(this.#bindingAuthorization(covered, at));
          break;
        case AUTHENTICATION:
          verdicts.push(this.#authentication(covered, at));
          break;
        case SIGNATURE:
          verdicts.push(cgaSignature(covered, at));
          break;
        case FAST_BINDING_AUTHORIZATION_DATA:
          verdicts.push(this.#handoverAuthorization(covered, at));
          break;
        default:
          break;
      }
    }
    return verdicts;
  }

  /** Who registers what with whom; undefined for messages whose options authenticate nothing here. */
  #cover(message: MobilityToVerify): Covered | undefined {
    const { header, source, destination, wireSource, wireDestination } = message;
    const { mhType } = header;
    // Binding Update and Fast Binding Update.
    if (mhType === 5 || mhType === 8) {
      const alternate = findOption(header.options, 'alternate-care-of-address')?.careOfAddress;
      const careOfAddress = alternate ?? wireSource;
      // RFC 6275 section 6.2.7 takes the home address for a deletion, section 11.7.2 the care-of address.
      const isDeletion = 'lifetime' in header.message && header.message.lifetime === 0;
      const careOfAddresses = isDeletion ? [source, careOfAddress] : [careOfAddress];
      return {
        ...message,
        mobileNode: source,
        peer: destination,
        careOfAddresses,
        registration: undefined,
      };
    }
    if (mhType !== 6 && mhType !== 9) return undefined;
    const registration = this.#registrations.get(addressKey(destination) + addressKey(source));
    const careOfAddresses = [
      ...(registration === undefined ? [] : [registration.careOfAddress]),
      wireDestination,
      destination,
    ];
    return { ...message, mobileNode: destination, peer: source, careOfAddresses, registration };
  }

  /** Binding Authorization Data. RFC 6275 section 6.2.7. */
  #bindingAuthorization(covered: Covered, at: number): Verification {
    const { bytes } = covered;
    const authenticator = copyOctets(bytes, at + 2, at + 2 + u8(bytes, at + 1));
    const keys = this.#managementKeys(covered);
    const data = mobilityData(covered, at + 2);
    let verdict: Registration | undefined;
    let detail = 'no supplied key, and its return routability exchange is not in the capture';
    for (const { key, from } of keys) {
      for (const careOfAddress of covered.careOfAddresses) {
        detail = `with ${from}`;
        const expected = bindingAuthenticator(key, careOfAddress, covered.peer, data);
        if (authenticator.length === expected.length && startsWith(authenticator, expected)) {
          verdict = { sequence: sequenceOf(covered), careOfAddress, key };
          break;
        }
      }
      if (verdict !== undefined) break;
    }
    if (verdict !== undefined) this.#remember(covered, verdict);
    const wrong = keys.length === 0 ? 'not-verified' : 'wrong';
    return {
      offset: at,
      label: 'Authenticator status',
      name: 'mip6.bad.auth.status',
      status: verdict === undefined ? wrong : 'right',
      detail,
      code: 'AUTHENTICATOR',
    };
  }

  #remember({ mobileNode, peer, header }: Covered, registration: Registration): void {
    if (header.mhType !== 5 && header.mhType !== 8) return;
    const key = addressKey(mobileNode) + addressKey(peer);
    this.#registrations.delete(key);
    this.#registrations.set(key, registration);
    if (this.#registrations.size <= MAX_REGISTRATIONS) return;
    const oldest = this.#registrations.keys().next();
    if (oldest.done !== true) this.#registrations.delete(oldest.value);
  }

  /** Binding management keys that may fit, with where each comes from. */
  #managementKeys(covered: Covered): { readonly key: Uint8Array; readonly from: string }[] {
    const { mobileNode, peer, careOfAddresses, registration, header } = covered;
    const found: { readonly key: Uint8Array; readonly from: string }[] = [];
    for (const key of this.#keys.mobility) {
      if (key.kind !== 'binding-management' && key.kind !== 'preconfigured') continue;
      if (addressKey(key.homeAddress) !== addressKey(mobileNode)) continue;
      if (addressKey(key.correspondent) !== addressKey(peer)) continue;
      if (key.kind === 'binding-management') {
        found.push({ key: key.key, from: 'the supplied binding management key' });
        continue;
      }
      const home = keygenToken(key.nodeKey, mobileNode, key.homeNonce, 'home');
      for (const address of careOfAddresses) {
        const careOf = keygenToken(key.nodeKey, address, key.careOfNonce, 'care-of');
        found.push({ key: bindingManagementKey(home, careOf), from: 'the supplied node key' });
      }
      found.push({ key: bindingManagementKey(home), from: 'the supplied node key' });
    }
    if (registration?.key !== undefined && registration.sequence === sequenceOf(covered)) {
      found.push({ key: registration.key, from: 'the key of the Binding Update' });
    }
    const nonces = findOption(header.options, 'nonce-indices');
    if (nonces === undefined) return found;
    const from = 'the tokens of its return routability exchange';
    const home = this.#tokens.home.find(mobileNode, peer, nonces.homeNonceIndex, this.time);
    if (home === undefined) return found;
    if ('lifetime' in header.message && header.message.lifetime === 0) {
      found.push({ key: bindingManagementKey(home), from });
    }
    for (const address of careOfAddresses) {
      const careOf = this.#tokens.careOf.find(address, peer, nonces.careOfNonceIndex, this.time);
      if (careOf !== undefined) found.push({ key: bindingManagementKey(home, careOf), from });
    }
    return found;
  }

  /** Mobility message authentication option. RFC 4285 section 5. */
  #authentication(covered: Covered, at: number): Verification {
    const { bytes, mobileNode } = covered;
    const length = u8(bytes, at + 1);
    const subtype = u8(bytes, at + 2);
    const spi = length < 5 ? 0 : u32(bytes, at + 3);
    const kind = subtype === MN_AAA ? 'mn-aaa' : 'mn-ha';
    const verdict = (status: Verification['status'], detail: string): Verification => ({
      offset: at,
      label: 'Authentication status',
      name: 'mip6.auth.status',
      status,
      detail,
      code: 'MESSAGE_AUTHENTICATION',
    });
    if (kind === 'mn-aaa' && spi !== HMAC_SHA1_SPI) {
      return verdict('not-verified', `the SPI ${spi} names no hash function`);
    }
    const keys = this.#keys.mobility.filter((key) => key.kind === kind && key.spi === spi);
    const fitting = keys.filter(
      (key) =>
        key.homeAddress === undefined || addressKey(key.homeAddress) === addressKey(mobileNode),
    );
    if (fitting.length === 0) return verdict('not-verified', `no key for SPI ${spi}`);
    const octets = copyOctets(bytes, at + AUTHENTICATION_DATA, at + 2 + length);
    const data = mobilityData(covered, at + AUTHENTICATION_DATA);
    for (const key of fitting) {
      if (!('key' in key)) continue;
      for (const careOfAddress of covered.careOfAddresses) {
        const parts = [careOfAddress, mobileNode, data];
        const expected =
          kind === 'mn-aaa'
            ? hmacSha1(key.key, sha1(...parts))
            : hmacSha1(key.key, ...parts).slice(0, AUTHENTICATOR_OCTETS);
        if (startsWith(octets, expected) && octets.length >= AUTHENTICATOR_OCTETS) {
          this.#remember(covered, { sequence: sequenceOf(covered), careOfAddress, key: undefined });
          return verdict('right', `with the supplied key of SPI ${spi}`);
        }
      }
    }
    return verdict('wrong', `with the supplied key of SPI ${spi}`);
  }

  /** Binding Authorization Data for FMIPv6. RFC 5568 section 6.4.5. */
  #handoverAuthorization(covered: Covered, at: number): Verification {
    const { bytes, mobileNode } = covered;
    const length = u8(bytes, at + 1);
    const spi = length < 4 ? 0 : u32(bytes, at + 2);
    const verdict = (status: Verification['status'], detail: string): Verification => ({
      offset: at,
      label: 'Authenticator status',
      name: 'mip6.badff.auth.status',
      status,
      detail,
      code: 'AUTHENTICATOR',
    });
    const keys = this.#keys.mobility.filter(
      (key) =>
        key.kind === 'handover' &&
        key.spi === spi &&
        (key.homeAddress === undefined || addressKey(key.homeAddress) === addressKey(mobileNode)),
    );
    if (keys.length === 0) return verdict('not-verified', `no handover key for SPI ${spi}`);
    // The Length counts the SPI, or the authenticator alone: the header says where it ends either way.
    const next = covered.header.optionOffsets.find((offset) => offset > at);
    const headerEnd = Math.min(covered.end, covered.offset + covered.header.length);
    const authenticator = copyOctets(bytes, at + 6, next ?? headerEnd);
    const data = mobilityData(covered, at + 6);
    const isRight = keys.some(
      (key) =>
        'key' in key &&
        covered.careOfAddresses.some((careOfAddress) =>
          startsWith(
            authenticator,
            bindingAuthenticator(key.key, careOfAddress, covered.peer, data),
          ),
        ),
    );
    return verdict(isRight ? 'right' : 'wrong', `with the supplied handover key of SPI ${spi}`);
  }
}

function sequenceOf({ header: { message } }: MobilityToVerify): number {
  return 'sequence' in message && typeof message.sequence === 'number' ? message.sequence : -1;
}

/** CGA Parameters and signature of enhanced route optimization. RFC 4866 sections 4.5 and 4.6. */
function cgaSignature(covered: Covered, at: number): Verification {
  const { bytes, header, mobileNode, peer } = covered;
  const verdict = (status: Verification['status'], detail: string): Verification => ({
    offset: at,
    label: 'Signature verification',
    name: 'mip6.sign.sign.status',
    status,
    detail,
    code: 'CGA_SIGNATURE',
  });
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const offset of header.optionOffsets) {
    if (offset >= at || u8(bytes, offset) !== CGA_PARAMETERS) continue;
    end = offset + 2 + u8(bytes, offset + 1);
    parts.push(copyOctets(bytes, offset + 2, end));
  }
  if (parts.length === 0) return verdict('wrong', 'no CGA Parameters option before it');
  const parameters = concatenate(parts);
  // Of an acknowledgement, the correspondent's address is the CGA.
  const isUpdate = header.mhType === 5;
  const fault = cgaFault(isUpdate ? mobileNode : peer, parameters);
  if (fault !== undefined) return verdict('wrong', fault);
  const publicKey = cgaPublicKey(parameters);
  const signature = copyOctets(bytes, at + 2, at + 2 + u8(bytes, at + 1));
  const data = mobilityData(covered, end);
  let isKey = false;
  for (const careOfAddress of covered.careOfAddresses) {
    const signed = concatenate([ROUTE_OPTIMIZATION_TAG, careOfAddress, peer, data]);
    const isRight = verifySignature(publicKey, signed, signature);
    if (isRight === true) return verdict('right', 'with the key in the CGA Parameters');
    if (isRight === false) isKey = true;
  }
  return isKey
    ? verdict('wrong', 'with the key in the CGA Parameters')
    : verdict('not-verified', 'no RSA key that can be used');
}
