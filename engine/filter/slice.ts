/**
 * Slices: parts of octets or of a text. `[i:n]` n from i, `[i-j]` from i to j, `[:n]` the first n, `[i:]` all from
 * i, `[i]` one; several are joined. A negative i counts from the end.
 */
import { FilterError } from './error.ts';
import type { Span } from './syntax.ts';

/** One part of a slice. */
export interface SlicePart {
  /** From the start, or from the end when negative. */
  readonly from: number;
  /** Octets; undefined = up to the end. */
  readonly length: number | undefined;
  /** Last octet, counted as `from` is, when the length follows from it; else undefined. */
  readonly last: number | undefined;
}

const PART = /^(-?\d{1,6})?(?:(:)(\d{1,6})?|-(-?\d{1,6}))?$/;

/**
 * Parts of what stands between the brackets.
 * @param inner where it stands
 * @throws FilterError
 */
export function slicePartsOf(filter: string, text: string, inner: Span): SlicePart[] {
  return text.split(',').map((item) => {
    const fail = (message: string): never => {
      const hint = 'there are [i:n], [i-j], [i], [:n] and [i:]';
      throw new FilterError(message, filter, inner.offset, inner.length, hint);
    };
    const part = item.replace(/\s+/g, '');
    const found = PART.exec(part);
    if (found === null || part === '' || part === ':') return fail(`'${item}' is not a slice`);
    const [, start, colon, count, end] = found;
    const from = Number(start ?? 0);
    if (colon !== undefined) {
      if (count === undefined) return { from, length: undefined, last: undefined };
      if (Number(count) === 0) return fail(`the slice ${part} has no octets`);
      return { from, length: Number(count), last: undefined };
    }
    if (end === undefined) return { from, length: 1, last: undefined };
    if (start === undefined) return fail(`'${item}' is not a slice`);
    const last = Number(end);
    if (last < 0 === from < 0 && last < from)
      return fail(`the slice ${part} ends before it starts`);
    return { from, length: undefined, last };
  });
}

/** Where a part starts in `size` octets; -1 when it does not lie in them. */
export function startOfPart({ from }: SlicePart, size: number): number {
  const start = from < 0 ? size + from : from;
  return start < size ? start : -1;
}

/** Octets of a part from `start`; 0 when it does not fit. */
export function lengthOfPart(part: SlicePart, start: number, size: number): number {
  const { length, last } = part;
  let octets = length ?? size - start;
  if (last !== undefined) octets = (last < 0 ? size + last : last) - start + 1;
  return octets > 0 && start + octets <= size ? octets : 0;
}
