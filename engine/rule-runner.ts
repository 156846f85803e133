/**
 * Runs the rules over the events, turns what they find into alerts, and says which could not judge.
 */
import type { Alert, NotJudged } from './alert.ts';
import type { EngineEvent, PacketReference } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { Link } from './packet.ts';
import { resolvePrecedence } from './precedence.ts';
import type { Finding, Settled } from './precedence.ts';
import type {
  AlertDraft,
  Need,
  RuleContext,
  RuleDefinition,
  RuleTable,
  Severity,
  Verdict,
} from './rule-api.ts';
import { ExpiringTable } from './rule-table.ts';
import { ruleCounters } from './rule-counters.ts';
import { addressesOf } from './rules/finding-place.ts';
import type { PlacedFinding } from './rules/finding-place.ts';
import { ruleInstances } from './rules/instances.ts';
import type { RuleInstance } from './rules/instances.ts';
import { settleScope } from './rules/overrides.ts';
import { ruleChanges } from './rules/rule-changes.ts';
import type { RuleChanges } from './rules/rule-changes.ts';
import { Suppressions } from './rules/suppressions.ts';
import type { SuppressionReport } from './rules/suppressions.ts';
import { Audiences } from './rules/audiences.ts';
import type { Audience } from './rules/audiences.ts';
import type { TraitKnowledge } from './rules/traits.ts';
import { Held } from './rules/guards.ts';
import { isRoutine } from './rules/routine.ts';
import { missingNeed } from './rules/missing-need.ts';
import type { Coverage } from './rules/missing-need.ts';
import { Thresholds } from './rules/thresholds.ts';
import type { PassedFinding } from './rules/thresholds.ts';
import type { PolicyDatabase } from './ipsec/policy-database.ts';
import type { Site } from './site.ts';
import type { Bindings } from './state/bindings.ts';
import type { HomeNetwork } from './state/home-network.ts';
import type { ExtensionState } from './state/extension-state.ts';
import type { LinkState } from './state/link-state.ts';
import type { ReturnRoutability } from './state/return-routability.ts';

/** Alerts kept in one run: each is another rule and object. More are counted, not kept. */
export const MAX_ALERTS = 10_000;
/** Of one rule so many are kept: who raises a rule with made-up addresses leaves room for what else happens. */
const MAX_ALERTS_OF_RULE = 1000;
/** However full the list is, every rule may have so many. */
const RESERVED_ALERTS = 16;

/** A rule that runs, with its state. */
interface ActiveRule extends RuleInstance {
  readonly state: RuleState;
}

/** An alert that findings of its rule and object are counted in. */
interface KnownAlert {
  readonly alert: Alert;
  readonly state: RuleState;
}

/** What stays of a rule while the others change. */
interface RuleState {
  readonly context: RuleContext;
  readonly held: Held;
  /** Its tables and counters. */
  readonly tables: readonly { readonly evictions: number }[];
  isBroken: boolean;
  /** Alerts of the rule that are kept. */
  alerts: number;
  hasRaised: boolean;
  readonly cost: RuleCost;
}

/** What a rule cost. */
export interface RuleCost {
  evaluations: number;
  /** By the stopwatch of the run, milliseconds; 0 without one. */
  milliseconds: number;
}

/** A finding on its way to an alert. */
interface RunnerFinding extends Finding, PlacedFinding {
  readonly active: ActiveRule;
  /** Severity and verdict of the override that it lies in. */
  readonly severity: Severity | undefined;
  readonly verdict: Verdict | undefined;
}

