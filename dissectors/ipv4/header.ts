/**
 * IPv4 header, as far as tunnels need it. RFC 791 section 3.1.
 */
import { formatIpv4 } from '../core/address.ts';
import { putU16, u16, u8 } from '../core/bytes.ts';
import { foldChecksum, sumWords } from '../core/checksum.ts';
import { bytesField, concatenate, flags, layout, uint16, uint8 } from '../core/layout.ts';
import { NEXT_HEADER, NEXT_HEADER_NAMES } from '../ipv6/header.ts';
import {
  addChecksumVerdict,
  addData,
  addHeader,
  addTrailer,
  report,
  scaleField,
} from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { kindLengthTree } from './kind-length.ts';
import { ipv4Options } from './options.ts';

/** IPv4 header with its options. */
export const ipv4Header = layout({
  name: 'Internet Protocol Version 4',
  spec: { rfc: 791, section: '3.1' },
  fields: [
    flags(1, 'versionAndLength', {
      label: 'Version and header length',
      filter: 'ip.version_hdr_len',
      bits: {
        version: { mask: 0xf0, label: 'Version', filter: 'ip.version' },
        headerLength: { mask: 0x0f, label: 'Header Length', filter: 'ip.hdr_len' },
      },
    }),
    flags(1, 'differentiatedServices', {
      label: 'Differentiated Services Field',
      filter: 'ip.dsfield',
      spec: { rfc: 2474, section: '3' },
      bits: {
        codepoint: {
          mask: 0xfc,
          label: 'Differentiated Services Codepoint',
          filter: 'ip.dsfield.dscp',
        },
        congestion: {
          mask: 0x03,
          label: 'Explicit Congestion Notification',
          filter: 'ip.dsfield.ecn',
        },
      },
    }),
    uint16('totalLength', { label: 'Total Length', filter: 'ip.len', unit: 'octets' }),
    uint16('identification', { label: 'Identification', filter: 'ip.id', hex: true }),
    flags(2, 'flagsAndOffset', {
      label: 'Flags and fragment offset',
      filter: 'ip.flags_offset',
      bits: {
        flags: { mask: 0xe000, label: 'Flags', filter: 'ip.flags' },
        reserved: { mask: 0x8000, label: 'Reserved bit', filter: 'ip.flags.rb' },
        dontFragment: { mask: 0x4000, label: "Don't fragment", filter: 'ip.flags.df' },
        moreFragments: { mask: 0x2000, label: 'More fragments', filter: 'ip.flags.mf' },
        fragmentOffset: {
          mask: 0x1fff,
          label: 'Fragment Offset (8 octets)',
          filter: 'ip.frag_offset',
        },
      },
    }),
    uint8('timeToLive', { label: 'Time to Live', filter: 'ip.ttl' }),
    uint8('protocol', { label: 'Protocol', filter: 'ip.proto', values: NEXT_HEADER_NAMES }),
    uint16('checksum', { label: 'Header Checksum', filter: 'ip.checksum', hex: true }),
    bytesField(4, 'source', { label: 'Source Address', filter: 'ip.src', show: 'address' }),
    bytesField(4, 'destination', {
      label: 'Destination Address',
      filter: 'ip.dst',
      show: 'address',
    }),
    bytesField('rest', 'options', { label: 'Options', filter: 'ip.opt' }),
  ],
});

const OCTETS = ipv4Header.fixedOctets;
const TOTAL_LENGTH = ipv4Header.offsetOf('totalLength');
const FRAGMENT_WORD = ipv4Header.offsetOf('flagsAndOffset');
const TIME_TO_LIVE = ipv4Header.offsetOf('timeToLive');
const PROTOCOL = ipv4Header.offsetOf('protocol');
const SOURCE = ipv4Header.offsetOf('source');
const DESTINATION = ipv4Header.offsetOf('destination');
const CHECKSUM = ipv4Header.offsetOf('checksum');

/** Protocols looked into; the others of the table have no meaning over IPv4. */
const PROTOCOLS: ReadonlySet<number> = new Set([
  NEXT_HEADER.ipv4,
  NEXT_HEADER.tcp,
  NEXT_HEADER.udp,
  NEXT_HEADER.ipv6,
  NEXT_HEADER.gre,
  NEXT_HEADER.esp,
  NEXT_HEADER.ah,
]);

const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
const FRAGMENT_OFFSET = 0x1fff;
const MORE_FRAGMENTS = 0x2000;

/**
 * Where the packet goes in the end, which transport checksums are made with: the last address of a source route
 * that has not been used up. RFC 791 section 3.1, RFC 1122 section 3.2.1.8.
 */
function finalDestination(bytes: Uint8Array, offset: number, end: number): Uint8Array {
  for (let at = offset + OCTETS; at + 2 < end;) {
    const type = u8(bytes, at);
    if (type === 0) break;
    const length = type === 1 ? 1 : u8(bytes, at + 1);
    if (length === 0 || at + length > end) break;
    const isRoute = type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE;
    // The pointer counts from 1.
    if (isRoute && length >= 7 && u8(bytes, at + 2) + 3 <= length) {
      return bytes.slice(at + length - 4, at + length);
    }
    at += length;
  }
  return bytes.slice(offset + DESTINATION, offset + DESTINATION + 4);
}

