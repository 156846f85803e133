/**
 * Octets as hexadecimal and characters, with those of a field marked.
 */
import type { FC } from 'react';
import { Box } from 'ink';
import type { ScreenSize } from '../screen.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

/** Octets from `offset` on that are marked. */
export interface OctetRange {
  readonly offset: number;
  readonly length: number;
}

/** Octets in a line of that many cells: 16 or 8. */
export function octetsPerLine(columns: number): 8 | 16 {
  return columns >= 74 ? 16 : 8;
}

function isIn(octet: number, { offset, length }: OctetRange): boolean {
  return octet >= offset && octet < offset + length;
}

function character(octet: number): string {
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
}

/**
 * What stands before an octet, so that marks can be told without colours: `<` `>` around the octet of the cursor, `[`
 * `]` around the marked ones.
 */
function gap(
  before: number,
  after: number,
  marked: OctetRange,
  cursor: number | undefined,
): string {
  if (cursor !== undefined && after === cursor) return '<';
  if (cursor !== undefined && before === cursor) return '>';
  const isBefore = before >= 0 && isIn(before, marked);
  const isAfter = after >= 0 && isIn(after, marked);
  if (isAfter && !isBefore) return '[';
  return isBefore && !isAfter ? ']' : ' ';
}

/** Segments of one line of octets. */
export function hexSegments(
  bytes: Uint8Array,
  start: number,
  perLine: number,
  marked: OctetRange,
  cursor: number | undefined,
): Segment[] {
  const end = Math.min(start + perLine, bytes.length);
  const segments: Segment[] = [{ text: `${start.toString(16).padStart(4, '0')} `, tone: 'dim' }];
  const text: Segment[] = [{ text: '  ' }];
  for (let octet = start; octet < start + perLine; octet++) {
    if (octet === start + perLine / 2) segments.push({ text: ' ' });
    const before = octet === start || octet - 1 >= end ? -1 : octet - 1;
    const after = octet < end ? octet : -1;
    segments.push({ text: gap(before, after, marked, cursor) });
    const value = bytes[octet];
    if (value === undefined || octet >= end) {
      segments.push({ text: '  ' });
      continue;
    }
    const isMarked = isIn(octet, marked) || octet === cursor;
    const tone = isMarked ? 'highlight' : 'plain';
    segments.push({ text: value.toString(16).padStart(2, '0'), tone });
    text.push({ text: character(value), tone: isMarked ? 'highlight' : 'dim' });
  }
  const isFull = end === start + perLine;
  segments.push({ text: isFull ? gap(end - 1, -1, marked, cursor) : ' ' });
  return merged([...segments, ...text]);
}

/** Neighbours of one tone as one. */
function merged(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const { text, tone = 'plain' } of segments) {
    const last = joined.at(-1);
    if (last?.tone === tone) joined[joined.length - 1] = { text: last.text + text, tone };
    else joined.push({ text, tone });
  }
  return joined;
}

/** First line shown so that what matters is seen; the window moves no further than it must. */
export function hexTop(
  top: number,
  first: number,
  last: number,
  height: number,
  lines: number,
): number {
  let wanted = Math.min(top, first);
  // What does not fit is seen from its start.
  if (last >= wanted + height) wanted = Math.min(first, last - height + 1);
  return Math.max(0, Math.min(wanted, lines - height));
}

/** The window of octets. */
export const Hex: FC<{
  readonly bytes: Uint8Array;
  /** First line shown. */
  readonly top: number;
  readonly marked: OctetRange;
  /** Undefined while another pane has the keys. */
  readonly cursor: number | undefined;
  readonly size: ScreenSize;
}> = ({ bytes, top, marked, cursor, size }) => {
  const perLine = octetsPerLine(size.columns);
  const lines = Math.max(0, Math.min(size.rows, Math.ceil(bytes.length / perLine) - top));
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      {Array.from({ length: lines }, (_, row) => (
        <Line
          key={row}
          width={size.columns}
          segments={hexSegments(bytes, (top + row) * perLine, perLine, marked, cursor)}
        />
      ))}
    </Box>
  );
};
