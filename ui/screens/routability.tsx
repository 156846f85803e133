/**
 * Return routability: which tests a mobile node made with a correspondent, and what is missing. RFC 6275 section 5.2.5.
 */
import { useMemo } from 'react';
import type { FC } from 'react';
import type { RoutabilityLeg, RoutabilityRow } from '../../engine/views/model/index.ts';
import { emptyText, ListAndDetail } from '../components/detail-pane.tsx';
import { EMPTY_LINE, fact, section, SECTION_KEYS, useDocument } from '../components/document.tsx';
import type { DocumentLine } from '../components/document.tsx';
import type { Segment } from '../components/line.tsx';
import { Table } from '../components/table.tsx';
import type { Column } from '../components/table.tsx';
import { bindingFilter } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useNow } from '../hooks/use-now.ts';
import { useRowList, useSubject } from '../hooks/use-row-list.ts';
import { useSplit } from '../hooks/use-split.ts';
import { useView } from '../hooks/use-view.ts';
import { PANE_KEYS } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { fit, safeText, truncateMiddle } from '../text.ts';
import type { Tone } from '../theme.ts';
import { durationText } from '../time-text.ts';

/** MAX_TOKEN_LIFETIME of RFC 6275 section 12, seconds. */
const MAX_TOKEN_LIFETIME = 210;

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'ladder of this pair; below: the packet of this message',
    footer: 'ladder',
  },
  {
    action: 'follow',
    keys: ['f'],
    description: 'filter for all packets of this home address',
    footer: 'follow',
  },
  { action: 'show-ladder', keys: ['L'], description: 'ladder of this pair' },
  { action: 'copy', keys: ['y'], description: 'copy the home address' },
  NARROW_KEY,
  ...PANE_KEYS,
  ...SECTION_KEYS,
];

const AUTHENTICATION: Readonly<
  Record<string, { readonly sign: string; readonly tone: Tone; readonly says: string } | undefined>
> = {
  right: { sign: '+', tone: 'good', says: 'the authenticator fits the tokens of both tests' },
  wrong: {
    sign: 'x',
    tone: 'bad',
    says: 'the authenticator does not fit the tokens: forged or changed',
  },
  unknown: { sign: '?', tone: 'warning', says: 'cannot be checked: a token was not seen' },
};

function authenticationSegment({ authentication }: RoutabilityRow): Segment {
  if (authentication === undefined) return { text: '- no BU', tone: 'dim' };
  const known = AUTHENTICATION[authentication];
  return { text: `${known?.sign ?? '?'} ${authentication}`, tone: known?.tone };
}

/** `HoTI HoT`, a message that was not seen as dashes. */
function legSegment({ init, test }: RoutabilityLeg, names: readonly [string, string]): Segment {
  const seen = [init, test].map((packet, i) => {
    const name = names[i] ?? '';
    return packet === undefined ? '-'.repeat(name.length) : name;
  });
  return {
    text: seen.join(' '),
    tone: init !== undefined && test !== undefined ? 'good' : 'warning',
  };
}

const COLUMNS: readonly Column<RoutabilityRow>[] = [
  {
    title: 'Home address',
    width: 12,
    share: 2,
    cell: ({ homeAddress }, width) =>
      homeAddress === '' ? '-' : truncateMiddle(safeText(homeAddress), width),
  },
  {
    title: 'Care-of address',
    width: 10,
    share: 2,
    from: 110,
    cell: ({ careOfAddress }, width) =>
      careOfAddress === '' ? '-' : truncateMiddle(safeText(careOfAddress), width),
  },
  {
    title: 'Correspondent',
    width: 12,
    share: 2,
    cell: ({ correspondent }, width) => truncateMiddle(safeText(correspondent), width),
  },
  { title: 'Home', width: 8, cell: ({ home }) => legSegment(home, ['HoTI', 'HoT']) },
  { title: 'Care-of', width: 8, cell: ({ careOf }) => legSegment(careOf, ['CoTI', 'CoT']) },
  {
    title: 'Nonces',
    width: 11,
    from: 100,
    cell: ({ home, careOf }) => `${home.nonceIndex ?? '-'}/${careOf.nonceIndex ?? '-'}`,
  },
  { title: 'Update', width: 9, cell: authenticationSegment },
  {
    title: 'Missing',
    width: 8,
    share: 3,
    cell: ({ missing }) =>
      missing.length === 0
        ? { text: 'nothing', tone: 'good' }
        : { text: `! ${missing.join('; ')}`, tone: 'warning' },
  },
];

function keyOf({ homeAddress, careOfAddress, correspondent }: RoutabilityRow): string {
  return `${homeAddress} ${homeAddress === '' ? careOfAddress : ''} ${correspondent}`;
}

/** One message of a leg. */
function messageLine(
  name: string,
  path: string,
  packet: number | undefined,
  note: string,
): DocumentLine<number> {
  const isSeen = packet !== undefined;
  return {
    segments: [
      { text: `  ${isSeen ? '[x]' : '[ ]'} ${fit(name, 6)}`, tone: isSeen ? 'good' : 'warning' },
      { text: fit(path, 16) },
      { text: isSeen ? note : 'not seen', tone: isSeen ? 'plain' : 'warning' },
    ],
    target: packet,
  };
}

