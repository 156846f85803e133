/**
 * Trees and lines of any packet of a run.
 */
import { summarize } from '../../dissectors/index.ts';
import type { Dissection, FieldNode } from '../../dissectors/index.ts';
import { formatAddress } from '../../dissectors/core/address.ts';
import { stateNode } from '../../engine/filter/state-fields.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import { emptyPacketRecord } from '../../engine/ports.ts';
import { ColourRules } from '../../engine/views/colour-rules.ts';
import type { PacketDetail, PacketRow } from '../../engine/views/model/index.ts';
import { allNodes, dissectRecord, packetViewOf } from '../read/packet-view.ts';
import type { PacketView } from '../read/packet-view.ts';
import type { Instant } from '../read/time-fields.ts';
import { MARK } from './catalogue.ts';
import type { PacketCatalogue } from './catalogue.ts';
import { addressesIn } from './findings-table.ts';
import type { FindingsTable } from './findings-table.ts';
import type { OrderedAnswers } from './ordered-answers.ts';
import type { PacketStore } from './packet-store.ts';

/** Lines remembered: a screen asks for the same ones again and again. */
const MAX_LINES = 2000;

/** What a line shows that does not change. */
type Line = Omit<PacketRow, 'severity'>;

/** Parts of a run that tell of packets. */
export interface LookerParts {
  readonly catalogue: PacketCatalogue;
  readonly store: PacketStore;
  readonly answers: OrderedAnswers;
  readonly findings: FindingsTable;
  readonly interfaces: readonly CaptureInterface[];
  /** Index of the input that a line names. */
  readonly inputOf: (record: PacketRecord) => number;
}

/** Makes trees and lines. */
export class PacketLooker {
  readonly #parts: LookerParts;
  readonly #record = emptyPacketRecord();
  readonly #other = emptyPacketRecord();
  readonly #colours = new ColourRules();
  readonly #lines = new Map<number, Line>();
  #first: Instant = { seconds: 0, nanoseconds: 0 };

  constructor(parts: LookerParts) {
    this.#parts = parts;
  }

  /** Reads a packet; valid until the next look. Undefined when its octets are gone. */
  record(position: number): PacketRecord | undefined {
    return this.#parts.store.read(position, this.#record) ? this.#record : undefined;
  }

  /** Capture time of the first packet of the run. */
  get first(): Instant {
    return this.#first;
  }

  /** Takes note of the first packet: it is forgotten some time. */
  noteFirst(): void {
    this.#first = this.#parts.catalogue.time(0);
  }

