/**
 * YAML text as plain values, with the place of each, within bounds.
 *
 * The parser builds a tree before anybody can look at it, and a few megabytes of `- - - -` make one that no memory
 * holds. So the words of the text are counted first, without a tree. Nothing here quotes the text: a user may name a
 * key file by mistake.
 */
import { CST, Lexer, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import type { ConfigurationProblem } from './configuration-error.ts';

/** Words, marks and gaps of one file: a site with 32,768 mobile nodes has 600,000. */
const MAX_LEXEMES = 700_000;
/** What an escape in double quotes counts for: the parser makes a fault with a stack of each that is wrong. */
const ESCAPE_WEIGHT = 20;
/** Brackets open at the same time, and list or key marks in a row. A site file needs 4. */
const MAX_NESTING = 32;
/** Spaces at the start of a line that a list or mapping can be nested by. */
const MAX_INDENT = 256;
/** How often aliases may repeat what an anchor holds, in all. */
const MAX_ALIASES = 100;
/** Values after aliases are put in place. */
const MAX_VALUES = 500_000;
/** Faults of the text told; later ones mostly follow from the first. */
const MAX_SYNTAX_FAULTS = 10;

/** Place of a value: keys and list indices from the top. */
export type ValuePath = readonly (string | number)[];

/** A YAML text that could be read. */
export interface YamlDocument {
  readonly value: unknown;
  /** Keys given twice. */
  readonly problems: readonly ConfigurationProblem[];
  /**
   * Line and column, from 1, of the value at the path; of the nearest one around it when there is none.
   * @param isKey of the key itself, when the last step is one.
   */
  placeOf(path: ValuePath, isKey?: boolean): { line: number; column: number };
}

/**
 * Reads a YAML 1.2 text with one document.
 * @returns the document, or the problems that keep it from being read
 */
export function readYaml(text: string): YamlDocument | readonly ConfigurationProblem[] {
  const at = lineCounter(text);
  const problem = (offset: number, message: string): ConfigurationProblem => ({
    ...at(offset),
    path: '',
    message,
  });

  const excess = excessOf(text);
  if (excess !== undefined) return [problem(excess.offset, excess.message)];
  const document = parseDocument(text, {
    // The parser compares each key with all others of its mapping; `doubleKeys` does it in one pass.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    version: '1.2',
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return faults
      .slice(0, MAX_SYNTAX_FAULTS)
      .map((fault) => problem(fault.pos[0], syntaxMessage(fault)));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    // Only aliases can fail here: too many of them, one without its anchor, or one within its own anchor.
    return [
      problem(
        firstAlias(document),
        `an alias (*name) must refer to an anchor that ends before it, and all of them ${MAX_ALIASES} times at most`,
      ),
    ];
  }
  if (!isSmall(value)) {
    return [problem(0, `more than ${MAX_VALUES} values once the aliases (*name) are put in place`)];
  }
  return {
    value,
    problems: doubleKeys(document).map(({ offset, key }) =>
      problem(offset, `the key ${key} is already given in this mapping; remove one of both`),
    ),
    placeOf: (path, isKey = false) => at(offsetOf(document, path, isKey)),
  };
}

/** Line and column of offsets, from 1. */
function lineCounter(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Offset of the first alias without an anchor before it, else of the first alias. */
function firstAlias(document: Document): number {
  let first: number | undefined;
  let dangling: number | undefined;
  visit(document, {
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0;
      first ??= offset;
      if (alias.resolve(document) === undefined) dangling ??= offset;
    },
  });
  return dangling ?? first ?? 0;
}

/** Where the text goes past a bound of this file, and which; found without building anything. */
function excessOf(text: string): { offset: number; message: string } | undefined {
  let offset = 0;
  let lexemes = 0;
  let brackets = 0;
  let marks = 0;
  let isLineStart = true;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    switch (type) {
      case 'flow-map-start':
      case 'flow-seq-start':
        brackets++;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        brackets--;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        marks++;
        break;
      case 'double-quoted-scalar':
        lexemes += ESCAPE_WEIGHT * (lexeme.split('\\').length - 1);
        break;
      case 'newline':
      case 'comma':
        marks = 0;
        break;
      default:
    }
    const isDeep =
      brackets > MAX_NESTING ||
      marks > MAX_NESTING ||
      (isLineStart && type === 'space' && lexeme.length > MAX_INDENT);
    if (isDeep) return { offset, message: `nested deeper than ${MAX_NESTING} levels` };
    if (++lexemes > MAX_LEXEMES) return { offset, message: 'more keys and values than a site has' };
    // Three lexemes are marks of the lexer and stand for no text.
    if (type !== 'doc-mode' && type !== 'flow-error-end' && lexeme !== CST.SCALAR) {
      offset += lexeme.length;
    }
    isLineStart = type === 'newline';
  }
  return undefined;
}

/** The parser's fault in words. Its own words may repeat the text. */
function syntaxMessage({ code }: YAMLError): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab in the indentation; YAML is indented with spaces';
    case 'BAD_INDENT':
      return 'indented unlike the lines it belongs to, or a bracket before it is not closed';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'KEY_OVER_1024_CHARS':
      return 'a second key on this line; a value that ends in a colon must be in quotes: "2001:db8::"';
    case 'MISSING_CHAR':
      return 'a colon, comma, quote or bracket is missing here';
    case 'BAD_ALIAS':
      return 'an alias (*name) that cannot be used here';
    case 'MULTIPLE_DOCS':
      return 'a second document starts here; the file must hold one';
    case 'TAG_RESOLVE_FAILED':
    case 'MULTIPLE_TAGS':
      return 'a tag (!name); tags are not used in this file';
    case 'MULTIPLE_ANCHORS':
      return 'more than one anchor (&name) for one value';
    case 'NON_STRING_KEY':
      return 'a key must be a word';
    case 'BAD_DQ_ESCAPE':
      return 'an escape that double quotes do not know; use single quotes to write a backslash';
    case 'UNEXPECTED_TOKEN':
    case 'BAD_SCALAR_START':
    case 'IMPOSSIBLE':
      return 'this is not YAML here; text with a special character at its start must be in quotes';
    default:
      return `this is not YAML here (${code.toLowerCase().replaceAll('_', ' ')})`;
  }
}

