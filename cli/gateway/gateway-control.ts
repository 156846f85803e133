/**
 * What can be asked of a running gateway: its own commands, and those of a sensor.
 */
import { controlAnswer } from '../sensor/control-commands.ts';
import { nearest } from '../suggestion.ts';
import { gatewayStatus } from './gateway-status.ts';
import type { Gateway } from './gateway.ts';

type Request = Readonly<Record<string, unknown>>;
type Command = (gateway: Gateway, request: Request) => object | Promise<object>;

/** Those that a sensor has as well, and what they are for. */
const SHARED = {
  mute: 'hold alerts back: rules, address, for, reason; drops are told nevertheless',
  unmute: 'end a mute: id, or all=true',
  mutes: 'mutes in force',
  bindings: 'bindings: home_address, phase, limit',
} as const;

/** What can be asked; help and answers are made of this. */
export const GATEWAY_COMMANDS: Readonly<
  Record<string, { readonly help: string; readonly run: Command }>
> = {
  status: { help: 'how the gateway is, with exact counts', run: gatewayStatus },
  drops: {
    help: 'packets dropped, or that would be, by rule',
    run: (gateway) => gateway.statsRecord(),
  },
  mode: { help: 'set=enforce drops attacks, set=monitor only tells them', run: mode },
  reload: { help: 'load configuration, site, rules and keys again', run: reload },
  bindings: { help: SHARED.bindings, run: shared('dump-bindings') },
  mute: { help: SHARED.mute, run: shared('mute') },
  unmute: { help: SHARED.unmute, run: shared('unmute') },
  mutes: { help: SHARED.mutes, run: shared('mutes') },
};

/** Passes a request on to the sensor. */
function shared(command: string): Command {
  return ({ sensor }, request) => controlAnswer(sensor, JSON.stringify({ ...request, command }));
}

function mode(gateway: Gateway, { set }: Request): object {
  if (set !== 'enforce' && set !== 'monitor') {
    return { ok: false, error: 'set: enforce or monitor was expected; example: mode set=enforce' };
  }
  gateway.setMode(set);
  return { mode: gateway.mode };
}

async function reload(gateway: Gateway): Promise<object> {
  const result = await gateway.reload();
  if (result === undefined) {
    const error = 'the configuration is being loaded; it is loaded once more after that';
    return { ok: false, error };
  }
  return { ...result };
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failed(error: string): object {
  return { ok: false, error };
}

/** Answers one line. Never rejects. */
export async function gatewayAnswer(gateway: Gateway, line: string): Promise<object> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return failed('the line is no JSON; an example: {"command":"status"}');
  }
  const { command, ...request }: Request = isRequest(value) ? value : {};
  const names = Object.keys(GATEWAY_COMMANDS);
  if (command === 'help') {
    const commands = names.map((name) => [name, GATEWAY_COMMANDS[name]?.help ?? '']);
    return { ok: true, command, commands: Object.fromEntries(commands) as object };
  }
  if (typeof command !== 'string' || !Object.hasOwn(GATEWAY_COMMANDS, command)) {
    const meant = typeof command === 'string' ? nearest(command, names) : undefined;
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return failed(`no such command${hint}; there is: ${[...names, 'help'].join(', ')}`);
  }
  try {
    const answer = await GATEWAY_COMMANDS[command]?.run(gateway, request);
    return { ok: true, command, ...answer, ...('command' in (answer ?? {}) ? { command } : {}) };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
