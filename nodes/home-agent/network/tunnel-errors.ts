/**
 * Errors from within the tunnels, told to whom the tunnelled packets came from. RFC 2473 sections 8.1 and 8.2.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { destinationOf, inboundPacket, sourceOf } from '../../ip/wire.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { TunnelTraffic } from './tunnel-traffic.ts';

const IPV6_OCTETS = 40;
const NEXT_HEADER_FIELD = 6;
const PAYLOAD_LENGTH = 4;
const MIN_MTU = 1280;
const ADDRESS_UNREACHABLE = 3;

/** Relays what routers between home agent and care-of address complain about. */
export function relayTunnelErrors(context: HomeAgentContext, traffic: TunnelTraffic): void {
  const { host } = context;
  host.icmpv6.onError((_, message, quoted) => {
    // In ESP nobody can see what it was; the path MTU is noted by the host, and the next packet tells.
    if (quoted.length < 2 * IPV6_OCTETS || u8(quoted, 0) >> 4 !== 6) return;
    if (u8(quoted, NEXT_HEADER_FIELD) !== NEXT_HEADER.ipv6) return;
    const inner = quoted.subarray(IPV6_OCTETS);
    if (u8(inner, 0) >> 4 !== 6) return;
    const tunnel = traffic.tunnelFor(destinationOf(inner));
    // Quotes can be made up: only what this node can have sent is believed.
    const isOurs =
      tunnel !== undefined &&
      isSameAddress(sourceOf(quoted), tunnel.ends.local) &&
      isSameAddress(destinationOf(quoted), tunnel.ends.remote);
    if (!isOurs) return;
    const original = inboundPacket(inner.slice(), undefined, undefined, []);
    if (message.kind === 'packet-too-big') {
      // Section 8.2: only for packets larger than the smallest MTU; smaller ones are fragmented from now on.
      if (IPV6_OCTETS + u16(inner, PAYLOAD_LENGTH) <= MIN_MTU) return;
      const mtu = Math.max(MIN_MTU, message.mtu - IPV6_OCTETS);
      host.icmpv6.error(original, (invokingPacket) => ({
        kind: 'packet-too-big',
        code: 0,
        mtu,
        invokingPacket,
      }));
    } else if (isTunnelProblem(message)) {
      host.icmpv6.error(original, (invokingPacket) => ({
        kind: 'destination-unreachable',
        code: ADDRESS_UNREACHABLE,
        length: 0,
        invokingPacket,
      }));
    }
  });
}

/** Section 8.1: hop limit exceeded, unreachable node, parameter problem. */
function isTunnelProblem({ kind }: Icmpv6Message): boolean {
  return (
    kind === 'destination-unreachable' || kind === 'time-exceeded' || kind === 'parameter-problem'
  );
}
