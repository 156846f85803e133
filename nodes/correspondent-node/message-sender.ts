/**
 * Mobility messages of a correspondent on their way out: as they are addressed, or through the tunnel between a mobile node
 * and its home agent where the correspondent is one of the two.
 */
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { Host } from '../ip/host.ts';
import type { OutboundPacket, TunnelEnds } from '../ip/packet.ts';
import { encodePacket, wireHeaders } from '../ip/wire.ts';

/** Asked for each message; undefined = no tunnel. */
export type TunnelQuestion = (packet: OutboundPacket) => TunnelEnds | undefined;

const HOP_LIMIT = 64;

/** Sends Mobility Headers. */
export class MessageSender {
  readonly #host: Host;
  readonly #tunnelFor: TunnelQuestion | undefined;

  constructor(host: Host, tunnelFor: TunnelQuestion | undefined) {
    this.#host = host;
    this.#tunnelFor = tunnelFor;
  }

  /**
   * Sends octets of a message. Bindings are not asked: a routing header is there when the packet says so, and not
   * otherwise (RFC 6275 section 6.1).
   * @returns whether it left
   */
  send(payload: Uint8Array, addresses: Omit<OutboundPacket, 'protocol' | 'payload'>): boolean {
    const packet = { ...addresses, protocol: NEXT_HEADER.mobility, payload };
    const tunnel = this.#tunnelFor?.(packet);
    if (tunnel === undefined) return this.#host.mobility.sendEncoded(payload, addresses);
    const inner = encodePacket(wireHeaders(packet), NEXT_HEADER.mobility, payload, HOP_LIMIT);
    return this.#host.sendTunnelled(inner, tunnel);
  }
}
