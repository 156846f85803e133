/**
 * Ladder: the messages of one binding or incident, in order, between those who sent them.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type {
  IncidentRow,
  Ladder,
  LadderLane,
  LadderStep,
  LadderSubject,
} from '../../engine/views/model/index.ts';
import { Line } from '../components/line.tsx';
import type { Segment } from '../components/line.tsx';
import { List } from '../components/list.tsx';
import { PaneTitle } from '../components/pane-title.tsx';
import { bindingFilter } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { useLadder } from '../hooks/use-ladder.ts';
import { useList } from '../hooks/use-list.ts';
import { useView } from '../hooks/use-view.ts';
import type { KeyBinding } from '../keymap.ts';
import {
  deltaText,
  headSegments,
  ladderLayout,
  ladderLines,
  ladderText,
  LANE_TONES,
  LANE_WORDS,
  LAYOUT_WORDS,
  lineSegments,
  messageText,
} from '../ladder/drawing.ts';
import type { LadderLine } from '../ladder/drawing.ts';
import type { Choice, ScreenDefinition, ScreenProps } from '../screen.ts';
import { safeText, wrap } from '../text.ts';
import { SEVERITY_TONES } from '../theme.ts';
import { secondsText } from '../time-text.ts';

const KEYS: readonly KeyBinding[] = [
  { action: 'open', keys: ['enter'], description: 'the packet of this message', footer: 'packet' },
  {
    action: 'next-evidence',
    keys: ['e'],
    description: 'next message that is evidence',
    footer: 'evidence',
  },
  { action: 'previous-evidence', keys: ['E'], description: 'evidence before' },
  {
    action: 'choose',
    keys: ['o'],
    description: 'ladder of another incident or binding',
    footer: 'other',
  },
  {
    action: 'write',
    keys: ['w'],
    description: 'write the packets of this ladder to a pcapng file',
    footer: 'write',
    argument: { name: 'file', kind: 'text', isOptional: true },
  },
  { action: 'follow', keys: ['f'], description: 'filter for all packets of this home address' },
  { action: 'incident', keys: ['I'], description: 'the incident that this message is evidence of' },
  { action: 'copy', keys: ['y'], description: 'copy the ladder as text' },
];

/** Rows below the messages, at least and at most: title and text. */
const DETAIL_ROWS = { least: 6, most: 14 };
/** Width of a ladder that is copied. */
const COPY_COLUMNS = 120;
/** Subjects to choose from: each needs a key. */
const CHOICE_KEYS = '123456789abcdefghijklmnoprstuvwxyz';

/** Addresses of lanes, as many lines as there are lanes, or all in one. */
function laneLines(lanes: readonly LadderLane[], rows: number): readonly (readonly Segment[])[] {
  const each = lanes.map(({ name, role, addresses }): Segment[] => [
    { text: ` ${safeText(name)}`, tone: LANE_TONES[role] },
    { text: ` ${LANE_WORDS[role]} `, tone: 'dim' },
    { text: addresses.map(safeText).join(', ') },
  ]);
  return rows >= 30 ? each : each.slice(0, 0);
}

/** Evidence of a packet by what incidents say. */
function evidenceOf(
  incidents: readonly IncidentRow[],
  packet: number,
): { readonly incident: number; readonly text: string }[] {
  const found = new Map<string, number>();
  for (const { id, alerts } of incidents) {
    for (const { rule, evidence } of alerts) {
      for (const item of evidence) {
        const text = `${rule}: ${item.text}`;
        if (item.packet === packet && !found.has(text)) found.set(text, id);
      }
    }
  }
  return [...found].map(([text, incident]) => ({ text, incident }));
}

function partyText(lane: LadderLane | undefined): string {
  if (lane === undefined) return 'somebody';
  const [first] = lane.addresses;
  return `${LANE_WORDS[lane.role]}${first === undefined ? '' : ` ${first}`}`;
}

