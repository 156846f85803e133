/**
 * Runs the rules over the events, turns what they find into alerts, and says which could not judge.
 */
import type { Alert, NotJudged } from './alert.ts';
import type { EngineEvent, Link, PacketReference } from './events.ts';
import { resolvePrecedence } from './precedence.ts';
import type { Finding } from './precedence.ts';
import type {
  AlertDraft,
  Need,
  RuleContext,
  RuleDefinition,
  RuleTable,
  Severity,
} from './rule-api.ts';
import { ExpiringTable } from './rule-table.ts';
import { ruleCounters } from './rule-counters.ts';
import type { PolicyDatabase } from './ipsec/policy-database.ts';
import type { RuleSettings, Site } from './site.ts';
import type { Bindings } from './state/bindings.ts';
import type { HomeNetwork } from './state/home-network.ts';
import type { ExtensionState } from './state/extension-state.ts';
import type { LinkState } from './state/link-state.ts';
import type { ReturnRoutability } from './state/return-routability.ts';

/** Alerts kept in one run: each is another rule and object. More are counted, not kept. */
const MAX_ALERTS = 10_000;

interface ActiveRule {
  readonly rule: RuleDefinition;
  readonly severity: Severity | undefined;
  readonly context: RuleContext;
  isBroken: boolean;
  alerts: number;
}

/** What the needs of rules are judged by at the end. */
export interface Coverage {
  readonly links: readonly Link[];
  readonly hasPerimeter: boolean;
  /** Security associations that keys were given for. */
  readonly associations: number;
  /** ESP packets in signalling layout that could not be opened, and those that could. */
  readonly unreadableSignalling: number;
  readonly readableSignalling: number;
  /** Encrypted messages of IKE that no secret opened, and those that one did. */
  readonly unreadableIke: number;
  readonly readableIke: number;
  /** Messages between gateways and anchors, between access routers, and about mobility anchor points. */
  readonly extensions: ExtensionState['seen'];
}

/** Runs rules in the order of their ids. */
export class RuleRunner {
  readonly alerts: Alert[] = [];
  readonly internalErrors: string[] = [];
  /** Alerts not kept because `MAX_ALERTS` were there already. */
  droppedAlerts = 0;
  readonly #rules: ActiveRule[] = [];
  readonly #byKind = new Map<EngineEvent['kind'], ActiveRule[]>();
  readonly #known = new Map<string, Alert>();
  readonly #tables: { readonly evictions: number }[] = [];
  readonly #onAlert: (alert: Alert) => void;
  readonly #home: HomeNetwork;
  readonly #site: Site;
  #findings: Finding[] = [];
  #now = 0;

  constructor(options: {
    rules: readonly RuleDefinition[];
    site: Site;
    home: HomeNetwork;
    bindings: Bindings;
    linkState: LinkState;
    extensions: ExtensionState;
    returnRoutability: ReturnRoutability;
    policy: PolicyDatabase;
    /** Makes estimates of counters unpredictable to whoever sends packets. */
    seed?: number | undefined;
    onAlert: (alert: Alert) => void;
  }) {
    this.#onAlert = options.onAlert;
    this.#home = options.home;
    this.#site = options.site;
    for (const rule of [...options.rules].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const settings = options.site.rules[rule.id];
      if (settings?.enabled === false) continue;
      const active: ActiveRule = {
        rule,
        severity: settings?.severity,
        context: this.#contextFor(rule, settings, options),
        isBroken: false,
        alerts: 0,
      };
      this.#rules.push(active);
      for (const kind of rule.on) {
        const list = this.#byKind.get(kind);
        if (list === undefined) this.#byKind.set(kind, [active]);
        else list.push(active);
      }
    }
  }

  /** Evictions of all tables and counters of rules. */
  get evictions(): number {
    return this.#tables.reduce((sum, table) => sum + table.evictions, 0);
  }

  /** Whether any rule listens to this kind of event. */
  wants(kind: EngineEvent['kind']): boolean {
    return this.#byKind.has(kind);
  }

  /** Lets the rules judge an event. What they find is reported by `endPacket`. */
  handle(event: EngineEvent, now: number): void {
    const rules = this.#byKind.get(event.kind);
    if (rules === undefined) return;
    this.#now = now;
    for (const active of rules) {
      if (active.isBroken) continue;
      try {
        const { rule } = active;
        const found = rule.evaluate(event, active.context);
        if (found === undefined) continue;
        for (const draft of isList(found) ? found : [found]) {
          this.#findings.push({ rule, draft: asCertainAs(event, rule, draft) });
        }
      } catch (error) {
        // A rule that throws is our bug: it is switched off and reported, and the run goes on.
        active.isBroken = true;
        const reason = error instanceof Error ? error.message : String(error);
        this.internalErrors.push(`rule ${active.rule.id} failed and was switched off: ${reason}`);
      }
    }
  }

  /** Settles what the rules found in one packet. */
  endPacket(): void {
    if (this.#findings.length === 0) return;
    const findings = this.#findings;
    this.#findings = [];
    for (const { rule, draft, related } of resolvePrecedence(findings)) {
      const key = `${rule.id}/${draft.object}`;
      const known = this.#known.get(key);
      if (known !== undefined) {
        known.count++;
        known.lastPacket = draft.packet;
        if (draft.confidence === 'certain') known.confidence = 'certain';
        continue;
      }
      this.#raise(key, rule, draft, related);
    }
  }

  #raise(key: string, rule: RuleDefinition, draft: AlertDraft, related: Alert['related']): void {
    if (this.alerts.length >= MAX_ALERTS) {
      this.droppedAlerts++;
      return;
    }
    const active = this.#rules.find((item) => item.rule === rule);
    const alert: Alert = {
      id: this.alerts.length + 1,
      rule,
      severity: active?.severity ?? draft.severity ?? rule.severity,
      confidence: draft.confidence,
      draft,
      related,
      count: 1,
      lastPacket: draft.packet,
      incidentId: undefined,
    };
    if (active !== undefined) active.alerts++;
    this.alerts.push(alert);
    this.#known.set(key, alert);
    this.#onAlert(alert);
  }

