/**
 * Traffic selectors of security associations and policies (RFC 4301 section 4.4.1.1), with the Mobility Header
 * type and the ICMPv6 type and code that RFC 4877 section 7 adds for Mobile IPv6.
 */
import { formatPrefix, type Prefix } from '../../dissectors/core/address.ts';

/** Protocol numbers that selectors of Mobile IPv6 name. */
export const MOBILITY_HEADER = 135;
export const ICMPV6 = 58;

/** What traffic is meant. `undefined` is any. */
export interface TrafficSelector {
  /** Length 0 is any address of the family. */
  readonly source: Prefix;
  readonly destination: Prefix;
  /** Upper-layer protocol, 0..255. */
  readonly protocol: number | undefined;
  /** Ports of TCP, UDP, SCTP or DCCP, 0..65535. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** Mobility Header type or ICMPv6 type, 0..255. */
  readonly type: number | undefined;
  /** ICMPv6 code, 0..255. */
  readonly code: number | undefined;
  /** Interface, which for Mobile IPv6 may be the tunnel (RFC 3776 section 5.2.2). */
  readonly interface: string | undefined;
}

/** Whether the protocol has messages with types instead of ports. */
export function hasMessageTypes(protocol: number | undefined): boolean {
  return protocol === MOBILITY_HEADER || protocol === ICMPV6 || protocol === 1;
}

/** The selector as short text: `2001:db8::1 > * MH 5`. */
export function formatTrafficSelector(selector: TrafficSelector): string {
  const { source, destination, sourcePort, destinationPort } = selector;
  const end = (prefix: Prefix, port: number | undefined): string =>
    `${formatEnd(prefix)}${port === undefined ? '' : `[${port}]`}`;
  const upper = formatUpperLayer(selector);
  return `${end(source, sourcePort)} > ${end(destination, destinationPort)}${upper === '' ? '' : ` ${upper}`}`;
}

/** Protocol, type and code as short text; empty for any protocol. */
export function formatUpperLayer({ protocol, type, code }: TrafficSelector): string {
  if (protocol === undefined) return '';
  const name =
    protocol === MOBILITY_HEADER
      ? 'MH'
      : protocol === ICMPV6
        ? 'ICMPv6'
        : protocol === 6
          ? 'TCP'
          : protocol === 17
            ? 'UDP'
            : `protocol ${protocol}`;
  return `${name}${type === undefined ? '' : ` ${type}`}${code === undefined ? '' : `/${code}`}`;
}

function formatEnd(prefix: Prefix): string {
  if (prefix.length === 0) return '*';
  const text = formatPrefix(prefix);
  return prefix.length === 8 * prefix.bytes.length ? text.slice(0, text.indexOf('/')) : text;
}
