/**
 * A message ladder in characters: a lane for each party, an arrow for each message.
 */
import type { Ladder, LadderLane, LadderStep } from '../../engine/views/model/index.ts';
import type { Segment } from '../components/line.tsx';
import { fit, fitRight, safeText, textWidth, truncate } from '../text.ts';
import { SEVERITY_LETTERS, SEVERITY_TONES } from '../theme.ts';
import type { Tone } from '../theme.ts';
import { secondsText } from '../time-text.ts';

/** Where things stand in a line. */
export interface LadderLayout {
  /** Cells between two lanes. */
  readonly gap: number;
  readonly hasDelta: boolean;
  /** Cells of the lanes, with half a name at both ends. */
  readonly lanes: number;
  /** Cells of what the message is. */
  readonly label: number;
}

/** A line of a ladder. */
export type LadderLine =
  | { readonly kind: 'step'; readonly step: LadderStep; readonly delta: number | undefined }
  | { readonly kind: 'note'; readonly text: string; readonly tone: Tone };

const MARK_WIDTH = 3;
const NUMBER_WIDTH = 6;
const TIME_WIDTH = 10;
const DELTA_WIDTH = 9;
/** Cells beside the first and the last lane, for names. */
const MARGIN = 3;
const GAPS = { least: 6, most: 24 };
const LEAST_LABEL = 36;

/** Roles in words. */
export const LANE_WORDS: Readonly<Record<LadderLane['role'], string>> = {
  'mobile-node': 'mobile node',
  attacker: 'attacker',
  'home-agent': 'home agent',
  correspondent: 'correspondent',
  other: 'others',
};

/** Tones of roles. */
export const LANE_TONES: Readonly<Record<LadderLane['role'], Tone>> = {
  'mobile-node': 'accent',
  attacker: 'critical',
  'home-agent': 'good',
  correspondent: 'plain',
  other: 'dim',
};

/** What headers are for: the words of `layout`. */
export const LAYOUT_WORDS: Readonly<Record<string, string>> = {
  HAO: 'Home Address option: "I am really this home address"',
  RH2: 'type 2 routing header: "pass on to this home address"',
  ESP: 'ESP: encrypted or protected by IPsec',
  AH: 'AH: protected by IPsec',
  tunnel: 'inside a tunnel: a packet in a packet',
  fragment: 'a part of a larger packet',
  GRE: 'inside a GRE tunnel',
  UDP: 'inside UDP, because of a NAT',
  RH: 'a routing header',
};

/** What messages say: first words of labels. */
const MESSAGE_WORDS: Readonly<Record<string, string>> = {
  BU: 'Binding Update: the node tells where it is',
  BA: 'Binding Acknowledgement: the answer to a Binding Update',
  BE: 'Binding Error: something is wrong with a binding',
  BRR: 'Binding Refresh Request: register again, please',
  HoTI: 'Home Test Init: test me at my home address',
  CoTI: 'Care-of Test Init: test me at my care-of address',
  HoT: 'Home Test: a token to the home address',
  CoT: 'Care-of Test: a token to the care-of address',
  RA: 'Router Advertisement: says which prefix belongs to this link',
  RS: 'Router Solicitation: which link is this?',
  NS: 'Neighbor Solicitation: who has this address?',
  NA: 'Neighbor Advertisement: this address is mine',
  'HAAD Request': 'Home agent discovery: which home agents are there?',
  'HAAD Reply': 'Home agent discovery: the list of home agents',
  MPS: 'Mobile Prefix Solicitation: what is my home prefix?',
  MPA: 'Mobile Prefix Advertisement: the home prefix',
};

/** A message in words; undefined when its name says it all. */
export function messageText(label: string): string | undefined {
  const [first = '', second = ''] = label.split(' ');
  const says = MESSAGE_WORDS[`${first} ${second}`] ?? MESSAGE_WORDS[first];
  const isLeaving = first === 'BU' && / lifetime 0\b/.test(label);
  const isRefusal = first === 'BA' && Number(/ status (\d+)/.exec(label)?.[1] ?? 0) >= 128;
  if (isLeaving) return 'Binding Update with lifetime 0: forget where I am (de-registration)';
  return isRefusal ? 'Binding Acknowledgement: the update is refused' : says;
}

/** Layout for a width of lines. */
export function ladderLayout(lanes: number, columns: number): LadderLayout {
  const hasDelta = columns >= 96;
  const fixed =
    MARK_WIDTH + NUMBER_WIDTH + TIME_WIDTH + (hasDelta ? DELTA_WIDTH : 0) + 2 * MARGIN + 2;
  const gaps = Math.max(1, lanes - 1);
  const wanted = Math.floor((columns - fixed - Math.max(LEAST_LABEL, columns * 0.3)) / gaps);
  const gap = Math.max(GAPS.least, Math.min(wanted, GAPS.most));
  const width = gaps * gap + 1 + 2 * MARGIN;
  return { gap, hasDelta, lanes: width, label: Math.max(0, columns - fixed - gaps * gap) };
}

