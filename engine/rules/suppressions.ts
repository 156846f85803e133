/**
 * Findings that the operator does not want to see, and how many there were.
 */
import type { Site } from '../site.ts';
import { destinationOf, isWithin, sourceOf } from './finding-place.ts';
import type { PlacedFinding } from './finding-place.ts';
import { isAlike, isSelected } from './settings.ts';
import type { Suppression } from './settings.ts';

/** Alerts told apart by one suppression; of more only the number of findings is known. */
const MAX_HIDDEN_ALERTS = 10_000;

/** What a suppression did in a run. */
export interface SuppressionReport {
  readonly settings: Suppression;
  /** Its last day is over: it hid nothing. */
  readonly isExpired: boolean;
  /** Alerts hidden: one for each rule and object. At most 10,000 are told apart. */
  readonly alerts: number;
  /** Findings hidden, with the repetitions. */
  readonly findings: number;
}

class Hidden {
  readonly settings: Suppression;
  isExpired = false;
  findings = 0;
  readonly alerts = new Set<string>();

  constructor(settings: Suppression) {
    this.settings = settings;
  }

  /** Takes notice of the day. @returns itself */
  on(today: string | undefined): this {
    const { until } = this.settings;
    this.isExpired = until !== undefined && today !== undefined && until < today;
    return this;
  }

  fits(ruleId: string, finding: PlacedFinding): boolean {
    const { rules, track, addresses = [] } = this.settings;
    if (this.isExpired || !isSelected(rules, ruleId)) return false;
    const isOf = (address: Uint8Array | undefined): boolean =>
      addresses.some((item) => isWithin(address, item));
    switch (track) {
      case undefined:
        return true;
      case 'by_src':
        return isOf(sourceOf(finding));
      case 'by_dst':
        return isOf(destinationOf(finding));
      case 'by_either':
        return isOf(sourceOf(finding)) || isOf(destinationOf(finding));
      default:
        return isOf(finding.draft.homeAddress);
    }
  }
}

/** All suppressions of a site. */
export class Suppressions {
  readonly #all: readonly Hidden[];

  /**
   * @param today day of the run, `2026-12-31`; without it none expires
   * @param before those of the site file until now: what is set alike goes on counting
   */
  constructor({ suppressions = [] }: Site, today: string | undefined, before?: Suppressions) {
    const old = before === undefined ? [] : before.#all;
    this.#all = suppressions.map((settings) => {
      const known = old.find((item) => isAlike(item.settings, settings));
      return (known ?? new Hidden(settings)).on(today);
    });
  }

  /** Whether a finding is hidden; the first suppression that fits counts it. */
  hides(ruleId: string, finding: PlacedFinding): boolean {
    const hidden = this.#all.find((item) => item.fits(ruleId, finding));
    if (hidden === undefined) return false;
    hidden.findings++;
    if (hidden.alerts.size < MAX_HIDDEN_ALERTS) {
      hidden.alerts.add(`${ruleId}/${finding.draft.object}`);
    }
    return true;
  }

  /** What each did, in the order of the site file. */
  report(): readonly SuppressionReport[] {
    return this.#all.map(({ settings, isExpired, findings, alerts }) => ({
      settings,
      isExpired,
      alerts: alerts.size,
      findings,
    }));
  }
}
