/**
 * From the boxes and lines that ink has laid out to the lines of a frame.
 *
 * ink makes an object of every cell of every frame and reads the styles of all of them back from text: tens of
 * milliseconds for a large terminal. Here lines are put beside each other as they are; cells are counted only where one
 * lies over another.
 */
import type { DOMElement } from 'ink';
import { cutCells, textWidth } from '../text.ts';

/** A node that ink knows: an element or a text. */
type DomNode = DOMElement['childNodes'][number];

/** Gives a text its look. */
type Look = NonNullable<DOMElement['internal_transform']>;

/** Text of one look. */
interface Run {
  readonly text: string;
  /** The innermost first. */
  readonly looks: readonly Look[];
}

/** What takes the cells from `start` to `end` of a row. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly runs: readonly Run[];
}

/** The part of the frame where something is seen. */
interface Clip {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Adds the runs of a text and of the texts in it. */
function addRuns(node: DomNode, looks: readonly Look[], runs: Run[]): void {
  if (node.nodeName === '#text') {
    if (node.nodeValue !== '') runs.push({ text: node.nodeValue, looks });
    return;
  }
  const { internal_transform: look, childNodes } = node;
  const inner = look === undefined ? looks : [look, ...looks];
  for (const child of childNodes) addRuns(child, inner, runs);
}

/** The cells of `runs` from `from` to `to`, exactly as many. */
function cutRuns(runs: readonly Run[], from: number, to: number): Run[] {
  const cut: Run[] = [];
  let at = 0;
  for (const { text, looks } of runs) {
    const width = textWidth(text);
    const first = Math.max(from - at, 0);
    const last = Math.min(to - at, width);
    if (first === 0 && last === width) cut.push({ text, looks });
    else if (first < last) cut.push({ text: cutCells(text, first, last), looks });
    at += width;
  }
  return cut;
}

/** Lays a piece over those of a row, which stay in order and apart. */
function lay(row: Piece[], piece: Piece): void {
  const { start, end } = piece;
  const last = row.at(-1);
  if (last === undefined || last.end <= start) {
    row.push(piece);
    return;
  }
  const parts: Piece[] = [];
  for (const below of row) {
    const { start: from, end: to, runs } = below;
    if (to <= start || from >= end) {
      parts.push(below);
      continue;
    }
    if (from < start) parts.push({ start: from, end: start, runs: cutRuns(runs, 0, start - from) });
    if (to > end) parts.push({ start: end, end: to, runs: cutRuns(runs, end - from, to - from) });
  }
  parts.push(piece);
  parts.sort((a, b) => a.start - b.start);
  row.splice(0, row.length, ...parts);
}

/** A row as text, without the blanks at its end that have no look. */
function rowText(row: readonly Piece[]): string {
  let text = '';
  let at = 0;
  for (const { start, end, runs } of row) {
    text += ' '.repeat(start - at);
    at = end;
    for (const { text: plain, looks } of runs) {
      let shown = plain;
      for (const look of looks) shown = look(shown, 0);
      text += shown;
    }
  }
  return text.trimEnd();
}

/** Draws a node and what is in it, at an offset. */
function draw(
  node: DomNode,
  parentLeft: number,
  parentTop: number,
  clip: Clip,
  rows: Piece[][],
): void {
  const { yogaNode } = node;
  if (node.nodeName === '#text' || yogaNode === undefined) return;
  if (node.style.display === 'none') return;
  const left = parentLeft + yogaNode.getComputedLeft();
  const top = parentTop + yogaNode.getComputedTop();
  const right = left + yogaNode.getComputedWidth();
  if (node.nodeName === 'ink-text') {
    const row = top >= clip.top && top < clip.bottom ? rows[top] : undefined;
    if (row !== undefined) drawText(node, left, right, clip, row);
    return;
  }
  const { overflow, overflowX = overflow, overflowY = overflow } = node.style;
  let inner = clip;
  if (overflowX === 'hidden' || overflowY === 'hidden') {
    const isX = overflowX === 'hidden';
    const isY = overflowY === 'hidden';
    const bottom = top + yogaNode.getComputedHeight();
    inner = {
      left: isX ? Math.max(clip.left, left) : clip.left,
      right: isX ? Math.min(clip.right, right) : clip.right,
      top: isY ? Math.max(clip.top, top) : clip.top,
      bottom: isY ? Math.min(clip.bottom, bottom) : clip.bottom,
    };
  }
  for (const child of node.childNodes) draw(child, left, top, inner, rows);
}

function drawText(node: DOMElement, left: number, right: number, clip: Clip, row: Piece[]): void {
  const runs: Run[] = [];
  addRuns(node, [], runs);
  const start = Math.max(left, clip.left);
  const end = Math.min(right, clip.right);
  if (runs.length === 0 || start >= end) return;
  // Lines fill their place; what does not would move all behind it.
  const width = runs.reduce((sum, { text }) => sum + textWidth(text), 0);
  const isWhole = start === left && end === right && width === right - left;
  const stop = Math.min(end, left + width);
  if (isWhole) lay(row, { start, end, runs });
  else if (stop > start) {
    lay(row, { start, end: stop, runs: cutRuns(runs, start - left, stop - left) });
  }
}

/**
 * Lines of the frame of a tree that is laid out. Texts are one line each, as `Line` makes them; borders and backgrounds
 * of boxes are not drawn.
 */
export function composeFrame(root: DOMElement): string[] {
  const { yogaNode } = root;
  if (yogaNode === undefined) return [];
  const bottom = yogaNode.getComputedHeight();
  const rows = Array.from({ length: bottom }, (): Piece[] => []);
  draw(root, 0, 0, { left: 0, top: 0, right: Number.POSITIVE_INFINITY, bottom }, rows);
  return rows.map(rowText);
}
