/**
 * Words of the key files that are command languages: `setkey` files and `ip xfrm` commands.
 */

/** One word. */
export interface Word {
  /** Without quotes and escapes. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** Of its first character, quote included; 1-based. */
  readonly column: number;
  /** It stood in quotes: a text, not a keyword. */
  readonly isQuoted: boolean;
}

/** Words, and what is wrong with them. */
export interface Words {
  readonly words: readonly Word[];
  /** A quote that does not end on its line; reading stopped there. */
  readonly openQuote: { readonly line: number; readonly column: number } | undefined;
  /** More words than allowed; the rest was not read. */
  readonly isCut: boolean;
}

/** Words of one file: 65,536 associations with all they can have. */
const MAX_WORDS = 4_000_000;

/** Marks that end a word and are words themselves. */
const MARKS = new Set([';']);

/**
 * Splits a text. Comments go from `#` at the start of a word to the end of the line; a backslash before a
 * bracket or quote stands for that character, elsewhere it is a blank (`ip -o` puts one where lines end).
 */
export function splitWords(lines: readonly string[]): Words {
  const words: Word[] = [];
  for (const [index, line] of lines.entries()) {
    const column = splitLine(line, index + 1, words);
    if (column > 0) return { words, openQuote: { line: index + 1, column }, isCut: false };
    if (words.length > MAX_WORDS) return { words, openQuote: undefined, isCut: true };
  }
  return { words, openQuote: undefined, isCut: false };
}

/** Adds the words of a line. @returns column of a quote that does not end, else 0 */
function splitLine(line: string, number: number, words: Word[]): number {
  let at = 0;
  while (at < line.length) {
    const first = line[at] ?? '';
    if (isBlank(first) || (first === '\\' && !isEscape(line, at))) {
      at++;
      continue;
    }
    if (first === '#') return 0;
    const column = at + 1;
    if (MARKS.has(first)) {
      words.push({ text: first, line: number, column, isQuoted: false });
      at++;
      continue;
    }
    if (first === '"' || first === "'") {
      const end = line.indexOf(first, at + 1);
      if (end < 0) return column;
      words.push({ text: line.slice(at + 1, end), line: number, column, isQuoted: true });
      at = end + 1;
      continue;
    }
    let text = '';
    while (at < line.length) {
      const character = line[at] ?? '';
      if (isBlank(character) || MARKS.has(character)) break;
      if (character === '\\') {
        if (!isEscape(line, at)) break;
        at++;
        text += line[at] ?? '';
      } else text += character;
      at++;
    }
    words.push({ text, line: number, column, isQuoted: false });
  }
  return 0;
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r';
}

function isEscape(line: string, at: number): boolean {
  return '()"\''.includes(line[at + 1] ?? ' ');
}
