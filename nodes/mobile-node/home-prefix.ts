/**
 * Lifetime of the home prefix, and what follows when it changes. RFC 6275 sections 11.4.2 and 11.4.3.
 */
import { formatAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { AdvertisedPrefix } from '../interface/network-interface.ts';
import type { HomeAddress } from './home-address.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** A home address about to become invalid: this share of what was left when it was told. RFC 6275 section 11.4.2. */
const WARNING_SHARE = 0.8;
/** Longest wait at one time, milliseconds: clocks count in 32 bits. */
const LONGEST_WAIT = 2 ** 30;

/** What is watched, and who is told. */
export interface HomePrefixWatchOptions {
  readonly context: MobileNodeContext;
  readonly home: HomeAddress;
  /** The end is near: fresh information is needed. */
  readonly onEndNear: () => void;
  readonly onEnd: () => void;
  /** A prefix that no home address has. */
  readonly onNewPrefix: (prefix: AdvertisedPrefix) => void;
}

/** Watches the home prefix of one home address. */
export class HomePrefixWatch {
  readonly #options: HomePrefixWatchOptions;
  #nearTimer: ScheduledAction | undefined;
  #endTimer: ScheduledAction | undefined;

  constructor(options: HomePrefixWatchOptions) {
    this.#options = options;
  }

  /**
   * Prefixes that the home agent tells of, processed as on the home link. They are authenticated, so that the two hours of
   * RFC 4862 section 5.5.3 (e) do not hold.
   */
  learned(prefixes: readonly AdvertisedPrefix[]): void {
    const { context, home, onNewPrefix } = this.#options;
    for (const prefix of prefixes) {
      if (prefix.preferredLifetime > prefix.validLifetime) continue;
      if (this.#isOwn(prefix)) this.#live(prefix.validLifetime);
      else if (prefix.isAutonomous && prefix.validLifetime > 0) {
        const isKnown = context.homeAddresses.some(
          ({ address, prefixLength }) =>
            prefixLength === prefix.prefixLength &&
            prefixMatches(prefix.address, prefixLength, address, 0),
        );
        if (!isKnown) onNewPrefix(prefix);
      }
    }
    if (home.state !== 'refused') this.#watch();
  }

  close(): void {
    this.#nearTimer?.cancel();
    this.#endTimer?.cancel();
  }

  #isOwn({ address, prefixLength }: AdvertisedPrefix): boolean {
    const { home } = this.#options;
    return (
      prefixLength === home.prefixLength && prefixMatches(address, prefixLength, home.address, 0)
    );
  }

  #live(seconds: number): void {
    const { context, home } = this.#options;
    const validUntil = context.host.scheduler.now + seconds * 1000;
    if (validUntil === home.validUntil) return;
    home.validUntil = validUntil;
    context.host.tell('info', 'home-prefix-lifetime', {
      homeAddress: formatAddress(home.address),
      seconds,
    });
    context.events.tell('homePrefixChanged', { homeAddress: home.address, validUntil });
  }

  #watch(): void {
    const { context, home, onEndNear, onEnd } = this.#options;
    const { scheduler } = context.host;
    this.close();
    const left = home.validUntil - scheduler.now;
    if (left === Infinity) return;
    if (left <= 0) {
      onEnd();
      return;
    }
    if (left > LONGEST_WAIT) {
      this.#endTimer = scheduler.after(LONGEST_WAIT, () => {
        this.#watch();
      });
      return;
    }
    this.#nearTimer = scheduler.after(left * WARNING_SHARE, onEndNear);
    this.#endTimer = scheduler.after(left, onEnd);
  }
}
