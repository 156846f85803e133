/**
 * Turns the engine's events into the records of the event stream.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import type { Diagnostic } from '../../dissectors/core/diagnostic.ts';
import {
  ICMPV6_MESSAGES,
  NEIGHBOR_ADVERTISEMENT_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
} from '../../dissectors/icmpv6/index.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type {
  BindingEvent,
  Icmpv6Event,
  MobilityEvent,
  PacketContext,
} from '../../engine/events.ts';
import type { CaptureInput } from '../../engine/ports.ts';
import type {
  AnomalyRecord,
  BindingEventRecord,
  EventHead,
  FaultRecord,
  SignallingRecord,
} from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { flagNames } from './flag-names.ts';
import { numbers, optionalAddress } from './record-maker.ts';

const ICMPV6_TYPE = new Map<string, number>(ICMPV6_MESSAGES.map((row) => [row.kind, row.type]));
/** IANA name of the Mobility Header's protocol. */
export const MOBILITY_PROTOCOL = 'Mobility Header';
/** IANA name of ICMPv6. */
export const ICMPV6_PROTOCOL = 'IPv6-ICMP';
/** IANA name of ESP. */
export const ESP_PROTOCOL = 'ESP';
/** Mobility lifetimes count units of 4 seconds. RFC 6275 section 6.1.7. */
const LIFETIME_UNIT = 4;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Signalling = Mutable<SignallingRecord>;

/** Records of one run's events; it knows the names of the run's inputs. */
export class EventRecords {
  readonly #inputs: readonly CaptureInput[];

  constructor(inputs: readonly CaptureInput[]) {
    this.#inputs = inputs;
  }

  /** Where and between whom a packet went. */
  head(context: PacketContext, proto?: string): EventHead {
    const { packet, link } = context;
    return {
      timestamp: eveTimestamp(packet.time),
      pcap_cnt: packet.number,
      pcap_filename: this.#inputs[packet.input]?.name ?? '',
      in_iface: link.name,
      src_ip: formatAddress(context.source),
      dest_ip: formatAddress(context.destination),
      proto,
    };
  }

