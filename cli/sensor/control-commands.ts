/**
 * What can be asked of a running sensor: one JSON object in, one out.
 */
import { z } from 'zod';
import { parseAddress, parsePrefix } from '../../dissectors/core/address.ts';
import { nearest } from '../suggestion.ts';
import { DURATION_FORM, durationSeconds } from './duration.ts';
import { MAX_MUTES, muteRecord } from './mutes.ts';
import type { Sensor } from './sensor.ts';
import { bindingRecords, muteRecords, statusRecord } from './status.ts';

/** Longest mute, seconds: 90 days. What is meant for longer belongs into the site file. */
const LONGEST_MUTE = 90 * 86_400;
const DEFAULT_MUTE = '1h';
const DEFAULT_BINDINGS = 1000;
const MAX_BINDINGS = 10_000;
const MAX_TEXT = 200;

/** What each command is for, and its arguments. */
const COMMANDS = {
  status: 'how the sensor is',
  reload: 'load site file, rules and keys again; the answer says what changed',
  mute: `hold alerts back: rules (list), address (prefix), for (${DURATION_FORM}; 1h), reason`,
  unmute: 'end a mute: id, or all (true)',
  mutes: 'mutes in force',
  'dump-bindings': `bindings: home_address, phase, limit (${DEFAULT_BINDINGS}; at most ${MAX_BINDINGS})`,
  help: 'this list',
} as const;

type CommandName = keyof typeof COMMANDS;

/** Names of the commands. */
export const CONTROL_COMMANDS: readonly string[] = Object.keys(COMMANDS);

const text = z.string().max(MAX_TEXT);
const EMPTY = z.strictObject({});
const MUTE = z.strictObject({
  rules: z.union([z.array(text).min(1).max(MAX_MUTES), text]).optional(),
  address: text.optional(),
  for: text.default(DEFAULT_MUTE),
  reason: text.optional(),
});
const UNMUTE = z.union([
  z.strictObject({ id: z.coerce.number().int().min(1) }),
  z.strictObject({ all: z.union([z.literal(true), z.literal('true')]) }),
]);
const DUMP = z.strictObject({
  home_address: text.optional(),
  phase: text.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_BINDINGS).default(DEFAULT_BINDINGS),
});

/** A request that cannot be carried out; the message goes to who asked. */
class RequestError extends Error {}

/**
 * Carries out one request. Never throws, and never rejects.
 * @param line JSON text of one object with `command`
 * @returns the answer: `ok` is true, or false with `error`
 */
export async function controlAnswer(sensor: Sensor, line: string): Promise<object> {
  try {
    const { command, request } = requestOf(line);
    return { ok: true, command, ...(await carriedOut(sensor, command, request)) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function requestOf(line: string): { command: CommandName; request: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RequestError('the line is no JSON; an example: {"command":"status"}');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError('an object was expected; an example: {"command":"status"}');
  }
  const { command, ...request }: { command?: unknown } = value;
  if (typeof command !== 'string') {
    throw new RequestError(`"command" is missing; there is: ${CONTROL_COMMANDS.join(', ')}`);
  }
  if (!isCommand(command)) {
    const meant = nearest(command, CONTROL_COMMANDS);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new RequestError(`no such command${hint}; there is: ${CONTROL_COMMANDS.join(', ')}`);
  }
  return { command, request };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

async function carriedOut(sensor: Sensor, command: CommandName, request: unknown): Promise<object> {
  switch (command) {
    case 'status':
      checked(EMPTY, request);
      return statusRecord(sensor);
    case 'reload':
      checked(EMPTY, request);
      return reload(sensor);
    case 'mute':
      return mute(sensor, checked(MUTE, request));
    case 'unmute': {
      const found = checked(UNMUTE, request);
      return unmute(sensor, 'id' in found ? found.id : undefined);
    }
    case 'mutes':
      checked(EMPTY, request);
      return { mutes: muteRecords(sensor) };
    case 'dump-bindings':
      return dump(sensor, checked(DUMP, request));
    case 'help':
      checked(EMPTY, request);
      return { commands: COMMANDS };
  }
}

function checked<T>(schema: z.ZodType<T>, request: unknown): T {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const { path = [], message = 'it cannot be used' } = result.error.issues[0] ?? {};
  throw new RequestError(path.length === 0 ? message : `${path.join('.')}: ${message}`);
}

async function reload(sensor: Sensor): Promise<object> {
  const result = await sensor.reload();
  if (result === undefined) {
    throw new RequestError('the configuration is being loaded; it is loaded once more after that');
  }
  return { rules: result.rules, keys: result.keys };
}

function mute(sensor: Sensor, asked: z.infer<typeof MUTE>): object {
  const { reason, address } = asked;
  const rules = typeof asked.rules === 'string' ? asked.rules.split(',') : (asked.rules ?? []);
  if (rules.length === 0 && address === undefined) {
    throw new RequestError('name rules or an address; to hold back everything is no mute');
  }
  const known = sensor.configuration.rules.map(({ id }) => id);
  for (const id of rules) if (!known.includes(id)) throw unknownRule(id, known);
  const prefix = address === undefined ? undefined : parsePrefix(address);
  if (address !== undefined && prefix?.bytes.length !== 16) {
    throw new RequestError('address: an IPv6 address or prefix was expected, as 2001:db8:1::/64');
  }
  const seconds = durationSeconds(asked.for);
  if (seconds === undefined || seconds > LONGEST_MUTE) {
    throw new RequestError(
      `for: ${DURATION_FORM}, was expected, at most 90d; for good: suppressions in the site file`,
    );
  }
  const since = sensor.parts.now();
  const added = sensor.mutes.add({ rules, prefix, reason, since, until: since + seconds * 1e6 });
  if (added === undefined) throw new RequestError(`there are ${MAX_MUTES} mutes already`);
  return { mute: muteRecord(added) };
}

function unknownRule(id: string, known: readonly string[]): RequestError {
  const meant = nearest(id, known);
  return new RequestError(
    `rules: no rule ${JSON.stringify(id)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
  );
}

function unmute(sensor: Sensor, id: number | undefined): object {
  const ended = sensor.mutes.remove(id, sensor.parts.now());
  if (id !== undefined && ended.length === 0) throw new RequestError(`id: there is no mute ${id}`);
  return { ended: ended.map(muteRecord) };
}

function dump(sensor: Sensor, { home_address, phase, limit }: z.infer<typeof DUMP>): object {
  const homeAddress = home_address === undefined ? undefined : parseAddress(home_address);
  if (home_address !== undefined && homeAddress?.length !== 16) {
    throw new RequestError('home_address: an IPv6 address was expected, as 2001:db8:1::10');
  }
  return bindingRecords(sensor, { homeAddress, phase, limit });
}
