/**
 * Events made by hand for tests of rules: every builder has defaults that describe one ordinary site (`site.ts`),
 * and a test names only what its case is about. `underTest` puts a rule before them.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import type { Diagnostic, DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityHeader, MobilityMessage } from '../../dissectors/mobility/header.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type {
  BindingEvent,
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
  TunnelledEvent,
} from '../../engine/events.ts';
import type { LinkRole } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  START_TIME,
} from './site.ts';

export * from './rule-under-test.ts';
export * from './site.ts';

// --- packets and links ----------------------------------------------------------------------------

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

/** A UDP packet of HOME_ADDRESS in a plain tunnel from CARE_OF_ADDRESS to HOME_AGENT. */
export function tunnelledEvent(
  fields: Partial<Omit<TunnelledEvent, 'kind' | 'context'>> & {
    context?: Partial<PacketContext>;
    /** Of the outer header; a tunnel over IPv4 has `ipv4Outer` in `context` and none here. */
    outer?: Partial<PacketContext> | 'none';
  } = {},
): TunnelledEvent {
  const { context, outer, ...rest } = fields;
  return {
    kind: 'tunnelled',
    context: packetContext({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      outer: outer === 'none' ? undefined : packetContext(outer),
      ...context,
    }),
    direction: 'to-home-agent',
    protocol: 17,
    sourcePort: 16_384,
    destinationPort: 16_386,
    control: undefined,
    depth: 1,
    isExpected: false,
    ...rest,
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
