/**
 * Compares a field tree with that of another dissector and judges every difference by the list of those that
 * are understood.
 */
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { agrees } from './compare.ts';
import type { OracleField, OraclePacket } from './tshark.ts';

/** How two dissectors can differ about one field. */
export type DifferenceKind = 'only here' | 'only there' | 'length' | 'value' | 'name';

/** One disagreement. */
export interface Difference {
  readonly name: string;
  readonly kind: DifferenceKind;
  readonly offset: number;
  readonly here: string;
  readonly there: string;
  /** What the packet is, for entries about some packets alone. */
  readonly subject: string;
  /** Whether the other has given up before the place of the field. */
  readonly isLost: boolean;
  /** Whether a diagnostic of ours says that something is wrong with the packet. */
  readonly isDiagnosed: boolean;
}

/** What an entry says of the two sides. */
export type Verdict = 'ours right' | 'equal by other means' | 'not comparable';

interface EntryBase {
  /** Names as a whole, or up to the `*` at the end. */
  readonly names: readonly string[];
  readonly kinds: readonly DifferenceKind[];
  readonly reason: string;
  /** Text of ours or theirs that the entry is about; default: any. */
  readonly here?: RegExp;
  readonly there?: RegExp;
  /** Packets that the entry is about, by their subject; default: all. */
  readonly about?: RegExp;
  /** True where the entry is about fields behind the place where the other gave up. */
  readonly isLost?: boolean;
  /** True where the entry is about packets that a diagnostic calls wrong. */
  readonly isDiagnosed?: boolean;
  /** True where it can be seen only in captures that may not be there. */
  readonly needsSharedCaptures?: boolean;
}

/** A difference that is understood. Who is right is proved by a document. */
export type Entry = EntryBase &
  (
    | { readonly verdict: 'ours right'; readonly rfc: string }
    | { readonly verdict: 'equal by other means' | 'not comparable'; readonly rfc?: string }
  );

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** The list of differences, found by name. */
export class Entries {
  readonly all: readonly Entry[];
  readonly #byName = new Map<string, readonly Entry[]>();
  /** Names and kinds of each entry that were about something. */
  readonly #used = new Map<Entry, Set<string>>();

  constructor(all: readonly Entry[]) {
    this.all = all;
  }

  /** The entry about a difference. */
  find(difference: Difference): Entry | undefined {
    const { name, kind, here, there, subject, isLost, isDiagnosed } = difference;
    let about = this.#byName.get(name);
    if (about === undefined) {
      about = this.all.filter(({ names }) => names.some((pattern) => isNamed(name, pattern)));
      this.#byName.set(name, about);
    }
    const found = about.find(
      (entry) =>
        entry.kinds.includes(kind) &&
        (entry.isLost !== true || isLost) &&
        (entry.isDiagnosed !== true || isDiagnosed) &&
        entry.here?.test(here) !== false &&
        entry.there?.test(there) !== false &&
        entry.about?.test(subject) !== false,
    );
    if (found !== undefined) this.#use(found, name, kind);
    return found;
  }

  #use(entry: Entry, name: string, kind: DifferenceKind): void {
    let used = this.#used.get(entry);
    if (used === undefined) {
      used = new Set();
      this.#used.set(entry, used);
    }
    used.add(kind);
    for (const pattern of entry.names) if (isNamed(name, pattern)) used.add(pattern);
  }

  /**
   * Names and kinds that were about nothing, with the reason of their entry.
   * @param isExpected entries that can be seen here.
   */
  unused(isExpected: (entry: Entry) => boolean): string[] {
    return this.all.filter(isExpected).flatMap((entry) => {
      const used = this.#used.get(entry);
      return [...entry.names, ...entry.kinds]
        .filter((item) => used?.has(item) !== true)
        .map((item) => `${item}: ${entry.reason}`);
    });
  }
}

/** What comparing one packet found. */
export interface Comparison {
  /** Fields with the same name, place, value and name of the value. */
  equal: number;
  /** Fields that are the same in another shape: bits with the octets they lie in, words that are shown as bits. */
  reshaped: number;
  readonly differences: Difference[];
}

/** Named nodes of all sources, in depth. */
function namedNodes(dissection: Dissection): FieldNode[] {
  const found: FieldNode[] = [];
  const visit = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      if (node.name !== undefined) found.push(node);
      visit(node.children);
    }
  };
  visit(dissection.nodes);
  return found;
}

/** `5 (Binding Update)`. */
const OUR_NAME = /^(?:0x[0-9a-f]+|-?\d+) \((.+)\)$/;

/** Words of a name, without those that say nothing. */
function wordsOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('acknowledgement', 'acknowledgment')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
}

function isWordOfBits({ mask, children }: FieldNode): boolean {
  return (
    mask === undefined && children.length > 0 && children.every((bit) => bit.mask !== undefined)
  );
}

