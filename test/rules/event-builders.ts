/**
 * Events made by hand for tests of rules: every builder has defaults that describe one ordinary site, and a
 * test names only what its case is about.
 *
 * The site: home agent HOME_AGENT on the home link serves HOME_PREFIX; MOBILE_NODE has HOME_ADDRESS there and
 * CARE_OF_ADDRESS on the foreign link; CORRESPONDENT is elsewhere; ATTACKER is nobody.
 */
import {
  addressKey,
  parseAddress,
  parsePrefix,
  prefixMatches,
} from '../../dissectors/core/address.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import type { Diagnostic, DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityHeader, MobilityMessage } from '../../dissectors/mobility/header.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import type { AlertDraft, RuleContext, RuleDefinition, RuleTable } from '../../engine/rule-api.ts';
import type {
  BindingEvent,
  EngineEvent,
  EspEvent,
  HomeAddressTrafficEvent,
  Icmpv6Event,
  Link,
  MalformedEvent,
  MobilityEvent,
  PacketContext,
  PacketReference,
  RelayEvent,
  TickEvent,
} from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import type { LinkRole, Site } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';

// --- addresses, packets, links --------------------------------------------------------------------

/** The 16 octets of an IPv6 address in text form. */
export function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return bytes;
}

/** The 6 octets of a link-layer address in text form. */
export function linkLayer(text: string): Uint8Array {
  return Uint8Array.from(text.split(':').map((octet) => Number.parseInt(octet, 16)));
}

/** A prefix in text form. */
export function prefix(text: string): { prefix: Uint8Array; length: number } {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return { prefix: parsed.bytes, length: parsed.length };
}

export const HOME_AGENT = address('2001:db8:1::1');
export const HOME_ADDRESS = address('2001:db8:1::10');
export const OTHER_HOME_ADDRESS = address('2001:db8:1::11');
export const HOME_PREFIX = prefix('2001:db8:1::/64');
export const CARE_OF_ADDRESS = address('2001:db8:3::99');
export const OTHER_CARE_OF_ADDRESS = address('2001:db8:4::99');
export const CORRESPONDENT = address('2001:db8:9::5');
export const ATTACKER = address('2001:db8:6::66');

/** Capture time of second 0, microseconds since 1970. */
export const START_TIME = 1_700_000_000_000_000;

/** Packet `number` at `seconds` (default: its number) after the start. */
export function packetAt(number: number, seconds = number): PacketReference {
  return { input: 0, number, time: START_TIME + Math.round(seconds * 1e6), nanoseconds: 0 };
}

/** A link of a role; unless told otherwise the site file said so. */
export function makeLink(role: LinkRole = 'unknown', overrides: Partial<Link> = {}): Link {
  return {
    id: ['home', 'foreign', 'transit', 'unknown'].indexOf(role),
    name: role,
    role,
    roleKnownBy: role === 'unknown' ? 'none' : 'site',
    effectiveRole: role,
    ...overrides,
  };
}

/** Context of packet 1 from CARE_OF_ADDRESS to HOME_AGENT in clear on the foreign link. */
export function packetContext(overrides: Partial<PacketContext> = {}): PacketContext {
  return {
    packet: packetAt(1),
    link: makeLink('foreign'),
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    homeAddressOption: undefined,
    routingHomeAddress: undefined,
    hopLimit: 64,
    linkSource: undefined,
    protection: 'none',
    esp: undefined,
    outer: undefined,
    encapsulation: [],
    isReassembled: false,
    extensions: 0,
    hasFragmentHeader: false,
    ...overrides,
  };
}

/** A diagnostic of the code; its place does not matter to rules. */
export function diagnostic(code: DiagnosticCode, detail?: string): Diagnostic {
  const base = { code, offset: 40, length: 1, source: 0 };
  return detail === undefined ? base : { ...base, detail };
}

// --- mobility messages ----------------------------------------------------------------------------

