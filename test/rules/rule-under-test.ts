/**
 * One rule before a context that knows what a test says, fed with events as the engine does.
 */
import { addressKey, prefixMatches } from '../../dissectors/core/address.ts';
import type { EngineEvent } from '../../engine/events.ts';
import { PolicyDatabase, defaultEntries } from '../../engine/ipsec/policy-database.ts';
import type { AlertDraft, RuleContext, RuleDefinition, RuleTable } from '../../engine/rule-api.ts';
import { ruleCounters } from '../../engine/rule-counters.ts';
import { ExpiringTable } from '../../engine/rule-table.ts';
import type { Site } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { ExtensionState } from '../../engine/state/extension-state.ts';
import { LinkState } from '../../engine/state/link-state.ts';
import { ReturnRoutability } from '../../engine/state/return-routability.ts';
import { START_TIME, makeSite } from './site.ts';

/** What the context of a test knows. */
export interface Known {
  readonly site?: Site;
  /** All bindings; the test may change the list and its items between events. */
  readonly bindings?: readonly Binding[];
  /** Instead of the rule's defaults. */
  readonly params?: Readonly<Record<string, number>>;
  /** Home prefixes learned from signalling, besides those of the site. */
  readonly learnedPrefixes?: readonly { prefix: Uint8Array; length: number }[];
}

/** One rule with its context: `feed` gives it events in turn, as the engine does. */
export interface RuleUnderTest {
  /** Alerts of one event; none when the rule does not listen to its kind. */
  feed(event: EngineEvent): readonly AlertDraft[];
  /** Alerts of several events. */
  feedAll(events: readonly EngineEvent[]): readonly AlertDraft[];
  /** All alerts so far, one per object (the first), as the engine reports them. */
  readonly alerts: readonly AlertDraft[];
  /** Time the context gives; set to each event's own before it is judged. */
  now: number;
}

/** Puts a rule before a context that knows what the test says. */
export function underTest(rule: RuleDefinition, known: Known = {}): RuleUnderTest {
  const site = known.site ?? makeSite();
  const bindings = known.bindings ?? [];
  const params = Object.fromEntries(
    Object.entries(rule.params).map(([name, { default: value }]) => [name, value]),
  );
  const tables = new Map<string, ExpiringTable<unknown>>();
  const alerts = new Map<string, AlertDraft>();
  const same = (a: Uint8Array, b: Uint8Array): boolean => addressKey(a) === addressKey(b);
  const policy = new PolicyDatabase(defaultEntries(site.ipsec));
  const homeBindings = (): Binding[] => bindings.filter(({ role }) => role === 'home');
  const homePrefixes = (): ReturnType<RuleContext['homePrefixes']> => [
    ...site.homeAgents
      .flatMap((agent) => agent.homePrefixes)
      .map((item) => ({ ...item, knownBy: 'site' as const })),
    ...(known.learnedPrefixes ?? []).map((item) => ({ ...item, knownBy: 'learned' as const })),
  ];

  const linkState = new LinkState(1);
  const extensions = new ExtensionState();
  const returnRoutability = new ReturnRoutability(1);
  const observe = (event: EngineEvent): void => {
    if (event.kind === 'icmpv6') linkState.observe(event);
    if (event.kind === 'mobility') {
      extensions.observe(event);
      if (event.checksum !== 'wrong') returnRoutability.observe(event);
    }
    if (event.kind === 'binding') returnRoutability.binding(event);
  };
  const context: RuleContext = {
    ...linkState.queries(() => tested.now),
    ...extensions.queries(
      site,
      {
        byCareOfAddress: (bytes) =>
          bindings.find(
            ({ careOfAddress, previousCareOfAddresses }) =>
              same(careOfAddress, bytes) ||
              previousCareOfAddresses.some((item) => same(item, bytes)),
          ),
      },
      () => tested.now,
    ),
    ...ruleCounters(() => tested.now),
    ...returnRoutability.queries(),
    params: { ...params, ...known.params },
    site,
    isInline: false,
    get now() {
      return tested.now;
    },
    policyOf: (packet) => policy.lookup(packet),
    binding: (homeAddress, peer) =>
      bindings.find((item) => same(item.homeAddress, homeAddress) && same(item.peer, peer)),
    homeBinding: (homeAddress) =>
      homeBindings().find((item) => same(item.homeAddress, homeAddress)),
    homeBindings: () => homeBindings().filter(({ phase }) => phase === 'registered'),
    isHomeAgent: (candidate) =>
      site.homeAgents.some((agent) => agent.addresses.some((item) => same(item, candidate))) ||
      homeBindings().some(({ peer }) => same(peer, candidate)),
    isHomeAddress: (candidate) =>
      site.mobileNodes.some((node) => same(node.homeAddress, candidate)) ||
      homeBindings().some(({ homeAddress }) => same(homeAddress, candidate)),
    homePrefixOf: (candidate) =>
      homePrefixes()
        .filter((item) => prefixMatches(item.prefix, item.length, candidate, 0))
        .sort((a, b) => b.length - a.length)[0],
    homePrefixes,
    table: <V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): RuleTable<V> => {
      let table = tables.get(name);
      if (table === undefined) {
        table = new ExpiringTable<unknown>(bounds, () => tested.now);
        tables.set(name, table);
      }
      // A rule asks for one name with one type of value, so what it gets out is what it put in.
      return table as ExpiringTable<V>;
    },
  };

  const tested: RuleUnderTest = {
    now: START_TIME,
    get alerts() {
      return [...alerts.values()];
    },
    feed(event) {
      if (!rule.on.includes(event.kind)) {
        observe(event);
        return [];
      }
      tested.now = timeOf(event);
      const result = rule.evaluate(event, context);
      observe(event);
      const drafts = result === undefined ? [] : 'object' in result ? [result] : result;
      for (const draft of drafts) {
        if (!alerts.has(draft.object)) alerts.set(draft.object, draft);
      }
      return drafts;
    },
    feedAll: (events) => events.flatMap((event) => tested.feed(event)),
  };
  return tested;
}

/** Time of an event, microseconds since 1970. */
function timeOf(event: EngineEvent): number {
  switch (event.kind) {
    case 'tick':
    case 'binding-traffic':
    case 'esp-refusals':
    case 'reflected':
      return event.time;
    case 'binding':
      return event.packet.time;
    default:
      return event.context.packet.time;
  }
}

/** The one alert of a list. */
export function only(drafts: readonly AlertDraft[]): AlertDraft {
  const [draft] = drafts;
  if (draft === undefined || drafts.length > 1) throw new Error(`${drafts.length} alerts, not one`);
  return draft;
}
