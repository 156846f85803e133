/**
 * Text to be read line by line: sections, labelled facts, paragraphs, and lines that lead somewhere.
 */
import { useState } from 'react';
import type { FC } from 'react';
import { useActions } from '../hooks/use-actions.ts';
import { windowTop } from '../hooks/use-list.ts';
import type { ListCursor } from '../hooks/use-list.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenSize } from '../screen.ts';
import { fit, safeText, wrap } from '../text.ts';
import type { Tone } from '../theme.ts';
import type { Segment } from './line.tsx';
import { List } from './list.tsx';

/** A line. */
export interface DocumentLine<Target = never> {
  readonly segments: readonly Segment[];
  readonly isSection?: boolean;
  /** What *open* does here. */
  readonly target?: Target | undefined;
}

/** Keys of screens with a long text. */
export const SECTION_KEYS: readonly KeyBinding[] = [
  {
    action: 'next-section',
    keys: ['}'],
    description: 'next section of the text',
    isRepeatable: true,
  },
  { action: 'previous-section', keys: ['{'], description: 'section before', isRepeatable: true },
];

/** Cells of labels. */
export const LABEL_WIDTH = 12;

/** An empty line. */
export const EMPTY_LINE: DocumentLine = { segments: [] };

/** The title of a section. */
export function section(title: string, note = ''): DocumentLine {
  return {
    segments: [
      { text: safeText(title), tone: 'accent' },
      { text: note === '' ? '' : `  ${safeText(note)}`, tone: 'dim' },
    ],
    isSection: true,
  };
}

/** A text in lines of at most `width` cells, the first after `lead`, the others below its end. */
export function paragraph<Target = never>(
  text: string,
  width: number,
  options: {
    readonly lead?: string;
    readonly tone?: Tone;
    readonly target?: Target | undefined;
  } = {},
): DocumentLine<Target>[] {
  const { lead = '', tone, target } = options;
  return wrap(safeText(text), Math.max(10, width - lead.length)).map((line, index) => ({
    segments: [
      { text: index === 0 ? lead : ' '.repeat(lead.length), tone },
      { text: line, tone },
    ],
    target,
  }));
}

/** `Care-of     2001:db8::5`: a label and what belongs to it. */
export function fact<Target = never>(
  label: string,
  text: string,
  width: number,
  options: { readonly tone?: Tone; readonly target?: Target | undefined } = {},
): DocumentLine<Target>[] {
  const { tone, target } = options;
  return wrap(safeText(text), Math.max(10, width - LABEL_WIDTH)).map((line, index) => ({
    segments: [
      { text: fit(index === 0 ? label : '', LABEL_WIDTH), tone: 'dim' },
      { text: line, tone },
    ],
    target,
  }));
}

/** Where a text is: as a list, without following. */
export type Reading = Pick<ListCursor, 'cursor' | 'top' | 'select'>;

/**
 * Cursor of a text; answers to movement and `SECTION_KEYS` while active. Pages turn the text, not only the cursor, and a
 * section that is gone to stands at the top.
 * @param identity what the text is about: of another one the cursor starts at the top
 */
export function useDocument(
  lines: readonly DocumentLine<unknown>[],
  height: number,
  isActive: boolean,
  identity: string,
): Reading {
  const [place, setPlace] = useState({ cursor: 0, top: 0, identity });
  const count = lines.length;
  const inside = (line: number): number => Math.max(0, Math.min(line, count - 1));
  const isSame = place.identity === identity;
  const cursor = isSame ? inside(place.cursor) : 0;
  const top = isSame ? windowTop(place.top, cursor, height, count) : 0;
  const put = (line: number, wantedTop: number): void => {
    const next = inside(line);
    setPlace({ cursor: next, top: windowTop(wantedTop, next, height, count), identity });
  };
  const turn = (rows: number): void => {
    const last = Math.max(0, count - height);
    const to = Math.max(0, Math.min(top + rows, last));
    // Where nothing is left to turn the cursor goes to the end.
    if (to === top) put(rows > 0 ? count - 1 : 0, top);
    else put(cursor + to - top, to);
  };
  const go = (step: 1 | -1, times: number): void => {
    let line = cursor;
    for (let left = times; left > 0; left--) {
      let next = line + step;
      while (next >= 0 && next < count && lines[next]?.isSection !== true) next += step;
      if (next < 0 || next >= count) break;
      line = next;
    }
    if (line !== cursor) put(line, line);
    else put(step < 0 ? 0 : count - 1, top);
  };
  const half = Math.max(1, Math.floor(height / 2));
  const page = Math.max(1, height - 1);
  useActions(
    {
      down: ({ count: times = 1 }) => {
        put(cursor + times, top);
      },
      up: ({ count: times = 1 }) => {
        put(cursor - times, top);
      },
      'half-down': ({ count: times = 1 }) => {
        turn(half * times);
      },
      'half-up': ({ count: times = 1 }) => {
        turn(-half * times);
      },
      'page-down': ({ count: times = 1 }) => {
        turn(page * times);
      },
      'page-up': ({ count: times = 1 }) => {
        turn(-page * times);
      },
      first: () => {
        put(0, 0);
      },
      last: () => {
        put(count - 1, count);
      },
      goto: ({ count: line, argument }) => {
        const wanted = line ?? Number(argument);
        if (!Number.isSafeInteger(wanted)) return false;
        put(wanted - 1, top);
        return true;
      },
      'next-section': ({ count: times = 1 }) => {
        go(1, times);
      },
      'previous-section': ({ count: times = 1 }) => {
        go(-1, times);
      },
    },
    isActive,
  );
  return {
    cursor,
    top,
    select: (line) => {
      put(line, top);
    },
  };
}

/** `12/80`, where the cursor is; '' when all is seen. */
export function placeText(list: Reading, count: number, rows: number): string {
  return count <= rows ? '' : `${Math.min(count, list.cursor + 1)}/${count}`;
}

/** The window of a text, exactly as high as `size`. */
export const Document: FC<{
  readonly lines: readonly DocumentLine<unknown>[];
  readonly list: Reading;
  readonly size: ScreenSize;
  readonly isFocused: boolean;
}> = ({ lines, list, size, isFocused }) => (
  <List
    count={lines.length}
    cursor={list.cursor}
    top={list.top}
    size={size}
    isFocused={isFocused}
    line={(index) => lines[index]?.segments}
  />
);
