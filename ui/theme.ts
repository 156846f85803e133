/**
 * How things look: the 16 colours of a terminal, so that its own theme decides. Nothing is said by colour alone: what
 * a tone means is also there as a letter, a symbol or a word.
 */
import type { TextProps } from 'ink';
import type { PacketRow } from '../engine/views/model/index.ts';

/** How bad an alert is. */
export type Severity = NonNullable<PacketRow['severity']>;

/** What a piece of text is. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'accent'
  | 'good'
  | 'warning'
  | 'bad'
  | 'critical'
  | 'cursor'
  | 'cursor-idle'
  | 'highlight';

/** Properties of `<Text>`. */
export type Look = Pick<
  TextProps,
  'color' | 'backgroundColor' | 'bold' | 'dimColor' | 'inverse' | 'underline'
>;

/** Looks of tones. */
export const TONES: Readonly<Record<Tone, Look>> = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  accent: { color: 'cyan' },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  bad: { color: 'red' },
  critical: { color: 'red', bold: true },
  /** The line of the cursor in the pane that has the keys; `CURSOR_MARK` stands before it as well. */
  cursor: { inverse: true },
  /** The line of the cursor in another pane. */
  'cursor-idle': { bold: true, underline: true },
  /** Octets of the field, the field of the octet; set in brackets as well. */
  highlight: { inverse: true },
};

/** Before the line of the cursor. */
export const CURSOR_MARK = '>';

/** Letter of a severity: its first, worst in capitals. */
export const SEVERITY_LETTERS: Readonly<Record<Severity, string>> = {
  info: 'i',
  low: 'l',
  medium: 'm',
  high: 'H',
  critical: 'C',
};

/** Tones of severities. */
export const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = {
  info: 'dim',
  low: 'accent',
  medium: 'warning',
  high: 'bad',
  critical: 'critical',
};

/** Severities, worst first. */
export const WORST_FIRST: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** Symbol and tone of what a packet is, in the list. */
export const EMPHASIS: Readonly<
  Record<
    PacketRow['emphasis'],
    { readonly symbol: string; readonly tone: Tone; readonly meaning: string }
  >
> = {
  broken: { symbol: 'x', tone: 'bad', meaning: 'broken: checksum, header or authenticator' },
  refused: { symbol: '!', tone: 'warning', meaning: 'refused or an error' },
  deregistration: { symbol: '-', tone: 'accent', meaning: 'deregistration' },
  registration: { symbol: '+', tone: 'good', meaning: 'registration' },
  signalling: { symbol: '.', tone: 'plain', meaning: 'other signalling' },
  plain: { symbol: ' ', tone: 'dim', meaning: 'all else' },
};
