/**
 * Opens ESP packets ahead of the engine, so that threads can share the cost of cryptography.
 *
 * Only what needs no state is done here: the outermost ESP header, with the associations its addresses select,
 * in the order in which the engine would try them. The engine takes the outcome as if it had done the work.
 */
import { u32 } from '../dissectors/core/bytes.ts';
import { FrameView, Ipv6View, walkIpv6, walkLink } from '../dissectors/walk.ts';
import { EspScratch, createEspResult } from './crypto/esp.ts';
import { MAX_CANDIDATES, attempt, selectAssociations } from './esp-attempt.ts';
import type { PacketRecord, PreopenedEsp } from './ports.ts';
import { SecurityAssociationTable } from './state/security-association.ts';
import type { SecurityAssociation } from './state/security-association.ts';

const NOTHING = new Uint8Array();

/** A `PreopenedEsp` to be filled again and again. */
export function newPreopened(): PreopenedEsp {
  return {
    offset: -1,
    attempts: Array.from({ length: MAX_CANDIDATES }, () => ({
      association: 0,
      status: 0,
      integrityVerified: false,
    })),
    count: 0,
    bytes: new Uint8Array(),
    payloadOffset: 0,
    payloadEnd: 0,
    nextHeader: 0,
    padLength: 0,
  };
}

/** Opens what can be opened without state. */
export class Preopener {
  readonly #table: SecurityAssociationTable;
  readonly #indices: ReadonlyMap<SecurityAssociation, number>;
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();
  readonly #scratch = new EspScratch();
  readonly #result = createEspResult();
  readonly #candidates: SecurityAssociation[] = [];
  readonly #opened = newPreopened();

  constructor(associations: readonly SecurityAssociation[]) {
    this.#table = new SecurityAssociationTable(associations);
    this.#indices = new Map(associations.map((association, index) => [association, index]));
  }

  /** @returns the outcome, valid until the next call; undefined when the engine must look itself. */
  open(record: PacketRecord): PreopenedEsp | undefined {
    if (this.#table.size === 0) return undefined;
    const { bytes, offset, end, linkType } = record;
    const view = this.#view;
    const frame = this.#frame;
    const isCut = end - offset < record.originalLength;
    walkLink(bytes, offset, end, linkType, isCut, frame);
    if (frame.ipVersion !== 6 || !walkIpv6(bytes, frame.ipOffset, end, isCut, view))
      return undefined;
    const isFragment = view.fragmentOffset !== 0 || view.moreFragments;
    if (view.esp < 0 || isFragment || view.isCut || view.end - view.esp < 8) return undefined;
    const count = selectAssociations(this.#table, view, u32(bytes, view.esp), this.#candidates);
    if (count === 0) return undefined;
    const opened = this.#opened;
    opened.offset = view.esp;
    opened.count = 0;
    let isOpen = false;
    for (let i = 0; i < count && !isOpen; i++) {
      const association = this.#candidates[i];
      const slot = opened.attempts[i];
      // Extended sequence numbers depend on the packets before: the engine's business.
      if (association === undefined || slot === undefined || association.extendedSequence) {
        return undefined;
      }
      isOpen = attempt(association, view, this.#scratch, this.#result);
      slot.association = this.#indices.get(association) ?? 0;
      slot.status = this.#result.status;
      slot.integrityVerified = this.#result.integrityVerified;
      opened.count++;
    }
    const result = this.#result;
    opened.bytes = isOpen ? result.bytes : NOTHING;
    opened.payloadOffset = isOpen ? result.payloadOffset : 0;
    opened.payloadEnd = isOpen ? result.payloadEnd : 0;
    opened.nextHeader = result.nextHeader;
    opened.padLength = result.padLength;
    return opened;
  }
}
