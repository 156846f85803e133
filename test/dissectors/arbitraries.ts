/**
 * Values for every registered format, made from its table: a new row is tested without a new test.
 */
import fc from 'fast-check';
import type { Field, Layout, TlvCodec } from '../../dissectors/core/layout.ts';
import { ICMPV6_MESSAGES } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../dissectors/icmpv6/index.ts';
import { ND_OPTIONS } from '../../dissectors/icmpv6/nd-options.ts';
import { IPV6_OPTIONS } from '../../dissectors/ipv6/options.ts';
import type { Ipv6Option } from '../../dissectors/ipv6/options.ts';
import { MOBILITY_MESSAGES } from '../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { OptionDefinition } from '../../dissectors/mobility/option.ts';
import { mobilityOptions } from '../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';

/** `octets` octets. */
export const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });

/** IPv6 addresses of all kinds, documentation ones most of the time. */
export const anyAddress = fc.oneof(
  {
    weight: 4,
    arbitrary: octets(8).map((host) => Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, ...host)),
  },
  { weight: 1, arbitrary: octets(16) },
);

/** All numbers and octets at one end of what they may be. */
type Extreme = 'lowest' | 'highest';

/** One number of one format, and the value it is to have; of a flag word the bits of a mask. */
interface WantedNumber {
  readonly format: Layout;
  readonly field: string;
  readonly value: number;
  readonly mask?: number;
}

/** Random numbers of a seed: formats whose fields depend on each other are drawn one field after another. */
class Random {
  #state: number;
  readonly extreme: Extreme | undefined;
  /** What a number must be, and whether it was drawn. */
  readonly wanted: WantedNumber | undefined;
  isMet = false;

  constructor(seed: number, extreme?: Extreme, wanted?: WantedNumber) {
    this.#state = seed | 1;
    this.extreme = extreme;
    this.wanted = wanted;
  }

