/**
 * Finds the security association of an ESP packet and opens it.
 *
 * The outer addresses of a tunnel follow the care-of address of an accepted registration (RFC 3776 section 4.3)
 * and nothing else; the ICV has the last word.
 */
import { prefixMatches } from '../dissectors/core/address.ts';
import type { Prefix } from '../dissectors/core/address.ts';
import { u32 } from '../dissectors/core/bytes.ts';
import type { Ipv6View } from '../dissectors/walk.ts';
import { EspScratch, EspStatus, NO_SEQUENCE_HIGH, createEspResult, isOpen } from './crypto/esp.ts';
import type { EspResult } from './crypto/esp.ts';
import { MAX_CANDIDATES, attempt, selectAssociations } from './esp-attempt.ts';
import type { EspEvent } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { PacketRecord, PreopenedEsp } from './ports.ts';
import type { Binding } from './state/binding-cache.ts';
import type { Bindings } from './state/bindings.ts';
import { SecurityAssociationTable, updateReplay } from './state/security-association.ts';
import type { SecurityAssociation } from './state/security-association.ts';

/** What came of an ESP packet; one object, filled again for each packet. */
export interface OpenedEsp {
  outcome: EspEvent['outcome'];
  /** True when an association fits the addresses but its integrity key does not fit the packet. */
  isIntegrityWrong: boolean;
  integrityVerified: boolean;
  /** Label of the association. */
  association: string | undefined;
  /** The association tried last, and what came of it; undefined when none was. */
  triedAssociation: SecurityAssociation | undefined;
  triedStatus: EspStatus;
  /** Packets that association had verified before this one. */
  verified: number;
  /** When opened: plaintext and its upper-layer protocol. */
  nextHeader: number | undefined;
  bytes: Uint8Array;
  payloadOffset: number;
  payloadEnd: number;
  /** Offset in `bytes` of the octet that holds the next header. */
  nextHeaderPointer: number;
}

