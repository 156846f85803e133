/**
 * Preference of a router or a route. RFC 4191 section 2.1.
 */
import type { NamedValue } from '../core/layout.ts';

/** A sender must not use it; a router with it counts as medium, a route with it is ignored. RFC 4191 section 2.1. */
export const RESERVED_PREFERENCE = 2;

/** Values of a router or route preference. RFC 4191 section 2.1; a receiver takes 2 as medium. */
export const ROUTER_PREFERENCES: readonly NamedValue[] = [
  { value: 0, name: 'Medium' },
  { value: 1, name: 'High' },
  { value: RESERVED_PREFERENCE, name: 'Reserved' },
  { value: 3, name: 'Low' },
];
