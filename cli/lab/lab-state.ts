/**
 * What is written down of a lab: its directory and the files in it.
 */
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../exit-codes.ts';
import { namespacesOf } from './ip-tool.ts';
import { GATEWAY_PLACES, namespacePrefix } from './plan.ts';

const OWNER_ONLY = 0o700;
const STATE_FILE = 'lab.json';
/** unix(7): sun_path, with its end. */
const MAX_SOCKET_OCTETS = 107;

const gatewayWish = z.strictObject({
  mode: z.enum(['monitor', 'enforce']),
  failMode: z.enum(['open', 'closed']),
  /** Whether the gateway of the home agent has the keys of the lab. */
  hasKeys: z.boolean(),
  places: z.array(z.enum(GATEWAY_PLACES)).min(1),
});

/** What gateways a lab has. */
export type GatewayWish = z.infer<typeof gatewayWish>;

const state = z.strictObject({
  format: z.literal(1),
  isPermissive: z.boolean(),
  homeLink: z.enum(['never', 'prefix']),
  routeOptimisation: z.boolean(),
  /** Milliseconds one way over a link of the router. */
  delay: z.number(),
  gateway: gatewayWish.optional(),
  /** Somebody else's home agent, a line for the shell. */
  homeAgentCommand: z.string().optional(),
  startedAt: z.string(),
  isUp: z.boolean(),
});

/** How a lab was made. */
export type LabState = z.infer<typeof state>;

/** Where the parts of a lab are. */
export class LabPlace {
  readonly directory: string;
  readonly prefix: string;

  constructor(directory: string) {
    this.directory = path.resolve(directory);
    this.prefix = namespacePrefix(directory);
  }

  file(...names: readonly string[]): string {
    return path.join(this.directory, ...names);
  }

  /** Configuration of a node. */
  configuration(node: 'ha' | 'mn' | 'cn'): string {
    return this.file(`${node}.yaml`);
  }

  socket(process: string): string {
    return this.file(`${process}.sock`);
  }

  log(process: string): string {
    return this.file('log', `${process}.log`);
  }

  get keys(): string {
    return this.file('keys.esp_sa');
  }

  get site(): string {
    return this.file('site.yaml');
  }

  get captures(): string {
    return this.file('captures');
  }

  /** Whether anything of a lab is there. */
  get isThere(): boolean {
    return this.found() !== undefined || namespacesOf(this.prefix).length > 0;
  }

  /** Makes the directory. @throws CliError (2) when something else is there, or its name is too long */
  make(value: LabState): void {
    if (Buffer.byteLength(this.socket('watcher')) > MAX_SOCKET_OCTETS) {
      throw new CliError(EXIT.usage, `${this.directory}: too long for the sockets in it`, {
        hint: `Give --directory a name of at most ${MAX_SOCKET_OCTETS - '/watcher.sock'.length} octets.`,
      });
    }
    const stats = lstatSync(this.directory, { throwIfNoEntry: false });
    if (stats !== undefined) {
      throw new CliError(EXIT.usage, `${this.directory}: there is something already, no lab`, {
        hint: 'Give --directory another name, or remove it.',
      });
    }
    mkdirSync(this.directory, { recursive: true, mode: OWNER_ONLY });
    // First of all: by this file it is known as one that may be removed.
    this.save(value);
    mkdirSync(this.file('log'), { mode: OWNER_ONLY });
  }

  save(value: LabState): void {
    writeFileSync(this.file(STATE_FILE), `${JSON.stringify(value, undefined, 2)}\n`, {
      mode: 0o600,
    });
  }

  /** The state of a lab that is up. @throws CliError (2) when there is none */
  load(): LabState {
    const found = this.found();
    if (found?.isUp === true) return found;
    throw new CliError(
      EXIT.usage,
      found === undefined
        ? `there is no lab in ${this.directory}`
        : `the lab in ${this.directory} is not whole`,
      {
        hint:
          found === undefined ? 'mip6guard lab up' : 'mip6guard lab down, then mip6guard lab up',
      },
    );
  }

  /** The state, whole or not; undefined when nothing can be read. */
  found(): LabState | undefined {
    try {
      return state.parse(JSON.parse(readFileSync(this.file(STATE_FILE), 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** Removes the directory, if it is one of a lab. */
  remove(): void {
    if (this.found() !== undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
