/**
 * Alerts that somebody does not want to see for a while.
 */
import { addressKey, parseAddress } from '../../dissectors/core/address.ts';
import type { Alert } from '../../engine/alert.ts';
import type { Mute } from '../../engine/views/model/index.ts';

/** Mutes kept; the one that was made first goes. */
const MAX_MUTES = 1000;

/** Mutes by rule and home address. */
export class Mutes {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Adds a mute; one that ends before now ends an earlier one. */
  add({ rule, homeAddress, until }: Mute): void {
    const address = homeAddress === undefined ? undefined : parseAddress(homeAddress);
    // A name that is no address names nothing.
    if (homeAddress !== undefined && address === undefined) return;
    const key = keyOf(rule, address);
    this.#until.delete(key);
    if (until > this.#now()) this.#until.set(key, until);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MAX_MUTES && oldest !== undefined) this.#until.delete(oldest);
  }

  /** Until when an alert is muted, milliseconds since 1970; undefined when it is not. */
  until({ rule, draft: { homeAddress } }: Alert): number | undefined {
    if (this.#until.size === 0) return undefined;
    const ofRule = this.#until.get(keyOf(rule.id, undefined)) ?? 0;
    const ofNode =
      homeAddress === undefined ? 0 : (this.#until.get(keyOf(rule.id, homeAddress)) ?? 0);
    const until = Math.max(ofRule, ofNode);
    return until > this.#now() ? until : undefined;
  }
}

function keyOf(rule: string, homeAddress: Uint8Array | undefined): string {
  return homeAddress === undefined ? rule : `${rule} ${addressKey(homeAddress)}`;
}
