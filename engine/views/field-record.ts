/**
 * Values of the fields of many packets in little memory.
 *
 * Packets of a kind have the same fields in the same order: that is their shape, written once. A record is the
 * number of its shape and the values one after another: numbers in as few octets as they need, addresses and texts
 * by their number in a dictionary. Long values are left out and known to be left out.
 */
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { FieldInfo } from '../../dissectors/catalogue.ts';
import { filterFields } from '../filter/fields.ts';
import type { FieldSource, ValueForm } from '../filter/source.ts';
import type { ValueList } from '../filter/values.ts';
import { OctetPool } from './octet-pool.ts';

/** Longest octet string and text that is kept. */
export const MAX_OCTETS = 32;
export const MAX_TEXT = 128;
/** Fields of a packet; one with more is not kept. */
export const MAX_ENTRIES = 512;
/** Shapes; a packet of a further one is not kept. */
export const MAX_SHAPES = 8192;
/** Values in the dictionary; further ones are written out in each record. */
export const MAX_DICTIONARY = 65_536;

/** Octets of a piece of memory: no record is longer. */
const CHUNK = 1 << 18;
/** Longest record: as many of the longest values as there may be. */
const MAX_RECORD = MAX_ENTRIES * (MAX_OCTETS + 2);
/** What a map entry with a short key takes, about. */
const ENTRY_COST = 120;

/** How an entry of a shape is written. */
const PRESENT = 0;
const INTEGER = 1;
const FLOAT = 2;
const OCTETS = 3;
const TEXT = 4;
const OMITTED = 5;
const KINDS = 8;

/** Fields of the packets of a kind, in order: field * KINDS + how it is written. */
interface Shape {
  readonly entries: Uint16Array;
  /** A bit for each field. */
  readonly fields: Uint8Array;
}

/** Fields by number and name: the same for all records. */
interface Fields {
  readonly ids: ReadonlyMap<string, number>;
  readonly infos: readonly FieldInfo[];
}

let known: Fields | undefined;

function allFields(): Fields {
  if (known !== undefined) return known;
  const infos = [...filterFields().values()];
  if (infos.length * KINDS > 0xffff) throw new Error('more fields than a shape can name');
  known = { infos, ids: new Map(infos.map(({ name }, id) => [name, id])) };
  return known;
}

/** Records of packets, numbered from 0. */
export class FieldRecords {
  /** Octets of memory in use, about. */
  memory = 0;
  readonly #maxMemory: number;
  readonly #fields = allFields();
  readonly #shapes: Shape[] = [];
  readonly #shapeIds = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #textIds = new Map<string, number>();
  readonly #shared = new OctetPool(MAX_DICTIONARY);
  readonly #chunks: Uint8Array[] = [];
  /** Where the next record goes, in the last chunk. */
  #end = CHUNK;
  /** Place of each record: chunk and offset. */
  #places = new Uint32Array(1024);
  #length = 0;
  /** Work space of `add`. */
  readonly #entries = new Uint16Array(MAX_ENTRIES);
  readonly #scratch = new Uint8Array(MAX_RECORD);
  readonly #view = new DataView(this.#scratch.buffer);
  #written = 0;

