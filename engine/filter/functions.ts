/**
 * Functions of the filter language.
 */
import { formatAddress, formatIpv4, formatMac } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { EntityType } from './entity-type.ts';
import type { ValueList } from './values.ts';

/** A function: which operands it takes and what it makes of their values. */
export interface FilterFunction {
  readonly least: number;
  readonly most: number;
  /** What the first operand has to be when it is not of a type that is taken; undefined when it is. */
  refuses(type: EntityType): string | undefined;
  result(type: EntityType): EntityType;
  /** Whether names and ranges of the field's values hold for the result. */
  readonly keepsField: boolean;
  /** Adds results for the values of all operands, of which there is at least one. */
  make(type: EntityType): (values: ValueList, into: ValueList) => void;
}

const anyType = (): undefined => undefined;
const isNumeric = (type: EntityType): boolean => type === 'number' || type === 'boolean';
const numbersOnly = (type: EntityType): string | undefined =>
  isNumeric(type) ? undefined : 'takes numbers';
const textOnly = (type: EntityType): string | undefined =>
  type === 'text' ? undefined : 'takes text';

function octetText(type: EntityType, values: ValueList, index: number): string {
  const bytes = values.bytes(index);
  const start = values.start(index);
  const size = values.size(index);
  if (type === 'address' && size === 4) return formatIpv4(bytes, start);
  if (type === 'address' && size === 16) return formatAddress(bytes, start);
  if (type === 'mac' && size === 6) return formatMac(bytes, start);
  let text = '';
  for (let i = 0; i < size; i++) {
    if (i > 0) text += ':';
    text += u8(bytes, start + i)
      .toString(16)
      .padStart(2, '0');
  }
  return text;
}

/** Applies a change of text to each value. */
const textFunction = (change: (text: string) => string): FilterFunction => ({
  least: 1,
  most: 1,
  keepsField: false,
  refuses: textOnly,
  result: () => 'text',
  make: () => (values, into) => {
    for (let i = 0; i < values.length; i++) into.push(change(values.text(i)));
  },
});

/** Picks one of all numbers. */
const pickFunction = (isBetter: (a: number, b: number) => boolean): FilterFunction => ({
  least: 1,
  most: 16,
  keepsField: true,
  refuses: numbersOnly,
  result: () => 'number',
  make: () => (values, into) => {
    let best = values.number(0);
    for (let i = 1; i < values.length; i++) {
      const value = values.number(i);
      if (isBetter(value, best)) best = value;
    }
    into.push(best);
  },
});

/** All functions by name; `len` and others are Wireshark's. */
export const FUNCTIONS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  [
    'len',
    {
      least: 1,
      most: 1,
      keepsField: false,
      refuses: (type) => (isNumeric(type) ? 'takes octets, text and protocols' : undefined),
      result: () => 'number',
      make: (type) => (values, into) => {
        for (let i = 0; i < values.length; i++) {
          into.push(type === 'text' ? values.text(i).length : values.size(i));
        }
      },
    },
  ],
  [
    'count',
    {
      least: 1,
      most: 1,
      keepsField: false,
      refuses: anyType,
      result: () => 'number',
      make: () => (values, into) => {
        into.push(values.length);
      },
    },
  ],
  ['lower', textFunction((text) => text.toLowerCase())],
  ['upper', textFunction((text) => text.toUpperCase())],
  [
    'string',
    {
      least: 1,
      most: 1,
      keepsField: false,
      refuses: (type) =>
        type === 'protocol' || type === 'none' ? 'takes fields with a value' : undefined,
      result: () => 'text',
      make: (type) => (values, into) => {
        for (let i = 0; i < values.length; i++) {
          if (type === 'text') into.push(values.text(i));
          else if (type === 'boolean') into.push(values.number(i) === 0 ? 'False' : 'True');
          else if (type === 'number') into.push(`${values.number(i)}`);
          else into.push(octetText(type, values, i));
        }
      },
    },
  ],
  ['max', pickFunction((a, b) => a > b)],
  ['min', pickFunction((a, b) => a < b)],
  [
    'abs',
    {
      least: 1,
      most: 1,
      keepsField: true,
      refuses: numbersOnly,
      result: () => 'number',
      make: () => (values, into) => {
        for (let i = 0; i < values.length; i++) into.push(Math.abs(values.number(i)));
      },
    },
  ],
]);

/** Names of all functions. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];
