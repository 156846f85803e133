/**
 * What a packet has for one side of a comparison: values of a field, parts of them, results of functions.
 */
import { isOctets } from './entity-type.ts';
import type { EntityType } from './entity-type.ts';
import { FilterError } from './error.ts';
import { fieldNamed, hintFor } from './fields.ts';
import { FUNCTIONS, FUNCTION_NAMES } from './functions.ts';
import type { Expected, LiteralOperand } from './literal.ts';
import { literalOf } from './literal.ts';
import { lengthOfPart, slicePartsOf, startOfPart } from './slice.ts';
import type { FieldSource, ValueForm } from './source.ts';
import type { ArithmeticOperator, Operand, Span } from './syntax.ts';
import { MAX_PAIRED, ValueList, octetsToNumber } from './values.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { formatAddress, formatIpv4 } from '../../dissectors/core/address.ts';

/** An operand whose values come from the packet. */
export interface Entity extends Span {
  readonly label: string;
  readonly type: EntityType;
  /** For names and ranges of values: the field that it is, undefined when it is computed. */
  readonly info: Expected['info'];
  /** Fields that it asks for. */
  readonly fields: readonly string[];
  /** Fields without which it has no value, when it is one of them or has one of them each. */
  readonly isField: boolean;
  /** Whether octets of the packet are needed, not only values of fields. */
  readonly needsBytes: boolean;
  /** Adds its values. */
  collect(source: FieldSource, into: ValueList): void;
}

/** Whether an operand is a value, or may be one: a word that is no field. */
export function asLiteral(operand: Operand): LiteralOperand | undefined {
  switch (operand.kind) {
    case 'string':
    case 'character':
      return operand;
    case 'word':
      return fieldNamed(operand.text) === undefined ? operand : undefined;
    case 'negative':
      return operand.of.kind === 'word' && fieldNamed(operand.of.text) === undefined
        ? operand
        : undefined;
    default:
      return undefined;
  }
}

/** Makes entities of the operands of one filter. */
export class OperandReader {
  readonly filter: string;

  constructor(filter: string) {
    this.filter = filter;
  }

  fail(message: string, { offset, length }: Span, hint?: string): never {
    throw new FilterError(message, this.filter, offset, length, hint);
  }

  /** What was written. */
  shown({ offset, length }: Span): string {
    return this.filter.slice(offset, offset + length);
  }

  /** The entity of an operand. @throws FilterError for a value, an unknown field, or what does not fit together */
  entity(operand: Operand): Entity {
    switch (operand.kind) {
      case 'word':
        return this.#field(operand);
      case 'slice':
        return this.#slice(operand);
      case 'call':
        return this.#call(operand);
      case 'arithmetic':
        return this.#arithmetic(operand);
      case 'negative':
        return this.#negative(operand);
      case 'string':
      case 'character':
        return this.fail(`expected a field, not ${this.shown(operand)}`, operand);
    }
  }

