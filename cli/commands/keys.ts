/**
 * `mip6guard keys`: look at key files, check them against captures, write them in another format.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { WRITABLE_FORMATS } from '../../engine/keys/writable-formats.ts';
import type { WritableFormat } from '../../engine/keys/writable-formats.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { collect } from './options.ts';

const EXAMPLES = `Examples:
  mip6guard keys import setkey.conf
  mip6guard keys check --keys esp_sa capture.pcapng
  ip xfrm state | mip6guard keys convert --to esp_sa --output esp_sa /dev/stdin
`;

const FORMATS = `
Key files are recognised by what is in them: Wireshark's esp_sa, ikev1_decryption_table and
ikev2_decryption_table (also from strongSwan's save-keys), setkey files (KAME, UMIP), output of
ip xfrm state and ip xfrm policy or such commands, SPD and SAD as RFC 3776 and RFC 4877 write them,
secrets of tcpdump -E, swanctl --list-sas, and YAML with associations:. All of it: docs/keys.md.
`;

const IMPORT_EXAMPLES = `Examples:
  mip6guard keys import esp_sa
  mip6guard keys import --json setkey.conf xfrm.txt | jq '.files[].associations'
`;

const IMPORT_NOTES = `
A line for each association, policy and IKE key, without keys; then what is wrong, with file, line
and column.
${FORMATS}
Exit codes: 0 all of it was understood; 2 a row cannot be used, or a file cannot be read;
4 environment; 5 internal error.
`;

const CHECK_EXAMPLES = `Examples:
  mip6guard keys check --keys esp_sa capture.pcapng
  mip6guard keys check --keys setkey.conf --keys extra.yaml --recursive captures/
  mip6guard keys check --json --keys esp_sa capture.pcapng | jq '.associations[].verdict'
`;

const CHECK_NOTES = `
  works   every packet that the association is for opened
  mixed   some did, some did not
  wrong   none did, and the reason and the fix are told
  unused  the captures have no packet for it
A reason is proven when the integrity check value came out right: with the home address instead of the
care-of address, with the directions exchanged, with another SPI, algorithm, or key of another row.
${FORMATS}
Exit codes: 0 nothing to mend; 1 an association is wrong, a row cannot be used, or nothing opens the
ESP that is there; 2 usage, or a key file cannot be read; 3 a capture cannot be read or is damaged;
4 environment; 5 internal error.
`;

const CONVERT_EXAMPLES = `Examples:
  mip6guard keys convert --to esp_sa --output esp_sa setkey.conf
  mip6guard keys convert --to yaml --output keys.yaml esp_sa xfrm.txt
  mip6guard keys convert --to spd setkey.conf                 (policies and selectors, no keys)
  mip6guard keys convert --to tcpdump setkey.conf > secrets   (mind the mode of the file: umask 077)
`;

const CONVERT_NOTES = `
The output holds keys. A file of --output can be read and written by its owner only, whatever it was
before. Without --output they go to standard output, unless that is a terminal; --output - shows them
there as well. What the format has no place for is told on standard error, with file and line.
${FORMATS}
Exit codes: 0 all associations were written; 1 some are left out because the format cannot say them;
2 usage, a row that cannot be read (the others are written), or the place of the output;
4 environment; 5 internal error.
`;

/** Adds the commands. @param end takes the exit code */
export function addKeys(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const keys = program
    .command('keys')
    .summary('look at key files, check them against captures, convert them')
    .description('Works with key files of IPsec, whatever tool they come from.')
    .helpCommand(false)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', FORMATS);
  addImport(keys, terminal, end);
  addCheck(keys, terminal, end);
  addConvert(keys, terminal, end);
}

function addImport(keys: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  keys
    .command('import')
    .summary('show what is understood of key files')
    .description('Shows what is understood of key files, without the keys.')
    .argument('<file...>', 'key files of any format')
    .option('--json', 'one JSON document')
    .addHelpText('before', IMPORT_EXAMPLES)
    .addHelpText('after', IMPORT_NOTES)
    .action(async (files: string[], { json = false }: { json?: boolean }) => {
      const { runKeysImport } = await import('../keys/import-run.ts');
      end(await runKeysImport(files, json, terminal));
    });
}

function addCheck(keys: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  keys
    .command('check')
    .summary('which association opens what in captures, and why not')
    .description('Tells which association opens how many packets, and why the others open none.')
    .argument('<capture...>', 'captures, directories, patterns, or - for standard input')
    .addOption(
      new Option('-k, --keys <file>', 'key file (repeat for several files)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('-r, --recursive', 'also captures in directories below a directory')
    .option('--json', 'one JSON document')
    .addHelpText('before', CHECK_EXAMPLES)
    .addHelpText('after', CHECK_NOTES)
    .action(
      async (
        inputs: string[],
        values: { keys: readonly string[]; recursive?: boolean; json?: boolean },
      ) => {
        const [{ runKeysCheck }, { CliError, EXIT }] = await Promise.all([
          import('../keys/check-run.ts'),
          import('../exit-codes.ts'),
        ]);
        const { keys: files, recursive = false, json = false } = values;
        if (files.length === 0) {
          throw new CliError(EXIT.usage, 'no key file to check', {
            hint: 'Name one with --keys FILE. See: mip6guard keys check --help',
          });
        }
        const options = { keys: files, inputs, recursive, isJson: json };
        end(await runKeysCheck(options, terminal));
      },
    );
}

function addConvert(keys: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  keys
    .command('convert')
    .summary('write key files in another format')
    .description('Writes what key files hold in another format.')
    .argument('<file...>', 'key files of any format')
    .addOption(
      new Option('-t, --to <format>', 'format to write')
        .choices(WRITABLE_FORMATS)
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'write to a file that only its owner can read')
    .addHelpText('before', CONVERT_EXAMPLES)
    .addHelpText('after', CONVERT_NOTES)
    .action(async (files: string[], values: { to: WritableFormat; output?: string }) => {
      const { runKeysConvert } = await import('../keys/convert-run.ts');
      end(await runKeysConvert({ files, to: values.to, output: values.output }, terminal));
    });
}
