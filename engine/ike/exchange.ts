/**
 * Payloads of a message by kind, and what two messages of an exchange say together.
 */
import { IKEV2_NOTIFY } from '../../dissectors/ike/index.ts';
import type {
  IkeHeader,
  Ikev2Payload,
  Ikev2SecurityAssociation,
  TrafficSelectors,
} from '../../dissectors/ike/index.ts';

/** The kinds of payloads that are looked for. */
type PayloadOfKind<Kind extends Ikev2Payload['kind']> = Extract<
  Ikev2Payload,
  { readonly kind: Kind }
>;

/** A message whose payloads could be read. */
export interface IkeExchangeMessage {
  readonly payloads: readonly Ikev2Payload[];
  /** 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** A message with its direction. */
export interface IkeMessageOfSession extends IkeExchangeMessage {
  readonly header: IkeHeader;
  /** Sent by the initiator of the IKE SA. */
  readonly isInitiator: boolean;
}

/** The first payload of a kind. */
export function payloadOf<Kind extends Ikev2Payload['kind']>(
  payloads: readonly Ikev2Payload[],
  kind: Kind,
): PayloadOfKind<Kind> | undefined {
  return payloads.find((item): item is PayloadOfKind<Kind> => item.kind === kind);
}

/** Whether there is a notification of the type. */
export function hasNotify(payloads: readonly Ikev2Payload[], type: number): boolean {
  return payloads.some((item) => item.kind === 'notify' && item.notifyType === type);
}

/** Notify Message Types below this one say that something failed. RFC 7296 section 3.10.1. */
const FIRST_STATUS = 16_384;

/** Whether a response refuses what was asked for. */
export function hasFailed(payloads: readonly Ikev2Payload[]): boolean {
  return payloads.some((item) => item.kind === 'notify' && item.notifyType < FIRST_STATUS);
}

/** INTERNAL_ADDRESS_FAILURE, FAILED_CP_REQUIRED, TS_UNACCEPTABLE. RFC 7296 section 3.10.1. */
const REFUSED_ADDRESSES: ReadonlySet<number> = new Set([36, 37, 38]);

/** Whether a response refuses a child SA for the addresses that it is for. */
export function hasRefused(payloads: readonly Ikev2Payload[]): boolean {
  return payloads.some((item) => item.kind === 'notify' && REFUSED_ADDRESSES.has(item.notifyType));
}

/** Parts of a message that make a child or IKE SA. */
export interface Offer {
  readonly proposals: Ikev2SecurityAssociation | undefined;
  readonly nonce: Uint8Array | undefined;
  readonly keyExchange: Uint8Array | undefined;
  readonly initiatorSelectors: TrafficSelectors | undefined;
  readonly responderSelectors: TrafficSelectors | undefined;
  readonly isTransport: boolean;
}

/** What a message offers or accepts. */
export function offerOf(payloads: readonly Ikev2Payload[]): Offer {
  return {
    proposals: payloadOf(payloads, 'securityAssociation'),
    nonce: payloadOf(payloads, 'nonce')?.nonce,
    keyExchange: payloadOf(payloads, 'keyExchange')?.data,
    initiatorSelectors: payloadOf(payloads, 'trafficSelectorInitiator'),
    responderSelectors: payloadOf(payloads, 'trafficSelectorResponder'),
    isTransport: hasNotify(payloads, IKEV2_NOTIFY.useTransportMode),
  };
}
