/**
 * Mobility Header, next header 135. RFC 6275 section 6.1.1.
 */
import { copyOctets, putU16, u16, u8 } from '../core/bytes.ts';
import { pseudoHeaderChecksum } from '../core/checksum.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import {
  bytesField,
  concatenate,
  groupNode,
  hexText,
  layout,
  uint16,
  uint8,
} from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { NEXT_HEADER_NAMES } from '../ipv6/header.ts';
import type { MessageDefinition } from './message.ts';
import { checkMessage } from './message-checks.ts';
import { MOBILITY_MESSAGES } from './messages/index.ts';
import type { KnownMessage, MobilityMessage } from './messages/index.ts';
import { addCgaParameters } from './options/cga-parameters.ts';
import { mobilityOptions } from './options/index.ts';
import type { MobilityOption } from './options/index.ts';

export { MOBILITY_MESSAGES } from './messages/index.ts';
export type { MessageOf, MobilityMessage, UnknownMessage } from './messages/index.ts';

/** Decoded Mobility Header. */
export interface MobilityHeader {
  readonly payloadProto: number;
  /** Header Len: units of 8 octets without the first 8. */
  readonly headerLength: number;
  readonly mhType: number;
  readonly checksum: number;
  readonly message: MobilityMessage;
  readonly options: readonly MobilityOption[];
  /** Offsets of the options' Type octets in the octets decoded from. */
  readonly optionOffsets: readonly number[];
  /** Octets of the whole header on the wire, (Header Len + 1) * 8. */
  readonly length: number;
}

const definitions = new Map<number, MessageDefinition>(
  MOBILITY_MESSAGES.map((row) => [row.mhType, row]),
);
if (definitions.size !== MOBILITY_MESSAGES.length) throw new Error('an MH Type is declared twice');
const byKind = new Map<string, MessageDefinition>(MOBILITY_MESSAGES.map((row) => [row.kind, row]));

const spec: Spec = { rfc: 6275, section: '6.1.1' };

/** MH Type values with a name. */
export const MH_TYPES = MOBILITY_MESSAGES.map((row) => ({
  value: row.mhType,
  name: row.name,
  spec: row.spec,
}));

/** Fixed part in front of the message data. RFC 6275 section 6.1.1. */
export const mobilityHeader = layout({
  name: 'Mobility Header',
  spec,
  fields: [
    uint8('payloadProto', {
      label: 'Payload protocol',
      filter: 'mip6.proto',
      values: NEXT_HEADER_NAMES,
    }),
    uint8('headerLength', {
      label: 'Header length',
      filter: 'mip6.hlen',
      unit: '8 octets, without the first 8',
    }),
    uint8('mhType', { label: 'Mobility Header Type', filter: 'mip6.mhtype', values: MH_TYPES }),
    uint8('reserved', { label: 'Reserved', filter: 'mip6.reserved', hex: true }),
    uint16('checksum', { label: 'Checksum', filter: 'mip6.csum', hex: true }),
  ],
});

/** Data of a message that no row knows. */
export const unknownMobilityMessage = layout({
  name: 'Unknown message',
  spec,
  fields: [bytesField('rest', 'data', { label: 'Message data', filter: 'mip6.unknown_type_data' })],
});

/** Octets of the fixed header in front of the message data. */
const HEADER_OCTETS = mobilityHeader.fixedOctets;
const HEADER_LENGTH = mobilityHeader.offsetOf('headerLength');
const MH_TYPE = mobilityHeader.offsetOf('mhType');
const CHECKSUM = mobilityHeader.offsetOf('checksum');
/** Payload Proto a sender must use: No Next Header. */
const NO_NEXT_HEADER = 59;
/** Payload Proto of a message with a packet behind it. */
const IPV6 = 41;
const FAST_NEIGHBOR_ADVERTISEMENT = 10;
/** Next header value of the Mobility Header. */
export const MOBILITY_HEADER = 135;

/**
 * Whether an IPv6 packet follows the header: a Fast Neighbor Advertisement, which RFC 5568 section 8 deprecates,
 * can carry a Fast Binding Update.
 */
export function carriesPayload(payloadProto: number, mhType: number): boolean {
  return payloadProto === IPV6 && mhType === FAST_NEIGHBOR_ADVERTISEMENT;
}