  mobility(event: MobilityEvent): SignallingRecord {
    const { context, header } = event;
    const { message, options } = header;
    const record = this.#signalling(context, message.kind, MOBILITY_PROTOCOL, event.checksum);
    record.mh_type = header.mhType;
    if (options.length > 0) record.options = namesOf(options);
    switch (message.kind) {
      case 'binding-update': {
        record.sequence = message.sequence;
        record.lifetime = message.lifetime * LIFETIME_UNIT;
        record.flags = flagNames(BINDING_UPDATE_FLAGS, message.flags);
        // Without a Home Address option the sender is at its home address. RFC 6275 section 11.5.5.
        record.home_address ??= formatAddress(context.source);
        const alternate = findOption(options, 'alternate-care-of-address')?.careOfAddress;
        record.care_of_address = formatAddress(alternate ?? context.source);
        if ((message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0) {
          record.home_agent = formatAddress(context.destination);
        }
        break;
      }
      case 'binding-acknowledgement':
        record.status = message.status;
        record.sequence = message.sequence;
        record.lifetime = message.lifetime * LIFETIME_UNIT;
        record.flags = flagNames(BINDING_ACKNOWLEDGEMENT_FLAGS, message.flags);
        if (record.home_address !== undefined) {
          record.care_of_address = formatAddress(context.destination);
        }
        record.home_address ??= formatAddress(context.destination);
        break;
      case 'binding-error':
        record.status = message.status;
        record.home_address = formatAddress(message.homeAddress);
        break;
      case 'home-test-init':
        record.home_address ??= formatAddress(context.source);
        break;
      case 'home-test':
        record.home_address ??= formatAddress(context.destination);
        break;
      case 'care-of-test-init':
        record.care_of_address = formatAddress(context.source);
        break;
      case 'care-of-test':
        record.care_of_address = formatAddress(context.destination);
        break;
      default:
    }
    return record;
  }

  icmpv6(event: Icmpv6Event): SignallingRecord {
    const { context, message } = event;
    const record = this.#signalling(context, message.kind, ICMPV6_PROTOCOL, event.checksum);
    const type = message.kind === 'unknown-icmpv6' ? message.type : ICMPV6_TYPE.get(message.kind);
    record.icmp_type = type;
    record.icmp_code = message.code;
    if ('options' in message && message.options.length > 0) {
      record.options = namesOf(message.options);
    }
    if (message.kind === 'router-advertisement') {
      record.flags = flagNames(ROUTER_ADVERTISEMENT_FLAGS, message.flags);
      record.lifetime = message.routerLifetime;
    } else if (message.kind === 'neighbor-advertisement') {
      record.flags = flagNames(NEIGHBOR_ADVERTISEMENT_FLAGS, message.flags);
    }
    return record;
  }

  /** @param context of the packet that caused the change, where it is known */
  binding(event: BindingEvent, context: PacketContext | undefined): BindingEventRecord {
    const { binding, packet } = event;
    const head =
      context === undefined
        ? {
            timestamp: eveTimestamp(packet.time),
            pcap_cnt: packet.number,
            pcap_filename: this.#inputs[packet.input]?.name ?? '',
          }
        : this.head(context);
    // While an answer is awaited, what was asked for is the news.
    const { pending } = binding;
    const now = pending ?? binding;
    const before = pending === undefined ? event.previousCareOfAddress : undefined;
    const previous = optionalAddress(before);
    return {
      ...head,
      change: event.change,
      home_address: formatAddress(binding.homeAddress),
      peer: formatAddress(binding.peer),
      role: binding.role,
      phase: binding.phase,
      care_of_address: formatAddress(now.careOfAddress),
      ...(previous === undefined ? {} : { previous_care_of_address: previous }),
      ...numbers(now),
      known_by: binding.knownBy,
    };
  }

  /** Anomaly of a diagnostic, or undefined when it is not a fault. */
  anomaly(diagnostic: Diagnostic, context: PacketContext): AnomalyRecord | undefined {
    const { severity, group, text } = DIAGNOSTICS[diagnostic.code];
    if (severity !== 'warn' && severity !== 'error') return undefined;
    return {
      ...this.head(context),
      type: 'decode',
      code: diagnostic.code,
      severity,
      group,
      text,
      ...(diagnostic.detail === undefined ? {} : { detail: diagnostic.detail }),
    };
  }

  /** Anomaly of an input. @param time of the last packet, microseconds since 1970 */
  fault(fault: FaultRecord, time: number): AnomalyRecord {
    return {
      timestamp: eveTimestamp(time),
      pcap_cnt: fault.packets_before,
      pcap_filename: fault.pcap_filename,
      type: 'capture',
      code: fault.code,
      severity: 'error',
      group: 'capture',
      text: fault.message,
      detail: `at octet ${fault.offset}`,
    };
  }

  #signalling(
    context: PacketContext,
    message: string,
    proto: string,
    checksum: MobilityEvent['checksum'],
  ): Signalling {
    const { esp, encapsulation } = context;
    const home = context.homeAddressOption ?? context.routingHomeAddress;
    return {
      head: this.head(context, proto),
      message,
      mh_type: undefined,
      icmp_type: undefined,
      icmp_code: undefined,
      checksum,
      home_address: home === undefined ? undefined : formatAddress(home),
      care_of_address: undefined,
      home_agent: undefined,
      sequence: undefined,
      lifetime: undefined,
      status: undefined,
      flags: undefined,
      layout: layoutOf(context),
      protection: context.protection,
      spi: esp?.spi,
      esp_sequence: esp?.sequence,
      integrity_verified: esp?.integrityVerified,
      is_tunnelled: context.outer !== undefined,
      encapsulation: encapsulation.length > 0 ? encapsulation : undefined,
      options: undefined,
    };
  }
}

function layoutOf(context: PacketContext): SignallingRecord['layout'] {
  if (context.homeAddressOption !== undefined) return 'home-address-option';
  return context.routingHomeAddress === undefined ? 'plain' : 'type-2-routing-header';
}

/** Kinds of the options, padding left out. */
function namesOf(options: readonly { readonly kind: string }[]): string[] {
  const names: string[] = [];
  for (const { kind } of options) if (kind !== 'pad1' && kind !== 'padn') names.push(kind);
  return names;
}
