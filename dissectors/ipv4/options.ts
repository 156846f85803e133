/**
 * IPv4 options. RFC 791 section 3.1.
 */
import { bytesField, flags, ipv4, layout, list, uint16, uint8 } from '../core/layout.ts';
import type { Field, Layout } from '../core/layout.ts';
import type { KindLengthTable } from './kind-length.ts';

const spec = { rfc: 791, section: '3.1' };

/** Type and Length. End of list and no-operation have no Length. */
export const ipv4OptionHeader = layout({
  name: 'IP option',
  spec,
  fields: [
    flags(1, 'type', {
      label: 'Type',
      filter: 'ip.opt.type',
      bits: {
        copy: { mask: 0x80, label: 'Copy on fragmentation', filter: 'ip.opt.type.copy' },
        class: { mask: 0x60, label: 'Class', filter: 'ip.opt.type.class' },
        number: { mask: 0x1f, label: 'Number', filter: 'ip.opt.type.number' },
      },
    }),
    uint8('length', { label: 'Length', filter: 'ip.opt.len', unit: 'octets' }),
  ],
});

const pointer = uint8('pointer', { label: 'Pointer', filter: 'ip.opt.ptr' });

/** A route: pointer and addresses. */
const route = (name: string, filter: string) =>
  layout({
    name,
    spec,
    fields: [
      pointer,
      list('addresses', {
        label: 'Addresses',
        of: layout({
          name: 'Address',
          spec,
          fields: [ipv4('address', { label: 'Address', filter })],
        }),
      }),
    ],
  });

const data = <const F extends readonly Field[]>(
  name: string,
  fields: F,
  source: { readonly rfc: number; readonly section: string } = spec,
): Layout<F> => layout({ name, spec: source, fields });

/** Formats of option data, by type. */
export const IPV4_OPTIONS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [7, route('Record Route', 'ip.rec_rt')],
  [
    68,
    data('Timestamp', [
      pointer,
      flags(1, 'overflowAndFlag', {
        label: 'Overflow and flag',
        filter: 'ip.opt.overflow_flag',
        bits: {
          overflow: { mask: 0xf0, label: 'Overflow', filter: 'ip.opt.overflow' },
          flag: { mask: 0x0f, label: 'Flag', filter: 'ip.opt.flag' },
        },
      }),
      bytesField('rest', 'data', { label: 'Timestamps', filter: 'ip.opt.data' }),
    ]),
  ],
  [131, route('Loose Source Route', 'ip.src_rt')],
  [
    136,
    data('Stream Identifier', [
      uint16('stream', { label: 'Stream Identifier', filter: 'ip.opt.sid' }),
    ]),
  ],
  [137, route('Strict Source Route', 'ip.src_rt')],
  [
    148,
    data('Router Alert', [uint16('value', { label: 'Router Alert', filter: 'ip.opt.ra' })], {
      rfc: 2113,
      section: '2.1',
    }),
  ],
]);

/** Data of other options. */
export const unknownIpv4Option = layout({
  name: 'Unknown IP option',
  spec,
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'ip.opt.data' })],
});

/** All of it. */
export const ipv4Options: KindLengthTable = {
  name: 'IP option',
  header: ipv4OptionHeader,
  options: IPV4_OPTIONS,
  names: new Map([
    [0, 'End of Options List'],
    [1, 'No Operation'],
    [25, 'Quick-Start'],
    [130, 'Security'],
    [134, 'Commercial Security'],
  ]),
  filters: new Map([
    [0, 'ip.options.eol'],
    [1, 'ip.options.nop'],
    [7, 'ip.options.record_route'],
    [68, 'ip.options.timestamp'],
    [130, 'ip.options.security'],
    [131, 'ip.options.route'],
    [134, 'ip.options.cipso'],
    [136, 'ip.options.sid'],
    [137, 'ip.options.source_route'],
    [148, 'ip.options.routeralert'],
  ]),
  unknown: unknownIpv4Option,
};
