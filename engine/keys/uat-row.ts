/**
 * Rows of Wireshark's user tables (UAT files): quoted fields with commas between them, one row a line.
 */

/** One field of a row. */
export interface UatField {
  readonly text: string;
  /** Column of its first character (the quote), 1-based. */
  readonly column: number;
}

/** A row that is not one. */
export interface UatSyntaxError {
  readonly column: number;
  readonly message: string;
}

const QUOTE = '"';
/** No row is longer; keeps a file that is no table from filling the memory. */
const MAX_LINE_LENGTH = 10_000;

/**
 * Fields of one line without its line end; `undefined` for an empty line or a comment (`#`). Escapes in quotes
 * are `\xhh`, `\"` and `\\`. Unquoted fields end at the next comma.
 */
export function parseUatRow(line: string): UatField[] | UatSyntaxError | undefined {
  let at = skipBlanks(line, 0);
  if (at === line.length || line[at] === '#') return undefined;
  if (line.length > MAX_LINE_LENGTH) {
    return {
      column: 1,
      message: `line of ${line.length} characters; expected a row of quoted fields`,
    };
  }
  const fields: UatField[] = [];
  for (;;) {
    const column = at + 1;
    let text = '';
    if (line[at] === QUOTE) {
      at++;
      let isClosed = false;
      while (at < line.length) {
        const character = line[at] ?? '';
        if (character === QUOTE) {
          isClosed = true;
          at++;
          break;
        }
        if (character === '\\') {
          const escaped = unescape(line, at);
          text += escaped.text;
          at += escaped.length;
        } else {
          text += character;
          at++;
        }
      }
      if (!isClosed) return { column, message: 'no closing quote on this line; add one' };
      at = skipBlanks(line, at);
      if (at < line.length && line[at] !== ',') {
        return { column: at + 1, message: 'expected a comma between fields' };
      }
    } else {
      const comma = line.indexOf(',', at);
      const end = comma < 0 ? line.length : comma;
      text = line.slice(at, end).trim();
      at = end;
    }
    fields.push({ text, column });
    if (at >= line.length) return fields;
    at = skipBlanks(line, at + 1);
  }
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t' || line[at] === '\r') at++;
  return at;
}

function unescape(line: string, at: number): { text: string; length: number } {
  const next = line[at + 1] ?? '';
  const hex = line.slice(at + 2, at + 4);
  if (next === 'x' && /^[0-9a-fA-F]{2}$/.test(hex)) {
    return { text: String.fromCharCode(parseInt(hex, 16)), length: 4 };
  }
  if (next === QUOTE || next === '\\') return { text: next, length: 2 };
  return { text: '\\', length: 1 };
}
