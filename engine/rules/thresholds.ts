/**
 * How often rules speak, with Suricata's meanings of threshold, limit, both and rate_filter.
 *
 * Counted are findings: each time a rule finds something, also where that only repeats a known alert.
 */
import type { Severity, Verdict } from '../rule-api.ts';
import { ExpiringTable } from '../rule-table.ts';
import type { Site } from '../site.ts';
import { trackKey } from './finding-place.ts';
import type { PlacedFinding } from './finding-place.ts';
import { isAlike, isSelected } from './settings.ts';
import type { RateFilter, RuleThreshold } from './settings.ts';

/** Addresses counted at the same time by one entry of the site file. */
export const MAX_TRACKED = 16_384;

interface Window {
  /** Microseconds. */
  start: number;
  count: number;
}

interface Rate extends Window {
  /** When the change began, microseconds; undefined while there is none. */
  changedAt: number | undefined;
}

/**
 * One threshold.
 *
 * Whoever sends packets chooses addresses, and may fill the table to have slow findings forgotten. So where it is full
 * of addresses that still count, further ones are counted together, and are not limited.
 */
class ThresholdCounter {
  readonly settings: RuleThreshold;
  readonly #windows: ExpiringTable<Window>;
  readonly #others: Window = { start: -Infinity, count: 0 };
  #now = 0;

  constructor(settings: RuleThreshold) {
    this.settings = settings;
    const bounds = { maxEntries: MAX_TRACKED, ttlSeconds: settings.seconds };
    this.#windows = new ExpiringTable(bounds, () => this.#now);
  }

  /** Counts a finding. @returns whether it may be reported */
  passes(key: string, now: number): boolean {
    this.#now = now;
    const { type } = this.settings;
    let window = this.#windows.get(key);
    if (window === undefined && this.#windows.size >= MAX_TRACKED) {
      if (type === 'limit') return true;
      window = this.#others;
    }
    if (window === undefined) {
      window = { start: now, count: 0 };
      this.#windows.set(key, window);
    } else if (now - window.start >= this.settings.seconds * 1e6) {
      window.start = now;
      window.count = 0;
      if (window !== this.#others) this.#windows.set(key, window);
    }
    return this.#count(window);
  }

  #count(window: Window): boolean {
    const { type, count } = this.settings;
    window.count++;
    switch (type) {
      case 'limit':
        return window.count <= count;
      case 'threshold':
        if (window.count < count) return false;
        window.count = 0;
        return true;
      case 'both':
        // The others share one window: one of them may not use up the report of another.
        if (window === this.#others) return window.count >= count;
        return window.count === count;
    }
  }
}

/** One rate filter; addresses past the table share one rate, so that filling it hides nothing. */
class RateCounter {
  readonly settings: RateFilter;
  readonly #rates: ExpiringTable<Rate>;
  readonly #others: Rate = { start: -Infinity, count: 0, changedAt: undefined };
  #now = 0;

  constructor(settings: RateFilter) {
    this.settings = settings;
    const ttlSeconds = Math.max(settings.seconds, settings.timeout);
    this.#rates = new ExpiringTable({ maxEntries: MAX_TRACKED, ttlSeconds }, () => this.#now);
  }

  /** Whether one more finding of this key would be changed. Counts nothing. */
  wouldExceed(key: string, now: number): boolean {
    this.#now = now;
    const { seconds, timeout, count } = this.settings;
    const rate =
      this.#rates.get(key) ?? (this.#rates.size >= MAX_TRACKED ? this.#others : undefined);
    if (rate === undefined) return count < 1;
    if (rate.changedAt !== undefined && now - rate.changedAt < timeout * 1e6) return true;
    const isOver = rate.changedAt !== undefined || now - rate.start >= seconds * 1e6;
    return !isOver && rate.count + 1 > count;
  }

