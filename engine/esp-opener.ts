/**
 * Finds the security association of an ESP packet and opens it.
 *
 * RFC 3776 section 4.2: selectors name the home address, so the look-up uses the addresses with the Home
 * Address option and the type 2 routing header applied. The outer addresses of a tunnel follow the care-of
 * address of an accepted registration (section 4.3) and nothing else; the ICV has the last word.
 */
import { prefixMatches } from '../dissectors/core/address.ts';
import type { Prefix } from '../dissectors/core/address.ts';
import type { Ipv6View } from '../dissectors/walk.ts';
import { EspScratch, EspStatus, createEspResult, openEsp } from './crypto/esp.ts';
import type { EspResult } from './crypto/esp.ts';
import type { EspEvent } from './events.ts';
import type { Binding } from './state/binding-cache.ts';
import type { Bindings } from './state/bindings.ts';
import { SecurityAssociationTable, updateReplay } from './state/security-association.ts';
import type { SecurityAssociation } from './state/security-association.ts';

/** Associations tried on one packet. */
const MAX_CANDIDATES = 4;

/** What came of an ESP packet; one object, filled again for each packet. */
export interface OpenedEsp {
  outcome: EspEvent['outcome'];
  /** True when an association fits the addresses but its integrity key does not fit the packet. */
  isIntegrityWrong: boolean;
  integrityVerified: boolean;
  /** Label of the association. */
  association: string | undefined;
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
  readonly #table: SecurityAssociationTable;
  readonly #bindings: Bindings;
  readonly #result: EspResult = createEspResult();
  /** One scratch buffer a nesting depth: what was decrypted outside is still read while the inside is. */
  readonly #scratches: EspScratch[] = [];
  readonly #candidates: SecurityAssociation[] = [];
  readonly #opened: OpenedEsp = {
    outcome: 'no-key',
    isIntegrityWrong: false,
    integrityVerified: false,
    association: undefined,
    nextHeader: undefined,
    bytes: new Uint8Array(),
    payloadOffset: 0,
    payloadEnd: 0,
    nextHeaderPointer: 0,
  };

  constructor(associations: Iterable<SecurityAssociation>, bindings: Bindings) {
    this.#table = new SecurityAssociationTable(associations);
    this.#bindings = bindings;
  }

  /**
   * Opens the ESP packet at `view.esp`.
   * @param number packet number and @param time in microseconds, for the association's statistics.
   */
  open(view: Ipv6View, depth: number, spi: number, time: number, number: number): OpenedEsp {
    const opened = this.#opened;
    opened.outcome = 'no-key';
    opened.isIntegrityWrong = false;
    opened.integrityVerified = false;
    opened.association = undefined;
    opened.nextHeader = undefined;
    if (this.#table.size === 0) return opened;
    const { bytes, esp: offset, end } = view;
    const count = this.#find(view, spi);
    for (let i = 0; i < count; i++) {
      const association = this.#candidates[i];
      if (association === undefined) break;
      const result = this.#result;
      openEsp(association, bytes, offset, end, this.#scratch(depth), result);
      // A packet the capture cut cannot be verified: that is no failure of the key.
      if (view.isCut) {
        opened.outcome = 'malformed';
        return opened;
      }
      association.record(result, end - offset, { number, time });
      opened.association = association.label;
      if (isOpen(result)) {
        if (result.integrityVerified) updateReplay(association, result.sequence);
        opened.outcome = 'opened';
        opened.isIntegrityWrong = false;
        opened.integrityVerified = result.integrityVerified;
        opened.nextHeader = result.nextHeader;
        opened.bytes = result.bytes;
        opened.payloadOffset = result.payloadOffset;
        opened.payloadEnd = result.payloadEnd;
        opened.nextHeaderPointer = result.payloadEnd + result.padLength + 1;
        return opened;
      }
      const isIcv = result.status === EspStatus.ICV_MISMATCH;
      opened.isIntegrityWrong = isIcv;
      opened.outcome = isIcv ? 'icv-mismatch' : 'malformed';
    }
    return opened;
  }

  #find(view: Ipv6View, spi: number): number {
    const { bytes, source, destination, effectiveSource, effectiveDestination } = view;
    const into = this.#candidates;
    const count = this.#table.candidates(
      spi,
      bytes,
      effectiveSource,
      effectiveDestination,
      16,
      into,
      MAX_CANDIDATES,
    );
    if (count > 0 || effectiveSource !== source || effectiveDestination !== destination) {
      return count;
    }
    return this.#follow(view, spi);
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
      const followsSource =
        from !== undefined &&
        belongsTo(association.source, from) &&
        prefixMatches(
          association.destination.bytes,
          association.destination.length,
          bytes,
          destination,
        );
      const followsDestination =
        to !== undefined &&
        belongsTo(association.destination, to) &&
        prefixMatches(association.source.bytes, association.source.length, bytes, source);
      if (followsSource || followsDestination) this.#candidates[count++] = association;
    }
    return count;
  }

  #scratch(depth: number): EspScratch {
    return (this.#scratches[depth] ??= new EspScratch());
  }
}

/** Without a verified ICV only right padding tells a right key from a wrong one. RFC 4303 section 2.4. */
function isOpen(result: EspResult): boolean {
  switch (result.status) {
    case EspStatus.OK:
    case EspStatus.DUMMY:
      return true;
    case EspStatus.PAD_CONTENT:
      return result.integrityVerified;
    default:
      return false;
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
