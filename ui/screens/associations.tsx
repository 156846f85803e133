/**
 * Security associations: which packets they matched, whether their integrity check values were right, and how far
 * their sequence numbers came. Keys are not known here.
 */
import { useMemo } from 'react';
import type { FC } from 'react';
import type { AssociationRow } from '../../engine/views/model/index.ts';
import { meter } from '../components/bars.ts';
import { emptyText, ListAndDetail } from '../components/detail-pane.tsx';
import {
  EMPTY_LINE,
  fact,
  LABEL_WIDTH,
  section,
  SECTION_KEYS,
  useDocument,
} from '../components/document.tsx';
import type { DocumentLine } from '../components/document.tsx';
import type { Segment } from '../components/line.tsx';
import { Table } from '../components/table.tsx';
import type { Column } from '../components/table.tsx';
import { useActions } from '../hooks/use-actions.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useRowList } from '../hooks/use-row-list.ts';
import { useSplit } from '../hooks/use-split.ts';
import { useView } from '../hooks/use-view.ts';
import { PANE_KEYS } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, fit, safeText, truncateMiddle } from '../text.ts';
import type { Tone } from '../theme.ts';

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'its packets: filter for the SPI',
    footer: 'packets',
  },
  {
    action: 'prepare',
    keys: ['p'],
    description: 'the same as a filter to finish',
    footer: 'prepare filter',
  },
  { action: 'copy', keys: ['y'], description: 'copy the SPI' },
  NARROW_KEY,
  ...PANE_KEYS,
  ...SECTION_KEYS,
];

/** `0x0990cbed`; `any` for an association of all SPIs. */
function spiText(spi: number | undefined): string {
  return spi === undefined ? 'any' : `0x${spi.toString(16).padStart(8, '0')}`;
}

/** Sign and tone of how an association fares. */
function healthOf(row: AssociationRow): { readonly sign: string; readonly tone: Tone } {
  const { encryption, packets, icvMismatches, malformed } = row;
  if (icvMismatches + malformed > 0) return { sign: '!', tone: 'bad' };
  if (encryption === undefined) return { sign: '?', tone: 'warning' };
  return packets === 0 ? { sign: '.', tone: 'dim' } : { sign: '+', tone: 'good' };
}

function verdictSegment(row: AssociationRow): Segment {
  const { sign, tone } = healthOf(row);
  return { text: `${sign} ${row.verdict}`, tone };
}

const COLUMNS: readonly Column<AssociationRow>[] = [
  { title: 'SPI', width: 10, cell: ({ spi }) => spiText(spi) },
  {
    title: 'From',
    width: 10,
    share: 2,
    cell: ({ source }, width) => truncateMiddle(safeText(source), width),
  },
  {
    title: 'To',
    width: 10,
    share: 2,
    cell: ({ destination }, width) => truncateMiddle(safeText(destination), width),
  },
  { title: 'Used for', width: 10, share: 1, from: 100, cell: ({ role }) => role },
  { title: 'Mode', width: 9, from: 120, cell: ({ mode }) => mode ?? '-' },
  {
    title: 'Packets',
    width: 8,
    isRight: true,
    cell: ({ packets }) => countText(packets),
  },
  {
    title: 'Opened',
    width: 8,
    isRight: true,
    from: 90,
    cell: ({ opened }) => countText(opened),
  },
  {
    title: 'Bad ICV',
    width: 7,
    isRight: true,
    cell: ({ icvMismatches }) => ({
      text: countText(icvMismatches),
      tone: icvMismatches > 0 ? 'bad' : 'dim',
    }),
  },
  { title: 'Verdict', width: 16, share: 1, cell: verdictSegment },
];

function keyOf({ spi, source, destination, origin }: AssociationRow): string {
  return `${spiText(spi)} ${source} ${destination} ${origin ?? ''}`;
}

/** Filter for the packets of an association. */
function filterOf({ spi, source, destination }: AssociationRow): string {
  if (spi !== undefined) return `esp.spi == ${spiText(spi)}`;
  const ends = [
    ['ipv6.src', source],
    ['ipv6.dst', destination],
  ] as const;
  return [
    'esp',
    ...ends
      .filter(([, address]) => /^[0-9a-f:./]+$/i.test(address))
      .map((pair) => pair.join(' == ')),
  ].join(' and ');
}

/** The replay window as lines of marks, newest first. */
function windowLines(marks: string, highest: number, width: number): DocumentLine[] {
  const room = Math.max(16, Math.floor((width - LABEL_WIDTH - 22) / 8) * 8);
  const lines: DocumentLine[] = [];
  for (let from = 0; from < marks.length; from += room) {
    const part = marks.slice(from, from + room);
    const first = highest - from;
    lines.push({
      segments: [
        { text: ' '.repeat(LABEL_WIDTH) },
        { text: safeText(part), tone: part.includes('.') ? 'warning' : 'good' },
        { text: `  ${first} down to ${Math.max(0, first - part.length + 1)}`, tone: 'dim' },
      ],
    });
  }
  return lines;
}

