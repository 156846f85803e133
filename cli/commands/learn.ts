/**
 * `mip6guard learn`: a site file from clean traffic.
 */
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { keysOption } from './options.ts';

interface Values {
  readonly keys: readonly string[];
  readonly output?: string;
  readonly recursive?: boolean;
}

const EXAMPLES = `Examples:
  mip6guard learn capture.pcapng
  mip6guard learn --output site.yaml home.pcapng visited.pcapng
  mip6guard learn --keys esp_sa --output site.yaml captures/
`;

const NOTES = `
The file names home agents with their prefixes, links with the role they seem to have, mobile nodes and
routers, and in comments from which packets and how sure that is, and the security associations seen.
Read it before you use it: lines with "check" are guesses. Learn from traffic that you trust; when it
holds findings of medium or above, the file begins with a warning, and routers that a finding names as
attackers are left out.

Then: mip6guard rules check site.yaml; mip6guard audit --config site.yaml capture.pcapng

Exit codes: 0 done, also with a warning; 2 usage; 3 an input cannot be read or is damaged; what was
learned is written all the same; 4 environment; 5 internal error.
`;

/** Adds the command. @param end takes the exit code */
export function addLearn(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('learn')
    .summary('write a site file from clean traffic')
    .description('Learns home agents, prefixes, links, mobile nodes and routers from captures.')
    .argument('<capture...>', 'captures, directories, patterns, or - for standard input')
    .addOption(keysOption())
    .option('-o, --output <file>', 'write the site file to a file instead of standard output')
    .option('-r, --recursive', 'also captures in directories below a directory')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (inputs: string[], { keys, output, recursive = false }: Values) => {
      const [{ prepareSession }, { learnSite }] = await Promise.all([
        import('../session.ts'),
        import('../learn/learn-run.ts'),
      ]);
      const session = await prepareSession({ inputs, keys, recursive, workers: 1 }, terminal);
      end(await learnSite(session, output, terminal));
    });
}
