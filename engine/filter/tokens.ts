/**
 * Cuts a display filter into tokens. Words are field names, addresses, numbers and octets alike: which of them
 * a word is depends on what it is compared with.
 */
import { FilterError } from './error.ts';

/** `slice`: what stands between brackets, as it is. */
export type TokenKind =
  | 'word'
  | 'string'
  | 'character'
  | 'operator'
  | 'open'
  | 'close'
  | 'brace'
  | 'unbrace'
  | 'comma'
  | 'range'
  | 'slice'
  | 'end';

/** One token. */
export interface Token {
  readonly kind: TokenKind;
  /** Word, operator, what is between brackets; of strings their value. */
  readonly text: string;
  readonly offset: number;
  readonly length: number;
}

/** Longest filter, characters. */
export const MAX_FILTER_LENGTH = 4096;

/** Operators, longest first. */
const OPERATORS = [
  '===',
  '!==',
  '==',
  '!=',
  '~=',
  '>=',
  '<=',
  '&&',
  '||',
  '^^',
  '>',
  '<',
  '!',
  '~',
  '&',
  '+',
  '-',
  '*',
  '/',
  '%',
] as const;

/** Words that are operators. */
const WORD_OPERATORS = new Map<string, string>([
  ['and', '&&'],
  ['or', '||'],
  ['xor', '^^'],
  ['not', '!'],
  ['eq', '=='],
  ['any_eq', '=='],
  ['all_eq', '==='],
  ['ne', '!='],
  ['all_ne', '!='],
  ['any_ne', '!=='],
  ['gt', '>'],
  ['ge', '>='],
  ['lt', '<'],
  ['le', '<='],
  ['bitand', '&'],
  ['bitwise_and', '&'],
  ['contains', 'contains'],
  ['matches', 'matches'],
  ['in', 'in'],
]);

const WORD_START = /[\w:]/;
const WORD = /[\w.:-]/;
const SPACE = /\s/;

