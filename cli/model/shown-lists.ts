/**
 * The list of a run as it is shown: all packets, or those of a filter, and the work behind it.
 */
import { compileFilter } from '../../engine/filter/filter.ts';
import { ShownList } from './shown-list.ts';
import type { ShownParts } from './shown-list.ts';

/** Indexed packets that a filter waits for, while more are indexed. */
const FILTER_BATCH = 4096;
/** Longest milliseconds that it waits for them. */
const FILTER_REST = 100;
/** Milliseconds between two makings of a list that asks for findings, while findings come. */
const REMAKE_REST = 1000;

/** What is shown. */
export class ShownLists {
  /** Filter in force; '' for none. */
  text = '';
  readonly #parts: ShownParts;
  /** Undefined without a filter: then all packets are shown. */
  #shown: ShownList | undefined;
  /** The list that takes the place of the one shown when it is complete. */
  #next: ShownList | undefined;
  #remadeAt = Number.NEGATIVE_INFINITY;
  #steppedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ShownParts) {
    this.#parts = parts;
  }

  /** Puts a filter in force. @throws FilterError */
  set(text: string): void {
    const isNone = text.trim() === '';
    this.#shown = isNone ? undefined : new ShownList(compileFilter(text), this.#parts);
    this.#next = undefined;
    this.text = isNone ? '' : text;
  }

  /** Whether there is a filter. */
  get isFiltered(): boolean {
    return this.#shown !== undefined;
  }

  /** Whether the filter still looks at packets. */
  get isFiltering(): boolean {
    const list = this.#next ?? this.#shown;
    return list !== undefined && (!list.isDone || list.isStale);
  }

  /** Packets shown. */
  get length(): number {
    const { catalogue } = this.#parts;
    return this.#shown?.length ?? catalogue.length - catalogue.first;
  }

  /** Position of the packet of a line. */
  at(line: number): number | undefined {
    const { catalogue } = this.#parts;
    if (this.#shown !== undefined) return this.#shown.at(line);
    const position = catalogue.first + line;
    return line >= 0 && catalogue.has(position) ? position : undefined;
  }

  /** Line of a packet, or of the next shown one after it. */
  lineOf(packet: number): number {
    const { catalogue } = this.#parts;
    if (this.#shown !== undefined) return this.#shown.lineOf(packet);
    return Math.max(0, Math.min(packet, catalogue.length) - catalogue.first);
  }

  /** Works for a slice. @returns whether there was something to do */
  step(): boolean {
    const list = this.#next ?? this.#shown;
    if (list === undefined) return false;
    const { waiting } = list;
    // A step costs the same for a few packets as for many.
    const isDue =
      waiting >= FILTER_BATCH ||
      !this.#parts.indexer.hasWork ||
      performance.now() - this.#steppedAt >= FILTER_REST;
    const isBusy = waiting > 0 && isDue;
    if (isBusy) {
      list.step();
      this.#steppedAt = performance.now();
    }
    if (this.#next?.isDone === true) {
      this.#shown = this.#next;
      this.#next = undefined;
    }
    this.#remake();
    return isBusy;
  }

  /** Forgets packets below a position. */
  forget(first: number): void {
    this.#shown?.forget(first);
    this.#next?.forget(first);
  }

  /** Makes a list anew that asks for findings, when there are other findings. */
  #remake(): void {
    const list = this.#shown;
    if (list?.isStale !== true || this.#next !== undefined) return;
    const now = performance.now();
    if (now - this.#remadeAt < REMAKE_REST) return;
    this.#remadeAt = now;
    this.#next = new ShownList(list.filter, this.#parts);
  }
}
