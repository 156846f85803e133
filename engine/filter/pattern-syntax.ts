/**
 * Reads regular expressions of `matches`: a part of PCRE that can be looked for in linear time. Letters match in upper
 * and lower case, as in Wireshark, unless the pattern begins with `(?-i)`.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import { FilterError } from './error.ts';

/** Highest count of a repetition. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 64;

/** Octets that one place of a pattern stands for. */
export type OctetClass = Uint8Array;

/** PatternPart of a pattern. */
export type PatternPart =
  | { readonly kind: 'octets'; readonly octets: OctetClass }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternPart[] }
  | {
      readonly kind: 'repeat';
      readonly of: PatternPart;
      readonly least: number;
      readonly most: number;
    };

/** Where a pattern stands in a filter, for errors. */
export interface PatternPlace {
  readonly filter: string;
  readonly offset: number;
  readonly length: number;
}

function classOf(...ranges: readonly (readonly [number, number])[]): OctetClass {
  const octets = new Uint8Array(256);
  for (const [from, to] of ranges) octets.fill(1, from, to + 1);
  return octets;
}

const DIGIT = classOf([0x30, 0x39]);
const SPACE = classOf([0x09, 0x0d], [0x20, 0x20]);
const LETTER = classOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
/** As in PCRE: everything but a line feed. */
const ANY = classOf([0x00, 0x09], [0x0b, 0xff]);

/** POSIX classes in brackets. */
const NAMED = new Map<string, OctetClass>([
  ['alpha', classOf([0x41, 0x5a], [0x61, 0x7a])],
  ['digit', DIGIT],
  ['alnum', classOf([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a])],
  ['upper', classOf([0x41, 0x5a])],
  ['lower', classOf([0x61, 0x7a])],
  ['space', SPACE],
  ['xdigit', classOf([0x30, 0x39], [0x41, 0x46], [0x61, 0x66])],
  ['punct', classOf([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e])],
  ['print', classOf([0x20, 0x7e])],
  ['word', LETTER],
]);

function inverted(octets: OctetClass): OctetClass {
  return octets.map((value) => 1 - value);
}

/** The class with the other case of its letters. */
function withBothCases(octets: OctetClass): OctetClass {
  const both = octets.slice();
  for (let letter = 0x41; letter <= 0x5a; letter++) {
    const isIn = u8(octets, letter) | u8(octets, letter + 0x20);
    both[letter] = isIn;
    both[letter + 0x20] = isIn;
  }
  return both;
}

const ESCAPED = new Map<string, number>([
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['f', 0x0c],
  ['v', 0x0b],
  ['a', 0x07],
  ['e', 0x1b],
  ['0', 0x00],
]);

const CLASSES = new Map<string, OctetClass>([
  ['d', DIGIT],
  ['D', inverted(DIGIT)],
  ['s', SPACE],
  ['S', inverted(SPACE)],
  ['w', LETTER],
  ['W', inverted(LETTER)],
]);

class PatternParser {
  readonly #text: string;
  readonly #place: PatternPlace;
  #at = 0;
  #depth = 0;
  #isCaseless = true;

  constructor(text: string, place: PatternPlace) {
    this.#text = text;
    this.#place = place;
  }

  parse(): PatternPart {
    if (this.#take('(?-i)')) this.#isCaseless = false;
    else this.#take('(?i)');
    const part = this.#choice();
    if (this.#at < this.#text.length) this.#fail("unmatched ')'");
    return part;
  }

  #fail(message: string, hint?: string): never {
    const { filter, offset, length } = this.#place;
    throw new FilterError(`regular expression: ${message}`, filter, offset, length, hint);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): PatternPart {
    if (++this.#depth > MAX_DEPTH) this.#fail(`nested more than ${MAX_DEPTH} deep`);
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth--;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts };
  }

  #sequence(): PatternPart {
    const parts: PatternPart[] = [];
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      if (character === '|' || character === ')') break;
      parts.push(this.#repeated());
    }
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  }

