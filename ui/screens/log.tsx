/**
 * Log: what the run said, newest last.
 */
import { useMemo, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type { LogLine } from '../../engine/views/model/index.ts';
import { emptyText } from '../components/detail-pane.tsx';
import { PaneTitle } from '../components/pane-title.tsx';
import { Table } from '../components/table.tsx';
import type { Column } from '../components/table.tsx';
import { useActions } from '../hooks/use-actions.ts';
import { useList } from '../hooks/use-list.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useView } from '../hooks/use-view.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, safeText } from '../text.ts';
import type { Tone } from '../theme.ts';
import { clockText, timeOfDayText } from '../time-text.ts';

type Level = LogLine['level'];

/** What is shown, least first. */
const LEVELS: readonly { readonly level: Level; readonly says: string }[] = [
  { level: 'info', says: 'all lines' },
  { level: 'warning', says: 'warnings and errors' },
  { level: 'error', says: 'errors only' },
];

const LOOKS: Readonly<Record<Level, { readonly sign: string; readonly tone: Tone }>> = {
  info: { sign: ' ', tone: 'plain' },
  warning: { sign: '!', tone: 'warning' },
  error: { sign: 'x', tone: 'bad' },
};

const KEYS: readonly KeyBinding[] = [
  { action: 'open', keys: ['enter'], description: 'the whole line', footer: 'whole line' },
  {
    action: 'level',
    keys: ['v'],
    description: 'all lines, warnings and errors, errors only',
    footer: 'level',
    argument: {
      name: 'level',
      kind: 'choice',
      choices: LEVELS.map(({ level }) => level),
      isOptional: true,
    },
  },
  { ...NARROW_KEY, footer: 'search' },
  {
    action: 'follow',
    keys: ['f'],
    description: 'go on with lines that come, or stop',
    footer: 'follow',
  },
  { action: 'copy', keys: ['y'], description: 'copy the line' },
];

const COLUMNS: readonly Column<LogLine>[] = [
  { title: 'Time UTC', width: 8, cell: ({ time }) => timeOfDayText(time) },
  {
    title: 'Level',
    width: 9,
    cell: ({ level }) => ({ text: `${LOOKS[level].sign} ${level}`, tone: LOOKS[level].tone }),
  },
  {
    title: 'Text',
    width: 20,
    share: 1,
    cell: ({ text, level }) => ({ text, tone: LOOKS[level].tone }),
  },
];

function lineText({ time, level, text }: LogLine): string {
  return `${clockText(time)} UTC ${level}: ${safeText(text)}`;
}

const Log: FC<ScreenProps> = ({ model, status, size, actions, isActive }) => {
  const view = useView(model, status, 'log', isActive);
  const [least, setLeast] = useState(0);
  const needle = useNarrow(actions, isActive);
  const rows = useMemo(
    () =>
      (view ?? []).filter(
        ({ level, text }) =>
          LEVELS.findIndex((item) => item.level === level) >= least && hasNeedle(needle, [text]),
      ),
    [view, least, needle],
  );
  const list = useList({
    count: rows.length,
    height: size.rows - 2,
    isActive,
    canFollow: true,
    isFollowing: true,
  });
  const row = rows[list.cursor];
  const says = LEVELS[least]?.says ?? '';

  useActions(
    {
      open: () => {
        if (row === undefined) actions.say('there is no line here', 'warning');
        else actions.show(`${row.level} at ${clockText(row.time)} UTC`, row.text.split(/\r?\n/));
      },
      level: ({ argument }) => {
        const wanted = LEVELS.findIndex(({ level }) => level === argument);
        setLeast(wanted >= 0 ? wanted : (least + 1) % LEVELS.length);
      },
      follow: () => {
        list.setFollowing(!list.isFollowing);
      },
      copy: () => {
        if (row === undefined) actions.say('there is no line here', 'warning');
        else actions.copy(lineText(row), 'log line');
      },
      back: () => {
        if (least === 0) return false;
        setLeast(0);
        return true;
      },
    },
    isActive,
  );

  const of = rows.length === view?.length ? '' : ` of ${countText(view?.length ?? 0)}`;
  const narrowed = needle === '' ? '' : ` with "${needle}"`;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      <PaneTitle
        title={`Log: ${says}${narrowed}, ${countText(rows.length)}${of}`}
        detail={list.isFollowing ? 'following' : 'stopped; G follows'}
        columns={size.columns}
        isFocused
      />
      <Table
        columns={COLUMNS}
        rows={rows}
        list={list}
        size={{ columns: size.columns, rows: size.rows - 1 }}
        isFocused
        empty={safeText(
          emptyText(
            view === undefined,
            needle,
            least === 0 ? 'nothing was logged' : `no ${says}; v shows others`,
          ),
        )}
      />
    </Box>
  );
};

/** The screen. */
export const LOG_SCREEN: ScreenDefinition = {
  id: 'log',
  title: 'Log',
  short: 'Log',
  key: '9',
  component: Log,
  keys: KEYS,
};
