/**
 * Alerts that the operator does not want to hear of for a while.
 *
 * A mute ends by itself. What was raised meanwhile is told when it is seen again afterwards. Mutes live as long as the
 * sensor runs; for good there are the suppressions of the site file.
 */
import { formatPrefix, prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { Alert } from '../../engine/alert.ts';

/** Mutes at the same time. */
export const MAX_MUTES = 1000;

/** What is muted. */
export interface Mute {
  readonly id: number;
  /** Rules by id; empty = all. */
  readonly rules: readonly string[];
  /** Only what concerns an address of this prefix: home address, home agent or attacker. */
  readonly prefix: Prefix | undefined;
  readonly reason: string | undefined;
  /** Microseconds since 1970. */
  readonly since: number;
  until: number;
  /** Alerts that it held back. */
  alerts: number;
}

/** Mutes in force, and the alerts that they hold back. */
export class Mutes {
  /** Alerts held back since the start. */
  held = 0;
  #all: Mute[] = [];
  #lastId = 0;
  /** Alerts nobody heard of, with when they may be told. Those that the engine forgets go. */
  readonly #silent = new Map<Alert, Mute>();

  /** Those in force. */
  get all(): readonly Mute[] {
    return this.#all;
  }

  /** @returns undefined when there are too many */
  add(mute: Omit<Mute, 'id' | 'alerts'>): Mute | undefined {
    if (this.#all.length >= MAX_MUTES) return undefined;
    const added = { ...mute, id: ++this.#lastId, alerts: 0 };
    this.#all.push(added);
    return added;
  }

  /**
   * Ends mutes before their time.
   * @param id undefined = all
   * @param now microseconds since 1970
   * @returns those that were ended
   */
  remove(id: number | undefined, now: number): readonly Mute[] {
    const gone = this.#all.filter((mute) => id === undefined || mute.id === id);
    this.#all = this.#all.filter((mute) => !gone.includes(mute));
    for (const mute of gone) mute.until = Math.min(mute.until, now);
    return gone;
  }

  /** Whether an alert is held back now. */
  hides(alert: Alert): boolean {
    const mute = this.#all.find((item) => isMeant(item, alert));
    if (mute === undefined) return false;
    mute.alerts++;
    this.held++;
    this.#silent.set(alert, mute);
    return true;
  }

  /** Whether nobody heard of an alert yet. */
  isSilent(alert: Alert): boolean {
    return this.#silent.has(alert);
  }

  /** The engine let go of an alert. */
  forget(alert: Alert): void {
    this.#silent.delete(alert);
  }

  /**
   * Ends mutes whose time is over.
   * @param now microseconds since 1970
   * @returns alerts to be told: seen again since nothing holds them back
   */
  expire(now: number): readonly Alert[] {
    this.#all = this.#all.filter(({ until }) => until > now);
    const due: Alert[] = [];
    for (const [alert, mute] of this.#silent) {
      if (this.#all.some((item) => isMeant(item, alert))) continue;
      if (alert.lastPacket.time < mute.until) continue;
      this.#silent.delete(alert);
      due.push(alert);
    }
    return due;
  }
}

function isMeant({ rules, prefix }: Mute, { rule, draft }: Alert): boolean {
  if (rules.length > 0 && !rules.includes(rule.id)) return false;
  if (prefix === undefined) return true;
  const concerned = [draft.homeAddress, draft.homeAgent, draft.attacker];
  return concerned.some(
    (address) => address?.length === 16 && prefixMatches(prefix.bytes, prefix.length, address, 0),
  );
}

/** A mute as the control socket shows it. */
export function muteRecord(mute: Mute): object {
  const { id, rules, prefix, reason, since, until, alerts } = mute;
  return {
    id,
    rules: rules.length === 0 ? 'all' : rules,
    ...(prefix === undefined ? {} : { address: formatPrefix(prefix) }),
    ...(reason === undefined ? {} : { reason }),
    since: isoTime(since),
    until: isoTime(until),
    alerts,
  };
}

/** `2026-12-31T23:59:59.000Z` of microseconds since 1970. */
export function isoTime(time: number): string {
  return new Date(time / 1000).toISOString();
}
