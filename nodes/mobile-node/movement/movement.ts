/**
 * Where the node is: the interface and the primary care-of address, of all that its interfaces are attached to.
 * RFC 6275 sections 11.5.2 to 11.5.4.
 */
import { formatAddress, isSameAddress, prefixMatches } from '../../../dissectors/core/address.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import type { Host } from '../../ip/host.ts';
import type { Attachment, MobileNodeConfiguration } from '../mobile-node-parts.ts';
import type { CareOfAddress } from './care-of-addresses.ts';
import type { HomeLinkGuard } from './home-link.ts';
import { LinkAttachment } from './link-attachment.ts';

/** What has changed. */
export type AttachmentChange =
  | { readonly kind: 'moved'; readonly from: Uint8Array | undefined; readonly to: Uint8Array }
  | { readonly kind: 'home' }
  | { readonly kind: 'nowhere' };

/** What movement is made of. */
export interface MovementOptions {
  readonly host: Host;
  readonly configuration: MobileNodeConfiguration;
  readonly guard: HomeLinkGuard;
  /** Whether the home agent may answer for the link-local address. */
  readonly keepsLinkLocal: () => boolean;
  readonly onChange: (change: AttachmentChange) => void;
}

interface Choice {
  readonly link: LinkAttachment;
  readonly careOf: CareOfAddress;
}

/** Movement of a node over its interfaces. */
export class Movement implements Attachment {
  readonly #options: MovementOptions;
  readonly #links: LinkAttachment[];
  #link: LinkAttachment | undefined;
  #isAtHome = false;
  #primary: Uint8Array | undefined;
  #isStarted = false;
  /** See {@link Movement.prefer}. */
  #preferred: string | undefined;
  #isChoosing = false;

