/**
 * BSD loopback headers: NULL (link type 0, byte order of the capturing host) and LOOP (108, big-endian).
 */
import { u32, u32le } from '../core/bytes.ts';
import { concatenate, layout, nameOfValue, uint32 } from '../core/layout.ts';
import { addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { dissectRaw } from './raw.ts';

/** Address families; IPv6 has the number of the system that captured. */
const FAMILIES = [
  { value: 2, name: 'IP' },
  { value: 10, name: 'IPv6 (Linux)' },
  { value: 24, name: 'IPv6 (NetBSD, OpenBSD)' },
  { value: 28, name: 'IPv6 (FreeBSD)' },
  { value: 30, name: 'IPv6 (Darwin)' },
] as const;

/** Loopback header in network byte order. */
export const loopbackHeader = layout({
  name: 'Null/Loopback',
  fields: [uint32('family', { label: 'Family', filter: 'null.family', values: FAMILIES })],
});

const OCTETS = loopbackHeader.fixedOctets;

/** Layer: NULL and LOOP. */
export function dissectLoopback(
  context: LayerContext,
  { key, offset, end }: LayerInput,
): LayerInput | undefined {
  const node = addHeader(context, loopbackHeader, 'null', offset, end);
  const [field] = node.children;
  if (field !== undefined) {
    // A family is a small number: read in the wrong byte order it is over 65535.
    const big = u32(context.bytes, offset);
    const family = big > 0xffff ? u32le(context.bytes, offset) : big;
    const name = nameOfValue(FAMILIES, family) ?? 'unknown';
    node.children[0] = { ...field, value: family, text: `${family} (${name})` };
  }
  if (end - offset < OCTETS) return reportLinkEnd(context, 'loopback', offset, end);
  context.link = { node, trailer: 'data.data' };
  // As the header walk does: the version nibble decides, whatever the family says.
  return dissectRaw(context, { table: 'link-type', key, offset: offset + OCTETS, end });
}

/** Frame of link type 0 or 108: family (default 30, Darwin's IPv6) and packet. */
export function nullLoopback(frame: {
  readonly family?: number;
  /** Default `little`, as hosts that write link type 0 are; link type 108 is always `big`. */
  readonly byteOrder?: 'little' | 'big';
  readonly payload: Uint8Array;
}): Uint8Array {
  const { family = 30, byteOrder = 'little', payload } = frame;
  const header = loopbackHeader.encode({ family });
  return concatenate([byteOrder === 'little' ? header.reverse() : header, payload]);
}
