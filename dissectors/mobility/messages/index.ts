/**
 * All mobility messages; a further RFC is one import and its entries.
 */
import type { MessageValueOf } from '../message.ts';
import {
  bindingAcknowledgement,
  bindingError,
  bindingRefreshRequest,
  bindingUpdate,
} from './binding.ts';
import { bindingRevocation } from './binding-revocation.ts';
import { experimental } from './experimental.ts';
import {
  fastBindingAcknowledgment,
  fastBindingUpdate,
  fastNeighborAdvertisement,
  handoverAcknowledge,
  handoverInitiate,
} from './fast-handover.ts';
import { flowBinding } from './flow-binding.ts';
import { heartbeat } from './heartbeat.ts';
import { homeAgentSwitch } from './home-agent-switch.ts';
import { localizedRoutingAcknowledgment, localizedRoutingInitiation } from './localized-routing.ts';
import { subscriptionQuery, subscriptionResponse } from './multicast-subscription.ts';
import { careOfTest, careOfTestInit, homeTest, homeTestInit } from './return-routability.ts';
import { updateNotification, updateNotificationAcknowledgement } from './update-notification.ts';

/** All mobility messages, by MH Type. */
export const MOBILITY_MESSAGES = [
  bindingRefreshRequest,
  homeTestInit,
  careOfTestInit,
  homeTest,
  careOfTest,
  bindingUpdate,
  bindingAcknowledgement,
  bindingError,
  fastBindingUpdate,
  fastBindingAcknowledgment,
  fastNeighborAdvertisement,
  experimental,
  homeAgentSwitch,
  heartbeat,
  handoverInitiate,
  handoverAcknowledge,
  bindingRevocation,
  localizedRoutingInitiation,
  localizedRoutingAcknowledgment,
  updateNotification,
  updateNotificationAcknowledgement,
  flowBinding,
  subscriptionQuery,
  subscriptionResponse,
] as const;

/** A message that a row knows, without its options. */
export type KnownMessage = MessageValueOf<(typeof MOBILITY_MESSAGES)[number]>;

/** A message of a type no row knows, or too short for its row: kept as it came. */
export interface UnknownMessage {
  readonly kind: 'unknown-message';
  readonly mhType: number;
  readonly data: Uint8Array;
}

/** A mobility message without its options, told apart by `kind`. */
export type MobilityMessage = KnownMessage | UnknownMessage;

/** The message of one kind. */
export type MessageOf<K extends MobilityMessage['kind']> = Extract<MobilityMessage, { kind: K }>;
