/**
 * Numbers of a random source: delays and jitter.
 */
import { u32 } from '../dissectors/core/bytes.ts';
import type { RandomSource } from '../engine/ports.ts';

/** A number from 0 up to, without, 1. */
export function randomFraction(random: RandomSource): number {
  return u32(random.octets(4), 0) / 0x1_0000_0000;
}

/** A number from `least` up to `most`, uniformly distributed. */
export function randomBetween(random: RandomSource, least: number, most: number): number {
  return least + randomFraction(random) * Math.max(0, most - least);
}
