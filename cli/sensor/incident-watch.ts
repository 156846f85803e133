/**
 * Incidents of a run without an end: told when they appear, and again when more belongs to them. The numbers that the
 * engine gives them follow their order; here an incident keeps its number as long as one of its alerts is known.
 */
import type { Alert, Incident } from '../../engine/alert.ts';

/** Tells incidents that are new or have changed. */
export class IncidentWatch {
  /** Numbers given so far. */
  count = 0;
  readonly #isShown: (alert: Alert) => boolean;
  /** Number of the incident by number of the alert. */
  readonly #numbers = new Map<number, number>();
  /** What was told of an incident last. */
  #told = new Map<number, string>();

  /** @param isShown whether an alert is one that somebody heard of */
  constructor(isShown: (alert: Alert) => boolean) {
    this.#isShown = isShown;
  }

  /**
   * @param incidents all there are
   * @param isEnd the run ends: also those that only went on are told
   * @returns incidents with their lasting numbers that are to be told
   */
  changed(incidents: readonly Incident[], isEnd: boolean): Incident[] {
    const told = new Map<number, string>();
    const news: Incident[] = [];
    for (const found of incidents) {
      if (!found.alerts.some(this.#isShown)) continue;
      const incident = { ...found, id: this.#numberOf(found, told) };
      const state = stateOf(incident, isEnd);
      const before = this.#told.get(incident.id);
      if (before === undefined || !before.startsWith(state)) news.push(incident);
      told.set(incident.id, stateOf(incident, true));
    }
    this.#told = told;
    return news;
  }

  /** The engine let go of an alert. */
  forget(alert: Alert): void {
    this.#numbers.delete(alert.id);
  }

  /** @param taken numbers of other incidents: what was one may have become two */
  #numberOf({ alerts }: Incident, taken: ReadonlyMap<number, unknown>): number {
    const known = alerts.flatMap(({ id }) => this.#numbers.get(id) ?? []);
    const free = known.filter((number) => !taken.has(number));
    const number = free.length > 0 ? free.reduce((a, b) => Math.min(a, b)) : ++this.count;
    for (const alert of alerts) {
      this.#numbers.set(alert.id, number);
      alert.incidentId = number;
    }
    return number;
  }
}

/** What makes an incident worth telling again. */
function stateOf({ alerts, severity, assessment, last }: Incident, isEnd: boolean): string {
  const ids = alerts.map(({ id }) => id).join(',');
  return `${severity}/${assessment ?? ''}/${ids};${isEnd ? `${last.input}/${last.number}` : ''}`;
}