/** What rules may ask of the engine. */
interface RunnerParts {
  readonly home: HomeNetwork;
  readonly bindings: Bindings;
  readonly linkState: LinkState;
  readonly extensions: ExtensionState;
  readonly returnRoutability: ReturnRoutability;
  readonly policy: PolicyDatabase;
  /** Makes estimates of counters unpredictable to whoever sends packets. */
  readonly seed?: number | undefined;
  /** Day of the run, `2026-12-31`: suppressions that end before it are expired. */
  readonly today?: string | undefined;
  /** Time in milliseconds, to tell what rules cost. */
  readonly stopwatch?: (() => number) | undefined;
  readonly onAlert: (alert: Alert) => void;
  /** Told of every finding, before thresholds and suppressions. */
  readonly admission?: Admission | undefined;
}

/** Runs rules in the order of their ids. */
export class RuleRunner {
  readonly alerts: Alert[] = [];
  readonly internalErrors: string[] = [];
  /** Alerts not kept because of `MAX_ALERTS` and `MAX_ALERTS_OF_RULE`. */
  droppedAlerts = 0;
  #rules: readonly ActiveRule[] = [];
  #audiences: Audiences<ActiveRule>;
  readonly #known = new Map<string, KnownAlert>();
  #lastId = 0;
  readonly #parts: RunnerParts;
  readonly #home: HomeNetwork;
  readonly #traitKnowledge: TraitKnowledge;
  #site: Site;
  #thresholds: Thresholds;
  #suppressions: Suppressions;
  /** Evictions of rules that do not run any more. */
  #formerEvictions = 0;
  #findings: RunnerFinding[] = [];
  #now = 0;

