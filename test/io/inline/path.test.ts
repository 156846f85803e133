import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canIsolate, inNetwork } from '../../attackers/lab.ts';
import { hasProgram } from '../../e2e/command.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { transpile } from '../../ui/transpiled.ts';
import type { Transpiled } from '../../ui/transpiled.ts';

function hasKoffi(): boolean {
  try {
    createRequire(import.meta.url)('koffi');
    return true;
  } catch {
    return false;
  }
}

const canPair = canIsolate && hasKoffi();
const canQueue = canPair && hasProgram('ip6tables');

const verdictCounts = z.object({
  judged: z.int(),
  passed: z.int(),
  dropped: z.int(),
  passedUnjudged: z.int(),
  droppedUnjudged: z.int(),
  waiting: z.int(),
});
const report = z.object({
  counts: verdictCounts,
  experiments: z.int(),
  badSums: z.int(),
  longest: z.int(),
  backwards: z.int(),
  from: z.array(z.string()),
  tags: z.array(z.int()),
});
const closing = z.object({ closed: verdictCounts });
const ruled = z.object({ queued: z.int(), hits: z.int() });
const paired = z.object({ pair: z.object({ unconcerned: z.int(), notSent: z.int() }) });
const heard = z.object({
  received: z.int(),
  different: z.int(),
  backwards: z.int(),
  odd: z.int(),
  last: z.int(),
});
const transferred = z.object({ isSame: z.boolean(), octets: z.int() });
const refused = z.object({ code: z.string(), message: z.string(), hint: z.string() });

