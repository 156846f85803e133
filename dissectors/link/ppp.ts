/**
 * PPP: link types 9 and 50, and what PPPoE and GRE carry. RFC 1661 section 2, RFC 1662 section 3.1.
 */
import { u16, u8 } from '../core/bytes.ts';
import { concatenate, groupNode, layout, uint16, uint8 } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { addData, addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput, LayerTable } from '../layer.ts';
import { ETHERTYPE_NAMES } from './ethertype.ts';

/** PPP protocols that are decoded. */
export const PPP_PROTOCOL = {
  ipv4: 0x0021,
  ipv6: 0x0057,
  ipv4Control: 0x8021,
  ipv6Control: 0x8057,
  linkControl: 0xc021,
} as const;

/** Names of PPP protocols. RFC 1661 section 2; numbers below 0x100 may be sent as one octet. */
const PPP_PROTOCOLS = [
  { value: PPP_PROTOCOL.ipv4, name: 'Internet Protocol version 4' },
  { value: 0x002d, name: 'Van Jacobson Compressed TCP/IP' },
  { value: 0x002f, name: 'Van Jacobson Uncompressed TCP/IP' },
  { value: 0x003d, name: 'Multi-Link' },
  { value: PPP_PROTOCOL.ipv6, name: 'Internet Protocol version 6' },
  { value: 0x00fd, name: 'Compressed datagram' },
  { value: 0x0281, name: 'MPLS Unicast' },
  { value: 0x8021, name: 'Internet Protocol Control Protocol' },
  { value: 0x8057, name: 'IPv6 Control Protocol' },
  { value: 0x80fd, name: 'Compression Control Protocol' },
  { value: 0xc021, name: 'Link Control Protocol' },
  { value: 0xc023, name: 'Password Authentication Protocol' },
  { value: 0xc025, name: 'Link Quality Report' },
  { value: 0xc223, name: 'Challenge Handshake Authentication Protocol' },
  { value: 0xc227, name: 'Extensible Authentication Protocol' },
] as const;

const spec = { rfc: 1661, section: '2' };

/** Address and Control of HDLC-like framing; absent when both sides agreed to leave them out. RFC 1662 section 3.1. */
export const pppFraming = layout({
  name: 'HDLC-like framing',
  spec: { rfc: 1662, section: '3.1' },
  fields: [
    uint8('address', { label: 'Address', filter: 'ppp.address', hex: true }),
    uint8('control', { label: 'Control', filter: 'ppp.control', hex: true }),
  ],
});

const protocol = {
  label: 'Protocol',
  filter: 'ppp.protocol',
  hex: true,
  values: PPP_PROTOCOLS,
} as const;

/** Protocol field of two octets. */
export const pppProtocol = layout({
  name: 'Point-to-Point Protocol',
  spec,
  fields: [uint16('protocol', protocol)],
});

/** Protocol field of one octet, compressed. RFC 1661 section 6.5. */
export const pppShortProtocol = layout({
  name: 'Point-to-Point Protocol',
  spec: { rfc: 1661, section: '6.5' },
  fields: [uint8('protocol', protocol)],
});

/** Header of another framing that link type 50 may hold: an Ethertype behind address and control. */
export const ciscoHdlcHeader = layout({
  name: 'Cisco HDLC',
  fields: [
    uint8('address', {
      label: 'Address',
      filter: 'chdlc.address',
      hex: true,
      values: [
        { value: 0x0f, name: 'Unicast' },
        { value: 0x8f, name: 'Multicast' },
      ],
    }),
    uint8('control', { label: 'Control', filter: 'chdlc.control', hex: true }),
    uint16('protocol', {
      label: 'Protocol',
      filter: 'chdlc.protocol',
      hex: true,
      values: ETHERTYPE_NAMES,
    }),
  ],
});

