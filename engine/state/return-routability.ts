/**
 * Keygen tokens seen on the wire, and the verification of Binding Authorization Data they allow.
 * RFC 6275 sections 5.2 and 9.5.1.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import { copyOctets, equalBytes, putU32, u32 } from '../../dissectors/core/bytes.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import type { MobilityEvent } from '../events.ts';
import { bindingAuthenticator, bindingManagementKey } from '../mobility/authenticator.ts';
import { requestedCareOfAddress } from './bindings.ts';

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
class TokenTable {
  evictions = 0;
  readonly #pairs = new Map<string, Token[]>();

  add(address: Uint8Array, correspondent: Uint8Array, token: Token): void {
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

/** What a Binding Authorization Data option proved. */
export type Authentication = 'right' | 'wrong' | 'unknown';

/** Tokens of Home Test and Care-of Test messages. */
export class ReturnRoutability {
  readonly #home = new TokenTable();
  readonly #careOf = new TokenTable();

  get evictions(): number {
    return this.#home.evictions + this.#careOf.evictions;
  }

  /** Notes the token of a Home Test or Care-of Test. */
  observe(event: MobilityEvent): void {
    const { message } = event.header;
    const { source, destination, packet } = event.context;
    if (message.kind === 'home-test') {
      const token = tokenOf(message.homeNonceIndex, message.homeKeygenToken, packet.time);
      this.#home.add(destination, source, token);
    } else if (message.kind === 'care-of-test') {
      const token = tokenOf(message.careOfNonceIndex, message.careOfKeygenToken, packet.time);
      this.#careOf.add(destination, source, token);
    }
  }

  /**
   * Verifies the authenticator of a correspondent registration, when the tokens were seen.
   * @param bytes octets that hold the Mobility Header at `offset`.
   */
  verify(
    event: MobilityEvent,
    message: MessageOf<'binding-update'>,
    bytes: Uint8Array,
    offset: number,
  ): Authentication {
    const { options, optionOffsets } = event.header;
    const nonces = findOption(options, 'nonce-indices');
    const index = options.findIndex((item) => item.kind === 'binding-authorization-data');
    const data = findOption(options, 'binding-authorization-data');
    const at = optionOffsets[index];
    if (nonces === undefined || data === undefined || at === undefined) return 'unknown';
    const { context } = event;
    const homeAddress = context.homeAddressOption ?? context.source;
    const correspondent = context.routingHomeAddress ?? context.destination;
    const careOfAddress = requestedCareOfAddress(event);
    const now = context.packet.time;
    const homeToken = this.#home.find(homeAddress, correspondent, nonces.homeNonceIndex, now);
    if (homeToken === undefined) return 'unknown';
    const isDeletion = message.lifetime === 0;
    const careOfToken = isDeletion
      ? undefined
      : this.#careOf.find(careOfAddress, correspondent, nonces.careOfNonceIndex, now);
    if (!isDeletion && careOfToken === undefined) return 'unknown';
    const key = bindingManagementKey(homeToken, careOfToken);
    const mobilityData = copyOctets(bytes, offset, at + 2);
    mobilityData[4] = 0;
    mobilityData[5] = 0;
    // RFC 6275 section 6.2.7 takes the home address for a deletion, section 11.7.2 the care-of address.
    const candidates = isDeletion ? [homeAddress, careOfAddress] : [careOfAddress];
    const isRight = candidates.some((address) => {
      const expected = bindingAuthenticator(key, address, correspondent, mobilityData);
      return (
        data.authenticator.length === expected.length &&
        equalBytes(data.authenticator, 0, expected, 0, expected.length)
      );
    });
    return isRight ? 'right' : 'wrong';
  }
}