  /** @param maxMemory octets; a record that would take more is refused */
  constructor(maxMemory: number) {
    // A place is 32 bits.
    this.#maxMemory = Math.min(maxMemory, 2 ** 32 - CHUNK);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Keeps the values of a packet.
   * @returns false when it has too many fields, or memory or shapes are used up: then nothing was kept
   */
  add(nodes: readonly FieldNode[], sources: readonly ByteSource[]): boolean {
    if (this.memory >= this.#maxMemory) return false;
    this.#written = 0;
    const count = this.#addNodes(nodes, sources, 0);
    if (count < 0) return false;
    const shape = this.#shapeOf(count);
    if (shape < 0) return false;
    const octets = this.#written;
    // The shape in front of the values: at most three octets.
    if (this.#end + octets + 3 > CHUNK) {
      if (this.memory + CHUNK > this.#maxMemory) return false;
      this.#chunks.push(new Uint8Array(CHUNK));
      this.#end = 0;
      this.memory += CHUNK;
    }
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return false;
    if (this.#length === this.#places.length) {
      const larger = new Uint32Array(this.#places.length * 2);
      larger.set(this.#places);
      this.memory += this.#places.length * 4;
      this.#places = larger;
    }
    this.#places[this.#length++] = (this.#chunks.length - 1) * CHUNK + this.#end;
    let rest = shape;
    while (rest > 0x7f) {
      chunk[this.#end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    chunk[this.#end++] = rest;
    chunk.set(this.#scratch.subarray(0, octets), this.#end);
    this.#end += octets;
    return true;
  }

  /** Adds the entries of nodes from `count` on. @returns entries, or -1 when there are too many */
  #addNodes(nodes: readonly FieldNode[], sources: readonly ByteSource[], from: number): number {
    let count = from;
    for (const node of nodes) {
      const { name, children } = node;
      const id = name === undefined ? undefined : this.#fields.ids.get(name);
      if (id !== undefined) {
        if (count >= MAX_ENTRIES) return -1;
        this.#entries[count++] = id * KINDS + this.#write(id, node, sources);
      }
      if (children.length > 0) {
        count = this.#addNodes(children, sources, count);
        if (count < 0) return -1;
      }
    }
    return count;
  }

  /** Writes the value of a node. @returns how */
  #write(id: number, node: FieldNode, sources: readonly ByteSource[]): number {
    const type = this.#fields.infos[id]?.type;
    const { value } = node;
    if (type === 'protocol' || type === 'none' || type === undefined) return PRESENT;
    if (type === 'text') return this.#writeText(typeof value === 'string' ? value : node.text);
    if (typeof value === 'number' && (type === 'number' || type === 'boolean')) {
      return this.#writeNumber(value);
    }
    if (value instanceof Uint8Array) {
      return this.#writeOctets(value, 0, value.length, type === 'address' || type === 'mac');
    }
    const bytes = sources[node.source]?.bytes;
    if (bytes === undefined || node.offset + node.length > bytes.length) return OMITTED;
    return this.#writeOctets(bytes, node.offset, node.length, false);
  }

  #writeNumber(value: number): number {
    if (Number.isSafeInteger(value) && value >= 0) {
      this.#writeInteger(value);
      return INTEGER;
    }
    this.#view.setFloat64(this.#written, value);
    this.#written += 8;
    return FLOAT;
  }

  #writeInteger(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#scratch[this.#written++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#scratch[this.#written++] = rest;
  }

  /** Dictionary numbers are odd, lengths of octets that follow are even. */
  #writeOctets(bytes: Uint8Array, start: number, length: number, isShared: boolean): number {
    if (length > MAX_OCTETS) return OMITTED;
    if (isShared) {
      const before = this.#shared.memory;
      const id = this.#shared.idOf(bytes, start, length);
      this.memory += this.#shared.memory - before;
      if (id >= 0) {
        this.#writeInteger(2 * id + 1);
        return OCTETS;
      }
    }
    this.#writeInteger(2 * length);
    for (let i = 0; i < length; i++) this.#scratch[this.#written++] = u8(bytes, start + i);
    return OCTETS;
  }

  #writeText(text: string): number {
    if (text.length > MAX_TEXT) return OMITTED;
    let id = this.#textIds.get(text);
    if (id === undefined) {
      if (this.#texts.length >= MAX_DICTIONARY) return OMITTED;
      id = this.#texts.push(text) - 1;
      this.#textIds.set(text, id);
      this.memory += ENTRY_COST + 2 * text.length;
    }
    this.#writeInteger(id);
    return TEXT;
  }

  #shapeOf(count: number): number {
    const entries = this.#entries.slice(0, count);
    const key = String.fromCharCode(...entries);
    const known = this.#shapeIds.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.length >= MAX_SHAPES) return -1;
    const fields = new Uint8Array(Math.ceil(this.#fields.infos.length / 8));
    for (const entry of entries) {
      const field = Math.floor(entry / KINDS);
      fields[field >> 3] = (fields[field >> 3] ?? 0) | (1 << (field & 7));
    }
    const id = this.#shapes.length;
    this.#shapes.push({ entries, fields });
    this.#shapeIds.set(key, id);
    this.memory += ENTRY_COST + 4 * count + fields.length;
    return id;
  }

  /** Number of a field, or -1. */
  fieldId(name: string): number {
    return this.#fields.ids.get(name) ?? -1;
  }

  /** Shapes so far. */
  get shapes(): number {
    return this.#shapes.length;
  }

  /** Whether packets of a shape have a field. */
  shapeHas(shape: number, field: number): boolean {
    const octet = this.#shapes[shape]?.fields[field >> 3] ?? 0;
    return field >= 0 && ((octet >> (field & 7)) & 1) === 1;
  }

  /** Shape of a record. */
  shapeAt(record: number): number {
    const place = this.#places[record] ?? 0;
    const chunk = this.#chunks[Math.floor(place / CHUNK)];
    return chunk === undefined ? -1 : readInteger(chunk, place % CHUNK);
  }

  /**
   * Adds the values of a field in a record to a list.
   * @returns false when a value was left out of the record
   */
  collect(record: number, field: number, form: ValueForm, into: ValueList): boolean {
    const place = this.#places[record] ?? 0;
    const chunk = this.#chunks[Math.floor(place / CHUNK)];
    if (chunk === undefined) return false;
    let at = place % CHUNK;
    const shape = this.#shapes[readInteger(chunk, at)];
    at = afterInteger(chunk, at);
    if (shape === undefined) return false;
    let isWhole = true;
    for (const entry of shape.entries) {
      const kind = entry % KINDS;
      const isWanted = Math.floor(entry / KINDS) === field;
      switch (kind) {
        case PRESENT:
        case OMITTED:
          if (isWanted) isWhole = false;
          break;
        case INTEGER:
          if (isWanted && form === 'number') into.push(readInteger(chunk, at));
          at = afterInteger(chunk, at);
          break;
        case FLOAT:
          if (isWanted && form === 'number') into.push(readFloat(chunk, at));
          at += 8;
          break;
        case TEXT: {
          const text = isWanted ? this.#texts[readInteger(chunk, at)] : undefined;
          if (text !== undefined && form === 'text') into.push(text);
          at = afterInteger(chunk, at);
          break;
        }
        default: {
          const tag = readInteger(chunk, at);
          at = afterInteger(chunk, at);
          if (tag % 2 === 1) {
            if (isWanted && form === 'octets') this.#shared.push((tag - 1) / 2, into);
            break;
          }
          if (isWanted && form === 'octets') into.pushOctets(chunk, at, tag / 2);
          at += tag / 2;
        }
      }
    }
    return isWhole;
  }
}

/** Number at `at`, 7 bits an octet, the lowest first. */
function readInteger(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; ; i++) {
    const octet = u8(bytes, i);
    value += (octet & 0x7f) * scale;
    if (octet < 0x80) return value;
    scale *= 128;
  }
}

function afterInteger(bytes: Uint8Array, at: number): number {
  let end = at;
  while (u8(bytes, end) >= 0x80) end++;
  return end + 1;
}

const FLOAT_SPACE = new DataView(new ArrayBuffer(8));

function readFloat(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) FLOAT_SPACE.setUint8(i, u8(bytes, at + i));
  return FLOAT_SPACE.getFloat64(0);
}

/** One record as a filter sees it; moved from record to record. */
export class RecordSource implements FieldSource {
  /** Whether a value that was asked for is not in the record: then the answer means nothing. */
  isOpen = false;
  readonly #records: FieldRecords;
  #record = 0;
  #shape = -1;
  #state: FieldSource | undefined;

  constructor(records: FieldRecords) {
    this.#records = records;
  }

  /** @param state what the engine knows of the packet */
  move(record: number, shape: number, state: FieldSource | undefined): void {
    this.isOpen = false;
    this.#record = record;
    this.#shape = shape;
    this.#state = state;
  }

  has(name: string): boolean {
    if (this.#state?.has(name) === true) return true;
    return this.#records.shapeHas(this.#shape, this.#records.fieldId(name));
  }

  collect(name: string, form: ValueForm, into: ValueList): void {
    this.#state?.collect(name, form, into);
    const field = this.#records.fieldId(name);
    if (!this.#records.shapeHas(this.#shape, field)) return;
    if (!this.#records.collect(this.#record, field, form, into)) this.isOpen = true;
  }
}
