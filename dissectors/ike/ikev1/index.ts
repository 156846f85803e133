/**
 * All payloads of IKEv1. A new one is one row here.
 */
import type { PayloadOf, UnknownPayload } from '../payload.ts';
import { configuration, natDiscovery, natOriginalAddress, vendorFragment } from './extensions.ts';
import { certificate, certificateRequest, identification } from './identity.ts';
import { hash, keyExchange, nonce, signature, vendorId } from './key-material.ts';
import { deletion, notification } from './notification.ts';
import { securityAssociation } from './security-association.ts';

/** Payload table of IKEv1. */
export const IKEV1_PAYLOADS = [
  securityAssociation,
  keyExchange,
  identification,
  certificate,
  certificateRequest,
  hash,
  signature,
  nonce,
  notification,
  deletion,
  vendorId,
  configuration,
  natDiscovery,
  natOriginalAddress,
  vendorFragment,
] as const;

/** A payload of IKEv1, by `kind`. */
export type Ikev1Payload = PayloadOf<(typeof IKEV1_PAYLOADS)[number]> | UnknownPayload;
