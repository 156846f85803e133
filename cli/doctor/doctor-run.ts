/**
 * Tells what this machine can and cannot do.
 */
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Paint, Style } from '../report/palette.ts';
import { safeText } from '../report/safe-text.ts';
import { reportStyle } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { allChecks } from './checks.ts';
import type { Check, CheckStatus, Purpose } from './checks.ts';
import type { ColourChoice } from '../report/palette.ts';
import { thisMachine } from './machine.ts';

/** How to tell it. */
export interface DoctorOptions {
  readonly isJson: boolean;
  /** Uses that must work; what always must is not named. */
  readonly purposes: readonly Purpose[];
  readonly colour: ColourChoice;
}

const STYLES: Readonly<Record<CheckStatus, Style>> = {
  ok: 'good',
  missing: 'bad',
  note: 'warning',
};

/** @returns 0 when all that is needed for the purposes is there, else 4 */
export function runDoctor(options: DoctorOptions, terminal: Terminal): ExitCode {
  const checks = allChecks(thisMachine(terminal.environment));
  const purposes: readonly Purpose[] = ['read', ...options.purposes];
  const missing = missingFor(checks, purposes);
  if (options.isJson) terminal.output.write(`${documentOf(checks, missing)}\n`);
  else {
    const { paint } = reportStyle(terminal, options.colour, false);
    terminal.output.write(tableOf(checks, paint));
    terminal.output.write(`\n${verdictOf(purposes, missing)}\n`);
  }
  return missing.length === 0 ? EXIT.clean : EXIT.environment;
}

/** Checks that failed and that one of the purposes needs. */
export function missingFor(checks: readonly Check[], purposes: readonly Purpose[]): Check[] {
  return checks.filter(
    ({ status, neededBy }) =>
      status === 'missing' && neededBy.some((purpose) => purposes.includes(purpose)),
  );
}

/** A line a check, and the command that mends it below. */
export function tableOf(checks: readonly Check[], paint: Paint): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  return checks
    .map(({ title, status, found, neededBy, fix }) => {
      const needed = status === 'missing' ? ` (for ${neededBy.join(', ')})` : '';
      const first = `${paint(STYLES[status], status.padEnd(7))}  ${title.padEnd(width)}  ${safeText(found)}${needed}`;
      return fix === undefined ? first : `${first}\n${' '.repeat(9)}  fix: ${safeText(fix)}`;
    })
    .map((line) => `${line}\n`)
    .join('');
}

function documentOf(checks: readonly Check[], missing: readonly Check[]): string {
  return JSON.stringify(
    {
      ok: missing.length === 0,
      checks: checks.map(({ id, title, status, found, neededBy, fix }) => ({
        id,
        title: title.trim(),
        status,
        found,
        needed_by: neededBy,
        fix: fix ?? null,
      })),
    },
    null,
    2,
  );
}

function verdictOf(purposes: readonly Purpose[], missing: readonly Check[]): string {
  const named = purposes.map((purpose) => (purpose === 'read' ? 'audit and read' : purpose));
  if (missing.length === 0) return `For ${named.join(', ')}: all that is needed is there.`;
  return `Missing for ${named.join(', ')}: ${missing.map(({ title }) => title.trim()).join(', ')}.`;
}
