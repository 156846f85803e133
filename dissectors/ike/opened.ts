/**
 * What is inside an encrypted payload of IKEv2, under its node, nested as Wireshark does.
 */
import { DiagnosticList } from '../core/diagnostic.ts';
import { u8 } from '../core/bytes.ts';
import { bytesField, groupNode, hexText, layout, uint8 } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { adoptDiagnostics, generatedNode, report, switchSource } from '../layer.ts';
import type { LayerContext, OpenedIke } from '../layer.ts';
import type { EncryptedPlace } from './encrypted-place.ts';
import { ENCRYPTED_FRAGMENT_PAYLOAD, ENCRYPTED_PAYLOAD } from './ikev2/encrypted.ts';
import { ikev1Payloads, ikev2Payloads } from './message.ts';

const SPEC = { rfc: 7296, section: '3.14' } as const;

/** Padding in decrypted octets. RFC 7296 section 3.14. */
export const ikePadding = layout({
  name: 'IKE padding',
  spec: SPEC,
  fields: [bytesField('rest', 'padding', { label: 'Padding', filter: 'isakmp.enc.padding' })],
});

/** The last of the decrypted octets. RFC 7296 section 3.14. */
export const ikePadLength = layout({
  name: 'IKE Pad Length',
  spec: SPEC,
  fields: [
    uint8('padLength', {
      label: 'Pad Length',
      filter: 'isakmp.enc.pad_length',
      unit: 'octets',
    }),
  ],
});

const PLACEHOLDER = 'isakmp.enc.data';