  constructor(options: MovementOptions) {
    const { host, configuration } = options;
    this.#options = options;
    this.#links = host.interfaces.map(
      (link) =>
        new LinkAttachment({
          interface: link,
          scheduler: host.scheduler,
          random: host.random,
          guard: options.guard,
          movement: configuration.movement ?? {},
          identifiers: configuration.careOfIdentifiers ?? 'eui-64',
          detection: configuration.duplicateDetection ?? 'before',
          keepsLinkLocal: options.keepsLinkLocal,
          tell: (level, event, details) => {
            host.tell(level, event, details);
          },
          onChange: () => {
            this.#choose();
          },
        }),
    );
  }

  get interface(): NetworkInterface | undefined {
    return this.#link?.interface;
  }

  get isAtHome(): boolean {
    return this.#isAtHome;
  }

  get primaryCareOfAddress(): Uint8Array | undefined {
    return this.#primary;
  }

  get careOfAddresses(): readonly Uint8Array[] {
    const others = this.#links
      .filter((link) => link.interface.port.isUp)
      .flatMap((link) => link.careOf.views)
      .filter((each) => each.isUsable && !isSameAddress(each.address, this.#primary))
      .map(({ address }) => address);
    return this.#primary === undefined ? others : [this.#primary, ...others];
  }

  /** Router of the home link; undefined elsewhere. */
  get homeRouter(): Uint8Array | undefined {
    return this.#isAtHome ? this.#link?.router?.address : undefined;
  }

  /** Looks for routers everywhere. */
  start(): void {
    this.#isStarted = true;
    for (const link of this.#links) link.start();
    // What was heard before.
    this.#choose();
  }

  /** Interface that has an address; undefined = it is gone. */
  interfaceOf(careOfAddress: Uint8Array): NetworkInterface | undefined {
    return this.#links.find(({ interface: link }) => link.port.isUp && link.owns(careOfAddress))
      ?.interface;
  }

  /** When a care-of address ends, milliseconds of the scheduler. */
  validUntil(careOfAddress: Uint8Array): number {
    for (const { careOf } of this.#links) {
      const found = careOf.views.find(({ address }) => isSameAddress(address, careOfAddress));
      if (found !== undefined) return found.validUntil;
    }
    return 0;
  }

  /** The home agent does not take a care-of address (status 174); another one is chosen, if there is one. */
  refuse(careOfAddress: Uint8Array): void {
    for (const { careOf } of this.#links) careOf.refuse(careOfAddress);
    this.#choose();
  }

  /** The home agent was not found on the link that said to be the home link. Where there is another way, it is taken. */
  distrustHome(milliseconds: number): void {
    const home = this.#link;
    if (home?.isHome !== true) return;
    home.distrustHome(milliseconds, this.#best() !== undefined);
  }

  /**
   * An operator wants an interface before all others, whatever is configured; undefined = as configured. A usable care-of
   * address there is taken at once, and kept as long as it is usable.
   * @returns false when there is no such interface
   */
  prefer(name: string | undefined): boolean {
    const isKnown = this.#links.some(({ interface: link }) => link.name === name);
    if (name !== undefined && !isKnown) return false;
    this.#preferred = name;
    this.#choose();
    return true;
  }

  close(): void {
    this.#isStarted = false;
    for (const link of this.#links) link.close();
  }

  /** A change of a link while one is being told of is seen in the next round. */
  #choose(): void {
    if (!this.#isStarted || this.#isChoosing) return;
    this.#isChoosing = true;
    for (let rounds = 0; rounds < 4; rounds++) if (!this.#chooseOnce()) break;
    this.#isChoosing = false;
  }

  /** @returns whether something has changed */
  #chooseOnce(): boolean {
    const home = this.#links.find(
      (link) => link.isHome && (link === this.#link || !this.#isUncertain(link)),
    );
    if (home !== undefined) return this.#comeHome(home);
    const best = this.#best();
    if (best === undefined) return this.#getLost();
    // A link that comes back may be the same one: nothing is said before its router is known.
    if (best.link === this.#link && this.#isUncertain(best.link)) return false;
    const from = this.#primary;
    const { address } = best.careOf;
    if (!this.#isAtHome && isSameAddress(from, address) && this.#link === best.link) return false;
    this.#link = best.link;
    this.#isAtHome = false;
    this.#primary = address;
    this.#options.host.routes.preferred = best.link.interface;
    this.#options.host.tell('info', 'moved', {
      interface: best.link.interface.name,
      careOfAddress: formatAddress(address),
    });
    this.#options.onChange({ kind: 'moved', from, to: address });
    return true;
  }

  #comeHome(home: LinkAttachment): boolean {
    if (this.#isAtHome && this.#link === home) return false;
    this.#link = home;
    this.#isAtHome = true;
    this.#primary = undefined;
    this.#options.host.routes.preferred = home.interface;
    this.#options.onChange({ kind: 'home' });
    return true;
  }

  #getLost(): boolean {
    // Without any other way, a link that went is waited for: it may be back at once.
    if (this.#link === undefined || this.#isHeldOn(this.#link)) return false;
    // The registered care-of address may come back with its link: nothing is said to the home agent.
    this.#link = undefined;
    this.#isAtHome = false;
    this.#primary = undefined;
    this.#options.host.tell('info', 'attached-nowhere');
    this.#options.onChange({ kind: 'nowhere' });
    return true;
  }

  #isHeldOn({ router, careOf }: LinkAttachment): boolean {
    const isThere = careOf.views.some(({ address }) => isSameAddress(address, this.#primary));
    return router !== undefined && (this.#isAtHome || isThere);
  }

  #best(): Choice | undefined {
    let best: Choice | undefined;
    for (const link of this.#links) {
      if (!link.interface.port.isUp) continue;
      for (const careOf of link.careOf.views) {
        if (!careOf.isUsable || !this.#isOfRouter(link, careOf.address)) continue;
        const choice = { link, careOf };
        if (best === undefined || this.#isBetter(choice, best)) best = choice;
      }
    }
    return best;
  }

  /** RFC 6275 section 11.5.4: the primary care-of address has a prefix that the present default router advertises. */
  #isOfRouter({ router }: LinkAttachment, address: Uint8Array): boolean {
    return (
      router?.prefixes.some(
        ({ address: prefix, prefixLength, validLifetime }) =>
          validLifetime > 0 && prefixMatches(prefix, prefixLength, address, 0),
      ) === true
    );
  }

  #isBetter(a: Choice, b: Choice): boolean {
    const isUncertainA = this.#isUncertain(a.link);
    if (isUncertainA !== this.#isUncertain(b.link)) return !isUncertainA;
    const rank = this.#rank(a.link) - this.#rank(b.link);
    if (rank !== 0) return rank < 0;
    // RFC 6275 section 11.5.3: a deprecated one is replaced.
    if (a.careOf.isDeprecated !== b.careOf.isDeprecated) return b.careOf.isDeprecated;
    return isSameAddress(a.careOf.address, this.#primary);
  }

  #isUncertain({ router }: LinkAttachment): boolean {
    return router?.isDoubted === true || router?.isUnverified === true;
  }

  #rank({ interface: { name } }: LinkAttachment): number {
    if (name === this.#preferred) return -1;
    const preferences = this.#options.configuration.interfacePreferences ?? [];
    const at = preferences.indexOf(name);
    return at < 0 ? preferences.length : at;
  }
}