  /** Counts a finding. @returns whether the rate was exceeded, now or less than the timeout ago */
  isExceeded(key: string, now: number): boolean {
    this.#now = now;
    const { seconds, timeout, count } = this.settings;
    let rate = this.#rates.get(key);
    if (rate === undefined && this.#rates.size >= MAX_TRACKED) rate = this.#others;
    if (rate === undefined) {
      rate = { start: now, count: 0, changedAt: undefined };
      this.#rates.set(key, rate);
    }
    if (rate.changedAt !== undefined) {
      if (now - rate.changedAt < timeout * 1e6) return true;
      rate.changedAt = undefined;
      rate.count = 0;
      rate.start = now;
    }
    if (now - rate.start >= seconds * 1e6) {
      rate.start = now;
      rate.count = 0;
    }
    rate.count++;
    if (rate.count > count) rate.changedAt = now;
    if (rate !== this.#others) this.#rates.set(key, rate);
    return rate.changedAt !== undefined;
  }
}

/** A finding that may be reported. */
export interface PassedFinding {
  /** Set by a rate filter that was exceeded. */
  readonly severity?: Severity;
  readonly verdict?: Verdict;
  readonly isExceeded: boolean;
}

const AS_IT_IS: PassedFinding = { isExceeded: false };

/** All thresholds and rate filters of a site. */
export class Thresholds {
  /** Findings that were held back. */
  held = 0;
  readonly #thresholds: readonly ThresholdCounter[];
  readonly #rates: readonly RateCounter[];

  /** @param before those of the site file until now: what is set alike goes on counting */
  constructor({ thresholds = [], rateFilters = [] }: Site, before?: Thresholds) {
    this.held = before?.held ?? 0;
    const oldThresholds = before === undefined ? [] : before.#thresholds;
    const oldRates = before === undefined ? [] : before.#rates;
    this.#thresholds = thresholds.map(
      (settings) =>
        oldThresholds.find((item) => isAlike(item.settings, settings)) ??
        new ThresholdCounter(settings),
    );
    this.#rates = rateFilters.map(
      (settings) =>
        oldRates.find((item) => isAlike(item.settings, settings)) ?? new RateCounter(settings),
    );
  }

  /** What rate filters make of the verdict on a finding at hand, which `take` counts later; undefined = nothing. */
  verdictOf(ruleId: string, finding: PlacedFinding, now: number): Verdict | undefined {
    let found: Verdict | undefined;
    for (const counter of this.#rates) {
      const { rules, track, verdict } = counter.settings;
      if (verdict === undefined || !isSelected(rules, ruleId)) continue;
      if (counter.wouldExceed(`${ruleId}/${trackKey(track, finding)}`, now)) found = verdict;
    }
    return found;
  }

  /**
   * Counts a finding of a rule. One that several thresholds are about must pass them all; each counts it.
   * @param now microseconds since 1970
   * @returns undefined when it is held back
   */
  take(ruleId: string, finding: PlacedFinding, now: number): PassedFinding | undefined {
    if (this.#thresholds.length === 0 && this.#rates.length === 0) return AS_IT_IS;
    let isHeld = false;
    for (const counter of this.#thresholds) {
      const { rules, track } = counter.settings;
      if (!isSelected(rules, ruleId)) continue;
      if (!counter.passes(`${ruleId}/${trackKey(track, finding)}`, now)) isHeld = true;
    }
    if (isHeld) {
      this.held++;
      return undefined;
    }
    let passed = AS_IT_IS;
    for (const counter of this.#rates) {
      const { rules, track, severity, verdict } = counter.settings;
      if (!isSelected(rules, ruleId)) continue;
      if (!counter.isExceeded(`${ruleId}/${trackKey(track, finding)}`, now)) continue;
      passed = {
        ...passed,
        ...(severity === undefined ? {} : { severity }),
        ...(verdict === undefined ? {} : { verdict }),
        isExceeded: true,
      };
    }
    return passed;
  }
}