  #repeated(): PatternPart {
    let part = this.#atom();
    for (let rounds = 0; ; rounds++) {
      const counts = this.#counts();
      if (counts === undefined) return part;
      if (rounds > 0) this.#fail('a repetition is repeated', 'put it in parentheses');
      part = { kind: 'repeat', of: part, least: counts[0], most: counts[1] };
      // Which of several matches is found makes no difference here: lazy is as good as greedy.
      if (!this.#take('?') && this.#text.charAt(this.#at) === '+') {
        this.#fail('possessive repetitions are not supported');
      }
    }
  }

  #counts(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    const counted = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#text.slice(this.#at, this.#at + 12));
    if (counted === null) return undefined;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most =
      counted[2] === undefined ? least : counted[3] === undefined ? Infinity : Number(counted[3]);
    if (least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT) || most < least) {
      this.#fail(`repetition ${counted[0]}`, `counts go up to ${MAX_REPEAT}`);
    }
    return [least, most];
  }

  #octets(octets: OctetClass): PatternPart {
    return { kind: 'octets', octets: this.#isCaseless ? withBothCases(octets) : octets };
  }

  #atom(): PatternPart {
    const character = this.#text.charAt(this.#at++);
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'octets', octets: ANY };
      case '[':
        return this.#octets(this.#brackets());
      case '(':
        return this.#group();
      case '*':
      case '+':
      case '?':
        return this.#fail(`'${character}' has nothing to repeat`);
      case '\\':
        return this.#escape();
      default:
        return this.#literal(character);
    }
  }

  /** A character of the pattern: one octet, or those of its UTF-8 form. */
  #literal(character: string): PatternPart {
    const code = character.charCodeAt(0);
    if (code < 0x100) return this.#octets(classOf([code, code]));
    const parts = [...new TextEncoder().encode(character)].map((octet): PatternPart => {
      return { kind: 'octets', octets: classOf([octet, octet]) };
    });
    return { kind: 'sequence', parts };
  }

  #group(): PatternPart {
    if (this.#text.charAt(this.#at) === '?' && !this.#take('?:')) {
      this.#fail('look-around and named groups are not supported', 'plain groups ( ) are');
    }
    const part = this.#choice();
    if (!this.#take(')')) this.#fail("missing ')'");
    return part;
  }

  #escape(): PatternPart {
    const octets = this.#escapedClass();
    if (octets !== undefined) return this.#octets(octets);
    const code = this.#escapedOctet();
    return this.#octets(classOf([code, code]));
  }

  #escapedClass(): OctetClass | undefined {
    const octets = CLASSES.get(this.#text.charAt(this.#at));
    if (octets !== undefined) this.#at++;
    return octets;
  }

  #escapedOctet(): number {
    const character = this.#text.charAt(this.#at++);
    if (character === '') this.#fail('\\ at the end');
    if (character === 'x') {
      const digits = /^(?:[0-9a-fA-F]{1,2}|\{([0-9a-fA-F]{1,2})\})/.exec(
        this.#text.slice(this.#at, this.#at + 4),
      );
      if (digits === null) this.#fail('\\x wants two hexadecimal digits');
      this.#at += digits[0].length;
      return parseInt(digits[1] ?? digits[0], 16);
    }
    const known = ESCAPED.get(character);
    if (known !== undefined) return known;
    if (/[0-9A-Za-z]/.test(character)) {
      this.#fail(`\\${character} is not supported`, 'there are \\d \\s \\w \\xhh \\n \\r \\t');
    }
    const code = character.charCodeAt(0);
    if (code > 0xff) this.#fail('an escape is one octet');
    return code;
  }

  #brackets(): OctetClass {
    const isInverted = this.#take('^');
    const octets = new Uint8Array(256);
    for (let isFirst = true; isFirst || this.#text.charAt(this.#at) !== ']'; isFirst = false) {
      if (this.#at >= this.#text.length) this.#fail("missing ']'");
      const named = /^\[:(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 12));
      const set = named === null ? undefined : NAMED.get(named[1] ?? '');
      if (named !== null && set !== undefined) {
        this.#at += named[0].length;
        addAll(octets, set);
        continue;
      }
      if (named !== null) this.#fail(`there is no class ${named[0]}`);
      const from = this.#inBrackets();
      if (typeof from !== 'number') {
        addAll(octets, from);
        continue;
      }
      const next = this.#text.charAt(this.#at + 1);
      if (this.#text.charAt(this.#at) !== '-' || next === ']' || next === '') {
        octets[from] = 1;
        continue;
      }
      this.#at++;
      const to = this.#inBrackets();
      if (typeof to !== 'number' || to < from) this.#fail('a range in brackets is out of order');
      octets.fill(1, from, to + 1);
    }
    this.#at++;
    // Case first: what is excluded is excluded in both.
    const both = this.#isCaseless ? withBothCases(octets) : octets;
    return isInverted ? inverted(both) : both;
  }

  #inBrackets(): number | OctetClass {
    if (this.#take('\\')) return this.#escapedClass() ?? this.#escapedOctet();
    const code = this.#text.charCodeAt(this.#at++);
    if (code > 0xff) this.#fail('brackets hold single octets');
    return code;
  }
}

function addAll(octets: OctetClass, other: OctetClass): void {
  for (let i = 0; i < 256; i++) octets[i] = u8(octets, i) | u8(other, i);
}

/**
 * Parts of a pattern.
 * @throws FilterError for a pattern that is wrong or needs what is not supported
 */
export function parsePattern(text: string, place: PatternPlace): PatternPart {
  return new PatternParser(text, place).parse();
}
