/**
 * Every registered format, generated from its table: what is encoded decodes to the same value, what is
 * decoded encodes to the same octets, and no octets make anything throw.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { u16 } from '../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import type { FieldNode } from '../../dissectors/core/node.ts';
import { decodeIcmpv6, encodeIcmpv6, icmpv6Tree } from '../../dissectors/icmpv6/index.ts';
import { ndOptions } from '../../dissectors/icmpv6/nd-options.ts';
import { decodeIpv6Options, encodeIpv6Options } from '../../dissectors/ipv6/options.ts';
import {
  decodeMobilityHeader,
  encodeMobilityHeader,
  mobilityTree,
} from '../../dissectors/mobility/header.ts';
import type { MobilityHeader } from '../../dissectors/mobility/header.ts';
import { enduranceRuns } from '../endurance.ts';
import {
  anyAddress,
  icmpv6Values,
  ipv6OptionValues,
  mobilityOptionValues,
  mobilityValues,
  ndOptionValues,
} from './arbitraries.ts';
import { hexOf } from './hex.ts';

const RUNS = { numRuns: enduranceRuns(200) };

function decodeMobility(bytes: Uint8Array): MobilityHeader | undefined {
  return decodeMobilityHeader(bytes, 0, bytes.length, new DiagnosticList());
}

/** Encodes a decoded header again, with the padding and the checksum it came with. */
function encodeAgain(header: MobilityHeader): Uint8Array {
  const { message, options, payloadProto, headerLength, checksum } = header;
  const anywhere = new Uint8Array(16);
  return encodeMobilityHeader(message, options, {
    source: anywhere,
    destination: anywhere,
    padding: 'as-given',
    payloadProto,
    headerLength,
    checksum,
  });
}

/** The first node that leaves the octets it was made of. */
function outside(node: FieldNode, length: number): FieldNode | undefined {
  if (node.offset < 0 || node.length < 0 || node.offset + node.length > length) return node;
  for (const child of node.children) {
    const found = outside(child, length);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('mobility messages', () => {
  it.each([...mobilityValues])('%s: decode undoes encode, encode undoes decode', (_, values) => {
    fc.assert(
      fc.property(values, anyAddress, anyAddress, (message, source, destination) => {
        const bytes = encodeMobilityHeader(message, [], { source, destination });
        expect(bytes.length % 8).toBe(0);
        const header = decodeMobility(bytes);
        expect(header?.message).toEqual(message);
        if (header !== undefined) expect(hexOf(encodeAgain(header))).toBe(hexOf(bytes));
      }),
      RUNS,
    );
  });

  it.each([...mobilityOptionValues])('option %s: the same in a message', (_, values) => {
    fc.assert(
      fc.property(values, anyAddress, (option, address) => {
        const update = { kind: 'binding-update', sequence: 1, flags: 0, lifetime: 1 } as const;
        const how = { source: address, destination: address };
        const bytes = encodeMobilityHeader(update, [option], how);
        const header = decodeMobility(bytes);
        const others = header?.options.filter(({ kind }) => kind !== 'padn' && kind !== 'pad1');
        if (option.kind !== 'padn') expect(others).toEqual([option]);
        else expect(header?.options).toContainEqual(option);
        if (header !== undefined) expect(hexOf(encodeAgain(header))).toBe(hexOf(bytes));
      }),
      RUNS,
    );
  });

  it('keeps every octet of an unknown message', () => {
    const type = fc.integer({ min: 100, max: 255 });
    const octets = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(type, octets, fc.uint8Array({ minLength: 162, maxLength: 162 }), (t, n, data) => {
        const whole = 2 + 8 * n;
        const message = { kind: 'unknown-message', mhType: t, data: data.slice(0, whole) } as const;
        const address = new Uint8Array(16);
        const bytes = encodeMobilityHeader(message, [], { source: address, destination: address });
        expect(decodeMobility(bytes)?.message).toEqual(message);
      }),
    );
  });
});

describe('ICMPv6 messages', () => {
  it.each([...icmpv6Values])('%s: decode undoes encode, encode undoes decode', (_, values) => {
    fc.assert(
      fc.property(values, anyAddress, anyAddress, (message, source, destination) => {
        const bytes = encodeIcmpv6(message, { source, destination });
        const decoded = decodeIcmpv6(bytes, 0, bytes.length, new DiagnosticList());
        expect(decoded).toEqual(message);
        if (decoded === undefined) return;
        const again = encodeIcmpv6(decoded, { source, destination, checksum: u16(bytes, 2) });
        expect(hexOf(again)).toBe(hexOf(bytes));
      }),
      RUNS,
    );
  });

  it.each([...ndOptionValues])('option %s: decode undoes encode', (_, values) => {
    fc.assert(
      fc.property(values, (option) => {
        const bytes = ndOptions.encode([option]);
        expect(bytes.length % 8).toBe(0);
        expect(ndOptions.decode(bytes, 0, bytes.length, new DiagnosticList())).toEqual([option]);
      }),
      RUNS,
    );
  });

  it('encodes what it decoded of any octets at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 120 }), (bytes) => {
        const decoded = decodeIcmpv6(bytes, 0, bytes.length, new DiagnosticList());
        if (decoded === undefined) return;
        const address = new Uint8Array(16);
        const how = { source: address, destination: address, checksum: u16(bytes, 2) };
        expect(hexOf(encodeIcmpv6(decoded, how))).toBe(hexOf(bytes));
      }),
      { numRuns: enduranceRuns(2000) },
    );
  });
});

