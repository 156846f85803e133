/**
 * `mip6guard demo`: audit a bundled capture of an attack and show where to go from there.
 */
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { ColourChoice } from '../report/palette.ts';
import type { Terminal } from '../terminal.ts';
import { colourOption } from './options.ts';

const NOTES = `
Exit codes: 0 it worked, although an attack is found; 4 a bundled file is missing; 5 internal error.
`;

/** Adds the command. @param end takes the exit code */
export function addDemo(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('demo')
    .summary('audit a bundled capture of an attack')
    .description('Audits a bundled capture of a de-registration attack and shows what to try next.')
    .addOption(colourOption())
    .addHelpText('after', NOTES)
    .action(async ({ color }: { color: ColourChoice }) => {
      const { runDemo } = await import('../demo-run.ts');
      end(await runDemo(color, terminal));
    });
}
