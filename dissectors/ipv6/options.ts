/**
 * Options of Hop-by-Hop and Destination Options headers: one table for decode, encode and tree.
 * RFC 8200 section 4.2.
 */
import { copyOctets, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, flags, layout, uint16, uint32, uint8 } from '../core/layout.ts';
import type { Field, Layout, ValueOf } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { HOME_ADDRESS_OPTION, homeAddressOption as homeAddressLayout } from './header.ts';

/** Row of the option table. */
interface Ipv6OptionDefinition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
> {
  readonly kind: Kind;
  readonly type: number;
  readonly name: string;
  readonly spec: Spec;
  /** Alignment xn+y of the Type octet, from the start of the header; undefined = none. */
  readonly align: readonly [number, number] | undefined;
  /** The length the RFC sets, without Type and Length; undefined = any. */
  readonly length: number | undefined;
  readonly layout: Layout<F>;
}

type OptionValueOf<D extends Ipv6OptionDefinition> =
  D extends Ipv6OptionDefinition<infer Kind, infer F>
    ? { readonly kind: Kind } & ValueOf<F>
    : never;

function option<const Kind extends string, const F extends readonly Field[]>(row: {
  kind: Kind;
  type: number;
  align?: readonly [number, number];
  length?: number;
  layout: Layout<F> & { spec: Spec | undefined };
  spec: Spec;
}): Ipv6OptionDefinition<Kind, F> {
  const { kind, type, align, length, layout: fields, spec } = row;
  return { kind, type, name: fields.name, spec, align, length, layout: fields };
}

const padN = option({
  kind: 'padn',
  type: 1,
  spec: { rfc: 8200, section: '4.2' },
  layout: layout({
    name: 'PadN',
    fields: [bytesField('rest', 'padding', { label: 'PadN', filter: 'ipv6.opt.padn' })],
  }),
});

const tunnelEncapsulationLimit = option({
  kind: 'tunnel-encapsulation-limit',
  type: 4,
  length: 1,
  spec: { rfc: 2473, section: '4.1.1' },
  layout: layout({
    name: 'Tunnel Encapsulation Limit',
    fields: [uint8('limit', { label: 'Tunnel Encapsulation Limit', filter: 'ipv6.opt.tel' })],
  }),
});

const routerAlert = option({
  kind: 'router-alert',
  type: 5,
  align: [2, 0],
  length: 2,
  spec: { rfc: 2711, section: '2.1' },
  layout: layout({
    name: 'Router Alert',
    fields: [uint16('value', { label: 'Router Alert', filter: 'ipv6.opt.router_alert' })],
  }),
});

const jumboPayload = option({
  kind: 'jumbo-payload',
  type: 0xc2,
  align: [4, 2],
  length: 4,
  spec: { rfc: 2675, section: '2' },
  layout: layout({
    name: 'Jumbo Payload',
    fields: [
      uint32('payloadLength', {
        label: 'Payload Length',
        filter: 'ipv6.opt.jumbo',
        unit: 'octets',
      }),
    ],
  }),
});

const homeAddress = option({
  kind: 'home-address',
  type: HOME_ADDRESS_OPTION,
  align: [8, 6],
  length: 16,
  spec: { rfc: 6275, section: '6.3' },
  layout: homeAddressLayout,
});

const performance = option({
  kind: 'performance-and-diagnostic-metrics',
  type: 0x0f,
  length: 10,
  spec: { rfc: 8250, section: '3.2.1' },
  layout: layout({
    name: 'Performance and Diagnostic Metrics',
    fields: [
      uint8('scaleReceived', { label: 'Scale DTLR', filter: 'ipv6.opt.pdm.scale_dtlr' }),
      uint8('scaleSent', { label: 'Scale DTLS', filter: 'ipv6.opt.pdm.scale_dtls' }),
      uint16('sequence', { label: 'PSN This Packet', filter: 'ipv6.opt.pdm.psn_this_pkt' }),
      uint16('lastReceived', { label: 'PSN Last Received', filter: 'ipv6.opt.pdm.psn_last_recv' }),
      uint16('deltaReceived', {
        label: 'Delta Time Last Received',
        filter: 'ipv6.opt.pdm.delta_last_recv',
      }),
      uint16('deltaSent', {
        label: 'Delta Time Last Sent',
        filter: 'ipv6.opt.pdm.delta_last_sent',
      }),
    ],
  }),
});

