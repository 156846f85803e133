/**
 * Joins the alerts of one attack into one incident: by home address, and by what an alert without home address
 * is about (home prefix, home agent, link, sender), within a window of time.
 */
import { addressKey, prefixMatches } from '../dissectors/core/address.ts';
import type { Alert, Assessment, Incident } from './alert.ts';
import type { PacketReference } from './events.ts';
import { adviceOf, narrativeOf, referencesOf, titleOf } from './incident-text.ts';
import { SEVERITIES } from './rule-api.ts';
import type { Evidence, Severity, Stage } from './rule-api.ts';
import type { Binding } from './state/binding-cache.ts';

/** Stages in the order an attack takes them. */
const STAGES: readonly Stage[] = [
  'rogue-advertisement',
  'deregistration-provoked',
  'binding-update-relayed',
  'acknowledgement-stripped',
  'unprotected-traffic',
  'denial-of-service',
  'evasion',
  'policy-breach',
];

/** Stages of the de-registration attack; with one of them an incident is assessed. */
const CHAIN: ReadonlySet<Stage> = new Set(STAGES.slice(0, 5));

/** The rule whose finding is that a node sends without protection: so it believes what it was told. */
const UNPROTECTED_SENDING = 'MIP6-1112';

/** A binding that ends this long after the last step of an attack was ended by it, microseconds. */
const EFFECT_WITHIN = 10e6;

/** Severities from here on make an incident of an alert that stands alone. */
const INCIDENT_SEVERITY: Severity = 'medium';

/** How alerts are joined. */
export interface IncidentOptions {
  /** Alerts of one home address further apart are two incidents, seconds. Also bridges clock differences. */
  readonly gapSeconds?: number;
  /** An advertisement or other preparation may end this long before the attack, seconds. */
  readonly leadSeconds?: number;
  /** Alerts taken; more are counted in `dropped`. */
  readonly maxAlerts?: number;
}

/** What an alert reaches in time, microseconds. */
interface Span {
  readonly alert: Alert;
  readonly from: number;
  readonly to: number;
}

/** Alerts that belong together. */
interface Group {
  spans: Span[];
  from: number;
  to: number;
  readonly homeAddresses: Map<string, Uint8Array>;
  readonly homeAgents: Map<string, Uint8Array>;
  readonly links: Set<number>;
  readonly attackers: Set<string>;
}

/** Collects alerts while a run goes on and makes incidents of them at its end. */
export class IncidentBuilder {
  /** Alerts not taken because the builder was full. */
  dropped = 0;
  readonly #alerts: Alert[] = [];
  readonly #gap: number;
  readonly #lead: number;
  readonly #maxAlerts: number;

  constructor(options: IncidentOptions = {}) {
    this.#gap = (options.gapSeconds ?? 120) * 1e6;
    this.#lead = (options.leadSeconds ?? 60) * 1e6;
    this.#maxAlerts = options.maxAlerts ?? 16_384;
  }

