/**
 * `mip6guard lab process`: what a lab runs in its namespaces besides the nodes. For the lab itself, not for people.
 */
import { CliError, EXIT } from '../../exit-codes.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { StopSignals } from '../../stop-signals.ts';
import type { Terminal } from '../../terminal.ts';
import { ATTACKS } from '../attacker.ts';
import { namespacesOf, isInNamespace } from '../ip-tool.ts';
import { LabPlace } from '../lab-state.ts';
import type { LabState } from '../lab-state.ts';
import { startAttacker } from './attacker-process.ts';
import { startRouter } from './router-process.ts';
import { probe, startServices, tellSummary, transfer } from './traffic-process.ts';
import { startWatcher } from './watcher-process.ts';

type End = () => void | Promise<void>;

/** Runs one. @param words arguments of the role */
export async function runLabProcess(
  directory: string,
  role: string,
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const place = new LabPlace(directory);
  const state = place.found();
  if (state === undefined || !namespacesOf(place.prefix).some(isInNamespace)) {
    throw new CliError(EXIT.usage, 'this runs in the namespaces of a lab only', {
      hint: 'mip6guard lab up',
    });
  }
  const [first = '', second = ''] = words;
  if (role === 'transfer') {
    await tellSummary(transfer(Number(first), Number(second)), terminal);
    return EXIT.clean;
  }
  const signals = new StopSignals(() => undefined);
  try {
    if (role === 'probe') {
      const begun = (): void => {
        terminal.output.write('begun\n');
        terminal.output.flush();
      };
      await tellSummary(probe(Number(first), signals.signal, begun), terminal);
      return EXIT.clean;
    }
    const end = await started(place, state, role, words, terminal);
    await new Promise<void>((resolve) => {
      if (signals.isStopped) resolve();
      signals.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    await end();
  } finally {
    signals.dispose();
  }
  return EXIT.clean;
}

async function started(
  place: LabPlace,
  state: LabState,
  role: string,
  [name, on]: readonly string[],
  terminal: Terminal,
): Promise<End> {
  if (role === 'router') return startRouter(place, state, terminal);
  if (role === 'watcher') return startWatcher(place);
  if (role === 'services') return startServices();
  const attack = ATTACKS.find((each) => each === name);
  const isForeign = on === 'foreign1' || on === 'foreign2';
  if (role === 'attacker' && attack !== undefined && isForeign) {
    return startAttacker(place, attack, on, terminal);
  }
  throw new CliError(EXIT.usage, `there is no process ${role} of a lab`);
}