/** Keys that appear again in one mapping. */
function doubleKeys(document: Document): { offset: number; key: string }[] {
  const found: { offset: number; key: string }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found.push({ offset: key.range?.[0] ?? 0, key: shortKey(String(key.value)) });
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** A key as shown: as long as keys are, and no longer. */
function shortKey(key: string): string {
  return key.length > 40 ? `${key.slice(0, 39)}…` : key;
}

/** Whether a value has at most `MAX_VALUES` parts, repeated ones counted each time. */
function isSmall(value: unknown): boolean {
  const stack: unknown[] = [value];
  let count = 0;
  while (stack.length > 0) {
    if (++count > MAX_VALUES) return false;
    const item = stack.pop();
    if (typeof item !== 'object' || item === null) continue;
    for (const part of Object.values(item) as unknown[]) stack.push(part);
  }
  return true;
}

/** Offset of the value at a path, or of the nearest one around it. */
function offsetOf(document: Document, path: ValuePath, isKey: boolean): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return offset;
      const key = pair.key as Node;
      offset = key.range?.[0] ?? offset;
      if (isKey && index === path.length - 1) return offset;
      node = pair.value as Node | null;
    } else if (isSeq(node) && typeof step === 'number') {
      node = (node.items[step] ?? null) as Node | null;
    } else return offset;
    // An empty value has no place of its own: its key has.
    const isEmpty = isScalar(node) && node.value === null && node.source === '';
    if (!isEmpty) offset = node?.range?.[0] ?? offset;
  }
  return offset;
}
