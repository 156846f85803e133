/**
 * ESP over IPv4, alone or in UDP (RFC 3948): nodes with an IPv4 care-of address speak to their home agent through such
 * tunnels (RFC 5555 section 4). What is inside is looked at; the outer packet is none of Mobile IPv6 and has no events.
 */
import { u16, u32, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { Ipv6View } from '../dissectors/walk.ts';
import type { InnerPacket } from './encapsulation.ts';
import type { EngineCounters, EspWatcher } from './engine.ts';
import type { EspOpener } from './esp-opener.ts';
import type { EspContext } from './events.ts';
import { AssociationRegister } from './ipsec/association-facts.ts';
import { MAX_DEPTH } from './packet-state.ts';
import type { PacketState } from './packet-state.ts';

/** RFC 791 section 3.1. */
const IPV4_OCTETS = 20;
const PROTOCOL_OFFSET = 9;
const SOURCE_OFFSET = 12;
const DESTINATION_OFFSET = 16;
/** More fragments, and the offset of one. */
const FRAGMENT = 0x3fff;
const UDP_OCTETS = 8;
/** RFC 3948 section 2.1. */
const ESP_PORT = 4500;
/** SPI and sequence number. RFC 4303 section 2. */
const ESP_OCTETS = 8;

/** ESP headers over IPv4 looked through in one packet. */
export const MAX_IPV4_ESP = 4;

const IN_IPV4: readonly string[] = ['esp'];
const IN_UDP: readonly string[] = ['udp:4500'];

/** What an ESP packet over IPv4 holds, decrypted; valid until the next one. */
export interface OpenedIpv4Esp {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly end: number;
  readonly nextHeader: number;
  readonly esp: EspContext;
  readonly carrier: InnerPacket;
  /** Names of encapsulations. */
  readonly names: readonly string[];
}

/** Finds ESP in IPv4 packets and opens it. */
export class Ipv4EspStage {
  readonly #packet: PacketState;
  readonly #counters: EngineCounters;
  readonly #opener: EspOpener;
  readonly #watcher: EspWatcher | undefined;
  readonly #register = new AssociationRegister();
  readonly #view = new Ipv6View();
  /** Offset of the UDP header of the packet found, or -1. */
  #udp = -1;

  constructor(parts: {
    packet: PacketState;
    counters: EngineCounters;
    opener: EspOpener;
    watcher: EspWatcher | undefined;
  }) {
    this.#packet = parts.packet;
    this.#counters = parts.counters;
    this.#opener = parts.opener;
    this.#watcher = parts.watcher;
    this.#view.addressOctets = 4;
  }

  /** Whether the IPv4 packet at `offset` is ESP, in UDP or not; fragments are not looked at. */
  find(bytes: Uint8Array, offset: number, end: number): boolean {
    const headerOctets = (u8(bytes, offset) & 0x0f) * 4;
    const header = offset + headerOctets;
    if (headerOctets < IPV4_OCTETS || header > end) return false;
    if ((u16(bytes, offset + 6) & FRAGMENT) !== 0) return false;
    const protocol = u8(bytes, offset + PROTOCOL_OFFSET);
    let esp = header;
    let packetEnd = offset + u16(bytes, offset + 2);
    this.#udp = -1;
    if (protocol === NEXT_HEADER.udp) {
      esp = header + UDP_OCTETS;
      // An SPI is where IKE has zeros, and a keepalive has one octet. RFC 3948 sections 2.2 and 2.3.
      if (esp + ESP_OCTETS > end || u32(bytes, esp) === 0) return false;
      if (u16(bytes, header) !== ESP_PORT && u16(bytes, header + 2) !== ESP_PORT) return false;
      this.#udp = header;
      packetEnd = Math.min(packetEnd, header + u16(bytes, header + 4));
    } else if (protocol !== NEXT_HEADER.esp) return false;
    const view = this.#view;
    view.bytes = bytes;
    view.start = offset;
    view.end = Math.max(esp, Math.min(packetEnd, end));
    view.isCut = packetEnd > end;
    view.source = offset + SOURCE_OFFSET;
    view.destination = offset + DESTINATION_OFFSET;
    view.effectiveSource = view.source;
    view.effectiveDestination = view.destination;
    view.esp = esp;
    if (view.diagnostics.items.length > 0) view.diagnostics.clear();
    return true;
  }

  /** What is wrong with the packet that was found. */
  get diagnostics(): Ipv6View['diagnostics'] {
    return this.#view.diagnostics;
  }

  /**
   * Opens the packet that was found.
   * @param depth ESP over IPv4 around this one, 0 to MAX_IPV4_ESP - 1
   * @returns undefined when no key fits
   */
  open(depth: number): OpenedIpv4Esp | undefined {
    const view = this.#view;
    const counters = this.#counters;
    const { time, record } = this.#packet;
    const { bytes, esp, end } = view;
    counters.esp++;
    if (end - esp < ESP_OCTETS) {
      counters.espMalformed++;
      if (!view.isCut) view.diagnostics.add('ESP_TRUNCATED', esp, end - esp);
      return undefined;
    }
    const spi = u32(bytes, esp);
    // A depth of its own: what is inside may be ESP again, which must not be decrypted over this.
    const opened = this.#opener.open(view, MAX_DEPTH + depth, spi, record, time);
    this.#watcher?.onEsp(view, spi, opened, record);
    if (opened.isIntegrityWrong) view.diagnostics.add('ESP_ICV', esp, end - esp);
    const { outcome, integrityVerified, association, triedAssociation, nextHeader } = opened;
    if (outcome === 'no-key') counters.espNoKey++;
    else if (outcome === 'icv-mismatch') counters.espIcvMismatch++;
    else if (outcome === 'malformed') counters.espMalformed++;
    else counters.espOpened++;
    if (outcome !== 'opened' || nextHeader === undefined || triedAssociation === undefined) {
      return undefined;
    }
    const names = this.#udp < 0 ? IN_IPV4 : IN_UDP;
    return {
      bytes: opened.bytes,
      offset: opened.payloadOffset,
      end: opened.payloadEnd,
      nextHeader,
      esp: {
        spi,
        sequence: u32(bytes, esp + 4),
        integrityVerified,
        ...(association === undefined ? {} : { association }),
        security: this.#register.of(triedAssociation),
      },
      carrier: {
        offset: opened.payloadOffset,
        name: names[0] ?? '',
        ipv4: view.start,
        udp: this.#udp,
        greKey: -1,
        bytes,
      },
      names,
    };
  }
}
