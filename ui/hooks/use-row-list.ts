/**
 * A list whose rows come and go: the cursor keeps to its row, not to its line.
 */
import { useLayoutEffect, useRef } from 'react';
import type { Subject } from '../screen.ts';
import { useList } from './use-list.ts';
import type { ListCursor, ListOptions } from './use-list.ts';

/** What the list is. */
export interface RowListOptions<Row> extends Omit<ListOptions, 'count'> {
  /** A new array whenever a row is another. */
  readonly rows: readonly Row[];
  /** Identity of a row, whatever of it changes. */
  readonly keyOf: (row: Row) => string;
}

/** A cursor, and the row it is on. */
export interface RowList<Row> extends ListCursor {
  readonly selected: Row | undefined;
}

/** `useList` for rows with an identity. */
export function useRowList<Row>(options: RowListOptions<Row>): RowList<Row> {
  const { rows, keyOf, ...rest } = options;
  const list = useList({ ...rest, count: rows.length });
  const { cursor, isFollowing, select } = list;
  const selected = rows[cursor];
  const key = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const wanted = key.current;
    if (wanted === undefined || isFollowing) return;
    const row = rows[cursor];
    if (row !== undefined && keyOf(row) === wanted) return;
    const line = rows.findIndex((item) => keyOf(item) === wanted);
    if (line >= 0) select(line);
    // Only when rows changed: what moves the cursor otherwise is meant to.
  }, [rows]);
  useLayoutEffect(() => {
    key.current = selected === undefined ? undefined : keyOf(selected);
  });
  return { ...list, selected };
}

/** Shows a subject once, as soon as there is something to look for it in. */
export function useSubject(
  subject: Subject | undefined,
  isReady: boolean,
  show: (subject: Subject) => void,
): void {
  const shown = useRef<Subject | undefined>(undefined);
  useLayoutEffect(() => {
    if (subject === undefined || !isReady || shown.current === subject) return;
    shown.current = subject;
    show(subject);
  });
}