/** Index and age of the token of a leg. */
function tokenText({ nonceIndex, seconds }: RoutabilityLeg, now: number): string {
  const index = nonceIndex === undefined ? '' : `nonce index ${nonceIndex}`;
  if (seconds === undefined) return index;
  const age = Math.max(0, now - seconds);
  const left = MAX_TOKEN_LIFETIME - age;
  const validity =
    left > 0
      ? `good for ${durationText(left)} more`
      : `too old, good for ${durationText(MAX_TOKEN_LIFETIME)}`;
  return `${index}${index === '' ? '' : ', '}token ${durationText(age)} old, ${validity}`;
}

/** A pair in detail. */
function detailOf(row: RoutabilityRow, now: number, width: number): DocumentLine<number>[] {
  const { homeAddress, careOfAddress, correspondent, home, careOf, authentication, missing } = row;
  const known = authentication === undefined ? undefined : AUTHENTICATION[authentication];
  const update =
    authentication === undefined
      ? 'no Binding Update with an authenticator was seen'
      : `${known?.sign ?? '?'} ${authentication}${known === undefined ? '' : `: ${known.says}`}`;
  const lines: DocumentLine<number>[] = [
    ...fact<number>(
      'Node',
      `${homeAddress === '' ? 'not known' : homeAddress} (home address)`,
      width,
    ),
    ...fact<number>('Is at', careOfAddress === '' ? 'not known' : careOfAddress, width),
    ...fact<number>('Talks to', `${correspondent} (correspondent, CN)`, width),
    EMPTY_LINE,
    section('Home test', 'is it reached at home, through its home agent (HA)?'),
    messageLine('HoTI', 'MN -> HA -> CN', home.init, 'asked'),
    messageLine('HoT', 'CN -> HA -> MN', home.test, tokenText(home, now)),
    section('Care-of test', 'is it reached where it says it is?'),
    messageLine('CoTI', 'MN -> CN', careOf.init, 'asked'),
    messageLine('CoT', 'CN -> MN', careOf.test, tokenText(careOf, now)),
    section('Binding Update', 'proves that the node (MN) got the tokens of both tests'),
    ...fact<number>('  Result', update, width, { tone: known?.tone ?? 'dim' }),
    EMPTY_LINE,
  ];
  const gaps = missing.length === 0 ? ['nothing: all four messages were seen'] : missing;
  return [
    ...lines,
    ...gaps.flatMap((text, index) =>
      fact<number>(index === 0 ? 'Missing' : '', missing.length === 0 ? text : `! ${text}`, width, {
        tone: missing.length === 0 ? 'good' : 'warning',
      }),
    ),
  ];
}

const Routability: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const view = useView(model, status, 'routability', isActive);
  const now = useNow(status, isActive);
  const split = useSplit({ size, isActive, listRows: (view?.length ?? 0) + 1, share: 0.35 });
  const isListed = isActive && split.focus === 'list';
  const isRead = isActive && split.focus === 'detail';
  const needle = useNarrow(actions, isListed);
  const rows = useMemo(
    () =>
      (view ?? []).filter(
        ({ homeAddress, careOfAddress, correspondent, authentication, missing }) =>
          hasNeedle(needle, [
            homeAddress,
            careOfAddress,
            correspondent,
            authentication,
            ...missing,
          ]),
      ),
    [view, needle],
  );
  const list = useRowList({ rows, keyOf, height: split.list.rows - 1, isActive: isListed });
  const row = list.selected;
  const text = row === undefined ? [] : detailOf(row, now, size.columns - 2);
  const reading = useDocument(text, split.detail.rows, isRead, row === undefined ? '' : keyOf(row));

  useSubject(subject, view !== undefined, (wanted) => {
    if (wanted.kind !== 'home-address') return;
    const found = rows.findIndex(
      ({ homeAddress, correspondent }) =>
        homeAddress === wanted.homeAddress &&
        (wanted.peer === undefined || correspondent === wanted.peer),
    );
    if (found >= 0) list.select(found);
  });

  const withHome = (then: (homeAddress: string, peer: string) => void): void => {
    if (row === undefined) actions.say('there is no pair here', 'warning');
    else if (row.homeAddress === '')
      actions.say('the home address of this pair is not known', 'warning');
    else then(row.homeAddress, row.correspondent);
  };
  const toLadder = (homeAddress: string, peer: string): void => {
    actions.go('ladder', { kind: 'home-address', homeAddress, peer });
  };
  useActions(
    {
      open: () => {
        const packet = text[reading.cursor]?.target;
        if (!isRead) withHome(toLadder);
        else if (packet === undefined) actions.say('no packet belongs to this line', 'warning');
        else actions.go('packets', { kind: 'packet', packet });
      },
      'show-ladder': () => {
        withHome(toLadder);
      },
      follow: () => {
        withHome((homeAddress) => {
          actions.applyFilter(bindingFilter(homeAddress));
        });
      },
      copy: () => {
        withHome((homeAddress) => {
          actions.copy(homeAddress, 'home address');
        });
      },
    },
    isActive,
  );

  const empty = emptyText(
    view === undefined,
    needle,
    'no return routability: no Home Test or Care-of Test message was seen',
  );
  return (
    <ListAndDetail
      size={size}
      title="Return routability of this pair"
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
export const ROUTABILITY_SCREEN: ScreenDefinition = {
  id: 'routability',
  title: 'Return routability',
  short: 'RR',
  key: '4',
  component: Routability,
  keys: KEYS,
};