/** An association in detail. */
function detailOf(row: AssociationRow, width: number): DocumentLine[] {
  const { spi, source, destination, mode, encryption, integrity, origin, role } = row;
  const { packets, opened, verified, icvMismatches, malformed } = row;
  const { highestSequence, replayWindow } = row;
  const transforms = [encryption, integrity].filter((name) => name !== undefined).join(' and ');
  const key =
    transforms === ''
      ? 'none: only seen on the wire, what is inside cannot be read'
      : `${transforms}, from ${origin ?? 'an unknown place'} (keys are never shown)`;
  const share = packets === 0 ? 0 : opened / packets;
  return [
    ...fact('SPI', spiText(spi), width),
    ...fact('From', source, width),
    ...fact('To', destination, width),
    ...fact('Used for', `${role}${mode === undefined ? '' : `, ${mode} mode`}`, width),
    ...fact('Key', key, width),
    ...fact('Verdict', `${healthOf(row).sign} ${row.verdict}`, width, { tone: healthOf(row).tone }),
    EMPTY_LINE,
    section('Packets', 'ICV: check value; right when the key fits and nothing was changed'),
    {
      segments: [
        { text: fit('Opened', LABEL_WIDTH), tone: 'dim' },
        { text: `${meter(share, 22)} `, tone: share < 1 ? 'warning' : 'good' },
        { text: `${countText(opened)} of ${countText(packets)} matched` },
      ],
    },
    ...fact(
      'ICV',
      `${countText(verified)} right, ${countText(icvMismatches)} wrong; ${countText(malformed)} malformed`,
      width,
      { tone: icvMismatches + malformed > 0 ? 'bad' : 'plain' },
    ),
    EMPTY_LINE,
    section('Replay window', '# seen, . not seen; newest first'),
    ...(highestSequence === undefined
      ? fact('', 'not known: without a key numbers prove nothing', width, { tone: 'dim' })
      : [
          ...fact('Highest', `sequence number ${countText(highestSequence)}`, width),
          ...windowLines(replayWindow ?? '', highestSequence, width),
        ]),
  ];
}

const Associations: FC<ScreenProps> = ({ model, status, size, actions, isActive }) => {
  const view = useView(model, status, 'associations', isActive);
  const split = useSplit({ size, isActive, listRows: (view?.length ?? 0) + 1 });
  const isListed = isActive && split.focus === 'list';
  const needle = useNarrow(actions, isListed);
  const rows = useMemo(
    () =>
      (view ?? []).filter(({ spi, source, destination, role, verdict, origin }) =>
        hasNeedle(needle, [spiText(spi), source, destination, role, verdict, origin]),
      ),
    [view, needle],
  );
  const list = useRowList({ rows, keyOf, height: split.list.rows - 1, isActive: isListed });
  const row = list.selected;
  const text = row === undefined ? [] : detailOf(row, size.columns - 2);
  const reading = useDocument(
    text,
    split.detail.rows,
    isActive && split.focus === 'detail',
    row === undefined ? '' : keyOf(row),
  );

  const withRow = (then: (chosen: AssociationRow) => void): void => {
    if (row === undefined) actions.say('there is no security association here', 'warning');
    else then(row);
  };
  useActions(
    {
      open: () => {
        withRow((chosen) => {
          actions.applyFilter(filterOf(chosen));
        });
      },
      prepare: () => {
        withRow((chosen) => {
          actions.prepareFilter(filterOf(chosen));
        });
      },
      copy: () => {
        withRow(({ spi }) => {
          actions.copy(spiText(spi), 'SPI');
        });
      },
    },
    isActive,
  );

  const empty = emptyText(
    view === undefined,
    needle,
    'no security associations: no keys were given and no ESP packet was seen',
  );
  return (
    <ListAndDetail
      size={size}
      title={
        row === undefined ? 'Security association' : `Security association ${spiText(row.spi)}`
      }
      lines={text}
      reading={reading}
      split={split}
      needle={needle}
      list={list}
      count={rows.length}
    >
      <Table
        columns={COLUMNS}
        rows={rows}
        list={list}
        size={split.list}
        isFocused={split.focus === 'list'}
        empty={safeText(empty)}
      />
    </ListAndDetail>
  );
};

/** The screen. */
export const ASSOCIATIONS_SCREEN: ScreenDefinition = {
  id: 'associations',
  title: 'Security associations',
  short: 'SAs',
  key: '3',
  component: Associations,
  keys: KEYS,
};
