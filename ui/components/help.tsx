/**
 * Keys of a screen: the table itself. Typing filters, enter does what the line says.
 */
import { useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import { typedText } from '../frame/keypress.ts';
import { windowTop } from '../hooks/use-list.ts';
import { useRawKeys } from '../hooks/use-raw-keys.ts';
import { commandText } from '../keymap.ts';
import type { KeyBinding, KeyGroup } from '../keymap.ts';
import type { ScreenSize } from '../screen.ts';
import { fit, wrap } from '../text.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

type HelpLine =
  | { readonly title: string; readonly row: undefined }
  | { readonly title: undefined; readonly row: KeyBinding };

const KEY_WIDTH = 17;
const COMMAND_WIDTH = 30;

/** Cells from which on commands have a column; below, the last line shows the one of the cursor. */
const WIDE = 110;

/** Lines of help: each group that has rows which fit. */
export function helpLines(groups: readonly KeyGroup[], filter: string): readonly HelpLine[] {
  const wanted = filter.toLowerCase();
  return groups.flatMap(({ title, rows }): HelpLine[] => {
    const found = rows.filter(
      (row) =>
        row.keys.some((key) => key === filter) ||
        `${row.description} ${commandText(row)}`.toLowerCase().includes(wanted),
    );
    return found.length === 0
      ? []
      : [{ title, row: undefined }, ...found.map((row): HelpLine => ({ title: undefined, row }))];
  });
}

function lineSegments({ title, row }: HelpLine, columns: number): Segment[] {
  if (row === undefined) return [{ text: title, tone: 'accent' }];
  const command: Segment[] =
    columns >= WIDE
      ? [{ text: fit(`:${commandText(row)}`, COMMAND_WIDTH), tone: 'dim' }, { text: ' ' }]
      : [];
  return [
    { text: fit(`  ${row.keys.join(' ')}`, KEY_WIDTH), tone: 'strong' },
    { text: ' ' },
    ...command,
    { text: row.description },
  ];
}

/** Help over the whole body. */
export const Help: FC<{
  readonly title: string;
  readonly groups: readonly KeyGroup[];
  readonly size: ScreenSize;
  /** Called with the action of the chosen line, or undefined. */
  readonly onDone: (row: KeyBinding | undefined) => void;
}> = ({ title, groups, size, onDone }) => {
  const [filter, setFilter] = useState('');
  const [cursor, setCursor] = useState(1);
  const [top, setTop] = useState(0);
  const lines = helpLines(groups, filter);
  const height = Math.max(1, size.rows - 3);
  const move = (to: number): void => {
    const line = Math.max(0, Math.min(to, lines.length - 1));
    setCursor(line);
    setTop(line <= 1 ? 0 : windowTop(top, line, height, lines.length));
  };
  const type = (text: string): void => {
    setFilter(text);
    setTop(0);
    setCursor(1);
  };
  useRawKeys((key) => {
    const typed = typedText(key);
    if (key === 'esc') {
      if (filter === '') onDone(undefined);
      else type('');
    } else if (key === 'enter') onDone(lines[cursor]?.row);
    else if (key === 'down') move(cursor + 1);
    else if (key === 'up') move(cursor - 1);
    else if (key === 'pgdn' || key === 'ctrl-d') move(cursor + height - 1);
    else if (key === 'pgup' || key === 'ctrl-u') move(cursor - height + 1);
    else if (key === 'home') move(0);
    else if (key === 'end') move(lines.length - 1);
    else if (key === 'backspace') type(filter.slice(0, -1));
    else if (key === '?' && filter === '') onDone(undefined);
    else if (typed !== undefined && filter.length < 60) type(filter + typed);
  });
  const shown = lines.slice(top, top + height);
  const chosen = lines[cursor]?.row;
  const whole = chosen === undefined ? '' : ` :${commandText(chosen)}  ${chosen.description}`;
  const foot = wrap(whole, size.columns - 1);
  const head = `Keys of ${title}`;
  const hint = filter === '' ? 'type to search, enter does it, esc closes' : `search: ${filter}▏`;
  return (
    <Box position="absolute" flexDirection="column" width={size.columns} height={size.rows}>
      <Line
        width={size.columns}
        segments={[
          { text: ` ${head}  `, tone: 'strong' },
          { text: lines.length === 0 ? `search: ${filter}▏  nothing found` : hint, tone: 'dim' },
        ]}
      />
      {Array.from({ length: height }, (_, index) => {
        const line = shown[index];
        return (
          <Line
            key={index}
            width={size.columns}
            hasMark
            isCursor={line !== undefined && top + index === cursor}
            segments={line === undefined ? [] : lineSegments(line, size.columns)}
          />
        );
      })}
      <Line width={size.columns} segments={[{ text: foot[0] ?? '', tone: 'accent' }]} />
      <Line width={size.columns} segments={[{ text: `  ${foot[1] ?? ''}`, tone: 'accent' }]} />
    </Box>
  );
};
