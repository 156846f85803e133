/**
 * `mip6guard gateway`: stands in the path of packets, and drops attacks.
 */
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

const EXAMPLES = `Examples:
  mip6guard gateway --config gw.yaml --check      is everything right?
  mip6guard gateway --config gw.yaml --dry-run    the rules of the packet filter, nothing is changed
  sudo mip6guard gateway --config gw.yaml         monitor: tells what it would drop
  sudo mip6guard gateway --config gw.yaml --enforce
  sudo mip6guard ctl /run/mip6guard-gateway/control status
`;

const NOTES = `
Stands in front of home agents, on an access link of mobile nodes, or in front of correspondents, and
judges by the rules of mip6guard rules list. Only what can matter to mobility is taken out of the kernel.
Starts in monitor: nothing is dropped, and what would be is written with the reason. failMode has to be
chosen: what nobody could judge passes (open) or is dropped (closed).

SIGHUP reloads rules, site, keys and verdicts without losing a packet; SIGTERM and Ctrl-C take the rules
away, judge what waits and end; a second one ends at once. After a kill the next start cleans up.
Needs root, or CAP_NET_ADMIN, the package koffi and ip6tables or nft. docs/gateway.md

Exit codes: 0 ended by a signal; 2 configuration, or one that would lock somebody out (--force);
4 not permitted, a kernel feature or a program is missing, the queue was taken away.
`;

/** What commander hands over. */
interface Values {
  readonly config: string;
  readonly enforce?: boolean;
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly force?: boolean;
}

/** Adds the command. @param end takes the exit code */
export function addGateway(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  program
    .command('gateway')
    .summary('protect home agents, access links, correspondents: drop attacks inline')
    .description('Stands in the path of packets and drops attacks on Mobile IPv6.')
    .requiredOption('-c, --config <file>', 'configuration of the gateway (YAML)')
    .option('--enforce', 'drop, instead of only telling what would be dropped')
    .option('--check', 'check configuration, site, rules and keys, and end')
    .option('--dry-run', 'print the rules of the packet filter, and end')
    .option('--force', 'start with a configuration that could lock somebody out')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (values: Values) => {
      const { config, enforce = false, dryRun = false, check = false, force = false } = values;
      const { runWorkerProcess, workerQueue } = await import('../gateway/worker-process.ts');
      const queue = workerQueue();
      if (queue !== undefined) {
        end(await runWorkerProcess(config, queue, terminal));
        return;
      }
      const flags = { config, isEnforcing: enforce, isCheck: check, isForced: force };
      const { kindOf, readGatewayText } = await import('../gateway/gateway-file.ts');
      switch (kindOf(await readGatewayText(config))) {
        case 'proxy': {
          const { runProxy } = await import('../gateway/proxy/proxy-run.ts');
          end(await runProxy({ config, isCheck: check }, terminal));
          return;
        }
        case 'home-agent': {
          const { runHomeAgentGateway } = await import('../gateway/node/home-agent-run.ts');
          end(await runHomeAgentGateway(flags, terminal));
          return;
        }
        default: {
          const { runGateway } = await import('../gateway/gateway-run.ts');
          end(await runGateway({ ...flags, isDryRun: dryRun }, terminal));
        }
      }
    });
}
