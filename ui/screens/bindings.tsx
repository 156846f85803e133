/**
 * Bindings: who is where, for how long, known by what, and how it moved.
 */
import { useLayoutEffect, useMemo } from 'react';
import type { FC } from 'react';
import type { BindingRow, BindingStep } from '../../engine/views/model/index.ts';
import { emptyText, ListAndDetail } from '../components/detail-pane.tsx';
import { EMPTY_LINE, fact, section, SECTION_KEYS, useDocument } from '../components/document.tsx';
import type { DocumentLine } from '../components/document.tsx';
import { groupedKey, GroupedTable } from '../components/grouped-table.tsx';
import type { GroupedRow } from '../components/grouped-table.tsx';
import type { Segment } from '../components/line.tsx';
import type { Column } from '../components/table.tsx';
import { bindingFilter, joinFilters } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useNow } from '../hooks/use-now.ts';
import { useRowList, useSubject } from '../hooks/use-row-list.ts';
import { useSplit } from '../hooks/use-split.ts';
import { useView } from '../hooks/use-view.ts';
import { PANE_KEYS } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, fit, fitRight, safeText, truncateMiddle } from '../text.ts';
import type { Tone } from '../theme.ts';
import { durationText, secondsText } from '../time-text.ts';

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'ladder of this binding; below: the packet of this movement',
    footer: 'ladder',
  },
  {
    action: 'follow',
    keys: ['f'],
    description: 'follow binding: filter for all packets of this home address',
    footer: 'follow',
  },
  {
    action: 'packets-of',
    keys: ['p'],
    description: 'its packets with this peer alone',
    footer: 'packets',
  },
  { action: 'show-ladder', keys: ['L'], description: 'ladder of this binding' },
  { action: 'copy', keys: ['y'], description: 'copy the home address' },
  NARROW_KEY,
  ...PANE_KEYS,
  ...SECTION_KEYS,
];

/** How far a binding can be trusted, in a symbol, a word and a sentence. */
const TRUST: Readonly<
  Record<
    BindingRow['trust'],
    { readonly sign: string; readonly word: string; readonly tone: Tone; readonly says: string }
  >
> = {
  authenticated: {
    sign: '+',
    word: 'authentic',
    tone: 'good',
    says: 'its messages were opened with a key or their authenticator was right',
  },
  clear: {
    sign: '~',
    word: 'in clear',
    tone: 'warning',
    says: 'its messages came without protection: anybody can have written them',
  },
  inferred: {
    sign: '?',
    word: 'inferred',
    tone: 'plain',
    says: 'its messages cannot be read; their places and sizes tell',
  },
  suspicious: {
    sign: '!',
    word: 'suspicious',
    tone: 'bad',
    says: 'an alert names it; see Incidents',
  },
};

const ROLES: Readonly<Record<BindingRow['role'], string>> = {
  home: 'home agent',
  correspondent: 'correspondent',
};

function trustSegment({ trust }: BindingRow): Segment {
  const { sign, word, tone } = TRUST[trust];
  return { text: `${sign} ${word}`, tone };
}

/** Whether it is in force as far as is known. */
function isInForce({ phase }: BindingRow): boolean {
  return phase === 'registered' || phase === 'deregistration-sent';
}

/** What is left of a lifetime, or why none is. */
function leftSegment(row: BindingRow, now: number): Segment {
  const { phase, expires } = row;
  if (!isInForce(row)) return { text: phase, tone: phase === 'requested' ? 'warning' : 'dim' };
  const sign = phase === 'registered' ? '' : '- ';
  if (expires === undefined) return { text: phase, tone: 'good' };
  const left = expires - now;
  if (left <= 0) return { text: 'run out', tone: 'bad' };
  return { text: `${sign}${durationText(left)} left`, tone: left < 30 ? 'warning' : 'good' };
}

function columnsAt(now: number): readonly Column<BindingRow>[] {
  return [
    { title: 'Trust', width: 12, cell: trustSegment },
    {
      title: 'Home address',
      width: 16,
      share: 1,
      cell: ({ homeAddress }, width) => truncateMiddle(safeText(homeAddress), width),
    },
    {
      title: 'Is at (care-of address)',
      width: 16,
      share: 1,
      cell: ({ careOfAddress, homeAddress }, width) =>
        careOfAddress === homeAddress ? 'home' : truncateMiddle(safeText(careOfAddress), width),
    },
    { title: 'Lifetime', width: 13, cell: (row) => leftSegment(row, now) },
    {
      title: 'Seq',
      width: 5,
      isRight: true,
      from: 90,
      cell: ({ sequence }) => `${sequence ?? '-'}`,
    },
    { title: 'Flags', width: 8, from: 100, cell: ({ flags }) => flags.join(' ') },
    { title: 'Known by', width: 14, from: 110, cell: ({ knownBy }) => knownBy },
    {
      title: 'Tunnelled',
      width: 9,
      isRight: true,
      from: 120,
      cell: ({ tunnelPackets }) => countText(tunnelPackets),
    },
  ];
}

