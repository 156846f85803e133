/**
 * Which association opened what in a run, and why the others did not: watches the ESP packets of an engine.
 *
 * Bounded: flows, probes per association and per flow have limits; what is beyond them is counted, not explained.
 */
import { addressKey, sameAddress } from '../../dissectors/core/address.ts';
import { copyOctets, u16 } from '../../dissectors/core/bytes.ts';
import type { Ipv6View } from '../../dissectors/walk.ts';
import { EspStatus } from '../crypto/esp.ts';
import type { EspWatcher } from '../engine.ts';
import type { OpenedEsp } from '../esp-opener.ts';
import type { PacketRecord } from '../ports.ts';
import type { SecurityAssociation } from '../state/security-association.ts';
import type { AssociationEntry } from './key-file.ts';
import { KeyProbe } from './key-probe.ts';

/** Flows of ESP packets kept. */
const MAX_FLOWS = 10_000;
/** Packets that the key of one association is tried on, beyond those it is meant for. */
const MAX_PROBES = 32;
/** Associations of other SPIs tried on the first packets of a flow that nothing opens. */
const MAX_OTHERS = 256;
/** Packets of such a flow. */
const MAX_FLOW_PROBES = 2;
/** Associations compared with such flows in a run: many of both must not take minutes. */
const MAX_COMPARISONS = 20_000_000;
/** Causes kept for one association. */
const MAX_CAUSES = 16;

/** Which packet. */
export interface PacketPlace {
  /** Index into the inputs of the run. */
  readonly input: number;
  /** 1-based, within its input. */
  readonly number: number;
}

/** ESP packets with one SPI between the same addresses. */
export interface EspFlow {
  readonly spi: number;
  /** Addresses of the IP header, 16 octets each, or 4 where ESP goes over IPv4. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Addresses that associations are for: home address instead of care-of address (RFC 3776 section 3.1). */
  readonly effectiveSource: Uint8Array;
  readonly effectiveDestination: Uint8Array;
  readonly first: PacketPlace;
  packets: number;
  opened: number;
  /** Packets of the flow that the capture cut, which cannot be verified. */
  cut: number;
}

/** Why an association did not open packets. */
export type CauseKind =
  /** The row names the care-of address where the home address counts. */
  | 'care-of-address'
  /** Source and destination are exchanged. */
  | 'direction'
  /** Other addresses. */
  | 'addresses'
  /** The row is for IPv4 and the packets are IPv6, or the other way round. */
  | 'family'
  /** Another SPI. */
  | 'spi'
  /** The keys fit with another algorithm or ICV length. */
  | 'algorithm'
  | 'sequence-length'
  /** The keys of another row fit. */
  | 'other-row'
  /** No key that is known fits. */
  | 'icv'
  /** The ICV is right and what was decrypted is nonsense. */
  | 'encryption-key'
  /** Decrypted octets are no packet, and there is no ICV that would tell whether the key is right. */
  | 'nonsense'
  /** The capture cut the packets. */
  | 'cut';

/** A cause and the packets it explains. */
export interface Cause {
  readonly kind: CauseKind;
  /** A right ICV proved it on one packet at least. */
  isProven: boolean;
  packets: number;
  /** The flow of the first packet. */
  readonly flow: EspFlow;
  readonly first: PacketPlace;
  /** What would have to be written, for `algorithm` and `sequence-length`. */
  readonly wanted: string | undefined;
  /** The row that fits, for `other-row`. */
  readonly other: AssociationEntry | undefined;
}

/** What is known of one association. */
export interface AssociationFindings {
  readonly causes: Cause[];
  /** Packets with a right ICV whose padding is not what RFC 4303 section 2.4 demands. */
  oddPadding: number;
  /** Packets with its SPI and addresses that another row opened. */
  shadowed: number;
  probes: number;
}

/** Watches a run. */
export class KeyCheck implements EspWatcher {
  readonly flows: EspFlow[] = [];
  /** ESP packets of flows beyond the limit. */
  unlisted = 0;
  packets = 0;
  opened = 0;
  readonly #entries: readonly AssociationEntry[];
  readonly #probe = new KeyProbe();
  readonly #bySpi = new Map<number, AssociationEntry[]>();
  readonly #byAssociation = new Map<SecurityAssociation, AssociationEntry>();
  readonly #findings = new Map<AssociationEntry, AssociationFindings>();
  readonly #flows = new Map<string, EspFlow>();
  #comparisons = 0;

