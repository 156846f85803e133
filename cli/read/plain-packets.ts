/**
 * Tells from the headers that a packet cannot be wanted, without making a tree of it: most of a link's packets are of no
 * interest to a filter about mobility.
 */
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { FrameView, Ipv6View, isTunnelPort, walkIpv6, walkLink } from '../../dissectors/index.ts';
import type { PacketRecord } from '../../engine/ports.ts';

const TCP = 6;
const UDP = 17;
const IPV6 = 41;
const ICMPV6 = 58;
const UDP_OCTETS = 8;
/** Tunnels looked into. */
const MAX_TUNNELS = 4;

/** ICMPv6 messages that quote no packet: echo, router and neighbor discovery without Redirect, listener reports. */
const WITHOUT_QUOTE: ReadonlySet<number> = new Set([128, 129, 133, 134, 135, 136, 143]);

/** Protocols that only some packets hold, each told from the headers. */
export const TOLD_PROTOCOLS: ReadonlySet<string> = new Set([
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
  /** Undefined when any packet may be wanted. */
  readonly #needed: ReadonlySet<string> | undefined;
  readonly #opensEsp: boolean | ((view: Ipv6View) => boolean);

  /**
   * @param needed protocols of which a packet must have one; undefined = any packet may be wanted
   * @param opensEsp ESP may be opened, so that nobody knows what is inside; a function tells it of the ESP packet
   *   of a view
   */
  constructor(
    needed: ReadonlySet<string> | undefined,
    opensEsp: boolean | ((view: Ipv6View) => boolean),
  ) {
    const isTold = needed !== undefined && [...needed].every((name) => TOLD_PROTOCOLS.has(name));
    this.#needed = isTold ? needed : undefined;
    this.#opensEsp = opensEsp;
  }

  /** Whether the packet surely has none of the protocols. */
  lacks({ bytes, offset, end, originalLength, linkType }: PacketRecord): boolean {
    const needed = this.#needed;
    if (needed === undefined || end - offset < originalLength) return false;
    const frame = this.#frame;
    walkLink(bytes, offset, end, linkType, false, frame);
    if (frame.ipVersion !== 6) return false;
    const view = this.#view;
    let start = frame.ipOffset;
    for (let tunnels = 0; tunnels <= MAX_TUNNELS; tunnels++) {
      if (!walkIpv6(bytes, start, end, false, view)) return false;
      if (view.fragment >= 0 || (view.ah >= 0 && needed.has('ah'))) return false;
      if (view.esp >= 0) return !needed.has('esp') && !this.#mayOpen(view);
      if (view.upperProtocol !== IPV6) return this.#upperLacks(needed, bytes, view);
      start = view.upperOffset;
    }
    return false;
  }

  #mayOpen(view: Ipv6View): boolean {
    const opens = this.#opensEsp;
    return typeof opens === 'boolean' ? opens : opens(view);
  }

  #upperLacks(needed: ReadonlySet<string>, bytes: Uint8Array, view: Ipv6View): boolean {
    const { upperOffset: at, upperEnd } = view;
    switch (view.upperProtocol) {
      case TCP:
        return true;
      case UDP:
        return (
          at + UDP_OCTETS <= upperEnd &&
          !isTunnelPort(u16(bytes, at)) &&
          !isTunnelPort(u16(bytes, at + 2))
        );
      case ICMPV6:
        return at < upperEnd && !needed.has('icmpv6') && WITHOUT_QUOTE.has(u8(bytes, at));
      default:
        return false;
    }
  }
}
