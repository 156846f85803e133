/**
 * Values for every registered format, made from its table: a new row is tested without a new test.
 */
import fc from 'fast-check';
import type { Field, Layout } from '../../dissectors/core/layout.ts';
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

/** Octets a `rest` field may have, and a list of addresses. */
export interface RestLengths {
  readonly restOctets: fc.Arbitrary<number>;
  readonly addressCount: fc.Arbitrary<number>;
}

const ANY_REST: RestLengths = {
  restOctets: fc.integer({ min: 0, max: 40 }),
  addressCount: fc.integer({ min: 0, max: 5 }),
};

function fieldValue(field: Field, rest: RestLengths): fc.Arbitrary<unknown> {
  if (field.optional !== true) return presentValue(field, rest);
  // Octets that a message may end before are absent when there are none.
  return presentValue(field, rest).map((value) =>
    value instanceof Uint8Array && value.length === 0 ? undefined : value,
  );
}

function presentValue(field: Field, rest: RestLengths): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'uint':
    case 'flags':
      return fc.integer({ min: 0, max: 2 ** (8 * field.octets) - 1 });
    case 'reserved':
      // Zero octets are left out of a decoded value.
      return fc.oneof(
        fc.constant(undefined),
        octets(field.octets).filter((value) => value.some((octet) => octet !== 0)),
      );
    case 'address':
      return anyAddress;
    case 'addresses':
      return rest.addressCount.chain((count) =>
        fc.array(anyAddress, { minLength: count, maxLength: count }),
      );
    case 'bytes':
      return field.octets === 'rest' ? rest.restOctets.chain(octets) : octets(field.octets);
  }
}

/** Values of a format, as `decode` returns them. */
export function valuesOf(
  format: Layout,
  rest: RestLengths = ANY_REST,
): fc.Arbitrary<Record<string, unknown>> {
  const names = format.fields.map((field) => field.name);
  return fc
    .tuple(...format.fields.map((field) => fieldValue(field, rest)))
    .map((values) =>
      Object.fromEntries(
        names
          .map((name, i) => [name, values[i]] as const)
          .filter(([, value]) => value !== undefined),
      ),
    );
}

/** Any number of octets after the first two of an ND option, so that the option is `8n` octets. */
function ndLengths(
  units: { from: number; to?: number; step?: number } | undefined,
): fc.Arbitrary<number> {
  const { from, to = 8, step = 1 } = units ?? { from: 1 };
  return fc
    .integer({ min: 0, max: Math.floor((to - from) / step) })
    .map((n) => (from + n * step) * 8 - 2);
}

/** Every neighbor discovery option, by kind. */
export const ndOptionValues = new Map<string, fc.Arbitrary<NdOption>>(
  ND_OPTIONS.map((row) => {
    const value = ndLengths(row.units).chain((data) => {
      const room = data - row.layout.fixedOctets;
      return valuesOf(row.layout, {
        restOctets: fc.constant(room),
        addressCount: fc.constant(Math.floor(room / 16)),
      });
    });
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
    const lengths = row.lengths ?? [row.layout.fixedOctets + 4, row.layout.fixedOctets + 12];
    const value = fc.constantFrom(...lengths).chain((length) =>
      valuesOf(row.layout, {
        restOctets: fc.constant(length - row.layout.fixedOctets),
        addressCount: fc.constant(Math.floor((length - row.layout.fixedOctets) / 16)),
      }),
    );
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
