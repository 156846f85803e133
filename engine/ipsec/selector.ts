/**
 * Whether a packet is what a security association is for. RFC 4301 section 5.2: checked after opening.
 */
import { prefixMatches } from '../../dissectors/core/address.ts';
import { hasMessageTypes } from '../state/traffic-selector.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';

/**
 * Compares a packet with a selector. Ports are not compared: signalling of Mobile IPv6 has none. No allocation.
 * @param source, destination offsets of the addresses in `bytes`: inner ones of a tunnel, else those after
 *   substitution of Home Address option and type 2 routing header.
 * @param type, code of the message, where the protocol has such.
 */
export function fitsSelector(
  selector: TrafficSelector,
  bytes: Uint8Array,
  source: number,
  destination: number,
  protocol: number,
  type: number,
  code: number,
): boolean {
  const { source: from, destination: to } = selector;
  if (from.bytes.length !== 16 || to.bytes.length !== 16) return true;
  if (selector.protocol !== undefined && selector.protocol !== protocol) return false;
  if (hasMessageTypes(selector.protocol)) {
    if (selector.type !== undefined && selector.type !== type) return false;
    if (selector.code !== undefined && selector.code !== code) return false;
  }
  return (
    prefixMatches(from.bytes, from.length, bytes, source) &&
    prefixMatches(to.bytes, to.length, bytes, destination)
  );
}