/** Fields of a Binding Update. Default: sequence 1, flags A and H, 60 s, no options. */
export interface BindingUpdateFields {
  readonly sequence?: number;
  readonly flags?: readonly (keyof typeof BINDING_UPDATE_FLAGS)[];
  /** Units of 4 s. */
  readonly lifetime?: number;
  readonly options?: readonly MobilityOption[];
}

/** What a mobility event is made of besides its message. */
export interface MobilityEventFields {
  readonly context?: Partial<PacketContext>;
  readonly options?: readonly MobilityOption[];
  readonly checksum?: MobilityEvent['checksum'];
  /** Added to those that decoding the message makes. */
  readonly diagnostics?: readonly Diagnostic[];
}

/** Event of a message: encoded, decoded again, and with the diagnostics of that. */
export function mobilityEvent(
  message: MobilityMessage,
  fields: MobilityEventFields = {},
): MobilityEvent {
  const context = packetContext(fields.context);
  const octets = encodeMobilityHeader(message, fields.options ?? [], {
    source: context.homeAddressOption ?? context.source,
    destination: context.routingHomeAddress ?? context.destination,
  });
  return mobilityEventOf(octets, fields);
}

/** Event of the octets of a Mobility Header, for messages that are wrong on purpose. */
export function mobilityEventOf(
  octets: Uint8Array,
  fields: Omit<MobilityEventFields, 'options'> = {},
): MobilityEvent {
  const list = new DiagnosticList();
  const header: MobilityHeader | undefined = decodeMobilityHeader(octets, 0, octets.length, list);
  if (header === undefined) throw new Error('no Mobility Header in less than 8 octets');
  return {
    kind: 'mobility',
    context: packetContext(fields.context),
    header,
    checksum: fields.checksum ?? 'right',
    diagnostics: [...list.items, ...(fields.diagnostics ?? [])],
  };
}

/** A Binding Update from CARE_OF_ADDRESS with a Home Address option, towards HOME_AGENT. */
export function bindingUpdateEvent(
  update: BindingUpdateFields = {},
  fields: Omit<MobilityEventFields, 'options'> = {},
): MobilityEvent {
  const { sequence = 1, flags = ['acknowledge', 'homeRegistration'], lifetime = 15 } = update;
  const word = flags.reduce((sum, flag) => sum | BINDING_UPDATE_FLAGS[flag].mask, 0);
  return mobilityEvent(
    { kind: 'binding-update', sequence, flags: word, lifetime },
    {
      ...fields,
      options: update.options ?? [],
      context: { homeAddressOption: HOME_ADDRESS, extensions: 1, ...fields.context },
    },
  );
}

/** A Binding Acknowledgement from HOME_AGENT to CARE_OF_ADDRESS with a type 2 routing header. */
export function bindingAcknowledgementEvent(
  acknowledgement: { status?: number; flags?: number; sequence?: number; lifetime?: number } = {},
  fields: MobilityEventFields = {},
): MobilityEvent {
  const { status = 0, flags = 0, sequence = 1, lifetime = 15 } = acknowledgement;
  return mobilityEvent(
    { kind: 'binding-acknowledgement', status, flags, sequence, lifetime },
    {
      ...fields,
      context: {
        source: HOME_AGENT,
        destination: CARE_OF_ADDRESS,
        routingHomeAddress: HOME_ADDRESS,
        extensions: 1,
        ...fields.context,
      },
    },
  );
}

/** Alternate Care-of Address option. */
export function alternateCareOfAddress(careOfAddress: Uint8Array): MobilityOption {
  return { kind: 'alternate-care-of-address', careOfAddress };
}

/** Octets put together, for messages that are wrong on purpose. */
export function octets(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return concatenate(parts.map((part) => Uint8Array.from(part)));
}

// --- other events ---------------------------------------------------------------------------------

/** An ICMPv6 message, checksum right. */
export function icmpv6Event(
  message: Icmpv6Message,
  fields: {
    context?: Partial<PacketContext>;
    checksum?: Icmpv6Event['checksum'];
    diagnostics?: readonly Diagnostic[];
  } = {},
): Icmpv6Event {
  return {
    kind: 'icmpv6',
    context: packetContext({ hopLimit: 255, ...fields.context }),
    message,
    checksum: fields.checksum ?? 'right',
    diagnostics: fields.diagnostics ?? [],
  };
}

