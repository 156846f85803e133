/**
 * Keygen tokens seen on the wire, and the verification of Binding Authorization Data they allow.
 * RFC 6275 sections 5.2 and 9.5.1.
 */
import { copyOctets, equalBytes } from '../../dissectors/core/bytes.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import type { MobilityEvent } from '../events.ts';
import { bindingAuthenticator, bindingManagementKey } from '../mobility/authenticator.ts';
import { requestedCareOfAddress } from './bindings.ts';
import { SeenTokens } from './keygen-tokens.ts';

/** What a Binding Authorization Data option proved. */
export type Authentication = 'right' | 'wrong' | 'unknown';

/** Tokens of Home Test and Care-of Test messages. */
export class ReturnRoutability {
  readonly #tokens = new SeenTokens();

  get evictions(): number {
    return this.#tokens.evictions;
  }

  /** Notes the token of a Home Test or Care-of Test. */
  observe({ header, context }: MobilityEvent): void {
    const { source, destination, packet } = context;
    this.#tokens.observe(header.message, source, destination, packet.time);
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
    const homeToken = this.#tokens.home.find(
      homeAddress,
      correspondent,
      nonces.homeNonceIndex,
      now,
    );
    if (homeToken === undefined) return 'unknown';
    const isDeletion = message.lifetime === 0;
    const careOfToken = isDeletion
      ? undefined
      : this.#tokens.careOf.find(careOfAddress, correspondent, nonces.careOfNonceIndex, now);
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
