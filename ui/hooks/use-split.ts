/**
 * Two panes, one over the other: a list, and what its line is in detail.
 */
import { useState } from 'react';
import type { ScreenSize } from '../screen.ts';
import { useActions } from './use-actions.ts';

/** Name of a pane. */
export type SplitPane = 'list' | 'detail';

/** What the panes are. */
export interface SplitOptions {
  readonly size: ScreenSize;
  readonly isActive: boolean;
  /** Rows that the list would like, with its head. It gets them as far as the detail keeps most of the screen. */
  readonly listRows: number;
  /** Largest part of the screen that the list takes by itself; default 0.45. */
  readonly share?: number;
  /** Pane that has the keys until the user goes to the other; default the list. */
  readonly start?: SplitPane;
}

/** The panes as they are. */
export interface Split {
  readonly focus: SplitPane;
  readonly focusOn: (pane: SplitPane) => void;
  /** Place of the list; no rows when the detail is alone. */
  readonly list: ScreenSize;
  /** Place of the detail below its title; no rows when the list is alone. */
  readonly detail: ScreenSize;
  /** Whether the title of the detail is shown. */
  readonly hasDetail: boolean;
}

/** Fewest rows of a pane. */
const LEAST_LIST = 2;
const LEAST_DETAIL = 4;

/** Answers to `PANE_KEYS`, and to *back*: out of a pane that is alone, then to the list. */
export function useSplit(options: SplitOptions): Split {
  const { size, isActive, listRows, share = 0.45, start = 'list' } = options;
  const [chosen, setChosen] = useState<SplitPane>();
  const [isAlone, setAlone] = useState(false);
  const [more, setMore] = useState(0);
  const focus = chosen ?? start;
  const most = Math.max(LEAST_LIST, size.rows - 1 - LEAST_DETAIL);
  const wanted = Math.max(LEAST_LIST, Math.min(listRows, Math.floor(size.rows * share)));
  const upper = Math.max(LEAST_LIST, Math.min(wanted + more, most));

  const other = (): void => {
    setChosen(focus === 'list' ? 'detail' : 'list');
  };
  const resize = (rows: number): void => {
    const next = upper + (focus === 'list' ? rows : -rows);
    setMore(Math.max(LEAST_LIST, Math.min(next, most)) - wanted);
    setAlone(false);
  };
  useActions(
    {
      'next-pane': other,
      'previous-pane': other,
      maximise: () => {
        setAlone(!isAlone);
      },
      grow: ({ count = 1 }) => {
        resize(count);
      },
      shrink: ({ count = 1 }) => {
        resize(-count);
      },
      back: () => {
        if (isAlone) setAlone(false);
        else if (focus === 'detail' && start === 'list') setChosen('list');
        else return false;
        return true;
      },
    },
    isActive,
  );
  const rows = { list: upper, detail: size.rows - upper - 1 };
  if (isAlone) {
    rows.list = focus === 'list' ? size.rows : 0;
    rows.detail = focus === 'list' ? 0 : size.rows - 1;
  }
  return {
    focus,
    focusOn: setChosen,
    list: { columns: size.columns, rows: rows.list },
    detail: { columns: size.columns, rows: Math.max(0, rows.detail) },
    hasDetail: !isAlone || focus === 'detail',
  };
}
