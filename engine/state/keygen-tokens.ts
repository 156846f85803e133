/**
 * Keygen tokens seen on the wire, by the addresses they prove. RFC 6275 sections 5.2.5 and 6.1.5.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import { putU32, u32 } from '../../dissectors/core/bytes.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';

/** MAX_NONCE_LIFETIME in microseconds. RFC 6275 section 12. */
const TOKEN_AGE = 240e6;
/** Address pairs remembered; the one first seen goes first. */
const MAX_PAIRS = 16_384;
/** Tokens of one pair: the current and the previous nonce index, and room for a repeat. */
const MAX_TOKENS = 4;

/** A keygen token: 64 bits as two numbers, a quarter of what an array of its own takes. RFC 6275 section 6.1.5. */
interface Token {
  readonly nonceIndex: number;
  readonly high: number;
  readonly low: number;
  readonly time: number;
}

function tokenOf(nonceIndex: number, octets: Uint8Array, time: number): Token {
  return { nonceIndex, high: u32(octets, 0), low: u32(octets, 4), time };
}

function octetsOf({ high, low }: Token): Uint8Array {
  const octets = new Uint8Array(8);
  putU32(octets, 0, high);
  putU32(octets, 4, low);
  return octets;
}

/** Tokens by (address of the mobile node, correspondent). */
class KeygenTokens {
  evictions = 0;
  readonly #pairs = new Map<string, Token[]>();

  /** @param time when it was seen, microseconds */
  add(
    address: Uint8Array,
    correspondent: Uint8Array,
    nonceIndex: number,
    octets: Uint8Array,
    time: number,
  ): void {
    const token = tokenOf(nonceIndex, octets, time);
    const key = addressKey(address) + addressKey(correspondent);
    const tokens = this.#pairs.get(key);
    if (tokens === undefined) this.#addPair(key, token);
    else replaceOldest(tokens, token);
  }

  #addPair(key: string, token: Token): void {
    this.#pairs.set(key, [token]);
    if (this.#pairs.size <= MAX_PAIRS) return;
    const oldest = this.#pairs.keys().next();
    if (oldest.done !== true) this.#pairs.delete(oldest.value);
    this.evictions++;
  }

  /** The octets of a token that is still valid. */
  find(
    address: Uint8Array,
    correspondent: Uint8Array,
    nonceIndex: number,
    now: number,
  ): Uint8Array | undefined {
    const tokens = this.#pairs.get(addressKey(address) + addressKey(correspondent));
    const token = tokens?.find(
      (item) => item.nonceIndex === nonceIndex && now - item.time < TOKEN_AGE,
    );
    return token === undefined ? undefined : octetsOf(token);
  }
}

/** Puts a token in place of the one with its nonce index, else of the oldest. */
function replaceOldest(tokens: Token[], token: Token): void {
  const same = tokens.findIndex((item) => item.nonceIndex === token.nonceIndex);
  if (same >= 0) tokens.splice(same, 1);
  else if (tokens.length >= MAX_TOKENS) tokens.shift();
  tokens.push(token);
}

/** Home and care-of keygen tokens of the Home Test and Care-of Test messages seen. RFC 6275 section 5.2.5. */
export class SeenTokens {
  readonly home = new KeygenTokens();
  readonly careOf = new KeygenTokens();

  get evictions(): number {
    return this.home.evictions + this.careOf.evictions;
  }

  /**
   * Notes the token of a Home Test or Care-of Test.
   * @param time when it was seen, microseconds
   */
  observe(
    message: MobilityMessage,
    source: Uint8Array,
    destination: Uint8Array,
    time: number,
  ): void {
    if (message.kind === 'home-test') {
      const { homeNonceIndex, homeKeygenToken } = message;
      this.home.add(destination, source, homeNonceIndex, homeKeygenToken, time);
    } else if (message.kind === 'care-of-test') {
      const { careOfNonceIndex, careOfKeygenToken } = message;
      this.careOf.add(destination, source, careOfNonceIndex, careOfKeygenToken, time);
    }
  }
}