/** Packet of LCP and of the network control protocols. RFC 1661 section 5. */
export const pppControl = layout({
  name: 'PPP Control Protocol',
  spec: { rfc: 1661, section: '5' },
  fields: [
    uint8('code', {
      label: 'Code',
      filter: 'ppp.code',
      values: [
        { value: 1, name: 'Configure-Request' },
        { value: 2, name: 'Configure-Ack' },
        { value: 3, name: 'Configure-Nak' },
        { value: 4, name: 'Configure-Reject' },
        { value: 5, name: 'Terminate-Request' },
        { value: 6, name: 'Terminate-Ack' },
        { value: 7, name: 'Code-Reject' },
        { value: 8, name: 'Protocol-Reject' },
        { value: 9, name: 'Echo-Request' },
        { value: 10, name: 'Echo-Reply' },
        { value: 11, name: 'Discard-Request' },
      ],
    }),
    uint8('identifier', { label: 'Identifier', filter: 'ppp.identifier' }),
    uint16('length', { label: 'Length', filter: 'ppp.length', unit: 'octets' }),
  ],
});

/** Filter names of the control protocols. */
const CONTROL_NAMES = new Map<number, string>([
  [0x8021, 'ipcp'],
  [0x8057, 'ipv6cp'],
  [0xc021, 'lcp'],
]);

/** Layer: LCP, IPCP or IPV6CP; its options stay octets. */
export function dissectPppControl(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const name = CONTROL_NAMES.get(key) ?? 'lcp';
  addHeader(context, pppControl, name, offset, end);
  const at = offset + pppControl.fixedOctets;
  if (at > end) return reportLinkEnd(context, pppControl.name, offset, end);
  addData(context, at, end);
  return undefined;
}

const ALL_STATIONS = 0xff;
const UNNUMBERED_INFORMATION = 0x03;
const CISCO_ADDRESSES: ReadonlySet<number> = new Set([0x0f, 0x8f]);

/** Layer: PPP frame, its Address, Control and Protocol as far as they were sent. */
export function dissectPpp(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, source } = context;
  const parts: Layout[] = [];
  let at = offset;
  // No protocol number starts with 0xff.
  if (at < end && u8(bytes, at) === ALL_STATIONS) {
    parts.push(pppFraming);
    at += pppFraming.fixedOctets;
  }
  // The last octet of a protocol number is odd, those before it even. RFC 1661 section 2.
  const isShort = at < end && (u8(bytes, at) & 1) === 1;
  parts.push(isShort ? pppShortProtocol : pppProtocol);
  const headerEnd = Math.min(end, at + (isShort ? 1 : 2));
  const fields: FieldNode[] = [];
  let part = offset;
  for (const table of parts) {
    fields.push(...table.tree(bytes, part, headerEnd, source));
    part += table.fixedOctets;
  }
  const { name } = pppProtocol;
  context.nodes.push(groupNode(name, 'ppp', '', offset, headerEnd - offset, source, spec, fields));
  if (part > end) return reportLinkEnd(context, name, offset, end);
  const key = isShort ? u8(bytes, at) : u16(bytes, at);
  return { table: 'ppp-protocol', key, offset: part, end };
}

/** Layer: link type 50, PPP in HDLC-like framing or Cisco's. */
export function dissectPppHdlc(context: LayerContext, input: LayerInput): LayerInput | undefined {
  const { offset, end } = input;
  const { bytes } = context;
  if (offset >= end || !CISCO_ADDRESSES.has(u8(bytes, offset))) return dissectPpp(context, input);
  addHeader(context, ciscoHdlcHeader, 'chdlc', offset, end);
  const at = offset + ciscoHdlcHeader.fixedOctets;
  if (at > end) return reportLinkEnd(context, ciscoHdlcHeader.name, offset, end);
  const table: LayerTable = 'ethertype';
  return { table, key: u16(bytes, at - 2), offset: at, end };
}

/** What a PPP frame is made of. */
export interface PppFrame {
  /** PPP protocol; default IPv6. */
  readonly protocol?: number;
  /** Whether Address and Control stand in front; default true. */
  readonly hasFraming?: boolean;
  /** Whether a protocol below 0x100 is one octet; default false. */
  readonly isCompressed?: boolean;
  readonly payload: Uint8Array;
}

/** Frame of link types 9 and 50. Throws RangeError when the protocol does not fit. */
export function ppp(frame: PppFrame): Uint8Array {
  const { protocol: number = PPP_PROTOCOL.ipv6, hasFraming = true, payload } = frame;
  const framing = pppFraming.encode({ address: ALL_STATIONS, control: UNNUMBERED_INFORMATION });
  const table = frame.isCompressed === true ? pppShortProtocol : pppProtocol;
  const header = table.encode({ protocol: number });
  return concatenate(hasFraming ? [framing, header, payload] : [header, payload]);
}