  #field(operand: Extract<Operand, { kind: 'word' }>): Entity {
    const { text, offset, length } = operand;
    const named = fieldNamed(text);
    if (named === undefined) {
      return this.fail(`${text} is neither a field nor a protocol`, operand, hintFor(text));
    }
    const { info, fields, stored } = named;
    const isWide = info.type === 'number' && info.octets === 8;
    const type: EntityType = isWide ? 'wide' : info.type;
    const base = { label: text, type, info, fields, isField: true, offset, length };
    const isProtocol = type === 'protocol' || type === 'none';
    if (stored === 'address' && type === 'text')
      return { ...base, needsBytes: false, ...asText(fields) };
    const form: ValueForm = isOctets(type) ? 'octets' : type === 'text' ? 'text' : 'number';
    const [only = ''] = fields;
    return {
      ...base,
      needsBytes: isProtocol,
      collect:
        fields.length === 1
          ? (source, into) => {
              source.collect(only, form, into);
            }
          : (source, into) => {
              for (const name of fields) source.collect(name, form, into);
            },
    };
  }

  #slice(operand: Extract<Operand, { kind: 'slice' }>): Entity {
    const of = this.entity(operand.of);
    const { offset, length } = operand;
    if (of.type === 'number' || of.type === 'boolean' || of.type === 'wide') {
      return this.fail(`${of.label} is a number and has no slices`, operand.of);
    }
    const parts = slicePartsOf(this.filter, operand.text, operand.inner);
    const isText = of.type === 'text';
    const values = new ValueList();
    return {
      label: `${of.label}[${operand.text}]`,
      type: isText ? 'text' : 'octets',
      info: undefined,
      fields: of.fields,
      isField: false,
      needsBytes: of.needsBytes,
      offset,
      length,
      collect(source, into) {
        values.clear();
        of.collect(source, values);
        for (let i = 0; i < values.length; i++) {
          if (isText) {
            let text = '';
            const whole = values.text(i);
            for (const part of parts) {
              const start = startOfPart(part, whole.length);
              const size = start < 0 ? 0 : lengthOfPart(part, start, whole.length);
              if (size === 0) {
                text = '';
                break;
              }
              text += whole.slice(start, start + size);
            }
            if (text !== '') into.push(text);
            continue;
          }
          const size = values.size(i);
          const [only] = parts;
          if (only !== undefined && parts.length === 1) {
            const start = startOfPart(only, size);
            const octets = start < 0 ? 0 : lengthOfPart(only, start, size);
            if (octets > 0) into.pushOctets(values.bytes(i), values.start(i) + start, octets);
            continue;
          }
          const joined = joinedParts(parts, values, i);
          if (joined !== undefined) into.pushOctets(joined, 0, joined.length);
        }
      },
    };

    function joinedParts(
      wanted: typeof parts,
      list: ValueList,
      index: number,
    ): Uint8Array | undefined {
      const size = list.size(index);
      const octets: number[] = [];
      for (const part of wanted) {
        const start = startOfPart(part, size);
        const count = start < 0 ? 0 : lengthOfPart(part, start, size);
        if (count === 0) return undefined;
        for (let i = 0; i < count; i++)
          octets.push(u8(list.bytes(index), list.start(index) + start + i));
      }
      return Uint8Array.from(octets);
    }
  }

  #call(operand: Extract<Operand, { kind: 'call' }>): Entity {
    const { name, args, offset, length } = operand;
    const definition = FUNCTIONS.get(name);
    if (definition === undefined) {
      const hint = `there are ${FUNCTION_NAMES.join(', ')}`;
      return this.fail(`there is no function ${name}`, { offset, length: name.length }, hint);
    }
    const { least, most } = definition;
    if (args.length < least || args.length > most) {
      const count = least === most ? `${least}` : `${least} to ${most}`;
      return this.fail(`${name}() takes ${count} arguments, got ${args.length}`, operand);
    }
    const [first, ...rest] = args;
    if (first === undefined) return this.fail(`${name}() needs a field`, operand);
    const of = this.entity(first);
    const refused = definition.refuses(of.type);
    if (refused !== undefined) this.fail(`${name}() ${refused}, ${of.label} is not`, first);
    const others = rest.map((item) => this.#numberArgument(item, of));
    const values = new ValueList();
    const apply = definition.make(of.type);
    const entities = [of, ...others];
    return {
      label: `${name}()`,
      type: definition.result(of.type),
      info: definition.keepsField ? of.info : undefined,
      fields: entities.flatMap((item) => item.fields),
      isField: false,
      needsBytes: entities.some((item) => item.needsBytes),
      offset,
      length,
      collect(source, into) {
        values.clear();
        of.collect(source, values);
        if (values.length === 0) return;
        for (const item of others) item.collect(source, values);
        apply(values, into);
      },
    };
  }

  /** A further argument: a number of the packet, or one that is written. */
  #numberArgument(operand: Operand, first: Entity): Entity {
    const literal = asLiteral(operand);
    if (literal === undefined) {
      const entity = this.entity(operand);
      if (entity.type === 'number') return entity;
      return this.fail(`${entity.label} is not a number`, operand);
    }
    const expected = {
      label: first.label,
      type: 'number',
      info: undefined,
      isPartial: false,
    } as const;
    const value = literalOf(this.filter, literal, expected);
    return this.#constant(value.kind === 'number' ? value.number : 0, operand);
  }

  #constant(value: number, { offset, length }: Span): Entity {
    return {
      label: `${value}`,
      type: 'number',
      info: undefined,
      fields: [],
      isField: false,
      needsBytes: false,
      offset,
      length,
      collect(_source, into) {
        into.push(value);
      },
    };
  }

  #numeric(operand: Operand): Entity {
    const literal = asLiteral(operand);
    if (literal !== undefined) return this.#numberOf(literal);
    const entity = this.entity(operand);
    const { type } = entity;
    if (type === 'number' || type === 'boolean' || type === 'octets' || type === 'wide')
      return entity;
    return this.fail(`${entity.label} is no number to calculate with`, operand);
  }

  #numberOf(literal: LiteralOperand): Entity {
    const expected = {
      label: 'a number',
      type: 'number',
      info: undefined,
      isPartial: false,
    } as const;
    const isName = literal.kind === 'word' && !/^\d/.test(literal.text);
    if (isName) {
      const { text } = literal;
      return this.fail(`${text} is neither a field nor a number`, literal, hintFor(text));
    }
    const fraction = literal.kind === 'word' && /^\d+\.\d+$/.test(literal.text);
    if (fraction) return this.#constant(Number(literal.text), literal);
    const value = literalOf(this.filter, literal, expected);
    return this.#constant(value.kind === 'number' ? value.number : 0, literal);
  }

  #arithmetic(operand: Extract<Operand, { kind: 'arithmetic' }>): Entity {
    const left = this.#numeric(operand.left);
    const right = this.#numeric(operand.right);
    const fields = [...left.fields, ...right.fields];
    const { operator, offset, length } = operand;
    if (fields.length === 0) this.fail('a calculation needs a field', operand);
    const lefts = new ValueList();
    const rights = new ValueList();
    return {
      label: this.shown(operand),
      type: 'number',
      info: undefined,
      fields,
      isField: false,
      needsBytes: left.needsBytes || right.needsBytes,
      offset,
      length,
      collect(source, into) {
        lefts.clear();
        rights.clear();
        left.collect(source, lefts);
        right.collect(source, rights);
        let room = MAX_PAIRED;
        for (let i = 0; i < lefts.length; i++) {
          for (let j = 0; j < rights.length && room > 0; j++) {
            const value = calculate(operator, numberAt(lefts, i), numberAt(rights, j));
            room--;
            if (Number.isFinite(value)) into.push(value);
          }
        }
      },
    };
  }

  #negative(operand: Extract<Operand, { kind: 'negative' }>): Entity {
    const of = this.#numeric(operand.of);
    const values = new ValueList();
    return {
      ...of,
      label: `-${of.label}`,
      type: 'number',
      info: undefined,
      isField: false,
      offset: operand.offset,
      length: operand.length,
      collect(source, into) {
        values.clear();
        of.collect(source, values);
        for (let i = 0; i < values.length; i++) {
          const value = numberAt(values, i);
          if (Number.isFinite(value)) into.push(-value);
        }
      },
    };
  }
}

/** Text of addresses. Made for each packet: who wants speed compares addresses. */
function asText(fields: readonly string[]): Pick<Entity, 'collect'> {
  const values = new ValueList();
  return {
    collect(source, into) {
      values.clear();
      for (const name of fields) source.collect(name, 'octets', values);
      for (let i = 0; i < values.length; i++) {
        const bytes = values.bytes(i);
        const start = values.start(i);
        into.push(values.size(i) === 4 ? formatIpv4(bytes, start) : formatAddress(bytes, start));
      }
    },
  };
}

/** A value as a number: also that of a few octets. NaN when it is none. */
function numberAt(values: ValueList, index: number): number {
  const size = values.size(index);
  return size === 0
    ? values.number(index)
    : octetsToNumber(values.bytes(index), values.start(index), size);
}

const HALF = 2 ** 32;

/** NaN and infinite when there is no result. Division is that of whole numbers, towards zero. */
function calculate(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return Math.trunc(a / b);
    case '%':
      return a % b;
    case '&': {
      if (!(a >= 0 && b >= 0)) return a & b;
      const high = (Math.floor(a / HALF) & Math.floor(b / HALF)) >>> 0;
      return high * HALF + (((a % HALF) & (b % HALF)) >>> 0);
    }
  }
}
