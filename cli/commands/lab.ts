/**
 * `mip6guard lab`: a network of Mobile IPv6 on one machine, to try things on.
 */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { GatewayWish } from '../lab/lab-state.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_DIRECTORY = '/run/mip6guard/lab';
const MOVES = ['foreign1', 'foreign2', 'home', 'nowhere'] as const;
const ATTACK_NAMES = ['rogue-ra', 'partial-deregistration', 'relay'] as const;
const EXPECTATIONS = ['fail', 'succeed'] as const;
const MODES = ['monitor', 'enforce'] as const;
const PLACES = ['home-agent', 'access-link', 'both'] as const;

const EXAMPLES = `Examples:
  sudo mip6guard lab up                           home agent, mobile node, correspondent, router
  sudo mip6guard lab transfer --seconds 20 &      a TCP transfer, and meanwhile
  sudo mip6guard lab move foreign2                the mobile node goes to another link
  sudo mip6guard lab attack relay                 fails
  sudo mip6guard lab down
  sudo mip6guard lab up --permissive              as RFC 6275 allows, and UMIP does
  sudo mip6guard lab attack relay                 succeeds; the analyzer explains why
  sudo mip6guard lab attack relay --gateway enforce   fails; the gateway says what it has dropped
`;

const NOTES = `
The lab lives in network namespaces of its own and touches nothing else. Needs Linux, root, the program
ip and the package koffi. All of it: docs/lab.md

Exit codes: 0 done; 1 an attack did not come out as --expect says; 2 there is no lab, or one already;
4 not permitted, something is missing, a process of the lab does not answer.
`;

const GATEWAY_AT =
  'home-agent: in front of it; access-link: between the mobile node and foreign links';

/** Options that say what gateways there are. */
function withGateway(command: Command, modes: readonly string[], description: string): Command {
  return command
    .addOption(new Option('--gateway <mode>', description).choices(modes))
    .addOption(new Option('--gateway-at <place>', GATEWAY_AT).choices(PLACES).default('both'))
    .addOption(
      new Option('--gateway-fail-mode <mode>', 'what passes when nobody judges')
        .choices(['open', 'closed'])
        .default('open'),
    )
    .option('--no-gateway-keys', 'the gateway of the home agent has no keys');
}

function wishOf(values: GatewayValues, mode: 'monitor' | 'enforce'): GatewayWish {
  const { gatewayAt, gatewayFailMode, gatewayKeys } = values;
  return {
    mode,
    failMode: gatewayFailMode,
    hasKeys: gatewayKeys,
    places: gatewayAt === 'both' ? ['home-agent', 'access-link'] : [gatewayAt],
  };
}

function positive(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(?:\.\d+)?$/.test(text) && value <= most) return value;
    throw new InvalidArgumentError(`a number from 0 to ${most} was expected`);
  };
}

