/**
 * What the processes of a lab are asked, and what they answer.
 */
import { z } from 'zod';
import { CliError, EXIT } from '../exit-codes.ts';
import { exchanged } from '../sensor/control-client.ts';
import type { LabPlace } from './lab-state.ts';
import { LINKS } from './plan.ts';

const nodeStatus = z.looseObject({
  alarms: z.record(z.string(), z.number()),
  attachment: z
    .object({
      interface: z.string().nullable(),
      isAtHome: z.boolean(),
      careOfAddresses: z.array(z.string()),
    })
    .optional(),
  homeAddresses: z
    .array(
      z.looseObject({ address: z.string(), state: z.string(), homeAgent: z.string().nullable() }),
    )
    .optional(),
});
const bindings = z.object({
  bindings: z.array(
    z.object({
      homeAddress: z.string(),
      careOfAddress: z.string(),
      isHomeRegistration: z.boolean(),
      sequence: z.number(),
      lifetime: z.number(),
      remaining: z.number(),
    }),
  ),
});
const associations = z.object({ associations: z.array(z.looseObject({})) });
const seen = z.object({
  now: z.number(),
  seen: z.array(
    z.object({
      link: z.enum(LINKS),
      kind: z.string(),
      way: z.enum(['from-mn', 'to-mn', 'other']),
      source: z.enum(['home-address', 'of-link', 'other']),
      isFromAttacker: z.boolean(),
      first: z.number(),
      last: z.number(),
      count: z.number(),
    }),
  ),
});
const files = z.object({ files: z.array(z.string()) });

/** Nodes that have a control socket. */
export type Asked = 'ha' | 'mn' | 'cn';
export type NodeStatus = z.infer<typeof nodeStatus>;
export type Binding = z.infer<typeof bindings>['bindings'][number];
export type Seen = z.infer<typeof seen>;

/** @throws CliError (4) when the process does not answer, or refuses */
async function ask<T>(
  place: LabPlace,
  process: Asked | 'watcher',
  request: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const answer = await exchanged(place.socket(process), `${JSON.stringify(request)}\n`);
  const value: unknown = JSON.parse(answer);
  const refusal = z.object({ ok: z.literal(false), error: z.string() }).safeParse(value);
  if (refusal.success) throw new CliError(EXIT.environment, `${process}: ${refusal.data.error}`);
  return schema.parse(value);
}

export function askStatus(place: LabPlace, node: Asked): Promise<NodeStatus> {
  return ask(place, node, { command: 'status' }, nodeStatus);
}

export async function askBindings(place: LabPlace, node: Asked): Promise<Binding[]> {
  return (await ask(place, node, { command: 'bindings' }, bindings)).bindings;
}

export async function askAssociations(place: LabPlace, node: Asked): Promise<object[]> {
  return (await ask(place, node, { command: 'associations' }, associations)).associations;
}

/** Has the mobile node register again. */
export async function askRefresh(place: LabPlace): Promise<void> {
  await ask(place, 'mn', { command: 'refresh' }, z.looseObject({}));
}

/** Frames since the last mark. */
export function askSeen(place: LabPlace): Promise<Seen> {
  return ask(place, 'watcher', { command: 'seen' }, seen);
}

/** Frames are counted anew from here on. */
export async function mark(place: LabPlace): Promise<void> {
  await ask(place, 'watcher', { command: 'mark' }, z.object({}));
}

/** Captures of all links into a directory. @returns their files */
export async function record(place: LabPlace, directory: string): Promise<string[]> {
  return (await ask(place, 'watcher', { command: 'record', directory }, files)).files;
}

/** Ends captures. @returns their files; none when there were none */
export async function endRecord(place: LabPlace): Promise<string[]> {
  return (await ask(place, 'watcher', { command: 'end' }, files)).files;
}
