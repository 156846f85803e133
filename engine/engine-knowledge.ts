/**
 * What the engine knows while a run goes on, for whoever shows it. Answers are the state itself: valid until the next
 * packet, and not to be changed.
 */
import type { Alert, Incident } from './alert.ts';
import type { Link } from './events.ts';
import type { IkeNotice } from './ike/notices.ts';
import type { EspFlowFacts } from './ipsec/esp-flows.ts';
import type { Site } from './site.ts';
import type { Binding } from './state/binding-cache.ts';
import type { HomePrefix } from './state/home-network.ts';
import type { Neighbor } from './state/neighbors.ts';
import type { Router } from './state/routers.ts';
import type { TestKind, TestPair } from './state/routability-tests.ts';
import type { SecurityAssociation } from './state/security-association.ts';
import type { UpdatePair } from './state/seen-updates.ts';

/** Questions about a run under way. */
export interface EngineKnowledge {
  readonly site: Site;
  readonly links: readonly Link[];
  /** Capture time of the first and the latest packet, microseconds since 1970; 0 without packets. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** In order of appearance. */
  readonly alerts: readonly Alert[];
  readonly homePrefixes: readonly HomePrefix[];
  /** Those that were given, then those that were derived. */
  readonly associations: readonly SecurityAssociation[];
  readonly ikeNotices: readonly IkeNotice[];
  /** All bindings in the table, least recently used home address first. */
  bindings(): Iterable<Readonly<Binding>>;
  /** What the packets tell of security associations; see `EngineSummary.espFlows`. */
  espFlows(): readonly EspFlowFacts[];
  /** Incidents of the alerts so far, in order of their first packet. Costs time for each alert. */
  incidents(): readonly Incident[];
  /** Home or care-of tests, least recently used address first. */
  tests(kind: TestKind): Iterable<Readonly<TestPair>>;
  /** Binding Updates of the last time of a home address, by peer. */
  updatesOf(homeAddress: Uint8Array): readonly Readonly<UpdatePair>[];
  /** Routers of a link, the one that advertised longest ago first. */
  routers(link: Link): Iterable<Readonly<Router>>;
  /** What is known of an address on a link. */
  neighbor(link: Link, address: Uint8Array): Readonly<Neighbor> | undefined;
  isHomeAgent(address: Uint8Array): boolean;
  isHomeAddress(address: Uint8Array): boolean;
}
