/**
 * Draws values of a format from its table, field after field: fields may depend on those before them.
 */
import type { Field, Layout, TlvCodec } from '../../dissectors/core/layout.ts';

/** All numbers and octets at one end of what they may be. */
type Extreme = 'lowest' | 'highest';

/** One number of one format, and the value it is to have; of a flag word the bits of a mask. */
export interface WantedNumber {
  readonly format: Layout;
  readonly field: string;
  readonly value: number;
  readonly mask?: number;
}

/** Random numbers of a seed: formats whose fields depend on each other are drawn one field after another. */
export class Random {
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
export const MORE_OCTETS = 24;
/** Tries to fill a format exactly; more means that no value of it has that length. */
export const MAX_TRIES = 200;

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
export function innerFormats({ fields }: Layout): Layout[] {
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
export function drawExact(
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
export function drawValue(random: Random, format: Layout, room: number): Record<string, unknown> {
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

/** Whether values of the format differ in length. */
export function isFlexible(format: Layout): boolean {
  return format.fields.some(
    ({ octets: count, when, optional }) =>
      typeof count !== 'number' || when !== undefined || optional === true,
  );
}
