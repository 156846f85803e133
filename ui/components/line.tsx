/**
 * One line of text in tones, cut and padded to its width.
 */
import { createElement, memo } from 'react';
import type { FC, ReactNode } from 'react';
import { Text } from 'ink';
import { fit, textWidth, truncate } from '../text.ts';
import { CURSOR_MARK, TONES } from '../theme.ts';
import type { Tone } from '../theme.ts';

/** A safe text in one tone. */
export interface Segment {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

/** What `Line` shows. */
export interface LineProps {
  readonly segments: readonly Segment[];
  /** Cells; the line is exactly as wide. */
  readonly width: number;
  /** `cursor` is told from others by `CURSOR_MARK` in the first cell, which other lines leave blank when `hasMark`. */
  readonly isCursor?: boolean;
  readonly hasMark?: boolean;
  /** Whether the pane has the keys: a cursor of another pane is less loud. */
  readonly isFocused?: boolean;
}

/** Segments that take exactly `width` cells together. */
export function fitSegments(segments: readonly Segment[], width: number): Segment[] {
  const fitted: Segment[] = [];
  let left = width;
  for (const { text, tone } of segments) {
    if (left <= 0) break;
    const cut = truncate(text, left);
    left -= textWidth(cut);
    fitted.push({ text: cut, tone });
  }
  if (left > 0) fitted.push({ text: fit('', left) });
  return fitted;
}

/** Whether two lines look the same: most lines of a frame are those of the frame before. */
function isSame(a: LineProps, b: LineProps): boolean {
  return (
    a.width === b.width &&
    a.isCursor === b.isCursor &&
    a.hasMark === b.hasMark &&
    a.isFocused === b.isFocused &&
    a.segments.length === b.segments.length &&
    a.segments.every(
      ({ text, tone }, i) => text === b.segments[i]?.text && tone === b.segments[i].tone,
    )
  );
}

/**
 * A text in a place of exactly that size. `<Text>` has no size, so ink measures it, and keeps the size of every text it
 * ever measured: a list that follows live traffic would fill the memory. Its own element is not asked for its size.
 */
function placed(width: number, children: ReactNode): ReactNode {
  const style = { width, height: 1, flexGrow: 0, flexShrink: 0, textWrap: 'truncate' };
  return createElement('ink-text', { style }, children);
}

/** A line. */
export const Line: FC<LineProps> = memo(function Line(props: LineProps) {
  const { segments, width, isCursor = false, hasMark = false, isFocused = true } = props;
  const mark = hasMark ? [{ text: isCursor ? CURSOR_MARK : ' ' }] : [];
  const fitted = fitSegments([...mark, ...segments], width);
  if (isCursor) {
    // One look for the whole line: colours on the inverse of a theme are often not to be read.
    const look = TONES[isFocused ? 'cursor' : 'cursor-idle'];
    return placed(width, <Text {...look}>{fitted.map(({ text }) => text).join('')}</Text>);
  }
  return placed(
    width,
    fitted.map(({ text, tone = 'plain' }, index) => (
      <Text key={index} {...TONES[tone]}>
        {text}
      </Text>
    )),
  );
}, isSame);
