/**
 * Frames with a length instead of a type (IEEE 802.3): LLC (IEEE 802.2) and SNAP. RFC 1042.
 */
import { u16, u8 } from '../core/bytes.ts';
import { concatenate, flags, groupNode, layout, uint16, uint24 } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { addData, addTrailer, renameField, report, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE, ETHERTYPE_NAMES } from './ethertype.ts';

const SNAP = 0xaa;
const IP = 0x06;
/** Service access points, without the lowest bit of the octet. */
const ACCESS_POINTS = [
  { value: 0x00 >> 1, name: 'NULL LSAP' },
  { value: IP >> 1, name: 'IP' },
  { value: 0x42 >> 1, name: 'Spanning Tree BPDU' },
  { value: SNAP >> 1, name: 'SNAP' },
  { value: 0xe0 >> 1, name: 'NetWare' },
  { value: 0xf0 >> 1, name: 'NetBIOS' },
  { value: 0xfe >> 1, name: 'ISO Network Layer' },
] as const;

/** Both access points. */
export const llcHeader = layout({
  name: 'Logical-Link Control',
  spec: { rfc: 1042, section: 'Header Format' },
  fields: [
    flags(1, 'destinationAccessPoint', {
      label: 'DSAP',
      filter: 'llc.dsap',
      bits: {
        accessPoint: { mask: 0xfe, label: 'SAP', filter: 'llc.dsap.sap', values: ACCESS_POINTS },
        isGroup: { mask: 0x01, label: 'IG Bit', filter: 'llc.dsap.ig' },
      },
    }),
    flags(1, 'sourceAccessPoint', {
      label: 'SSAP',
      filter: 'llc.ssap',
      bits: {
        accessPoint: { mask: 0xfe, label: 'SAP', filter: 'llc.ssap.sap', values: ACCESS_POINTS },
        isResponse: { mask: 0x01, label: 'CR Bit', filter: 'llc.ssap.cr' },
      },
    }),
  ],
});

const FRAME_TYPES = [
  { value: 1, name: 'Supervisory frame' },
  { value: 3, name: 'Unnumbered frame' },
] as const;
const UNNUMBERED = 3;

/** Modifiers of unnumbered frames, without the bits between. */
const MODIFIERS = [
  { value: 0x00, name: 'Unnumbered Information' },
  { value: 0x03, name: 'Disconnected mode' },
  { value: 0x10, name: 'Disconnect' },
  { value: 0x18, name: 'Unnumbered Acknowledge' },
  { value: 0x1b, name: 'Set Asynchronous Balanced Mode Extended' },
  { value: 0x21, name: 'Frame reject' },
  { value: 0x2b, name: 'Exchange identification' },
  { value: 0x38, name: 'Test' },
] as const;

const unnumbered = (modifier: string, final: string) =>
  layout({
    name: 'Control',
    fields: [
      flags(1, 'control', {
        label: 'Control',
        filter: 'llc.control',
        bits: {
          modifier: { mask: 0xec, label: 'Modifier', filter: modifier, values: MODIFIERS },
          final: {
            mask: 0x10,
            label: final === 'llc.control.f' ? 'Final' : 'Poll',
            filter: final,
            when: (word) => (word & 0x10) !== 0,
          },
          frameType: {
            mask: 0x03,
            label: 'Frame type',
            filter: 'llc.control.ftype',
            values: FRAME_TYPES,
          },
        },
      }),
    ],
  });

/** Control of unnumbered commands and of unnumbered responses, one octet. */
export const llcUnnumberedCommand = unnumbered('llc.control.u_modifier_cmd', 'llc.control.p');
/** See `llcUnnumberedCommand`. */
export const llcUnnumberedResponse = unnumbered('llc.control.u_modifier_resp', 'llc.control.f');

/** Control of information and supervisory frames: two octets, the first one on the left. */
export const llcNumbered = layout({
  name: 'Control',
  fields: [
    flags(2, 'control', {
      label: 'Control',
      filter: 'llc.control',
      bits: {
        sendNumber: {
          mask: 0xfe00,
          label: 'N(S)',
          filter: 'llc.control.n_s',
          when: (word) => (word & 0x0100) === 0,
        },
        supervisory: {
          mask: 0x0c00,
          label: 'Supervisory frame type',
          filter: 'llc.control.s_ftype',
          when: (word) => (word & 0x0100) !== 0,
        },
        information: {
          mask: 0x0100,
          label: 'Frame type',
          filter: 'llc.control.ftype',
          values: [{ value: 0, name: 'Information frame' }],
          when: (word) => (word & 0x0100) === 0,
        },
        frameType: {
          mask: 0x0300,
          label: 'Frame type',
          filter: 'llc.control.ftype',
          values: FRAME_TYPES,
          when: (word) => (word & 0x0100) !== 0,
        },
        receiveNumber: { mask: 0x00fe, label: 'N(R)', filter: 'llc.control.n_r' },
        poll: { mask: 0x0001, label: 'Poll', filter: 'llc.control.p' },
      },
    }),
  ],
});

