import { describe, expect, it } from 'vitest';
import { TsharkEk } from '../../../io/export/tshark-ek.ts';
import type { EkOptions } from '../../../io/export/tshark-ek.ts';
import type { ShownField } from '../../../io/export/shown-field.ts';
import { MemorySink } from './memory-sink.ts';
import { DANGEROUS, HOSTILE, field, packet, protocol } from './shown.ts';

function lines(layers: readonly ShownField[], options: Partial<EkOptions> = {}): string[] {
  const sink = new MemorySink();
  new TsharkEk(sink, { fields: [], raw: false, ...options }).write(packet(layers));
  return sink.lines;
}

function layersOf(layers: readonly ShownField[], options: Partial<EkOptions> = {}): unknown {
  const [, second = ''] = lines(layers, options);
  const parsed: unknown = JSON.parse(second);
  return parsed;
}

describe('-T ek', () => {
  it('writes a line for the index and one for the packet, with its time in milliseconds', () => {
    expect(lines([])).toEqual([
      '{"index":{"_index":"packets-2026-03-02","_type":"doc"}}',
      '{"timestamp":"1772438405005","layers":{}}',
    ]);
  });

  it('prefixes fields with their protocol and writes flags as booleans', () => {
    const layers = [
      protocol('ipv6', [
        field('ipv6.plen', '88'),
        field('ip.version', '6'),
        protocol('ipv6.dstopts', [field('ipv6.dstopts.nxt', '135')]),
        protocol('mipv6', [
          field('Binding Update', undefined, {
            kind: 'heading',
            children: [field('mip6.bu.a_flag', '1', { kind: 'boolean' })],
          }),
          field('mip6.options.ni', '04:04', { kind: 'octets' }),
          field('icmpv6.opt', undefined, { kind: 'none' }),
        ]),
      ]),
    ];
    expect(layersOf(layers)).toEqual({
      timestamp: '1772438405005',
      layers: {
        ipv6: {
          ipv6_ipv6_plen: '88',
          ipv6_ip_version: '6',
          ipv6_dstopts: { ipv6_dstopts_ipv6_dstopts_nxt: '135' },
          mipv6: {
            text: 'Binding Update',
            mipv6_mip6_bu_a_flag: true,
            mip6_options_ni: '04:04',
            icmpv6_icmpv6_opt: null,
          },
        },
      },
    });
  });

  it('writes what comes several times in an object once, as an array', () => {
    const option = (value: string): ShownField =>
      field('mip6.options.padn', value, { kind: 'octets', children: [field('mip6.padn', value)] });
    expect(layersOf([protocol('mipv6', [option('01'), option('02')])])).toMatchObject({
      layers: { mipv6: { mip6_options_padn: ['01', '02'], mipv6_mip6_padn: ['01', '02'] } },
    });
  });

  it('adds the octets, and gives selected fields as arrays', () => {
    const raw = { hex: '58', offset: 18, length: 2, mask: 0, type: 5 };
    const layers = [protocol('ipv6', [field('ipv6.plen', '88', { raw })])];
    expect(layersOf(layers, { raw: true })).toMatchObject({
      layers: { ipv6: { ipv6_ipv6_plen_raw: '58', ipv6_ipv6_plen: '88' } },
    });
    expect(layersOf(layers, { fields: ['ipv6.plen', 'ipv6.nxt'] })).toMatchObject({
      layers: { ipv6_plen: ['88'] },
    });
  });

  it('stays two lines of JSON whatever text the wire holds', () => {
    const layers = [protocol('mipv6', [field('mip6.mnid', HOSTILE, { kind: 'text' })])];
    for (const fields of [[], ['mip6.mnid']]) {
      const written = lines(layers, { fields });
      expect(written).toHaveLength(2);
      expect(written.join('\n')).not.toMatch(DANGEROUS);
      expect(JSON.stringify(written.map((line): unknown => JSON.parse(line)))).toContain(
        JSON.stringify(HOSTILE),
      );
    }
  });
});
