/**
 * IKE messages: the header and its payloads. RFC 7296 section 3, RFC 2408 section 3.
 */
import { copyOctets, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, groupNode, layout, nameOfValue } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';
import { chainCodec } from './chain.ts';
import type { ChainCodec } from './chain.ts';
import {
  IKEV1_FLAG,
  IKEV2_FLAG,
  IKE_HEADER_OCTETS,
  IKE_VERSION_OFFSET,
  ikev1Header,
  ikev2Header,
} from './header.ts';
import type { IkeHeader } from './header.ts';
import { IKEV1_PAYLOADS } from './ikev1/index.ts';
import type { Ikev1Payload } from './ikev1/index.ts';
import { ENCRYPTED_FRAGMENT_PAYLOAD, ENCRYPTED_PAYLOAD } from './ikev2/encrypted.ts';
import { IKEV2_PAYLOADS } from './ikev2/index.ts';
import type { Ikev2Payload } from './ikev2/index.ts';
import { IKEV1_EXCHANGE_NAMES, IKEV2_EXCHANGE_NAMES } from './names/message.ts';
import { extraData, ikev1PayloadHeader, ikev2PayloadHeader } from './payload.ts';

/**
 * Payloads of IKEv2. For octets that were decrypted (RFC 7296 section 3.14) `first` is the Next Payload of the
 * encrypted payload, and `end` is before Padding.
 */
export const ikev2Payloads: ChainCodec<Ikev2Payload> = chainCodec<Ikev2Payload>(IKEV2_PAYLOADS, {
  spec: { rfc: 7296, section: '3.2' },
  header: ikev2PayloadHeader,
  hasCritical: true,
  closing: [ENCRYPTED_PAYLOAD, ENCRYPTED_FRAGMENT_PAYLOAD],
});

/** Payloads of IKEv1, in clear or decrypted; behind decrypted ones there may be padding. */
export const ikev1Payloads: ChainCodec<Ikev1Payload> = chainCodec<Ikev1Payload>(IKEV1_PAYLOADS, {
  spec: { rfc: 2408, section: '3.2' },
  header: ikev1PayloadHeader,
  hasCritical: false,
  closing: [],
});

/** Header to encode: Next Payload and Length follow from the payloads when absent. */
export type IkeHeaderInput = Omit<IkeHeader, 'nextPayload' | 'length'> &
  Partial<Pick<IkeHeader, 'nextPayload' | 'length'>>;

interface MessageOf<Version extends 1 | 2 | 'other', P, Header> {
  readonly version: Version;
  readonly header: Header;
  readonly payloads: readonly P[];
  /** Octets behind the last payload that could be decoded, up to the end; absent when there are none. */
  readonly rest?: Uint8Array;
}

/** Message with a header of type `Header`. */
type MessageWith<Header> =
  | MessageOf<2, Ikev2Payload, Header>
  | (MessageOf<1, Ikev1Payload, Header> & {
      /** Everything behind the header when the Encryption flag is set. RFC 2408 section 3.1. */
      readonly encrypted?: Uint8Array;
    })
  | MessageOf<'other', never, Header>;

/** A message as decoded; `version` tells the payloads. Versions that do not exist have a header alone. */
export type IkeMessage = MessageWith<IkeHeader>;
/** A message to encode. */
export type IkeMessageInput = MessageWith<IkeHeaderInput>;

/** Major version of the message at `offset`. */
function majorVersion(bytes: Uint8Array, offset: number): 1 | 2 | 'other' {
  const major = u8(bytes, offset + IKE_VERSION_OFFSET) >>> 4;
  return major === 1 || major === 2 ? major : 'other';
}

/**
 * End of the payloads: where Length says, else `end` of the datagram. Length below the header: no payloads.
 */
function payloadEnd(length: number, offset: number, end: number): number {
  if (length < IKE_HEADER_OCTETS) return offset + IKE_HEADER_OCTETS;
  return Math.min(end, offset + length);
}

function reportHeader(
  bytes: Uint8Array,
  header: IkeHeader,
  version: IkeMessage['version'],
  offset: number,
  end: number,
  diagnostics: DiagnosticList,
): void {
  const { length } = header;
  const field = offset + ikev2Header.offsetOf('length');
  const octets = end - offset;
  if (version === 'other') {
    diagnostics.add('IKE_VERSION', offset + IKE_VERSION_OFFSET, 1, `${header.version >>> 4}`);
  }
  if (length < IKE_HEADER_OCTETS || length > octets) {
    diagnostics.add('IKE_LENGTH', field, 4, `length ${length}, ${octets} octets`);
  }
  const format = version === 1 ? ikev1Header : ikev2Header;
  if (!format.reservedIsZero(bytes, offset, offset + IKE_HEADER_OCTETS)) {
    diagnostics.add('IKE_RESERVED', offset + ikev2Header.offsetOf('flags'), 1, 'flags');
  }
}

/**
 * Decodes the message at `[offset, end)`: the UDP payload, on port 4500 behind the non-ESP marker (RFC 3948
 * section 2.2). What is wrong goes to `diagnostics`; a malformed payload hides no other one. Takes at most
 * MAX_PAYLOADS payloads, MAX_PROPOSALS, MAX_TRANSFORMS, MAX_ATTRIBUTES, MAX_SELECTORS and MAX_SPIS in each.
 * Never throws.
 * @returns undefined when the header does not fit.
 */