describe('options of IPv6 options headers', () => {
  it.each([...ipv6OptionValues])('%s: decode undoes encode', (_, values) => {
    fc.assert(
      fc.property(values, (option) => {
        const bytes = encodeIpv6Options([option]);
        expect((2 + bytes.length) % 8).toBe(0);
        const decoded = decodeIpv6Options(bytes, 0, bytes.length, new DiagnosticList());
        expect(decoded).toContainEqual(option);
        expect(hexOf(encodeIpv6Options(decoded, 'as-given'))).toBe(hexOf(bytes));
      }),
      RUNS,
    );
  });
});

describe('hostile octets', () => {
  const decoders = [
    ['Mobility Header', decodeMobilityHeader, mobilityTree],
    ['ICMPv6', decodeIcmpv6, icmpv6Tree],
  ] as const;

  it.each(decoders)(
    '%s: random octets never throw, and no range leaves them',
    (_, decode, tree) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          decode(bytes, 0, bytes.length, new DiagnosticList());
          expect(outside(tree(bytes, 0, bytes.length, 0), bytes.length)).toBeUndefined();
        }),
        { numRuns: enduranceRuns(2000) },
      );
    },
  );

  const messages: [string, fc.Arbitrary<Uint8Array>][] = [
    ...[...mobilityValues].map(([kind, values]): [string, fc.Arbitrary<Uint8Array>] => [
      kind,
      fc
        .tuple(values, fc.array(fc.oneof(...mobilityOptionValues.values()), { maxLength: 3 }))
        .map(([message, options]) => {
          const address = new Uint8Array(16);
          return encodeMobilityHeader(message, options, { source: address, destination: address });
        }),
    ]),
    ...[...icmpv6Values].map(([kind, values]): [string, fc.Arbitrary<Uint8Array>] => [
      kind,
      values.map((message) => {
        const address = new Uint8Array(16);
        return encodeIcmpv6(message, { source: address, destination: address });
      }),
    ]),
  ];

  it.each(messages)('%s: cut anywhere or with any bit flipped it does not throw', (_, values) => {
    const [, decode, tree] = _ in Object.fromEntries(mobilityValues) ? decoders[0] : decoders[1];
    for (const bytes of fc.sample(values, { numRuns: 3, seed: 4861 })) {
      // Asked once for all of them: so many expectations take longer than what they are about.
      const found: FieldNode[] = [];
      const look = (octets: Uint8Array): void => {
        decode(octets, 0, octets.length, new DiagnosticList());
        const node = outside(tree(octets, 0, octets.length, 0), octets.length);
        if (node !== undefined) found.push(node);
      };
      for (let end = 0; end <= bytes.length; end++) look(bytes.slice(0, end));
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = concatenate([bytes]);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        look(flipped);
      }
      expect(found).toEqual([]);
    }
  });
});
