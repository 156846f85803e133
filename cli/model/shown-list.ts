/**
 * The packets that a filter shows, found while packets come and are indexed.
 */
import { FrameView, Ipv6View, walkIpv6, walkLink } from '../../dissectors/index.ts';
import { copyOctets } from '../../dissectors/core/bytes.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import type { FieldSource } from '../../engine/filter/source.ts';
import { isStateField, stateNode } from '../../engine/filter/state-fields.ts';
import type { CompiledFilter, FilterPart } from '../../engine/filter/filter.ts';
import { ValueList } from '../../engine/filter/values.ts';
import { allNodes } from '../read/packet-view.ts';
import { TOLD_PROTOCOLS } from '../read/plain-packets.ts';
import { MARK } from './catalogue.ts';
import type { PacketCatalogue } from './catalogue.ts';
import { ADDRESS_FIELDS } from './findings-table.ts';
import type { FindingsTable } from './findings-table.ts';
import type { Indexer } from './indexer.ts';
import type { PacketLooker } from './packet-looker.ts';
import { Slices } from './slices.ts';
import { SEGMENT_PACKETS } from './value-index.ts';
import type { PacketKind, ValueIndex } from './value-index.ts';

const FIRST_CAPACITY = 1024;
/** Packets between two looks at the clock. */
const LOOK_PACKETS = 64;
const ADDRESS = 16;
const IPV6 = 41;
/** IPv6 headers of a packet looked at for addresses. */
const MAX_HEADERS = 8;

/** Parts of a run that a filter looks at. */
export interface ShownParts {
  readonly catalogue: PacketCatalogue;
  readonly looker: PacketLooker;
  readonly index: ValueIndex;
  readonly indexer: Indexer;
  readonly findings: FindingsTable;
}

/** Whether packets that hold no signalling can match: never, by what the engine found alone, or by their values. */
export type PlainNeed = 'never' | 'findings' | 'values';

const NEEDS: readonly PlainNeed[] = ['never', 'findings', 'values'];

/** What a filter wants of plain packets. */
export function plainNeedOf({ root }: CompiledFilter): PlainNeed {
  return root === undefined ? 'values' : needOf(root);
}

function needOf(part: FilterPart): PlainNeed {
  switch (part.kind) {
    case 'test': {
      if (part.fields.every(isStateField)) return 'findings';
      return part.fields.every(isTold) ? 'never' : 'values';
    }
    // What one part leaves out, all leave out.
    case 'and':
      return byNeed(part.parts)[0] ?? 'values';
    case 'or':
      return byNeed(part.parts).at(-1) ?? 'values';
    case 'not':
    case 'xor':
      return 'values';
  }
}

function byNeed(parts: readonly FilterPart[]): PlainNeed[] {
  return parts.map(needOf).sort((a, b) => NEEDS.indexOf(a) - NEEDS.indexOf(b));
}

/** Whether a plain packet surely lacks a field. */
function isTold(field: string): boolean {
  const dot = field.indexOf('.');
  return TOLD_PROTOCOLS.has(dot < 0 ? field : field.slice(0, dot));
}

/** The shown packets in order. */
export class ShownList {
  readonly filter: CompiledFilter;
  readonly #parts: ShownParts;
  readonly #plain: PlainNeed;
  readonly #kinds: readonly PacketKind[];
  /** Asks for bindings, which nearly every packet of a mobile node has; else alerts alone count. */
  readonly #asksBindings: boolean;
  /** Nothing but what the engine found is asked for. */
  readonly #isOfFindings: boolean;
  #positions = new Uint32Array(FIRST_CAPACITY);
  /** Where the list begins in `#positions`: earlier ones are forgotten. */
  #start = 0;
  #end = 0;
  #cursor = 0;
  #version: number;
  readonly #values = new ValueList();
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();

  constructor(filter: CompiledFilter, parts: ShownParts) {
    this.filter = filter;
    this.#parts = parts;
    this.#plain = plainNeedOf(filter);
    this.#kinds = this.#plain === 'values' ? ['signalling', 'plain'] : ['signalling'];
    const fields = [...filter.fields];
    this.#asksBindings = fields.some(
      (name) => name === 'mip6guard' || name.startsWith('mip6guard.binding.'),
    );
    this.#isOfFindings = fields.every(isStateField);
    this.#version = parts.findings.version;
    if (this.#plain === 'values') parts.indexer.wantsPlain = true;
  }

  /** Packets shown. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Whether all packets that there are have been looked at. */
  get isDone(): boolean {
    return this.#cursor >= this.#parts.catalogue.length;
  }

  /** Packets that a step could look at now. */
  get waiting(): number {
    return this.#limit - this.#cursor;
  }

  /** Whether what the engine found since may have changed the list. */
  get isStale(): boolean {
    return this.filter.usesState && this.#version !== this.#parts.findings.version;
  }

  /** Position of the packet of a line. */
  at(line: number): number | undefined {
    return line >= 0 && line < this.length ? this.#positions[this.#start + line] : undefined;
  }

  /** Line of a packet, or of the next one after it. */
  lineOf(position: number): number {
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low - this.#start;
  }

