/**
 * `-T fields`: a line a packet with the values of selected fields, as tshark writes it.
 */
import { selectedText, selectedValues } from './shown-field.ts';
import type { ShownField, ShownPacket } from './shown-field.ts';
import type { TextSink } from '../output.ts';

/** How lines are made: the keys of `-E`. */
export interface FieldsOptions {
  readonly header: boolean;
  /** One character between fields. */
  readonly separator: string;
  /** One character between values of a field, or nothing. */
  readonly aggregator: string;
  /** `'`, `"` or nothing. */
  readonly quote: string;
  readonly occurrence: 'first' | 'last' | 'all';
  /** Byte order mark first. */
  readonly bom: boolean;
  /** Write separators inside text of the wire as `\xhh` where no quotes protect them. */
  readonly escape: boolean;
}

/** What tshark does unless told otherwise. */
export const DEFAULT_FIELDS_OPTIONS: FieldsOptions = {
  header: false,
  separator: '\t',
  aggregator: ',',
  quote: '',
  occurrence: 'all',
  bom: false,
  escape: true,
};

/** Controls, direction marks and overrides, separators that break lines, lone surrogates. */
const UNSAFE =
  /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Writes packets as lines of values. */
export class FieldLines {
  readonly #sink: TextSink;
  readonly #names: readonly string[];
  readonly #options: FieldsOptions;
  #isBegun = false;

  /** @param names filter names, in the order of the columns; one may come twice */
  constructor(sink: TextSink, names: readonly string[], options: FieldsOptions) {
    this.#sink = sink;
    this.#names = names;
    this.#options = options;
  }

  /** Throws OutputError. */
  write(packet: ShownPacket): void {
    this.#begin();
    const found = selectedValues(packet.layers, this.#names);
    const columns = this.#names.map((name) => this.#column(found.get(name) ?? []));
    this.#sink.write(`${columns.join(this.#options.separator)}\n`);
  }

  /** Writes the header when no packet came. Throws OutputError. */
  end(): void {
    this.#begin();
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    const { bom, header, separator } = this.#options;
    if (bom) this.#sink.write('\ufeff');
    if (header) this.#sink.write(`${this.#names.join(separator)}\n`);
  }

  #column(fields: readonly ShownField[]): string {
    const { occurrence, aggregator, quote } = this.#options;
    let chosen = fields;
    if (occurrence === 'first') chosen = fields.slice(0, 1);
    if (occurrence === 'last') chosen = fields.slice(-1);
    if (chosen.length === 0) return '';
    const text = chosen.map((field) => this.#text(field)).join(aggregator);
    return quote === '' ? text : `${quote}${text}${quote}`;
  }

  #text(field: ShownField): string {
    const text = selectedText(field).replace(UNSAFE, escaped);
    const { quote, escape, separator, aggregator } = this.#options;
    if (quote !== '') return text.replaceAll(quote, quote + quote);
    if (!escape || field.kind !== 'text') return text;
    let safe = text.replaceAll(separator, escaped(separator));
    if (aggregator !== '') safe = safe.replaceAll(aggregator, escaped(aggregator));
    return safe;
  }
}