export function decodeIke(
  bytes: Uint8Array,
  offset: number,
  end: number,
  diagnostics: DiagnosticList,
): IkeMessage | undefined {
  const header = ikev2Header.decode(bytes, offset, end);
  if (header === undefined) {
    const octets = Math.max(0, end - offset);
    diagnostics.add('IKE_TRUNCATED', offset, octets, `${octets} octets`);
    return undefined;
  }
  const version = majorVersion(bytes, offset);
  reportHeader(bytes, header, version, offset, end, diagnostics);
  const from = offset + IKE_HEADER_OCTETS;
  const to = payloadEnd(header.length, offset, end);
  if (to < end) diagnostics.add('IKE_TRAILING', to, end - to, `${end - to} octets after Length`);
  const restFrom = (at: number) => (at < end ? { rest: copyOctets(bytes, at, end) } : {});
  if (version === 'other') return { version, header, payloads: [], ...restFrom(from) };
  if (version === 1 && (header.flags & IKEV1_FLAG.encryption) !== 0) {
    const encrypted = copyOctets(bytes, from, to);
    return { version, header, payloads: [], encrypted, ...restFrom(to) };
  }
  const { nextPayload } = header;
  if (version === 1) {
    const { payloads, rest } = ikev1Payloads.decode(nextPayload, bytes, from, to, diagnostics);
    return { version, header, payloads, ...restFrom(to - (rest?.length ?? 0)) };
  }
  const { payloads, rest } = ikev2Payloads.decode(nextPayload, bytes, from, to, diagnostics);
  return { version, header, payloads, ...restFrom(to - (rest?.length ?? 0)) };
}

/** The octets behind the header. */
function contentOf(message: IkeMessageInput): Uint8Array {
  const { rest = new Uint8Array(0) } = message;
  switch (message.version) {
    case 2:
      return ikev2Payloads.encode(message);
    case 1:
      if (message.encrypted !== undefined) return concatenate([message.encrypted, rest]);
      return ikev1Payloads.encode(message);
    case 'other':
      return rest;
  }
}

/**
 * Octets of a message; what `decodeIke` made of octets gives the same octets. Length and Next Payload of the
 * header are those of the payloads unless the header holds others.
 * Throws RangeError that names the field when a value does not fit.
 */
export function encodeIke(message: IkeMessageInput): Uint8Array {
  const content = contentOf(message);
  const { header, payloads } = message;
  const start = ikev2Header.encode({
    ...header,
    nextPayload: payloads[0]?.type ?? header.nextPayload ?? 0,
    length: header.length ?? IKE_HEADER_OCTETS + content.length,
  });
  return concatenate([start, content]);
}

/** Body of an encrypted message of IKEv1. */
const encryptedBody = layout({
  name: 'Encrypted data',
  spec: { rfc: 2408, section: '3.1' },
  fields: [bytesField('rest', 'data', { label: 'Encrypted Data', filter: 'isakmp.enc.data' })],
});

/** Every format of both versions, for the list of fields; each once. */
export const IKE_FORMATS: readonly Layout[] = [
  ...new Set<Layout>([
    ikev2Header,
    ikev1Header,
    ...ikev2Payloads.formats,
    ...ikev1Payloads.formats,
    encryptedBody,
  ]),
];

/** `IKE_SA_INIT, initiator request, message 0`. */
export function ikeSummary(header: IkeHeader): string {
  const { version, exchangeType, flags, messageId } = header;
  if (version >>> 4 !== 2) {
    const name = nameOfValue(IKEV1_EXCHANGE_NAMES, exchangeType) ?? `exchange ${exchangeType}`;
    const isEncrypted = (flags & IKEV1_FLAG.encryption) !== 0;
    return `${name}${isEncrypted ? ', encrypted' : ''}`;
  }
  const name = nameOfValue(IKEV2_EXCHANGE_NAMES, exchangeType) ?? `exchange ${exchangeType}`;
  const sender = (flags & IKEV2_FLAG.initiator) === 0 ? 'responder' : 'initiator';
  const kind = (flags & IKEV2_FLAG.response) === 0 ? 'request' : 'response';
  return `${name}, ${sender} ${kind}, message ${messageId}`;
}

/** Tree of the message at `[offset, end)`, as far as it goes. Never throws. */
export function ikeTree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode {
  const isV1 = end - offset > IKE_VERSION_OFFSET && majorVersion(bytes, offset) === 1;
  const format = isV1 ? ikev1Header : ikev2Header;
  const from = Math.min(end, offset + IKE_HEADER_OCTETS);
  const children = format.tree(bytes, offset, from, source);
  const header = ikev2Header.decode(bytes, offset, end);
  if (header !== undefined) {
    const to = payloadEnd(header.length, offset, end);
    children.push(...contentTree(header, bytes, from, to, source));
    if (to < end) children.push(...extraData.tree(bytes, to, end, source));
  }
  const text = header === undefined ? '' : ikeSummary(header);
  const { name, spec } = format;
  return groupNode(name, 'isakmp', text, offset, Math.max(0, end - offset), source, spec, children);
}

function contentTree(
  header: IkeHeader,
  bytes: Uint8Array,
  from: number,
  to: number,
  source: number,
): FieldNode[] {
  const { version, flags, nextPayload } = header;
  switch (version >>> 4) {
    case 1:
      if ((flags & IKEV1_FLAG.encryption) !== 0) return encryptedBody.tree(bytes, from, to, source);
      return ikev1Payloads.tree(nextPayload, bytes, from, to, source);
    case 2:
      return ikev2Payloads.tree(nextPayload, bytes, from, to, source);
    default:
      return extraData.tree(bytes, from, to, source);
  }
}
