/**
 * A lab for tests: made by the built command, and gone with everything when the test is over.
 */
import { spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { expect } from 'vitest';
import { namespacePrefix } from '../../cli/lab/plan.ts';
import { hasProgram, mip6guard, start } from './command.ts';
import type { Outcome } from './command.ts';

/** Runs the program `ip`. */
export function ip(...args: readonly string[]): {
  readonly status: number | null;
  readonly text: string;
} {
  const { status, stdout } = spawnSync('ip', args, { encoding: 'utf8' });
  return { status, text: stdout };
}

function canBuildLabs(): boolean {
  if (process.getuid?.() !== 0 || !hasProgram('ip') || !existsSync('/dev/net/tun')) return false;
  try {
    createRequire(import.meta.url)('koffi');
  } catch {
    return false;
  }
  const name = `mip6-try-${randomBytes(4).toString('hex')}`;
  return ip('netns', 'add', name).status === 0 && ip('netns', 'del', name).status === 0;
}

/** Whether labs can be built here: for root alone, with the package koffi. */
export const canLab = canBuildLabs();

/** Answer of `lab status --json`. */
export const status = z.looseObject({
  mobileNode: z.looseObject({
    link: z.string(),
    state: z.string(),
    isAtHome: z.boolean(),
    careOfAddress: z.string().nullable(),
  }),
  homeAgent: z.looseObject({
    associations: z.number(),
    bindings: z.array(z.looseObject({ careOfAddress: z.string() })),
  }),
  correspondent: z.looseObject({
    bindings: z.array(z.looseObject({ careOfAddress: z.string() })),
  }),
  gateways: z.array(
    z.object({
      place: z.string(),
      mode: z.string(),
      judged: z.number(),
      dropped: z.number(),
      unjudged: z.number(),
    }),
  ),
});
/** Of `lab transfer --json`. */
export const transferred = z.object({
  sent: z.number(),
  received: z.number(),
  longestGap: z.number(),
});
/** Of `lab move --json`. */
export const handover = z.object({ acknowledged: z.number(), firstReceived: z.number() });
/** Of `audit --format json`. */
export const audited = z.looseObject({
  alerts: z.array(z.looseObject({ rule: z.string(), severity: z.string(), message: z.string() })),
  incidents: z.array(z.looseObject({ title: z.string(), assessment: z.string().optional() })),
});
/** Of `lab attack --json`. */
export const verdict = z.looseObject({
  hasSucceeded: z.boolean(),
  mobileNode: z.object({ believesAtHome: z.boolean(), state: z.string() }),
  homeAgent: z.object({ hasBinding: z.boolean() }),
  unprotectedPackets: z.number(),
  alarms: z.object({
    mn: z.record(z.string(), z.number()),
    ha: z.record(z.string(), z.number()),
  }),
  captures: z.array(z.string()),
  gateways: z.array(
    z.looseObject({
      place: z.string(),
      mode: z.string(),
      judged: z.number(),
      unjudged: z.number(),
      drops: z.array(z.looseObject({ rule: z.string(), message: z.string(), count: z.number() })),
      incidents: z.array(z.looseObject({ title: z.string(), assessment: z.string().optional() })),
    }),
  ),
  audit: audited,
});

/** A lab of a test. */
export class Lab {
  readonly directory = path.join(mkdtempSync(path.join(tmpdir(), 'mip6guard-lab-')), 'lab');
  readonly prefix = namespacePrefix(this.directory);

  run(command: string, ...words: readonly string[]): Outcome {
    return mip6guard(['lab', command, '--directory', this.directory, ...words]);
  }

  /** Runs what has to work. @returns its standard output */
  done(command: string, ...words: readonly string[]): string {
    const { code, stdout, stderr } = this.run(command, ...words);
    expect({ command: [command, ...words], code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  }

  json<T>(schema: z.ZodType<T>, command: string, ...words: readonly string[]): T {
    return schema.parse(JSON.parse(this.done(command, ...words, '--json')));
  }

  background(command: string, ...words: readonly string[]): Background {
    return new Background(start(['lab', command, '--directory', this.directory, ...words]));
  }

  /** Runs a program in a namespace. */
  inside(station: string, ...words: readonly string[]): number | null {
    return ip('netns', 'exec', `${this.prefix}-${station}`, ...words).status;
  }

  remove(): void {
    this.run('down');
    rmSync(path.dirname(this.directory), { recursive: true, force: true });
  }
}

/** A command that runs beside the test. */
export class Background {
  readonly #ended: Promise<Outcome>;

  constructor(child: ChildProcessWithoutNullStreams) {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code: code ?? undefined, stdout, stderr });
      });
    });
  }

  /** @returns its standard output */
  async done(): Promise<string> {
    const { code, stdout, stderr } = await this.#ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  }
}

/** Everything that a lab could leave on this machine. */
export function traces(lab: Lab): object {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(lab.directory);
      } catch {
        return false;
      }
    });
  return {
    namespaces: ip('netns')
      .text.split('\n')
      .filter((line) => line.startsWith(lab.prefix)),
    interfaces: ip('-o', 'link').text.split('\n').length,
    processes,
    directory: existsSync(lab.directory),
  };
}
