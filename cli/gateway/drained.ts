/**
 * Waits until nothing waits for a verdict any more.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { VerdictSource } from '../../engine/ports.ts';

/** Milliseconds that it may take, and between two looks. */
const LONGEST = 2000;
const LOOK = 5;

/** Lets a source judge what waits; after the rules that send packets there are gone. */
export async function drained(source: Pick<VerdictSource, 'counts'>): Promise<void> {
  for (const end = performance.now() + LONGEST; performance.now() < end;) {
    if (source.counts().waiting === 0) return;
    await pause(LOOK);
  }
}
