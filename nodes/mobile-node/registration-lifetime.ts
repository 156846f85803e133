/**
 * When a registration is renewed, and when it is over. RFC 6275 sections 11.7.1 and 11.7.3.
 */
import { lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import type { ScheduledAction, Scheduler } from '../../engine/ports.ts';
import type { BindingUpdateListEntry } from './binding-update-list.ts';
import { REFRESH_SHARE } from './constants.ts';

/** Who is told. */
export interface RegistrationLifetimeOptions {
  readonly scheduler: Scheduler;
  readonly onRefresh: () => void;
  readonly onExpired: () => void;
}

/** Time of one registration. */
export class RegistrationLifetime {
  readonly #options: RegistrationLifetimeOptions;
  #refreshTimer: ScheduledAction | undefined;
  #expiryTimer: ScheduledAction | undefined;
  /** Status 1 was received, and prefixes were not learned since. */
  #needsPrefixes = false;
  #isDue = false;

  constructor(options: RegistrationLifetimeOptions) {
    this.#options = options;
  }

  /**
   * A registration was acknowledged: renewed early enough for retransmissions, or when the home agent advises it.
   * @param advised refresh interval of its option, in units of 4 seconds
   * @param needsPrefixes status 1: not renewed before the home prefixes are known (RFC 6275 section 11.7.1)
   */
  begin(entry: BindingUpdateListEntry, advised: number | undefined, needsPrefixes: boolean): void {
    const { scheduler, onRefresh, onExpired } = this.#options;
    this.end();
    this.#needsPrefixes = needsPrefixes;
    const remaining = entry.expiresAt - scheduler.now;
    const advice = advised === undefined ? Infinity : lifetimeSeconds(Math.max(1, advised)) * 1000;
    this.#refreshTimer = scheduler.after(Math.min(remaining * REFRESH_SHARE, advice), () => {
      if (this.#needsPrefixes) this.#isDue = true;
      else onRefresh();
    });
    this.#expiryTimer = scheduler.after(remaining, () => {
      if (entry.expiresAt > scheduler.now) return;
      entry.isAcknowledged = false;
      onExpired();
    });
  }

  /** The home prefixes are known. */
  prefixesLearned(): void {
    this.#needsPrefixes = false;
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#options.onRefresh();
  }

  /** An update is on its way anyhow. */
  refreshed(): void {
    this.#isDue = false;
  }

  /** The registration is over. */
  end(): void {
    this.#refreshTimer?.cancel();
    this.#expiryTimer?.cancel();
    this.#isDue = false;
  }
}