/** An unopened ESP packet with a Home Address option from CARE_OF_ADDRESS to HOME_AGENT: looks like a BU. */
export function espEvent(
  fields: Partial<Omit<EspEvent, 'kind' | 'context'>> & { context?: Partial<PacketContext> } = {},
): EspEvent {
  const { context, ...rest } = fields;
  const layout = rest.layout ?? 'home-address-option';
  const addresses: Partial<PacketContext> =
    layout === 'home-address-option'
      ? { homeAddressOption: HOME_ADDRESS, extensions: 1 }
      : layout === 'type-2-routing-header'
        ? {
            source: HOME_AGENT,
            destination: CARE_OF_ADDRESS,
            routingHomeAddress: HOME_ADDRESS,
            extensions: 1,
          }
        : {};
  return {
    kind: 'esp',
    context: packetContext({ ...addresses, ...context }),
    spi: 0x1000,
    sequence: 1,
    length: 88,
    outcome: 'no-key',
    nextHeader: undefined,
    ...rest,
    layout,
  };
}

/** The home de-registration of HOME_ADDRESS relayed by ATTACKER: plain on the foreign link, with HAO later. */
export function relayEvent(
  fields: Partial<Omit<RelayEvent, 'kind' | 'context'>> & { context?: Partial<PacketContext> } = {},
): RelayEvent {
  const { context, ...rest } = fields;
  return {
    kind: 'relay',
    direction: 'to-home-agent',
    spi: 0x1000,
    sequence: 7,
    homeAddress: HOME_ADDRESS,
    homeAgent: HOME_AGENT,
    relay: ATTACKER,
    plain: packetAt(1),
    plainLink: makeLink('foreign'),
    extended: packetAt(2, 1.01),
    extendedLink: makeLink('transit'),
    context: packetContext({
      packet: packetAt(2, 1.01),
      link: makeLink('transit'),
      source: ATTACKER,
      homeAddressOption: HOME_ADDRESS,
      extensions: 1,
      ...context,
    }),
    ...rest,
  };
}

/** HOME_ADDRESS registered at HOME_AGENT with CARE_OF_ADDRESS in packet 1, for 60 s, read in clear. */
export function makeBinding(overrides: Partial<Binding> = {}): Binding {
  return {
    homeAddress: HOME_ADDRESS,
    peer: HOME_AGENT,
    role: 'home',
    phase: 'registered',
    careOfAddress: CARE_OF_ADDRESS,
    sequence: 1,
    lifetime: 60,
    flags: BINDING_UPDATE_FLAGS.acknowledge.mask | BINDING_UPDATE_FLAGS.homeRegistration.mask,
    knownBy: 'clear',
    firstSeen: START_TIME,
    registeredAt: START_TIME,
    expiresAt: START_TIME + 60e6,
    lastChange: packetAt(1),
    previousCareOfAddresses: [],
    pending: undefined,
    history: [],
    historyDropped: 0,
    lastTunnelFrom: 0,
    lastTunnelTo: 0,
    lastTunnelFromPrevious: 0,
    tunnelPackets: 0,
    ...overrides,
  };
}

/** A change of a binding. */
export function bindingEvent(
  change: BindingEvent['change'],
  fields: Partial<Omit<BindingEvent, 'kind' | 'change'>> = {},
): BindingEvent {
  return {
    kind: 'binding',
    change,
    binding: makeBinding(),
    previousCareOfAddress: undefined,
    packet: packetAt(1),
    ...fields,
  };
}