  /** Rules that could not judge and raised nothing, with the reason. */
  notJudged(coverage: Coverage): NotJudged[] {
    const result: NotJudged[] = [];
    for (const { rule, alerts } of this.#rules) {
      if (alerts > 0) continue;
      const missing = rule.needs
        .map((need) => this.#missing(need, coverage))
        .filter((reason) => reason !== undefined);
      const reason = missing[0];
      if (reason !== undefined) result.push({ ruleId: rule.id, title: rule.title, reason });
    }
    return result;
  }

  #missing(need: Need, coverage: Coverage): string | undefined {
    const hasRole = (role: Link['role']): boolean =>
      coverage.links.some((link) => link.effectiveRole === role);
    switch (need) {
      case 'link-roles':
        return coverage.links.some((link) => link.effectiveRole !== 'unknown')
          ? undefined
          : 'no link has a known role: name the links in a site file (--config)';
      case 'home-link':
      case 'foreign-link':
      case 'transit-link': {
        const role = need.slice(0, -'-link'.length);
        return hasRole(role as Link['role'])
          ? undefined
          : `no captured link is known to be a ${role} link: name it in a site file (--config)`;
      }
      case 'home-prefixes':
        return this.#home.prefixes.length > 0
          ? undefined
          : 'no home prefix is known: none in a site file, and no acknowledged registration in the capture';
      case 'home-agents':
        return this.#home.homeAgentCount > 0
          ? undefined
          : 'no home agent is known: none in a site file, and no acknowledged registration in the capture';
      case 'readable-signalling':
        return coverage.unreadableSignalling > 0 && coverage.readableSignalling === 0
          ? `${coverage.unreadableSignalling} ESP-protected signalling packets could not be opened: give the keys that fit (--keys)`
          : undefined;
      case 'readable-ike':
        return coverage.unreadableIke > 0 && coverage.readableIke === 0
          ? `no IKE secret: ${coverage.unreadableIke} encrypted messages of IKE could not be opened: give a secret of their IKE SA (--keys)`
          : undefined;
      case 'security-associations':
        return coverage.associations > 0
          ? undefined
          : 'no security association is known: give the keys (--keys)';
      case 'access-gateways':
      case 'mobility-anchors':
      case 'mobility-anchor-points':
        return missingDomain(need, this.#site, coverage.extensions);
      case 'perimeter':
        return hasRole('transit') || coverage.hasPerimeter
          ? undefined
          : 'inside and outside of the home network cannot be told apart: name the transit link or the outside routers in a site file (--config)';
    }
  }

  #contextFor(
    rule: RuleDefinition,
    settings: RuleSettings | undefined,
    options: {
      site: Site;
      home: HomeNetwork;
      bindings: Bindings;
      linkState: LinkState;
      extensions: ExtensionState;
      returnRoutability: ReturnRoutability;
      policy: PolicyDatabase;
      seed?: number | undefined;
    },
  ): RuleContext {
    const { home, bindings, site, policy } = options;
    const params: Record<string, number> = {};
    for (const [name, parameter] of Object.entries(rule.params)) {
      params[name] = settings?.params?.[name] ?? parameter.default;
    }
    const tables = new Map<string, ExpiringTable<unknown>>();
    const clock = (): number => this.#now;
    const register = this.#tables;
    return {
      params,
      site,
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
      ...options.extensions.queries(site, bindings, clock),
      ...options.returnRoutability.queries(),
      ...ruleCounters(clock, (counter) => register.push(counter), options.seed),
      table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): RuleTable<V> {
        let table = tables.get(name);
        if (table === undefined) {
          table = new ExpiringTable<unknown>(bounds, clock);
          tables.set(name, table);
          register.push(table);
        }
        // One rule asks for one name with one type; the table itself does not look at values.
        return table as ExpiringTable<V>;
      },
    };
  }
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

/** Why nodes of a domain cannot be told from strangers; undefined when they can, or when none was seen. */
function missingDomain(
  need: Extract<Need, 'access-gateways' | 'mobility-anchors' | 'mobility-anchor-points'>,
  { domain }: Site,
  seen: Coverage['extensions'],
): string | undefined {
  const { accessGateways, localMobilityAnchors, mobilityAnchorPoints } = domain;
  const told = (list: readonly Uint8Array[], count: number, names: string, key: string) =>
    list.length > 0 || count === 0
      ? undefined
      : `${count} messages of ${names}, and the site file names none: list them (domain.${key})`;
  switch (need) {
    case 'access-gateways': {
      const count = seen.proxyMessages + seen.handoverMessages;
      return told(accessGateways, count, 'access gateways', 'accessGateways');
    }
    case 'mobility-anchors':
      return told(
        localMobilityAnchors,
        seen.proxyMessages,
        'local mobility anchors',
        'localMobilityAnchors',
      );
    case 'mobility-anchor-points':
      return told(
        mobilityAnchorPoints,
        seen.anchorPointMessages,
        'mobility anchor points',
        'mobilityAnchorPoints',
      );
  }
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