  /**
   * The view of a packet. Its record is valid until the next look; its tree is not affected by that.
   * @param displayed position of the packet shown before it
   */
  view(position: number, displayed = position - 1): PacketView | undefined {
    const record = this.record(position);
    if (record === undefined) return undefined;
    const { answers, store } = this.#parts;
    const tools = answers.replay(position);
    const reassembled = answers.reassembled(position, record, (other) =>
      store.read(other, this.#other) ? this.#other : undefined,
    );
    // Reading other packets may have moved the octets.
    const own = reassembled === undefined ? record : this.record(position);
    if (own === undefined) return undefined;
    return this.viewOf(own, position, displayed, dissectRecord(own, tools, reassembled));
  }

  /** The view of a packet whose tree is made. */
  viewOf(
    record: PacketRecord,
    position: number,
    displayed: number,
    dissection: Dissection,
  ): PacketView {
    const { catalogue, findings, interfaces } = this.#parts;
    const { seconds, nanoseconds } = record;
    const own: Instant = { seconds, nanoseconds };
    const timeAt = (at: number): Instant => (catalogue.has(at) ? catalogue.time(at) : own);
    return packetViewOf(record, dissection, {
      first: this.first,
      previous: timeAt(position - 1),
      displayed: timeAt(displayed),
      interfaceName: interfaces[record.interfaceIndex]?.name,
      state: (nodes) => {
        const found = findings.findingsOf(position, addressesIn(nodes));
        return found === undefined ? undefined : stateNode(found);
      },
    });
  }

  /** Whether the line of a packet is remembered. */
  isKnown(position: number): boolean {
    return this.#lines.has(position);
  }

  /** The line of a packet. @param isFinal the answers about it are known: the line is remembered */
  row(position: number, isFinal: boolean): PacketRow {
    const severity = this.#parts.findings.severityAt(position);
    const known = this.#lines.get(position);
    if (known !== undefined) {
      this.#lines.delete(position);
      this.#lines.set(position, known);
      return { ...known, severity };
    }
    const view = this.view(position);
    const line = view === undefined ? this.#goneLine(position) : this.#lineOf(position, view);
    if (isFinal && view !== undefined) {
      this.#lines.set(position, line);
      const [oldest] = this.#lines.keys();
      if (this.#lines.size > MAX_LINES && oldest !== undefined) this.#lines.delete(oldest);
    }
    return { ...line, severity };
  }

  /**
   * Everything about a packet.
   * @param displayed position of the packet shown before it
   * @param isHomeAddress whether an address is known as one
   */
  detail(
    position: number,
    displayed: number,
    isHomeAddress: (address: Uint8Array) => boolean,
  ): PacketDetail {
    const { catalogue, findings } = this.#parts;
    const severity = findings.severityAt(position);
    const alerts = findings.at(position).map(({ id }) => id);
    const time = catalogue.time(position);
    const view = this.view(position, displayed);
    if (view === undefined) {
      const row = { ...this.#goneLine(position), severity };
      return { row, nodes: [], sources: [], time, alerts, homeAddresses: [] };
    }
    return {
      row: { ...this.#lineOf(position, view), severity },
      nodes: allNodes(view),
      sources: view.dissection.sources,
      time,
      alerts,
      homeAddresses: homeAddressesOf(allNodes(view), isHomeAddress),
    };
  }

  #lineOf(position: number, view: PacketView): Line {
    const { record, dissection, nodes } = view;
    const all = [...dissection.nodes, ...nodes.experts];
    return {
      packet: position,
      number: record.number,
      input: this.#parts.inputOf(record),
      seconds: view.sinceFirst,
      ...summarize(dissection),
      length: record.originalLength,
      emphasis: this.#colours.emphasisOf(fieldSource(all, dissection.sources)),
    };
  }

  /** Of a packet whose octets are gone: what the catalogue knows. */
  #goneLine(position: number): Line {
    const { catalogue } = this.#parts;
    const record = this.#other;
    catalogue.fill(position, record);
    const { first } = this;
    const { seconds, nanoseconds } = record;
    const isLost = (catalogue.marks(position) & MARK.lost) !== 0;
    return {
      packet: position,
      number: record.number,
      input: this.#parts.inputOf(record),
      seconds: seconds - first.seconds + (nanoseconds - first.nanoseconds) / 1e9,
      source: '',
      destination: '',
      protocol: '',
      info: isLost ? 'its octets were not kept' : 'its octets can no longer be read',
      length: record.originalLength,
      emphasis: 'plain',
    };
  }
}

/** Fields whose value is a home address. */
const HOME_ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  'ipv6.opt.mipv6.home_address',
  'ipv6.routing.mipv6.home_address',
  'mip6guard.binding.hoa',
]);
const END_FIELDS: ReadonlySet<string> = new Set(['ipv6.src', 'ipv6.dst']);

/** Home addresses a packet speaks about: those its headers name first, then known ones among its addresses. */
function homeAddressesOf(
  nodes: readonly FieldNode[],
  isHomeAddress: (address: Uint8Array) => boolean,
): string[] {
  const named: string[] = [];
  const known: string[] = [];
  const visit = (list: readonly FieldNode[]): void => {
    for (const { name, value, children } of list) {
      if (name !== undefined && value instanceof Uint8Array && value.length === 16) {
        if (HOME_ADDRESS_FIELDS.has(name)) named.push(formatAddress(value));
        else if (END_FIELDS.has(name) && isHomeAddress(value)) known.push(formatAddress(value));
      }
      visit(children);
    }
  };
  visit(nodes);
  return [...new Set([...named, ...known])];
}
