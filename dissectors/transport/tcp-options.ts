/**
 * TCP options. RFC 9293 section 3.2, RFC 7323, RFC 2018.
 */
import { bytesField, layout, list, uint16, uint32, uint8 } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { KindLengthTable } from '../ipv4/kind-length.ts';

const spec = { rfc: 9293, section: '3.2' };

const NAMES = [
  { value: 0, name: 'End of Option List' },
  { value: 1, name: 'No-Operation' },
  { value: 2, name: 'Maximum Segment Size' },
  { value: 3, name: 'Window Scale' },
  { value: 4, name: 'SACK Permitted' },
  { value: 5, name: 'SACK' },
  { value: 8, name: 'Timestamps' },
  { value: 19, name: 'MD5 Signature' },
  { value: 28, name: 'User Timeout' },
  { value: 29, name: 'TCP Authentication Option' },
  { value: 30, name: 'Multipath TCP' },
  { value: 34, name: 'TCP Fast Open Cookie' },
] as const;

/** Kind and Length. End of list and no-operation have no Length. */
export const tcpOptionHeader = layout({
  name: 'TCP Option',
  spec,
  fields: [
    uint8('kind', { label: 'Kind', filter: 'tcp.option_kind', values: NAMES }),
    uint8('length', { label: 'Length', filter: 'tcp.option_len', unit: 'octets' }),
  ],
});

/** Formats of option data, by kind. */
export const TCP_OPTIONS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [
    2,
    layout({
      name: 'Maximum Segment Size',
      spec: { rfc: 9293, section: '3.7.1' },
      fields: [
        uint16('size', { label: 'MSS Value', filter: 'tcp.options.mss_val', unit: 'octets' }),
      ],
    }),
  ],
  [
    3,
    layout({
      name: 'Window Scale',
      spec: { rfc: 7323, section: '2.2' },
      fields: [
        uint8('shift', {
          label: 'Shift count',
          filter: 'tcp.options.wscale.shift',
          // RFC 7323 section 2.3: more than 14 is taken for 14.
          format: (shift) => `${shift} (multiply by ${2 ** Math.min(shift, 14)})`,
        }),
      ],
    }),
  ],
  [
    5,
    layout({
      name: 'SACK',
      spec: { rfc: 2018, section: '3' },
      fields: [
        list('blocks', {
          label: 'Blocks',
          of: layout({
            name: 'Block',
            spec: { rfc: 2018, section: '3' },
            fields: [
              uint32('left', { label: 'Left Edge', filter: 'tcp.options.sack_le' }),
              uint32('right', { label: 'Right Edge', filter: 'tcp.options.sack_re' }),
            ],
          }),
        }),
      ],
    }),
  ],
  [
    8,
    layout({
      name: 'Timestamps',
      spec: { rfc: 7323, section: '3.2' },
      fields: [
        uint32('value', { label: 'Timestamp value', filter: 'tcp.options.timestamp.tsval' }),
        uint32('echo', { label: 'Timestamp echo reply', filter: 'tcp.options.timestamp.tsecr' }),
      ],
    }),
  ],
]);

/** Data of other options. */
export const unknownTcpOption = layout({
  name: 'Unknown TCP option',
  spec,
  fields: [bytesField('rest', 'data', { label: 'Payload', filter: 'tcp.options.unknown.payload' })],
});

/** All of it. */
export const tcpOptions: KindLengthTable = {
  name: 'TCP Option',
  header: tcpOptionHeader,
  options: TCP_OPTIONS,
  names: new Map(NAMES.map(({ value, name }) => [value, name])),
  filters: new Map([
    [0, 'tcp.options.eol'],
    [1, 'tcp.options.nop'],
    [2, 'tcp.options.mss'],
    [3, 'tcp.options.wscale'],
    [4, 'tcp.options.sack_perm'],
    [5, 'tcp.options.sack'],
    [8, 'tcp.options.timestamp'],
  ]),
  unknown: unknownTcpOption,
};