function stepLines(
  step: LadderStep,
  delta: number | undefined,
  ladder: Ladder,
  texts: readonly string[],
  width: number,
): (readonly Segment[])[] {
  const to = step.to === 'all' ? 'all on the link' : partyText(ladder.lanes[step.to]);
  const late =
    delta === undefined ? '' : `, ${deltaText(delta).replace('+', '')} s after the one before`;
  const headers = step.layout.map((word) => LAYOUT_WORDS[word] ?? word);
  const tone = SEVERITY_TONES[step.severity ?? 'medium'];
  const says = messageText(step.label);
  return [
    [
      { text: ` ${safeText(step.label)}`, tone: 'strong' },
      { text: `  at ${secondsText(step.seconds)} s${late}`, tone: 'dim' },
    ],
    [{ text: ` ${safeText(partyText(ladder.lanes[step.from]))} -> ${safeText(to)}` }],
    ...(says === undefined ? [] : [[{ text: ` ${says}`, tone: 'accent' } as const]]),
    ...[...new Set(headers)]
      .slice(0, 3)
      .map((text): Segment[] => [{ text: ` ${safeText(text)}`, tone: 'accent' }]),
    ...texts.flatMap((text) =>
      wrap(safeText(`! ${text}`), width - 2).map((part): Segment[] => [{ text: ` ${part}`, tone }]),
    ),
  ];
}

/** Evidence goes before explanations of words when there is no room for both. */
function inRoom(lines: (readonly Segment[])[], rows: number): (readonly Segment[])[] {
  let over = lines.length - rows;
  const kept = [...lines].reverse().filter(([first]) => {
    if (over <= 0 || first?.tone !== 'accent') return true;
    over--;
    return false;
  });
  return kept.reverse().slice(0, rows);
}

