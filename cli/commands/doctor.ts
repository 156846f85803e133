/**
 * `mip6guard doctor`: what this machine can and cannot do.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Purpose } from '../doctor/checks.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { ColourChoice } from '../report/palette.ts';
import type { Terminal } from '../terminal.ts';
import { colourOption } from './options.ts';

const EXAMPLES = `Examples:
  mip6guard doctor
  mip6guard doctor --for live
  mip6guard doctor --json | jq '.checks[] | select(.status == "missing")'
`;

const NOTES = `
missing: the uses in parentheses do not work; the line below mends it. note: worth knowing.
Nothing is changed.

Exit codes: 0 what audit and read need is there, and what --for names; 4 something of it is missing.
`;

/** Options as they come from the command line. */
interface DoctorValues {
  readonly for: readonly Purpose[];
  readonly json?: boolean;
  readonly color: ColourChoice;
}

/** Adds the command. @param end takes the exit code */
export function addDoctor(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('doctor')
    .summary('what this machine can and cannot do, and the command that mends it')
    .description('Checks what mip6guard needs of this machine.')
    .addOption(
      new Option('--for <use...>', 'what must work')
        .choices(['live', 'sensor', 'tui', 'node', 'gateway'] satisfies Purpose[])
        .default([], 'audit and read'),
    )
    .option('--json', 'a JSON document instead of a table')
    .addOption(colourOption())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (values: DoctorValues) => {
      const { runDoctor } = await import('../doctor/doctor-run.ts');
      const { for: purposes, json = false, color } = values;
      end(runDoctor({ purposes, isJson: json, colour: color }, terminal));
    });
}
