/**
 * Options of test messages, and the form of tests of what is said about a message.
 */
import { expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { decoded } from './decoded.ts';

export const ADDRESS = parseAddress('2001:db8::1') ?? new Uint8Array(16);

export const FMIP_AUTHORIZATION: MobilityOption = {
  kind: 'fmip-authorization-data',
  spi: 1,
  authenticator: new Uint8Array(12),
};
export const COA: MobilityOption = { kind: 'alternate-care-of-address', careOfAddress: ADDRESS };
export const NODE: MobilityOption = {
  kind: 'mobile-node-identifier',
  subtype: 1,
  identifier: new TextEncoder().encode('mn@example.com'),
};
export const PREFIX: MobilityOption = {
  kind: 'home-network-prefix',
  flags: 0,
  prefixLength: 64,
  prefix: ADDRESS,
};
export const LINK_LAYER: MobilityOption = {
  kind: 'mobility-header-link-layer-address',
  code: 2,
  linkLayerAddress: new Uint8Array(6),
};
/** A message with options, and the diagnostics it has. */
type Case = readonly [
  about: string,
  message: MobilityMessage,
  options: readonly MobilityOption[],
  findings: readonly string[],
];

/** What each message is told to be wrong with; nothing else is found in it. */
export function checks(cases: readonly Case[]): void {
  it.each(cases)('%s', (_, message, options, findings) => {
    expect(decoded(message, options).findings).toEqual(findings);
  });
}
