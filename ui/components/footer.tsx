/**
 * The lines that are always there: screens, status, keys.
 */
import type { FC } from 'react';
import type { ModelStatus } from '../../engine/views/model/index.ts';
import type { KeyBinding } from '../keymap.ts';
import type { SayLevel, ScreenDefinition } from '../screen.ts';
import { countText, safeText, textWidth, truncate, truncateMiddle } from '../text.ts';
import { SEVERITY_LETTERS, SEVERITY_TONES, WORST_FIRST } from '../theme.ts';
import type { Tone } from '../theme.ts';
import { meter } from './bars.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

const KEY_SYMBOLS: Readonly<Record<string, string>> = {
  enter: '⏎',
  space: 'space',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
};

/** Screens, the one that is shown in brackets. */
export const TabBar: FC<{
  readonly screens: readonly ScreenDefinition[];
  readonly active: string;
  readonly columns: number;
}> = ({ screens, active, columns }) => {
  const segmentsOf = (isShort: boolean): Segment[] =>
    screens.map(({ id, key, title, short }) => {
      const name = `${key} ${isShort ? short : title}`;
      return id === active
        ? { text: `[${name}]`, tone: 'highlight' }
        : { text: ` ${name} `, tone: 'plain' };
    });
  const wide = segmentsOf(false);
  const width = wide.reduce((sum, { text }) => sum + textWidth(text), 0);
  return <Line width={columns} segments={width <= columns ? wide : segmentsOf(true)} />;
};

const PHASES: Readonly<Record<ModelStatus['phase'], readonly [text: string, tone: Tone]>> = {
  loading: ['loading', 'accent'],
  complete: ['', 'plain'],
  following: ['* live', 'good'],
  stopped: ['= stopped', 'warning'],
  failed: ['! failed', 'bad'],
};

/** What the run is, in pieces; the first matter most. */
export function statusSegments(status: ModelStatus, columns: number): Segment[] {
  const { phase, inputs, packets, shown, progress, filter, isFiltering, shed, alerts } = status;
  const names = inputs.map(({ name }) => safeText(name)).join(', ');
  const [phaseText, phaseTone] = PHASES[phase];
  const dropped = inputs.reduce((sum, input) => sum + (input.dropped ?? 0), 0);
  const isLive = inputs.some((input) => input.dropped !== undefined);
  const faults = inputs.filter(({ fault }) => fault !== undefined);
  const segments: Segment[] = [
    { text: ` ${truncateMiddle(names, Math.max(12, Math.floor(columns / 4)))}` },
  ];
  const add = (text: string, tone?: Tone): void => {
    segments.push({ text: '  ' }, { text, tone });
  };
  if (phaseText !== '') add(phaseText, phaseTone);
  if (phase === 'loading' && progress !== undefined) {
    add(`${meter(progress, 12)} ${Math.floor(progress * 100)} %`, 'accent');
  }
  if (phase === 'failed') add(truncate(safeText(status.failure ?? ''), columns >> 1), 'bad');
  for (const { name, fault } of faults)
    add(truncate(`! ${safeText(`${name}: ${fault ?? ''}`)}`, columns >> 1), 'bad');
  const count = countText(packets);
  add(filter === '' ? `${count} packets` : `${countText(shown)} of ${count} packets`);
  if (isFiltering) add('filtering', 'accent');
  if (isLive)
    add(`${dropped > 0 ? '! ' : ''}dropped ${countText(dropped)}`, dropped > 0 ? 'bad' : 'dim');
  if (shed > 0) add(`! shed ${countText(shed)}`, 'bad');
  if (status.incidents > 0)
    add(`${status.incidents} incident${status.incidents === 1 ? '' : 's'}`, 'strong');
  const counts = WORST_FIRST.filter((severity) => alerts[severity] > 0);
  if (counts.length > 0) segments.push({ text: ' ' });
  for (const severity of counts) {
    segments.push({
      text: ` ${SEVERITY_LETTERS[severity]}${countText(alerts[severity])}`,
      tone: SEVERITY_TONES[severity],
    });
  }
  return segments;
}

const SAY_TONES: Readonly<Record<SayLevel, Tone>> = {
  info: 'good',
  warning: 'warning',
  error: 'bad',
};
const SAY_SIGNS: Readonly<Record<SayLevel, string>> = { info: '', warning: '! ', error: 'x ' };

/** What is said, or how the run is; at its end the keys that wait for more. */
export const StatusLine: FC<{
  readonly status: ModelStatus;
  readonly message: { readonly text: string; readonly level: SayLevel } | undefined;
  readonly pending: string;
  readonly columns: number;
}> = ({ status, message, pending, columns }) => {
  const right = pending === '' ? '' : ` ${pending}…`;
  const segments: Segment[] =
    message === undefined
      ? statusSegments(status, columns)
      : [
          {
            text: ` ${SAY_SIGNS[message.level]}${safeText(message.text)}`,
            tone: SAY_TONES[message.level],
          },
        ];
  const left = columns - textWidth(right);
  let used = 0;
  const fitted = segments.filter(({ text }) => (used += textWidth(text)) <= left);
  // A message that is too long is cut; pieces of the status go whole.
  const shown = message === undefined ? fitted : segments;
  const width = shown.reduce((sum, { text }) => sum + textWidth(text), 0);
  return (
    <Line
      width={columns}
      segments={[
        ...shown,
        { text: ' '.repeat(Math.max(0, left - width)) },
        { text: right, tone: 'strong' },
      ]}
    />
  );
};

/** The keys that matter here. */
export const Footer: FC<{ readonly rows: readonly KeyBinding[]; readonly columns: number }> = ({
  rows,
  columns,
}) => (
  <Line
    width={columns}
    segments={rows.flatMap(({ keys, footer = '' }): Segment[] => {
      const [key = ''] = keys;
      return [
        { text: ` ${KEY_SYMBOLS[key] ?? key}`, tone: 'strong' },
        { text: ` ${footer}  `, tone: 'dim' },
      ];
    })}
  />
);