/** RPL option; RFC 9008 section 11.1 gave it a type that hosts skip. */
const rpl = <const Kind extends string>(kind: Kind, type: number, spec: Spec) =>
  option({
    kind,
    type,
    spec,
    layout: layout({
      name: 'RPL Option',
      fields: [
        flags(1, 'flags', {
          label: 'Flag',
          filter: 'ipv6.opt.rpl.flag',
          bits: {
            down: { mask: 0x80, label: 'Down', filter: 'ipv6.opt.rpl.flag.o' },
            rankError: { mask: 0x40, label: 'Rank Error', filter: 'ipv6.opt.rpl.flag.r' },
            forwardingError: {
              mask: 0x20,
              label: 'Forwarding Error',
              filter: 'ipv6.opt.rpl.flag.f',
            },
            reserved: { mask: 0x1f, label: 'Reserved', filter: 'ipv6.opt.rpl.flag.rsv' },
          },
        }),
        uint8('instance', {
          label: 'RPLInstanceID',
          filter: 'ipv6.opt.rpl.instance_id',
          hex: true,
        }),
        uint16('rank', { label: 'Sender Rank', filter: 'ipv6.opt.rpl.sender_rank', hex: true }),
        bytesField('rest', 'subOptions', { label: 'Sub-options', filter: 'ipv6.opt.rpl.data' }),
      ],
    }),
  });

const quickStart = option({
  kind: 'quick-start',
  type: 0x26,
  length: 6,
  spec: { rfc: 4782, section: '3.1' },
  layout: layout({
    name: 'Quick-Start',
    fields: [
      flags(1, 'functionAndRate', {
        label: 'Function and rate',
        filter: 'ipv6.opt.qs_func_rate',
        bits: {
          function: { mask: 0xf0, label: 'Function', filter: 'ipv6.opt.qs_func' },
          rate: { mask: 0x0f, label: 'Rate', filter: 'ipv6.opt.qs_rate' },
        },
      }),
      uint8('timeToLive', { label: 'QS TTL', filter: 'ipv6.opt.qs_ttl' }),
      flags(4, 'nonceAndReserved', {
        label: 'Nonce and reserved bits',
        filter: 'ipv6.opt.qs_nonce_reserved',
        bits: {
          nonce: { mask: 0xfffffffc, label: 'QS Nonce', filter: 'ipv6.opt.qs_nonce' },
          reserved: { mask: 0x00000003, label: 'Reserved', filter: 'ipv6.opt.qs_reserved' },
        },
      }),
    ],
  }),
});

const lineIdentification = option({
  kind: 'line-identification',
  type: 0x8c,
  spec: { rfc: 6788, section: '5.3' },
  layout: layout({
    name: 'Line-Identification',
    fields: [
      uint8('idLength', { label: 'LineIDLen', filter: 'ipv6.opt.lio.length', unit: 'octets' }),
      bytesField('rest', 'lineId', {
        label: 'Line ID',
        filter: 'ipv6.opt.lio.line_id',
        show: 'text',
      }),
    ],
  }),
});

/** All known options; a new one is one entry. */
export const IPV6_OPTIONS = [
  padN,
  tunnelEncapsulationLimit,
  routerAlert,
  performance,
  rpl('rpl', 0x23, { rfc: 9008, section: '11.1' }),
  quickStart,
  rpl('rpl-discarding', 0x63, { rfc: 6553, section: '3' }),
  lineIdentification,
  jumboPayload,
  homeAddress,
] as const;