/** Whose protocol identifiers follow. */
const ORGANIZATIONS = [
  { value: 0x000000, name: 'Encapsulated Ethernet' },
  { value: 0x00000c, name: 'Cisco' },
  { value: 0x0000f8, name: 'Cisco 90-Compatible' },
] as const;

/** SNAP header behind LLC. RFC 1042; the number is an Ethertype under the organization code 0. */
export const snapHeader = layout({
  name: 'Subnetwork Access Protocol',
  spec: { rfc: 1042, section: 'Header Format' },
  fields: [
    uint24('organization', {
      label: 'Organization Code',
      filter: 'llc.oui',
      hex: true,
      values: ORGANIZATIONS,
    }),
    uint16('protocol', { label: 'Type', filter: 'llc.type', hex: true, values: ETHERTYPE_NAMES }),
  ],
});

/** Protocol identifiers that are no Ethertypes: their field has another name. */
const IDENTIFIER_NAMES = new Map<number, string>([[0x00000c, 'llc.cisco_pid']]);
/** Organization codes with Ethertypes behind them. */
const ETHERTYPE_ORGANIZATIONS: ReadonlySet<number> = new Set([0x000000, 0x0000f8]);

/** Largest length of IEEE 802.3; numbers between it and the smallest Ethertype mean nothing. */
const LARGEST_LENGTH = 1500;
/** NetWare frames without LLC start with these octets where their checksum would be. */
const RAW_IPX = 0xffff;

/** Table of Control behind the access points at `offset`: one octet in unnumbered frames, else two. */
function controlAt(bytes: Uint8Array, offset: number): Layout {
  if ((u8(bytes, offset + 2) & UNNUMBERED) !== UNNUMBERED) return llcNumbered;
  return (u8(bytes, offset + 1) & 1) === 0 ? llcUnnumberedCommand : llcUnnumberedResponse;
}

/**
 * Goes on behind a length where other frames have a type.
 * @param node node of the header with the length, in its field `typeField`.
 * @param name protocol of that header; its length is `<name>.len`.
 */
export function enterLengthFrame(
  context: LayerContext,
  node: FieldNode,
  typeField: string,
  name: string,
  length: number,
  offset: number,
  end: number,
): LayerInput | undefined {
  if (length > LARGEST_LENGTH) {
    renameField(node, typeField, `${name}.invalid_lentype`, 'Invalid length/type', `${length}`);
    addData(context, offset, end);
    return undefined;
  }
  renameField(node, typeField, `${name}.len`, 'Length');
  const isMissing = offset + length > end;
  if (isMissing && !(context.isCut || context.isPartial)) {
    report(context, 'LINK_LENGTH', offset - 2, 2, `${length} octets, ${end - offset} left`);
  }
  const dataEnd = isMissing ? end : offset + length;
  addTrailer(context, dataEnd, end);
  if (dataEnd - offset >= 2 && u16(context.bytes, offset) === RAW_IPX) {
    addData(context, offset, dataEnd);
    return undefined;
  }
  return { table: 'ethertype', key: ETHERTYPE.llc, offset, end: dataEnd };
}

/** Layer: LLC, and SNAP behind it. */
export function dissectLlc(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, source } = context;
  const { name, spec } = llcHeader;
  const isSnap = u8(bytes, offset) === SNAP && u8(bytes, offset + 1) === SNAP;
  const parts = [llcHeader, controlAt(bytes, offset), ...(isSnap ? [snapHeader] : [])];
  const octets = parts.reduce((sum, part) => sum + part.fixedOctets, 0);
  const headerEnd = Math.min(end, offset + octets);
  const fields: FieldNode[] = [];
  let at = offset;
  for (const part of parts) {
    fields.push(...part.tree(bytes, at, headerEnd, source));
    at += part.fixedOctets;
  }
  const node = groupNode(name, 'llc', '', offset, headerEnd - offset, source, spec, fields);
  context.nodes.push(node);
  if (offset + octets > end) return reportLinkEnd(context, 'LLC', offset, end);
  if (!isSnap) {
    if (u8(bytes, offset) === IP)
      return { table: 'ethertype', key: ETHERTYPE.ipv4, offset: at, end };
    addData(context, at, end);
    return undefined;
  }
  const organization = u16(bytes, at - 5) * 0x100 + u8(bytes, at - 3);
  const key = u16(bytes, at - 2);
  if (ETHERTYPE_ORGANIZATIONS.has(organization))
    return { table: 'ethertype', key, offset: at, end };
  const field = IDENTIFIER_NAMES.get(organization) ?? 'llc.pid';
  renameField(node, 'llc.type', field, 'Protocol ID', `0x${key.toString(16).padStart(4, '0')}`);
  addData(context, at, end);
  return undefined;
}

/** SNAP frame content with an Ethertype: what follows the length of an IEEE 802.3 frame. RFC 1042. */
export function snap(etherType: number, payload: Uint8Array): Uint8Array {
  return concatenate([
    llcHeader.encode({ destinationAccessPoint: SNAP, sourceAccessPoint: SNAP }),
    llcUnnumberedCommand.encode({ control: UNNUMBERED }),
    snapHeader.encode({ organization: 0, protocol: etherType }),
    payload,
  ]);
}
