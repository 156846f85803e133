/**
 * The forms in which `read` shows packets.
 */
import { summarize } from '../../dissectors/index.ts';
import type { FieldNode } from '../../dissectors/index.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import { ColourRules } from '../../engine/views/colour-rules.ts';
import type { PacketEmphasis } from '../../engine/views/colour-rules.ts';
import { FieldLines } from '../../io/export/fields.ts';
import type { FieldsOptions } from '../../io/export/fields.ts';
import type { ShownPacket } from '../../io/export/shown-field.ts';
import { TsharkEk } from '../../io/export/tshark-ek.ts';
import { TsharkJson } from '../../io/export/tshark-json.ts';
import type { TextSink } from '../../io/output.ts';
import { PacketLines } from '../report/packet-line.ts';
import { plainPaint } from '../report/palette.ts';
import type { Paint, Style } from '../report/palette.ts';
import { hexText, selectionText, treeText } from '../report/tree.ts';
import { allNodes } from './packet-view.ts';
import type { PacketView } from './packet-view.ts';
import { shownLayers } from './shape.ts';

/** Values of `-T`. */
export const READ_FORMATS = ['text', 'json', 'jsonraw', 'ek', 'fields'] as const;

/** A value of `-T`. */
export type ReadFormat = (typeof READ_FORMATS)[number];

/** How packets are shown. */
export interface ShowOptions {
  readonly format: ReadFormat;
  /** All fields, in text. */
  readonly tree: boolean;
  /** All octets. */
  readonly hex: boolean;
  /** Names of the layers whose fields are shown, in text; undefined = all. */
  readonly only: ReadonlySet<string> | undefined;
  /** Selected fields: in text those whose octets are marked. */
  readonly fields: readonly string[];
  readonly fieldsOptions: FieldsOptions;
  /** One key for what comes several times. */
  readonly uniqueKeys: boolean;
}

/** Shows packets; its methods throw OutputError. */
export interface Printer {
  show(view: PacketView): void;
  /** Ends the document. */
  end(): void;
}

/** The printer of a format. */
export function printerOf(options: ShowOptions, sink: TextSink, paint: Paint): Printer {
  const { format, fields, fieldsOptions, hex: raw, uniqueKeys } = options;
  switch (format) {
    case 'text':
      return new TextPrinter(sink, options, paint);
    case 'json':
      return exportPrinter(new TsharkJson(sink, { fields, raw, values: true, uniqueKeys }), raw);
    case 'jsonraw':
      return exportPrinter(
        new TsharkJson(sink, { fields, raw: true, values: false, uniqueKeys }),
        true,
      );
    case 'ek':
      return exportPrinter(new TsharkEk(sink, { fields, raw }), raw);
    case 'fields':
      return exportPrinter(new FieldLines(sink, fields, fieldsOptions), false);
  }
}

function exportPrinter(
  writer: { write(packet: ShownPacket): void; end?(): void },
  withOctets: boolean,
): Printer {
  return {
    show(view) {
      const { seconds, nanoseconds } = view.record;
      const layers = shownLayers(allNodes(view), view.dissection.sources, withOctets);
      writer.write({ seconds, nanoseconds, layers });
    },
    end() {
      writer.end?.();
    },
  };
}

/** Lines, trees and octets for people. */
/** How packets look, by what they are. */
const STYLES: Readonly<Record<PacketEmphasis, Style>> = {
  broken: 'worst',
  refused: 'bad',
  deregistration: 'warning',
  registration: 'good',
  signalling: 'name',
  plain: 'plain',
};

class TextPrinter implements Printer {
  readonly #sink: TextSink;
  readonly #options: ShowOptions;
  readonly #paint: Paint;
  readonly #lines: PacketLines;
  /** Undefined without colours: then nobody asks. */
  readonly #rules: ColourRules | undefined;
  readonly #marked: ReadonlySet<string>;

  constructor(sink: TextSink, options: ShowOptions, paint: Paint) {
    this.#sink = sink;
    this.#options = options;
    this.#paint = paint;
    this.#lines = new PacketLines(paint);
    this.#rules = paint === plainPaint ? undefined : new ColourRules();
    this.#marked = new Set(options.fields);
  }

  show(view: PacketView): void {
    const { tree, hex, only } = this.#options;
    const { record, dissection, sinceFirst } = view;
    const paint = this.#paint;
    const summary = summarize(dissection);
    let text = this.#lines.line(record.number, sinceFirst, summary, this.#styleOf(view));
    if (tree) {
      const { frame, state } = view.nodes;
      const after = state === undefined ? [] : [state];
      text += treeText(dissection, paint, { before: [frame], after, only });
    }
    if (hex) {
      const selected = this.#marked.size === 0 ? [] : namedNodes(allNodes(view), this.#marked);
      const ranges = selected.filter(({ length }) => length > 0);
      text += hexText(dissection.sources, paint, { ranges, brackets: paint === plainPaint });
      text += selectionText(selected, dissection.sources, paint);
    }
    if (tree || hex) text += '\n';
    this.#sink.write(text);
  }

  /** Colour of a packet; the words of its line say the same. */
  #styleOf(view: PacketView): Style {
    if (this.#rules === undefined) return 'plain';
    const source = fieldSource(allNodes(view), view.dissection.sources);
    return STYLES[this.#rules.emphasisOf(source)];
  }

  end(): void {
    // A list of packets needs no end.
  }
}

/** Nodes of some names, in depth. */
function namedNodes(nodes: readonly FieldNode[], names: ReadonlySet<string>): FieldNode[] {
  return nodes.flatMap((node) => {
    const below = namedNodes(node.children, names);
    return node.name !== undefined && names.has(node.name) ? [node, ...below] : below;
  });
}