/** Options that are named and shown as octets. */
const OPTION_NAMES = [
  { value: 0x00, name: 'Pad1', spec: { rfc: 8200, section: '4.2' } },
  { value: 0x07, name: 'CALIPSO', spec: { rfc: 5570, section: '5' } },
  { value: 0x08, name: 'SMF_DPD', spec: { rfc: 6621, section: '6' } },
  { value: 0x11, name: 'IOAM', spec: { rfc: 9486, section: '3' } },
  { value: 0x12, name: 'AltMark', spec: { rfc: 9343, section: '3' } },
  { value: 0x1e, name: 'RFC3692-style Experiment', spec: { rfc: 4727, section: '3.3' } },
  { value: 0x30, name: 'Minimum Path MTU', spec: { rfc: 9268, section: '5' } },
  { value: 0x31, name: 'IOAM (may change)', spec: { rfc: 9486, section: '3' } },
  { value: 0x32, name: 'AltMark (may change)', spec: { rfc: 9343, section: '3' } },
  { value: 0x3e, name: 'RFC3692-style Experiment', spec: { rfc: 4727, section: '3.3' } },
  { value: 0x4d, name: 'Deprecated (MPL)', spec: { rfc: 7731, section: '6.1' } },
  { value: 0x6d, name: 'MPL Option', spec: { rfc: 7731, section: '6.1' } },
  {
    value: 0x8a,
    name: 'Endpoint Identification (deprecated)',
    spec: { rfc: 8200, section: '4.2' },
  },
  { value: 0x8b, name: 'ILNP Nonce', spec: { rfc: 6744, section: '2' } },
  { value: 0xee, name: 'IPv6 DFF Header', spec: { rfc: 6971, section: '9' } },
] as const;

/** An option no row knows, or of a length its row cannot take: kept as it came. */
export interface UnknownIpv6Option {
  readonly kind: 'unknown';
  readonly type: number;
  readonly data: Uint8Array;
}

/** An option of an options header, told apart by `kind`. */
export type Ipv6Option =
  | OptionValueOf<(typeof IPV6_OPTIONS)[number]>
  | UnknownIpv6Option
  | { readonly kind: 'pad1' };

const definitions = new Map<number, Ipv6OptionDefinition>(
  IPV6_OPTIONS.map((row) => [row.type, row]),
);
const byKind = new Map<string, Ipv6OptionDefinition>(IPV6_OPTIONS.map((row) => [row.kind, row]));
if (definitions.size !== IPV6_OPTIONS.length) throw new Error('an IPv6 option is declared twice');

const optionSpec: Spec = { rfc: 8200, section: '4.2' };

/** Type octet and Length of every option but Pad1. */
export const ipv6OptionHeader = layout({
  name: 'IPv6 Option',
  spec: optionSpec,
  fields: [
    flags(1, 'type', {
      label: 'Type',
      filter: 'ipv6.opt.type',
      bits: {
        action: {
          mask: 0xc0,
          label: 'Action',
          filter: 'ipv6.opt.type.action',
          values: [
            { value: 0, name: 'Skip and continue' },
            { value: 1, name: 'Discard' },
            { value: 2, name: 'Discard and send ICMP Parameter Problem' },
            { value: 3, name: 'Discard and send ICMP if not multicast' },
          ],
        },
        mayChange: { mask: 0x20, label: 'May Change', filter: 'ipv6.opt.type.change' },
        rest: { mask: 0x1f, label: 'Low-Order Bits', filter: 'ipv6.opt.type.rest' },
      },
    }),
    uint8('length', { label: 'Length', filter: 'ipv6.opt.length', unit: 'octets' }),
  ],
});

/** Data of an option that no row takes. */
export const unknownIpv6Option = layout({
  name: 'Unknown option',
  spec: optionSpec,
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'ipv6.opt.unknown' })],
});

const PAD1 = 0;
const PADN = 1;

function fits(row: Ipv6OptionDefinition | undefined, length: number): boolean {
  return row !== undefined && (row.length === undefined || row.length === length);
}

/**
 * Options at `[offset, end)`. An option past the end becomes a diagnostic and ends the list; never throws.
 */
