/**
 * Layer: Encapsulating Security Payload. RFC 4303 section 2.
 */
import { u32, u8 } from '../core/bytes.ts';
import { bytesField, hexText, layout, uint8 } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { NEXT_HEADER, NEXT_HEADER_NAMES, espHeader } from '../ipv6/header.ts';
import { takeDiagnostics } from '../ipv6/packet.ts';
import { addData, addHeader, generatedNode, report, switchSource } from '../layer.ts';
import type { LayerContext, LayerInput, OpenedEsp } from '../layer.ts';
import { walkExtensions } from '../walk.ts';

const OCTETS = espHeader.fixedOctets;
/** SPI values 1 to 255 are reserved, 0 is never sent. RFC 4303 section 2.1. */
const RESERVED_SPIS = 256;
/** Pad Length and Next Header. */
const TRAILER_OCTETS = 2;

/** Padding, Pad Length and Next Header in decrypted octets. RFC 4303 sections 2.4 to 2.6. */
export const espTrailer = layout({
  name: 'ESP trailer',
  spec: { rfc: 4303, section: '2.4' },
  fields: [
    uint8('padLength', { label: 'ESP Pad Length', filter: 'esp.pad_len', unit: 'octets' }),
    uint8('nextHeader', {
      label: 'ESP Next Header',
      filter: 'esp.protocol',
      values: NEXT_HEADER_NAMES,
    }),
  ],
});

/** Padding in decrypted octets. RFC 4303 section 2.4. */
export const espPadding = layout({
  name: 'ESP padding',
  spec: { rfc: 4303, section: '2.4' },
  fields: [bytesField('rest', 'padding', { label: 'Pad', filter: 'esp.pad' })],
});

/** Layer: ESP. Goes on inside when the caller can open it. */
export function dissectEsp(
  context: LayerContext,
  { offset, end }: LayerInput,
): LayerInput | undefined {
  const { bytes, ip } = context;
  const length = Math.max(0, end - offset);
  const text = length < OCTETS ? '' : `SPI 0x${u32(bytes, offset).toString(16).padStart(8, '0')}`;
  const node = addHeader(context, espHeader, 'esp', offset, end, text, length);
  if (length < OCTETS) {
    if (!context.isPartial) report(context, 'ESP_TRUNCATED', offset, length, `${length} octets`);
    return undefined;
  }
  if (u32(bytes, offset) < RESERVED_SPIS) report(context, 'ESP_SPI_RESERVED', offset, 4);
  const { openEsp } = context;
  if (openEsp === undefined || context.isPartial || ip?.destination === undefined) return undefined;
  const opened = openEsp(bytes, offset, end, ip.source, ip.destination);
  return opened === undefined ? undefined : enter(context, node, offset, end, opened);
}

/** Octets of a field of the ESP packet itself. */
function octetsNode(
  context: LayerContext,
  label: string,
  name: string,
  offset: number,
  length: number,
): FieldNode {
  const { bytes, source } = context;
  return {
    label,
    name,
    text: hexText(bytes, offset, length),
    value: bytes.slice(offset, offset + length),
    offset,
    length,
    source,
    children: [],
  };
}

function enter(
  context: LayerContext,
  node: FieldNode,
  offset: number,
  end: number,
  opened: OpenedEsp,
): LayerInput | undefined {
  const room = end - offset - OCTETS;
  const ivLength = Math.min(Math.max(0, opened.ivLength), room);
  const icvLength = Math.min(Math.max(0, opened.icvLength), room - ivLength);
  const data = offset + OCTETS + ivLength;
  const icv = end - icvLength;
  // The layout shows one run of octets; now its parts are known.
  node.children.splice(2);
  if (ivLength > 0) {
    node.children.push(octetsNode(context, 'ESP IV', 'esp.iv', data - ivLength, ivLength));
  }
  node.children.push(
    octetsNode(context, 'ESP Encrypted Data', 'esp.encrypted_data', data, icv - data),
  );
  if (icvLength > 0) node.children.push(octetsNode(context, 'ESP ICV', 'esp.icv', icv, icvLength));
  if (opened.icv !== 'not-checked') {
    node.children.push(
      generatedNode(context, {
        label: 'ICV',
        name: opened.icv === 'good' ? 'esp.icv_good' : 'esp.icv_bad',
        text: opened.icv,
        value: 1,
        offset: icv,
      }),
    );
  }
  if (opened.association !== undefined) {
    node.children.push(
      generatedNode(context, {
        label: 'Security association',
        name: 'mip6guard.association',
        text: opened.association,
        value: opened.association,
        offset,
      }),
    );
  }
  if (opened.recognisedBy !== undefined) {
    const text = `recognised by the checksum of the ${opened.recognisedBy} (inferred)`;
    node.children.push(
      generatedNode(context, {
        label: 'ESP with NULL encryption',
        name: 'mip6guard.esp_null',
        text,
        value: text,
        offset,
      }),
    );
  }
  if (opened.icv === 'bad') report(context, 'ESP_ICV', icv, icvLength);

  const { bytes } = opened;
  if (opened.icv === 'bad' && bytes.length === 0) return undefined;
  switchSource(context, 'Decrypted ESP', bytes);
  const trailer = bytes.length - TRAILER_OCTETS;
  // What a wrong key decrypts to means nothing.
  if (opened.icv === 'bad' || trailer < 0) {
    if (trailer < 0) report(context, 'ESP_TRUNCATED', 0, bytes.length, 'no trailer');
    addData(context, 0, bytes.length);
    return undefined;
  }
  const padLength = u8(bytes, trailer);
  const payloadEnd = trailer - padLength;
  if (payloadEnd < 0) {
    report(context, 'ESP_PADDING', trailer, 1, `${padLength} octets of padding in ${trailer}`);
    addData(context, 0, bytes.length);
    return undefined;
  }
  for (let i = 0; i < padLength; i++) {
    if (u8(bytes, payloadEnd + i) === i + 1) continue;
    report(context, 'ESP_PADDING', payloadEnd, padLength);
    break;
  }
  if (padLength > 0) {
    node.children.push(...espPadding.tree(bytes, payloadEnd, trailer, context.source));
  }
  node.children.push(...espTrailer.tree(bytes, trailer, bytes.length, context.source));
  context.ip?.extensions.push(NEXT_HEADER.esp);
  const view = context.ip?.view;
  if (view !== undefined) {
    walkExtensions(view, bytes, trailer + 1, 0, payloadEnd, true);
    takeDiagnostics(context, view);
  }
  return { table: 'ip-protocol', key: u8(bytes, trailer + 1), offset: 0, end: payloadEnd };
}
