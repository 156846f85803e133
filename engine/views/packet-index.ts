/**
 * Index of the packets of a capture for display filters: typing a filter looks at kept values, never again at
 * octets that were looked at before.
 *
 * Each test of a filter (`mip6.mhtype == 5`) is answered once for all packets and remembered as a set; `and`, `or`
 * and `not` work on sets. So a filter that grows while it is typed costs only what is new in it.
 */
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import type { CompiledFilter, FilterPart } from '../filter/filter.ts';
import { fieldSource } from '../filter/source.ts';
import type { FieldSource, ValueForm } from '../filter/source.ts';
import type { ValueList } from '../filter/values.ts';
import { FieldRecords, RecordSource } from './field-record.ts';
import { PacketSet } from './packet-set.ts';

/** Bounds of an index. */
export interface PacketIndexOptions {
  /**
   * Octets of memory for values; default 256 MiB. When they are used up, further packets are not kept: every filter
   * leaves them undecided. Nothing that is kept is ever dropped.
   */
  readonly maxMemory?: number;
  /** Tests whose answers are remembered; default 64. Those asked longest ago are forgotten. */
  readonly maxTests?: number;
  /** Packets with findings of the engine; default 65,536. More are refused. */
  readonly maxStates?: number;
}

/** What a filter chose. No packet is in both sets. */
export interface FilterResult {
  readonly matched: PacketSet;
  /**
   * Packets that the index cannot decide: the filter asks for octets, or for a value that was too long to keep, or
   * the packet is not kept. Dissect the packet and call `settle`.
   */
  readonly undecided: PacketSet;
}

/** Answers of one test. */
interface Answers {
  readonly matched: PacketSet;
  readonly undecided: PacketSet;
  readonly usesState: boolean;
  /** Packets looked at. */
  done: number;
}

type TestPart = Extract<FilterPart, { kind: 'test' }>;

/** Not kept. */
const NOWHERE = -1;
/** Packets between two questions whether to stop. */
const LOOK_PACKETS = 256;

const never = (): boolean => false;

/** Values of packets, and what filters made of them. Packets are numbered from 0 in order of `add`. */
export class PacketIndex {
  readonly #records: FieldRecords;
  readonly #source: RecordSource;
  readonly #maxTests: number;
  readonly #maxStates: number;
  readonly #answers = new Map<string, Answers>();
  readonly #states = new Map<number, FieldSource>();
  /** Record of each packet, once a packet is not kept; until then they have the same numbers. */
  #recordOf: number[] | undefined;
  #length = 0;

  constructor(options: PacketIndexOptions = {}) {
    const { maxMemory = 256 * 2 ** 20, maxTests = 64, maxStates = 65_536 } = options;
    this.#records = new FieldRecords(maxMemory);
    this.#source = new RecordSource(this.#records);
    this.#maxTests = maxTests;
    this.#maxStates = maxStates;
  }

  /** Packets added, kept or not. */
  get length(): number {
    return this.#length;
  }

  /** Packets whose values are kept. */
  get kept(): number {
    return this.#records.length;
  }

  /** Octets of memory the values take, about. */
  get memory(): number {
    return this.#records.memory;
  }

  /**
   * Adds the next packet.
   * @param nodes of the dissection, with `frameNode` and `expertNodes` where filters may ask for them
   * @returns whether its values are kept
   */
  add(nodes: readonly FieldNode[], sources: readonly ByteSource[]): boolean {
    const isKept = this.#records.add(nodes, sources);
    const packet = this.#length++;
    if (!isKept && this.#recordOf === undefined) {
      this.#recordOf = Array.from({ length: packet }, (_, i) => i);
    }
    this.#recordOf?.push(isKept ? this.#records.length - 1 : NOWHERE);
    return isKept;
  }

