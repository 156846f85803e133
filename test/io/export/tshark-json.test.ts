import { describe, expect, it } from 'vitest';
import { TsharkJson } from '../../../io/export/tshark-json.ts';
import type { JsonOptions } from '../../../io/export/tshark-json.ts';
import type { ShownField } from '../../../io/export/shown-field.ts';
import { MemorySink } from './memory-sink.ts';
import { DANGEROUS, HOSTILE, field, packet, protocol } from './shown.ts';

const PLAIN: JsonOptions = { fields: [], raw: false, values: true, uniqueKeys: false };

function written(
  packets: readonly (readonly ShownField[])[],
  options: Partial<JsonOptions> = {},
): string {
  const sink = new MemorySink();
  const json = new TsharkJson(sink, { ...PLAIN, ...options });
  for (const layers of packets) json.write(packet(layers));
  json.end();
  return sink.text;
}

const RAW = { hex: '0005', offset: 84, length: 2, mask: 0, type: 5 };

describe('-T json', () => {
  it('writes nested objects of strings in an array', () => {
    const flag = field('mip6.bu.a_flag', '1', { kind: 'boolean' });
    const heading = field('Binding Update', undefined, { kind: 'heading', children: [flag] });
    const text = written([[protocol('ipv6', [protocol('mipv6', [heading])])]]);
    expect(text).toBe(`[
  {
    "_index": "packets-2026-03-02",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "ipv6": {
          "mipv6": {
            "Binding Update": {
              "mip6.bu.a_flag": "1"
            }
          }
        }
      }
    }
  }
]
`);
  });

  it('is an array also of no packet and of several', () => {
    expect(written([])).toBe('[]\n');
    expect(JSON.parse(written([[], [], []]))).toHaveLength(3);
  });

  it('puts what is below a field with a value under its name with _tree', () => {
    const text = written([[field('a', '1', { children: [field('a.b', '2')] })]]);
    expect(text).toContain('"a": "1",\n        "a_tree": {\n          "a.b": "2"\n        }');
  });

  it('writes a field without value as an empty string', () => {
    expect(written([[field('none', undefined, { kind: 'none' })]])).toContain('"none": ""');
  });

  it('repeats a key, or writes an array when told so', () => {
    const twice = [protocol('ipv6', [field('n', '1')]), protocol('ipv6', [field('n', '2')])];
    expect(written([twice]).match(/"ipv6": \{/g)).toHaveLength(2);
    const found: unknown = JSON.parse(written([twice], { uniqueKeys: true }));
    expect(found).toMatchObject([{ _source: { layers: { ipv6: [{ n: '1' }, { n: '2' }] } } }]);
  });

  it('adds the octets in front of the value, one or several', () => {
    const once = [field('n', '5', { raw: RAW })];
    const found: unknown = JSON.parse(written([once], { raw: true }));
    expect(found).toMatchObject([
      { _source: { layers: { n_raw: ['0005', 84, 2, 0, 5], n: '5' } } },
    ]);
    const twice = [...once, field('n', '6', { raw: { ...RAW, hex: '0006' } })];
    const both: unknown = JSON.parse(written([twice], { raw: true, uniqueKeys: true }));
    expect(both).toMatchObject([
      {
        _source: {
          layers: { n_raw: [['0005'], ['0006']].map(([hex]) => [hex, 84, 2, 0, 5]), n: ['5', '6'] },
        },
      },
    ]);
  });

  it('leaves the values out in jsonraw', () => {
    const text = written([[field('n', '5', { raw: RAW })]], { raw: true, values: false });
    expect(text).toContain('"n_raw"');
    expect(text).not.toContain('"n":');
  });

  it('gives selected fields as arrays in the order asked for, and leaves missing ones out', () => {
    const layers = [
      protocol('ipv6', [field('a', '1'), field('o', '00:ff', { kind: 'octets' })]),
      protocol('ipv6', [field('a', '2')]),
    ];
    const found: unknown = JSON.parse(written([layers], { fields: ['o', 'a', 'b', 'a', 'ipv6'] }));
    expect(found).toMatchObject([
      { _source: { layers: { o: ['00ff'], a: ['1', '2'], ipv6: ['ipv6: ', 'ipv6: '] } } },
    ]);
  });

  it('stays JSON and harmless whatever text the wire holds, in values and in names', () => {
    const layers = [field(HOSTILE, HOSTILE, { kind: 'text', children: [field(HOSTILE, '1')] })];
    for (const options of [{}, { fields: [HOSTILE] }, { uniqueKeys: true }]) {
      const text = written([layers], options);
      expect(text).not.toMatch(DANGEROUS);
      expect(JSON.stringify(JSON.parse(text))).toContain(JSON.stringify(HOSTILE));
    }
  });
});
