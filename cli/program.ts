/**
 * The command tree, its help, and how failures become exit codes.
 */
import { existsSync, statSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFields } from './commands/fields.ts';
import { addGateway } from './commands/gateway.ts';
import { addHistory } from './commands/history.ts';
import { addKeys } from './commands/keys.ts';
import { addLab } from './commands/lab.ts';
import { addLearn } from './commands/learn.ts';
import { addLive } from './commands/live.ts';
import { addNodes } from './commands/nodes.ts';
import { addRead } from './commands/read.ts';
import { addRules } from './commands/rules.ts';
import { addSensor } from './commands/sensor.ts';
import { addTui } from './commands/tui.ts';
import { CliError, EXIT, EXIT_MEANINGS } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { packageVersion } from './package-root.ts';
import type { Terminal } from './terminal.ts';

/** Help is laid out for this many columns at most. */
const HELP_WIDTH = 100;

const EXAMPLES = `Examples:
  mip6guard demo                                  audit a bundled attack, then what to try next
  mip6guard audit capture.pcapng                  find attacks
  mip6guard audit --config site.yaml --keys esp_sa home.pcapng visited.pcapng
  mip6guard read -V capture.pcapng                every field of every packet
  mip6guard capture.pcapng                        screens: packets, bindings, incidents, ladders
`;

const EXIT_TABLE = `Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${code.padEnd(13)}  ${meaning}`).join('\n')}
`;

/** Help topics besides the commands. */
const TOPICS: Readonly<Record<string, string>> = {
  'exit-codes': EXIT_TABLE,
  formats: `Formats of mip6guard audit:
  text  what was seen, bindings over time, incidents with evidence, what could not be judged
  eve   JSON lines compatible with Suricata's EVE; event_type is alert, binding, mip6, anomaly,
        incident or stats; schema: docs/eve.schema.json
  json  one document with everything; schema: docs/audit.schema.json
  html  one page to read, print and send on: ladders of messages, timelines, octets of the evidence
  sarif SARIF 2.1.0, for code scanning services and viewers
  junit JUnit XML, for continuous integration: a case for each rule; schema: docs/junit.xsd

Formats of mip6guard read -T, with the shapes of tshark:
  text     a line a packet; with -V or -O all fields, with -x the octets
  json     an array of packets, each with nested layers; with -x the octets as well
  jsonraw  the same with octets instead of values
  ek       two JSON lines a packet, for the bulk interface of Elasticsearch
  fields   a line a packet with the values of -e; -E says how: header, separator, quote ...
mip6guard read -w FILE writes pcapng, with what was found as packet comments.
Recipes: docs/outputs.md.
`,
  inputs: `Inputs of mip6guard audit:
  file       pcap or pcapng, plain or compressed with gzip or zstd
  directory  the captures in it, sorted by name; with --recursive also those below it
  pattern    'captures/*.pcapng': * ? [a-z] within a name, ** any number of directories
  -          standard input
Packets of several inputs are merged by capture time. An input that cannot be read does not keep the
others from being read; the exit code is then 3, or 1 when there are findings.
`,
  filters: `Display filters, Wireshark's language over the fields of mip6guard fields:
  mip6.bu                                  packets that have the field, protocol or group
  mip6.mhtype == "Binding Update"          == != > >= < <=, or eq ne gt ge lt le; values by name
  ipv6.addr == 2001:db8:1::/48             addresses by prefix; != holds when no address fits
  mip6.ba.status in {0, 1, 128..139}       one of several values or ranges
  frame.protocols contains "esp"           text in text, octets in octets (aa:bb:cc)
  frame.protocols matches "mip|icmp"       regular expression, upper and lower case alike
  eth.src[0:3] == 02:00:00                 slices [i:n] [i-j] [i] [:n] [i:]; -1 is the last octet
  mip6.bu.lifetime * 4 > 600               & + - * / % and len count lower upper string max min abs
  not icmpv6 and (esp or mip6)             not ! and && or || xor ^^; any and all before a field
  mip6guard.rule == "MIP6-1106"            what was found: rule, severity, incident, binding.coa ...