/** Escapes of strings and characters, as in C. */
const ESCAPES = new Map<string, string>([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['0', '\0'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
]);

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  /** Inside braces `..` is a range, whatever is around it. */
  #braces = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Token[] {
    const text = this.#text;
    for (;;) {
      while (this.#at < text.length && SPACE.test(text.charAt(this.#at))) this.#at++;
      if (this.#at >= text.length) break;
      this.#next();
    }
    this.#push('end', '', this.#at, 0);
    return this.#tokens;
  }

  #push(kind: TokenKind, text: string, offset: number, length: number): void {
    this.#tokens.push({ kind, text, offset, length });
    this.#at = offset + length;
  }

  #fail(message: string, offset: number, length: number, hint?: string): never {
    throw new FilterError(message, this.#text, offset, length, hint);
  }

  #next(): void {
    const text = this.#text;
    const at = this.#at;
    const character = text.charAt(at);
    switch (character) {
      case '(':
        this.#push('open', character, at, 1);
        return;
      case ')':
        this.#push('close', character, at, 1);
        return;
      case '{':
        this.#braces++;
        this.#push('brace', character, at, 1);
        return;
      case '}':
        this.#braces = Math.max(0, this.#braces - 1);
        this.#push('unbrace', character, at, 1);
        return;
      case ',':
        this.#push('comma', character, at, 1);
        return;
      case '[':
        this.#slice(at);
        return;
      case '"':
        this.#string(at, at + 1, false);
        return;
      case "'":
        this.#character(at);
        return;
      default:
    }
    if (/^[rR]"/.test(text.slice(at, at + 2))) {
      this.#string(at, at + 2, true);
      return;
    }
    if (text.startsWith('..', at)) {
      this.#push('range', '..', at, 2);
      return;
    }
    if (WORD_START.test(character)) {
      this.#word(at);
      return;
    }
    const operator = OPERATORS.find((item) => text.startsWith(item, at));
    if (operator !== undefined) {
      this.#push('operator', operator === '~=' ? '!==' : operator, at, operator.length);
      return;
    }
    const hint = character === '=' ? 'write == to compare' : undefined;
    this.#fail(`'${character}' was unexpected in this context`, at, 1, hint);
  }

  #word(at: number): void {
    const text = this.#text;
    let end = at;
    while (end < text.length && WORD.test(text.charAt(end))) {
      if (this.#braces > 0 && text.startsWith('..', end)) break;
      end++;
    }
    // A prefix length belongs to its address; otherwise a slash divides.
    const isAddress = /^[0-9a-fA-F]*[.:]/.test(text.slice(at, end));
    const prefix = /^\/\d{1,3}(?![\w.])/.exec(text.slice(end, end + 5));
    if (isAddress && prefix !== null) end += prefix[0].length;
    const word = text.slice(at, end);
    const operator = WORD_OPERATORS.get(word);
    if (operator === undefined) this.#push('word', word, at, end - at);
    else this.#push('operator', operator, at, end - at);
  }

  #slice(at: number): void {
    const end = this.#text.indexOf(']', at);
    if (end < 0) this.#fail("the ']' of a slice is missing", at, 1);
    this.#push('slice', this.#text.slice(at + 1, end), at, end + 1 - at);
  }

  #string(offset: number, from: number, isRaw: boolean): void {
    let value = '';
    let at = from;
    for (;;) {
      if (at >= this.#text.length) {
        this.#fail('the final quote of a string is missing', offset, this.#text.length - offset);
      }
      const character = this.#text.charAt(at);
      if (character === '"') break;
      if (character !== '\\') {
        value += character;
        at++;
      } else if (isRaw) {
        // A raw string keeps its backslashes; one before a quote keeps the quote from ending it.
        value += this.#text.slice(at, at + 2);
        at += 2;
      } else {
        const [unit, length] = this.#escape(at);
        value += unit;
        at += length;
      }
    }
    this.#push('string', value, offset, at + 1 - offset);
  }

  #character(offset: number): void {
    const first = this.#text.charAt(offset + 1);
    if (first === '' || first === "'") this.#fail('a character constant is empty', offset, 2);
    const [value, length] = first === '\\' ? this.#escape(offset + 1) : ([first, 1] as const);
    if (this.#text.charAt(offset + 1 + length) !== "'") {
      const hint = 'write strings with double quotes';
      this.#fail('a character constant has one character', offset, 2, hint);
    }
    if (value.charCodeAt(0) > 0xff) {
      this.#fail('a character constant is one octet', offset, length + 2);
    }
    this.#push('character', value, offset, length + 2);
  }

  /** Value and length of the escape at `at`. */
  #escape(at: number): readonly [value: string, length: number] {
    const rest = this.#text.slice(at + 1, at + 10);
    const octet = /^x([0-9a-fA-F]{1,2})/.exec(rest) ?? undefined;
    if (octet?.[1] !== undefined) {
      return [String.fromCharCode(parseInt(octet[1], 16)), 1 + octet[0].length];
    }
    const octal = /^[0-3]?[0-7]{1,2}/.exec(rest);
    if (octal !== null) return [String.fromCharCode(parseInt(octal[0], 8)), 1 + octal[0].length];
    const unicode = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (unicode !== null) {
      const code = parseInt(unicode[1] ?? unicode[2] ?? '', 16);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        this.#fail('an escape is no character', at, 1 + unicode[0].length);
      }
      return [String.fromCodePoint(code), 1 + unicode[0].length];
    }
    const known = ESCAPES.get(rest.charAt(0));
    if (known !== undefined) return [known, 2];
    // What PCRE escapes (`\d`, `\.`) is passed on, as Wireshark does.
    return [this.#text.slice(at, at + 2), 2];
  }
}

/**
 * Tokens of a filter, the last one `end`.
 * @throws FilterError
 */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_FILTER_LENGTH) {
    throw new FilterError(
      `a filter has at most ${MAX_FILTER_LENGTH} characters, this one has ${text.length}`,
      text,
      MAX_FILTER_LENGTH,
      text.length - MAX_FILTER_LENGTH,
    );
  }
  return new Scanner(text).scan();
}
