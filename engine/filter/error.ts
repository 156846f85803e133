/**
 * What is wrong with a display filter, and where.
 */

/** A filter that cannot be used: what is wrong, at which characters, and what to write instead. */
export class FilterError extends Error {
  /** The filter as given. */
  readonly filter: string;
  /** Characters of `filter` that the error is about; at its end with length 0 when something is missing. */
  readonly offset: number;
  readonly length: number;
  /** What to do, for example `did you mean mip6.bu.lifetime?`. */
  readonly hint: string | undefined;

  constructor(message: string, filter: string, offset: number, length: number, hint?: string) {
    super(message);
    this.name = 'FilterError';
    this.filter = filter;
    this.offset = offset;
    this.length = length;
    this.hint = hint;
  }
}

/** Characters of the filter shown around an error. */
const SHOWN = 100;
const BEFORE = 60;

/** Printable ASCII stays, everything else is one question mark: carets must stand below their characters. */
function oneColumnEach(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}

/**
 * The error as lines: the message with its hint, the filter, and carets under the characters that are wrong.
 * Of a long filter the part around the error is shown. Free of control characters.
 */
export function formatFilterError(error: FilterError): string {
  const { filter, offset, length, hint } = error;
  const from = filter.length <= SHOWN ? 0 : Math.max(0, Math.min(offset - BEFORE, filter.length));
  const to = Math.min(filter.length, from + SHOWN);
  const lead = from > 0 ? '...' : '';
  const shown = `${lead}${filter.slice(from, to)}${to < filter.length ? '...' : ''}`;
  const carets = Math.max(1, Math.min(length, to - offset));
  const indent = ' '.repeat(lead.length + offset - from);
  const said = hint === undefined ? error.message : `${error.message}; ${hint}`;
  return `${oneColumnEach(said)}\n  ${oneColumnEach(shown)}\n  ${indent}${'^'.repeat(carets)}`;
}