  constructor(entries: readonly AssociationEntry[]) {
    this.#entries = entries;
    for (const entry of entries) {
      const { association } = entry;
      this.#byAssociation.set(association, entry);
      const { spi } = association;
      if (spi === undefined) continue;
      const known = this.#bySpi.get(spi);
      if (known === undefined) this.#bySpi.set(spi, [entry]);
      else known.push(entry);
    }
  }

  /** Findings about an association; undefined when there are none. */
  findingsOf(entry: AssociationEntry): AssociationFindings | undefined {
    return this.#findings.get(entry);
  }

  /** Flows with an SPI. */
  flowsOf(spi: number): EspFlow[] {
    return this.flows.filter((flow) => flow.spi === spi);
  }

  onEsp(
    view: Ipv6View,
    spi: number,
    opened: Readonly<OpenedEsp>,
    record: PacketRecord | undefined,
  ): void {
    this.packets++;
    const place = { input: record?.inputIndex ?? 0, number: record?.number ?? 0 };
    const flow = this.#flowOf(view, spi, place);
    if (flow === undefined) {
      this.unlisted++;
      return;
    }
    flow.packets++;
    if (view.isCut) flow.cut++;
    const { triedAssociation } = opened;
    const tried =
      triedAssociation === undefined ? undefined : this.#byAssociation.get(triedAssociation);
    if (opened.outcome === 'opened') {
      this.opened++;
      flow.opened++;
      if (tried === undefined) return;
      if (opened.integrityVerified && opened.triedStatus === EspStatus.PAD_CONTENT) {
        this.#findingsOf(tried).oddPadding++;
      }
      this.#noteShadowed(view, spi, tried);
    } else if (view.isCut) {
      for (const entry of this.#bySpi.get(spi) ?? []) this.#add(entry, 'cut', flow, place, false);
    } else if (tried === undefined) this.#unmatched(view, spi, flow, place);
    else this.#failed(view, tried, opened, flow, place);
  }

  /** Nothing is for these addresses. */
  #unmatched(view: Ipv6View, spi: number, flow: EspFlow, place: PacketPlace): void {
    const named = this.#bySpi.get(spi) ?? [];
    let isExplained = false;
    for (const entry of named.slice(0, MAX_OTHERS)) {
      const kind = addressCause(entry.association, view);
      const isProven = kind !== 'family' && this.#proves(entry, view);
      if (isProven) isExplained = true;
      this.#add(entry, kind, flow, place, isProven);
    }
    if (!isExplained) this.#trySpi(view, spi, flow, place);
  }

  /** Associations of these addresses with another SPI. */
  #trySpi(view: Ipv6View, spi: number, flow: EspFlow, place: PacketPlace): void {
    if (flow.packets > MAX_FLOW_PROBES || this.#comparisons > MAX_COMPARISONS) return;
    this.#comparisons += this.#entries.length;
    let tried = 0;
    for (const entry of this.#entries) {
      const { association } = entry;
      if (association.spi === spi || association.addressLength !== view.addressOctets) continue;
      const { bytes, effectiveSource: from, effectiveDestination: to } = view;
      if (!association.matches(bytes, from, to, view.addressOctets)) continue;
      if (tried++ >= MAX_OTHERS) return;
      if (this.#probe.verifies(entry, view)) {
        this.#add(entry, 'spi', flow, place, true);
        return;
      }
    }
  }

