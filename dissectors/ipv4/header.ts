/**
 * IPv4 header, as far as tunnels need it. RFC 791 section 3.1.
 */
import { formatIpv4 } from '../core/address.ts';
import { u16, u8 } from '../core/bytes.ts';
import { foldChecksum, sumWords } from '../core/checksum.ts';
import { bytesField, concatenate, flags, layout, uint16, uint8 } from '../core/layout.ts';
import { NEXT_HEADER, NEXT_HEADER_NAMES } from '../ipv6/header.ts';
import { addData, addHeader, addTrailer, report, scaleField } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';

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
    uint8('differentiatedServices', {
      label: 'Differentiated Services Field',
      filter: 'ip.dsfield',
      hex: true,
    }),
    uint16('totalLength', { label: 'Total Length', filter: 'ip.len', unit: 'octets' }),
    uint16('identification', { label: 'Identification', filter: 'ip.id', hex: true }),
    flags(2, 'flagsAndOffset', {
      label: 'Flags and fragment offset',
      filter: 'ip.flags_offset',
      bits: {
        dontFragment: { mask: 0x4000, label: "Don't fragment", filter: 'ip.flags.df' },
        moreFragments: { mask: 0x2000, label: 'More fragments', filter: 'ip.flags.mf' },
        fragmentOffset: { mask: 0x1fff, label: 'Fragment Offset', filter: 'ip.frag_offset' },
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
  NEXT_HEADER.esp,
  NEXT_HEADER.ah,
]);

/** Layer: IPv4. Its checksum is not verified, fragments are not put together. */
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
  context.isPartial = isMissing;
  context.ip = {
    version: 4,
    node,
    hopLimit: u8(bytes, offset + TIME_TO_LIVE),
    source: bytes.slice(offset + SOURCE, offset + SOURCE + 4),
    destination: bytes.slice(offset + DESTINATION, offset + DESTINATION + 4),
    extensions: [],
    extensionCount: 0,
    view: undefined,
  };
  const at = offset + headerLength;
  const fragment = u16(bytes, offset + FRAGMENT_WORD);
  if ((fragment & 0x3fff) !== 0) {
    report(context, 'FRAGMENT_PENDING', offset + FRAGMENT_WORD, 2);
    addData(context, at, packetEnd, 'Fragment data');
    return undefined;
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
}

/** IPv4 packet without options. Throws RangeError when an address is not 4 octets or a number does not fit. */
export function ipv4Packet(packet: Ipv4Packet): Uint8Array {
  const { source, destination, protocol, payload } = packet;
  const header = ipv4Header.encode({
    versionAndLength: 0x45,
    differentiatedServices: 0,
    totalLength: OCTETS + payload.length,
    identification: packet.identification ?? 0,
    flagsAndOffset: 0,
    timeToLive: packet.timeToLive ?? 64,
    protocol,
    checksum: 0,
    source,
    destination,
    options: new Uint8Array(),
  });
  const checksum = foldChecksum(sumWords(header, 0, OCTETS));
  header[CHECKSUM] = checksum >> 8;
  header[CHECKSUM + 1] = checksum & 0xff;
  return concatenate([header, payload]);
}
