import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FIELDS_OPTIONS, FieldLines } from '../../../io/export/fields.ts';
import type { FieldsOptions } from '../../../io/export/fields.ts';
import type { ShownField } from '../../../io/export/shown-field.ts';
import { MemorySink } from './memory-sink.ts';
import { DANGEROUS, HOSTILE, field, packet, protocol } from './shown.ts';

function lines(
  layers: readonly ShownField[],
  names: readonly string[],
  options: Partial<FieldsOptions> = {},
): string[] {
  const sink = new MemorySink();
  const writer = new FieldLines(sink, names, { ...DEFAULT_FIELDS_OPTIONS, ...options });
  writer.write(packet(layers));
  writer.end();
  return sink.lines;
}

const ADDRESSES = [field('a', '1'), field('b', '2'), field('a', '3')];

describe('-T fields', () => {
  it('separates fields with tabs and values with commas, and leaves what is missing empty', () => {
    expect(lines(ADDRESSES, ['a', 'c', 'b'])).toEqual(['1,3\t\t2']);
  });

  it('takes one occurrence, another separator, quotes, header and byte order mark', () => {
    expect(lines(ADDRESSES, ['a'], { occurrence: 'first' })).toEqual(['1']);
    expect(lines(ADDRESSES, ['a'], { occurrence: 'last' })).toEqual(['3']);
    const quoted = { separator: ',', aggregator: ';', quote: '"', header: true, bom: true };
    expect(lines(ADDRESSES, ['a', 'c', 'b'], quoted)).toEqual(['\ufeffa,c,b', '"1;3",,"2"']);
  });

  it('writes the header also when no packet comes', () => {
    const sink = new MemorySink();
    new FieldLines(sink, ['a', 'b'], { ...DEFAULT_FIELDS_OPTIONS, header: true }).end();
    expect(sink.text).toBe('a\tb\n');
  });

  it('shows octets without colons, fields without value as 1, protocols as their line', () => {
    const layers = [
      field('o', '00:ff', { kind: 'octets' }),
      field('n', undefined, { kind: 'none' }),
      protocol('ipv6', []),
    ];
    expect(lines(layers, ['o', 'n', 'ipv6'])).toEqual(['00ff\t1\tipv6: ']);
  });

  it('keeps separators of hostile text from making columns', () => {
    const nai = field('nai', 'a,b;c\td', { kind: 'text' });
    expect(lines([nai], ['nai'])).toEqual([String.raw`a\x2cb;c\x09d`]);
    expect(lines([nai], ['nai'], { separator: ';' })).toEqual([String.raw`a\x2cb\x3bc\x09d`]);
    expect(lines([nai], ['nai'], { escape: false })).toEqual([String.raw`a,b;c\x09d`]);
    const quote = field('nai', 'say "x"', { kind: 'text' });
    expect(lines([quote], ['nai'], { quote: '"' })).toEqual(['"say ""x"""']);
  });

  it('stays one harmless line a packet whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(HOSTILE));
    const character = fc.constantFrom(',', ';', '\t', ' ', '|');
    const quote = fc.constantFrom('', '"', "'");
    fc.assert(
      fc.property(
        text,
        text,
        character,
        quote,
        fc.boolean(),
        (one, two, separator, mark, escape) => {
          const layers = [field('a', one, { kind: 'text' }), field('b', two, { kind: 'text' })];
          const options = { separator, aggregator: ';', quote: mark, escape };
          const found = lines(layers, ['a', 'b'], options);
          expect(found).toHaveLength(1);
          expect(found[0]?.replaceAll('\t', '')).not.toMatch(DANGEROUS);
          if (mark === '' && escape) expect(found[0]?.split(separator)).toHaveLength(2);
        },
      ),
    );
  });
});
