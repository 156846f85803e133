/**
 * What rules on reflection, tunnels and reconnaissance have in common.
 */
export { hasCareOf, isCareOfNow, isFirstSight } from './care-of.ts';
export { pairObject } from './pair-object.ts';