  /** The association of these addresses did not open the packet. */
  #failed(
    view: Ipv6View,
    entry: AssociationEntry,
    opened: Readonly<OpenedEsp>,
    flow: EspFlow,
    place: PacketPlace,
  ): void {
    const { encryption, integrity } = entry.association.esp;
    const hasIcv = integrity.create !== undefined || encryption.icvLength > 0;
    if (hasIcv && opened.triedStatus === EspStatus.PAD_LENGTH) {
      this.#add(entry, 'encryption-key', flow, place, true);
      return;
    }
    const findings = this.#findingsOf(entry);
    // A length that fits no block is what a wrong ICV length looks like: the alternatives tell.
    if (findings.probes < MAX_PROBES) {
      findings.probes++;
      const alternative = this.#probe.alternative(entry, view);
      if (alternative !== undefined) {
        const { kind, wanted } = alternative;
        this.#add(entry, kind, flow, place, true, { wanted });
        return;
      }
      const other = this.#otherRow(entry, view);
      if (other !== undefined) {
        this.#add(entry, 'other-row', flow, place, true, { other });
        return;
      }
    }
    this.#add(entry, opened.isIntegrityWrong ? 'icv' : 'nonsense', flow, place, false);
  }

  /** A row whose key fits the packet: rows of both directions are easily exchanged. */
  #otherRow(entry: AssociationEntry, view: Ipv6View): AssociationEntry | undefined {
    for (const other of this.#entries.slice(0, MAX_OTHERS)) {
      if (other !== entry && this.#probe.verifies(other, view)) return other;
    }
    return undefined;
  }

  #proves(entry: AssociationEntry, view: Ipv6View): boolean {
    const findings = this.#findingsOf(entry);
    if (findings.probes >= MAX_PROBES) return false;
    findings.probes++;
    return this.#probe.verifies(entry, view);
  }

  #noteShadowed(view: Ipv6View, spi: number, by: AssociationEntry): void {
    const { bytes, effectiveSource: from, effectiveDestination: to, addressOctets } = view;
    for (const entry of (this.#bySpi.get(spi) ?? []).slice(0, MAX_OTHERS)) {
      if (entry === by || entry.association.statistics.packets > 0) continue;
      if (entry.association.matches(bytes, from, to, addressOctets)) {
        this.#findingsOf(entry).shadowed++;
      }
    }
  }

  #findingsOf(entry: AssociationEntry): AssociationFindings {
    let findings = this.#findings.get(entry);
    if (findings === undefined) {
      findings = { causes: [], oddPadding: 0, shadowed: 0, probes: 0 };
      this.#findings.set(entry, findings);
    }
    return findings;
  }

  #add(
    entry: AssociationEntry,
    kind: CauseKind,
    flow: EspFlow,
    first: PacketPlace,
    isProven: boolean,
    details: { wanted?: string; other?: AssociationEntry } = {},
  ): void {
    const { wanted, other } = details;
    const { causes } = this.#findingsOf(entry);
    const known = causes.find(
      (cause) => cause.kind === kind && cause.wanted === wanted && cause.other === other,
    );
    if (known !== undefined) {
      known.packets++;
      known.isProven ||= isProven;
    } else if (causes.length < MAX_CAUSES) {
      causes.push({ kind, isProven, packets: 1, flow, first, wanted, other });
    }
  }

  #flowOf(view: Ipv6View, spi: number, first: PacketPlace): EspFlow | undefined {
    const { bytes, source, destination, effectiveSource, effectiveDestination } = view;
    const { addressOctets } = view;
    const keyAt = (offset: number): string =>
      addressOctets === 16
        ? addressKey(bytes, offset)
        : String.fromCharCode(u16(bytes, offset), u16(bytes, offset + 2));
    const key =
      `${String.fromCharCode(spi >>> 16, spi & 0xffff)}${keyAt(source)}${keyAt(destination)}` +
      `${keyAt(effectiveSource)}${keyAt(effectiveDestination)}`;
    const known = this.#flows.get(key);
    if (known !== undefined || this.flows.length >= MAX_FLOWS) return known;
    const copy = (offset: number): Uint8Array => copyOctets(bytes, offset, offset + addressOctets);
    const flow: EspFlow = {
      spi,
      source: copy(source),
      destination: copy(destination),
      effectiveSource: copy(effectiveSource),
      effectiveDestination: copy(effectiveDestination),
      first,
      packets: 0,
      opened: 0,
      cut: 0,
    };
    this.#flows.set(key, flow);
    this.flows.push(flow);
    return flow;
  }
}

/** Why the addresses of an association are not those of the packet. */
function addressCause(association: SecurityAssociation, view: Ipv6View): CauseKind {
  const { addressOctets: octets } = view;
  if (association.addressLength !== octets) return 'family';
  const { bytes, source, destination, effectiveSource, effectiveDestination } = view;
  // Only IPv6 has a home address beside the care-of address.
  const isMoved =
    octets === 16 &&
    (!sameAddress(bytes, source, bytes, effectiveSource) ||
      !sameAddress(bytes, destination, bytes, effectiveDestination));
  if (isMoved && association.matches(bytes, source, destination, octets)) return 'care-of-address';
  const isReversed =
    association.matches(bytes, effectiveDestination, effectiveSource, octets) ||
    association.matches(bytes, destination, source, octets);
  return isReversed ? 'direction' : 'addresses';
}
