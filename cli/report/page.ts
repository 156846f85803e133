/**
 * Lays out text: headings, wrapped paragraphs, lists and tables. Colour is put on after the layout is known.
 */
import type { Paint, Style } from './palette.ts';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly style?: Style;
}

/** A cell of a table, or a plain text. */
export type Cell = Span | string;

/** Widest and narrowest page, columns. */
const MAX_WIDTH = 100;
const MIN_WIDTH = 72;

/** Page width for a terminal; not a terminal: the widest. */
export function pageWidth(columns: number | undefined): number {
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns ?? MAX_WIDTH));
}

function spanOf(cell: Cell): Span {
  return typeof cell === 'string' ? { text: cell } : cell;
}

/** A page of text under construction. */
export class Page {
  readonly width: number;
  readonly #paint: Paint;
  readonly #lines: string[] = [];

  constructor(width: number, paint: Paint) {
    this.width = width;
    this.#paint = paint;
  }

  /** The lines, each ended by a line feed. */
  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  blank(): void {
    // Never two blank lines, and none at the top.
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }

  /** A section title with a rule under it. */
  heading(title: string): void {
    this.blank();
    this.#lines.push(this.#paint('bold', title));
    this.#lines.push(this.#paint('dim', '─'.repeat(title.length)));
  }

  /** A line as it is: no wrapping. */
  line(indent: number, ...spans: readonly Cell[]): void {
    const text = spans
      .map(spanOf)
      .map((span) => this.#paint(span.style ?? 'plain', span.text))
      .join('');
    this.#lines.push(`${' '.repeat(indent)}${text}`);
  }

  /**
   * A paragraph, wrapped.
   * @param lead put before the first line; the others are indented by its length
   */
  paragraph(indent: number, text: string, style: Style = 'plain', lead: Cell = ''): void {
    const first = spanOf(lead);
    const room = Math.max(20, this.width - indent - first.text.length);
    const [top = '', ...rest] = wrap(text, room);
    this.line(indent, first, { text: top, style });
    for (const line of rest) this.line(indent + first.text.length, { text: line, style });
  }

  /** Rows with aligned columns; the last column is wrapped, the others are as wide as their widest cell. */
  table(indent: number, rows: readonly (readonly Cell[])[], gap = 2): void {
    const cells = rows.map((row) => row.map(spanOf));
    const columns = Math.max(0, ...cells.map((row) => row.length));
    const widths = Array.from({ length: columns }, (_, column) =>
      Math.max(0, ...cells.map((row) => (row.length - 1 > column ? lengthOf(row[column]) : 0))),
    );
    for (const row of cells) {
      const last = row.at(-1);
      const lead = row.slice(0, -1).map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - cell.text.length + gap);
        return this.#paint(cell.style ?? 'plain', cell.text) + padding;
      });
      const used = indent + row.slice(0, -1).reduce((sum, _, i) => sum + (widths[i] ?? 0) + gap, 0);
      const [top = '', ...rest] = wrap(last?.text ?? '', Math.max(20, this.width - used));
      const style = last?.style ?? 'plain';
      this.#lines.push(`${' '.repeat(indent)}${lead.join('')}${this.#paint(style, top)}`.trimEnd());
      for (const line of rest) this.line(used, { text: line, style });
    }
  }
}

function lengthOf(cell: Span | undefined): number {
  return cell?.text.length ?? 0;
}

/** Lines of at most `room` characters, broken at spaces; a longer word is broken where it must be. */
export function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > room) {
      lines.push(line.slice(0, room));
      line = line.slice(room);
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}
