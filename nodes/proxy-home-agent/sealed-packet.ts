/**
 * Packets of a proxy with the protection that policies ask for, octets ready for a link.
 */
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { IpsecLayer } from '../ip/ipsec-layer.ts';
import type { OutboundPacket, TunnelEnds } from '../ip/packet.ts';
import { encodePacket, encodePlain, selectorsOf, upperLayerType, wireHeaders } from '../ip/wire.ts';

const DEFAULT_HOP_LIMIT = 64;

/** Octets, or why there are none. */
export type Sealed =
  | { readonly kind: 'sealed'; readonly bytes: Uint8Array; readonly isProtected: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): Sealed => ({ kind: 'refused', reason });

/** A packet between the ends, as a host sends it. RFC 3776 sections 3.1 and 3.3, RFC 4877 section 3. */
export function sealedPacket(ipsec: IpsecLayer, packet: OutboundPacket): Sealed {
  const { source, destination, protocol, payload, hopLimit = DEFAULT_HOP_LIMIT } = packet;
  const wire = wireHeaders(packet);
  const type = upperLayerType(protocol, payload);
  const decision = ipsec.outbound({ source, destination, protocol, type, isTunnelled: false });
  if (decision.kind === 'discard') return refused(decision.reason);
  if (decision.kind === 'bypass') {
    const bytes = encodePacket(wire, protocol, payload, hopLimit);
    return { kind: 'sealed', bytes, isProtected: false };
  }
  if (decision.kind === 'tunnel') {
    const inner = encodePlain(source, destination, protocol, payload, hopLimit);
    const outer = { ...wire, homeAddressOption: undefined, type2RoutingHeader: undefined };
    const sealed = decision.protect(NEXT_HEADER.ipv6, inner, outer);
    const bytes = encodePacket(outer, sealed.protocol, sealed.payload, hopLimit);
    return { kind: 'sealed', bytes, isProtected: true };
  }
  const sealed = decision.protect(protocol, payload, wire);
  const bytes = encodePacket(wire, sealed.protocol, sealed.payload, hopLimit);
  return { kind: 'sealed', bytes, isProtected: true };
}

/** A packet in the tunnel of a home address. RFC 3776 sections 3.2 and 3.4. */
export function sealedTunnel(
  ipsec: IpsecLayer,
  inner: Uint8Array,
  { local, remote, homeAddress }: TunnelEnds,
  hopLimit: number,
): Sealed {
  const decision = ipsec.outbound(selectorsOf(inner, homeAddress));
  if (decision.kind === 'discard') return refused(decision.reason);
  const isProtected = decision.kind !== 'bypass';
  const wire = {
    source: local,
    destination: remote,
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
  };
  const { protocol, payload } = isProtected
    ? decision.protect(NEXT_HEADER.ipv6, inner, wire)
    : { protocol: NEXT_HEADER.ipv6, payload: inner };
  const bytes = encodePlain(local, remote, protocol, payload, hopLimit);
  return { kind: 'sealed', bytes, isProtected };
}
