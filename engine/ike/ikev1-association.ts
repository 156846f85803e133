/**
 * One ISAKMP SA of IKEv1: decrypts its messages with its encryption key (RFC 2409 section 5 and appendix B), and
 * follows its quick modes.
 *
 * There is no checksum: a message counts as decrypted when it is a chain of payloads without a mistake. Bounded:
 * MAX_EXCHANGES exchanges of phase 2 are followed at once, the oldest goes first.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import {
  IKEV1_EXCHANGE,
  IKE_HEADER_OCTETS,
  attributeNumber,
  ikev1Payloads,
} from '../../dissectors/ike/index.ts';
import type { IkeHeader, Ikev1Payload } from '../../dissectors/ike/index.ts';
import type { OpenedIke } from '../../dissectors/layer.ts';
import { digest } from '../crypto/hmac.ts';
import type { HashName } from '../crypto/hmac.ts';
import { ESP_HEADER_LENGTH, EspScratch, NO_SEQUENCE_HIGH } from '../crypto/esp-backend.ts';
import type { EspCipher } from '../crypto/esp-backend.ts';
import { findEncryption } from '../crypto/transforms.ts';
import type { EncryptionTransform } from '../crypto/transforms.ts';
import type { Ikev1Follower } from './ikev1-follower.ts';
import type { IkeNotices } from './notices.ts';
import type { Ikev1Secret } from './secret.ts';

/** Exchanges of phase 2 of one ISAKMP SA that are followed at once. */
export const MAX_EXCHANGES = 64;

/** Attributes of phase 1. RFC 2409 appendix A. */
const ENCRYPTION_ALGORITHM = 1;
const HASH_ALGORITHM = 2;

const ENCRYPTION: ReadonlyMap<number, string> = new Map([
  [1, 'DES-CBC'],
  [5, '3DES-CBC'],
  [7, 'AES-CBC'],
  [8, 'Camellia-CBC'],
]);
const HASHES: ReadonlyMap<number, HashName> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [4, 'sha256'],
  [5, 'sha384'],
  [6, 'sha512'],
]);

/** Codes of a chain that was not made by encrypting payloads; octets behind it are padding. */
const NOT_A_CHAIN: ReadonlySet<string> = new Set([
  'IKE_PAYLOAD_LENGTH',
  'IKE_LIMIT',
  'IKE_PAYLOAD_UNKNOWN',
  'IKE_PAYLOAD_MALFORMED',
  'IKE_RESERVED',
]);

/** Initialization vector of the next message of an exchange, and what the one before was opened with. */
interface Chain {
  next: Uint8Array;
  before: { readonly vector: Uint8Array; readonly ciphertext: Uint8Array } | undefined;
}

/** Where a message came from and went to, 4 or 16 octets each. */
interface Addresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Algorithms that the responder chose. */
interface Agreed {
  readonly encryption: EncryptionTransform;
  readonly hash: HashName;
}

function agreedIn(payloads: readonly Ikev1Payload[]): Agreed | undefined {
  for (const item of payloads) {
    if (item.kind !== 'securityAssociation' || !('proposals' in item)) continue;
    for (const proposal of item.proposals) {
      if (proposal.kind !== 'proposal') continue;
      for (const transform of proposal.transforms) {
        if (transform.kind !== 'transform') continue;
        const numberOf = (type: number): number => {
          const found = transform.attributes.find((attribute) => attribute.type === type);
          return found === undefined ? 0 : (attributeNumber(found) ?? 0);
        };
        const encryption = findEncryption(ENCRYPTION.get(numberOf(ENCRYPTION_ALGORITHM)) ?? '');
        const hash = HASHES.get(numberOf(HASH_ALGORITHM));
        return encryption === undefined || hash === undefined ? undefined : { encryption, hash };
      }
    }
  }
  return undefined;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}

/** An ISAKMP SA. */
export class Ikev1Association {
  readonly #secret: Ikev1Secret;
  readonly #notices: IkeNotices;
  readonly #follower: Ikev1Follower;
  #agreed: Agreed | undefined;
  #initiatorPublic: Uint8Array | undefined;
  #responderPublic: Uint8Array | undefined;
  #cipher: EspCipher | undefined;
  /** Of phase 1; undefined before both public values were seen. */
  #phase1: Chain | undefined;
  /** Of phase 2, by Message ID. */
  readonly #phase2 = new Map<number, Chain>();

  constructor(secret: Ikev1Secret, notices: IkeNotices, follower: Ikev1Follower) {
    this.#secret = secret;
    this.#notices = notices;
    this.#follower = follower;
  }