/** Identity: home address and peer. */
function keyOf({ homeAddress, peer }: BindingRow): string {
  return `${homeAddress} ${peer}`;
}

/** Bindings under their peers, home agents first. */
function grouped(rows: readonly BindingRow[], needle: string): GroupedRow<BindingRow>[] {
  const groups = new Map<string, BindingRow[]>();
  for (const row of rows) {
    const { homeAddress, careOfAddress, peer, role, phase, trust, knownBy } = row;
    if (!hasNeedle(needle, [homeAddress, careOfAddress, peer, phase, TRUST[trust].word, knownBy]))
      continue;
    const key = `${role} ${peer}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  const inOrder = [...groups].sort(
    ([, [a]], [, [b]]) => Number(b?.role === 'home') - Number(a?.role === 'home'),
  );
  return inOrder.flatMap(([key, members]): GroupedRow<BindingRow>[] => {
    const [first] = members;
    if (first === undefined) return [];
    const inForce = members.filter(isInForce).length;
    const suspicious = members.filter(({ trust }) => trust === 'suspicious').length;
    return [
      {
        kind: 'title',
        key,
        segments: [
          { text: `${ROLES[first.role]} ${safeText(first.peer)}`, tone: 'strong' },
          { text: `  ${countText(members.length)} known, ${countText(inForce)} in force` },
          ...(suspicious === 0
            ? []
            : [{ text: `, ! ${countText(suspicious)} suspicious`, tone: 'bad' } as const]),
        ],
      },
      ...members.map((row) => ({ kind: 'row', key: keyOf(row), row }) as const),
    ];
  });
}

function stepLine(step: BindingStep): DocumentLine<number> {
  const { packet, seconds, phase, careOfAddress, sequence, lifetime, status, knownBy } = step;
  const isRefused = phase === 'rejected';
  const rest = [status === undefined ? '' : `status ${status}`, safeText(knownBy)];
  return {
    segments: [
      { text: fitRight(secondsText(seconds), 9), tone: 'dim' },
      {
        text: ` ${isRefused ? '!' : ' '} ${fit(safeText(phase), 19)} `,
        tone: isRefused ? 'warning' : 'plain',
      },
      { text: fit(sequence === undefined ? '' : `seq ${sequence}`, 8) },
      { text: fitRight(lifetime === undefined ? '' : durationText(lifetime), 6) },
      { text: `  ${safeText(careOfAddress)}` },
      { text: `  ${rest.filter((text) => text !== '').join(', ')}`, tone: 'dim' },
    ],
    target: packet,
  };
}

/** A binding in detail. */
function detailOf(row: BindingRow, now: number, width: number): DocumentLine<number>[] {
  const { homeAddress, careOfAddress, phase, lifetime, expires, trust, knownBy, role, peer } = row;
  const { sign, word, tone, says } = TRUST[trust];
  const left = expires === undefined ? undefined : expires - now;
  const state = [
    phase,
    ...(isInForce(row)
      ? [
          lifetime === undefined ? 'lifetime not known' : `granted for ${durationText(lifetime)}`,
          left === undefined
            ? ''
            : left > 0
              ? `${durationText(left)} left`
              : `its time was over ${durationText(-left)} ago`,
        ]
      : []),
  ].filter((text) => text !== '');
  const numbers = [
    `sequence ${row.sequence ?? 'not known'}`,
    `flags ${row.flags.length === 0 ? 'none' : row.flags.join(' ')}`,
    `${countText(row.tunnelPackets)} packets through its tunnel`,
  ];
  const isHome = homeAddress === careOfAddress;
  return [
    ...fact<number>('Node', `${homeAddress} (home address)`, width),
    ...fact<number>(
      'Is at',
      `${careOfAddress}${isHome ? ' (at home)' : ' (care-of address)'}`,
      width,
    ),
    ...fact<number>('Known to', `${ROLES[role]} ${peer}`, width),
    ...fact<number>('State', state.join(', '), width),
    ...fact<number>('Trust', `${sign} ${word}: ${says} (${knownBy})`, width, { tone }),
    ...fact<number>('Numbers', numbers.join(', '), width),
    EMPTY_LINE,
    section(
      'Movements',
      row.historyDropped > 0
        ? `${countText(row.historyDropped)} older ones left out; enter opens the packet`
        : 'enter opens the packet',
    ),
    ...(row.history.length === 0
      ? [{ segments: [{ text: '  none seen', tone: 'dim' } as const] }]
      : row.history.map(stepLine)),
  ];
}

function titleDetail(line: GroupedRow<BindingRow>, width: number): DocumentLine<number>[] {
  const text =
    line.kind === 'title' && line.key.startsWith('home')
      ? 'A home agent stands in for mobile nodes that are away: it keeps for each a binding of its home address to ' +
        'the care-of address where it is, and sends its packets there through a tunnel. Go down to a binding.'
      : 'A correspondent talks to a mobile node. With a binding it sends to the care-of address directly, not by ' +
        'way of the home agent (route optimisation). Go down to a binding.';
  return fact<number>('', text, width, { tone: 'dim' });
}

const Bindings: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const view = useView(model, status, 'bindings', isActive);
  const now = useNow(status, isActive);
  const split = useSplit({ size, isActive, listRows: (view?.length ?? 0) + 4 });
  const isListed = isActive && split.focus === 'list';
  const isRead = isActive && split.focus === 'detail';
  const needle = useNarrow(actions, isListed);
  const lines = useMemo(() => grouped(view ?? [], needle), [view, needle]);
  const list = useRowList({
    rows: lines,
    keyOf: groupedKey,
    height: split.list.rows - 1,
    isActive: isListed,
  });
  const line = list.selected;
  const row = line?.kind === 'row' ? line.row : undefined;
  const width = size.columns - 2;
  const text =
    line === undefined
      ? []
      : row === undefined
        ? titleDetail(line, width)
        : detailOf(row, now, width);
  const about = line === undefined ? '' : groupedKey(line);
  const reading = useDocument(text, split.detail.rows, isRead, about);

  const hasLines = lines.length > 0;
  useLayoutEffect(() => {
    // The first line is a title.
    if (hasLines) list.select(1);
  }, [hasLines]);

  useSubject(subject, view !== undefined, (wanted) => {
    if (wanted.kind !== 'home-address') return;
    const found = lines.findIndex(
      (item) =>
        item.kind === 'row' &&
        item.row.homeAddress === wanted.homeAddress &&
        (wanted.peer === undefined || item.row.peer === wanted.peer),
    );
    if (found >= 0) list.select(found);
    else actions.say(`no binding of ${wanted.homeAddress} is known`, 'warning');
  });

  const withRow = (then: (chosen: BindingRow) => void): void => {
    if (row === undefined) actions.say('go to a binding first', 'warning');
    else then(row);
  };
  const toLadder = ({ homeAddress, peer }: BindingRow): void => {
    actions.go('ladder', { kind: 'home-address', homeAddress, peer });
  };
  useActions(
    {
      open: () => {
        const packet = text[reading.cursor]?.target;
        if (!isRead) withRow(toLadder);
        else if (packet === undefined) actions.say('no packet belongs to this line', 'warning');
        else if (packet < 0) actions.say('that packet is not kept any more', 'warning');
        else actions.go('packets', { kind: 'packet', packet });
      },
      'show-ladder': () => {
        withRow(toLadder);
      },
      follow: () => {
        withRow(({ homeAddress }) => {
          actions.applyFilter(bindingFilter(homeAddress));
        });
      },
      'packets-of': () => {
        withRow(({ homeAddress, peer }) => {
          actions.applyFilter(
            joinFilters(bindingFilter(homeAddress), 'and', `ipv6.addr == ${peer}`),
          );
        });
      },
      copy: () => {
        withRow(({ homeAddress }) => {
          actions.copy(homeAddress, 'home address');
        });
      },
    },
    isActive,
  );

  const empty = emptyText(
    view === undefined,
    needle,
    'no bindings: no Binding Update was seen yet, in the clear or with a key',
  );
  return (
    <ListAndDetail
      size={size}
      title={row === undefined ? 'Binding' : `Binding of ${row.homeAddress}`}
      lines={text}
      reading={reading}
      split={split}
      needle={needle}
      list={list}
      count={lines.length}
    >
      <GroupedTable
        columns={columnsAt(now)}
        lines={lines}
        list={list}
        size={split.list}
        isFocused={split.focus === 'list'}
        empty={safeText(empty)}
      />
    </ListAndDetail>
  );
};

/** The screen. */
export const BINDINGS_SCREEN: ScreenDefinition = {
  id: 'bindings',
  title: 'Bindings',
  short: 'Bind',
  key: '2',
  component: Bindings,
  keys: KEYS,
};