/** Layer: IPv4. Fragments are not put together; the first one is dissected as far as it goes. */
export function dissectIpv4(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes } = context;
  const length = end - offset;
  const headerLength = (u8(bytes, offset) & 0x0f) * 4;
  const isHeader =
    length >= OCTETS &&
    u8(bytes, offset) >> 4 === 4 &&
    headerLength >= OCTETS &&
    headerLength <= length;
  if (!isHeader) {
    if (length >= OCTETS || !(context.isCut || context.isPartial)) {
      report(context, 'IPV4_MALFORMED', offset, length, `header of ${headerLength} octets`);
    }
    addData(context, offset, end);
    return undefined;
  }
  const totalLength = u16(bytes, offset + TOTAL_LENGTH);
  // Total Length 0 is a super-frame of an offloading interface.
  const declaredEnd = totalLength === 0 ? end : offset + totalLength;
  const isMissing = declaredEnd > end || declaredEnd < offset + headerLength;
  if (isMissing && !(context.isCut || context.isPartial)) {
    report(context, 'IPV4_MALFORMED', offset + TOTAL_LENGTH, 2, `Total Length ${totalLength}`);
  }
  const packetEnd = isMissing ? end : declaredEnd;
  addTrailer(context, packetEnd, end);
  const text = `${formatIpv4(bytes, offset + SOURCE)} > ${formatIpv4(bytes, offset + DESTINATION)}`;
  const node = addHeader(context, ipv4Header, 'ip', offset, end, text, headerLength);
  scaleField(node, 'ip.hdr_len', 4);
  const fault = addChecksumVerdict(
    context,
    node,
    'ip.checksum',
    foldChecksum(sumWords(bytes, offset, offset + headerLength)),
  );
  if (fault !== undefined) report(context, 'IPV4_CHECKSUM', offset + CHECKSUM, 2, fault);
  node.children
    .find(({ name }) => name === 'ip.opt')
    ?.children.push(
      ...kindLengthTree(
        ipv4Options,
        bytes,
        offset + OCTETS,
        offset + headerLength,
        context.source,
        (at) => {
          report(context, 'IPV4_OPTION_LENGTH', at, offset + headerLength - at);
        },
      ),
    );
  context.isPartial = isMissing;
  context.ip = {
    version: 4,
    node,
    hopLimit: u8(bytes, offset + TIME_TO_LIVE),
    source: bytes.slice(offset + SOURCE, offset + SOURCE + 4),
    destination: finalDestination(bytes, offset, offset + headerLength),
    extensions: [],
    extensionCount: 0,
    view: undefined,
  };
  const at = offset + headerLength;
  const fragment = u16(bytes, offset + FRAGMENT_WORD);
  if ((fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) {
    report(context, 'FRAGMENT_PENDING', offset + FRAGMENT_WORD, 2);
    if ((fragment & FRAGMENT_OFFSET) !== 0) {
      addData(context, at, packetEnd, 'Fragment data');
      return undefined;
    }
    context.isPartial = true;
  }
  const key = u8(bytes, offset + PROTOCOL);
  if (!PROTOCOLS.has(key)) {
    addData(context, at, packetEnd);
    return undefined;
  }
  return { table: 'ip-protocol', key, offset: at, end: packetEnd };
}

/** What an IPv4 packet is made of. */
export interface Ipv4Packet {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly timeToLive?: number;
  readonly identification?: number;
  /** Flags and Fragment Offset in units of 8 octets, as on the wire; default 0. */
  readonly flagsAndOffset?: number;
  /** Options, a multiple of 4 octets up to 40. */
  readonly options?: Uint8Array;
  /** Checksum to write instead of the right one. */
  readonly checksum?: number;
}

/** IPv4 packet. Throws RangeError when an address is not 4 octets, or a number or the options do not fit. */
export function ipv4Packet(packet: Ipv4Packet): Uint8Array {
  const { source, destination, protocol, payload } = packet;
  const options = packet.options ?? new Uint8Array();
  if (options.length % 4 !== 0 || options.length > 40) {
    throw new RangeError('ip.opt: expected a multiple of 4 octets, at most 40');
  }
  const octets = OCTETS + options.length;
  const header = ipv4Header.encode({
    versionAndLength: 0x40 | (octets / 4),
    differentiatedServices: 0,
    totalLength: octets + payload.length,
    identification: packet.identification ?? 0,
    flagsAndOffset: packet.flagsAndOffset ?? 0,
    timeToLive: packet.timeToLive ?? 64,
    protocol,
    checksum: 0,
    source,
    destination,
    options,
  });
  putU16(header, CHECKSUM, packet.checksum ?? foldChecksum(sumWords(header, 0, octets)));
  return concatenate([header, payload]);
}