  /** Takes an alert; its `count` and `lastPacket` are read when the incidents are built. */
  add(alert: Alert): void {
    if (this.#alerts.length < this.#maxAlerts) this.#alerts.push(alert);
    else this.dropped++;
  }

  /** Lets go of alerts. */
  forget(gone: ReadonlySet<Alert>): void {
    if (gone.size === 0) return;
    const kept = this.#alerts.filter((alert) => !gone.has(alert));
    this.#alerts.splice(0, this.#alerts.length, ...kept);
  }

  /**
   * Incidents of the alerts so far, in order of their first packet; sets `incidentId` of the alerts in them.
   * Alerts below `medium` that stand alone belong to none.
   * @param bindings state at the end, which tells whether a de-registration took effect
   */
  build(bindings: Iterable<Readonly<Binding>> = []): Incident[] {
    const spans = this.#alerts.map(spanOf).sort(bySpan);
    const groups = this.#byHomeAddress(spans.filter(({ alert }) => isOfNode(alert)));
    for (const span of spans) {
      if (!isOfNode(span.alert)) this.#place(span, groups);
    }
    const grave = groups
      .map((group) => ({ group, worst: worstOf(group.spans.map(({ alert }) => alert.severity)) }))
      .filter(({ worst }) => SEVERITIES.indexOf(worst) >= SEVERITIES.indexOf(INCIDENT_SEVERITY))
      .sort((a, b) => byFirst(a.group, b.group));
    const known = bindingsByHomeAddress(
      bindings,
      grave.map(({ group }) => group),
    );
    return grave.map(({ group, worst }, at) => incidentOf(at + 1, group, worst, known));
  }

  /** Groups of alerts that name a home address: one for each address and stretch of time. */
  #byHomeAddress(spans: readonly Span[]): Group[] {
    const groups: Group[] = [];
    const open = new Map<string, Group>();
    for (const span of spans) {
      const { homeAddress } = span.alert.draft;
      const key = homeAddress === undefined ? '' : addressKey(homeAddress);
      const known = open.get(key);
      if (known !== undefined && span.from <= known.to + this.#gap) extend(known, span);
      else {
        const group = newGroup(span);
        groups.push(group);
        open.set(key, group);
      }
    }
    return groups;
  }

  /** Puts an alert that names no home address to the groups it is about, or makes one of it. */
  #place(span: Span, groups: Group[]): void {
    const { attacker } = span.alert.draft;
    const key = attacker === undefined ? undefined : bytesKey(attacker);
    const fitting = groups.filter((group) => this.#belongs(span, group, key));
    const [first] = fitting;
    if (first === undefined) {
      groups.push(newGroup(span));
      return;
    }
    extend(first, span);
    // What concerns all nodes of a network makes their incidents one; what only shares a sender does not.
    const { draft, rule } = span.alert;
    const isOfAll = draft.homePrefix !== undefined || draft.homeAgent !== undefined;
    if (rule.category !== 'home-link' || !isOfAll) return;
    for (const other of fitting.slice(1)) {
      for (const item of other.spans) extend(first, item);
      groups.splice(groups.indexOf(other), 1);
    }
  }

  /** @param attacker key of the attacker of the alert */
  #belongs({ alert, from, to }: Span, group: Group, attacker: string | undefined): boolean {
    if (from > group.to + this.#gap || to + this.#lead < group.from) return false;
    const { homePrefix, homeAgent, stage } = alert.draft;
    if (homePrefix === undefined && homeAgent === undefined) {
      return attacker !== undefined && group.attackers.has(attacker);
    }
    const addresses = [...group.homeAddresses.values()];
    const isAbout =
      (homePrefix !== undefined &&
        addresses.some((item) => prefixMatches(homePrefix.prefix, homePrefix.length, item, 0))) ||
      (homeAgent !== undefined && group.homeAgents.has(addressKey(homeAgent)));
    if (isAbout) {
      // An advertisement reaches the nodes of its own link.
      if (stage !== 'rogue-advertisement') return true;
      return linksOf(alert).some((link) => group.links.has(link));
    }
    // Two advertisements of one router are one attack, also where no node fell for them.
    if (addresses.length > 0 || stage !== 'rogue-advertisement') return false;
    return attacker !== undefined && group.attackers.has(attacker);
  }
}

/** Whether an alert names the home address it is about. */
function isOfNode(alert: Alert): boolean {
  return alert.draft.homeAddress !== undefined;
}

function bytesKey(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 16));
}

function linksOf(alert: Alert): number[] {
  return alert.draft.evidence.flatMap(({ link }) => (link === undefined ? [] : [link.id]));
}

function spanOf(alert: Alert): Span {
  const { packet, evidence } = alert.draft;
  let from = packet.time;
  let to = Math.max(packet.time, alert.lastPacket.time);
  for (const item of evidence) {
    from = Math.min(from, item.packet.time);
    to = Math.max(to, item.packet.time);
  }
  return { alert, from, to };
}

function bySpan(a: Span, b: Span): number {
  return a.from - b.from || a.alert.id - b.alert.id;
}

function byFirst(a: Group, b: Group): number {
  return a.from - b.from || firstId(a) - firstId(b);
}

function firstId(group: Group): number {
  return group.spans.reduce((id, { alert }) => Math.min(id, alert.id), Infinity);
}

function newGroup(span: Span): Group {
  const group: Group = {
    spans: [],
    from: span.from,
    to: span.to,
    homeAddresses: new Map(),
    homeAgents: new Map(),
    links: new Set(),
    attackers: new Set(),
  };
  extend(group, span);
  return group;
}

function extend(group: Group, span: Span): void {
  const { homeAddress, homeAgent, attacker } = span.alert.draft;
  group.spans.push(span);
  group.from = Math.min(group.from, span.from);
  group.to = Math.max(group.to, span.to);
  if (homeAddress !== undefined) group.homeAddresses.set(addressKey(homeAddress), homeAddress);
  if (homeAgent !== undefined) group.homeAgents.set(addressKey(homeAgent), homeAgent);
  if (attacker !== undefined) group.attackers.add(bytesKey(attacker));
  for (const link of linksOf(span.alert)) group.links.add(link);
}

function worstOf(severities: readonly Severity[]): Severity {
  return severities.reduce(
    (worst, item) => (SEVERITIES.indexOf(item) > SEVERITIES.indexOf(worst) ? item : worst),
    'info',
  );
}