function octetsNode(
  context: LayerContext,
  label: string,
  name: string,
  offset: number,
  end: number,
): FieldNode {
  const { bytes, source } = context;
  const length = Math.max(0, end - offset);
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

/** Adds nodes and diagnostics of a chain in the octets of the current source. */
function chainNodes(context: LayerContext, first: number, end: number): FieldNode[] {
  const { bytes, source } = context;
  const diagnostics = new DiagnosticList();
  ikev2Payloads.decode(first, bytes, 0, end, diagnostics);
  adoptDiagnostics(context, diagnostics.items);
  return ikev2Payloads.tree(first, bytes, 0, end, source);
}

/** Payloads, padding and its length in the decrypted octets. */
function decryptedNode(
  context: LayerContext,
  { bytes, icv }: OpenedIke,
  place: EncryptedPlace,
): FieldNode {
  switchSource(context, 'Decrypted IKE', bytes);
  const { source } = context;
  const octets = bytes.length;
  const padLength = u8(bytes, octets - 1);
  const end = octets - 1 - padLength;
  const children: FieldNode[] = [];
  if (end < 0) {
    report(
      context,
      'IKE_PADDING',
      octets - 1,
      1,
      `${padLength} octets of padding in ${octets - 1}`,
    );
    children.push(octetsNode(context, 'Contained Data', 'isakmp.enc.contained', 0, octets));
  } else {
    // The payloads of a fragment can be read only when all are put together.
    const isWhole = place.fragment === undefined;
    const inner = isWhole ? chainNodes(context, place.firstPayload, end) : [];
    const text = `${end} octets`;
    const name = 'isakmp.enc.contained';
    children.push(groupNode('Contained Data', name, text, 0, end, source, SPEC, inner));
    if (padLength > 0) children.push(...ikePadding.tree(bytes, end, octets - 1, source));
    children.push(...ikePadLength.tree(bytes, octets - 1, octets, source));
  }
  const text = icv === 'bad' ? `${octets} octets, not to be trusted` : `${octets} octets`;
  const name = 'isakmp.enc.decrypted';
  return groupNode('Decrypted Data', name, text, 0, octets, source, SPEC, children);
}

function reassembledNode(
  context: LayerContext,
  { firstPayload, bytes }: NonNullable<OpenedIke['reassembled']>,
): FieldNode {
  switchSource(context, 'Reassembled IKE', bytes);
  const octets = bytes.length;
  const children = chainNodes(context, firstPayload, octets);
  return groupNode(
    'Reassembled payloads',
    'mip6guard.ike.reassembled',
    `${octets} octets`,
    0,
    octets,
    context.source,
    { rfc: 7383, section: '2.6' },
    children,
  );
}

/** Puts what was opened under the node of the encrypted payload of `message`. */
export function addOpened(
  context: LayerContext,
  message: FieldNode,
  place: EncryptedPlace,
  opened: OpenedIke,
): void {
  const type = place.fragment === undefined ? ENCRYPTED_PAYLOAD : ENCRYPTED_FRAGMENT_PAYLOAD;
  const node = message.children.find(
    ({ name, value, offset }) =>
      name === 'isakmp.typepayload' && value === type && offset === place.start,
  );
  if (node === undefined) return;
  const { bytes, source } = context;
  const room = place.end - place.body;
  const ivLength = Math.min(Math.max(0, opened.ivLength), room);
  const icvLength = Math.min(Math.max(0, opened.icvLength), room - ivLength);
  const text = place.body + ivLength;
  const icv = place.end - icvLength;
  // Without keys this is one run of octets.
  const index = node.children.findIndex(({ name }) => name === PLACEHOLDER);
  if (index >= 0) node.children.splice(index);
  const add = (...nodes: FieldNode[]): void => {
    node.children.push(...nodes);
  };
  if (ivLength > 0) {
    add(octetsNode(context, 'Initialization Vector', 'isakmp.enc.iv', place.body, text));
  }
  add(octetsNode(context, 'Encrypted Data', PLACEHOLDER, text, icv));
  const checksum =
    icvLength > 0
      ? [octetsNode(context, 'Integrity Checksum Data', 'isakmp.enc.icd', icv, place.end)]
      : [];
  if (opened.icv !== 'not-checked') {
    checksum.push(
      generatedNode(context, {
        label: 'Integrity checksum',
        name: opened.icv === 'good' ? 'mip6guard.ike.icv_good' : 'mip6guard.ike.icv_bad',
        text: opened.icv,
        value: 1,
        offset: icv,
      }),
    );
  }
  const { association } = opened;
  if (association !== undefined) {
    checksum.push(
      generatedNode(context, {
        label: 'Keys',
        name: 'mip6guard.association',
        text: association,
        value: association,
        offset: place.start,
      }),
    );
  }
  if (opened.icv === 'bad') report(context, 'IKE_ICV', icv, icvLength);
  if (opened.bytes.length > 0) add(decryptedNode(context, opened, place));
  if (opened.reassembled !== undefined) add(reassembledNode(context, opened.reassembled));
  add(...checksum);
  // What follows in the frame is told with the frame's offsets.
  context.bytes = bytes;
  context.source = source;
  context.diagnostics.source = source;
}

/**
 * Puts the payloads of a message of IKEv1 under its node, behind the encrypted octets (RFC 2409 section 5).
 * @param first Next Payload of the header
 */
export function addOpenedIkev1(
  context: LayerContext,
  message: FieldNode,
  first: number,
  opened: OpenedIke,
): void {
  const { bytes, source } = context;
  const { association } = opened;
  switchSource(context, 'Decrypted IKE', opened.bytes);
  const octets = opened.bytes.length;
  const diagnostics = new DiagnosticList();
  ikev1Payloads.decode(first, opened.bytes, 0, octets, diagnostics);
  // What is behind the payloads is padding: RFC 2409 appendix B.
  adoptDiagnostics(
    context,
    diagnostics.items.filter(({ code }) => code !== 'IKE_TRAILING'),
  );
  const children = ikev1Payloads.tree(first, opened.bytes, 0, octets, context.source);
  const text = `${octets} octets, not authenticated`;
  const name = 'isakmp.enc.decrypted';
  const rule = { rfc: 2409, section: '5' };
  message.children.push(
    groupNode('Decrypted Data', name, text, 0, octets, context.source, rule, children),
  );
  context.bytes = bytes;
  context.source = source;
  context.diagnostics.source = source;
  if (association === undefined) return;
  message.children.push(
    generatedNode(context, {
      label: 'Keys',
      name: 'mip6guard.association',
      text: association,
      value: association,
      offset: message.offset,
    }),
  );
}
