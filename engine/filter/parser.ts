/**
 * Reads a display filter. From loose to tight: `or`, `xor`, `and`, `not`, comparisons, `&`, `+ -`, `* / %`, slices.
 */
import { FilterError } from './error.ts';
import { tokensOf } from './tokens.ts';
import type { Token, TokenKind } from './tokens.ts';
import type {
  ArithmeticOperator,
  ComparisonOperator,
  Expression,
  Operand,
  Quantifier,
  SetItem,
  Span,
  Test,
} from './syntax.ts';

/** Deepest nesting of parentheses, `not` and functions. */
export const MAX_NESTING = 64;
/** Most elements of a set. */
export const MAX_SET = 1024;

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>([
  '==',
  '!=',
  '===',
  '!==',
  '>',
  '>=',
  '<',
  '<=',
  'contains',
  'matches',
]);

function isComparison(text: string): text is ComparisonOperator {
  return COMPARISONS.has(text);
}

/** Characters from the first to the end of the last. */
function joined(from: Span, to: Span): Span {
  return { offset: from.offset, length: to.offset + to.length - from.offset };
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  parse(): Expression | undefined {
    if (this.#peek().kind === 'end') return undefined;
    const expression = this.#or();
    if (this.#peek().kind !== 'end') this.#unexpected();
    return expression;
  }

  #peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    return token ?? { kind: 'end', text: '', offset: this.#text.length, length: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #isOperator(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'operator' && token.text === text;
  }

  #takeIf(text: string): boolean {
    if (!this.#isOperator(text)) return false;
    this.#at++;
    return true;
  }

  #expect(kind: TokenKind, said: string): Token {
    if (this.#peek().kind !== kind) this.#unexpected(`expected ${said}`);
    return this.#take();
  }

  #fail(message: string, { offset, length }: Span, hint?: string): never {
    throw new FilterError(message, this.#text, offset, length, hint);
  }

  #unexpected(hint?: string): never {
    const token = this.#peek();
    if (token.kind === 'end') this.#fail('the filter ends too early', token, hint);
    const shown = this.#text.slice(token.offset, token.offset + token.length);
    const lower = shown.toLowerCase();
    const isShouted = lower !== shown && /^(and|or|xor|not|in|contains|matches|eq|ne)$/.test(lower);
    this.#fail(
      `'${shown}' was unexpected in this context`,
      token,
      isShouted ? `write ${lower} in small letters` : hint,
    );
  }

  /** Runs `read` one level deeper. */
  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_NESTING) {
      this.#fail(`nested more than ${MAX_NESTING} deep`, this.#peek());
    }
    const result = read();
    this.#depth--;
    return result;
  }

  #chain(kind: 'and' | 'or' | 'xor', operator: string, read: () => Expression): Expression {
    const first = read();
    if (!this.#isOperator(operator)) return first;
    const parts = [first];
    while (this.#takeIf(operator)) parts.push(read());
    return { kind, parts };
  }

  #or(): Expression {
    return this.#chain('or', '||', () => this.#chain('xor', '^^', () => this.#and()));
  }

  #and(): Expression {
    return this.#chain('and', '&&', () => this.#not());
  }

  #not(): Expression {
    if (this.#takeIf('!')) return this.#nested(() => ({ kind: 'not', of: this.#not() }));
    if (this.#peek().kind !== 'open') return this.#relation();
    this.#take();
    const inner = this.#nested(() => this.#or());
    this.#expect('close', ')');
    const { kind, text } = this.#peek();
    const isArithmetic = kind === 'operator' && !/^(&&|\|\||\^\^)$/.test(text);
    if (isArithmetic) this.#unexpected('parentheses stand around whole conditions');
    return inner;
  }

  #relation(): Expression {
    const start = this.#at;
    const quantifier = this.#quantifier();
    const from = this.#peek();
    let left = this.#bits();
    const parts: Test[] = [];
    let first = start;
    for (;;) {
      const token = this.#peek();
      const isNotIn = this.#isOperator('!') && this.#isOperator('in', 1);
      if (this.#isOperator('in') || isNotIn) {
        this.#at += isNotIn ? 2 : 1;
        const items = this.#set();
        const test: Test = {
          kind: 'membership',
          quantifier,
          left,
          items,
          ...this.#extent(first),
        };
        if (isNotIn && parts.length === 0) return { kind: 'not', of: test };
        if (isNotIn) this.#fail("'not in' stands alone", token);
        parts.push(test);
        break;
      }
      const isTilde = this.#isOperator('~');
      if (token.kind !== 'operator' || !(isTilde || isComparison(token.text))) break;
      if (parts.length > 0 && !/^[<>=]/.test(token.text)) break;
      this.#take();
      const operator = isTilde || !isComparison(token.text) ? 'matches' : token.text;
      const rightStart = this.#at;
      const right = this.#bits();
      parts.push({
        kind: 'comparison',
        quantifier,
        operator,
        left,
        right,
        ...this.#extent(first, quantifier),
      });
      // `1 < a < 2` is two comparisons.
      left = right;
      first = rightStart;
    }
    const [only] = parts;
    if (only === undefined) {
      if (quantifier !== undefined) this.#unexpected(`${quantifier} needs a comparison`);
      return {
        kind: 'presence',
        operand: left,
        ...this.#extent(this.#tokens.indexOf(from, start)),
      };
    }
    return parts.length === 1 ? only : { kind: 'and', parts };
  }

  #quantifier(): Quantifier {
    const { kind, text } = this.#peek();
    const next = this.#peek(1).kind;
    if (kind !== 'word' || (next !== 'word' && next !== 'string')) return undefined;
    if (text !== 'any' && text !== 'all') return undefined;
    this.#take();
    return text;
  }

  /** Place and key of the test that starts at a token. */
  #extent(start: number, quantifier?: Quantifier): Span & { key: string } {
    const tokens = this.#tokens.slice(start, this.#at);
    const first = tokens[0] ?? this.#peek();
    const words = tokens.map(({ kind, text }) => {
      if (kind === 'string') return JSON.stringify(text);
      if (kind === 'character') return `'${text}'`;
      return kind === 'slice' ? `[${text.replace(/\s+/g, '')}]` : text;
    });
    const key = words.join(' ');
    const isTold = quantifier === undefined || words[0] === quantifier;
    return {
      ...joined(first, tokens.at(-1) ?? first),
      key: isTold ? key : `${quantifier} ${key}`,
    };
  }

  #arithmetic(operators: readonly string[], read: () => Operand): Operand {
    let left = read();
    for (let token = this.#peek(); token.kind === 'operator'; token = this.#peek()) {
      if (!operators.includes(token.text)) break;
      this.#take();
      const right = read();
      // One of `operators`, which are all arithmetic.
      const operator = token.text as ArithmeticOperator;
      left = { kind: 'arithmetic', operator, left, right, ...joined(left, right) };
      if (++this.#depth > MAX_NESTING) this.#fail(`nested more than ${MAX_NESTING} deep`, right);
    }
    return left;
  }

  #bits(): Operand {
    const depth = this.#depth;
    const operand = this.#arithmetic(['&'], () =>
      this.#arithmetic(['+', '-'], () => this.#arithmetic(['*', '/', '%'], () => this.#sign())),
    );
    this.#depth = depth;
    return operand;
  }

  #sign(): Operand {
    if (this.#takeIf('+')) return this.#nested(() => this.#sign());
    const token = this.#peek();
    if (!this.#takeIf('-')) return this.#sliced();
    return this.#nested(() => {
      const of = this.#sign();
      return { kind: 'negative', of, ...joined(token, of) };
    });
  }

  #sliced(): Operand {
    let operand = this.#atom();
    for (let token = this.#peek(); token.kind === 'slice'; token = this.#peek()) {
      this.#take();
      const inner = { offset: token.offset + 1, length: Math.max(1, token.length - 2) };
      const { text } = token;
      operand = { kind: 'slice', of: operand, text, inner, ...joined(operand, token) };
      if (++this.#depth > MAX_NESTING) this.#fail(`nested more than ${MAX_NESTING} deep`, token);
    }
    return operand;
  }

  #atom(): Operand {
    const token = this.#peek();
    const { kind, text, offset, length } = token;
    if (kind === 'string' || kind === 'character') {
      this.#take();
      return { kind, text, offset, length };
    }
    if (kind !== 'word') this.#unexpected('expected a field or a value');
    this.#take();
    if (this.#peek().kind !== 'open') return { kind: 'word', text, offset, length };
    this.#take();
    return this.#nested(() => {
      const args: Operand[] = [];
      if (this.#peek().kind !== 'close') {
        do args.push(this.#bits());
        while (this.#peek().kind === 'comma' && this.#take().kind === 'comma');
      }
      const close = this.#expect('close', ')');
      return { kind: 'call', name: text, args, ...joined(token, close) };
    });
  }

  #set(): SetItem[] {
    this.#expect('brace', '{');
    const items: SetItem[] = [];
    for (;;) {
      const from = this.#bits();
      let to: Operand | undefined;
      if (this.#peek().kind === 'range') {
        this.#take();
        to = this.#bits();
      }
      items.push({ from, to });
      if (items.length > MAX_SET) this.#fail(`a set has at most ${MAX_SET} elements`, from);
      if (this.#peek().kind !== 'comma') break;
      this.#take();
    }
    if (this.#peek().kind === 'word') this.#unexpected('elements of a set are separated by commas');
    this.#expect('unbrace', '}');
    return items;
  }
}

/**
 * Tree of a filter; undefined for an empty one, which every packet matches.
 * @throws FilterError
 */
export function parseFilter(text: string): Expression | undefined {
  return new Parser(text).parse();
}
