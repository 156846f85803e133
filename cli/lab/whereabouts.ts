/**
 * Where the mobile node is, as it, its home agent and the wires see it.
 */
import { CliError } from '../exit-codes.ts';
import { askBindings, askStatus } from './ask.ts';
import type { Binding } from './ask.ts';
import { goOn, sleep } from './ip-tool.ts';
import type { LabPlace } from './lab-state.ts';
import { ADDRESSES, PREFIXES, WIRES } from './plan.ts';
import type { LabLink } from './plan.ts';
import { linkOf } from './topology.ts';

const STEP = 20;

/**
 * Asks until it is so. What fails meanwhile counts as no.
 * @returns whether it came so in time
 * @throws CliError (4) when the signal ends it
 */
export async function reached(
  milliseconds: number,
  isSo: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (;;) {
    goOn(signal);
    try {
      if (await isSo()) return true;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
    if (performance.now() >= end) return false;
    await sleep(STEP, signal);
  }
}

/** The registration of the home address. */
export interface Registration {
  /** As the mobile node says: none, registering, registered, deregistering, home, refused. */
  readonly state: string;
  readonly isAtHome: boolean;
  /** As the mobile node says. */
  readonly careOfAddress: string | undefined;
  /** As the home agent says; undefined = no binding. */
  readonly binding: Binding | undefined;
  /** Link that its wire is plugged into. */
  readonly link: LabLink | undefined;
}

/** Asks mobile node and home agent. */
export async function registration(place: LabPlace): Promise<Registration> {
  const [status, bindings] = await Promise.all([askStatus(place, 'mn'), askBindings(place, 'ha')]);
  const { attachment, homeAddresses = [] } = status;
  return {
    state: homeAddresses[0]?.state ?? 'none',
    isAtHome: attachment?.isAtHome ?? false,
    careOfAddress: attachment?.careOfAddresses[0],
    binding: bindings.find(({ homeAddress }) => homeAddress === ADDRESSES.homeAddress),
    link: linkOf(place.prefix, WIRES.mn),
  };
}

/** Whether the node is registered, at both ends, from where its wire is. */
export function isSettled({
  state,
  isAtHome,
  careOfAddress,
  binding,
  link,
}: Registration): boolean {
  if (link === undefined) return careOfAddress === undefined && !isAtHome;
  if (link === 'home') return isAtHome && state === 'home' && binding === undefined;
  return (
    state === 'registered' &&
    careOfAddress?.startsWith(PREFIXES[link].slice(0, -1)) === true &&
    binding?.careOfAddress === careOfAddress
  );
}
