/**
 * Programs of the mobile node that talk to the correspondent, as commands start them.
 */
import { z } from 'zod';
import type { Seen } from './ask.ts';
import { sleep } from './ip-tool.ts';
import type { LabPlace } from './lab-state.ts';
import { labProcess, runProcess } from './processes.ts';
import type { TrafficSummary } from './process/traffic-process.ts';

const summary = z.object({ sent: z.number(), received: z.number(), longestGap: z.number() });
/** Milliseconds between two probes, and that the first answer may take. */
const INTERVAL = 10;
const BEGIN = 15_000;

/** Kinds of frames that carry payload. */
export const PAYLOAD = ['tunnelled', 'optimised', 'plain'] as const;

/** What came by, of some kinds. */
export function payloadSeen({ seen }: Seen): Seen['seen'] {
  return seen.filter(({ kind }) => PAYLOAD.some((each) => each === kind));
}

/** Runs a transfer to its end. @param rate octets a second */
export async function runTransferProcess(
  place: LabPlace,
  seconds: number,
  rate: number,
): Promise<TrafficSummary> {
  const words = labProcess(place, 'transfer', String(seconds), String(rate));
  return summary.parse(JSON.parse(await runProcess(place, 'mn', words).output));
}

/** Probes that run beside something else. */
export interface Probes {
  stop(): Promise<TrafficSummary>;
}

/**
 * Starts probes.
 * @param isConnected waits until the first has its answer
 */
export async function startProbes(place: LabPlace, isConnected: boolean): Promise<Probes> {
  const running = runProcess(place, 'mn', labProcess(place, 'probe', String(INTERVAL)));
  // A failure is told by stop.
  running.output.catch(() => undefined);
  if (isConnected) await Promise.race([running.begun, sleep(BEGIN)]);
  return {
    stop: async () => {
      // Whoever is stopped before the first answer may not be ready to be.
      await Promise.race([running.begun, sleep(BEGIN)]);
      running.stop();
      const lines = (await running.output).trimEnd().split('\n');
      return summary.parse(JSON.parse(lines.at(-1) ?? ''));
    },
  };
}