/** Lines of a ladder: what was left out, messages, notes. */
export function ladderLines({ steps, notes, dropped }: Ladder): LadderLine[] {
  const lines: LadderLine[] = [];
  if (dropped > 0) {
    lines.push({
      kind: 'note',
      text: `${dropped} messages are left out, there are too many`,
      tone: 'dim',
    });
  }
  let before: number | undefined;
  for (const step of steps) {
    lines.push({
      kind: 'step',
      step,
      delta: before === undefined ? undefined : step.seconds - before,
    });
    before = step.seconds;
  }
  for (const text of notes) lines.push({ kind: 'note', text: `! ${text}`, tone: 'warning' });
  return lines;
}

/** Names of lanes over their lines. */
export function laneHead(lanes: readonly LadderLane[], layout: LadderLayout): Segment[] {
  const segments: Segment[] = [];
  let used = 0;
  lanes.forEach(({ name, role }, index) => {
    const text = truncate(safeText(name), layout.gap);
    const middle = MARGIN + index * layout.gap;
    const start = Math.max(used, middle - Math.floor((textWidth(text) - 1) / 2));
    segments.push({ text: ' '.repeat(start - used) }, { text, tone: LANE_TONES[role] });
    used = start + textWidth(text);
  });
  segments.push({ text: ' '.repeat(Math.max(0, layout.lanes - used)) });
  return segments;
}

/** The head of a ladder. */
export function headSegments(lanes: readonly LadderLane[], layout: LadderLayout): Segment[] {
  const before =
    ' '.repeat(MARK_WIDTH - 1) + fitRight('packet', NUMBER_WIDTH) + fitRight('time', TIME_WIDTH);
  return [
    { text: `${before}${layout.hasDelta ? fitRight('later', DELTA_WIDTH) : ''} `, tone: 'dim' },
    ...laneHead(lanes, layout),
    { text: ' message', tone: 'dim' },
  ];
}

/** Lanes with an arrow through them. A tunnelled message has a double line. */
export function arrowText(step: LadderStep, lanes: number, layout: LadderLayout): string {
  const { gap } = layout;
  const last = (lanes - 1) * gap;
  const cells: string[] = Array.from({ length: last + 1 }, (_, i) => (i % gap === 0 ? '│' : ' '));
  const isTunnel = step.layout.includes('tunnel');
  const [stroke, crossing] = isTunnel ? ['═', '╪'] : ['─', '┼'];
  const draw = (from: number, to: number): void => {
    for (let at = Math.min(from, to) + 1; at < Math.max(from, to); at++) {
      cells[at] = at % gap === 0 ? crossing : stroke;
    }
    cells[from < to ? to - 1 : to + 1] = from < to ? '>' : '<';
  };
  const from = step.from * gap;
  if (step.to === 'all') {
    if (from < last) draw(from, last);
    if (from > 0) draw(from, 0);
    cells[from] = '*';
  } else if (step.to === step.from) cells[from] = 'o';
  else {
    draw(from, step.to * gap);
    cells[from] = step.to > step.from ? '├' : '┤';
  }
  const side = ' '.repeat(MARGIN);
  return side + cells.join('') + side;
}

/** `+0.030`, with fewer digits when it is long. */
export function deltaText(delta: number | undefined): string {
  if (delta === undefined) return '';
  const sign = delta < 0 ? '-' : '+';
  return `${sign}${Math.abs(delta).toFixed(Math.abs(delta) < 1000 ? 3 : 0)}`;
}

/** `[HAO ESP]`. */
export function layoutText({ layout }: LadderStep): string {
  return layout.length === 0 ? '' : ` [${layout.map(safeText).join(' ')}]`;
}

/** Segments of a line. */
export function lineSegments(line: LadderLine, lanes: number, layout: LadderLayout): Segment[] {
  if (line.kind === 'note') return [{ text: ' ' }, { text: safeText(line.text), tone: line.tone }];
  const { step, delta } = line;
  const { isEvidence, severity, number, seconds, label } = step;
  const tone = severity === undefined ? undefined : SEVERITY_TONES[severity];
  const mark = `${isEvidence ? '!' : ' '}${severity === undefined ? ' ' : SEVERITY_LETTERS[severity]}`;
  return [
    { text: mark, tone },
    { text: fitRight(`#${number}`, NUMBER_WIDTH), tone: 'dim' },
    { text: fitRight(secondsText(seconds), TIME_WIDTH) },
    { text: layout.hasDelta ? fitRight(deltaText(delta), DELTA_WIDTH) : '', tone: 'dim' },
    { text: ' ' },
    { text: arrowText(step, lanes, layout), tone },
    { text: ` ${safeText(label)}`, tone: isEvidence ? (tone ?? 'warning') : undefined },
    { text: layoutText(step), tone: 'accent' },
    { text: step.to === 'all' ? ' to all' : '', tone: 'dim' },
  ];
}

/** The whole ladder as text, for the clipboard. */
export function ladderText(ladder: Ladder, columns: number): string {
  const layout = ladderLayout(ladder.lanes.length, columns);
  const plain = (segments: readonly Segment[]): string =>
    segments
      .map(({ text }) => text)
      .join('')
      .trimEnd();
  return [
    safeText(ladder.title),
    ...ladder.lanes.map(
      ({ name, role, addresses }) =>
        `${fit(safeText(name), 5)} ${LANE_WORDS[role]} ${addresses.map(safeText).join(', ')}`,
    ),
    '',
    plain(headSegments(ladder.lanes, layout)),
    ...ladderLines(ladder).map((line) => plain(lineSegments(line, ladder.lanes.length, layout))),
  ].join('\n');
}