export function decodeIpv6Options(
  bytes: Uint8Array,
  offset: number,
  end: number,
  diagnostics: DiagnosticList,
): Ipv6Option[] {
  const options: Ipv6Option[] = [];
  let at = offset;
  while (at < end) {
    const type = u8(bytes, at);
    if (type === PAD1) {
      options.push({ kind: 'pad1' });
      at++;
      continue;
    }
    const length = at + 1 < end ? u8(bytes, at + 1) : 0;
    const dataEnd = at + 2 + length;
    if (dataEnd > end) {
      diagnostics.add('DESTINATION_OPTION_LENGTH', at, end - at, `option type ${type}`);
      break;
    }
    const row = definitions.get(type);
    const value = fits(row, length) ? row?.layout.decode(bytes, at + 2, dataEnd) : undefined;
    options.push(
      row === undefined || value === undefined
        ? { kind: 'unknown', type, data: copyOctets(bytes, at + 2, dataEnd) }
        : // `row` is one of IPV6_OPTIONS, so its value is one of the union.
          ({ kind: row.kind, ...value } as Ipv6Option),
    );
    at = dataEnd;
  }
  return options;
}

/** Pad1 for one octet, PadN for more. RFC 8200 section 4.2. */
function padding(octets: number): Uint8Array {
  const pad = new Uint8Array(octets);
  if (octets > 1) {
    pad[0] = PADN;
    pad[1] = octets - 2;
  }
  return pad;
}

/**
 * Octets of the options of a header whose first two octets are not included.
 *
 * With `compute`, padding goes in front of an option that has to be aligned (the Home Address option at
 * 8n+6: RFC 6275 section 6.3) and at the end, up to a multiple of 8 of the whole header.
 * @throws RangeError when a value does not fit its field.
 */
export function encodeIpv6Options(
  options: readonly Ipv6Option[],
  mode: 'compute' | 'as-given' = 'compute',
): Uint8Array {
  const parts: Uint8Array[] = [];
  let position = 2;
  const push = (part: Uint8Array): void => {
    parts.push(part);
    position += part.length;
  };
  for (const item of options) {
    if (item.kind === 'pad1') {
      push(new Uint8Array(1));
      continue;
    }
    let type: number;
    let data: Uint8Array;
    if (item.kind === 'unknown') {
      ({ type, data } = item);
    } else {
      const row = byKind.get(item.kind);
      if (row === undefined) throw new RangeError(`unknown IPv6 option ${item.kind}`);
      type = row.type;
      data = row.layout.encodeFields({ ...item });
      if (mode === 'compute' && row.align !== undefined) {
        const [x, y] = row.align;
        push(padding((((y - position) % x) + x) % x));
      }
    }
    if (data.length > 255) throw new RangeError(`ipv6.opt.length: expected at most 255 octets`);
    push(concatenate([Uint8Array.of(type, data.length), data]));
  }
  if (mode === 'compute') push(padding((8 - (position % 8)) % 8));
  return concatenate(parts);
}

/** One node for each option at `[offset, end)`, as far as they go. */
export function ipv6OptionsTree(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode[] {
  const nodes: FieldNode[] = [];
  let at = offset;
  while (at < end) {
    const type = u8(bytes, at);
    const row = definitions.get(type);
    const declared = type === PAD1 ? 1 : at + 1 < end ? 2 + u8(bytes, at + 1) : 2;
    const optionEnd = Math.min(end, at + declared);
    const header = ipv6OptionHeader.tree(bytes, at, Math.min(at + 2, optionEnd), source);
    // RFC 8200 section 4.2: Pad1 is a special case, its octet has no parts.
    if (type === PAD1) header[0]?.children.splice(0);
    // Of an option with another length the fields that are there can be read.
    const fields = row?.layout.tree(bytes, at + 2, optionEnd, source) ?? [];
    const last = fields.at(-1);
    const covered = last === undefined ? at + 2 : last.offset + last.length;
    if (covered < optionEnd) {
      fields.push(...unknownIpv6Option.tree(bytes, covered, optionEnd, source));
    }
    nodes.push({
      label: 'IPv6 Option',
      name: 'ipv6.opt',
      text:
        row?.name ?? OPTION_NAMES.find(({ value }) => value === type)?.name ?? `Unknown (${type})`,
      offset: at,
      length: optionEnd - at,
      source,
      spec: row?.spec ?? optionSpec,
      children: at + 2 < optionEnd ? [...header, ...fields] : header,
    });
    at = optionEnd;
  }
  return nodes;
}
