/**
 * All payloads of IKEv2. A new one is one row here.
 */
import type { PayloadOf, UnknownPayload } from '../payload.ts';
import { configuration } from './configuration.ts';
import { extensibleAuthentication } from './eap.ts';
import { encrypted, encryptedFragment } from './encrypted.ts';
import {
  authentication,
  certificate,
  certificateRequest,
  identificationInitiator,
  identificationResponder,
} from './identity.ts';
import { keyExchange, nonce, vendorId } from './key-material.ts';
import { deletion, notify } from './notify.ts';
import { securityAssociation } from './security-association.ts';
import { trafficSelectorInitiator, trafficSelectorResponder } from './traffic-selector.ts';

/** Payload table of IKEv2. */
export const IKEV2_PAYLOADS = [
  securityAssociation,
  keyExchange,
  identificationInitiator,
  identificationResponder,
  certificate,
  certificateRequest,
  authentication,
  nonce,
  notify,
  deletion,
  vendorId,
  trafficSelectorInitiator,
  trafficSelectorResponder,
  encrypted,
  encryptedFragment,
  configuration,
  extensibleAuthentication,
] as const;

/** A payload of IKEv2, by `kind`. */
export type Ikev2Payload = PayloadOf<(typeof IKEV2_PAYLOADS)[number]> | UnknownPayload;
