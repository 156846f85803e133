/**
 * Values that the packets of a run had in a field, most frequent first: what a filter may be completed with.
 */
import { formatAddress, formatIpv4, formatMac } from '../../dissectors/core/address.ts';
import { fieldNamed } from '../../engine/filter/fields.ts';
import type { NamedField } from '../../engine/filter/fields.ts';
import { isStateField } from '../../engine/filter/state-fields.ts';
import { ValueList } from '../../engine/filter/values.ts';
import type { ValueForm } from '../../engine/filter/source.ts';
import { Slices } from './slices.ts';
import type { PacketKind, ValueIndex } from './value-index.ts';

/** Different values counted of a field; further ones are left out. */
const MAX_VALUES = 10_000;
/** Fields whose counts are remembered; the one asked longest ago is forgotten. */
const MAX_FIELDS = 16;
/** Packets between two looks at the clock. */
const LOOK_PACKETS = 512;

const KINDS: readonly PacketKind[] = ['signalling', 'plain'];

/** Counts of one field, with how far each index was looked at. */
interface Counts {
  readonly values: Map<string, number>;
  readonly done: Map<string, number>;
}

/** Counts values of fields. */
export class FieldValues {
  readonly #index: ValueIndex;
  readonly #counts = new Map<string, Counts>();

  constructor(index: ValueIndex) {
    this.#index = index;
  }

  /**
   * Values as a filter writes them: addresses and numbers as they are, texts in quotes.
   * @param start what they begin with, with or without the quote
   */
  async of(field: string, start: string, limit: number): Promise<string[]> {
    const named = fieldNamed(field);
    if (named === undefined || named.isPrefix || isStateField(field)) return [];
    const counts = this.#countsOf(field);
    await this.#count(named, counts);
    const begin = start.replace(/^["']/, '').toLowerCase();
    return [...counts.values]
      .filter(([value]) => value.replace(/^"/, '').toLowerCase().startsWith(begin))
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, Math.max(0, limit))
      .map(([value]) => value);
  }

  /** Forgets all counts: packets they rest on are forgotten. */
  clear(): void {
    this.#counts.clear();
  }

  #countsOf(field: string): Counts {
    const known = this.#counts.get(field) ?? { values: new Map(), done: new Map() };
    this.#counts.delete(field);
    this.#counts.set(field, known);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_FIELDS && oldest !== undefined) this.#counts.delete(oldest);
    return known;
  }

  async #count({ fields, stored }: NamedField, { values, done }: Counts): Promise<void> {
    const form = formOf(stored);
    if (form === undefined) return;
    const list = new ValueList();
    const slices = new Slices();
    for (let segment = 0; segment < this.#index.segments; segment++) {
      for (const kind of KINDS) {
        const part = this.#index.part(segment, kind);
        if (part === undefined) continue;
        const key = `${segment} ${kind}`;
        for (let packet = done.get(key) ?? 0; packet < part.length; packet++) {
          // Before the pause: who asks at the same time must not count it again.
          done.set(key, packet + 1);
          list.clear();
          for (const name of fields) part.collect(packet, name, form, list);
          for (let i = 0; i < list.length; i++) {
            const text = textOf(list, i, stored, form);
            const count = values.get(text);
            if (count !== undefined) values.set(text, count + 1);
            else if (values.size < MAX_VALUES) values.set(text, 1);
          }
          if (packet % LOOK_PACKETS === 0 && slices.isOver) await slices.pause();
        }
      }
    }
  }
}

/** Form of the values of a field; undefined for one without values worth completing. */
function formOf(type: NamedField['stored']): ValueForm | undefined {
  if (type === 'number' || type === 'boolean') return 'number';
  if (type === 'text') return 'text';
  return type === 'protocol' || type === 'none' ? undefined : 'octets';
}

function textOf(list: ValueList, i: number, type: NamedField['stored'], form: ValueForm): string {
  if (form === 'number') return `${list.number(i)}`;
  if (form === 'text') return `"${list.text(i).replaceAll(/["\\]/g, '\\$&')}"`;
  const start = list.start(i);
  const size = list.size(i);
  const bytes = list.bytes(i);
  if (type === 'address' && size === 16) return formatAddress(bytes, start);
  if (type === 'address' && size === 4) return formatIpv4(bytes.subarray(start, start + 4));
  return formatMac(bytes, start, size);
}
