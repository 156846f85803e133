/**
 * `-T json` in the shape of tshark 4.0: an array of packets, each with its layers as nested objects of strings.
 */
import { jsonString } from './json-text.ts';
import { indexName, selectedText, selectedValues } from './shown-field.ts';
import type { RawOctets, ShownField, ShownPacket } from './shown-field.ts';
import type { TextSink } from '../output.ts';

/** What to write of each packet. */
export interface JsonOptions {
  /** Only these fields, as arrays under their names; empty = everything. */
  readonly fields: readonly string[];
  /** The octets of each field as well, under its name with `_raw`. */
  readonly raw: boolean;
  /** Values too; `false` is `-T jsonraw`: octets only. */
  readonly values: boolean;
  /**
   * A name that comes again in the same object: `false` writes it again, as tshark does unless told otherwise;
   * `true` writes an array.
   */
  readonly uniqueKeys: boolean;
}

/** Depth of the layers in the document. */
const LAYERS_DEPTH = 4;

/** Text of a member of an object, ready to be written behind its key. */
interface Member {
  readonly key: string;
  /** @param depth of the line it begins on */
  readonly write: (depth: number) => string;
}

/** Writes packets as one JSON array; each packet goes out as it comes. */
export class TsharkJson {
  readonly #sink: TextSink;
  readonly #options: JsonOptions;
  #packets = 0;

  constructor(sink: TextSink, options: JsonOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Throws OutputError. */
  write(packet: ShownPacket): void {
    const { fields } = this.#options;
    const lead = this.#packets++ === 0 ? '[\n' : ',\n';
    const layers =
      fields.length > 0
        ? selectedObject(packet.layers, fields, LAYERS_DEPTH)
        : object(this.#members(packet.layers), LAYERS_DEPTH);
    this.#sink.write(
      `${lead}  {
    "_index": ${jsonString(indexName(packet.seconds))},
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": ${layers}
    }
  }`,
    );
  }

  /** Ends the array, so that the document is valid however few packets came. Throws OutputError. */
  end(): void {
    this.#sink.write(this.#packets === 0 ? '[]\n' : '\n]\n');
  }

  /** Members of the object that stands for fields next to each other. */
  #members(fields: readonly ShownField[]): Member[] {
    if (!this.#options.uniqueKeys) return fields.flatMap((field) => this.#membersOf([field]));
    const byKey = new Map<string, ShownField[]>();
    for (const field of fields) {
      const before = byKey.get(field.key);
      if (before === undefined) byKey.set(field.key, [field]);
      else before.push(field);
    }
    return [...byKey.values()].flatMap((same) => this.#membersOf(same));
  }

  /** Members of the fields of one name: octets, value, what is below. */
  #membersOf(same: readonly ShownField[]): Member[] {
    const [first] = same;
    if (first === undefined) return [];
    const { key } = first;
    const { raw, values } = this.#options;
    const members: Member[] = [];
    const octets = same.flatMap((field) => (field.raw === undefined ? [] : [field.raw]));
    if (raw && octets.length > 0) {
      members.push({ key: `${key}_raw`, write: (depth) => oneOrArray(octets, depth, rawText) });
    }
    const parents = same.filter((field) => field.children.length > 0);
    const objects = (depth: number): string =>
      oneOrArray(parents, depth, (field, at) => object(this.#members(field.children), at));
    const valued = same.filter((field) => !isContainer(field));
    if (valued.length > 0 && values) {
      members.push({
        key,
        write: (depth) => oneOrArray(valued, depth, (field) => jsonString(field.value ?? '')),
      });
    }
    if (parents.length === 0) return members;
    members.push({ key: valued.length === 0 ? key : `${key}_tree`, write: objects });
    return members;
  }
}

/** Whether a field stands for what is below it and has no value of its own. */
function isContainer(field: ShownField): boolean {
  return field.value === undefined && field.children.length > 0;
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}

function object(members: readonly Member[], depth: number): string {
  if (members.length === 0) return '{}';
  const inner = indent(depth);
  const lines = members.map(({ key, write }) => `${inner}${jsonString(key)}: ${write(depth + 1)}`);
  return `{\n${lines.join(',\n')}\n${indent(depth - 1)}}`;
}

function oneOrArray<T>(
  items: readonly T[],
  depth: number,
  write: (item: T, depth: number) => string,
): string {
  const [first] = items;
  if (items.length === 1 && first !== undefined) return write(first, depth);
  const inner = indent(depth);
  return `[\n${items.map((item) => `${inner}${write(item, depth + 1)}`).join(',\n')}\n${indent(depth - 1)}]`;
}

/** `[octets, offset, length, mask, type]`. */
function rawText({ hex, offset, length, mask, type }: RawOctets, depth: number): string {
  const inner = indent(depth);
  const lines = [jsonString(hex), offset, length, mask, type].map((item) => `${inner}${item}`);
  return `[\n${lines.join(',\n')}\n${indent(depth - 1)}]`;
}

function selectedObject(
  layers: readonly ShownField[],
  names: readonly string[],
  depth: number,
): string {
  const found = selectedValues(layers, names);
  const members = [...new Set(names)].flatMap((key): Member[] => {
    const fields = found.get(key);
    if (fields === undefined) return [];
    const write = (at: number): string => {
      const inner = indent(at);
      const lines = fields.map((field) => `${inner}${jsonString(selectedText(field))}`);
      return `[\n${lines.join(',\n')}\n${indent(at - 1)}]`;
    };
    return [{ key, write }];
  });
  return object(members, depth);
}