All of it: docs/filters.md.
`,
};

/** Makes the program. @param end takes the exit code of the command that ran */
export function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const width = Math.min(terminal.columns ?? HELP_WIDTH, HELP_WIDTH);
  const program = new Command('mip6guard')
    .description('Finds attacks on Mobile IPv6 (RFC 6275) with IPsec in packet captures.')
    .version(`mip6guard ${packageVersion()}`, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.output.write(text);
      },
      writeErr: (text) => {
        terminal.sayRaw(text);
      },
      outputError: (text, write) => {
        write(`mip6guard: ${text.replace(/^error: /, '')}`);
      },
      // Without these commander looks at the streams, which costs time and changes the mode of pipes.
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', `\n${EXIT_TABLE}`);
  addAudit(program, terminal, end);
  addRead(program, terminal, end);
  addLive(program, terminal, end);
  addTui(program, terminal, end);
  addNodes(program, terminal, end);
  addLab(program, terminal, end);
  addSensor(program, terminal, end);
  addGateway(program, terminal, end);
  addFields(program, terminal, end);
  addKeys(program, terminal, end);
  addRules(program, terminal, end);
  addLearn(program, terminal, end);
  addHistory(program, terminal, end);
  addDoctor(program, terminal, end);
  addDemo(program, terminal, end);
  program
    .command('help')
    .summary(`help for a command or a topic: ${Object.keys(TOPICS).join(', ')}`)
    .argument('[topic]')
    .action((topic: string | undefined) => {
      if (topic === undefined) program.outputHelp();
      else {
        const text = TOPICS[topic];
        const command = program.commands.find((item) => item.name() === topic);
        if (text !== undefined) terminal.output.write(text);
        else if (command !== undefined) command.outputHelp();
        else {
          const names = [...program.commands.map((item) => item.name()), ...Object.keys(TOPICS)];
          throw new CliError(EXIT.usage, `no help about '${topic}'; there is: ${names.join(', ')}`);
        }
      }
    });
  return program;
}

/**
 * Runs a command line.
 * @param args without the names of Node.js and the script
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.clean;
  const program = createProgram(terminal, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(meantArguments(args, program, terminal), { from: 'user' });
    terminal.output.flush();
    return code;
  } catch (error) {
    return failureCode(error, args, terminal);
  }
}

/** Nothing is a question for help; a capture without a command, on a terminal, is to be looked at. */
function meantArguments(
  args: readonly string[],
  program: Command,
  terminal: Terminal,
): readonly string[] {
  const [first] = args;
  if (first === undefined) return ['--help'];
  const isCommand = program.commands.some((command) => command.name() === first);
  if (isCommand || first.startsWith('-') || !terminal.isOutputTerminal) return args;
  return statSync(first, { throwIfNoEntry: false })?.isFile() === true ? ['tui', ...args] : args;
}

/** Says what went wrong, unless commander has, and gives the exit code. */
function failureCode(error: unknown, args: readonly string[], terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) {
      terminal.output.flush();
      return EXIT.clean;
    }
    const [first = ''] = args;
    if (error.code === 'commander.unknownCommand' && existsSync(first)) {
      terminal.say(`  To audit the capture: mip6guard audit ${first}`);
    } else if (error.code !== 'commander.help') {
      terminal.say(
        `  See: mip6guard ${['audit', 'read', 'live', 'tui', 'sensor', 'doctor', 'fields', 'keys', 'rules', 'learn', 'history', 'lab', 'gateway', 'demo'].includes(first) ? `${first} ` : ''}--help`,
      );
    }
    return EXIT.usage;
  }
  if (error instanceof CliError) {
    terminal.say(`mip6guard: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof Error && error.name === 'OutputError') {
    terminal.say(`mip6guard: ${error.message}`);
    return EXIT.environment;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.say(`mip6guard: internal error, please report it with this text:\n${text}`);
  return EXIT.internal;
}