/** What the programs of one scenario have left. */
class Left {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  text(name: string): string {
    return readFileSync(path.join(this.#folder, name), 'utf8');
  }

  octets(name: string): Buffer {
    return readFileSync(path.join(this.#folder, name));
  }

  /** The last line that has this shape. */
  last<T>(name: string, schema: z.ZodType<T>): T {
    const fits = this.text(`${name}.out`)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => schema.safeParse(JSON.parse(line)))
      .findLast(({ success }) => success);
    return schema.parse(fits?.data);
  }
}

/** Whether `runs` of the program lets a packet pass. */
function passes(number: number): boolean {
  return (Math.floor(number / (1 + ((number >>> 8) & 31))) & 1) === 0;
}

describe.concurrent('places in the path of packets (needs root, network namespaces and the package koffi)', () => {
  let program: Transpiled | undefined;
  const folders: string[] = [];
  beforeAll(() => {
    if (canPair) program = transpile('test/io/inline/path-program.ts');
  });
  afterAll(() => {
    program?.remove();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a scenario of `path.sh`. */
  async function scenario(name: string): Promise<Left> {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-path-'));
    folders.push(folder);
    const args = [name, folder, process.execPath, program?.file ?? ''];
    await inNetwork('../io/inline/path.sh', args);
    return new Left(folder);
  }

  it.skipIf(!canQueue)(
    'a queue: what passes arrives in order, what is dropped does not (needs ip6tables)',
    async () => {
      const left = await scenario('verdicts');
      const expected = Array.from({ length: 10_000 }, (_, i) => i).filter(passes);
      expect(left.last('heard-runs', heard)).toEqual({
        received: expected.length,
        different: expected.length,
        backwards: 0,
        odd: expected.filter((number) => number % 2 === 1).length,
        last: expected.at(-1),
      });
      const runs = left.last('runs', report);
      expect(runs.counts).toEqual({
        judged: 10_000,
        passed: expected.length,
        dropped: 10_000 - expected.length,
        passedUnjudged: 0,
        droppedUnjudged: 0,
        waiting: 0,
      });
      expect(runs).toMatchObject({ experiments: 10_000, backwards: 0, from: ['ga'] });
      // One of four packets makes the judge throw.
      expect(left.last('heard-fail', heard)).toMatchObject({ received: 7500, backwards: 0 });
      expect(left.last('fail', report).counts).toMatchObject({
        judged: 7500,
        passed: 7500,
        droppedUnjudged: 2500,
      });
      expect(left.text('fail.out').match(/"fault"/g)).toHaveLength(1);
    },
  );

  it.skipIf(!canQueue)(
    'a process that stands still, open: what finds no room passes and is counted to the packet (needs ip6tables)',
    async () => {
      const left = await scenario('stopped-open');
      expect(left.last('before', heard).received).toBe(1000);
      // 1000 of 6000 wait until the process goes on.
      expect(left.last('during', heard)).toMatchObject({ received: 6000, backwards: 0 });
      expect(left.last('after', heard)).toMatchObject({ received: 7000, different: 7000 });
      expect(left.last('stopped', ruled)).toEqual({ queued: 2000, hits: 7000 });
      expect(left.last('stopped', report).counts).toMatchObject({
        judged: 2000,
        passed: 2000,
        passedUnjudged: 5000,
        droppedUnjudged: 0,
        waiting: 0,
      });
    },
  );

  it.skipIf(!canQueue)(
    'a queue that another program has says whose it is, and one without privileges what is missing (needs ip6tables)',
    async () => {
      const left = await scenario('conflict');
      const { code, message, hint } = left.last('second', refused);
      expect(code).toBe('ERR_HOST_OPEN');
      const holder = left.text('holder.pid').trim();
      expect(message).toBe(`queue 7 belongs to another program: process ${holder} (node)`);
      expect(hint).toContain('another number');
      expect(left.text('second.code')).toBe('4\n');
      expect(left.last('user', refused)).toMatchObject({ code: 'ERR_HOST_PERMISSION' });
    },
  );

  it.skipIf(!canQueue)(
    'a queue: TCP with offloads passes whole, and is judged in segments with finished checksums (needs ip6tables)',
    async () => {
      const left = await scenario('segments');
      expect(left.last('over-routed', transferred)).toEqual({ isSame: true, octets: 20_000_000 });
      const routed = left.last('routed', report);
      expect(routed).toMatchObject({ badSums: 0, longest: 1514, from: ['ga', 'gb'] });
      // The rules count merged segments as one packet.
      const { queued, hits } = left.last('routed', ruled);
      expect(queued).toBe(routed.counts.judged);
      expect(queued).toBeGreaterThan(2 * hits);
    },
  );

  it.skipIf(!canPair)(
    'a pair of ports: TCP with offloads, IPv4 and tags pass whole, and the judge sees finished checksums',
    async () => {
      const left = await scenario('pair');
      for (const name of ['over-pair', 'over-pair-ipv4']) {
        expect(left.last(name, transferred)).toEqual({ isSame: true, octets: 20_000_000 });
      }
      expect(left.last('pair-heard', heard)).toEqual({
        received: 10_000,
        different: 10_000,
        backwards: 0,
        odd: 0,
        last: 19_998,
      });
      const judged = left.last('pair', report);
      expect(judged).toMatchObject({ experiments: 20_020, badSums: 0, backwards: 0 });
      expect(judged.counts).toMatchObject({
        dropped: 10_010,
        passedUnjudged: 0,
        droppedUnjudged: 0,
      });
      expect(judged.from).toEqual(['ga', 'gb']);
      // Segments came merged; the judge saw the tags that the kernel had taken off.
      expect(judged.longest).toBeGreaterThan(1514);
      expect(judged.tags).toEqual([7, 0x8103]);
      expect(left.last('pair', paired).pair.unconcerned).toBeGreaterThan(100);
      // Behind the header of the file and of each packet: addresses, then the tag that was sent.
      const file = left.octets('tagged.pcap');
      expect(file.readUInt32LE(24 + 8) % 5).toBeGreaterThanOrEqual(0);
      const tags: string[] = [];
      for (let at = 24; at + 16 < file.length; at += 16 + file.readUInt32LE(at + 8)) {
        tags.push(file.subarray(at + 28, at + 34).toString('hex'));
      }
      expect(tags).toEqual([
        ...Array.from({ length: 5 }, () => '8100000786dd'),
        ...Array.from({ length: 5 }, () => '8100810386dd'),
      ]);
    },
  );

  describe.runIf(IS_ENDURANCE)('for longer', () => {
    it.skipIf(!canQueue)('no process and one that is killed: the rules decide', async () => {
      const open = await scenario('killed-open');
      expect(open.last('absent', heard).received).toBe(1000);
      const after = open.last('killed', heard);
      // What the process had in hand is lost; the rest passes.
      expect(after.received).toBeGreaterThan(4900);
      expect(after.last).toBe(4999);
      const closed = await scenario('killed-closed');
      expect(closed.last('absent', heard).received).toBe(0);
      const before = closed.last('killed', heard);
      expect(before.received).toBeGreaterThan(0);
      expect(before.last).toBeLessThan(4999);
      expect(before.received).toBeLessThanOrEqual(before.last - 999);
    });

    it.skipIf(!canQueue)(
      'a process that stands still, closed: what finds no room is dropped',
      async () => {
        const left = await scenario('stopped-closed');
        expect(left.last('during', heard).received).toBe(1000);
        expect(left.last('after', heard)).toMatchObject({
          received: 2000,
          different: 2000,
          last: 1999,
        });
        expect(left.last('stopped', report).counts).toMatchObject({
          judged: 2000,
          passed: 2000,
          passedUnjudged: 0,
          droppedUnjudged: 5000,
        });
      },
    );

    it.skipIf(!canQueue)(
      'a queue that is given up: what waits passes in open mode alone',
      async () => {
        const left = await scenario('close');
        expect(left.last('left-open', heard)).toMatchObject({ received: 320, backwards: 0 });
        expect(left.last('leaver-open', closing).closed).toMatchObject({
          judged: 100,
          passedUnjudged: 220,
          waiting: 0,
        });
        expect(left.last('left-closed', heard)).toMatchObject({ received: 420, last: 99 });
        expect(left.last('leaver-closed', closing).closed).toMatchObject({
          judged: 100,
          droppedUnjudged: 220,
          waiting: 0,
        });
      },
    );

    it.skipIf(!canQueue)(
      'packets that waited too long pass in open mode, and are judged in closed',
      async () => {
        const left = await scenario('deadline');
        expect(left.last('late-heard-open', heard)).toMatchObject({ received: 1000, last: 999 });
        expect(left.last('late-open', report).counts).toMatchObject({
          judged: 1000,
          dropped: 1000,
          passedUnjudged: 1000,
        });
        expect(left.last('late-heard-closed', heard)).toMatchObject({ received: 0 });
        expect(left.last('late-closed', report).counts).toMatchObject({
          judged: 2000,
          dropped: 2000,
        });
      },
    );

    it.skipIf(!canQueue)(
      'a bridge: the same queue, with the port as the interface, by its name of now',
      async () => {
        const left = await scenario('bridge');
        expect(left.last('over-bridged', transferred)).toEqual({
          isSame: true,
          octets: 20_000_000,
        });
        expect(left.last('bridge-heard', heard)).toMatchObject({
          received: 1000,
          odd: 0,
          last: 1998,
        });
        expect(left.last('renamed-heard', heard)).toMatchObject({ received: 1500, last: 2998 });
        expect(left.last('bridged', report)).toMatchObject({
          badSums: 0,
          longest: 1514,
          from: ['ga', 'gb', 'gx'],
        });
      },
    );

    it.skipIf(!canPair)(
      'a port that goes down, away and comes back; packets that wait too long',
      async () => {
        const left = await scenario('ports');
        expect(left.last('up-heard', heard)).toMatchObject({ received: 1000, last: 999 });
        expect(left.last('back-heard', heard)).toMatchObject({ received: 2000, last: 1999 });
        expect(left.last('pair', report)).toMatchObject({ experiments: 2000 });
        // 500 waited for longer than the deadline.
        expect(left.last('late-heard', heard)).toMatchObject({ received: 2500, last: 2499 });
        expect(left.last('late', report).experiments).toBe(500);
        const told = left.text('pair.out').match(/"sentence":"[^"]*"/g);
        expect(told?.filter((each, i) => each !== told[i - 1])).toEqual([
          '"sentence":"port ga is down: nothing passes"',
          '"sentence":"port ga is up again"',
          '"sentence":"port ga is down: nothing passes"',
          '"sentence":"port ga is gone: nothing passes"',
          ...(told?.slice(4) ?? []),
        ]);
        expect(told?.at(-1)).toBe('"sentence":"port ga is up again"');
      },
    );
  });
});
