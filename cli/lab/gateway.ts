/**
 * Gateways of a lab: processes of `mip6guard gateway`, each in the namespace of its place.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { z } from 'zod';
import { CliError, EXIT } from '../exit-codes.ts';
import { exchanged } from '../sensor/control-client.ts';
import { GATEWAY_NAMES, gatewayFile, writeGatewayFile } from './gateway-files.ts';
import {
  buildGateway,
  connectGateway,
  removeGateway,
  standingGateways,
} from './gateway-topology.ts';
import type { GatewayWish, LabPlace, LabState } from './lab-state.ts';
import { GATEWAY_NAMESPACES } from './plan.ts';
import type { GatewayPlace } from './plan.ts';
import { logTail, startProcess } from './processes.ts';
import { reached } from './whereabouts.ts';

/** Milliseconds that a gateway has to be there. */
const PATIENCE = 30_000;

const status = z.looseObject({ ok: z.literal(true) });

/**
 * Starts gateways and puts them into the wires, in this order: nothing passes that nobody looks at.
 * @throws CliError (4) when one does not start, or the signal came
 */
export async function startGateways(
  place: LabPlace,
  state: Pick<LabState, 'routeOptimisation'>,
  wish: GatewayWish,
  signal?: AbortSignal,
): Promise<void> {
  for (const at of wish.places) {
    buildGateway(place.prefix, at);
    mkdirSync(place.file('run', GATEWAY_NAMES[at]), { recursive: true, mode: 0o700 });
    writeGatewayFile(place, state, wish, at);
    await startOne(place, at, signal);
    connectGateway(place.prefix, at);
  }
}

async function startOne(
  place: LabPlace,
  at: GatewayPlace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = GATEWAY_NAMES[at];
  const words = ['gateway', '--config', gatewayFile(place, at)];
  const child = startProcess(place, GATEWAY_NAMESPACES[at], name, words);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const isStarted = await reached(
    PATIENCE,
    async () => {
      if (isOver()) return true;
      if (!existsSync(place.socket(name))) return false;
      await askGateway(place, at, 'status', status);
      return true;
    },
    signal,
  );
  if (isStarted && !isOver()) return;
  throw new CliError(
    EXIT.environment,
    `the gateway ${name} does not start; the last lines of its log:\n${logTail(place, name)}`,
  );
}

/** Takes all gateways away; the wires are whole then. */
export async function stopGateways(place: LabPlace): Promise<void> {
  for (const at of standingGateways(place.prefix)) await removeGateway(place.prefix, at);
}

/** Asks a gateway. @throws CliError (4) when it does not answer, or otherwise than expected */
export async function askGateway<T>(
  place: LabPlace,
  at: GatewayPlace,
  command: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const name = GATEWAY_NAMES[at];
  const answer: unknown = JSON.parse(
    await exchanged(place.socket(name), `${JSON.stringify({ command })}\n`),
  );
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new CliError(EXIT.environment, `${name}: unexpected answer ${JSON.stringify(answer)}`);
}
