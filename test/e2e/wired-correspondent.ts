/**
 * A correspondent node as a process, and mobile nodes of its own making on the other end of its link.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { CORRESPONDENT, echoPacket } from '../nodes/correspondent-node/bench.ts';
import { MobilePeer } from '../nodes/correspondent-node/mobile-peer.ts';
import { WirePeer, ip } from '../nodes/wire-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import { ErrorBudget } from './error-budget.ts';
import { WiredNode } from './wired-node.ts';

const LINK = 'n0';
/** Asks whether everything before it has been worked on. */
const FENCE = ip('2001:db8:fe::1');
/** Enough for everything that a test asks. */
const UNLIMITED = { burst: 1_000_000, perSecond: 1_000_000 };

/** What an echo request of a mobile node brings to the wire. */
export interface Route {
  readonly destination: string;
  readonly home: string | undefined;
  readonly headers: readonly number[];
}

/** Where the correspondent sends packets for a home address. */
function routeOf(packets: readonly WirePacket[]): Route | undefined {
  const reply = packets.find(({ icmpv6 }) => icmpv6?.kind === 'echo-reply');
  if (reply === undefined) return undefined;
  const { destination, type2RoutingHeader, headers } = reply;
  return { destination, home: type2RoutingHeader, headers };
}

/** The process and what is around it. */
export class WiredCorrespondent {
  readonly node: WiredNode;
  readonly peer: WirePeer;
  readonly #problems = new ErrorBudget();
  readonly #errors = new ErrorBudget();
  #fences = 0;
  #mobiles = 0;

  constructor(correspondent: Readonly<Record<string, unknown>> = {}) {
    this.node = new WiredNode({
      role: 'correspondent-node',
      links: [LINK],
      configuration: {
        links: [
          {
            interface: LINK,
            addresses: ['2001:db8:c::10/64', '2001:db8:c::11/64'],
            router: 'fe80::1',
          },
        ],
        correspondent: {
          limits: { perSource: UNLIMITED, perPrefix: UNLIMITED, total: UNLIMITED },
          ...correspondent,
        },
      },
    });
    const port = this.node.link(LINK);
    this.peer = new WirePeer({ attach: () => port }, this.node.linkLayerAddress(LINK));
  }

  async start(): Promise<void> {
    await this.node.start();
    // Duplicate address detection of its addresses, and the router's link-layer address.
    this.node.waitFor('the correspondent answers', () => {
      this.peer.send(echoPacket({ source: FENCE }));
      this.node.run(50);
      return this.peer.take().length > 0;
    });
  }

  remove(): Promise<void> {
    return this.node.remove();
  }

  /** Sends packets to the node. @returns what the node sent because of them */
  deliverAll(packets: readonly Uint8Array[]): WirePacket[] {
    this.#problems.await();
    this.#errors.await();
    this.node.collect();
    this.peer.take();
    for (const packet of packets) this.peer.send(packet);
    this.#fences = (this.#fences + 1) & 0xffff;
    const number = this.#fences;
    this.peer.send(echoPacket({ source: FENCE }, number));
    const sent: WirePacket[] = [];
    this.node.waitFor('an answer to the fence', () => {
      sent.push(...this.peer.take());
      return sent.some((packet) => isFence(packet) && sequenceOf(packet) === number);
    });
    const answers = sent.filter((packet) => !isFence(packet));
    this.#problems.spend(answers.filter(({ icmpv6 }) => icmpv6?.kind.includes('problem')).length);
    this.#errors.spend(answers.filter(({ mobility }) => mobility?.mhType === 7).length);
    return answers;
  }

  /** Sends a packet to the node. @returns what the node sent because of it */
  deliver(packet: Uint8Array): WirePacket[] {
    return this.deliverAll([packet]);
  }

  /** A mobile node that nobody has heard of. */
  mobile(): MobilePeer & { readonly next: Uint8Array } {
    this.#mobiles++;
    const host = (0x1000 + this.#mobiles).toString(16);
    const mobile = new MobilePeer(this, {
      home: ip(`2001:db8:a::${host}`),
      careOf: ip(`2001:db8:b::${host}`),
    });
    return Object.assign(mobile, { next: ip(`2001:db8:d::${host}`) });
  }

  /** An address that nobody has used. */
  stranger(): Uint8Array {
    this.#mobiles++;
    return ip(`2001:db8:66::${(0x1000 + this.#mobiles).toString(16)}`);
  }

  /** What the node's answer to a packet from a home address takes as its way. */
  route(home: Uint8Array, destination = CORRESPONDENT): Route | undefined {
    return routeOf(this.deliver(echoPacket({ source: home, destination })));
  }

  /** Care-of address that packets for a home address take; undefined = none, they go home. */
  careOf(home: Uint8Array): string | undefined {
    const route = this.route(home);
    if (route === undefined) throw new Error('the node does not answer');
    const text = formatAddress(home);
    if (route.home === undefined) {
      if (route.destination !== text || route.headers.length > 0) throw new Error('another way');
      return undefined;
    }
    if (route.home !== text) throw new Error(`routed for ${route.home}`);
    return route.destination;
  }
}

function isFence({ destination, icmpv6 }: WirePacket): boolean {
  return destination === formatAddress(FENCE) && icmpv6?.kind === 'echo-reply';
}

function sequenceOf({ icmpv6 }: WirePacket): number | undefined {
  return icmpv6?.kind === 'echo-reply' ? icmpv6.sequence : undefined;
}
