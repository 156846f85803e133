/**
 * Views of a run, made when they are asked for.
 */
import type { Alert, Incident } from '../../engine/alert.ts';
import { parseAddress, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { associationRows } from '../../engine/views/association-rows.ts';
import { bindingRows } from '../../engine/views/binding-rows.ts';
import { IncidentNumbers, incidentRows, partyText } from '../../engine/views/incident-rows.ts';
import { ladderOf } from '../../engine/views/ladder.ts';
import type { LadderParties } from '../../engine/views/ladder.ts';
import type {
  IncidentRow,
  Ladder,
  LadderSubject,
  ModelViews,
  ViewName,
} from '../../engine/views/model/index.ts';
import { routabilityRows } from '../../engine/views/routability-rows.ts';
import type { RowPlace } from '../../engine/views/row-place.ts';
import { topologyView } from '../../engine/views/topology-view.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { ladderPackets } from './ladder-packets.ts';
import type { LadderQuery } from './ladder-packets.ts';
import type { ModelLog } from './model-log.ts';
import type { ModelRun } from './model-run.ts';
import type { Mutes } from './mutes.ts';

/** Least milliseconds between two makings of incidents, and how many times longer than one takes. */
const INCIDENT_REST = 500;
const REST_FACTOR = 20;
/** Seconds around an incident in which signalling belongs to its ladder. */
const AROUND = 2;
/** Bindings of a home address looked at for a ladder. */
const MAX_BINDINGS = 64;

/** What an incident row is of: the incident, or a single alert. */
interface Subject {
  readonly incident: Incident | undefined;
  readonly alerts: readonly Alert[];
}

/** Makes views. */
export class ViewMaker {
  readonly #run: ModelRun;
  readonly #mutes: Mutes;
  readonly #log: ModelLog;
  readonly #numbers = new IncidentNumbers();
  #incidents: readonly Incident[] = [];
  #alertsOfIncidents = 0;
  /** Alerts that belong to no incident. */
  #lone = 0;
  /** They are those of the whole run. */
  #isFinal = false;
  #madeAt = Number.NEGATIVE_INFINITY;
  #cost = 0;

  constructor(run: ModelRun, mutes: Mutes, log: ModelLog) {
    this.#run = run;
    this.#mutes = mutes;
    this.#log = log;
  }

  /** The view as of now. */
  view<V extends ViewName>(name: V): ModelViews[V];
  view(name: ViewName): ModelViews[ViewName] {
    const { engine, statistics, authentications } = this.#run;
    const { knowledge } = engine;
    switch (name) {
      case 'bindings': {
        const isMuted = (alert: Alert): boolean => this.#mutes.until(alert) !== undefined;
        const alerts = knowledge.alerts.filter((alert) => !isMuted(alert));
        return bindingRows(knowledge.bindings(), alerts, this.#place());
      }
      case 'associations':
        return associationRows(knowledge.associations, knowledge.espFlows());
      case 'routability':
        return routabilityRows(knowledge, authentications, this.#place());
      case 'incidents':
        return this.#incidentRows();
      case 'topology':
        return topologyView(knowledge);
      case 'statistics':
        return statistics.view(engine.counters);
      case 'log':
        return [...this.#log.lines];
    }
  }

  /** Incidents and alerts that belong to none; may be as of a moment ago. */
  get incidentCount(): number {
    const incidents = this.#currentIncidents(false);
    return incidents.length + this.#lone;
  }

  /** Whether there are alerts that `incidentCount` does not know of. */
  get isStale(): boolean {
    return this.#run.engine.knowledge.alerts.length !== this.#alertsOfIncidents;
  }

  /** Positions of the packets that an incident rests on. */
  evidenceOf(id: number): number[] {
    const subject = this.#subjectOf(id);
    const positions = new Set<number>();
    for (const { draft } of subject?.alerts ?? []) {
      for (const { packet } of [{ packet: draft.packet }, ...draft.evidence]) {
        const position = this.#run.positionOf(packet);
        if (position !== undefined) positions.add(position);
      }
    }
    return [...positions].sort((a, b) => a - b);
  }

  /** The ladder of a binding or an incident; without steps when there is no such thing. */
  async ladder(subject: LadderSubject): Promise<Ladder> {
    return subject.kind === 'binding'
      ? this.#bindingLadder(subject.homeAddress, subject.peer)
      : this.#incidentLadder(subject.incident);
  }

  async #bindingLadder(homeAddress: string, peer: string | undefined): Promise<Ladder> {
    const address = parseAddress(homeAddress);
    const peerAddress = peer === undefined ? undefined : parseAddress(peer);
    const title = `Binding of ${homeAddress}${peer === undefined ? '' : ` at ${peer}`}`;
    if (address === undefined || (peer !== undefined && peerAddress === undefined)) {
      return ladderOf(title, [], NO_PARTIES, 0);
    }
    const bindings = this.#bindingsOf(address);
    const attackers = new Set<string>();
    for (const { draft } of this.#run.engine.knowledge.alerts) {
      if (draft.attacker === undefined || !isSameAddress(draft.homeAddress, address)) continue;
      attackers.add(partyText(draft.attacker));
    }
    const parties = partiesOf(address, undefined, bindings, attackers);
    const careOfAddresses = careOfAddressesOf(bindings);
    return this.#ladderOf(title, parties, {
      addresses: [formatAddress(address)],
      careOfAddresses,
      peer: peerAddress === undefined ? undefined : formatAddress(peerAddress),
      linkAddresses: [],
      from: Number.NEGATIVE_INFINITY,
      to: Number.POSITIVE_INFINITY,
      evidence: new Set(),
      marksAll: true,
    });
  }

  async #incidentLadder(id: number): Promise<Ladder> {
    const row = this.#incidentRows().find((item) => item.id === id);
    const subject = this.#subjectOf(id);
    if (row === undefined || subject === undefined) {
      return ladderOf(`Incident ${id}`, [], NO_PARTIES, 0);
    }
    const home = row.homeAddress === undefined ? undefined : parseAddress(row.homeAddress);
    const agent = row.homeAgent === undefined ? undefined : parseAddress(row.homeAgent);
    const bindings = home === undefined ? [] : this.#bindingsOf(home);
    const parties = partiesOf(home, agent, bindings, new Set(row.attackers));
    const isLinkAddress = (text: string): boolean => parseAddress(text) === undefined;
    const homes = subject.alerts.flatMap(({ draft: { homeAddress } }) =>
      homeAddress === undefined ? [] : [formatAddress(homeAddress)],
    );
    return this.#ladderOf(row.title, parties, {
      addresses: [...homes, ...row.attackers.filter((text) => !isLinkAddress(text))],
      careOfAddresses: [],
      peer: undefined,
      linkAddresses: row.attackers.filter(isLinkAddress),
      from: row.first - AROUND,
      to: row.last + AROUND,
      evidence: new Set(this.evidenceOf(id)),
      marksAll: false,
    });
  }

  async #ladderOf(title: string, parties: LadderParties, query: LadderQuery): Promise<Ladder> {
    const { packets, dropped } = await ladderPackets(query, this.#run);
    return ladderOf(title, packets, parties, dropped);
  }

  #bindingsOf(homeAddress: Uint8Array): Readonly<Binding>[] {
    const found: Readonly<Binding>[] = [];
    for (const binding of this.#run.engine.knowledge.bindings()) {
      if (found.length < MAX_BINDINGS && isSameAddress(binding.homeAddress, homeAddress)) {
        found.push(binding);
      }
    }
    return found;
  }

  #place(): RowPlace {
    const { firstTime } = this.#run.engine.knowledge;
    return { firstTime, positionOf: (packet) => this.#run.positionOf(packet) };
  }

  #incidentRows(): IncidentRow[] {
    const incidents = this.#currentIncidents(true);
    return incidentRows(incidents, this.#run.engine.knowledge.alerts, this.#place(), {
      numbers: this.#numbers,
      mutedUntil: (alert) => this.#mutes.until(alert),
    });
  }

  #subjectOf(id: number): Subject | undefined {
    const first = this.#numbers.alertOf(id);
    if (first === undefined) return undefined;
    const { alerts } = this.#run.engine.knowledge;
    const alert = alerts[first - 1];
    if (alert === undefined) return undefined;
    const incident = this.#incidents.find((item) => item.alerts.includes(alert));
    return { incident, alerts: incident?.alerts ?? [alert] };
  }

  /** @param isAsked somebody wants to see them, not count them alone */
  #currentIncidents(isAsked: boolean): readonly Incident[] {
    const { knowledge } = this.#run.engine;
    const { isRead } = this.#run;
    // When all is read the last word counts.
    const isLast = isRead && !this.#isFinal;
    const isSame = !this.isStale && !isAsked && !isLast;
    const wait = Math.max(isAsked ? 0 : INCIDENT_REST, REST_FACTOR * this.#cost);
    const rest = isLast ? 0 : wait;
    const start = performance.now();
    if (isSame || start - this.#madeAt < rest) return this.#incidents;
    this.#isFinal = isRead;
    this.#alertsOfIncidents = knowledge.alerts.length;
    this.#incidents = knowledge.incidents();
    const joined = this.#incidents.reduce((sum, { alerts }) => sum + alerts.length, 0);
    this.#lone = knowledge.alerts.length - joined;
    this.#run.setIncidents(this.#incidents);
    this.#madeAt = performance.now();
    this.#cost = this.#madeAt - start;
    return this.#incidents;
  }
}

