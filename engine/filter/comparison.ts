/**
 * Tests of one packet, compiled: each holds two values or lists of values against each other.
 */
import { isOctets } from './entity-type.ts';
import { literalOf } from './literal.ts';
import type { Expected, Literal, LiteralOperand } from './literal.ts';
import { asLiteral } from './operand.ts';
import type { Entity, OperandReader } from './operand.ts';
import { Pattern } from './pattern.ts';
import type { FieldSource } from './source.ts';
import type { ComparisonOperator, Operand, Quantifier, Span, Test } from './syntax.ts';
import { MAX_PAIRED, OctetSearch, ValueList, compareBits, compareOctets } from './values.ts';

/** A compiled test. It never holds for a packet without the fields it asks for. */
export interface CompiledTest {
  readonly fields: readonly string[];
  readonly needsBytes: boolean;
  readonly matches: (source: FieldSource) => boolean;
}

/** Holds one value of a list against something fixed. */
type ValueTest = (values: ValueList, index: number) => boolean;

type Order = 'equal' | 'differs' | 'greater' | 'at-least' | 'less' | 'at-most';

/** Order and quantifier of an operator. Wireshark 4: `!=` holds when no value is equal. */
const OPERATORS: Readonly<
  Record<Exclude<ComparisonOperator, 'contains' | 'matches'>, readonly [Order, 'any' | 'all']>
> = {
  '==': ['equal', 'any'],
  '===': ['equal', 'all'],
  '!=': ['differs', 'all'],
  '!==': ['differs', 'any'],
  '>': ['greater', 'any'],
  '>=': ['at-least', 'any'],
  '<': ['less', 'any'],
  '<=': ['at-most', 'any'],
};

/** Whether a difference (negative, 0, positive; NaN for what cannot be compared) is in an order. */
function isInOrder(order: Order, difference: number): boolean {
  switch (order) {
    case 'equal':
      return difference === 0;
    case 'differs':
      return difference !== 0;
    case 'greater':
      return difference > 0;
    case 'at-least':
      return difference >= 0;
    case 'less':
      return difference < 0;
    case 'at-most':
      return difference <= 0;
  }
}

