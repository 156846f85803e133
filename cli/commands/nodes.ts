/**
 * `mip6guard ha`, `mn` and `cn`: nodes of Mobile IPv6. `mip6guard ctl`: asks one that runs. `mip6guard config`: their
 * configuration.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { LOG_FORMATS } from '../nodes/node-log-line.ts';
import type { LogFormat } from '../nodes/node-log-line.ts';
import type { NodeRole } from '../nodes/node-schema.ts';
import type { Terminal } from '../terminal.ts';

interface NodeCommand {
  readonly name: string;
  readonly role: NodeRole;
  readonly summary: string;
  readonly description: string;
}

const COMMANDS: readonly NodeCommand[] = [
  {
    name: 'ha',
    role: 'home-agent',
    summary: 'be a home agent',
    description:
      'Serves mobile nodes as their home agent (RFC 6275, RFC 3776), with strict de-registration.',
  },
  {
    name: 'mn',
    role: 'mobile-node',
    summary: 'be a mobile node',
    description:
      'Keeps the home address of this machine reachable wherever it is, and never drops its protection.',
  },
  {
    name: 'cn',
    role: 'correspondent-node',
    summary: 'be a correspondent of mobile nodes',
    description: 'Talks to mobile nodes on the direct way (RFC 6275 section 9).',
  },
];

const notes = (command: string): string => `
The node takes the interfaces of its configuration over from the kernel, and gives them back as they
were on every end; after a kill the next start does. Programs of this machine use it through the
device of the section tun. Log lines go to standard error.

SIGTERM and Ctrl-C end it in good order${command === 'mn' ? ': bindings are de-registered, unless onStop is keep' : ''}; a second one at once.
Needs root, or CAP_NET_ADMIN and CAP_NET_RAW, and the package koffi. Configuration: docs/nodes.md

Exit codes: 0 ended by a signal; 2 configuration or keys; 4 not permitted, interface, package missing.
`;

const NODE = {
  name: 'a node or gateway',
  hint: 'It is the socket of control: in its configuration; only its own user and root may use it.',
} as const;

const CONTROL_EXAMPLES = `Examples:
  mip6guard ctl /run/mip6guard/ha.sock status
  mip6guard ctl /run/mip6guard/ha.sock bindings | jq '.bindings[].careOfAddress'
  mip6guard ctl /run/mip6guard/ha.sock remove home=2001:db8:1::10
  mip6guard ctl /run/mip6guard/mn.sock handover interface=wlan0
  mip6guard ctl /run/mip6guard-gateway/control mode enforce
`;

/** Adds the commands. @param end takes the exit code */
export function addNodes(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  for (const { name, role, summary, description } of COMMANDS) {
    program
      .command(name)
      .summary(summary)
      .description(description)
      .requiredOption('-c, --config <file>', 'configuration of the node (YAML)')
      .addOption(
        new Option('--log <format>', 'log lines for people or programs')
          .choices(LOG_FORMATS)
          .default('text'),
      )
      .option('--verbose', 'also tell why packets are dropped')
      .addHelpText('before', `Examples:\n  mip6guard ${name} --config ${name}.yaml\n`)
      .addHelpText('after', notes(name))
      .action(
        async (values: { config: string; log: LogFormat; verbose?: boolean }): Promise<void> => {
          const { runNode } = await import('../nodes/node-run.ts');
          const { config, log: logFormat, verbose: isVerbose = false } = values;
          end(await runNode({ config, role, logFormat, isVerbose }, terminal));
        },
      );
  }
  addControl(program, terminal, end);
  addConfig(program, terminal, end);
}

function addControl(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('ctl')
    .summary('ask a node or gateway that runs')
    .description(
      'Asks at a control socket. A node: status, bindings, associations, drops, remove, handover, refresh. A gateway: status, drops, mode, reload, bindings, mute, unmute, mutes.',
    )
    .argument('<socket>', 'socket of the section control')
    .argument('<command>', 'what to ask')
    .argument('[args...]', 'name=value')
    .addHelpText('before', CONTROL_EXAMPLES)
    .addHelpText(
      'after',
      '\nThe answer is a line of JSON, laid out on a terminal. Exit codes: 0 done, 2 refused, 4 no answer.\n',
    )
    .action(async (socket: string, command: string, words: readonly string[]) => {
      const { askSensor, requestOf } = await import('../sensor/control-client.ts');
      // The mode is the only thing that mode is about: its name need not be written.
      const named = words.map((word) =>
        command === 'mode' && !word.includes('=') ? `set=${word}` : word,
      );
      end(await askSensor(socket, requestOf(command, named), terminal, NODE));
    });
}

function addConfig(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const config = program
    .command('config')
    .summary('check the configuration of a node')
    .description(
      'The configuration of nodes: checks it, prints its schema, or makes one of that of UMIP.',
    );
  config
    .command('check')
    .description('Checks a configuration and the key files it names; nothing is started.')
    .argument('<file>', 'configuration (YAML)')
    .addHelpText('before', 'Examples:\n  mip6guard config check ha.yaml\n')
    .addHelpText('after', '\nExit codes: 0 it can be used, 2 it cannot; every problem is told.\n')
    .action(async (file: string) => {
      const { checkNodeFile } = await import('../nodes/config-check.ts');
      end(await checkNodeFile(file, terminal));
    });
  config
    .command('import')
    .summary("make a configuration of UMIP's")
    .description(
      "Writes the configuration of a node out of UMIP's mip6d.conf, with comments where it differs.",
    )
    .argument('<file>', "UMIP's configuration (mip6d.conf)")
    .option('--keys <file...>', 'key files that the configuration is to name, as setkey takes them')
    .addHelpText(
      'before',
      'Examples:\n  mip6guard config import mip6d.conf --keys sa.conf > ha.yaml\n',
    )
    .addHelpText(
      'after',
      '\nWhat has to be added by hand is told on standard error. Exit codes: 0 written, 2 it cannot be read.\n',
    )
    .action(async (file: string, { keys = [] }: { keys?: readonly string[] }) => {
      const { importUmip } = await import('../nodes/umip/import-run.ts');
      end(await importUmip(file, keys, terminal));
    });
  config
    .command('schema')
    .description('Prints the JSON Schema of the configuration, for editors.')
    .action(async () => {
      const { nodeJsonSchema } = await import('../nodes/node-schema.ts');
      terminal.output.write(`${JSON.stringify(nodeJsonSchema(), undefined, 2)}\n`);
      end(EXIT.clean);
    });
}
