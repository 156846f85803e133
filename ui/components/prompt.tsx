/**
 * A line that the user types: checked at every key, with completions above and what was typed before.
 */
import { useEffect, useRef, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import { typedText } from '../frame/keypress.ts';
import { useRawKeys } from '../hooks/use-raw-keys.ts';
import type { Completion, PromptRequest, PromptVerdict } from '../screen.ts';
import { fit, safeText, textWidth, truncate, wrap } from '../text.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

/** Completions shown at once. */
export const SHOWN_COMPLETIONS = 8;

/** Most characters of a line. */
const MAX_LENGTH = 4096;

/** Where the next character goes. */
const CARET = '▏';

/** What `Prompt` needs. */
export interface PromptProps {
  readonly request: PromptRequest;
  readonly columns: number;
  /** Lines above that completions may take. */
  readonly room: number;
  /** Texts given before, newest last. */
  readonly history: readonly string[];
  /** Called with the text, or undefined when it was left. */
  readonly onDone: (text: string | undefined) => void;
}

interface Editing {
  readonly text: string;
  readonly cursor: number;
}

function insert({ text, cursor }: Editing, typed: string): Editing {
  if (text.length + typed.length > MAX_LENGTH) return { text, cursor };
  return {
    text: text.slice(0, cursor) + typed + text.slice(cursor),
    cursor: cursor + typed.length,
  };
}

function remove({ text, cursor }: Editing, from: number): Editing {
  const start = Math.max(0, from);
  return { text: text.slice(0, start) + text.slice(cursor), cursor: start };
}

/** Characters of the one before or behind the cursor: two for a pair of surrogates. */
function stepBack(text: string, cursor: number): number {
  const code = text.charCodeAt(cursor - 1);
  return cursor > 1 && code >= 0xdc00 && code < 0xe000 ? 2 : 1;
}

function stepOn(text: string, cursor: number): number {
  const code = text.charCodeAt(cursor);
  return code >= 0xd800 && code < 0xdc00 ? 2 : 1;
}

/** Where the word before the cursor starts. */
function wordStart(text: string, cursor: number): number {
  return /\S*\s*$/.exec(text.slice(0, cursor))?.index ?? 0;
}

/** The part of a long line around the cursor, and how many cells of it stand before an offset. */
function view(text: string, cursor: number, width: number): { shown: string; skipped: number } {
  const safe = (part: string): string => safeText(part);
  if (textWidth(safe(text)) + 1 <= width) {
    return {
      shown: `${safe(text.slice(0, cursor))}${CARET}${safe(text.slice(cursor))}`,
      skipped: 0,
    };
  }
  const skipped = Math.max(0, cursor - Math.floor(width / 2));
  return {
    shown: `${safe(text.slice(skipped, cursor))}${CARET}${safe(text.slice(cursor))}`,
    skipped,
  };
}

/** What is said of a text: below it, and above it when there is no room below. */
export interface VerdictLines {
  /** Two lines at most. */
  readonly above: readonly string[];
  readonly below: string;
}

/**
 * Carets below what is wrong, and the message behind or before them; where it has no room, in a line of its own.
 * @param indent cells in front of the text
 */
export function verdictLines(verdict: PromptVerdict, indent: number, width: number): VerdictLines {
  if (verdict.ok) {
    return { above: [], below: truncate(` ${safeText(verdict.note ?? '')}`, width) };
  }
  const { offset, length, message, hint } = verdict;
  const said = safeText(hint === undefined ? message : `${message}; ${hint}`);
  const at = Math.max(0, Math.min(indent + offset, width - 1));
  const carets = '^'.repeat(Math.max(1, Math.min(length, width - at)));
  const alone = `${' '.repeat(at)}${carets}`;
  if (textWidth(alone) + 1 + textWidth(said) <= width) {
    return { above: [], below: `${alone} ${said}` };
  }
  if (textWidth(said) + 1 <= at) return { above: [], below: `${fit(said, at)}${carets}` };
  return { above: wrap(said, width - 2).slice(0, 2), below: alone };
}

/** The prompt: two lines at the bottom, completions above them. */
export const Prompt: FC<PromptProps> = ({ request, columns, room, history, onDone }) => {
  const { label, check, complete } = request;
  const initial = request.initial ?? '';
  const [editing, setEditing] = useState<Editing>({ text: initial, cursor: initial.length });
  const [found, setFound] = useState<readonly Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  /** Place in the history; its length = what is being typed now. */
  const [place, setPlace] = useState(history.length);
  const draft = useRef(initial);
  const { text, cursor } = editing;
  const verdict = check?.(text) ?? { ok: true };
  const isCompleting = useRef(false);

  useEffect(() => {
    // Going through completions does not look for new ones.
    if (isCompleting.current) {
      isCompleting.current = false;
      return undefined;
    }
    setChosen(-1);
    let isOld = false;
    const take = (answer: readonly Completion[]): void => {
      if (!isOld) setFound(answer);
    };
    const answer = complete?.(text, cursor) ?? [];
    if (answer instanceof Promise) {
      answer.then(take, () => {
        take([]);
      });
    } else take(answer);
    return () => {
      isOld = true;
    };
    // The functions of a request are those of one life of it.
  }, [text, cursor]);

  const write = (next: Editing): void => {
    setPlace(history.length);
    draft.current = next.text;
    setEditing(next);
  };
  const recall = (step: number): void => {
    const to = Math.max(0, Math.min(history.length, place + step));
    if (to === place) return;
    const recalled = to === history.length ? draft.current : (history[to] ?? '');
    setPlace(to);
    setEditing({ text: recalled, cursor: recalled.length });
  };
  const completeBy = (step: number): void => {
    if (found.length === 0) return;
    const next =
      chosen < 0 && step < 0 ? found.length - 1 : (chosen + step + found.length) % found.length;
    const item = found[next];
    if (item === undefined) return;
    // The one before stands where the first one started.
    const to = chosen < 0 ? item.to : item.from + (found[chosen]?.text.length ?? 0);
    const replaced = text.slice(0, item.from) + item.text + text.slice(to);
    const isOnly = found.length === 1;
    isCompleting.current = !isOnly;
    setChosen(isOnly ? -1 : next);
    write({ text: replaced, cursor: item.from + item.text.length });
  };

  const removeNext = (): void => {
    const to = cursor + stepOn(text, cursor);
    write({ text: text.slice(0, cursor) + text.slice(to), cursor });
  };

  const keys: Readonly<Record<string, () => void>> = {
    enter: () => {
      if (verdict.ok) onDone(text);
    },
    esc: () => {
      onDone(undefined);
    },
    tab: () => {
      completeBy(1);
    },
    'shift-tab': () => {
      completeBy(-1);
    },
    up: () => {
      recall(-1);
    },
    down: () => {
      recall(1);
    },
    left: () => {
      setEditing({ text, cursor: Math.max(0, cursor - stepBack(text, cursor)) });
    },
    right: () => {
      setEditing({ text, cursor: Math.min(text.length, cursor + stepOn(text, cursor)) });
    },
    home: () => {
      setEditing({ text, cursor: 0 });
    },
    end: () => {
      setEditing({ text, cursor: text.length });
    },
    backspace: () => {
      write(remove(editing, cursor - stepBack(text, cursor)));
    },
    'ctrl-a': () => {
      setEditing({ text, cursor: 0 });
    },
    'ctrl-e': () => {
      setEditing({ text, cursor: text.length });
    },
    delete: removeNext,
    'ctrl-d': removeNext,
    'ctrl-u': () => {
      write({ text: text.slice(cursor), cursor: 0 });
    },
    'ctrl-k': () => {
      write({ text: text.slice(0, cursor), cursor });
    },
    'ctrl-w': () => {
      write(remove(editing, wordStart(text, cursor)));
    },
  };
  useRawKeys((key) => {
    const action = keys[key];
    if (action !== undefined) action();
    else {
      // Several characters at once are pasted text.
      const typed = key.startsWith('text:') ? key.slice(5) : typedText(key);
      if (typed !== undefined) write(insert(editing, typed));
    }
  });

  const lead = `${label}${label === ':' ? '' : ': '}`;
  const { shown, skipped } = view(text, cursor, columns - textWidth(lead));
  const tone = text === '' ? 'plain' : verdict.ok ? 'good' : 'bad';
  // A word that is being typed is not wrong yet.
  const isUnfinished =
    !verdict.ok &&
    found.some(({ from, to }) => cursor === to && verdict.offset >= from && verdict.offset < to);
  const sign: Segment[] =
    check === undefined || text === ''
      ? []
      : [
          isUnfinished
            ? { text: '  ...', tone: 'dim' }
            : { text: verdict.ok ? '  ok' : '  no', tone: verdict.ok ? 'good' : 'bad' },
        ];
  const wrong = verdict.ok
    ? verdict
    : { ...verdict, offset: verdict.offset - skipped + (verdict.offset >= cursor ? 1 : 0) };
  const { above, below } =
    text === ''
      ? { above: [], below: '' }
      : isUnfinished
        ? { above: [], below: ' tab completes' }
        : verdictLines(wrong, textWidth(lead), columns);
  const isBad = !verdict.ok && !isUnfinished;
  return (
    <Box flexDirection="column" width={columns}>
      <Completions found={found} chosen={chosen} columns={columns} room={room - above.length} />
      {above.map((line) => (
        <Line key={line} width={columns} segments={[{ text: ` ${line}`, tone: 'bad' }]} />
      ))}
      <Line
        width={columns}
        segments={[{ text: lead, tone: 'strong' }, { text: shown, tone }, ...sign]}
      />
      <Line width={columns} segments={[{ text: below, tone: isBad ? 'bad' : 'dim' }]} />
    </Box>
  );
};

const Completions: FC<{
  readonly found: readonly Completion[];
  readonly chosen: number;
  readonly columns: number;
  readonly room: number;
}> = ({ found, chosen, columns, room }) => {
  const height = Math.min(found.length, SHOWN_COMPLETIONS, room);
  const top = Math.max(0, Math.min(chosen - height + 1, found.length - height));
  const shown = found.slice(top, top + height);
  const width = shown.reduce((most, { text }) => Math.max(most, textWidth(safeText(text))), 0);
  return shown.map(({ text, detail }, index) => (
    <Line
      key={top + index}
      width={columns}
      hasMark
      isCursor={top + index === chosen}
      segments={[
        { text: fit(safeText(text), width), tone: 'accent' },
        { text: detail === undefined ? '' : `  ${safeText(detail)}`, tone: 'dim' },
        {
          text:
            index === height - 1 && found.length > height
              ? `  (${found.length}, tab for more)`
              : '',
          tone: 'dim',
        },
      ]}
    />
  ));
};
