/**
 * `mip6guard lab move`: another link, and how long everything takes.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { nearest } from '../suggestion.ts';
import type { Terminal } from '../terminal.ts';
import { askSeen, mark } from './ask.ts';
import type { Seen } from './ask.ts';
import { LabPlace } from './lab-state.ts';
import { MOBILE_LINKS, WIRES } from './plan.ts';
import type { MobileLink } from './plan.ts';
import { logTail } from './processes.ts';
import { plug } from './topology.ts';
import { payloadSeen, startProbes } from './traffic.ts';
import { isSettled, reached, registration } from './whereabouts.ts';

/** Milliseconds that a handover may take. */
const PATIENCE = 20_000;
/** Milliseconds that payload goes on after it, for the gap to be known. */
const AFTER = 500;
const PLACES = [...MOBILE_LINKS, 'nowhere'] as const;

/** Milliseconds between what happened on the new link; undefined = it was not seen. */
export interface Handover {
  readonly to: MobileLink;
  /** Cable in, first advertisement of a router. */
  readonly advertised: number | undefined;
  /** From that advertisement to the Binding Update, to its acknowledgement, and to payload. */
  readonly updated: number | undefined;
  readonly acknowledged: number | undefined;
  readonly firstSent: number | undefined;
  readonly firstReceived: number | undefined;
  /** Longest time without an answer of the correspondent; undefined = there was no connection before. */
  readonly interruption: number | undefined;
}

/** Moves the node. */
export async function runMove(
  directory: string,
  to: string,
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const place = new LabPlace(directory);
  const { homeLink } = place.load();
  const target = PLACES.find((each) => each === to);
  if (target === undefined) {
    const meant = nearest(to, PLACES);
    throw new CliError(EXIT.usage, `there is no link '${to}'`, {
      hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}There is: ${PLACES.join(', ')}`,
    });
  }
  if (target === 'nowhere') {
    plug(place.prefix, WIRES.mn, undefined);
    terminal.output.write(isJson ? '{"to":"nowhere"}\n' : 'The mobile node is on no link.\n');
    return EXIT.clean;
  }
  if (target === 'home' && homeLink === 'never') {
    throw new CliError(EXIT.usage, 'the mobile node of this lab believes in no home link', {
      hint: 'mip6guard lab up --home-link prefix',
    });
  }
  const handover = await move(place, target);
  terminal.output.write(isJson ? `${JSON.stringify(handover)}\n` : handoverText(handover));
  return EXIT.clean;
}

async function move(place: LabPlace, to: MobileLink): Promise<Handover> {
  const isConnected = isSettled(await registration(place));
  const probes = await startProbes(place, isConnected);
  try {
    plug(place.prefix, WIRES.mn, undefined);
    // Before the cable is in: a router may answer at once, and times are from its answer on.
    await mark(place);
    plug(place.prefix, WIRES.mn, to);
    const isThere = await reached(PATIENCE, async () => {
      if (!isSettled(await registration(place))) return false;
      const ways = payloadSeen(await askSeen(place)).filter(({ link }) => link === to);
      return ways.some(({ way }) => way === 'from-mn') && ways.some(({ way }) => way === 'to-mn');
    });
    if (!isThere) {
      throw new CliError(
        EXIT.environment,
        [
          `the mobile node does not get registered from ${to}; the last lines of the logs:`,
          ...['mn', 'ha', 'router'].map((name) => logTail(place, name)),
        ].join('\n'),
      );
    }
    const seen = await askSeen(place);
    await new Promise((resolve) => {
      setTimeout(resolve, AFTER);
    });
    const { longestGap } = await probes.stop();
    return { ...timesOf(seen, to), interruption: isConnected ? longestGap : undefined };
  } catch (error) {
    await probes.stop().catch(() => undefined);
    throw error;
  }
}

function timesOf(seen: Seen, to: MobileLink): Omit<Handover, 'interruption'> {
  const source = to === 'home' ? 'home-address' : 'of-link';
  const first = (way: string, ...kinds: readonly string[]): number | undefined => {
    const times = seen.seen
      .filter((each) => each.link === to && each.way === way && kinds.includes(each.kind))
      // Until it knows of the new link, the node sends with its old care-of address.
      .filter((each) => way === 'to-mn' || each.kind === 'binding-update' || each.source === source)
      .map((each) => each.first);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  const advertised = first('to-mn', 'router-advertisement');
  const since = (time: number | undefined): number | undefined =>
    time === undefined || advertised === undefined ? undefined : time - advertised;
  return {
    to,
    advertised,
    updated: since(first('from-mn', 'binding-update')),
    acknowledged: since(first('to-mn', 'binding-acknowledgement')),
    firstSent: since(first('from-mn', 'tunnelled', 'optimised', 'plain')),
    firstReceived: since(first('to-mn', 'tunnelled', 'optimised', 'plain')),
  };
}

function handoverText(handover: Handover): string {
  const shown = (time: number | undefined): string =>
    time === undefined ? 'not seen' : `${Math.round(time)} ms`;
  return [
    `The mobile node is registered from ${handover.to}.`,
    `  first router advertisement after the move   ${shown(handover.advertised)}`,
    '  from then on:',
    `    Binding Update                            ${shown(handover.updated)}`,
    `    Binding Acknowledgement                   ${shown(handover.acknowledged)}`,
    `    first packet to the correspondent         ${shown(handover.firstSent)}`,
    `    first packet of the correspondent         ${shown(handover.firstReceived)}`,
    `  longest time without an answer              ${shown(handover.interruption)}`,
    '',
  ].join('\n');
}