/** Adds the command. @param end takes the exit code */
export function addLab(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const lab = program
    .command('lab')
    .summary('a network to try things on')
    .description(
      'Builds a home link, foreign links and nodes in network namespaces; moves the mobile node, and attacks it.',
    )
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES);
  const command = (name: string, description: string): Command =>
    lab
      .command(name, { hidden: name === 'process' })
      .description(description)
      .option('-d, --directory <dir>', 'where the lab keeps its files', DEFAULT_DIRECTORY);
  const json = ['--json', 'for programs'] as const;

  withGateway(
    command('up', 'Builds the lab and waits until the mobile node is registered.'),
    MODES,
    'gateways in the path of packets: monitor tells, enforce drops',
  )
    .option('--permissive', 'what RFC 6275 allows and UMIP does: the attacks succeed')
    .addOption(
      new Option('--home-link <trust>', 'whether the mobile node believes in a home link').choices([
        'never',
        'prefix',
      ]),
    )
    .option('--no-route-optimisation', 'everything goes through the home agent')
    .option('--delay <ms>', 'one way over each link of the router', positive(1000), 0)
    .option('--capture', 'captures of all links from the beginning')
    .option('--home-agent <command>', "somebody else's home agent, by the shell (docs/lab.md)")
    .option(...json)
    .action(async (values: UpValues) => {
      const { labUp } = await import('../lab/up.ts');
      const options = {
        directory: values.directory,
        isPermissive: values.permissive ?? false,
        homeLink: values.homeLink,
        routeOptimisation: values.routeOptimisation,
        delay: values.delay,
        captures: values.capture ?? false,
        homeAgent: values.homeAgent,
        gateway: values.gateway === undefined ? undefined : wishOf(values, values.gateway),
        isJson: values.json ?? false,
      };
      end(await labUp(options, terminal));
    });
  command('status', 'Tells where the mobile node is, and what the nodes know.')
    .option(...json)
    .action(async ({ directory, json: isJson = false }: CommonValues) => {
      const { runStatus } = await import('../lab/status.ts');
      end(await runStatus(directory, isJson, terminal));
    });
  command('move', 'Takes the mobile node to another link, and tells how long that takes.')
    .argument('<link>', MOVES.join(', '))
    .option(...json)
    .action(async (link: string, { directory, json: isJson = false }: CommonValues) => {
      const { runMove } = await import('../lab/move.ts');
      end(await runMove(directory, link, isJson, terminal));
    });
  command('transfer', 'Sends a TCP stream from the mobile node to its correspondent.')
    .option('--seconds <n>', 'how long', positive(3600), 10)
    .option('--rate <octets>', 'octets a second', positive(1e9), 200_000)
    .option(...json)
    .action(async (values: CommonValues & { seconds: number; rate: number }) => {
      const { runTransfer } = await import('../lab/transfer.ts');
      const { directory, seconds, rate, json: isJson = false } = values;
      end(await runTransfer(directory, { seconds, rate, isJson }, terminal));
    });
  withGateway(
    command('attack', 'Attacks the mobile node on its foreign link, and judges what came of it.'),
    [...MODES, 'none'],
    'with these gateways for the attack; without a lab one is built for it, and removed',
  )
    .argument('<name>', ATTACK_NAMES.join(', '))
    .addOption(
      new Option('--expect <outcome>', 'exit code 1 when it comes out otherwise').choices(
        EXPECTATIONS,
      ),
    )
    .option('-w, --write <dir>', 'where the captures go; default: captures/ of the lab')
    .option('--attacker <command>', "somebody else's attacker, by the shell (docs/lab.md)")
    .option(...json)
    .action(async (name: string, values: AttackValues) => {
      const { runAttack } = await import('../lab/attack.ts');
      const { directory, expect, write, attacker, gateway: mode, json: isJson = false } = values;
      const gateway = mode === undefined || mode === 'none' ? mode : wishOf(values, mode);
      const options = { expect, write, attacker, gateway, isJson };
      end(await runAttack(directory, name, options, terminal));
    });
  command('capture', 'Captures all links, and tells how to audit that.')
    .option('--seconds <n>', 'how long', positive(86_400), 10)
    .requiredOption('-w, --write <dir>', 'where captures, keys and site file go')
    .action(async ({ directory, seconds, write }: CaptureValues) => {
      const { runCapture } = await import('../lab/capture.ts');
      end(await runCapture(directory, { seconds, write }, terminal));
    });
  command('down', 'Ends the lab, whole or not; nothing of it is left.').action(
    async ({ directory }: CommonValues) => {
      const { labDown } = await import('../lab/up.ts');
      end(await labDown(directory, terminal));
    },
  );
  const inner = command('process', 'What the lab runs in its namespaces.');
  inner
    .argument('<role>')
    .argument('[words...]')
    .action(async (role: string, words: readonly string[], { directory }: CommonValues) => {
      const { runLabProcess } = await import('../lab/process/lab-process.ts');
      end(await runLabProcess(directory, role, words, terminal));
    });
}

interface CommonValues {
  readonly directory: string;
  readonly json?: boolean;
}

interface GatewayValues extends CommonValues {
  readonly gatewayAt: (typeof PLACES)[number];
  readonly gatewayFailMode: 'open' | 'closed';
  readonly gatewayKeys: boolean;
}

interface UpValues extends GatewayValues {
  readonly gateway?: (typeof MODES)[number];
  readonly homeAgent?: string;
  readonly permissive?: boolean;
  readonly homeLink?: 'never' | 'prefix';
  readonly routeOptimisation: boolean;
  readonly delay: number;
  readonly capture?: boolean;
}

interface AttackValues extends GatewayValues {
  readonly gateway?: (typeof MODES)[number] | 'none';
  readonly attacker?: string;
  readonly expect?: (typeof EXPECTATIONS)[number];
  readonly write?: string;
}

interface CaptureValues extends CommonValues {
  readonly seconds: number;
  readonly write: string;
}
