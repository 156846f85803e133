/**
 * Short spans of time as a configuration writes them.
 */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `50ms`, `2s`, `5m`, `12h` or `90d`; undefined when the text is none, or 0. */
export function millisecondsOf(text: string): number | undefined {
  const found = /^(\d{1,7})(ms|s|m|h|d)$/.exec(text);
  const milliseconds = Number(found?.[1]) * (MILLISECONDS[found?.[2] ?? ''] ?? 0);
  return milliseconds > 0 ? milliseconds : undefined;
}

/** A span for people: `50 ms`, `2 s`. @param milliseconds 0 or more */
export function spanText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;
}
