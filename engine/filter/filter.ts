/**
 * Display filters: Wireshark's language, compiled once and asked for each packet.
 */
import { TestCompiler } from './comparison.ts';
import { FilterError } from './error.ts';
import { OperandReader } from './operand.ts';
import { parseFilter } from './parser.ts';
import type { FieldSource } from './source.ts';
import { isStateField } from './state-fields.ts';
import type { Expression } from './syntax.ts';

/** Part of a filter: a test of one packet, or others put together. Equal keys ask the same. */
export type FilterPart =
  | {
      readonly kind: 'test';
      readonly key: string;
      /** Fields it asks for: without any of them it does not hold. */
      readonly fields: readonly string[];
      readonly usesState: boolean;
      readonly needsBytes: boolean;
      readonly matches: (source: FieldSource) => boolean;
    }
  | { readonly kind: 'not'; readonly key: string; readonly of: FilterPart }
  | {
      readonly kind: 'and' | 'or' | 'xor';
      readonly key: string;
      readonly parts: readonly FilterPart[];
    };

/** A filter that can be asked about packets. Not for two packets at once: it holds work space. */
export interface CompiledFilter {
  /** As given. */
  readonly text: string;
  /** Fields of packets it asks for; names for several fields are resolved. */
  readonly fields: ReadonlySet<string>;
  /** Whether it asks for what the engine found: alerts, incidents, bindings. */
  readonly usesState: boolean;
  /** Whether values of fields are not enough: slices and contents of protocols, `frame contains`. */
  readonly needsBytes: boolean;
  /** The filter as a tree; undefined for an empty one. */
  readonly root: FilterPart | undefined;
  /** Whether a packet matches; an empty filter matches all. Allocates nothing, but for slices in several parts. */
  readonly matches: (source: FieldSource) => boolean;
}

type Matcher = (source: FieldSource) => boolean;

/** Compiles the parts of one filter. */
class FilterCompiler {
  readonly fields = new Set<string>();
  usesState = false;
  needsBytes = false;
  readonly #tests: TestCompiler;

  constructor(text: string) {
    this.#tests = new TestCompiler(new OperandReader(text));
  }

  part(expression: Expression): FilterPart {
    switch (expression.kind) {
      case 'not': {
        const of = this.part(expression.of);
        return { kind: 'not', key: `!(${of.key})`, of };
      }
      case 'and':
      case 'or':
      case 'xor': {
        const { kind } = expression;
        const parts = expression.parts.map((item) => this.part(item));
        return { kind, key: parts.map(({ key }) => `(${key})`).join(kind), parts };
      }
      default: {
        const { fields, needsBytes, matches } = this.#tests.compile(expression);
        for (const name of fields) this.fields.add(name);
        const usesState = fields.some(isStateField);
        this.usesState ||= usesState;
        this.needsBytes ||= needsBytes;
        return { kind: 'test', key: expression.key, fields, usesState, needsBytes, matches };
      }
    }
  }
}

/** A part as one function. */
function matcherOf(part: FilterPart): Matcher {
  switch (part.kind) {
    case 'test':
      return part.matches;
    case 'not': {
      const of = matcherOf(part.of);
      return (source) => !of(source);
    }
    case 'and': {
      const all = part.parts.map(matcherOf);
      return (source) => {
        for (const matches of all) if (!matches(source)) return false;
        return true;
      };
    }
    case 'or': {
      const all = part.parts.map(matcherOf);
      return (source) => {
        for (const matches of all) if (matches(source)) return true;
        return false;
      };
    }
    case 'xor': {
      const all = part.parts.map(matcherOf);
      return (source) => {
        let isOdd = false;
        for (const matches of all) if (matches(source)) isOdd = !isOdd;
        return isOdd;
      };
    }
  }
}

/**
 * Compiles a display filter. Blank text gives a filter that every packet matches.
 *
 * Bounds: 4096 characters, nesting of 64, sets of 1024, patterns of 2048 states.
 * @throws FilterError that says where and what, for everything that is wrong: syntax, names, types, values
 */
export function compileFilter(text: string): CompiledFilter {
  const expression = parseFilter(text);
  const compiler = new FilterCompiler(text);
  const root = expression === undefined ? undefined : compiler.part(expression);
  const { fields, usesState, needsBytes } = compiler;
  const matches: Matcher = root === undefined ? () => true : matcherOf(root);
  return { text, fields, usesState, needsBytes, root, matches };
}

/** Whether a text is a filter: what is wrong with it, or undefined. */
export function filterProblem(text: string): FilterError | undefined {
  try {
    compileFilter(text);
    return undefined;
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}
