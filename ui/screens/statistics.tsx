/**
 * Statistics: traffic over time, messages, status codes, handover latency, counters.
 */
import { useMemo } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type { Series, StatisticsView } from '../../engine/views/model/index.ts';
import { bar, sparkline, squeeze } from '../components/bars.ts';
import {
  Document,
  EMPTY_LINE,
  placeText,
  section,
  SECTION_KEYS,
  useDocument,
} from '../components/document.tsx';
import type { DocumentLine } from '../components/document.tsx';
import { PaneTitle } from '../components/pane-title.tsx';
import { useActions } from '../hooks/use-actions.ts';
import { useView } from '../hooks/use-view.ts';
import { quoted } from '../filter-text.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, fit, fitRight, safeText, textWidth } from '../text.ts';
import type { Tone } from '../theme.ts';

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'packets of this message or status: applies a filter',
    footer: 'packets',
  },
  { action: 'copy', keys: ['y'], description: 'copy all numbers as text' },
  ...SECTION_KEYS.map((row, index) => ({
    ...row,
    footer: index === 0 ? 'next part' : 'part before',
  })),
];

/** Status values from here on are refusals. RFC 6275 section 6.1.8. */
const FIRST_REFUSAL = 128;

/** Cells of names, at least and at most. */
const NAME_WIDTH = { least: 12, most: 34 };
const COUNT_WIDTH = 11;

/** Filters for what a line counts, of which the first that is one is meant. */
type Line = DocumentLine<readonly string[]>;

interface Bar {
  readonly name: string;
  readonly count: number;
  readonly tone: Tone;
  readonly filters?: readonly string[];
}

function nameWidth(names: readonly string[]): number {
  const widest = names.reduce((most, name) => Math.max(most, textWidth(safeText(name))), 0);
  return Math.max(NAME_WIDTH.least, Math.min(widest, NAME_WIDTH.most));
}

/** Bars with names and counts, all to one scale. */
function barLines(bars: readonly Bar[], width: number): Line[] {
  if (bars.length === 0) return [{ segments: [{ text: '  none', tone: 'dim' }] }];
  const names = nameWidth(bars.map(({ name }) => name));
  const most = bars.reduce((all, { count }) => Math.max(all, count), 0);
  const sum = bars.reduce((all, { count }) => all + count, 0);
  const room = Math.max(8, Math.min(width - names - COUNT_WIDTH - 10, 100));
  return bars.map(({ name, count, tone, filters }) => ({
    segments: [
      { text: `  ${fit(safeText(name), names)} ` },
      { text: `${fitRight(countText(count), COUNT_WIDTH)} `, tone: count === 0 ? 'dim' : 'plain' },
      { text: bar(count, most, room), tone },
      { text: sum === 0 ? '' : fitRight(`${Math.round((100 * count) / sum)} %`, 6), tone: 'dim' },
    ],
    target: filters,
  }));
}

/** `1.5 k/s`: how many in a second. */
function rateText(perSecond: number): string {
  if (perSecond >= 1e9) return `${(perSecond / 1e9).toFixed(1)} G/s`;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M/s`;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)} k/s`;
  return `${perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1))}/s`;
}

function seriesLines(series: readonly Series[], slotSeconds: number, width: number): Line[] {
  if (series.every(({ values }) => values.length === 0)) {
    return [{ segments: [{ text: '  nothing yet', tone: 'dim' }] }];
  }
  const names = nameWidth(series.map(({ name }) => name));
  const room = Math.max(8, width - names - 24);
  return series.map(({ name, values }) => {
    const most = values.reduce((all, value) => Math.max(all, value), 0);
    const last = values.at(-1) ?? 0;
    return {
      segments: [
        { text: `  ${fit(safeText(name), names)} ` },
        { text: fit(sparkline(squeeze(values, room), room), room), tone: 'accent' },
        { text: fitRight(rateText(last / slotSeconds), 10) },
        { text: fitRight(rateText(most / slotSeconds), 10), tone: 'dim' },
      ],
    };
  });
}

