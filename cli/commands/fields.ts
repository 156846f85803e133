/**
 * `mip6guard fields`: list the fields that filters may ask for.
 */
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

interface Values {
  readonly json?: boolean;
  readonly values?: string;
}

const EXAMPLES = `Examples:
  mip6guard fields mip6.bu                 fields of Binding Updates
  mip6guard fields --values mip6.ba.status names of status values
  mip6guard fields --json | jq -r '.[].name'
`;

const NOTES = `
A line has name, type, unit, label and document, aligned on a terminal and else separated by tabs.
Types: protocol, number, boolean, octets, address, mac, text; none is there or not, without a value.
How filters are written: mip6guard help filters.

Exit codes: 0 done; 2 no field begins like this; 4 environment; 5 internal error.
`;

/** Adds the command. @param end takes the exit code */
export function addFields(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('fields')
    .summary('list the fields of filters')
    .description('Lists the fields that filters may ask for, or those that begin with a text.')
    .argument('[prefix]', 'how their names begin, for example mip6.bu')
    .option('--json', 'a JSON array with everything known of each field')
    .option('--values <field>', 'list the names of the values of a field instead')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (prefix: string | undefined, { json = false, values }: Values) => {
      const { listFields, listValues } = await import('../fields-run.ts');
      end(
        values === undefined
          ? listFields(prefix ?? '', json, terminal)
          : listValues(values, json, terminal),
      );
    });
}
