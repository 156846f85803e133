/**
 * What is fuzzed: an entry point, inputs to start from, and what must hold for every input.
 */

/** An entry point of hostile input. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs to start from; small ones first. */
  seeds(): readonly Uint8Array[];
  /** More of them, for a search that knows which of them run something new. */
  moreSeeds?(): readonly Uint8Array[];
  /** Octets that mean something: magic numbers, keywords. */
  readonly words: readonly Uint8Array[];
  /** Runs one input. Throws when something that must hold does not. */
  run(input: Uint8Array): void | Promise<void>;
}

/** Milliseconds of processor that one input may take: inputs have 4 KiB at most, and take a thousandth of it. */
export const MAX_MILLISECONDS = 5000;

/** What must hold did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Throws `Broken` unless the condition holds. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

/** UTF-8 octets of text. */
export function octetsOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Runs an input within the time it may take. */
export async function runBounded(target: FuzzTarget, input: Uint8Array): Promise<void> {
  const start = process.cpuUsage();
  await target.run(input);
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  must(milliseconds < MAX_MILLISECONDS, `took ${Math.round(milliseconds)} ms`);
}