/** Time that the sparklines show. */
function spanText(series: readonly Series[], slotSeconds: number): string {
  const slots = series.reduce((most, { values }) => Math.max(most, values.length), 0);
  const seconds = slots * slotSeconds;
  if (seconds === 0) return '';
  return seconds < 120 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds / 60)} min`;
}

/** Counters in as many columns as there is room for. */
function counterLines(counters: StatisticsView['counters'], width: number): Line[] {
  const names = nameWidth(counters.map(({ name }) => name));
  const cell = names + COUNT_WIDTH + 5;
  const columns = Math.max(1, Math.min(4, Math.floor(width / cell)));
  const rows = Math.ceil(counters.length / columns);
  return Array.from({ length: rows }, (_, row) => ({
    segments: Array.from({ length: columns }, (__, column) => counters[column * rows + row])
      .filter((counter) => counter !== undefined)
      .flatMap(({ name, value }) => [
        {
          text: `  ${fit(safeText(name), names)} `,
          tone: value === 0 ? ('dim' as const) : undefined,
        },
        {
          text: `${fitRight(countText(value), COUNT_WIDTH)}  `,
          tone: value === 0 ? ('dim' as const) : undefined,
        },
      ]),
  }));
}

function documentOf(view: StatisticsView, width: number): Line[] {
  const { slotSeconds, series, messages, statusCodes, handoverLatency, counters } = view;
  const { classes, unit } = handoverLatency;
  const used = classes.filter(({ count }) => count > 0).length;
  const first = classes.findIndex(({ count }) => count > 0);
  const last = classes.findLastIndex(({ count }) => count > 0);
  const handovers = classes.reduce((sum, { count }) => sum + count, 0);
  const span = spanText(series, slotSeconds);
  const head = fitRight('now', 10) + fitRight('most', 10);
  const names = nameWidth(series.map(({ name }) => name));
  const note = span === '' ? '' : `${span}, newest at the right`;
  const gap = Math.max(1, names + 3 + Math.max(8, width - names - 24) - 'Over time  '.length);
  return [
    {
      segments: [
        { text: 'Over time  ', tone: 'accent' },
        { text: fit(note, gap), tone: 'dim' },
        { text: head, tone: 'dim' },
      ],
      isSection: true,
    },
    ...seriesLines(series, slotSeconds, width),
    EMPTY_LINE,
    section('Messages'),
    ...barLines(
      messages.map(({ name, packets }) => ({
        name,
        count: packets,
        tone: 'accent',
        filters: [`mip6.mhtype == ${quoted(name)}`, `icmpv6.type == ${quoted(name)}`],
      })),
      width,
    ),
    EMPTY_LINE,
    section('Status of Binding Acknowledgements', `from ${FIRST_REFUSAL} on refused`),
    ...barLines(
      statusCodes.map(({ status, name, packets }) => ({
        name: `${status >= FIRST_REFUSAL ? '!' : '+'} ${fitRight(`${status}`, 3)} ${name}`,
        count: packets,
        tone: status >= FIRST_REFUSAL ? 'warning' : 'good',
        filters: [`mip6.ba.status == ${status}`],
      })),
      width,
    ),
    EMPTY_LINE,
    section(
      handoverLatency.name === '' ? 'Handover latency' : handoverLatency.name,
      `${countText(handovers)} handovers, from the first Binding Update to the accepting answer`,
    ),
    ...(used === 0
      ? [{ segments: [{ text: '  no handover was seen', tone: 'dim' as const }] }]
      : barLines(
          classes
            .slice(Math.max(0, first - 1), last + 2)
            .map(({ label, count }) => ({ name: `${label} ${unit}`, count, tone: 'accent' })),
          width,
        )),
    EMPTY_LINE,
    section('Counters'),
    ...counterLines(counters, width),
  ];
}

const Statistics: FC<ScreenProps> = ({ model, status, size, actions, isActive }) => {
  const view = useView(model, status, 'statistics', isActive);
  const lines = useMemo(
    () => (view === undefined ? [] : documentOf(view, size.columns - 2)),
    [view, size.columns],
  );
  const rows = size.rows - 1;
  const reading = useDocument(lines, rows, isActive, '');
  useActions(
    {
      open: () => {
        const filters = lines[reading.cursor]?.target;
        const filter = filters?.find((text) => model.checkFilter(text).ok);
        if (filters === undefined)
          actions.say('enter works on messages and status codes', 'warning');
        else if (filter === undefined) actions.say('no filter selects this message', 'warning');
        else actions.applyFilter(filter);
      },
      copy: () => {
        const text = lines
          .map(({ segments }) =>
            segments
              .map((segment) => segment.text)
              .join('')
              .trimEnd(),
          )
          .join('\n');
        actions.copy(text, 'statistics');
      },
    },
    isActive,
  );
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      <PaneTitle
        title={view === undefined ? 'Statistics: asking ...' : 'Statistics'}
        detail={placeText(reading, lines.length, rows)}
        columns={size.columns}
        isFocused
      />
      <Document lines={lines} list={reading} size={{ columns: size.columns, rows }} isFocused />
    </Box>
  );
};

/** The screen. */
export const STATISTICS_SCREEN: ScreenDefinition = {
  id: 'statistics',
  title: 'Statistics',
  short: 'Stats',
  key: '8',
  component: Statistics,
  keys: KEYS,
};
