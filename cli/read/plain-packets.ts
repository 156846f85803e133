/**
 * Tells packets that hold nothing but a transport header, without making a tree of them: most of a link's packets
 * are of no interest to a filter about mobility.
 */
import { u16 } from '../../dissectors/core/bytes.ts';
import { FrameView, Ipv6View, isTunnelPort, walkIpv6, walkLink } from '../../dissectors/index.ts';
import type { PacketRecord } from '../../engine/ports.ts';

const TCP = 6;
const UDP = 17;
const UDP_OCTETS = 8;

/** Protocols that no packet with only a transport header behind IPv6 holds. */
const INNER: ReadonlySet<string> = new Set([
  'mip6',
  'icmpv6',
  'esp',
  'ah',
  'isakmp',
  'dhcpv6',
  'gre',
  'igmp',
]);

/** Looks at headers; keeps nothing of a packet. */
export class PlainPackets {
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();
  readonly #isTold: boolean;

  /** @param needed protocols of which a packet must have one; undefined = any packet may be wanted */
  constructor(needed: ReadonlySet<string> | undefined) {
    this.#isTold = needed !== undefined && [...needed].every((name) => INNER.has(name));
  }

  /** Whether the packet surely has none of the protocols. */
  lacks({ bytes, offset, end, originalLength, linkType }: PacketRecord): boolean {
    if (!this.#isTold || end - offset < originalLength) return false;
    const frame = this.#frame;
    walkLink(bytes, offset, end, linkType, false, frame);
    if (frame.ipVersion !== 6) return false;
    const view = this.#view;
    if (!walkIpv6(bytes, frame.ipOffset, end, false, view)) return false;
    if (view.extensions > 0 || view.esp >= 0 || view.ah >= 0 || view.fragment >= 0) return false;
    if (view.upperProtocol === TCP) return true;
    const { upperOffset: at } = view;
    return (
      view.upperProtocol === UDP &&
      at + UDP_OCTETS <= view.upperEnd &&
      !isTunnelPort(u16(bytes, at)) &&
      !isTunnelPort(u16(bytes, at + 2))
    );
  }
}
