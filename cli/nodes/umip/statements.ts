/**
 * Statements of UMIP's configuration language: `Name value ...;`, `Name value { statements }`, `include "pattern"`, comments
 * from `#` on. Every word with its place; nothing is known of what they mean. Linear, and bounded.
 */
import type { ConfigurationProblem } from '../../configuration-error.ts';

/** A word, a text in quotes without them, or one of `( ) ,`. */
export interface UmipToken {
  readonly text: string;
  readonly isQuoted: boolean;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** A statement. */
export interface UmipStatement {
  readonly name: UmipToken;
  readonly words: readonly UmipToken[];
  /** undefined = it ends in a semicolon. */
  readonly block: readonly UmipStatement[] | undefined;
}

/** What a text holds. */
export interface UmipText {
  readonly statements: readonly UmipStatement[];
  readonly problems: readonly ConfigurationProblem[];
}

/** UMIP's own files need three. */
const MAX_NESTING = 8;
const MAX_STATEMENTS = 100_000;
const MAX_WORDS = 1024;
/** Problems told; later ones mostly follow from the first. */
const MAX_PROBLEMS = 20;

const MARK = /[{};(),]/;
const BLANK = /\s/;

/** A problem at a word. */
export function problemOf(
  { line, column }: { readonly line: number; readonly column: number },
  message: string,
): ConfigurationProblem {
  return { line, column, path: '', message };
}

/** Reads a text. Never throws. */
export function readUmip(text: string): UmipText {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #problems: ConfigurationProblem[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): UmipText {
    const statements: UmipStatement[] = [];
    // A brace too many ends one round, not the file.
    for (;;) {
      statements.push(...this.#statements(0));
      const token = this.#next();
      if (token === undefined || this.#isFull) break;
      this.#problem(token, 'this } closes nothing');
    }
    return { statements, problems: this.#problems };
  }

  get #isFull(): boolean {
    return this.#problems.length >= MAX_PROBLEMS || this.#count >= MAX_STATEMENTS;
  }

  /** Statements up to the end or a closing brace, which stays. */
  #statements(depth: number): UmipStatement[] {
    const statements: UmipStatement[] = [];
    while (!this.#isFull) {
      const name = this.#peek();
      if (name === undefined || isMark(name, '}')) break;
      this.#next();
      if (isMark(name, ';')) continue;
      if (!name.isQuoted && MARK.test(name.text)) {
        this.#problem(name, `expected the name of an option; found ${name.text}`);
        continue;
      }
      if (++this.#count === MAX_STATEMENTS) {
        this.#problem(name, `more than ${MAX_STATEMENTS} statements`);
        break;
      }
      statements.push(this.#statement(name, depth));
    }
    return statements;
  }

  #statement(name: UmipToken, depth: number): UmipStatement {
    const words: UmipToken[] = [];
    // The one statement without a semicolon.
    const isInclude = name.text.toLowerCase() === 'include';
    for (;;) {
      const token = this.#peek();
      if (token === undefined || isMark(token, '}')) {
        this.#problem(token ?? name, `${shown(name)}: a semicolon is missing before this`);
        break;
      }
      this.#next();
      if (isMark(token, ';')) break;
      if (isMark(token, '{')) {
        return { name, words, block: this.#block(token, depth) };
      }
      if (words.length < MAX_WORDS) words.push(token);
      else if (words.length === MAX_WORDS) {
        this.#problem(
          token,
          `${shown(name)}: more than ${MAX_WORDS} words; is a semicolon missing?`,
        );
        words.push(token);
      }
      if (isInclude) break;
    }
    return { name, words, block: undefined };
  }

  #block(open: UmipToken, depth: number): UmipStatement[] {
    if (depth >= MAX_NESTING) {
      this.#problem(open, `nested deeper than ${MAX_NESTING} levels`);
      this.#skipBlock();
      return [];
    }
    const block = this.#statements(depth + 1);
    if (this.#next() === undefined && !this.#isFull) {
      this.#problem(open, 'this { is never closed');
    }
    return block;
  }

  /** Past the brace that closes what is open. */
  #skipBlock(): void {
    let open = 1;
    while (open > 0) {
      const token = this.#next();
      if (token === undefined) return;
      if (isMark(token, '{')) open++;
      if (isMark(token, '}')) open--;
    }
  }

  #peek(): UmipToken | undefined {
    const [at, line, lineStart] = [this.#at, this.#line, this.#lineStart];
    const problems = this.#problems.length;
    const token = this.#next();
    [this.#at, this.#line, this.#lineStart] = [at, line, lineStart];
    this.#problems.length = problems;
    return token;
  }

  #next(): UmipToken | undefined {
    this.#skipBlanks();
    const text = this.#text;
    const start = this.#at;
    const first = text[start];
    if (first === undefined) return undefined;
    const place = { line: this.#line, column: start - this.#lineStart + 1 };
    if (first === '"') return this.#quoted(place);
    this.#at++;
    if (MARK.test(first)) return { text: first, isQuoted: false, ...place };
    for (let next = text[this.#at]; next !== undefined; next = text[++this.#at]) {
      if (MARK.test(next) || BLANK.test(next) || next === '"' || next === '#') break;
    }
    return { text: text.slice(start, this.#at), isQuoted: false, ...place };
  }

  /** Text up to the quote that ends it, on its line. */
  #quoted(place: { line: number; column: number }): UmipToken {
    const start = this.#at + 1;
    let end = start;
    for (let next = this.#text[end]; next !== undefined && next !== '"' && next !== '\n';) {
      next = this.#text[++end];
    }
    if (this.#text[end] === '"') this.#at = end + 1;
    else {
      this.#problem(place, 'a quote that is not closed on its line');
      this.#at = end;
    }
    return { text: this.#text.slice(start, end), isQuoted: true, ...place };
  }

  #skipBlanks(): void {
    for (let next = this.#text[this.#at]; next !== undefined; next = this.#text[this.#at]) {
      if (next === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (!BLANK.test(next)) return;
      else {
        this.#at++;
        if (next !== '\n') continue;
        this.#line++;
        this.#lineStart = this.#at;
      }
    }
  }

  #problem(place: { line: number; column: number }, message: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problemOf(place, message));
  }
}

function isMark(token: UmipToken, mark: string): boolean {
  return !token.isQuoted && token.text === mark;
}

const MAX_SHOWN = 40;

/** A word as it is shown. */
export function shown({ text }: Pick<UmipToken, 'text'>): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}