/**
 * Reads a Mobility Header at `[offset, end)`.
 *
 * Everything wrong becomes a diagnostic; what can be read is returned. The checksum is not verified here,
 * because it needs the addresses: see `mobilityChecksum`.
 * @returns undefined when not even the first 8 octets are there.
 */
export function decodeMobilityHeader(
  bytes: Uint8Array,
  offset: number,
  end: number,
  diagnostics: DiagnosticList,
): MobilityHeader | undefined {
  if (end - offset < 8) {
    diagnostics.add('MH_TRUNCATED', offset, Math.max(0, end - offset), `${end - offset} octets`);
    return undefined;
  }
  const payloadProto = u8(bytes, offset);
  const headerLength = u8(bytes, offset + HEADER_LENGTH);
  const mhType = u8(bytes, offset + MH_TYPE);
  const checksum = u16(bytes, offset + CHECKSUM);
  const length = (headerLength + 1) * 8;
  let headerEnd = offset + length;
  const hasPayload = carriesPayload(payloadProto, mhType);
  if (payloadProto !== NO_NEXT_HEADER && !hasPayload) {
    diagnostics.add('MH_PAYLOAD_PROTO', offset, 1, `value ${payloadProto}`);
  }
  if (u8(bytes, offset + 3) !== 0) diagnostics.add('RESERVED_NOT_ZERO', offset + 3, 1);
  if (headerEnd > end) {
    diagnostics.add(
      'MH_LENGTH',
      offset + HEADER_LENGTH,
      1,
      `${length} octets, ${end - offset} left`,
    );
    headerEnd = end;
  } else if (headerEnd < end && !hasPayload) {
    diagnostics.add('MH_TRAILING', headerEnd, end - headerEnd);
  }

  const row = definitions.get(mhType);
  const dataOffset = offset + HEADER_OCTETS;
  const unknown = (): MobilityHeader => ({
    payloadProto,
    headerLength,
    mhType,
    checksum,
    length,
    message: { kind: 'unknown-message', mhType, data: copyOctets(bytes, dataOffset, headerEnd) },
    options: [],
    optionOffsets: [],
  });
  if (row === undefined) {
    diagnostics.add('MH_TYPE_UNKNOWN', offset + MH_TYPE, 1, `type ${mhType}`);
    return unknown();
  }
  const message = { kind: row.kind };
  const messageOctets = row.layout.decodeInto(message, bytes, dataOffset, headerEnd, diagnostics);
  if (messageOctets < 0) {
    const least = Math.ceil((HEADER_OCTETS + row.layout.fixedOctets) / 8) - 1;
    const found = headerLength < least ? `: Header Len ${headerLength}, at least ${least}` : '';
    diagnostics.add('MH_TRUNCATED', offset, headerEnd - offset, `${row.name}${found}`);
    return unknown();
  }
  if (!row.layout.reservedIsZero(bytes, dataOffset, headerEnd)) {
    diagnostics.add('RESERVED_NOT_ZERO', dataOffset, messageOctets, row.name);
  }
  const optionsOffset = row.hasOptions ? dataOffset + messageOctets : headerEnd;
  const { options, offsets } = mobilityOptions.decode(
    bytes,
    optionsOffset,
    headerEnd,
    offset,
    mhType,
    diagnostics,
  );
  // `row` is one of MOBILITY_MESSAGES, so its value is one of the union.
  const known = message as KnownMessage;
  // What is missing may be in the octets that are.
  if (offset + length <= end && !diagnostics.has('OPTION_TRUNCATED')) {
    checkMessage(known, options, offsets, bytes, dataOffset, messageOctets, diagnostics);
  }
  return {
    payloadProto,
    headerLength,
    mhType,
    checksum,
    length,
    message: known,
    options,
    optionOffsets: offsets,
  };
}

/**
 * Sum over pseudo-header and message: 0 when the checksum field is right. RFC 6275 section 6.1.1.
 *
 * @param addresses octets that hold both addresses: the home address in place of the source under a Home
 *   Address option (section 6.3), and in place of the destination under a type 2 routing header (6.4).
 */