/** Home bindings of the home addresses in the groups. */
function bindingsByHomeAddress(
  bindings: Iterable<Readonly<Binding>>,
  groups: readonly Group[],
): ReadonlyMap<string, readonly Readonly<Binding>[]> {
  const wanted = new Set(groups.flatMap(({ homeAddresses }) => [...homeAddresses.keys()]));
  const found = new Map<string, Readonly<Binding>[]>();
  // There may be many bindings, and this is done again and again while a run goes on.
  if (wanted.size === 0) return found;
  for (const binding of bindings) {
    if (binding.role !== 'home') continue;
    const key = addressKey(binding.homeAddress);
    if (!wanted.has(key)) continue;
    const list = found.get(key);
    if (list === undefined) found.set(key, [binding]);
    else list.push(binding);
  }
  return found;
}

function incidentOf(
  id: number,
  group: Group,
  severity: Severity,
  bindings: ReadonlyMap<string, readonly Readonly<Binding>[]>,
): Incident {
  const spans = [...group.spans].sort(bySpan);
  const alerts = spans.map(({ alert }) => alert);
  for (const alert of alerts) alert.incidentId = id;
  const stages = STAGES.map((stage) => ({
    stage,
    alerts: alerts.filter(({ draft }) => draft.stage === stage),
  })).filter((item) => item.alerts.length > 0);
  const evidence = evidenceOf(alerts);
  const packets = [
    ...evidence.map(({ packet }) => packet),
    ...alerts.flatMap((alert) => [alert.draft.packet, alert.lastPacket]),
  ].sort(byPacket);
  const first = packets[0] ?? { input: 0, number: 0, time: 0, nanoseconds: 0 };
  const [onlyAddress, ...others] = group.homeAddresses.values();
  const assessment = assess(spans, bindings);
  const facts = {
    alerts,
    stages,
    severity,
    assessment,
    homeAddresses: [...group.homeAddresses.values()],
  };
  const isCertain = alerts.some(
    (alert) => alert.confidence === 'certain' && alert.severity === severity,
  );
  return {
    id,
    title: titleOf(facts),
    severity,
    confidence: isCertain ? 'certain' : 'partial',
    assessment,
    homeAddress: others.length === 0 ? onlyAddress : undefined,
    homeAgent: alerts.find(({ draft }) => draft.homeAgent !== undefined)?.draft.homeAgent,
    attackers: attackersOf(alerts),
    stages,
    alerts,
    first,
    last: packets.at(-1) ?? first,
    evidence,
    narrative: narrativeOf(facts),
    references: referencesOf(facts),
    advice: adviceOf(facts),
  };
}

/** How far the attack came; undefined when nothing in the incident is a step of the de-registration attack. */
function assess(
  spans: readonly Span[],
  bindings: ReadonlyMap<string, readonly Readonly<Binding>[]>,
): Assessment | undefined {
  const steps = spans.filter(({ alert: { rule, draft } }) => {
    return rule.category === 'home-link' && draft.stage !== undefined && CHAIN.has(draft.stage);
  });
  if (steps.length === 0) return undefined;
  // The node got an acknowledgement, so the home agent has sent one: both have done their part.
  if (steps.some(({ alert }) => alert.draft.stage === 'acknowledgement-stripped')) {
    return 'succeeded on both';
  }
  const onNode = steps.some(({ alert }) => alert.rule.id === UNPROTECTED_SENDING);
  const onAgent = steps.some(({ alert: { draft }, from, to }) => {
    if (draft.homeAddress === undefined || draft.stage === 'rogue-advertisement') return false;
    const known = bindings.get(addressKey(draft.homeAddress)) ?? [];
    return known.some((binding) => wasEnded(binding, from, to + EFFECT_WITHIN));
  });
  if (onNode && onAgent) return 'succeeded on both';
  if (onNode) return 'succeeded on the mobile node';
  return onAgent ? 'succeeded on the home agent' : 'attempted';
}

/** Whether the home agent accepted a de-registration in a stretch of time, microseconds. */
function wasEnded(binding: Readonly<Binding>, from: number, to: number): boolean {
  return binding.history.some(
    ({ phase, packet, status }) =>
      phase === 'deregistered' &&
      packet.time >= from &&
      packet.time <= to &&
      (status === undefined || status < 128),
  );
}

function attackersOf(alerts: readonly Alert[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  for (const { draft } of alerts) {
    if (draft.attacker !== undefined) found.set(bytesKey(draft.attacker), draft.attacker);
  }
  return [...found.values()];
}

function byPacket(a: PacketReference, b: PacketReference): number {
  return (
    a.time - b.time || a.nanoseconds - b.nanoseconds || a.input - b.input || a.number - b.number
  );
}

/** All evidence in packet order; one packet says the same thing once. */
function evidenceOf(alerts: readonly Alert[]): Evidence[] {
  const seen = new Set<string>();
  return alerts
    .flatMap(({ draft }) => draft.evidence)
    .filter(({ packet, text }) => {
      const key = `${packet.input}/${packet.number}/${text}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => byPacket(a.packet, b.packet));
}
