/**
 * What the gateways of a lab have done during an attack.
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { askGateway } from './gateway.ts';
import { gatewayEve } from './gateway-files.ts';
import { standingGateways } from './gateway-topology.ts';
import type { LabPlace } from './lab-state.ts';
import type { GatewayPlace } from './plan.ts';
import { reached } from './whereabouts.ts';

const numbers = z.looseObject({
  mode: z.enum(['monitor', 'enforce']),
  judged: z.number(),
  passed_unjudged: z.number(),
  dropped_unjudged: z.number(),
  by_rule: z.record(
    z.string(),
    z.object({ dropped: z.number(), would_drop: z.number(), rate_limited: z.number() }),
  ),
});
type Numbers = z.infer<typeof numbers>;

const dropLine = z.looseObject({
  event_type: z.literal('drop'),
  mip6: z.looseObject({
    rule: z.string(),
    message: z.string(),
    stage: z.string().optional(),
  }),
});

const incidentLine = z.looseObject({
  event_type: z.literal('incident'),
  incident: z.looseObject({
    incident_id: z.number(),
    title: z.string(),
    severity_name: z.string(),
    confidence: z.string(),
    /** Of the de-registration attack only. */
    assessment: z.string().optional(),
  }),
});

/** An incident as a gateway tells it while it goes on. */
export type GatewayIncident = z.infer<typeof incidentLine>['incident'];

/** Milliseconds until a gateway has told of an incident. */
const INCIDENT_PATIENCE = 8000;

/** Packets of one rule that were dropped, or in monitor mode would have been. */
export interface DroppedByRule {
  readonly rule: string;
  /** Of the first one. */
  readonly message: string;
  readonly stage: string | undefined;
  readonly count: number;
}

/** What one gateway has done. */
export interface GatewayReport {
  readonly place: GatewayPlace;
  readonly mode: 'monitor' | 'enforce';
  readonly judged: number;
  /** Passed or dropped without a judge. */
  readonly unjudged: number;
  readonly drops: readonly DroppedByRule[];
  /** Those since the beginning, as they were told last. */
  readonly incidents: readonly GatewayIncident[];
}

/** Numbers of a gateway since it was started. */
export interface GatewayNumbers {
  readonly place: GatewayPlace;
  readonly mode: 'monitor' | 'enforce';
  readonly judged: number;
  /** In monitor mode: those that would have been. */
  readonly dropped: number;
  readonly unjudged: number;
}

/** Asks all gateways. @throws CliError (4) when one does not answer */
export function gatewayNumbers(place: LabPlace): Promise<GatewayNumbers[]> {
  return Promise.all(
    standingGateways(place.prefix).map(async (at) => {
      const now = await askGateway(place, at, 'drops', numbers);
      const dropped = dropsOf(undefined, now, new Map()).reduce((sum, { count }) => sum + count, 0);
      return { place: at, mode: now.mode, judged: now.judged, dropped, unjudged: unjudged(now) };
    }),
  );
}

/** Begins to look. @returns gives the reports from here on */
export async function beginReports(
  place: LabPlace,
): Promise<() => Promise<readonly GatewayReport[]>> {
  const ask = (at: GatewayPlace): Promise<Numbers> => askGateway(place, at, 'drops', numbers);
  const starts = await Promise.all(
    standingGateways(place.prefix).map(async (at) => ({
      at,
      before: await ask(at),
      offset: sizeOf(gatewayEve(place, at)),
    })),
  );
  return () =>
    Promise.all(
      starts.map(async ({ at, before, offset }): Promise<GatewayReport> => {
        const now = await ask(at);
        const eve = gatewayEve(place, at);
        const drops = dropsOf(before, now, dropLines(eve));
        if (drops.length > 0) {
          await reached(INCIDENT_PATIENCE, () =>
            Promise.resolve(incidentsSince(eve, offset).length > 0),
          );
        }
        return {
          place: at,
          mode: now.mode,
          judged: now.judged - before.judged,
          unjudged: unjudged(now) - unjudged(before),
          drops,
          incidents: incidentsSince(eve, offset),
        };
      }),
    );
}

function unjudged({ passed_unjudged: passed, dropped_unjudged: dropped }: Numbers): number {
  return passed + dropped;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whole lines of a file from an offset on. */
function linesOf(file: string, offset: number): readonly unknown[] {
  if (sizeOf(file) === 0) return [];
  const lines = readFileSync(file).subarray(offset).toString().split('\n');
  // The last one may be half written.
  return lines.slice(0, -1).map((line): unknown => JSON.parse(line));
}

/** Each incident as it was told last. */
function incidentsSince(file: string, offset: number): GatewayIncident[] {
  const found = new Map<number, GatewayIncident>();
  for (const line of linesOf(file, offset)) {
    const read = incidentLine.safeParse(line);
    if (read.success) found.set(read.data.incident.incident_id, read.data.incident);
  }
  return [...found.values()];
}

type DropLine = z.infer<typeof dropLine>['mip6'];

/** The last line of each rule: what goes on is not told anew at once. */
function dropLines(file: string): ReadonlyMap<string, DropLine> {
  const found = new Map<string, DropLine>();
  for (const line of linesOf(file, 0)) {
    const read = dropLine.safeParse(line);
    if (read.success) found.set(read.data.mip6.rule, read.data.mip6);
  }
  return found;
}

function dropsOf(
  before: Numbers | undefined,
  now: Numbers,
  lines: ReadonlyMap<string, DropLine>,
): DroppedByRule[] {
  const sum = (numbersOf: Numbers | undefined, rule: string): number => {
    const found = numbersOf?.by_rule[rule];
    return found === undefined ? 0 : found.dropped + found.would_drop;
  };
  return Object.keys(now.by_rule)
    .map((rule): DroppedByRule => {
      const line = lines.get(rule);
      return {
        rule,
        message: line?.message ?? '',
        stage: line?.stage,
        count: sum(now, rule) - sum(before, rule),
      };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
