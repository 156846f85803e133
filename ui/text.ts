/**
 * Text for cells of a terminal: made safe, measured by what it takes on the screen, padded and cut.
 */
import stringWidth from 'string-width';

/**
 * Controls and escapes, direction marks and overrides, separators, characters that take no place, lone surrogates.
 * Joiners and variation selectors go as well: terminals disagree on the width of what they make.
 */
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;
const PLAIN = /^[ -~]*$/;

/** Characters of one cell each, those that lines and marks of the screens are made of among them: no need to measure. */
const NARROW = /^[ -~\u2026\u2190-\u2193\u2500-\u259f\u25b8\u25be\u2800-\u28ff]*$/;

/** Combining marks that stand on one character at most; more are a tower over other lines. */
const TOWER = /(\p{M}{4})\p{M}+/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * Text from a packet, a file name or a message, on one line and without anything that a terminal obeys: such
 * characters are shown as `\x1b`, `\u{202e}`.
 */
export function safeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escaped).replace(TOWER, '$1');
}

/** Cells that a safe text takes. */
export function textWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The longest start of a safe text that takes at most `width` cells, whole characters only. */
function head(text: string, width: number): string {
  if (NARROW.test(text)) return text.slice(0, width);
  let kept = '';
  let used = 0;
  // No character takes more than two cells, and few have more than some marks: what is far behind has no place.
  for (const { segment } of segmenter.segment(text.slice(0, 8 * (width + 1)))) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/** The cells of a safe text from `from` to `to`: exactly as many, blank where half of a wide character would be. */
export function cutCells(text: string, from: number, to: number): string {
  if (NARROW.test(text)) return text.slice(from, to).padEnd(to - from);
  let kept = '';
  let at = 0;
  let filled = from;
  for (const { segment } of segmenter.segment(text)) {
    const width = stringWidth(segment);
    const isIn = at >= from && at + width <= to && (width > 0 || filled > from);
    if (isIn) {
      kept += ' '.repeat(at - filled) + segment;
      filled = at + width;
    }
    at += width;
    if (at >= to) break;
  }
  return kept + ' '.repeat(to - filled);
}

/** The start of a safe text that takes at most `width` cells; a cut one ends with `…`. */
export function truncate(text: string, width: number): string {
  if (width <= 0) return '';
  if (NARROW.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  if (text.length <= 8 * width && stringWidth(text) <= width) return text;
  return `${head(text, width - 1)}…`;
}

/** A safe text in exactly `width` cells: cut, or with blanks behind. */
export function fit(text: string, width: number): string {
  const cut = truncate(text, width);
  return cut + ' '.repeat(Math.max(0, width - textWidth(cut)));
}

/** As `fit`, with the blanks in front: for numbers. */
export function fitRight(text: string, width: number): string {
  const cut = truncate(text, width);
  return ' '.repeat(Math.max(0, width - textWidth(cut))) + cut;
}

/** As `truncate`, but the middle goes and the end stays: for names of files. */
export function truncateMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (!NARROW.test(text) || width < 5) return truncate(text, width);
  const head = Math.floor((width - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

/** A safe text in lines of at most `width` cells, broken between words where that is possible. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    while (textWidth(word) > width) {
      if (line !== '') lines.push(line);
      line = '';
      const start = head(word, width);
      // A character that is wider than the line.
      if (start === '') return lines;
      lines.push(start);
      word = word.slice(start.length);
    }
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}

/** `1 234 567`: thin groups, so that long counts can be read. */
export function countText(count: number): string {
  return `${Math.round(count)}`.replace(/\B(?=(\d{3})+$)/g, ' ');
}