const NO_PARTIES: LadderParties = {
  'mobile-node': new Set(),
  attacker: new Set(),
  'home-agent': new Set(),
  correspondent: new Set(),
};

function careOfAddressesOf(bindings: readonly Readonly<Binding>[]): string[] {
  const found = new Set<string>();
  for (const { homeAddress, careOfAddress, previousCareOfAddresses, history } of bindings) {
    const all = [careOfAddress, ...previousCareOfAddresses];
    for (const address of [...all, ...history.map((change) => change.careOfAddress)]) {
      if (!isSameAddress(address, homeAddress)) found.add(formatAddress(address));
    }
  }
  return [...found];
}

function partiesOf(
  home: Uint8Array | undefined,
  agent: Uint8Array | undefined,
  bindings: readonly Readonly<Binding>[],
  attackers: ReadonlySet<string>,
): LadderParties {
  const nodes = new Set(home === undefined ? [] : [formatAddress(home)]);
  for (const address of careOfAddressesOf(bindings)) nodes.add(address);
  // What an attacker put into a registration is still the attacker's.
  for (const address of attackers) nodes.delete(address);
  const agents = new Set(agent === undefined ? [] : [formatAddress(agent)]);
  const correspondents = new Set<string>();
  for (const { role, peer } of bindings) {
    (role === 'home' ? agents : correspondents).add(formatAddress(peer));
  }
  return {
    'mobile-node': nodes,
    attacker: attackers,
    'home-agent': agents,
    correspondent: correspondents,
  };
}