export function mobilityChecksum(
  addresses: Uint8Array,
  source: number,
  destination: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  return pseudoHeaderChecksum(
    addresses,
    source,
    addresses,
    destination,
    MOBILITY_HEADER,
    bytes,
    offset,
    end,
  );
}

/** How to encode. `compute` for a node; the rest for fixtures that are wrong on purpose. */
export interface MobilityEncodeOptions {
  /** Source and final destination of the checksum (home addresses where HAO or RH2 say so). */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly padding?: 'compute' | 'as-given';
  /** Checksum to write instead of the right one. */
  readonly checksum?: number;
  /** Header Len to write instead of the right one. */
  readonly headerLength?: number;
  readonly payloadProto?: number;
}

/**
 * Octets of a Mobility Header.
 * @throws RangeError when a value does not fit its field.
 */
export function encodeMobilityHeader(
  message: MobilityMessage,
  options: readonly MobilityOption[],
  how: MobilityEncodeOptions,
): Uint8Array {
  const row = byKind.get(message.kind);
  const fields =
    message.kind === 'unknown-message'
      ? message.data
      : (row?.layout.encodeFields({ ...message }) ?? new Uint8Array());
  // Where no options are, padding is zeros. RFC 5096 section 3.
  const isBare = row?.hasOptions === false && options.length === 0;
  const more = isBare ? (8 - ((HEADER_OCTETS + fields.length) % 8)) % 8 : 0;
  const data = concatenate([fields, new Uint8Array(more)]);
  const mhType = message.kind === 'unknown-message' ? message.mhType : (row?.mhType ?? 0);
  const padding = how.padding ?? 'compute';
  const encodedOptions = mobilityOptions.encode(options, HEADER_OCTETS + data.length, padding);
  const length = HEADER_OCTETS + data.length + encodedOptions.length;
  const header = mobilityHeader.encode({
    payloadProto: how.payloadProto ?? NO_NEXT_HEADER,
    headerLength: how.headerLength ?? Math.floor(length / 8) - 1,
    mhType,
    reserved: 0,
    checksum: 0,
  });
  const bytes = concatenate([header, data, encodedOptions]);
  const addresses = concatenate([how.source, how.destination]);
  const checksum = how.checksum ?? mobilityChecksum(addresses, 0, 16, bytes, 0, bytes.length);
  putU16(bytes, CHECKSUM, checksum);
  return bytes;
}

/** Tree of a Mobility Header at `[offset, end)`, as far as it goes. */
export function mobilityTree(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode {
  const headerEnd = Math.min(end, offset + (u8(bytes, offset + HEADER_LENGTH) + 1) * 8);
  const children = mobilityHeader.tree(
    bytes,
    offset,
    Math.min(end, offset + HEADER_OCTETS),
    source,
  );
  const mhType = u8(bytes, offset + MH_TYPE);
  const row = definitions.get(mhType);
  const dataOffset = offset + HEADER_OCTETS;
  if (dataOffset < headerEnd) {
    const fields = (row?.layout ?? unknownMobilityMessage).tree(
      bytes,
      dataOffset,
      headerEnd,
      source,
    );
    // A message that is cut short has no options.
    const taken = row?.layout.measure(bytes, dataOffset, headerEnd) ?? -1;
    const optionsOffset = taken < 0 ? headerEnd : dataOffset + taken;
    const name = row?.name ?? `Unknown message type ${mhType}`;
    const length = Math.min(optionsOffset, headerEnd) - dataOffset;
    children.push(groupNode(name, undefined, '', dataOffset, length, source, row?.spec, fields));
    if (optionsOffset < headerEnd) {
      const options = mobilityOptions.tree(bytes, optionsOffset, headerEnd, source);
      addCgaParameters(options, bytes, source);
      children.push({
        label: 'Mobility Options',
        text: `${options.length}`,
        offset: optionsOffset,
        length: headerEnd - optionsOffset,
        source,
        children: options,
      });
    }
  }
  return {
    label: 'Mobile IPv6',
    name: 'mip6',
    text: row?.name ?? hexText(bytes, offset, Math.min(8, Math.max(0, end - offset))),
    offset,
    length: headerEnd - offset,
    source,
    spec,
    children,
  };
}