/** What both call the value, where they do not agree: ours and theirs. */
function otherName(node: FieldNode, field: OracleField): string | undefined {
  const ours = isWordOfBits(node) ? undefined : OUR_NAME.exec(node.text)?.[1];
  const theirs = field.valueName;
  if (ours === undefined || theirs === undefined) return undefined;
  return wordsOf(ours) === wordsOf(theirs) ? undefined : theirs;
}

/** The octets of a word that bits lie in, as offset and end. */
function octetsOfBits({ mask = 0, offset, length }: FieldNode): readonly [number, number] {
  const highest = 8 * length - 1 - (31 - Math.clz32(mask >>> 0));
  const lowest = 8 * length - 1 - (31 - Math.clz32(mask & -mask));
  return [offset + (highest >> 3), offset + (lowest >> 3) + 1];
}

/** Whether a field of theirs is the octets, of ours, that the bits lie in. */
function holdsBits(node: FieldNode, field: OracleField): boolean {
  if (node.mask === undefined || field.length === 0) return false;
  const [from, to] = octetsOfBits(node);
  const end = field.offset + field.length;
  return (
    field.offset >= node.offset &&
    end <= node.offset + node.length &&
    field.offset <= from &&
    end >= to
  );
}

/** Fields of theirs that are left, by name. */
class Left {
  readonly #byName = new Map<string, OracleField[]>();

  constructor(fields: readonly OracleField[]) {
    for (const field of fields) {
      const list = this.#byName.get(field.name);
      if (list === undefined) this.#byName.set(field.name, [field]);
      else list.push(field);
    }
  }

  /** Takes the first field of a name that fits. */
  take(name: string, fits: (field: OracleField) => boolean): OracleField | undefined {
    const list = this.#byName.get(name);
    const index = list?.findIndex(fits) ?? -1;
    return index < 0 ? undefined : list?.splice(index, 1)[0];
  }

  all(): OracleField[] {
    return [...this.#byName.values()].flat();
  }
}

/**
 * Compares all fields whose protocol is compared.
 * @param subject what the packet is.
 */
export function compareFields(
  dissection: Dissection,
  theirs: OraclePacket,
  isCompared: (name: string) => boolean,
  subject: string,
): Comparison {
  const result: Comparison = { equal: 0, reshaped: 0, differences: [] };
  const left = new Left(theirs.fields.filter(({ name }) => isCompared(name)));
  const reached = theirs.gaveUp
    ? Math.max(...theirs.fields.map(({ offset, isExpert }) => (isExpert === true ? 0 : offset)))
    : Number.POSITIVE_INFINITY;
  const isDiagnosed = dissection.diagnostics.length > 0;
  const add = (node: FieldNode, kind: DifferenceKind, here: string, there: string): void => {
    const { name = '', offset } = node;
    const isLost = offset >= reached;
    result.differences.push({ name, kind, offset, here, there, subject, isLost, isDiagnosed });
  };
  const generated: FieldNode[] = [];
  for (const node of namedNodes(dissection)) {
    const { name = '', offset, length, text } = node;
    if (!isCompared(name)) continue;
    if (node.generated === true) {
      generated.push(node);
      continue;
    }
    // Of items at one place, that with the same octets.
    const same =
      left.take(name, (field) => field.offset === offset && field.length === length) ??
      left.take(name, (field) => holdsBits(node, field)) ??
      left.take(name, (field) => field.offset === offset);
    if (same === undefined) {
      if (isWordOfBits(node)) result.reshaped++;
      else add(node, 'only here', text, '');
      continue;
    }
    const isMoved = same.offset !== offset || same.length !== length;
    if (isMoved && !holdsBits(node, same)) add(node, 'length', `${length}`, `${same.length}`);
    else if (!agrees(node, same.value)) add(node, 'value', text, same.value);
    else {
      const called = otherName(node, same);
      if (called !== undefined) add(node, 'name', text, called);
      else if (isMoved) result.reshaped++;
      else result.equal++;
    }
  }
  // What no octet says has no place of its own: the value alone is compared, and what tshark lacks is no matter.
  for (const node of generated) {
    const field = left.take(node.name ?? '', () => true);
    if (field === undefined) continue;
    if (agrees(node, field.value)) result.equal++;
    else add(node, 'value', node.text, field.value);
  }
  for (const { name, offset, length, value: there, isExpert } of left.all()) {
    // What tshark warns of is a diagnostic here; fields of no octets are no line.
    const isNothing = isExpert !== true && length === 0 && there === '';
    if ((isExpert === true && isDiagnosed) || isNothing) result.reshaped++;
    else {
      const base = { name, kind: 'only there', offset, there, subject } as const;
      result.differences.push({ ...base, here: '', isLost: false, isDiagnosed });
    }
  }
  return result;
}
