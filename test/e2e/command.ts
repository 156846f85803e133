/**
 * Runs the built command, and makes captures for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { encodePcap } from '../../dissectors/capture-file/index.ts';
import { build } from '../../dissectors/index.ts';
import { address } from '../rules/event-builders.ts';

/** Root of the repository. */
export const ROOT = path.join(import.meta.dirname, '..', '..');
/** The built command. */
export const MAIN = path.join(ROOT, 'dist/cli/main.js');

/** What a run of the command left. */
export interface Outcome {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment without what would change colours. */
export function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = new Set(['NO_COLOR', 'FORCE_COLOR', 'npm_lifecycle_event']);
  const rest = Object.entries(process.env).filter(([name]) => !own.has(name));
  return { ...Object.fromEntries(rest), TERM: 'xterm', ...changes };
}

/** Runs the command to its end. */
export function mip6guard(
  args: readonly string[],
  options: {
    input?: Uint8Array;
    cwd?: string;
    env?: Readonly<Record<string, string>>;
  } = {},
): Outcome {
  const { input = new Uint8Array(), cwd = ROOT, env } = options;
  const run = spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    input,
    env: environment(env),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return { code: run.status ?? undefined, stdout: run.stdout, stderr: run.stderr };
}

/** Runs a line of bash; `$MIP6GUARD` runs the command. */
export function bash(script: string, cwd: string): Outcome {
  const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)}`;
  const run = spawnSync('bash', ['-c', `mip6guard() { ${command} "$@"; }\n${script}`], {
    cwd,
    env: environment(),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return { code: run.status ?? undefined, stdout: run.stdout, stderr: run.stderr };
}

/** Starts the command and leaves it running. */
export function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: environment() });
}

/** Whether a program is there. */
export function hasProgram(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => folder !== '' && existsSync(path.join(folder, name)));
}

const HOME_AGENT = address('2001:db8:1::1');
const MOBILE_NODE = address('2001:db8:1::10');
const CORRESPONDENT = address('2001:db8:9::5');
const LINKTYPE_RAW = 101;
/** Time of the first packet, seconds since 1970. */
const START = 1_700_000_000;

/** A harmless packet. */
export const HARMLESS = build.ipv6Packet({
  source: CORRESPONDENT,
  destination: HOME_AGENT,
  protocol: 17,
  payload: build.udpDatagram({
    source: CORRESPONDENT,
    destination: HOME_AGENT,
    sourcePort: 4000,
    destinationPort: 4001,
    payload: new Uint8Array(8),
  }),
});

/** A type 2 routing header with two segments left: malformed on purpose, MIP6-1009, severity high. */
export const ATTACK = build.ipv6Packet({
  source: HOME_AGENT,
  destination: CORRESPONDENT,
  headers: [build.type2RoutingHeader(MOBILE_NODE, 2)],
});

/** A capture of packets, one a second. */
export function capture(packets: readonly Uint8Array[]): Uint8Array {
  const written = packets.map((bytes, i) => ({ bytes, seconds: START + i, nanoseconds: 0 }));
  return encodePcap(written, { linkType: LINKTYPE_RAW });
}
