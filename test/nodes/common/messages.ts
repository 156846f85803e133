/**
 * One message of each type of RFC 6275, and one of none.
 */
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { FLAG, HOME } from '../correspondent-node/bench.ts';
import { ip } from '../wire-peer.ts';

/** Cookie of the test inits. */
export const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
/** Eight zero octets. */
export const NO_COOKIE = new Uint8Array(8);
/** Somebody without a binding. */
export const STRANGER = ip('2001:db8:66::6');

/** In the order of the types. */
export const MESSAGES: readonly MobilityMessage[] = [
  { kind: 'binding-refresh-request' },
  { kind: 'home-test-init', homeInitCookie: COOKIE },
  { kind: 'care-of-test-init', careOfInitCookie: COOKIE },
  { kind: 'home-test', homeNonceIndex: 1, homeInitCookie: COOKIE, homeKeygenToken: NO_COOKIE },
  {
    kind: 'care-of-test',
    careOfNonceIndex: 1,
    careOfInitCookie: COOKIE,
    careOfKeygenToken: NO_COOKIE,
  },
  { kind: 'binding-update', sequence: 1, flags: FLAG.A | FLAG.H, lifetime: 10 },
  { kind: 'binding-acknowledgement', status: 0, flags: 0, sequence: 1, lifetime: 10 },
  { kind: 'binding-error', status: 1, homeAddress: HOME },
];
/** Of a type that nobody knows. */
export const UNKNOWN: MobilityMessage = {
  kind: 'unknown-message',
  mhType: 99,
  data: new Uint8Array(2),
};
