/**
 * Colours of terminal output. Colour only repeats what a word says already.
 */
import type { Severity } from '../../engine/rule-api.ts';

/** How a piece of text looks. */
export type Style =
  | 'plain'
  | 'bold'
  | 'dim'
  | 'good'
  | 'warning'
  | 'bad'
  | 'worst'
  | 'name'
  | 'mark';

/** SGR codes: the 16 colours every terminal has. */
const CODES: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '1',
  dim: '2',
  good: '32',
  warning: '33',
  bad: '31',
  worst: '1;31',
  name: '36',
  mark: '7',
};

/** Gives text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Paint without colours. */
export const plainPaint: Paint = (_style, text) => text;

/** Paint with colours. */
export const colourPaint: Paint = (style, text) =>
  style === 'plain' || text === '' ? text : `\u001b[${CODES[style]}m${text}\u001b[0m`;

/** Style of a severity. */
export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  critical: 'worst',
  high: 'bad',
  medium: 'warning',
  low: 'name',
  info: 'dim',
};

/** When to colour: `--color`. */
export type ColourChoice = 'auto' | 'always' | 'never';

/**
 * Whether to colour. An explicit choice wins, then `NO_COLOR` and `FORCE_COLOR` when not empty, then the terminal.
 */
export function wantsColour(
  choice: ColourChoice,
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return isTerminal && TERM !== 'dumb';
}
