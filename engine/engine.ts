/**
 * Public face of the engine: what goes in, what comes out.
 */
import type { Ipv6View } from '../dissectors/walk.ts';
import type { Alert, Incident, NotJudged } from './alert.ts';
import type { OpenedEsp } from './esp-opener.ts';
import type { EngineEvent, Link } from './events.ts';
import type { IkeNotice } from './ike/notices.ts';
import type { Admission } from './inline/admission.ts';
import type { AnyIkeSecret } from './ike/secret.ts';
import type { EspFlowFacts } from './ipsec/esp-flows.ts';
import type { DatabaseEntry } from './ipsec/policy-database.ts';
import type { CaptureInput, CaptureInterface, PacketRecord } from './ports.ts';
import type { RuleDefinition } from './rule-api.ts';
import type { PacketMatcher } from './rules/packet-matcher.ts';
import type { SuppressionReport } from './rules/suppressions.ts';
import type { Site } from './site.ts';
import type { Binding } from './state/binding-cache.ts';
import type { SecurityAssociation } from './state/security-association.ts';
import type { VerificationKeys } from './verification/keys.ts';

/** Called while packets go through; must not keep `event.context` objects' views, only their copies. */
export interface EngineObserver {
  onEvent?(event: EngineEvent): void;
  /** Once per rule and object, at the packet where it became certain. */
  onAlert?(alert: Alert): void;
  /** With `forgetAlertsAfter`: an alert was let go; its numbers are final. */
  onAlertForgotten?(alert: Alert): void;
}

/** Told of every ESP packet, to explain which association fits. What it gets is valid during the call only. */
export interface EspWatcher {
  /**
   * @param view of the IPv6 header; `view.esp` is the offset of the ESP header.
   * @param record the packet that was captured; undefined only without one.
   */
  onEsp(
    view: Ipv6View,
    spi: number,
    opened: Readonly<OpenedEsp>,
    record: PacketRecord | undefined,
  ): void;
}

/** What an engine is made of. */
export interface EngineOptions {
  readonly site: Site;
  readonly rules: readonly RuleDefinition[];
  readonly associations: readonly SecurityAssociation[];
  /** Secrets of IKE SAs: associations of their child SAs are added as they are negotiated. */
  readonly ike?: readonly AnyIkeSecret[];
  /** Keys for authenticators of messages; signatures of CGAs need none. */
  readonly verification?: VerificationKeys;
  /** Inputs and interfaces of the packet source; both may grow while packets arrive. */
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
  /** Security policies of the site, before those that RFC 3776 section 4.1 asks for. */
  readonly policies?: readonly DatabaseEntry[];
  readonly observer?: EngineObserver;
  readonly espWatcher?: EspWatcher;
  /** Tells which rules with display filters select a packet; without it they find nothing. */
  readonly matcher?: PacketMatcher | undefined;
  /** Makes hash tables unpredictable to whoever sends packets. Results do not depend on it. */
  readonly seed?: number;
  /**
   * Alerts that were not seen again for so many seconds of capture time are let go, with their part of incidents; what
   * they are about is a new alert when it comes again. For runs without an end: without it all are kept, and when
   * there are too many, further ones are counted only.
   */
  readonly forgetAlertsAfter?: number;
  /** Day of the run, `2026-12-31`: suppressions that end before it are expired. Without it none is. */
  readonly today?: string;
  /** Time in milliseconds from any start, to tell what rules cost. */
  readonly stopwatch?: () => number;
  /** Whoever decides which packets go on: those that are refused change nothing. Without one every packet has happened. */
  readonly admission?: Admission | undefined;
}

/** What may change while a run goes on. */
export interface EngineConfiguration {
  readonly rules: readonly RuleDefinition[];
  readonly site: Site;
  /** Day from which suppressions may be expired; as before when it is not given. */
  readonly today?: string;
  /** Instead of those that were given; those that are the same objects keep their state. As before when not given. */
  readonly associations?: readonly SecurityAssociation[];
}

/** How full a table is. */
export interface TableFill {
  readonly table: string;
  readonly entries: number;
  readonly limit: number;
}

/** Numbers of a run. */
export interface EngineCounters {
  packets: number;
  octets: number;
  ipv6: number;
  ipv4: number;
  /** Packets that are not IP, or of a link type that is not decoded. */
  undecoded: number;
  cut: number;
  fragments: number;
  reassembled: number;
  mobility: number;
  icmpv6Signalling: number;
  homeAddressOptions: number;
  type2RoutingHeaders: number;
  tunnelled: number;
  esp: number;
  espOpened: number;
  /** No association fits, and nothing else could be told of what is inside. */
  espNoKey: number;
  /** Read without a key: recognised as ESP with NULL encryption. */
  espReadAsNull: number;
  espIcvMismatch: number;
  espMalformed: number;
  /** Packets by MH Type 0..255. */
  readonly mobilityByType: number[];
  /** Diagnostics by code. */
  readonly diagnostics: Map<string, number>;
  /** Live entries evicted from full tables, by table. */
  readonly evictions: Map<string, number>;
}

/** Result of a run. */
export interface EngineSummary {
  readonly counters: EngineCounters;
  /** Capture time of the first and last packet, microseconds since 1970; 0 without packets. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly links: readonly Link[];
  /** All bindings still in the table, oldest first. */
  readonly bindings: readonly Readonly<Binding>[];
  /** Those that were given, then those that were derived. */
  readonly associations: readonly SecurityAssociation[];
  /** What kept IKE sessions from being followed. */
  readonly ikeNotices: readonly IkeNotice[];
  /**
   * What the packets tell of security associations, first seen first: SPI between two normalised addresses. At most
   * 4096; `counters.evictions` says whether some were forgotten.
   */
  readonly espFlows: readonly EspFlowFacts[];
  readonly alerts: readonly Alert[];
  readonly incidents: readonly Incident[];
  readonly notJudged: readonly NotJudged[];
  /** What suppressions of the site hid, in its order. */
  readonly suppressions: readonly SuppressionReport[];
  /** Findings that thresholds of the site held back. */
  readonly heldBack: number;
  /** Rules that failed and were switched off: our bugs. */
  readonly internalErrors: readonly string[];
}
