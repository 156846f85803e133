/**
 * `-T ek` in the shape of tshark 4.0: two JSON lines a packet, as the bulk interface of Elasticsearch takes them.
 */
import { jsonString } from './json-text.ts';
import { indexName, selectedText, selectedValues } from './shown-field.ts';
import type { ShownField, ShownPacket } from './shown-field.ts';
import type { TextSink } from '../output.ts';

/** What to write of each packet. */
export interface EkOptions {
  /** Only these fields, as arrays under their names; empty = everything. */
  readonly fields: readonly string[];
  /** The octets of each field as well. */
  readonly raw: boolean;
}

/** Protocols with a point in their name: their fields carry it whole. */
const LONG_PROTOCOLS = [
  'ipv6.hopopts',
  'ipv6.dstopts',
  'ipv6.routing',
  'ipv6.fraghdr',
  '_ws.expert',
];
/** Protocols whose fields have another prefix than their name. */
const RENAMED: readonly (readonly [prefix: string, protocol: string])[] = [['mip6.', 'mipv6']];
/** Protocols in name only: they carry no name of another in front. */
const NAMES_ONLY = ['mip6.options.'];
/** Fields that the protocol around them owns, whatever their name says. */
const OWNED_BY_LAYER: ReadonlySet<string> = new Set(['ip.version']);

/** Values under one key of an object. */
interface Slot {
  readonly values: string[];
  /** Octets in hexadecimal, with quotes. */
  readonly raw: string[];
}

/** Writes packets as JSON lines. */
export class TsharkEk {
  readonly #sink: TextSink;
  readonly #options: EkOptions;
  #packet: ShownPacket = { seconds: 0, nanoseconds: 0, layers: [] };

  constructor(sink: TextSink, options: EkOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Throws OutputError. */
  write(packet: ShownPacket): void {
    this.#packet = packet;
    const { seconds, nanoseconds, layers } = packet;
    const milliseconds = `${seconds}${`${Math.floor(nanoseconds / 1e6)}`.padStart(3, '0')}`;
    const { fields } = this.#options;
    const text = fields.length > 0 ? selectedLine(layers, fields) : this.#object(layers, '');
    this.#sink.write(
      `{"index":{"_index":${jsonString(indexName(seconds))},"_type":"doc"}}\n` +
        `{"timestamp":"${milliseconds}","layers":${text}}\n`,
    );
  }

  /** The fields of one protocol in one object: fields below fields lie beside them, protocols are objects. */
  #object(fields: readonly ShownField[], protocol: string): string {
    const slots = new Map<string, Slot>();
    this.#fill(fields, protocol, slots);
    const members: string[] = [];
    for (const [key, { values, raw }] of slots) {
      if (raw.length > 0) members.push(`${jsonString(`${key}_raw`)}:${oneOrArray(raw)}`);
      members.push(`${jsonString(key)}:${oneOrArray(values)}`);
    }
    return `{${members.join(',')}}`;
  }

  #fill(fields: readonly ShownField[], protocol: string, slots: Map<string, Slot>): void {
    for (const field of fields) {
      const key = keyOf(field, protocol);
      let slot = slots.get(key);
      if (slot === undefined) {
        slot = { values: [], raw: [] };
        slots.set(key, slot);
      }
      if (this.#options.raw && field.raw !== undefined) slot.raw.push(`"${field.raw.hex}"`);
      if (field.kind === 'protocol') slot.values.push(this.#object(field.children, field.key));
      else {
        slot.values.push(valueText(field, this.#packet));
        this.#fill(field.children, protocol, slots);
      }
    }
  }
}

/** `2026-03-02T08:00:05.005005005Z`, which Elasticsearch takes for a time. */
function isoTime({ seconds, nanoseconds }: ShownPacket): string {
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${second}.${`${nanoseconds}`.padStart(9, '0')}Z`;
}

function oneOrArray(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? 'null') : `[${values.join(',')}]`;
}

/** `mip6.bu.seqnr` is `mipv6_mip6_bu_seqnr`: protocol, then the name with underscores. */
function keyOf({ key, kind }: ShownField, protocol: string): string {
  if (kind === 'heading') return 'text';
  const name = key.replaceAll('.', '_');
  if (kind === 'protocol' || NAMES_ONLY.some((prefix) => key.startsWith(prefix))) return name;
  const owner = OWNED_BY_LAYER.has(key) ? protocol : protocolOf(key);
  return `${owner.replaceAll('.', '_')}_${name}`;
}

function protocolOf(key: string): string {
  const long = LONG_PROTOCOLS.find((protocol) => key.startsWith(`${protocol}.`));
  if (long !== undefined) return long;
  const renamed = RENAMED.find(([prefix]) => key.startsWith(prefix));
  return renamed?.[1] ?? key.slice(0, Math.max(0, key.indexOf('.')));
}

function valueText({ kind, value, key }: ShownField, packet: ShownPacket): string {
  if (kind === 'heading') return jsonString(key);
  if (key === 'frame.time') return jsonString(isoTime(packet));
  if (value === undefined || kind === 'none') return 'null';
  if (kind === 'boolean') return value === '0' ? 'false' : 'true';
  return jsonString(value);
}

function selectedLine(layers: readonly ShownField[], names: readonly string[]): string {
  const found = selectedValues(layers, names);
  const members = [...new Set(names)].flatMap((name) => {
    const fields = found.get(name);
    if (fields === undefined) return [];
    const values = fields.map((field) => jsonString(selectedText(field)));
    return [`${jsonString(name.replaceAll('.', '_'))}:[${values.join(',')}]`];
  });
  return `{${members.join(',')}}`;
}
