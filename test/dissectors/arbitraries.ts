/**
 * Values for every registered format, made from its table: a new row is tested without a new test.
 */
import fc from 'fast-check';
import type { Layout } from '../../dissectors/core/layout.ts';
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
import {
  MAX_TRIES,
  MORE_OCTETS,
  Random,
  drawExact,
  drawValue,
  innerFormats,
  isFlexible,
} from './drawing.ts';
import type { WantedNumber } from './drawing.ts';

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