function textOrder(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Difference of a value of the packet and a written one. */
function differenceTo(literal: Literal): (values: ValueList, index: number) => number {
  switch (literal.kind) {
    case 'number': {
      const { number } = literal;
      return (values, index) => values.number(index) - number;
    }
    case 'text': {
      const { text } = literal;
      return (values, index) => textOrder(values.text(index), text);
    }
    case 'octets': {
      const { octets, bits } = literal;
      if (bits === undefined) {
        return (values, index) =>
          compareOctets(
            values.bytes(index),
            values.start(index),
            values.size(index),
            octets,
            0,
            octets.length,
          );
      }
      return (values, index) =>
        compareBits(values.bytes(index), values.start(index), values.size(index), octets, bits);
    }
  }
}

/** Compiles the tests of one filter. */
export class TestCompiler {
  readonly #reader: OperandReader;

  constructor(reader: OperandReader) {
    this.#reader = reader;
  }

  compile(test: Test): CompiledTest {
    switch (test.kind) {
      case 'presence':
        return this.#presence(test.operand);
      case 'membership':
        return this.#membership(test);
      case 'comparison':
        return this.#comparison(test);
    }
  }

  #presence(operand: Operand): CompiledTest {
    const entity = this.#reader.entity(operand);
    const { fields } = entity;
    if (entity.isField) {
      const [only = ''] = fields;
      return {
        fields,
        needsBytes: false,
        matches:
          fields.length === 1
            ? (source) => source.has(only)
            : (source) => fields.some((name) => source.has(name)),
      };
    }
    const values = new ValueList();
    const isNumber = operand.kind === 'arithmetic' || operand.kind === 'negative';
    return {
      fields,
      needsBytes: entity.needsBytes,
      matches(source) {
        values.clear();
        entity.collect(source, values);
        if (!isNumber) return values.length > 0;
        // `tcp.flags & 2` asks for a bit.
        for (let i = 0; i < values.length; i++) if (values.number(i) !== 0) return true;
        return false;
      },
    };
  }

  /** Left side: something of the packet with a value. */
  #left(operand: Operand, operator: string): Entity {
    const literal = asLiteral(operand);
    if (literal !== undefined) {
      const reader = this.#reader;
      const shown = reader.shown(operand);
      if (literal.kind === 'word' && /^[a-z_]/i.test(literal.text)) return reader.entity(operand);
      const hint = 'the field comes first: ipv6.hlim == 64';
      return reader.fail(
        `the left side of ${operator} must be a field, not ${shown}`,
        operand,
        hint,
      );
    }
    const entity = this.#reader.entity(operand);
    const isPrefix = entity.type === 'none' && entity.info?.formats.length === 0;
    if (isPrefix && entity.fields.length !== 1) {
      this.#reader.fail(
        `${entity.label} stands for several fields and can be asked for only by itself`,
        operand,
        `one of them is ${entity.fields[0] ?? ''}`,
      );
    }
    return entity;
  }

  #expected(entity: Entity, isPartial: boolean): Expected {
    const { label, info, type } = entity;
    const isRange = type === 'protocol' || type === 'none';
    return { label, info, type: isRange ? 'octets' : type, isPartial };
  }

  #literal(operand: LiteralOperand, entity: Entity, isPartial = false): Literal {
    return literalOf(this.#reader.filter, operand, this.#expected(entity, isPartial));
  }

  #comparison(test: Extract<Test, { kind: 'comparison' }>): CompiledTest {
    const { operator, quantifier, right } = test;
    const left = this.#left(test.left, operator);
    if (operator === 'matches') return this.#matches(left, right, quantifier, test.left);
    if (operator === 'contains') return this.#contains(left, right, quantifier, test.left);
    const [order, usual] = OPERATORS[operator];
    const literal = asLiteral(right) ?? this.#valueName(right, left);
    if (literal !== undefined) {
      const difference = differenceTo(this.#literal(literal, left));
      return each(left, quantifier ?? usual, (values, index) =>
        isInOrder(order, difference(values, index)),
      );
    }
    const entity = this.#reader.entity(right);
    this.#checkTypes(left, entity, right);
    return pairs(left, entity, quantifier ?? usual, (difference) => isInOrder(order, difference));
  }

  /** A word that names a protocol, but also a value of the field it is compared with: `ipv6.nxt == icmpv6`. */
  #valueName(operand: Operand, left: Entity): LiteralOperand | undefined {
    if (operand.kind !== 'word') return undefined;
    const wanted = operand.text.toLowerCase();
    const isName = left.info?.values?.some(({ name }) => name.toLowerCase() === wanted) === true;
    return isName ? operand : undefined;
  }

  #checkTypes(left: Entity, right: Entity, place: Span): void {
    const kindOf = ({ type }: Entity): string => {
      if (type === 'number' || type === 'boolean') return 'number';
      return type === 'text' ? 'text' : 'octets';
    };
    const isWide = left.type === 'wide' || right.type === 'wide';
    const isMixed =
      isWide && left.type !== right.type && !(isOctets(left.type) && isOctets(right.type));
    if (kindOf(left) !== kindOf(right) || isMixed) {
      this.#reader.fail(`${left.label} and ${right.label} cannot be compared`, place);
    }
  }

  #contains(left: Entity, right: Operand, quantifier: Quantifier, place: Span): CompiledTest {
    const { type, label } = left;
    if (type === 'number' || type === 'boolean' || type === 'wide') {
      this.#reader.fail(`${label} is a number and contains nothing`, place);
    }
    if (type === 'address') {
      const hint = 'compare with a prefix, or take a slice';
      this.#reader.fail(`${label} is an address: contains does not apply`, place, hint);
    }
    const literal = asLiteral(right);
    if (literal === undefined) {
      const entity = this.#reader.entity(right);
      this.#checkTypes(left, entity, right);
      return containsEntity(left, entity, quantifier ?? 'any');
    }
    const value = this.#literal(literal, left, true);
    if (value.kind === 'text') {
      const { text } = value;
      return each(left, quantifier ?? 'any', (values, index) => values.text(index).includes(text));
    }
    const search = new OctetSearch(value.kind === 'octets' ? value.octets : new Uint8Array());
    return each(left, quantifier ?? 'any', (values, index) =>
      search.isIn(values.bytes(index), values.start(index), values.size(index)),
    );
  }

  #matches(left: Entity, right: Operand, quantifier: Quantifier, place: Span): CompiledTest {
    const { type, label } = left;
    const reader = this.#reader;
    if (type === 'number' || type === 'boolean' || type === 'wide' || type === 'address') {
      reader.fail(`${label} has no text to match`, place, `write string(${label}) matches ...`);
    }
    if (right.kind !== 'string') {
      return reader.fail('matches wants a regular expression in double quotes', right);
    }
    const { offset, length, text } = right;
    const pattern = new Pattern(text, { filter: reader.filter, offset, length });
    return each(
      left,
      quantifier ?? 'any',
      type === 'text'
        ? (values, index) => pattern.isInText(values.text(index))
        : (values, index) =>
            pattern.isIn(values.bytes(index), values.start(index), values.size(index)),
    );
  }

  #membership(test: Extract<Test, { kind: 'membership' }>): CompiledTest {
    const { left: operand, items, quantifier } = test;
    const left = this.#left(operand, 'in');
    const numbers = new Set<number>();
    const texts = new Set<string>();
    const others: ValueTest[] = [];
    const valueOf = (item: Operand): Literal => {
      const literal = asLiteral(item) ?? this.#valueName(item, left);
      if (literal !== undefined) return this.#literal(literal, left);
      return this.#reader.fail('a set holds values, not fields', item);
    };
    for (const { from, to } of items) {
      const low = valueOf(from);
      if (to === undefined) {
        if (low.kind === 'number') numbers.add(low.number);
        else if (low.kind === 'text') texts.add(low.text);
        else {
          const difference = differenceTo(low);
          others.push((values, index) => difference(values, index) === 0);
        }
        continue;
      }
      const fromLow = differenceTo(low);
      const fromHigh = differenceTo(valueOf(to));
      others.push((values, index) => fromLow(values, index) >= 0 && fromHigh(values, index) <= 0);
    }
    return each(left, quantifier ?? 'any', (values, index) => {
      if (numbers.size > 0 && numbers.has(values.number(index))) return true;
      if (texts.size > 0 && texts.has(values.text(index))) return true;
      for (const other of others) if (other(values, index)) return true;
      return false;
    });
  }
}

