/**
 * IKE messages of every payload, and octets of every kind: exact round trips, nothing thrown, nothing outside.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import type { Field } from '../../../dissectors/core/layout.ts';
import {
  IKE_FORMATS,
  IKE_GROUPS,
  decodeIke,
  encodeIke,
  ikeTree,
  ikev1Payloads,
  ikev2Payloads,
} from '../../../dissectors/ike/index.ts';
import { hexOf } from '../hex.ts';
import { allNodes } from './nodes.ts';
import { EVERY_IKEV1_PAYLOAD, EVERY_IKEV2_PAYLOAD, SAMPLES } from './samples.ts';

const RUNS = { numRuns: 300 };

/** Decodes, shows and encodes again, the message in the middle of other octets. */
function check(octets: Uint8Array): void {
  const around = concatenate([new Uint8Array(3), octets, new Uint8Array(5).fill(0xff)]);
  const end = 3 + octets.length;
  const message = decodeIke(around, 3, end, new DiagnosticList());
  if (message !== undefined) expect(hexOf(encodeIke(message))).toBe(hexOf(octets));
  const outside = allNodes(ikeTree(around, 3, end, 0)).find(
    ({ offset, length }) => offset < 3 || length < 0 || offset + length > end,
  );
  expect(outside).toBeUndefined();
}

/** Octets with some of them changed, and cut or made longer. */
const mutated = fc
  .record({
    octets: fc.constantFrom(...SAMPLES.map(encodeIke)),
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    length: fc.option(fc.nat(), { nil: undefined, freq: 3 }),
    more: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ octets, changes, length, more }) => {
    const copy = octets.slice(0, length === undefined ? octets.length : length % octets.length);
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    return concatenate([copy, more]);
  });

describe('IKE messages', () => {
  it.each(SAMPLES.map((sample, i) => [i, sample] as const))(
    'decode to what was encoded (sample %i)',
    (_, sample) => {
      const octets = encodeIke(sample);
      const diagnostics = new DiagnosticList();
      const message = decodeIke(octets, 0, octets.length, diagnostics);
      expect(message).toMatchObject({ version: sample.version, payloads: sample.payloads });
      expect(message?.header.length).toBe(octets.length);
      expect(message).not.toHaveProperty('rest');
      const found = diagnostics.items.map(({ code }) => code);
      expect(found.filter((code) => code !== 'IKE_PAYLOAD_UNKNOWN')).toEqual([]);
      check(octets);
    },
  );

  it('hold every kind of payload in the samples', () => {
    const kinds = (payloads: readonly { kind: string }[]): Set<string> =>
      new Set(payloads.map(({ kind }) => kind));
    expect(kinds(EVERY_IKEV2_PAYLOAD.payloads).size).toBe(17);
    expect(kinds(EVERY_IKEV1_PAYLOAD.payloads).size).toBe(15);
  });

  it('round-trip exactly and stay inside after any change of their octets', () => {
    fc.assert(fc.property(mutated, check), { numRuns: 1500 });
  });

  it('round-trip exactly for any octets behind a header of either version', () => {
    const payloads = fc.tuple(
      fc.constantFrom(0x10, 0x20, 0x21, 0x30),
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ maxLength: 120 }),
    );
    fc.assert(
      fc.property(payloads, ([version, first, body]) => {
        const header = new Uint8Array(28);
        header[16] = first;
        header[17] = version;
        header[27] = 28 + body.length;
        check(concatenate([header, body]));
      }),
      RUNS,
    );
  });

  it('round-trip exactly for any body of any payload type', () => {
    const body = fc.tuple(
      fc.boolean(),
      fc.integer({ min: 1, max: 140 }),
      fc.uint8Array({ maxLength: 60 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(body, ([isV1, type, octets, isSmall]) => {
        // Small numbers reach counts and lengths more often.
        const small = isSmall ? octets.map((octet) => octet & 7) : octets;
        const chain = concatenate([Uint8Array.of(0, 0, 0, 4 + small.length), small]);
        const diagnostics = new DiagnosticList();
        const encoded = isV1
          ? ikev1Payloads.encode(ikev1Payloads.decode(type, chain, 0, chain.length, diagnostics))
          : ikev2Payloads.encode(ikev2Payloads.decode(type, chain, 0, chain.length, diagnostics));
        expect(hexOf(encoded)).toBe(hexOf(chain));
      }),
      { numRuns: 3000 },
    );
  });

  it('show only fields of the lists of formats and groups', () => {
    const listed = new Set(IKE_GROUPS.map(({ name }) => name));
    const add = (fields: readonly Field[]): void => {
      for (const field of fields) {
        listed.add(field.filter);
        if (field.type === 'flags') {
          for (const bit of Object.values(field.bits)) listed.add(bit.filter);
        }
        if (field.type === 'list') add(field.of.fields);
      }
    };
    for (const { fields } of IKE_FORMATS) add(fields);
    for (const sample of SAMPLES) {
      const octets = encodeIke(sample);
      const nodes = allNodes(ikeTree(octets, 0, octets.length, 0));
      const names = nodes.flatMap(({ name }) => (name === undefined ? [] : [name]));
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !listed.has(name))).toEqual([]);
    }
  });
});
