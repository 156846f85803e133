/**
 * `mip6guard lab up` and `down`.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { HostError, openKernel } from '../../io/inline/index.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { askStatus, record } from './ask.ts';
import { startGateways } from './gateway.ts';
import { checkPrivileges, namespacesOf, sleep } from './ip-tool.ts';
import { writeLabFiles } from './lab-files.ts';
import { LabPlace } from './lab-state.ts';
import type { GatewayWish, LabState } from './lab-state.ts';
import { SWITCH } from './plan.ts';
import { labProcess, logTail, startProcess, startProgram } from './processes.ts';
import { labStatus, writeStatus } from './status.ts';
import { buildTopology, removeTopology } from './topology.ts';
import { reached, registration } from './whereabouts.ts';

/** Milliseconds that a process, and then the first registration, may take. */
const START_PATIENCE = 30_000;
const REGISTRATION_PATIENCE = 30_000;
const STEP = 50;
/** Processes whose logs are shown. */
const PROCESSES = ['watcher', 'router', 'ha', 'cn', 'services', 'mn'] as const;

/** How a lab is wished. */
export interface UpOptions {
  readonly directory: string;
  /** Everything that RFC 6275 allows, as the attacks need it. */
  readonly isPermissive: boolean;
  /** undefined = `never`, or `prefix` when permissive. */
  readonly homeLink: 'never' | 'prefix' | undefined;
  readonly routeOptimisation: boolean;
  readonly delay: number;
  readonly captures: boolean;
  /** A line for the shell: somebody else's home agent. undefined = `mip6guard ha`. */
  readonly homeAgent: string | undefined;
  readonly gateway: GatewayWish | undefined;
  readonly isJson: boolean;
}

/** Throws CliError (4) unless frames can be sent here. */
function checkKernel(): void {
  try {
    openKernel();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CliError(EXIT.environment, error.message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  if (!existsSync('/dev/net/tun')) {
    throw new CliError(EXIT.environment, 'there is no /dev/net/tun', {
      hint: 'Load the module: sudo modprobe tun. In a container: --device /dev/net/tun',
    });
  }
}

/** Builds a lab and waits for the first registration. What fails half way is taken down again. */
export async function labUp(options: UpOptions, terminal: Terminal): Promise<ExitCode> {
  const place = new LabPlace(options.directory);
  const signals = new StopSignals(() => undefined);
  try {
    await buildLab(place, options, signals.signal);
  } finally {
    signals.dispose();
  }
  writeStatus(await labStatus(place), options.isJson, terminal);
  return EXIT.clean;
}

/**
 * Builds a lab.
 * @param signal ends it half way, and then nothing is left
 * @throws CliError (2) when there is one, (4) when something does not work, or the signal came
 */
export async function buildLab(
  place: LabPlace,
  options: UpOptions,
  signal: AbortSignal,
): Promise<void> {
  checkPrivileges();
  checkKernel();
  if (place.isThere) {
    throw new CliError(EXIT.usage, `there is a lab in ${place.directory} already`, {
      hint: 'mip6guard lab status, or mip6guard lab down',
    });
  }
  const state: LabState = {
    format: 1,
    isPermissive: options.isPermissive,
    homeLink: options.homeLink ?? (options.isPermissive ? 'prefix' : 'never'),
    routeOptimisation: options.routeOptimisation,
    delay: options.delay,
    ...(options.homeAgent === undefined ? {} : { homeAgentCommand: options.homeAgent }),
    startedAt: new Date().toISOString(),
    isUp: false,
  };
  place.make(state);
  try {
    writeLabFiles(place, state);
    buildTopology(place.prefix);
    await startAll(place, state, options, signal);
    const { gateway } = options;
    place.save({ ...state, ...(gateway === undefined ? {} : { gateway }), isUp: true });
  } catch (error) {
    await takeDown(place);
    throw error;
  }
}

async function startAll(
  place: LabPlace,
  state: LabState,
  { captures, gateway, homeAgent }: UpOptions,
  signal: AbortSignal,
): Promise<void> {
  const begin = (name: 'ha' | 'mn' | 'cn'): ChildProcess =>
    name === 'ha' && homeAgent !== undefined
      ? startProgram(place, name, name, homeAgent)
      : startProcess(place, name, name, [name, '--config', place.configuration(name)]);
  const watcher = startProcess(place, SWITCH, 'watcher', labProcess(place, 'watcher'));
  await isThere(place, 'watcher', watcher, signal);
  if (captures) await record(place, place.captures);
  // First of all: a gateway that comes later does not know of what was before.
  if (gateway !== undefined) await startGateways(place, state, gateway, signal);
  startProcess(place, 'router', 'router', labProcess(place, 'router'));
  const nodes = (['ha', 'cn', 'mn'] as const).map((name) => ({ name, child: begin(name) }));
  for (const { name, child } of nodes) await isThere(place, name, child, signal);
  startProcess(place, 'cn', 'services', labProcess(place, 'services'));
  const isRegistered = await reached(
    REGISTRATION_PATIENCE,
    async () => {
      const { state: now, careOfAddress } = await registration(place);
      return now === 'registered' && careOfAddress !== undefined;
    },
    signal,
  );
  if (isRegistered) return;
  throw new CliError(
    EXIT.environment,
    [
      'the mobile node is not registered; the last lines of the logs:',
      ...PROCESSES.map((name) => logTail(place, name)),
    ].join('\n'),
  );
}

/** Waits for the control socket of a process. */
async function isThere(
  place: LabPlace,
  name: 'watcher' | 'ha' | 'cn' | 'mn',
  child: ChildProcess,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const isStarted = await reached(
    START_PATIENCE,
    async () => {
      if (isOver()) return true;
      if (!existsSync(place.socket(name))) return false;
      if (name !== 'watcher') await askStatus(place, name);
      return true;
    },
    signal,
  );
  if (isStarted && !isOver()) return;
  throw new CliError(
    EXIT.environment,
    `the process ${name} does not start; the last lines of its log:\n${logTail(place, name)}`,
  );
}

/** Removes everything of a lab. @returns whether there was anything */
export async function takeDown(place: LabPlace): Promise<boolean> {
  const { namespaces } = await removeTopology(place.prefix);
  const isThere = place.found() !== undefined;
  // Processes that were being started may come late.
  if (namespacesOf(place.prefix).length > 0) {
    await sleep(STEP);
    await removeTopology(place.prefix);
  }
  place.remove();
  return namespaces > 0 || isThere;
}

/** Ends a lab, whatever is left of it. */
export async function labDown(directory: string, terminal: Terminal): Promise<ExitCode> {
  checkPrivileges();
  const place = new LabPlace(directory);
  const wasThere = await takeDown(place);
  terminal.say(
    wasThere
      ? `mip6guard: the lab in ${place.directory} is gone`
      : `mip6guard: there is no lab in ${place.directory}`,
  );
  return EXIT.clean;
}