  constructor(
    options: RunnerParts & { readonly rules: readonly RuleDefinition[]; readonly site: Site },
  ) {
    const { rules, site } = options;
    this.#parts = options;
    const { home, bindings } = options;
    this.#home = home;
    const routine = {
      site: () => this.#site,
      home,
      bindings,
      routability: options.returnRoutability.queries(),
    };
    this.#traitKnowledge = {
      isHomeAgent: (address) => home.isHomeAgent(address),
      isCareOfAddress: (address) => bindings.byCareOfAddress(address, 0) !== undefined,
      isRoutine: (event) => isRoutine(event, routine),
    };
    this.#site = site;
    this.#thresholds = new Thresholds(site);
    this.#suppressions = new Suppressions(site, options.today);
    this.#audiences = new Audiences<ActiveRule>([], site, this.#traitKnowledge);
    this.#install(ruleInstances(rules, site));
  }

  /**
   * Other rules and another site from the next packet on. Rules that are as before keep their state.
   * @param today day from which suppressions may be expired; as before when it is not given
   * @throws Error when they cannot be used; then nothing has changed
   */
  reconfigure(
    rules: readonly RuleDefinition[],
    site: Site,
    today = this.#parts.today,
  ): RuleChanges {
    const instances = ruleInstances(rules, site);
    const changes = ruleChanges(this.#rules, instances);
    const thresholds = new Thresholds(site, this.#thresholds);
    const suppressions = new Suppressions(site, today, this.#suppressions);
    this.#site = site;
    this.#thresholds = thresholds;
    this.#suppressions = suppressions;
    this.#install(instances);
    return changes;
  }

  #install(instances: readonly RuleInstance[]): void {
    const states = new Map(this.#rules.map(({ key, state }) => [key, state]));
    const rules = instances.map((instance) => {
      const before = this.#rules.find(({ key }) => key === instance.key);
      const state = before?.isAlike(instance.rule) === true ? before.state : undefined;
      if (state !== undefined) states.delete(instance.key);
      return { ...instance, state: state ?? this.#newState(instance) };
    });
    for (const { tables } of states.values()) this.#formerEvictions += evictionsOf(tables);
    this.#audiences.addUp();
    this.#audiences = new Audiences(rules, this.#site, this.#traitKnowledge);
    this.#rules = rules;
  }

  /** Evictions of all tables and counters of rules. */
  get evictions(): number {
    return this.#rules.reduce(
      (sum, { state }) => sum + evictionsOf(state.tables),
      this.#formerEvictions,
    );
  }

  /** What suppressions hid, and how many findings thresholds held back. */
  get hidden(): { readonly suppressions: readonly SuppressionReport[]; readonly held: number } {
    return { suppressions: this.#suppressions.report(), held: this.#thresholds.held };
  }

  /** What each rule cost, all its instances together. */
  get costs(): readonly (Readonly<RuleCost> & {
    readonly ruleId: string;
    readonly alerts: number;
  })[] {
    this.#audiences.addUp();
    const costs = new Map<string, RuleCost & { ruleId: string; alerts: number }>();
    for (const { rule, state } of this.#rules) {
      const cost = costs.get(rule.id);
      if (cost === undefined) {
        costs.set(rule.id, { ruleId: rule.id, alerts: state.alerts, ...state.cost });
        continue;
      }
      cost.alerts += state.alerts;
      cost.evaluations += state.cost.evaluations;
      cost.milliseconds += state.cost.milliseconds;
    }
    return [...costs.values()];
  }

  /** Whether any rule listens to this kind of event. */
  wants(kind: EngineEvent['kind']): boolean {
    return this.#audiences.has(kind);
  }

  /** Whether any rule is to be asked about payload in its own tunnel on a link, of which the same was told. */
  wantsRepeats(link: Link): boolean {
    return this.#audiences.wantsRepeats(link);
  }

  /** Lets the rules judge an event. What they find is reported by `endPacket`. */
  handle(event: EngineEvent, now: number): void {
    const audience = this.#audiences.of(event);
    const { length } = audience.rules;
    if (length === 0) return;
    this.#now = now;
    audience.events++;
    if (!audience.wasAsked) markAsked(audience);
    let next = 0;
    while (next < length) next = this.#ask(audience, next, event);
  }

  /** Asks the rules from `first` on. @returns where to go on when one of them failed, else their number */
  #ask(
    { rules, evaluate, contexts, guards }: Audience<ActiveRule>,
    first: number,
    event: EngineEvent,
  ): number {
    const { stopwatch } = this.#parts;
    let i = first;
    try {
      for (; i < rules.length; i++) {
        const active = rules[i];
        const context = contexts[i];
        if (active === undefined || context === undefined) continue;
        const guard = guards[i];
        if (guard !== undefined) {
          if (!guard.isOpen) continue;
          active.state.held.wasAsked = true;
          active.state.cost.evaluations++;
        }
        const start = stopwatch === undefined ? 0 : stopwatch();
        const found = evaluate[i]?.(event, context);
        if (found !== undefined) {
          for (const draft of isList(found) ? found : [found]) this.#note(active, draft, event);
        }
        if (stopwatch !== undefined) active.state.cost.milliseconds += stopwatch() - start;
      }
      return i;
    } catch (error) {
      this.#switchOff(rules[i], error);
      return i + 1;
    }
  }

  /** A rule that throws is our bug: it is switched off and reported, and the run goes on. */
  #switchOff(active: ActiveRule | undefined, error: unknown): void {
    if (active === undefined) throw error;
    active.state.isBroken = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.internalErrors.push(`rule ${active.rule.id} failed and was switched off: ${reason}`);
    this.#audiences.addUp();
    this.#audiences = new Audiences(this.#rules, this.#site, this.#traitKnowledge);
  }

  /** Takes what an instance of a rule found, unless another one speaks for that part of the network. */
  #note(active: ActiveRule, found: AlertDraft, event: EngineEvent): void {
    const { rule, overrides, scope } = active;
    const draft = asCertainAs(event, rule, found);
    const placed = { draft, ...addressesOf(event) };
    const settled = settleScope(overrides, scope, placed);
    if (settled === undefined) return;
    const { severity, verdict } = settled;
    this.#findings.push({ ...placed, rule, active, severity, verdict });
    const { admission } = this.#parts;
    if (admission === undefined) return;
    admission.found({
      rule,
      draft,
      severity: severity ?? active.severity ?? draft.severity ?? rule.severity,
      isOfPacket: isSamePacket(draft.packet, packetOf(event)),
      changed: this.#thresholds.verdictOf(rule.id, placed, this.#now),
      scoped: verdict,
      ofSite: active.verdict,
    });
  }

  /** Settles what the rules found in one packet. */
  endPacket(): void {
    if (this.#findings.length === 0) return;
    const findings = this.#findings;
    this.#findings = [];
    for (const finding of resolvePrecedence(findings)) {
      const { rule, draft } = finding;
      if (this.#suppressions.hides(rule.id, finding)) continue;
      const passed = this.#thresholds.take(rule.id, finding, this.#now);
      if (passed === undefined) continue;
      // What a rate filter changed is another alert: the first one was told with its own severity.
      const key = `${rule.id}/${passed.isExceeded ? 'rate' : ''}/${draft.object}`;
      const known = this.#known.get(key)?.alert;
      if (known !== undefined) {
        known.count++;
        known.lastPacket = draft.packet;
        if (draft.confidence === 'certain') known.confidence = 'certain';
        continue;
      }
      this.#raise(key, finding, passed);
    }
  }

  #raise(key: string, finding: RunnerFinding & Settled, passed: PassedFinding): void {
    const { rule, draft, related, active, severity } = finding;
    const own = active.state.alerts;
    const isFull = own >= MAX_ALERTS_OF_RULE || this.alerts.length >= MAX_ALERTS;
    if (isFull && own >= RESERVED_ALERTS) {
      this.droppedAlerts++;
      return;
    }
    const verdict = passed.verdict ?? finding.verdict ?? active.verdict;
    const alert: Alert = {
      id: ++this.#lastId,
      rule,
      severity: passed.severity ?? severity ?? active.severity ?? draft.severity ?? rule.severity,
      ...(verdict === undefined ? {} : { verdict }),
      confidence: draft.confidence,
      draft,
      related,
      count: 1,
      lastPacket: draft.packet,
      incidentId: undefined,
    };
    active.state.alerts++;
    active.state.hasRaised = true;
    this.alerts.push(alert);
    this.#known.set(key, { alert, state: active.state });
    this.#parts.onAlert(alert);
  }

  /**
   * Lets go of alerts that were not seen since `before`: what they are about is a new alert when it comes again.
   * @param before microseconds since 1970
   * @returns those that were let go
   */
  forget(before: number): ReadonlySet<Alert> {
    const gone = new Set<Alert>();
    for (const [key, { alert, state }] of this.#known) {
      if (alert.lastPacket.time >= before) continue;
      gone.add(alert);
      state.alerts--;
      this.#known.delete(key);
    }
    if (gone.size > 0) {
      const kept = this.alerts.filter((alert) => !gone.has(alert));
      this.alerts.splice(0, this.alerts.length, ...kept);
    }
    return gone;
  }

  /** Rules that could not judge and raised nothing, with the reason. */
  notJudged(coverage: Coverage): NotJudged[] {
    const result: NotJudged[] = [];
    const done = new Set(
      this.#rules.filter(({ state }) => state.hasRaised).map(({ rule }) => rule.id),
    );
    for (const { rule } of this.#rules) {
      if (done.has(rule.id)) continue;
      done.add(rule.id);
      const missing = rule.needs
        .map((need) => missingNeed(need, coverage, this.#home, this.#site))
        .filter((reason) => reason !== undefined);
      const reason = missing[0];
      if (reason !== undefined) result.push({ ruleId: rule.id, title: rule.title, reason });
    }
    return result;
  }

  #newState({ params }: RuleInstance): RuleState {
    const tables: { readonly evictions: number }[] = [];
    const held = new Held();
    return {
      context: this.#contextFor(params, tables, held),
      held,
      tables,
      isBroken: false,
      alerts: 0,
      hasRaised: false,
      cost: { evaluations: 0, milliseconds: 0 },
    };
  }

  /** @param register takes the tables and counters that the rule asks for */
  #contextFor(
    params: Readonly<Record<string, number>>,
    register: { readonly evictions: number }[],
    held: Held,
  ): RuleContext {
    const options = this.#parts;
    const { home, bindings, policy } = options;
    // The site may be another from one packet to the next.
    const currentSite = (): Site => this.#site;
    const domains = {
      get domain() {
        return currentSite().domain;
      },
    };
    const tables = new Map<string, ExpiringTable<unknown>>();
    const clock = (): number => this.#now;
    return {
      params,
      isInline: options.admission !== undefined,
      get site() {
        return currentSite();
      },
      get now() {
        return clock();
      },
      policyOf: (packet) => policy.lookup(packet),
      binding: (homeAddress, peer) => bindings.find(homeAddress, peer),
      homeBinding: (homeAddress) => bindings.home(homeAddress),
      *homeBindings() {
        for (const binding of bindings.all()) {
          if (binding.role === 'home' && binding.phase === 'registered') yield binding;
        }
      },
      isHomeAgent: (address) => home.isHomeAgent(address),
      isHomeAddress: (address) => home.isHomeAddress(address),
      homePrefixOf: (address) => home.prefixOf(address),
      homePrefixes: () => home.prefixes,
      ...options.linkState.queries(clock),
      ...options.extensions.queries(domains, bindings, clock),
      ...options.returnRoutability.queries(),
      ...ruleCounters(
        clock,
        (counter, name) => {
          register.push(counter);
          held.add(name, counter);
        },
        options.seed,
      ),
      table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): RuleTable<V> {
        let table = tables.get(name);
        if (table === undefined) {
          table = new ExpiringTable<unknown>(bounds, clock);
          tables.set(name, table);
          register.push(table);
          held.add(name, table);
        }
        // One rule asks for one name with one type; the table itself does not look at values.
        return table as ExpiringTable<V>;
      },
    };
  }
}