const LadderScreen: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const incidents = useView(model, status, 'incidents', isActive);
  const bindings = useView(model, status, 'bindings', isActive);
  const [wanted, setWanted] = useState<LadderSubject>();
  const seen = useRef(subject);
  const isFirst = useRef(true);

  useLayoutEffect(() => {
    if (subject === undefined || (seen.current === subject && !isFirst.current)) return;
    isFirst.current = false;
    seen.current = subject;
    if (subject.kind === 'incident') setWanted(subject);
    else if (subject.kind === 'home-address') {
      setWanted({ kind: 'binding', homeAddress: subject.homeAddress, peer: subject.peer });
    } else {
      model.detail(subject.packet).then(
        (detail) => {
          const [homeAddress] = detail?.homeAddresses ?? [];
          if (homeAddress === undefined)
            actions.say('this packet speaks about no binding', 'warning');
          else setWanted({ kind: 'binding', homeAddress });
        },
        () => undefined,
      );
    }
  }, [subject]);
  // Without a subject: the worst incident, or the first binding.
  const [worst] = incidents ?? [];
  const [binding] = bindings ?? [];
  useLayoutEffect(() => {
    if (wanted !== undefined || subject !== undefined || incidents === undefined) return;
    if (worst !== undefined) setWanted({ kind: 'incident', incident: worst.id });
    else if (binding !== undefined) {
      setWanted({ kind: 'binding', homeAddress: binding.homeAddress, peer: binding.peer });
    }
  });

  const shown = useLadder(model, status, wanted, isActive);
  const ladder = shown?.ladder;
  const lines = useMemo(() => (ladder === undefined ? [] : ladderLines(ladder)), [ladder]);
  const lanes = ladder?.lanes ?? [];
  const head = laneLines(lanes, size.rows);
  const free = size.rows - head.length - 2;
  const detailRows = Math.max(DETAIL_ROWS.least, Math.min(DETAIL_ROWS.most, free - lines.length));
  const rows = Math.max(1, free - detailRows);
  const list = useList({ count: lines.length, height: rows, isActive });
  const layout = ladderLayout(lanes.length, size.columns - 1);
  const line: LadderLine | undefined = lines[list.cursor];
  const step = line?.kind === 'step' ? line.step : undefined;
  const evidence = useMemo(
    () => (step === undefined ? [] : evidenceOf(incidents ?? [], step.packet)),
    [step, incidents],
  );

  const { select } = list;
  useLayoutEffect(() => {
    select(0);
  }, [shown?.subject]);

  const toEvidence = (step1: 1 | -1): void => {
    for (let i = 1; i <= lines.length; i++) {
      const at = (list.cursor + i * step1 + i * lines.length) % Math.max(1, lines.length);
      const other = lines[at];
      if (other?.kind === 'step' && other.step.isEvidence) {
        list.select(at);
        return;
      }
    }
    actions.say('no message here is evidence of an alert', 'warning');
  };
  const choices = (): { readonly choice: Choice; readonly subject: LadderSubject }[] =>
    [
      ...(incidents ?? []).map(({ id, title }) => ({
        label: `incident: ${title}`,
        subject: { kind: 'incident' as const, incident: id },
      })),
      ...(bindings ?? []).map(({ homeAddress, peer }) => ({
        label: `binding: ${homeAddress} at ${peer}`,
        subject: { kind: 'binding' as const, homeAddress, peer },
      })),
    ]
      .slice(0, CHOICE_KEYS.length)
      .map((item, index) => ({
        choice: { key: CHOICE_KEYS.charAt(index), label: item.label },
        subject: item.subject,
      }));
  const choose = async (): Promise<void> => {
    const all = choices();
    if (all.length === 0) {
      actions.say('there is no incident and no binding yet', 'warning');
      return;
    }
    const chosen = await actions.choose(
      'Ladder of',
      all.map(({ choice }) => choice),
    );
    const found = all.find(({ choice }) => choice.key === chosen?.key);
    if (found !== undefined) setWanted(found.subject);
  };
  useActions(
    {
      open: () => {
        if (step === undefined) actions.say('no packet belongs to this line', 'warning');
        else actions.go('packets', { kind: 'packet', packet: step.packet });
      },
      'next-evidence': () => {
        toEvidence(1);
      },
      'previous-evidence': () => {
        toEvidence(-1);
      },
      choose: () => {
        void choose();
      },
      write: ({ argument }) => {
        if (shown === undefined || shown.ladder.steps.length === 0) {
          actions.say('there is no message to write', 'warning');
          return;
        }
        actions.write(
          {
            kind: 'packets',
            packets: [...new Set(shown.ladder.steps.map(({ packet }) => packet))],
          },
          'packets of this ladder',
          argument,
        );
      },
      follow: () => {
        const homeAddress =
          wanted?.kind === 'binding'
            ? wanted.homeAddress
            : incidents?.find(({ id }) => id === wanted?.incident)?.homeAddress;
        if (homeAddress === undefined) actions.say('no home address is known here', 'warning');
        else actions.applyFilter(bindingFilter(homeAddress));
      },
      incident: () => {
        const incident =
          evidence[0]?.incident ?? (wanted?.kind === 'incident' ? wanted.incident : undefined);
        if (incident === undefined)
          actions.say('this message is evidence of no incident', 'warning');
        else actions.go('incidents', { kind: 'incident', incident });
      },
      copy: () => {
        if (ladder !== undefined) actions.copy(ladderText(ladder, COPY_COLUMNS), 'ladder');
      },
    },
    isActive,
  );

  const nothing =
    wanted === undefined
      ? 'no incident and no binding yet'
      : ladder === undefined
        ? 'asking ...'
        : 'no messages';
  const room = free - rows - 1;
  const detail =
    ladder === undefined || line === undefined
      ? []
      : line.kind === 'note'
        ? [[{ text: ` ${safeText(line.text)}`, tone: line.tone }]]
        : inRoom(
            stepLines(
              line.step,
              line.delta,
              ladder,
              evidence.map(({ text }) => text),
              size.columns,
            ),
            room,
          );
  const evidenceCount = lines.filter((item) => item.kind === 'step' && item.step.isEvidence).length;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      <PaneTitle
        title={ladder?.title ?? 'Ladder'}
        detail={evidenceCount === 0 ? '' : `! ${evidenceCount} of ${lines.length} are evidence`}
        columns={size.columns}
        isFocused
      />
      {head.map((segments, index) => (
        <Line key={index} segments={segments} width={size.columns} />
      ))}
      <Line
        segments={lanes.length === 0 ? [] : headSegments(lanes, layout)}
        width={size.columns}
        hasMark
      />
      <List
        count={lines.length}
        cursor={list.cursor}
        top={list.top}
        size={{ columns: size.columns, rows }}
        isFocused
        empty={nothing}
        line={(index) => {
          const item = lines[index];
          return item === undefined ? undefined : lineSegments(item, lanes.length, layout);
        }}
      />
      <PaneTitle
        title={step === undefined ? 'Message' : `Message in packet ${step.number}`}
        detail={lines.length === 0 ? '' : `${list.cursor + 1}/${lines.length}`}
        columns={size.columns}
        isFocused={false}
      />
      {Array.from({ length: room }, (_, index) => (
        <Line key={index} segments={detail[index] ?? []} width={size.columns} />
      ))}
    </Box>
  );
};

/** The screen. */
export const LADDER_SCREEN: ScreenDefinition = {
  id: 'ladder',
  title: 'Ladder',
  short: 'Ladder',
  key: '6',
  component: LadderScreen,
  keys: KEYS,
};
