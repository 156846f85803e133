/**
 * A cursor in a list of which only a window is shown.
 */
import { useRef, useState } from 'react';
import { useActions } from './use-actions.ts';

/** What the list is. */
export interface ListOptions {
  /** Lines there are. */
  readonly count: number;
  /** Lines that are shown. */
  readonly height: number;
  /** Whether movement keys are for this list. */
  readonly isActive: boolean;
  /** The cursor keeps to the last line while lines come, until it moves up; the last line key starts it again. */
  readonly canFollow?: boolean;
  /** Follows from the start. */
  readonly isFollowing?: boolean;
  /** Told when keys moved the cursor. */
  readonly onKeys?: () => void;
  /** Where the cursor is, when somebody else keeps it; `onMove` is told where it should go. */
  readonly kept?: { readonly cursor: number; readonly onMove: (line: number) => void };
}

/** A cursor and its window. */
export interface ListCursor {
  /** Line of the cursor, 0 in an empty list. */
  readonly cursor: number;
  /** First line shown. */
  readonly top: number;
  readonly isFollowing: boolean;
  /** Moves the cursor; lines out of range are brought into it. */
  readonly select: (line: number) => void;
  readonly setFollowing: (isOn: boolean) => void;
}

interface Place {
  readonly cursor: number;
  readonly top: number;
  readonly isFollowing: boolean;
}

/** A line within the list. */
function inside(line: number, count: number): number {
  return Math.max(0, Math.min(line, count - 1));
}

/** First line shown so that the cursor is seen and the window is full. */
export function windowTop(top: number, cursor: number, height: number, count: number): number {
  const least = cursor - Math.max(1, height) + 1;
  const wanted = Math.min(Math.max(top, least), cursor);
  return Math.max(0, Math.min(wanted, count - height));
}

/**
 * Cursor of a list; answers to the movement keys while active: lines, pages, first, last, `12G`.
 */
export function useList(options: ListOptions): ListCursor {
  const { count, height, isActive, canFollow = false, kept } = options;
  const [place, setPlace] = useState<Place>({
    cursor: 0,
    top: 0,
    isFollowing: options.isFollowing === true,
  });
  const isFollowing = canFollow && place.isFollowing;
  const cursor = isFollowing ? Math.max(0, count - 1) : inside(kept?.cursor ?? place.cursor, count);
  const top = windowTop(place.top, cursor, height, count);
  const shown = useRef<Place>(place);
  shown.current = { cursor, top, isFollowing };
  // Who waited for an answer moves in the list as it is then.
  const extent = useRef({ count, height });
  extent.current = { count, height };

  const move = (line: number, follows: boolean): void => {
    const { count: lines, height: rows } = extent.current;
    const now = inside(line, lines);
    kept?.onMove(now);
    setPlace({
      cursor: now,
      top: windowTop(shown.current.top, now, rows, lines),
      isFollowing: follows,
    });
  };
  const byKeys = (line: number, follows: boolean): void => {
    options.onKeys?.();
    move(line, follows);
  };
  const by = (lines: number): void => {
    byKeys(cursor + lines, isFollowing && lines > 0);
  };
  const half = Math.max(1, Math.floor(height / 2));
  const page = Math.max(1, height - 1);
  useActions(
    {
      down: ({ count: times = 1 }) => {
        by(times);
      },
      up: ({ count: times = 1 }) => {
        by(-times);
      },
      'half-down': ({ count: times = 1 }) => {
        by(half * times);
      },
      'half-up': ({ count: times = 1 }) => {
        by(-half * times);
      },
      'page-down': ({ count: times = 1 }) => {
        by(page * times);
      },
      'page-up': ({ count: times = 1 }) => {
        by(-page * times);
      },
      first: () => {
        byKeys(0, false);
      },
      last: () => {
        byKeys(count - 1, true);
      },
      goto: ({ count: line, argument }) => {
        const wanted = line ?? Number(argument);
        if (!Number.isSafeInteger(wanted)) return false;
        byKeys(wanted - 1, false);
        return true;
      },
    },
    isActive,
    true,
  );
  return {
    cursor,
    top,
    isFollowing,
    select: (line) => {
      move(line, false);
    },
    setFollowing: (isOn) => {
      setPlace({ ...shown.current, isFollowing: isOn });
    },
  };
}