  /**
   * Says what the engine found about a packet, again when it found more. Filters that ask for it are answered anew.
   * @param node of `stateNode`
   * @returns false when the packet is not there, or findings of too many packets are known
   */
  setState(packet: number, node: FieldNode): boolean {
    const isNew = !this.#states.has(packet);
    if (packet < 0 || packet >= this.#length) return false;
    if (isNew && this.#states.size >= this.#maxStates) return false;
    this.#states.set(packet, fieldSource([node], []));
    for (const [key, { usesState }] of this.#answers) if (usesState) this.#answers.delete(key);
    return true;
  }

  /**
   * Answers the tests of a filter piece by piece, so that `evaluate` has little left to do.
   * @param isOver asked now and then whether to stop
   * @returns false when it stopped: call it again
   */
  prepare(filter: CompiledFilter, isOver: () => boolean): boolean {
    if (filter.root === undefined) return true;
    const tests = testsOf(filter.root);
    // Of more than are remembered one would push out another, for ever.
    if (tests.length > this.#maxTests) return true;
    return tests.every((test) => this.#answer(test, this.#answersOf(test), isOver));
  }

  /** What a filter chooses of all packets. */
  evaluate(filter: CompiledFilter): FilterResult {
    if (filter.root === undefined) {
      const matched = new PacketSet(this.#length);
      matched.fill(this.#length);
      return { matched, undecided: new PacketSet() };
    }
    return this.#part(filter.root);
  }

  /**
   * Decides a packet that `evaluate` left undecided, and remembers it.
   * @param source the whole packet, with its state
   * @returns whether it matches
   */
  settle(filter: CompiledFilter, packet: number, source: FieldSource): boolean {
    if (filter.root !== undefined) this.#settlePart(filter.root, packet, source);
    return filter.matches(source);
  }

  /**
   * Asks a filter about one packet.
   * @param state what the engine knows of it, in place of that of `setState`
   * @returns undefined when its kept values cannot tell
   */
  test(filter: CompiledFilter, packet: number, state?: FieldSource): boolean | undefined {
    if (filter.root === undefined) return true;
    const record = this.#recordAt(packet);
    if (record === NOWHERE || filter.needsBytes) return undefined;
    const source = this.#source;
    source.move(record, this.#records.shapeAt(record), state ?? this.#states.get(packet));
    const isMatch = filter.matches(source);
    return source.isOpen ? undefined : isMatch;
  }

  /**
   * Adds the values of a field of one packet to a list.
   * @returns false when the packet is not there, or a value of it was not kept
   */
  collect(packet: number, name: string, form: ValueForm, into: ValueList): boolean {
    const record = this.#recordAt(packet);
    if (record === NOWHERE) return false;
    const records = this.#records;
    const field = records.fieldId(name);
    if (!records.shapeHas(records.shapeAt(record), field)) return true;
    return records.collect(record, field, form, into);
  }

  #recordAt(packet: number): number {
    if (packet < 0 || packet >= this.#length) return NOWHERE;
    return this.#recordOf === undefined ? packet : (this.#recordOf[packet] ?? NOWHERE);
  }

  #settlePart(part: FilterPart, packet: number, source: FieldSource): void {
    if (part.kind === 'not') this.#settlePart(part.of, packet, source);
    else if (part.kind !== 'test') {
      for (const item of part.parts) this.#settlePart(item, packet, source);
    } else {
      const answers = this.#answers.get(part.key);
      if (answers?.undecided.has(packet) !== true) return;
      answers.undecided.delete(packet);
      if (part.matches(source)) answers.matched.add(packet);
    }
  }

  #part(part: FilterPart): FilterResult {
    switch (part.kind) {
      case 'test': {
        const { matched, undecided } = this.#test(part);
        return { matched: matched.copy(), undecided: undecided.copy() };
      }
      case 'not': {
        const of = this.#part(part.of);
        const matched = new PacketSet(this.#length);
        matched.fill(this.#length);
        matched.subtract(of.matched);
        matched.subtract(of.undecided);
        return { matched, undecided: of.undecided };
      }
      default:
        return this.#combination(part.kind, part.parts);
    }
  }

  #combination(kind: 'and' | 'or' | 'xor', parts: readonly FilterPart[]): FilterResult {
    const matched = new PacketSet(this.#length);
    const undecided = new PacketSet(this.#length);
    if (kind === 'and') {
      matched.fill(this.#length);
      // What every part chose or left open.
      undecided.fill(this.#length);
    }
    for (const item of parts) {
      const result = this.#part(item);
      if (kind === 'and') {
        matched.and(result.matched);
        result.undecided.or(result.matched);
        undecided.and(result.undecided);
      } else {
        if (kind === 'or') matched.or(result.matched);
        else matched.xor(result.matched);
        undecided.or(result.undecided);
      }
    }
    if (kind === 'xor') matched.subtract(undecided);
    else undecided.subtract(matched);
    return { matched, undecided };
  }

  #test(test: TestPart): Answers {
    const answers = this.#answersOf(test);
    this.#answer(test, answers, never);
    return answers;
  }

  #answersOf({ key, usesState }: TestPart): Answers {
    let answers = this.#answers.get(key);
    if (answers === undefined) {
      const matched = new PacketSet(this.#length);
      answers = { matched, undecided: new PacketSet(this.#length), usesState, done: 0 };
      const [oldest] = this.#answers.keys();
      if (this.#answers.size >= this.#maxTests && oldest !== undefined) {
        this.#answers.delete(oldest);
      }
    } else this.#answers.delete(key);
    // The last in the map is the one asked last.
    this.#answers.set(key, answers);
    return answers;
  }

  /** Answers a test for the packets that came since. @returns whether for all of them */
  #answer(test: TestPart, answers: Answers, isOver: () => boolean): boolean {
    if (answers.done >= this.#length) return true;
    const records = this.#records;
    const source = this.#source;
    const fields = test.fields.map((name) => records.fieldId(name));
    /** Whether packets of a shape have one of the fields: looked up once for each. */
    const mayMatch = new Int8Array(records.shapes).fill(-1);
    const { done } = answers;
    for (let packet = done; packet < this.#length; packet++) {
      if ((packet - done) % LOOK_PACKETS === LOOK_PACKETS - 1 && isOver()) {
        answers.done = packet;
        return false;
      }
      const record = this.#recordAt(packet);
      const state = test.usesState ? this.#states.get(packet) : undefined;
      if (test.usesState && state === undefined) continue;
      if (record === NOWHERE) {
        answers.undecided.add(packet);
        continue;
      }
      const shape = records.shapeAt(record);
      let may = mayMatch[shape] ?? 0;
      if (may < 0) {
        may = fields.some((field) => records.shapeHas(shape, field)) ? 1 : 0;
        mayMatch[shape] = may;
      }
      if (may === 0 && state === undefined) continue;
      if (test.needsBytes) {
        answers.undecided.add(packet);
        continue;
      }
      source.move(record, shape, state);
      const isMatch = test.matches(source);
      if (source.isOpen) answers.undecided.add(packet);
      else if (isMatch) answers.matched.add(packet);
    }
    answers.done = this.#length;
    return true;
  }
}

/** Tests of a part of a filter. */
function testsOf(part: FilterPart): TestPart[] {
  if (part.kind === 'test') return [part];
  return part.kind === 'not' ? testsOf(part.of) : part.parts.flatMap(testsOf);
}