/** Notes that the rules of an audience are asked now. */
function markAsked(audience: Audience<ActiveRule>): void {
  audience.wasAsked = true;
  for (const [i, { state }] of audience.rules.entries()) {
    if (audience.guards[i] === undefined) state.held.wasAsked = true;
  }
}

/** The packet of an event; of what passing time tells there is none. */
function packetOf(event: EngineEvent): PacketReference | undefined {
  if ('context' in event) return event.context.packet;
  return event.kind === 'binding' ? event.packet : undefined;
}

function isSamePacket(a: PacketReference, b: PacketReference | undefined): boolean {
  return a.number === b?.number && a.input === b.input && a.time === b.time;
}

function evictionsOf(tables: readonly { readonly evictions: number }[]): number {
  return tables.reduce((sum, table) => sum + table.evictions, 0);
}

/** Needs of rules that judge what only keys let one read. */
const NEEDS_OF_KEYS: readonly Need[] = ['readable-signalling', 'security-associations'];

/**
 * Nothing vouches for ESP that was read without a key: what a rule makes of its content is not certain. What rules
 * tell from packets that nobody could read stays so.
 */
function asCertainAs(event: EngineEvent, { needs }: RuleDefinition, draft: AlertDraft): AlertDraft {
  const isRead = event.kind === 'mobility' || event.kind === 'icmpv6';
  if (!isRead || event.context.esp?.security?.isInferred !== true) return draft;
  const isOfContent = needs.some((need) => NEEDS_OF_KEYS.includes(need));
  return isOfContent ? { ...draft, confidence: 'partial' } : draft;
}

function isList(found: AlertDraft | readonly AlertDraft[]): found is readonly AlertDraft[] {
  return Array.isArray(found);
}

/** The earlier of two packets by time, then input, then number. */
export function earlier(a: PacketReference, b: PacketReference): PacketReference {
  if (a.time !== b.time) return a.time < b.time ? a : b;
  if (a.input !== b.input) return a.input < b.input ? a : b;
  return a.number <= b.number ? a : b;
}