/** Holds each value of an entity against something fixed. */
function each(entity: Entity, quantifier: 'any' | 'all', holds: ValueTest): CompiledTest {
  const values = new ValueList();
  const isAll = quantifier === 'all';
  const { fields, needsBytes } = entity;
  return {
    fields,
    needsBytes,
    matches(source) {
      values.clear();
      entity.collect(source, values);
      const { length } = values;
      if (length === 0) return false;
      for (let i = 0; i < length; i++) if (holds(values, i) !== isAll) return !isAll;
      return isAll;
    },
  };
}

/** Holds each value of one entity against each of the other; of each at most `MAX_PAIRED`. */
function pairs(
  left: Entity,
  right: Entity,
  quantifier: 'any' | 'all',
  holds: (difference: number) => boolean,
): CompiledTest {
  const lefts = new ValueList();
  const rights = new ValueList();
  const isAll = quantifier === 'all';
  const difference = differenceOf(left);
  return {
    fields: [...left.fields, ...right.fields],
    needsBytes: left.needsBytes || right.needsBytes,
    matches(source) {
      lefts.clear();
      rights.clear();
      left.collect(source, lefts);
      right.collect(source, rights);
      const rows = Math.min(lefts.length, MAX_PAIRED);
      const columns = Math.min(rights.length, MAX_PAIRED);
      if (rows === 0 || columns === 0) return false;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          if (holds(difference(lefts, i, rights, j)) !== isAll) return !isAll;
        }
      }
      return isAll;
    },
  };
}

function differenceOf({
  type,
}: Entity): (a: ValueList, i: number, b: ValueList, j: number) => number {
  if (type === 'text') return (a, i, b, j) => textOrder(a.text(i), b.text(j));
  if (!isOctets(type)) return (a, i, b, j) => a.number(i) - b.number(j);
  return (a, i, b, j) =>
    compareOctets(a.bytes(i), a.start(i), a.size(i), b.bytes(j), b.start(j), b.size(j));
}

/** Longest octet string of a packet that is looked for in another one. */
const MAX_WANTED = 256;

function containsEntity(left: Entity, right: Entity, quantifier: 'any' | 'all'): CompiledTest {
  const lefts = new ValueList();
  const rights = new ValueList();
  const isAll = quantifier === 'all';
  const isText = left.type === 'text';
  return {
    fields: [...left.fields, ...right.fields],
    needsBytes: left.needsBytes || right.needsBytes,
    matches(source) {
      lefts.clear();
      rights.clear();
      left.collect(source, lefts);
      right.collect(source, rights);
      const rows = Math.min(lefts.length, MAX_PAIRED);
      // A search for each value of the packet: a few are looked for.
      const columns = Math.min(rights.length, 16);
      if (rows === 0 || columns === 0) return false;
      for (let j = 0; j < columns; j++) {
        const size = Math.min(rights.size(j), MAX_WANTED);
        const start = rights.start(j);
        const search = isText
          ? undefined
          : new OctetSearch(rights.bytes(j).subarray(start, start + size));
        for (let i = 0; i < rows; i++) {
          const isIn =
            search === undefined
              ? lefts.text(i).includes(rights.text(j))
              : rights.size(j) <= MAX_WANTED &&
                search.isIn(lefts.bytes(i), lefts.start(i), lefts.size(i));
          if (isIn !== isAll) return !isAll;
        }
      }
      return isAll;
    },
  };
}
