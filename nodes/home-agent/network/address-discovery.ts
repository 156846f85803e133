/**
 * Dynamic home agent address discovery: who asks the home agents' anycast address of a home prefix is told of all of them.
 * RFC 6275 sections 6.5, 6.6 and 10.5.1; for mobile routers RFC 3963 section 7.
 */
import { addressKey } from '../../../dissectors/core/address.ts';
import type { AddressKey, Prefix } from '../../../dissectors/core/address.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { RandomSource } from '../../../engine/ports.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import { isUnanswerable } from '../../ip/header-walk.ts';
import type { InboundPacket } from '../../ip/packet.ts';
import { TokenBucket } from '../../node-log.ts';
import { randomBetween } from '../../random-number.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import type { HomeAgentsList } from './home-agents-list.ts';

/** Addresses that fit the smallest link behind both headers: (1280 - 40 - 8) / 16. RFC 6275 section 10.5.1. */
export const MAX_LISTED_ADDRESSES = 77;
const MOBILE_ROUTER = 0x8000;
/** Replies at once and a second: a reply can be much longer than the request, and anybody may ask. */
const REPLY_BURST = 50;
const REPLIES_PER_SECOND = 20;
/** Anycast identifier 126 of the reserved subnet anycast addresses. RFC 2526 section 2, RFC 6275 section 6.5. */
const HOME_AGENTS_LAST_OCTET = 0xfe;

/**
 * Mobile IPv6 home agents anycast address of a prefix: all ones, and the identifier in the last seven bits. With 64 bits the
 * universal/local bit of the interface identifier is clear. RFC 2526 section 2.
 */
export function homeAgentsAnycast({ bytes, length }: Prefix): Uint8Array {
  const address = new Uint8Array(16).fill(0xff);
  for (let bit = 0; bit < length; bit++) {
    const at = bit >> 3;
    const mask = 0x80 >> (bit & 7);
    const isSet = ((bytes[at] ?? 0) & mask) !== 0;
    address[at] = isSet ? (address[at] ?? 0) | mask : (address[at] ?? 0) & ~mask;
  }
  address[15] = HOME_AGENTS_LAST_OCTET;
  if (length === 64) address[8] = 0xfd;
  return address;
}

/** How addresses of one home agent are ranked. */
export interface RankedHomeAgent {
  readonly preference: number;
  readonly supportsMobileRouters: boolean;
  readonly addresses: readonly Uint8Array[];
}

/**
 * Addresses in the order of a reply: by decreasing preference; equals, and addresses of one home agent, in an order of
 * chance. RFC 6275 section 10.5.1.
 */
export function listedAddresses(
  agents: readonly RankedHomeAgent[],
  random: RandomSource,
): Uint8Array[] {
  return shuffled(agents, random)
    .sort((a, b) => b.preference - a.preference)
    .flatMap(({ addresses }) => shuffled(addresses, random))
    .slice(0, MAX_LISTED_ADDRESSES);
}

function shuffled<T>(items: readonly T[], random: RandomSource): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) {
    result.push(...rest.splice(Math.floor(randomBetween(random, 0, rest.length)), 1));
  }
  return result;
}

/** Answers Home Agent Address Discovery Requests. */
export class AddressDiscovery {
  readonly #context: HomeAgentContext;
  readonly #lists: ReadonlyMap<NetworkInterface, HomeAgentsList>;
  /** Served prefixes by their anycast address. */
  readonly #served = new Map<AddressKey, Prefix>();
  readonly #replies: TokenBucket;

  constructor(context: HomeAgentContext, lists: ReadonlyMap<NetworkInterface, HomeAgentsList>) {
    this.#context = context;
    this.#lists = lists;
    const { host, prefixes } = context;
    this.#replies = new TokenBucket(REPLY_BURST, REPLIES_PER_SECOND, host.scheduler.now);
    for (const prefix of prefixes.all) this.#serve(prefix);
    prefixes.onChange((prefix) => {
      this.#serve(prefix);
    });
    host.icmpv6.handle('home-agent-discovery-request', (packet, message) => {
      this.#answer(packet, message);
    });
  }

  /** All home agents of a link (undefined = virtual home link), this one included, as a reply ranks them. */
  agentsOf(link: NetworkInterface | undefined): RankedHomeAgent[] {
    const { prefixes, options, host } = this.#context;
    const own = prefixes.all.filter(
      (each) => each.interface === link && each.validUntil > host.scheduler.now,
    );
    const others = link === undefined ? [] : (this.#lists.get(link)?.agents ?? []);
    return [
      {
        preference: options.network?.preference ?? 0,
        supportsMobileRouters: options.network?.supportsMobileRouters ?? false,
        addresses: own.map(({ agentAddress }) => agentAddress),
      },
      ...others,
    ];
  }

  #serve({ prefix, interface: link }: HomePrefix): void {
    const anycast = homeAgentsAnycast(prefix);
    const key = addressKey(anycast);
    const isKnown = this.#served.has(key);
    this.#served.set(key, prefix);
    if (isKnown) return;
    link?.addAnycast(anycast);
    // Requests come from away: over whatever link leads there.
    this.#context.host.addAnycastAddress(anycast);
  }

  #answer(packet: InboundPacket, message: Icmpv6MessageOf<'home-agent-discovery-request'>): void {
    const { host, prefixes } = this.#context;
    const { wireSource, wireDestination } = packet;
    const served = this.#served.get(addressKey(wireDestination));
    if (served === undefined || message.code !== 0 || isUnanswerable(wireSource)) return;
    const home = prefixes.all.find(({ prefix }) => prefix === served);
    if (home === undefined || home.validUntil <= host.scheduler.now) return;
    if (!this.#replies.take(host.scheduler.now)) return;
    const agents = this.agentsOf(home.interface);
    const routers = agents.filter((each) => each.supportsMobileRouters);
    // RFC 3963 section 7.2: who asks for mobile routers gets those that serve them, or else all, and R says which.
    const isForRouters = (message.flags & MOBILE_ROUTER) !== 0 && routers.length > 0;
    host.icmpv6.send(
      {
        kind: 'home-agent-discovery-reply',
        code: 0,
        identifier: message.identifier,
        flags: isForRouters ? MOBILE_ROUTER : 0,
        homeAgentAddresses: listedAddresses(isForRouters ? routers : agents, host.random),
      },
      // RFC 6275 section 6.5: straight to the address that the mobile node chose.
      { source: home.agentAddress, destination: wireSource, bypassesBindings: true },
    );
  }
}
