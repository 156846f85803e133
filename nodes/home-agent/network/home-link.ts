/**
 * A home link as its routers advertise it: what this home agent says, and what the other home agents say.
 * RFC 6275 sections 7 and 10.6.1.
 */
import { prefixMatches } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { ROUTER_ADVERTISEMENT_FLAGS } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { AdvertisedPrefix, NetworkInterface } from '../../interface/network-interface.ts';
import { RouterAdvertiser } from '../../interface/router-advertiser.ts';
import { advertisedPrefixes } from '../../interface/router-list.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import { HomeAgentsList } from './home-agents-list.ts';
import { masked } from './prefix-table.ts';

/** Prefixes of other home agents; more are not taken. */
const MAX_PREFIXES = 32;

interface HeardPrefix {
  readonly prefix: AdvertisedPrefix;
  /** Milliseconds of the scheduler. */
  readonly validUntil: number;
  readonly preferredUntil: number;
  /** M and O of the advertisement. */
  readonly flags: number;
}

/** Told of a prefix that other home agents have brought to the link. */
export type NewPrefixListener = (link: HomeLink) => void;

/** One home link, or the one that is none: prefixes without interface. */
export class HomeLink {
  readonly interface: NetworkInterface | undefined;
  readonly homeAgents: HomeAgentsList;
  onNewPrefix: NewPrefixListener | undefined;
  readonly #context: HomeAgentContext;
  readonly #advertiser: RouterAdvertiser | undefined;
  /** By prefix, as text of a key: the last advertisement of each counts. */
  readonly #heard = new Map<string, HeardPrefix>();

  constructor(context: HomeAgentContext, link: NetworkInterface | undefined) {
    const { host } = context;
    this.#context = context;
    this.interface = link;
    this.homeAgents = new HomeAgentsList(host.scheduler);
    if (link === undefined) return;
    link.onRouterAdvertisement((packet, message) => {
      this.homeAgents.hear(packet.wireSource, message);
      this.#hearPrefixes(message);
    });
    if (context.options.network?.advertisements === false) return;
    this.#advertiser = new RouterAdvertiser({
      interface: link,
      scheduler: host.scheduler,
      random: host.random,
      log: host.log,
      configuration: this.#configuration(),
      signer: context.options.network?.signer,
    });
    context.prefixes.onChange((prefix) => {
      if (prefix.interface === link) this.#advertiser?.reconfigure(this.#configuration());
    });
  }

  /** Prefixes that this home agent takes home addresses of the link from. */
  get own(): readonly HomePrefix[] {
    return this.#context.prefixes.all.filter((each) => each.interface === this.interface);
  }

  /**
   * Every prefix of the home link, this home agent's first, each once, with what is left of its lifetimes.
   * RFC 6275 section 10.6.1.
   */
  get prefixes(): readonly AdvertisedPrefix[] {
    const { now } = this.#context.host.scheduler;
    const own = this.own.map((each) => this.#advertised(each));
    const others: AdvertisedPrefix[] = [];
    for (const [key, { prefix, validUntil, preferredUntil }] of this.#heard) {
      if (validUntil <= now) this.#heard.delete(key);
      else if (!own.some((each) => isSameSubnet(each, prefix))) {
        others.push({
          ...prefix,
          validLifetime: (validUntil - now) / 1000,
          preferredLifetime: Math.max(0, preferredUntil - now) / 1000,
        });
      }
    }
    return [...own, ...others];
  }

  /** Whether any advertisement of the link has managed (M) or other configuration (O). RFC 6275 section 10.6.3. */
  get isManaged(): boolean {
    const own = this.#context.options.network?.advertisements;
    return (own !== false && own?.isManaged === true) || this.#hasHeard('managed');
  }

  /** See {@link HomeLink.isManaged}. */
  get isOther(): boolean {
    const own = this.#context.options.network?.advertisements;
    return (own !== false && own?.isOther === true) || this.#hasHeard('other');
  }

  close(): void {
    this.#advertiser?.close();
  }

  #hasHeard(flag: 'managed' | 'other'): boolean {
    const { mask } = ROUTER_ADVERTISEMENT_FLAGS[flag];
    const { now } = this.#context.host.scheduler;
    return [...this.#heard.values()].some(
      ({ flags, validUntil }) => validUntil > now && (flags & mask) !== 0,
    );
  }

  #configuration(): ConstructorParameters<typeof RouterAdvertiser>[0]['configuration'] {
    const { network = {} } = this.#context.options;
    const { preference, homeAgentLifetime, supportsMobileRouters, advertisements } = network;
    return {
      sendsInterval: true,
      ...(advertisements === false ? {} : advertisements),
      prefixes: this.own.map((each) => this.#advertised(each)),
      homeAgent: {
        ...(preference === undefined ? {} : { preference }),
        ...(homeAgentLifetime === undefined ? {} : { lifetime: homeAgentLifetime }),
        ...(supportsMobileRouters === undefined ? {} : { supportsMobileRouters }),
      },
    };
  }

  /** Prefix with the address of this home agent (R); its lifetimes run down whenever they are looked at. RFC 6275 section 7.2. */
  #advertised(prefix: HomePrefix): AdvertisedPrefix {
    const { prefixes } = this.#context;
    return {
      address: prefix.agentAddress,
      prefixLength: prefix.prefix.length,
      isOnLink: prefix.isOnLink,
      isAutonomous: prefix.isAutonomous,
      isRouterAddress: true,
      get validLifetime() {
        return prefixes.remaining(prefix).valid;
      },
      get preferredLifetime() {
        return prefixes.remaining(prefix).preferred;
      },
    };
  }

  #hearPrefixes(message: Icmpv6MessageOf<'router-advertisement'>): void {
    const { homeAgent } = ROUTER_ADVERTISEMENT_FLAGS;
    if ((message.flags & homeAgent.mask) === 0) return;
    const { now } = this.#context.host.scheduler;
    let isNew = false;
    for (const prefix of advertisedPrefixes(message.options)) {
      const key = `${prefix.prefixLength}/${masked(prefix.address, prefix.prefixLength).join()}`;
      if (prefix.validLifetime === 0) {
        this.#heard.delete(key);
        continue;
      }
      if (!this.#heard.has(key)) {
        if (this.#heard.size >= MAX_PREFIXES) continue;
        isNew ||= !this.own.some(({ prefix: own }) => isOfSubnet(own, prefix));
      }
      this.#heard.set(key, {
        prefix,
        validUntil: now + prefix.validLifetime * 1000,
        preferredUntil: now + prefix.preferredLifetime * 1000,
        flags: message.flags,
      });
    }
    if (isNew) this.onNewPrefix?.(this);
  }
}

function isSameSubnet(a: AdvertisedPrefix, b: AdvertisedPrefix): boolean {
  return (
    a.prefixLength === b.prefixLength && prefixMatches(a.address, a.prefixLength, b.address, 0)
  );
}

function isOfSubnet(own: Prefix, other: AdvertisedPrefix): boolean {
  return (
    own.length === other.prefixLength && prefixMatches(own.bytes, own.length, other.address, 0)
  );
}
