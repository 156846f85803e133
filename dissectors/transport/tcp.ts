/**
 * TCP. RFC 9293 section 3.1.
 */
import { putU16, u16, u8 } from '../core/bytes.ts';
import { pseudoHeaderChecksum } from '../core/checksum.ts';
import { bytesField, concatenate, flags, layout, uint16, uint32 } from '../core/layout.ts';
import { kindLengthTree } from '../ipv4/kind-length.ts';
import { addData, addHeader, report, scaleField } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { addPayload, judgeChecksum } from './checksum.ts';
import { tcpOptions } from './tcp-options.ts';

/** Bits of the flags word. */
export const TCP_FLAGS = {
  cwr: 0x80,
  ece: 0x40,
  urg: 0x20,
  ack: 0x10,
  psh: 0x08,
  rst: 0x04,
  syn: 0x02,
  fin: 0x01,
} as const;

/** TCP header with its options. */
export const tcpHeader = layout({
  name: 'Transmission Control Protocol',
  spec: { rfc: 9293, section: '3.1' },
  fields: [
    uint16('sourcePort', { label: 'Source Port', filter: 'tcp.srcport' }),
    uint16('destinationPort', { label: 'Destination Port', filter: 'tcp.dstport' }),
    uint32('sequence', { label: 'Sequence Number (raw)', filter: 'tcp.seq_raw' }),
    uint32('acknowledgment', { label: 'Acknowledgment number (raw)', filter: 'tcp.ack_raw' }),
    flags(2, 'offsetAndFlags', {
      label: 'Data offset and flags',
      filter: 'tcp.offset_flags',
      bits: {
        dataOffset: { mask: 0xf000, label: 'Header Length', filter: 'tcp.hdr_len' },
        flags: { mask: 0x0fff, label: 'Flags', filter: 'tcp.flags' },
        reserved: { mask: 0x0e00, label: 'Reserved', filter: 'tcp.flags.res' },
        accurateEcn: { mask: 0x0100, label: 'Accurate ECN', filter: 'tcp.flags.ae' },
        cwr: { mask: TCP_FLAGS.cwr, label: 'CWR', filter: 'tcp.flags.cwr' },
        ece: { mask: TCP_FLAGS.ece, label: 'ECE', filter: 'tcp.flags.ece' },
        urg: { mask: TCP_FLAGS.urg, label: 'URG', filter: 'tcp.flags.urg' },
        ack: { mask: TCP_FLAGS.ack, label: 'ACK', filter: 'tcp.flags.ack' },
        psh: { mask: TCP_FLAGS.psh, label: 'PSH', filter: 'tcp.flags.push' },
        rst: { mask: TCP_FLAGS.rst, label: 'RST', filter: 'tcp.flags.reset' },
        syn: { mask: TCP_FLAGS.syn, label: 'SYN', filter: 'tcp.flags.syn' },
        fin: { mask: TCP_FLAGS.fin, label: 'FIN', filter: 'tcp.flags.fin' },
      },
    }),
    uint16('window', { label: 'Window', filter: 'tcp.window_size_value' }),
    uint16('checksum', { label: 'Checksum', filter: 'tcp.checksum', hex: true }),
    uint16('urgentPointer', { label: 'Urgent Pointer', filter: 'tcp.urgent_pointer' }),
    bytesField('rest', 'options', { label: 'TCP Options', filter: 'tcp.options' }),
  ],
});

const OCTETS = tcpHeader.fixedOctets;
const DATA_OFFSET = tcpHeader.offsetOf('offsetAndFlags');
const CHECKSUM = tcpHeader.offsetOf('checksum');
/** Protocol number of TCP. */
export const TCP = 6;

/** Layer: TCP. */
export function dissectTcp(context: LayerContext, { offset, end }: LayerInput): undefined {
  const { bytes } = context;
  const isWhole = end - offset >= OCTETS;
  const declared = (u8(bytes, offset + DATA_OFFSET) >> 4) * 4;
  const octets = Math.min(Math.max(declared, OCTETS), Math.max(0, end - offset));
  const text = isWhole ? `${u16(bytes, offset)} > ${u16(bytes, offset + 2)}` : '';
  const node = addHeader(context, tcpHeader, 'tcp', offset, end, text, octets);
  scaleField(node, 'tcp.hdr_len', 4);
  if (!isWhole || declared < OCTETS || declared > end - offset) {
    if (context.isPartial && declared >= OCTETS) return;
    const found = isWhole ? `header of ${declared} octets` : `${end - offset} octets`;
    report(context, 'TCP_TRUNCATED', offset, end - offset, found);
    return;
  }
  const message = { protocol: TCP, field: 'tcp.checksum', code: 'TCP_CHECKSUM' } as const;
  judgeChecksum(context, node, { ...message, at: offset + CHECKSUM, offset, end });
  const optionsEnd = offset + octets;
  node.children
    .find(({ name }) => name === 'tcp.options')
    ?.children.push(
      ...kindLengthTree(tcpOptions, bytes, offset + OCTETS, optionsEnd, context.source, (at) => {
        report(context, 'TCP_OPTION_LENGTH', at, optionsEnd - at);
      }),
    );
  addPayload(context, node, 'tcp.payload', optionsEnd, end);
  addData(context, optionsEnd, end);
}

/** What a TCP segment over IPv6 is made of. */
export interface TcpSegment {
  /** Source and final destination, 16 octets each: they are part of the checksum. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Sum of `TCP_FLAGS`; default ACK. */
  readonly flags?: number;
  readonly window?: number;
  /** Options, a multiple of 4 octets. */
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
  /** Checksum to write instead of the right one. */
  readonly checksum?: number;
}

/** Octets of a segment. Throws RangeError when a number does not fit or the options are no multiple of 4. */
export function tcpSegment(segment: TcpSegment): Uint8Array {
  const { source, destination, sourcePort, destinationPort } = segment;
  const options = segment.options ?? new Uint8Array();
  if (options.length % 4 !== 0 || options.length > 40) {
    throw new RangeError('tcp.options: expected a multiple of 4 octets, at most 40');
  }
  const words = (OCTETS + options.length) / 4;
  const header = tcpHeader.encode({
    sourcePort,
    destinationPort,
    sequence: segment.sequence ?? 0,
    acknowledgment: segment.acknowledgment ?? 0,
    offsetAndFlags: (words << 12) | (segment.flags ?? TCP_FLAGS.ack),
    window: segment.window ?? 0xffff,
    checksum: 0,
    urgentPointer: 0,
    options,
  });
  const bytes = concatenate([header, segment.payload ?? new Uint8Array()]);
  const sum = pseudoHeaderChecksum(source, 0, destination, 0, TCP, bytes, 0, bytes.length);
  putU16(bytes, CHECKSUM, segment.checksum ?? sum);
  return bytes;
}