/** A TCP packet with HOME_ADDRESS as bare source, on the foreign link. */
export function homeAddressTrafficEvent(
  fields: Partial<Omit<HomeAddressTrafficEvent, 'kind' | 'context'>> & {
    context?: Partial<PacketContext>;
  } = {},
): HomeAddressTrafficEvent {
  const { context, ...rest } = fields;
  const direction = rest.direction ?? 'from';
  const homeAddress = rest.homeAddress ?? HOME_ADDRESS;
  const addresses =
    direction === 'from'
      ? { source: homeAddress, destination: CORRESPONDENT }
      : { source: CORRESPONDENT, destination: homeAddress };
  return {
    kind: 'home-address-traffic',
    context: packetContext({ ...addresses, ...context }),
    protocol: 6,
    ...rest,
    direction,
    homeAddress,
  };
}

/** A packet whose headers are wrong. */
export function malformedEvent(
  diagnostics: readonly Diagnostic[],
  context: Partial<PacketContext> = {},
): MalformedEvent {
  return { kind: 'malformed', context: packetContext(context), diagnostics };
}

/** Time moved on to `seconds` after the start. */
export function tickEvent(seconds: number, isEnd = false): TickEvent {
  return { kind: 'tick', time: START_TIME + Math.round(seconds * 1e6), isEnd };
}

// --- the context a rule asks ----------------------------------------------------------------------

/** A site with HOME_AGENT and HOME_PREFIX told. */
export function makeSite(overrides: Partial<Site> = {}): Site {
  const agent = {
    name: 'agent',
    addresses: [HOME_AGENT],
    homePrefixes: [HOME_PREFIX],
    linkLayerAddresses: [],
  };
  return { ...UNKNOWN_SITE, homeAgents: [agent], ...overrides };
}

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

interface Entry {
  readonly value: unknown;
  readonly time: number;
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
  const tables = new Map<string, RuleTable<unknown>>();
  const alerts = new Map<string, AlertDraft>();
  const same = (a: Uint8Array, b: Uint8Array): boolean => addressKey(a) === addressKey(b);
  const homeBindings = (): Binding[] => bindings.filter(({ role }) => role === 'home');
  const homePrefixes = (): ReturnType<RuleContext['homePrefixes']> => [
    ...site.homeAgents
      .flatMap((agent) => agent.homePrefixes)
      .map((item) => ({ ...item, knownBy: 'site' as const })),
    ...(known.learnedPrefixes ?? []).map((item) => ({ ...item, knownBy: 'learned' as const })),
  ];

  const context: RuleContext = {
    params: { ...params, ...known.params },
    site,
    get now() {
      return tested.now;
    },
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
        table = makeTable(bounds, () => tested.now);
        tables.set(name, table);
      }
      // A rule asks for one name with one type of value, so what it gets out is what it put in.
      return table as RuleTable<V>;
    },
  };

  const tested: RuleUnderTest = {
    now: START_TIME,
    get alerts() {
      return [...alerts.values()];
    },
    feed(event) {
      if (!rule.on.includes(event.kind)) return [];
      tested.now = timeOf(event);
      const result = rule.evaluate(event, context);
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

/** Table with the bounds a rule asked for; forgets by the time of the event at hand. */
function makeTable(
  bounds: { maxEntries: number; ttlSeconds: number },
  now: () => number,
): RuleTable<unknown> {
  const entries = new Map<string, Entry>();
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry !== undefined && now() - entry.time > bounds.ttlSeconds * 1e6) {
      entries.delete(key);
      return undefined;
    }
    return entry;
  };
  return {
    get: (key) => live(key)?.value,
    set(key, value) {
      entries.delete(key);
      const [oldest] = entries.keys();
      if (oldest !== undefined && entries.size >= bounds.maxEntries) entries.delete(oldest);
      entries.set(key, { value, time: now() });
    },
    delete: (key) => void entries.delete(key),
    values() {
      for (const key of [...entries.keys()]) live(key);
      return [...entries.values()].map(({ value }) => value).values();
    },
    get size() {
      return entries.size;
    },
  };
}

/** Time of an event, microseconds since 1970. */
function timeOf(event: EngineEvent): number {
  switch (event.kind) {
    case 'tick':
      return event.time;
    case 'binding':
      return event.packet.time;
    default:
      return event.context.packet.time;
  }
}