/** Opens ESP packets with the associations of a run. */
export class EspOpener {
  #associations: readonly SecurityAssociation[];
  #table: SecurityAssociationTable;
  readonly #derived: SecurityAssociation[] = [];
  /** SPIs of associations that reading threads do not know; as many as associations at most. */
  readonly #derivedSpis = new Set<number>();
  readonly #bindings: Bindings;
  readonly #admission: Admission | undefined;
  /** Numbers whose windows move when the packet at hand is let in; as many as ESP headers in one packet. */
  readonly #arrived: { association: SecurityAssociation; sequence: number }[] = [];
  #arrivals = 0;
  readonly #result: EspResult = createEspResult();
  /** One scratch buffer a nesting depth: what was decrypted outside is still read while the inside is. */
  readonly #scratches: EspScratch[] = [];
  readonly #candidates: SecurityAssociation[] = [];
  readonly #opened: OpenedEsp = {
    outcome: 'no-key',
    isIntegrityWrong: false,
    integrityVerified: false,
    association: undefined,
    triedAssociation: undefined,
    triedStatus: EspStatus.OK,
    verified: 0,
    nextHeader: undefined,
    bytes: new Uint8Array(),
    payloadOffset: 0,
    payloadEnd: 0,
    nextHeaderPointer: 0,
  };

  constructor(
    associations: readonly SecurityAssociation[],
    bindings: Bindings,
    admission?: Admission,
  ) {
    this.#admission = admission;
    this.#associations = associations;
    this.#table = new SecurityAssociationTable(associations);
    this.#bindings = bindings;
  }

  /** Adds an association that was negotiated in the capture. */
  add(association: SecurityAssociation): void {
    this.#table.add(association);
    this.#derived.push(association);
    if (association.spi !== undefined) this.#derivedSpis.add(association.spi);
  }

  /** Takes other associations for those that were given; those that were negotiated stay. */
  replace(associations: readonly SecurityAssociation[]): void {
    this.#associations = associations;
    this.#table = new SecurityAssociationTable(associations);
    for (const association of this.#derived) this.#table.add(association);
  }

  /**
   * Opens the ESP packet at `view.esp`; over IPv4 as well, whose views have addresses of 4 octets.
   * @param record the packet, for the associations' statistics and for what a reading thread opened already.
   * @param time microseconds since 1970.
   */
  open(
    view: Ipv6View,
    depth: number,
    spi: number,
    record: PacketRecord | undefined,
    time: number,
  ): OpenedEsp {
    const opened = this.#opened;
    opened.outcome = 'no-key';
    opened.isIntegrityWrong = false;
    opened.integrityVerified = false;
    opened.association = undefined;
    opened.triedAssociation = undefined;
    opened.verified = 0;
    opened.nextHeader = undefined;
    if (this.#table.size === 0) return opened;
    const number = record?.number ?? 0;
    const ahead = record?.preopened;
    const isAhead = depth === 0 && ahead?.offset === view.esp && view.bytes === record?.bytes;
    if (isAhead && !this.#derivedSpis.has(spi)) {
      this.#takeAhead(ahead, view, number, time);
      return opened;
    }
    let count = this.#find(view, spi);
    const isTranslated = count === 0 && view.addressOctets === 4;
    if (isTranslated) count = this.#byDestination(view, spi);
    for (let i = 0; i < count; i++) {
      const association = this.#candidates[i];
      if (association === undefined) break;
      // A packet the capture cut cannot be verified: that is no failure of the key.
      if (view.isCut) {
        opened.outcome = 'malformed';
        break;
      }
      attempt(association, view, this.#scratch(depth), this.#result);
      if (isTranslated && !this.#result.integrityVerified) continue;
      if (this.#settle(association, view, number, time)) break;
    }
    return opened;
  }

  /** Takes the attempts of a reading thread as if they had been made here. */
  #takeAhead(ahead: PreopenedEsp, view: Ipv6View, number: number, time: number): void {
    const result = this.#result;
    result.sequence = u32(view.bytes, view.esp + 4);
    result.sequenceHigh = NO_SEQUENCE_HIGH;
    result.bytes = ahead.bytes;
    result.payloadOffset = ahead.payloadOffset;
    result.payloadEnd = ahead.payloadEnd;
    result.nextHeader = ahead.nextHeader;
    result.padLength = ahead.padLength;
    for (let i = 0; i < ahead.count; i++) {
      const made = ahead.attempts[i];
      const association = made === undefined ? undefined : this.#associations[made.association];
      if (made === undefined || association === undefined) return;
      // The number is one of EspStatus: a reading thread wrote it there.
      result.status = made.status as EspStatus;
      result.integrityVerified = made.integrityVerified;
      if (this.#settle(association, view, number, time)) return;
    }
  }

  /** Counts one attempt and takes its outcome. @returns true when it opened the packet. */
  #settle(association: SecurityAssociation, view: Ipv6View, number: number, time: number): boolean {
    const opened = this.#opened;
    const result = this.#result;
    opened.verified = association.statistics.verified;
    association.record(result, view.end - view.esp, { number, time });
    opened.association = association.label;
    opened.triedAssociation = association;
    opened.triedStatus = result.status;
    if (!isOpen(result)) {
      opened.isIntegrityWrong = result.status === EspStatus.ICV_MISMATCH;
      opened.outcome = opened.isIntegrityWrong ? 'icv-mismatch' : 'malformed';
      return false;
    }
    if (result.integrityVerified) this.#moveWindow(association, result.sequence);
    opened.outcome = 'opened';
    opened.isIntegrityWrong = false;
    opened.integrityVerified = result.integrityVerified;
    opened.nextHeader = result.nextHeader;
    opened.bytes = result.bytes;
    opened.payloadOffset = result.payloadOffset;
    opened.payloadEnd = result.payloadEnd;
    opened.nextHeaderPointer = result.payloadEnd + result.padLength + 1;
    return true;
  }

  /** Where somebody judges, the window moves when the packet is let in: the genuine one may come after a copy. */
  #moveWindow(association: SecurityAssociation, sequence: number): void {
    if (this.#admission === undefined) {
      updateReplay(association, sequence);
      return;
    }
    const arrived = this.#arrived[this.#arrivals];
    if (arrived === undefined) this.#arrived.push({ association, sequence });
    else {
      arrived.association = association;
      arrived.sequence = sequence;
    }
    this.#arrivals++;
  }

  /** The packet at hand is done with. @param isLetIn windows move */
  endPacket(isLetIn: boolean): void {
    for (let i = 0; i < this.#arrivals && isLetIn; i++) {
      const arrived = this.#arrived[i];
      if (arrived !== undefined) updateReplay(arrived.association, arrived.sequence);
    }
    this.#arrivals = 0;
  }

  /** Whether there is any association at all. */
  get hasAssociations(): boolean {
    return this.#table.size > 0;
  }

  /** Whether an association has this very SPI. */
  knowsSpi(spi: number): boolean {
    return this.#table.findBySpi(spi).length > 0;
  }

  /**
   * Looks for the association that an ESP packet belongs to by its SPI and the home agent's address alone: to
   * explain why none fits, never to open it. Nothing is counted.
   * @param isToAgent the packet goes to the home agent; else it comes from it.
   * @returns the address at the mobile node's end, and whether the keys fit; the best of at most four.
   */
  explain(
    view: Ipv6View,
    depth: number,
    spi: number,
    isToAgent: boolean,
  ): { readonly owner: Uint8Array; readonly isVerified: boolean } | undefined {
    let first: Uint8Array | undefined;
    let tried = 0;
    const { bytes } = view;
    const agent = isToAgent ? view.destination : view.source;
    for (const association of this.#table.findBySpi(spi)) {
      if (tried >= MAX_CANDIDATES) break;
      const near = isToAgent ? association.destination : association.source;
      const far = isToAgent ? association.source : association.destination;
      const isOfOne = association.addressLength === 16 && far.length === 128;
      if (!isOfOne || !prefixMatches(near.bytes, near.length, bytes, agent)) continue;
      tried++;
      attempt(association, view, this.#scratch(depth), this.#result);
      if (this.#result.integrityVerified) return { owner: far.bytes, isVerified: true };
      first ??= far.bytes;
    }
    return first === undefined ? undefined : { owner: first, isVerified: false };
  }

  #find(view: Ipv6View, spi: number): number {
    const count = selectAssociations(this.#table, view, spi, this.#candidates);
    const isNormalised =
      view.effectiveSource !== view.source || view.effectiveDestination !== view.destination;
    if (count > 0 || isNormalised || view.addressOctets === 4) return count;
    return this.#follow(view, spi);
  }

  /**
   * Associations over IPv4 of the SPI and destination alone, which name an association (RFC 4301 section 4.1): a NAT
   * may have changed the source. They are believed only when they verify the packet.
   */
  #byDestination(view: Ipv6View, spi: number): number {
    let count = 0;
    for (const association of this.#table.findBySpi(spi)) {
      if (count >= MAX_CANDIDATES) break;
      const { destination, addressLength } = association;
      if (addressLength !== 4) continue;
      if (prefixMatches(destination.bytes, destination.length, view.bytes, view.destination)) {
        this.#candidates[count++] = association;
      }
    }
    return count;
  }

  /** Tunnel associations written for the home address or an earlier care-of address of a node that moved. */
  #follow(view: Ipv6View, spi: number): number {
    const known = this.#table.findBySpi(spi);
    if (known.length === 0) return 0;
    const { bytes, source, destination } = view;
    const from = this.#bindings.byCareOfAddress(bytes, source);
    const to = this.#bindings.byCareOfAddress(bytes, destination);
    let count = 0;
    for (const association of known) {
      if (count >= MAX_CANDIDATES) break;
      if (association.addressLength !== 16) continue;
      const { source: sender, destination: receiver } = association;
      const followsSource =
        from !== undefined &&
        belongsTo(sender, from) &&
        prefixMatches(receiver.bytes, receiver.length, bytes, destination);
      const followsDestination =
        to !== undefined &&
        belongsTo(receiver, to) &&
        prefixMatches(sender.bytes, sender.length, bytes, source);
      if (followsSource || followsDestination) this.#candidates[count++] = association;
    }
    return count;
  }

  #scratch(depth: number): EspScratch {
    return (this.#scratches[depth] ??= new EspScratch());
  }
}

function belongsTo(selector: Prefix, binding: Binding): boolean {
  const covers = (address: Uint8Array): boolean =>
    prefixMatches(selector.bytes, selector.length, address, 0);
  return (
    covers(binding.homeAddress) ||
    covers(binding.careOfAddress) ||
    binding.previousCareOfAddresses.some(covers)
  );
}
