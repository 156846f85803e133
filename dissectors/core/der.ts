/**
 * DER as public keys and certificates are made of: elements and where they end. X.690 sections 8.1 and 10.1.
 */
import { u8 } from './bytes.ts';

/** Identifier octet of a SEQUENCE. X.690 section 8.9.1. */
const SEQUENCE = 0x30;

/** Octets of the SEQUENCE at `offset`, identifier and length included; -1 when there is none, or not all of it. */
export function derSequenceOctets(bytes: Uint8Array, offset: number, end: number): number {
  if (offset + 2 > end || u8(bytes, offset) !== SEQUENCE) return -1;
  const first = u8(bytes, offset + 1);
  if (first < 0x80) return offset + 2 + first > end ? -1 : 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4 || offset + 2 + count > end) return -1;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + u8(bytes, offset + 2 + i);
  const octets = 2 + count + length;
  return offset + octets > end ? -1 : octets;
}

/** An element: tag, length and content. */
export interface DerElement {
  /** Identifier octet; tags above 30 are not read. */
  readonly tag: number;
  /** Where the element starts, where its content starts, and where both end. */
  readonly start: number;
  readonly offset: number;
  readonly end: number;
}

/** The element at `offset`; undefined when there is none, not all of it, or its length is not as short as DER wants. */
export function derElement(bytes: Uint8Array, offset: number, end: number): DerElement | undefined {
  if (offset + 2 > end) return undefined;
  const tag = u8(bytes, offset);
  // X.690 section 8.1.2.4: tags of several octets.
  if ((tag & 0x1f) === 0x1f) return undefined;
  const first = u8(bytes, offset + 1);
  let at = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || at + count > end) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + u8(bytes, at + i);
    // X.690 section 10.1: the fewest octets that can hold it.
    if (length < 0x80 || length < 256 ** (count - 1)) return undefined;
    at += count;
  }
  return at + length > end ? undefined : { tag, start: offset, offset: at, end: at + length };
}

/** All elements at `[offset, end)`; undefined when they do not fill it, or are more than `most`. */
export function derElements(
  bytes: Uint8Array,
  offset: number,
  end: number,
  most = 256,
): DerElement[] | undefined {
  const elements: DerElement[] = [];
  let at = offset;
  while (at < end) {
    const element = derElement(bytes, at, end);
    if (element === undefined || elements.length >= most) return undefined;
    elements.push(element);
    at = element.end;
  }
  return elements;
}
