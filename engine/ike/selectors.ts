/**
 * Traffic selectors of IKEv2 (RFC 7296 section 3.13) as those of security associations.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { RangeSelector } from '../../dissectors/ike/index.ts';
import { MOBILITY_HEADER, hasMessageTypes } from '../state/traffic-selector.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';

/** The longest prefix that holds a range of addresses. */
export function prefixOfRange({ startAddress, endAddress }: RangeSelector): Prefix {
  let length = 0;
  for (let i = 0; i < startAddress.length; i++) {
    const difference = u8(startAddress, i) ^ u8(endAddress, i);
    if (difference === 0) {
      length += 8;
      continue;
    }
    length += Math.clz32(difference) - 24;
    break;
  }
  const bytes = startAddress.slice();
  // Prefixes have zeros behind their length.
  for (let bit = length; bit < 8 * bytes.length; bit++) {
    const at = bit >>> 3;
    bytes[at] = u8(bytes, at) & ~(0x80 >>> (bit & 7));
  }
  return { bytes, length };
}

/** A single port; undefined for all, several and opaque ones. */
function portOf(range: RangeSelector): number | undefined {
  return range.startPort === range.endPort ? range.startPort : undefined;
}

/** Type of messages in the upper octet of both ends of a range. */
function typeOf({ startPort, endPort }: RangeSelector): number | undefined {
  return startPort >>> 8 === endPort >>> 8 ? startPort >>> 8 : undefined;
}

/**
 * Selector of the traffic from `from` to `to`; undefined when a payload has none over addresses. Of several
 * ranges the first one counts, and ranges of addresses become the prefix around them.
 */
export function trafficSelectorOf(
  from: RangeSelector | undefined,
  to: RangeSelector | undefined,
): TrafficSelector | undefined {
  if (from === undefined || to === undefined) return undefined;
  const source = prefixOfRange(from);
  const destination = prefixOfRange(to);
  if (source.bytes.length !== destination.bytes.length) return undefined;
  const protocol = from.protocolId === 0 ? undefined : from.protocolId;
  // RFC 4301 section 4.4.1.1: type and code are where ports would be.
  const isTyped = hasMessageTypes(protocol);
  const type = isTyped ? (typeOf(from) ?? typeOf(to)) : undefined;
  const hasCode = type !== undefined && protocol !== MOBILITY_HEADER;
  const port = portOf(from) ?? portOf(to);
  return {
    source,
    destination,
    protocol,
    sourcePort: isTyped || protocol === undefined ? undefined : portOf(from),
    destinationPort: isTyped || protocol === undefined ? undefined : portOf(to),
    type,
    code: hasCode && port !== undefined ? port & 0xff : undefined,
    interface: undefined,
  };
}
