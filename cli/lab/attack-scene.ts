/**
 * Where an attack takes place: the lab that runs, with the gateways that are asked for, or one that is built for it.
 */
import { CliError } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { askRefresh } from './ask.ts';
import { startGateways, stopGateways } from './gateway.ts';
import type { GatewayWish, LabPlace, LabState } from './lab-state.ts';
import { buildLab, takeDown } from './up.ts';
import { isSettled, reached, registration } from './whereabouts.ts';

/** Milliseconds that a registration may take after a gateway has come. */
const PATIENCE = 10_000;

/** A lab that is ready to be attacked. */
export interface Scene {
  /** It was built for this attack. */
  readonly isForOnce: boolean;
  /** Puts everything back as it was before. */
  end(): Promise<void>;
}

/** Everything that RFC 6275 allows: where attacks succeed. */
const PERMISSIVE = {
  isPermissive: true,
  homeLink: undefined,
  routeOptimisation: true,
  delay: 0,
  captures: false,
  homeAgent: undefined,
  isJson: false,
} as const;

/**
 * Makes the scene.
 * @param wish undefined = what there is; 'none' = without gateway
 * @throws CliError (2) when there is no lab and no wish, (4) when something does not work, or the signal came
 */
export async function setScene(
  place: LabPlace,
  wish: GatewayWish | 'none' | undefined,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Scene> {
  if (wish !== undefined && !place.isThere) {
    const gateway = wish === 'none' ? undefined : wish;
    terminal.say(
      `mip6guard: building a lab as permissive as UMIP, ${gateway === undefined ? 'without gateway' : `with gateway (${gateway.mode})`}`,
    );
    await buildLab(place, { ...PERMISSIVE, directory: place.directory, gateway }, signal);
    return {
      isForOnce: true,
      end: async () => {
        await takeDown(place);
      },
    };
  }
  const state = place.load();
  if (wish === undefined || isEqual(state.gateway, wish)) {
    return { isForOnce: false, end: () => Promise.resolve() };
  }
  const { gateway: before, ...rest } = state;
  const end = async (): Promise<void> => {
    await changeGateways(place, rest, before);
  };
  try {
    await changeGateways(place, rest, wish === 'none' ? undefined : wish, signal);
    // A gateway that has just come knows of no binding.
    await askRefresh(place);
    await reached(PATIENCE, async () => isSettled(await registration(place)), signal);
  } catch (error) {
    await end().catch((failure: unknown) => {
      if (!(failure instanceof CliError)) throw failure;
      terminal.say(`mip6guard: ${failure.message}`);
    });
    throw error;
  }
  return { isForOnce: false, end };
}

async function changeGateways(
  place: LabPlace,
  rest: Omit<LabState, 'gateway'>,
  gateway: GatewayWish | undefined,
  signal?: AbortSignal,
): Promise<void> {
  await stopGateways(place);
  if (gateway !== undefined) await startGateways(place, rest, gateway, signal);
  place.save({ ...rest, ...(gateway === undefined ? {} : { gateway }) });
}

function isEqual(a: GatewayWish | undefined, b: GatewayWish | 'none'): boolean {
  if (a === undefined || b === 'none') return a === undefined && b === 'none';
  const same = a.mode === b.mode && a.failMode === b.failMode && a.hasKeys === b.hasKeys;
  return same && [...a.places].sort().join() === [...b.places].sort().join();
}