  /** An integer from `min` to `max`; `min` when there is none. */
  integer(min: number, max: number): number {
    if (max <= min || this.extreme === 'lowest') return min;
    if (this.extreme === 'highest') return max;
    // xorshift32
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    const unit = (this.#state >>> 0) / 2 ** 32;
    // Ends of ranges are worth more than the middle.
    if (unit < 0.05) return min;
    if (unit > 0.95) return max;
    return min + Math.floor(((unit - 0.05) / 0.9) * (max - min + 1));
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.integer(0, 255));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

/** Octets a record or a sub-option is given beyond its fixed part. */
const MORE_OCTETS = 24;
/** Tries to fill a format exactly; more means that no value of it has that length. */
const MAX_TRIES = 200;

/** Limits of a number that counts records or octets which must fit into `room`; undefined = counts nothing. */
function countLimits(
  format: Layout,
  name: string,
  room: number,
): readonly [number, number] | undefined {
  for (const field of format.fields) {
    if (field.type === 'list' && field.count === name) {
      return [0, Math.min(3, Math.floor(room / Math.max(1, field.of.fixedOctets)))];
    }
    if (typeof field.octets === 'object' && field.octets.by === name) {
      const { unit = 1, less = 0 } = field.octets;
      return [Math.ceil(less / unit), Math.floor((room + less) / unit)];
    }
  }
  return undefined;
}

/** Whether a format is another or has it in records or sub-options. */
function holds(format: Layout, wanted: Layout): boolean {
  return format === wanted || innerFormats(format).some((inner) => holds(inner, wanted));
}

/** Formats of the records and sub-options of a format. */
function innerFormats({ fields }: Layout): Layout[] {
  return fields.flatMap((field) => {
    if (field.type === 'list') return [field.of];
    if (field.type !== 'tlvs') return [];
    return [...field.codec.definitions.values()].map((row) => row.layout);
  });
}

function drawNumber(random: Random, format: Layout, field: Field, room: number): number {
  if (field.type !== 'uint' && field.type !== 'flags') throw new Error('not a number');
  const limit = 2 ** (8 * field.octets);
  const { wanted } = random;
  if (wanted?.format === format && wanted.field === field.name) {
    random.isMet = true;
    const { value, mask = limit - 1 } = wanted;
    return mask === limit - 1 ? value : ((random.integer(0, limit - 1) & ~mask) | value) >>> 0;
  }
  if (field.type === 'flags') return random.integer(0, limit - 1);
  const counts = countLimits(format, field.name, room);
  if (counts !== undefined) return random.integer(counts[0], Math.min(counts[1], limit - 1));
  if (field.signed === true) return random.integer(-limit / 2, limit / 2 - 1);
  const named = field.values ?? [];
  return named.length > 0 && random.integer(0, 1) === 0
    ? random.pick(named).value
    : random.integer(0, limit - 1);
}

function drawRecords(
  random: Random,
  item: Layout,
  count: number | undefined,
  room: number,
): unknown[] {
  const records: Record<string, unknown>[] = [];
  let left = room;
  const least = Math.max(1, item.fixedOctets);
  const wanted = count ?? Math.floor(left / least);
  while (records.length < wanted && left >= least) {
    // Records that are as short as can be fill the room exactly.
    const isShort = random.integer(0, 1) === 0;
    const more = isShort ? least : Math.min(left, least + random.integer(0, MORE_OCTETS));
    // A list to the end has no room left after it.
    const isLast = count === undefined && isFlexible(item) && left - more < least;
    const record = isLast ? drawExact(random, item, left) : drawValue(random, item, more);
    if (record === undefined) break;
    left -= item.encodeFields(record).length;
    if (left < 0) break;
    records.push(record);
  }
  return records;
}

/** A value whose octets are exactly `length`, undefined when none was found. */
function drawExact(
  random: Random,
  format: Layout,
  length: number,
): Record<string, unknown> | undefined {
  // At an extreme every draw is the same.
  const tries = random.extreme === undefined ? MAX_TRIES : 1;
  for (let i = 0; i < tries; i++) {
    const value = drawValue(random, format, length);
    try {
      if (format.encodeFields(value).length === length) return value;
    } catch (error) {
      // A record more would not have fitted what an earlier number counts.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

function drawTlvs(random: Random, codec: TlvCodec, room: number): unknown[] {
  const all = [...codec.definitions.values()];
  const { wanted } = random;
  const holding = all.filter((row) => wanted !== undefined && holds(row.layout, wanted.format));
  const rows = holding.length > 0 ? holding : all;
  const items: unknown[] = [];
  let left = room;
  const overhead = codec.header.fixedOctets;
  for (let i = random.integer(holding.length > 0 ? 1 : 0, 3); i > 0; i--) {
    const row = random.pick(rows);
    const length =
      row.lengths === undefined
        ? row.layout.fixedOctets + random.integer(0, MORE_OCTETS)
        : random.pick(row.lengths);
    if (overhead + length > left) continue;
    const value = drawExact(random, row.layout, length);
    if (value === undefined) continue;
    items.push({ kind: row.kind, ...value });
    left -= overhead + length;
  }
  return items;
}

function drawField(
  random: Random,
  format: Layout,
  field: Field,
  numbers: Record<string, number>,
  room: number,
): unknown {
  const counted =
    typeof field.octets === 'object'
      ? (numbers[field.octets.by] ?? 0) * (field.octets.unit ?? 1) - (field.octets.less ?? 0)
      : undefined;
  switch (field.type) {
    case 'uint':
    case 'flags':
      return drawNumber(random, format, field, room - field.octets);
    case 'reserved': {
      // Zero octets are left out of a decoded value.
      const value = random.octets(field.octets);
      return random.integer(0, 1) === 0 || value.every((octet) => octet === 0) ? undefined : value;
    }
    case 'address':
      return drawAddress(random);
    case 'addresses':
      return Array.from({ length: Math.floor(room / 16) }, () => drawAddress(random));
    case 'bytes':
      return random.octets(
        typeof field.octets === 'number' ? field.octets : Math.max(0, counted ?? room),
      );
    case 'list': {
      const count = field.count === undefined ? undefined : (numbers[field.count] ?? 0);
      return drawRecords(random, field.of, count, counted ?? room);
    }
    case 'tlvs':
      return drawTlvs(random, field.codec, counted ?? room);
  }
}

function drawAddress(random: Random): Uint8Array {
  return random.integer(0, 4) === 0
    ? random.octets(16)
    : Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, ...random.octets(8));
}

/** Octets of a field of a value, for the room that is left. */
function encodedOctets(field: Field, value: unknown): number {
  if (typeof field.octets === 'number') return field.octets;
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) return 0;
  if (field.type === 'addresses') return 16 * value.length;
  if (field.type === 'tlvs') return field.codec.encode(value).length;
  if (field.type !== 'list') return 0;
  let sum = 0;
  for (const record of value as Record<string, unknown>[]) {
    sum += field.of.encodeFields(record).length;
  }
  return sum;
}

/** A value of a format whose `rest` fields fill `room` octets. */
function drawValue(random: Random, format: Layout, room: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const numbers: Record<string, number> = {};
  let left = room;
  for (const [index, field] of format.fields.entries()) {
    if (field.when?.(numbers, left) === false) continue;
    // Fields after this one that are always there need their octets, as far as known.
    const later = format.fields
      .slice(index + 1)
      .reduce((sum, { octets: count, when, optional }) => {
        if (when !== undefined || optional === true || count === 'rest') return sum;
        if (typeof count === 'number') return sum + count;
        return sum + (numbers[count.by] ?? 0) * (count.unit ?? 1) - (count.less ?? 0);
      }, 0);
    const item = drawField(random, format, field, numbers, Math.max(0, left - later));
    // Octets that a message may end before are absent when there are none.
    if (field.optional === true && item instanceof Uint8Array && item.length === 0) continue;
    if (item !== undefined) value[field.name] = item;
    if (typeof item === 'number') numbers[field.name] = item;
    left -= encodedOctets(field, item);
  }
  return value;
}

/** Every number with a name, of the format and of what is in it, and every bit alone. */
function namedNumbers(format: Layout): WantedNumber[] {
  const own = format.fields.flatMap((field): WantedNumber[] => {
    const row = { format, field: field.name };
    if (field.type === 'uint') {
      return (field.values ?? []).map(({ value }) => ({ ...row, value }));
    }
    if (field.type !== 'flags') return [];
    return Object.values(field.bits).flatMap(({ mask, values }) => {
      const lowest = (mask & -mask) >>> 0;
      if (values === undefined) return [{ ...row, value: mask >>> 0 }];
      return values.map(({ value }) => ({ ...row, value: (value * lowest) >>> 0, mask }));
    });
  });
  return [...own, ...innerFormats(format).flatMap(namedNumbers)];
}

/** A value with a number as wanted, of any of the lengths; undefined when none was found. */
function drawWanted(
  wanted: WantedNumber,
  format: Layout,
  lengths: readonly number[],
): Record<string, unknown> | undefined {
  for (let seed = 1; seed < MAX_TRIES; seed++) {
    const random = new Random(seed * 7919, undefined, wanted);
    try {
      const value = drawValue(random, format, random.pick(lengths));
      if (random.isMet && lengths.includes(format.encodeFields(value).length)) return value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

/**
 * Values at the limits of a format: all zeros, all ones, the shortest and the longest, each named number of each
 * enumeration once and each flag alone.
 * @param lengths lengths the format may have.
 */
export function boundaryValues(
  format: Layout,
  lengths: readonly number[],
): Record<string, unknown>[] {
  const possible = isFlexible(format)
    ? lengths.filter((length) => length >= format.fixedOctets)
    : [format.fixedOctets];
  const ends = [...new Set([Math.min(...possible), Math.max(...possible)])];
  const found = ends.flatMap((length) => [
    drawExact(new Random(1, 'lowest'), format, length),
    drawExact(new Random(1, 'highest'), format, length),
    drawExact(new Random(length), format, length),
  ]);
  for (const wanted of namedNumbers(format)) found.push(drawWanted(wanted, format, possible));
  return found.filter((value) => value !== undefined);
}

/** Whether values of the format differ in length. */
function isFlexible(format: Layout): boolean {
  return format.fields.some(
    ({ octets: count, when, optional }) =>
      typeof count !== 'number' || when !== undefined || optional === true,
  );
}

/** Values of a format, as `decode` returns them, of exactly one of the lengths. */
export function valuesOfLength(
  format: Layout,
  lengths: readonly number[],
): fc.Arbitrary<Record<string, unknown>> {
  const possible = isFlexible(format)
    ? lengths.filter((length) => length >= format.fixedOctets)
    : [format.fixedOctets];
  return fc.integer().map((seed) => {
    const random = new Random(seed);
    for (let i = 0; i < MAX_TRIES; i++) {
      const value = drawExact(random, format, random.pick(possible));
      if (value !== undefined) return value;
    }
    throw new Error(`no value of ${format.name} has a length it may have`);
  });
}

/** Values of a format, as `decode` returns them. */
export function valuesOf(format: Layout): fc.Arbitrary<Record<string, unknown>> {
  return valuesOfLength(format, lengthsOf(format));
}

/** Lengths that values of the format have: fields that depend on others do not give every one. */
function lengthsOf(format: Layout): number[] {
  const random = new Random(format.fixedOctets);
  const lengths = new Set<number>();
  for (let more = 0; more < 3 * MORE_OCTETS; more++) {
    try {
      const value = drawValue(random, format, format.fixedOctets + more);
      lengths.add(format.encodeFields(value).length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return [...lengths];
}

/** Numbers of octets after the first two of an ND option, so that the option is `8n` octets. */
function ndLengths(units: { from: number; to?: number; step?: number } | undefined): number[] {
  const { from, to = 8, step = 1 } = units ?? { from: 1 };
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, n) => (from + n * step) * 8 - 2);
}

/** Every neighbor discovery option, by kind. */
export const ndOptionValues = new Map<string, fc.Arbitrary<NdOption>>(
  ND_OPTIONS.map((row) => {
    const value = valuesOfLength(row.layout, ndLengths(row.units));
    // The table says what the value is made of.
    return [row.kind, value.map((fields) => ({ kind: row.kind, ...fields }) as NdOption)];
  }),
);

/** Any list of neighbor discovery options. */
export const anyNdOptions = fc.array(fc.oneof(...ndOptionValues.values()), { maxLength: 5 });

/** Every ICMPv6 message, by kind. */
export const icmpv6Values = new Map<string, fc.Arbitrary<Icmpv6Message>>(
  ICMPV6_MESSAGES.map((row) => {
    const fields = fc.tuple(
      valuesOf(row.layout),
      // Where the code says what a message is, it is one of those.
      row.forCodes === undefined
        ? fc.integer({ min: 0, max: 255 })
        : fc.constantFrom(...row.forCodes),
      row.hasOptions ? anyNdOptions.map((options) => ({ options })) : fc.constant({}),
    );
    return [
      row.kind,
      fields.map(
        ([value, code, options]) =>
          ({ kind: row.kind, code, ...value, ...options }) as Icmpv6Message,
      ),
    ];
  }),
);

/** Without options nothing else fills a mobility message up to 8 octets. */
const BARE_MESSAGE_OCTETS = [2, 10, 18, 26];

/** Every mobility message, by kind. */
export const mobilityValues = new Map<string, fc.Arbitrary<MobilityMessage>>(
  MOBILITY_MESSAGES.map((row) => [
    row.kind,
    (row.hasOptions ? valuesOf(row.layout) : valuesOfLength(row.layout, BARE_MESSAGE_OCTETS)).map(
      (value) => ({ kind: row.kind, ...value }) as MobilityMessage,
    ),
  ]),
);

/** Lengths that an option may have, up to a bound where it has none. */
function optionLengths({ layout: format, lengths, framing }: OptionDefinition): readonly number[] {
  return (
    lengths ??
    Array.from({ length: 64 }, (_, i) => format.fixedOctets + i).filter(
      (octetCount) => framing === undefined || Number.isInteger(framing.length(octetCount)),
    )
  );
}

/** Every mobility option, by kind. */
export const mobilityOptionValues = new Map<string, fc.Arbitrary<MobilityOption>>(
  [...mobilityOptions.definitions.values()].map((row) => {
    const value = valuesOfLength(row.layout, optionLengths(row));
    return [row.kind, value.map((fields) => ({ kind: row.kind, ...fields }) as MobilityOption)];
  }),
);

/** Every option of an IPv6 options header, by kind. */
export const ipv6OptionValues = new Map<string, fc.Arbitrary<Ipv6Option>>(
  IPV6_OPTIONS.map((row) => [
    row.kind,
    valuesOf(row.layout).map((value) => ({ kind: row.kind, ...value }) as Ipv6Option),
  ]),
);

/** Every mobility message at its limits, by kind. */
export function mobilityBoundaries(): Map<string, MobilityMessage[]> {
  return new Map(
    MOBILITY_MESSAGES.map((row) => {
      const lengths = row.hasOptions ? lengthsOf(row.layout) : BARE_MESSAGE_OCTETS;
      const values = boundaryValues(row.layout, lengths);
      return [row.kind, values.map((value) => ({ kind: row.kind, ...value }) as MobilityMessage)];
    }),
  );
}

/** Every mobility option at its limits, by kind. */
export function mobilityOptionBoundaries(): Map<string, MobilityOption[]> {
  return new Map(
    [...mobilityOptions.definitions.values()].map((row) => {
      const values = boundaryValues(row.layout, optionLengths(row));
      return [row.kind, values.map((value) => ({ kind: row.kind, ...value }) as MobilityOption)];
    }),
  );
}

/** Every ICMPv6 message at its limits, with every code that has a name, by kind. */
export function icmpv6Boundaries(): Map<string, Icmpv6Message[]> {
  return new Map(
    ICMPV6_MESSAGES.map((row) => {
      const values = boundaryValues(row.layout, lengthsOf(row.layout));
      const codes = row.forCodes ?? row.codes.map(({ value }) => value);
      const options = row.hasOptions ? { options: [] } : {};
      const [first = {}] = values;
      const of = (code: number, value: Record<string, unknown>): Icmpv6Message =>
        ({ kind: row.kind, code, ...value, ...options }) as Icmpv6Message;
      return [
        row.kind,
        [
          ...values.map((value) => of(codes[0] ?? 0, value)),
          ...codes.slice(1).map((code) => of(code, first)),
        ],
      ];
    }),
  );
}

/** Every neighbor discovery option at its limits, by kind. */
export function ndOptionBoundaries(): Map<string, NdOption[]> {
  return new Map(
    ND_OPTIONS.map((row) => {
      const values = boundaryValues(row.layout, ndLengths(row.units));
      return [row.kind, values.map((value) => ({ kind: row.kind, ...value }) as NdOption)];
    }),
  );
}

/** Every option of an IPv6 options header at its limits, by kind. */
export function ipv6OptionBoundaries(): Map<string, Ipv6Option[]> {
  return new Map(
    IPV6_OPTIONS.map((row) => {
      const values = boundaryValues(row.layout, lengthsOf(row.layout));
      return [row.kind, values.map((value) => ({ kind: row.kind, ...value }) as Ipv6Option)];
    }),
  );
}