  /** Looks at packets for a slice. */
  step(): void {
    const slices = new Slices();
    const limit = this.#limit;
    this.#cursor = Math.max(this.#cursor, this.#parts.catalogue.first);
    while (this.#cursor < limit && !slices.isOver) {
      const segment = Math.floor(this.#cursor / SEGMENT_PACKETS);
      this.#segment(segment, Math.min(limit, (segment + 1) * SEGMENT_PACKETS), slices);
    }
  }

  /** Forgets packets below a position. */
  forget(first: number): void {
    while (this.#start < this.#end && (this.#positions[this.#start] ?? 0) < first) this.#start++;
    if (this.#start < this.#positions.length / 2 || this.#start < FIRST_CAPACITY) return;
    this.#positions.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Packets below this position are indexed as far as the filter needs it. */
  get #limit(): number {
    const { indexer } = this.#parts;
    const done = indexer.done('signalling');
    return this.#plain === 'values' ? Math.min(done, indexer.done('plain')) : done;
  }

  #segment(segment: number, limit: number, slices: Slices): void {
    const { index } = this.#parts;
    const start = segment * SEGMENT_PACKETS;
    if (!index.prepare(segment, this.filter, this.#kinds, () => slices.isOver)) return;
    const { matched, undecided } = index.evaluate(segment, this.filter, this.#kinds);
    const isSimple = !this.filter.usesState && undecided.next(this.#cursor - start) < 0;
    if (isSimple) {
      for (
        let place = matched.next(this.#cursor - start);
        place >= 0 && start + place < limit;
        place = matched.next(place + 1)
      ) {
        this.#push(start + place);
      }
      this.#cursor = limit;
      return;
    }
    for (let count = 1; this.#cursor < limit; count++) {
      const position = this.#cursor++;
      const place = position - start;
      let isShown = matched.has(place);
      let isCostly = false;
      const state = this.filter.usesState ? this.#stateOf(position) : undefined;
      if (state !== undefined) {
        isShown = this.#testWith(state, position);
        isCostly = true;
      } else if (undecided.has(place)) {
        isShown = this.#settle(position);
        isCostly = true;
      }
      if (isShown) this.#push(position);
      if ((isCostly || count % LOOK_PACKETS === 0) && slices.isOver) return;
    }
  }

  /** What the engine found about a packet, where the filter may ask for it. */
  #stateOf(position: number): FieldSource | undefined {
    const { findings } = this.#parts;
    const addresses = this.#asksBindings ? this.#addressesOf(position) : undefined;
    const found = findings.findingsOf(position, addresses);
    return found === undefined ? undefined : fieldSource([stateNode(found)], []);
  }

  /** Addresses of a packet that bindings have or had. */
  #addressesOf(position: number): Uint8Array[] {
    const { index, findings } = this.#parts;
    if (this.#isPlain(position)) return this.#plainAddresses(position);
    const values = this.#values;
    const found: Uint8Array[] = [];
    for (const name of ADDRESS_FIELDS) {
      values.clear();
      index.collect('signalling', position, name, 'octets', values);
      for (let i = 0; i < values.length; i++) {
        const start = values.start(i);
        const bytes = values.bytes(i);
        if (values.size(i) === ADDRESS && findings.isBound(bytes, start)) {
          found.push(copyOctets(bytes, start, start + ADDRESS));
        }
      }
    }
    return found;
  }

  /** The same of a packet that is in no index: from its headers. */
  #plainAddresses(position: number): Uint8Array[] {
    const { looker, findings } = this.#parts;
    const record = looker.record(position);
    const found: Uint8Array[] = [];
    if (record === undefined) return found;
    const { bytes, end } = record;
    const frame = this.#frame;
    walkLink(bytes, record.offset, end, record.linkType, false, frame);
    if (frame.ipVersion !== 6) return found;
    const view = this.#view;
    let start = frame.ipOffset;
    for (let headers = 0; headers < MAX_HEADERS; headers++) {
      if (!walkIpv6(bytes, start, end, false, view)) return found;
      const { source, destination, homeAddress, routingHomeAddress } = view;
      for (const at of [source, destination, homeAddress, routingHomeAddress]) {
        if (at >= 0 && findings.isBound(bytes, at)) found.push(copyOctets(bytes, at, at + ADDRESS));
      }
      if (view.upperProtocol !== IPV6) return found;
      start = view.upperOffset;
    }
    return found;
  }

  #testWith(state: FieldSource, position: number): boolean {
    const { index, looker } = this.#parts;
    const { filter } = this;
    const isPlain = this.#isPlain(position);
    if (this.#isOfFindings) return filter.matches(state);
    const kind: PacketKind = isPlain ? 'plain' : 'signalling';
    const answer = index.test(kind, position, filter, state);
    if (answer !== undefined) return answer;
    const view = looker.view(position);
    return (
      view !== undefined && filter.matches(fieldSource(allNodes(view), view.dissection.sources))
    );
  }

  /** Decides a packet whose kept values are not enough. */
  #settle(position: number): boolean {
    const { index, looker } = this.#parts;
    const { filter } = this;
    const view = looker.view(position);
    if (view === undefined) return false;
    const source = fieldSource(allNodes(view), view.dissection.sources);
    const kind: PacketKind = this.#isPlain(position) ? 'plain' : 'signalling';
    index.settle(kind, position, filter, source);
    return filter.matches(source);
  }

  #isPlain(position: number): boolean {
    return (this.#parts.catalogue.marks(position) & MARK.plain) !== 0;
  }

  #push(position: number): void {
    if (this.#end === this.#positions.length) {
      const larger = new Uint32Array(this.#positions.length * 2);
      larger.set(this.#positions);
      this.#positions = larger;
    }
    this.#positions[this.#end++] = position;
  }
}
