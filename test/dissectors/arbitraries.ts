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

/** Random numbers of a seed: formats whose fields depend on each other are drawn one field after another. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** An integer from `min` to `max`; `min` when there is none. */
  integer(min: number, max: number): number {
    if (max <= min) return min;
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

function drawNumber(random: Random, format: Layout, field: Field, room: number): number {
  if (field.type !== 'uint' && field.type !== 'flags') throw new Error('not a number');
  const limit = 2 ** (8 * field.octets);
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
    const given = isShort ? least : Math.min(left, least + random.integer(0, MORE_OCTETS));
    const record = drawValue(random, item, given);
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
  for (let i = 0; i < MAX_TRIES; i++) {
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
  const rows = [...codec.definitions.values()];
  const items: unknown[] = [];
  let left = room;
  const overhead = codec.header.fixedOctets;
  for (let i = random.integer(0, 3); i > 0; i--) {
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
    // Fields after this one that are always there need their octets.
    const later = format.fields
      .slice(index + 1)
      .reduce(
        (sum, { octets: count, when, optional }) =>
          typeof count === 'number' && when === undefined && optional !== true ? sum + count : sum,
        0,
      );
    const item = drawField(random, format, field, numbers, Math.max(0, left - later));
    // Octets that a message may end before are absent when there are none.
    if (field.optional === true && item instanceof Uint8Array && item.length === 0) continue;
    if (item !== undefined) value[field.name] = item;
    if (typeof item === 'number') numbers[field.name] = item;
    left -= encodedOctets(field, item);
  }
  return value;
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
  return valuesOfLength(
    format,
    Array.from({ length: 3 * MORE_OCTETS }, (_, more) => format.fixedOctets + more),
  );
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
      fc.integer({ min: 0, max: 255 }),
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

/** Every mobility message, by kind. */
export const mobilityValues = new Map<string, fc.Arbitrary<MobilityMessage>>(
  MOBILITY_MESSAGES.map((row) => [
    row.kind,
    valuesOf(row.layout).map((value) => ({ kind: row.kind, ...value }) as MobilityMessage),
  ]),
);

/** Every mobility option, by kind. */
export const mobilityOptionValues = new Map<string, fc.Arbitrary<MobilityOption>>(
  [...mobilityOptions.definitions.values()].map((row) => {
    const { fixedOctets } = row.layout;
    const lengths =
      row.lengths ??
      Array.from({ length: 64 }, (_, i) => fixedOctets + i).filter(
        (octetCount) =>
          row.framing === undefined || Number.isInteger(row.framing.length(octetCount)),
      );
    const value = valuesOfLength(row.layout, lengths);
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