  /**
   * Takes a message in clear: algorithms and public values of phase 1, until a message was decrypted.
   * @param isResponse whether the responder sent it
   */
  note(payloads: readonly Ikev1Payload[], isResponse: boolean): void {
    if (this.#phase1?.before !== undefined) return;
    if (isResponse) this.#agreed = agreedIn(payloads) ?? this.#agreed;
    const exchange = payloads.find((item) => item.kind === 'keyExchange');
    if (exchange !== undefined && 'data' in exchange) {
      if (isResponse) this.#responderPublic = exchange.data;
      else this.#initiatorPublic = exchange.data;
    }
    this.#begin();
  }

  /** RFC 2409 appendix B: the first vector is hash(g^xi | g^xr). */
  #begin(): void {
    const agreed = this.#agreed;
    const from = this.#initiatorPublic;
    const to = this.#responderPublic;
    if (agreed === undefined || from === undefined || to === undefined) return;
    const { encryption, hash } = agreed;
    const { origin, encryptionKey } = this.#secret;
    if (encryptionKey === undefined) {
      const text =
        'the encryption key of this ISAKMP SA is in no key file; its messages stay closed';
      this.#notices.add('IKE_NO_KEY', origin, text);
      return;
    }
    const key = encryptionKey.reveal();
    if (!encryption.keyLengths.includes(key.length)) {
      const text = `the key has ${key.length} octets, which ${encryption.name} does not take`;
      this.#notices.add('IKE_KEY', origin, text);
      return;
    }
    try {
      this.#cipher = encryption.create(key, 'node');
    } catch {
      this.#notices.add('IKE_UNSUPPORTED', origin, `${encryption.name}: this Node.js lacks it`);
      return;
    }
    const vector = digest(hash, concatenate([from, to])).slice(0, encryption.ivLength);
    this.#phase1 = { next: vector, before: undefined };
  }

  /**
   * Opens the encrypted message at `message`, and follows what it says.
   * @param isInitiator the initiator of the ISAKMP SA seems to have sent it
   */
  open(
    bytes: Uint8Array,
    message: number,
    end: number,
    { messageId, nextPayload, exchangeType }: IkeHeader,
    addresses: Addresses,
    isInitiator: boolean,
  ): OpenedIke | undefined {
    const chain = messageId === 0 ? this.#phase1 : this.#chainOf(messageId);
    if (chain === undefined) return undefined;
    const ciphertext = bytes.slice(message + IKE_HEADER_OCTETS, end);
    const { before } = chain;
    // Sent again, or seen on another link.
    const isAgain = before !== undefined && isSame(before.ciphertext, ciphertext);
    const vector = isAgain ? before.vector : chain.next;
    const plaintext = this.#decrypt(vector, ciphertext);
    if (plaintext === undefined) return undefined;
    const found = new DiagnosticList();
    const { payloads } = ikev1Payloads.decode(nextPayload, plaintext, 0, plaintext.length, found);
    const isChain = !found.items.some(({ code }) => NOT_A_CHAIN.has(code));
    if (!isChain || payloads.length === 0) return undefined;
    if (!isAgain) {
      chain.before = { vector, ciphertext };
      chain.next = ciphertext.slice(-vector.length);
      const hash = this.#agreed?.hash;
      if (hash !== undefined && messageId !== 0) {
        const isQuickMode = exchangeType === IKEV1_EXCHANGE.quickMode;
        const message = { messageId, isQuickMode, payloads, hash, isInitiator, ...addresses };
        this.#follower.receive(message);
      }
    }
    const { file, line } = this.#secret.origin;
    return {
      bytes: plaintext,
      ivLength: 0,
      icvLength: 0,
      icv: 'not-checked',
      association: `${file}:${line}`,
    };
  }

  /** RFC 2409 appendix B: phase 2 begins with hash(last block of phase 1 | Message ID). */
  #chainOf(messageId: number): Chain | undefined {
    const known = this.#phase2.get(messageId);
    if (known !== undefined) return known;
    const { next } = this.#phase1 ?? {};
    const agreed = this.#agreed;
    if (next === undefined || agreed === undefined) return undefined;
    const id = Uint8Array.of(messageId >>> 24, messageId >>> 16, messageId >>> 8, messageId);
    const vector = digest(agreed.hash, concatenate([next, id])).slice(0, next.length);
    const chain: Chain = { next: vector, before: undefined };
    if (this.#phase2.size >= MAX_EXCHANGES) {
      const [oldest] = this.#phase2.keys();
      if (oldest !== undefined) this.#phase2.delete(oldest);
    }
    this.#phase2.set(messageId, chain);
    return chain;
  }

  #decrypt(vector: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const { length } = ciphertext;
    if (length === 0 || length % vector.length !== 0) return undefined;
    // The transforms find the vector where ESP has it.
    const packet = concatenate([new Uint8Array(ESP_HEADER_LENGTH), vector, ciphertext]);
    const scratch = new EspScratch(packet.length);
    try {
      this.#cipher?.open(packet, 0, packet.length, NO_SEQUENCE_HIGH, scratch);
    } catch {
      return undefined;
    }
    return scratch.bytes.slice(scratch.offset, scratch.offset + length);
  }
}
