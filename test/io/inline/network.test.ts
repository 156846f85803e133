import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canIsolate, inNetwork } from '../../attackers/lab.ts';
import { hasProgram } from '../../e2e/command.ts';
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

const canStand = canIsolate && hasKoffi();
const canPing = canStand && hasProgram('ping');

const linkCounts = z.object({
  received: z.int(),
  sent: z.int(),
  notSent: z.int(),
  lostUnread: z.int(),
  refused: z.int(),
});
const exchanged = z.object({
  frames: z.array(z.int()),
  others: z.int(),
  mostPerTurn: z.int(),
  counts: linkCounts,
});
const forwarded = z.object({
  link: linkCounts,
  tun: z.object({ sent: z.int(), delivered: z.int(), notDelivered: z.int() }),
  longest: z.int(),
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

  lines(name: string): string[] {
    return this.text(`${name}.out`)
      .split('\n')
      .filter((line) => line !== '');
  }

  last<T>(name: string, schema: z.ZodType<T>): T {
    return schema.parse(JSON.parse(this.lines(name).at(-1) ?? ''));
  }
}

/** Length and fill of what `exchange` sends `times` times. */
function sent(times: number): number[] {
  return Array.from({ length: times * 3000 }, (_, i) => [
    100 + ((i % 3000) % 1000),
    (i % 3000) & 255,
  ])
    .flat()
    .map(Number);
}

describe.concurrent('nodes on links of the kernel (needs root, network namespaces and the package koffi)', () => {
  let program: Transpiled | undefined;
  const folders: string[] = [];
  beforeAll(() => {
    if (canStand) program = transpile('test/io/inline/inline-program.ts');
  });
  afterAll(() => {
    program?.remove();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a scenario of `network.sh`. */
  async function scenario(name: string): Promise<Left> {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-inline-'));
    folders.push(folder);
    const args = [name, folder, process.execPath, program?.file ?? ''];
    await inNetwork('../io/inline/network.sh', args);
    return new Left(folder);
  }

  it.skipIf(!canStand)('frames pass both ways, whole and in order', async () => {
    const left = await scenario('exchange');
    const one = left.last('one', exchanged);
    const two = left.last('two', exchanged);
    expect(one.frames).toEqual(sent(1));
    expect(one.counts).toMatchObject({ sent: 6000, notSent: 0, lostUnread: 0, refused: 0 });
    // The second 3000 waited while the process stood still.
    expect(two.frames).toEqual(sent(2));
    expect(two.counts).toMatchObject({ sent: 3000, notSent: 0, lostUnread: 0, refused: 0 });
    // Whatever waits, other events have their turn.
    expect(two.mostPerTurn).toBeGreaterThan(32);
    expect(two.mostPerTurn).toBeLessThanOrEqual(128);
  });

  it.skipIf(!canPing)(
    'the kernel is silent on a link that a node has taken (needs ping)',
    async () => {
      const left = await scenario('silence');
      expect(left.text('before.out')).toContain('1 received');
      expect(left.text('groups.out')).not.toContain(':530b');
      expect(left.text('address.out')).toContain('0 received');
      const own = left.last('own', exchanged);
      // The node hears what the kernel does not answer: three requests to all nodes, and searches for its address.
      expect(own.others).toBeGreaterThanOrEqual(4);
      // Nobody sent a single IPv6 packet from there, not even when the link went down and came up.
      expect(left.last('listener', z.record(z.string(), z.int()))).toEqual({});
    },
  );

  it.skipIf(!canPing)(
    'ping and TCP pass whole between a kernel with its offloads and a TUN device (needs ping)',
    async () => {
      const left = await scenario('kernel');
      expect(left.text('ping.out')).toContain('5 received');
      for (const name of ['there', 'back']) {
        expect(left.last(name, transferred)).toEqual({ isSame: true, octets: 2_000_000 });
      }
      const { link, tun, longest } = left.last('forwarder', forwarded);
      expect(link.refused).toBe(0);
      expect(tun.delivered).toBe(link.received);
      // What the kernel left to the hardware came as on a wire, and there was a lot of it.
      expect(longest).toBe(1514);
      expect(link.received).toBeGreaterThan((2 * 2_000_000) / 1500);
      // The device has the address it was given and no other, and went with its process.
      expect(left.text('tun.out').match(/inet6 \S+/g)).toEqual(['inet6 2001:db8:1::b/128']);
      expect(left.text('tun.out')).toContain('mtu 1500');
      expect(left.text('left.out')).toContain('does not exist');
    },
  );

  it.skipIf(!canPing)('ping and TCP pass whole between two TUN devices (needs ping)', async () => {
    const left = await scenario('tunnels');
    expect(left.text('ping.out')).toContain('5 received');
    expect(left.last('there', transferred)).toEqual({ isSame: true, octets: 2_000_000 });
    for (const name of ['one', 'two']) {
      expect(left.last(name, forwarded).link).toMatchObject({ notSent: 0, refused: 0 });
    }
  });

  it.skipIf(!canStand)(
    'everything is put back after SIGTERM, after an exit, and after SIGKILL by the next start',
    async () => {
      const left = await scenario('restore');
      const before = left.text('before.state');
      // There was something to lose: addresses of all kinds, routes, settings.
      for (const text of ['2001:db8:5:', '2001:db8:2::b', '2001:db8:9::/48 via', 'table 100']) {
        expect(before).toContain(text);
      }
      const held = left.text('held.state');
      expect(held).toMatch(/^vb\/disable_ipv6:1$/m);
      expect(held).toMatch(/^all\/forwarding:1$/m);
      expect(held).toMatch(/2001:db8:fffe::\/48 dev spare metric 77/);
      expect(held).not.toContain('2001:db8:1::b');
      expect(left.text('after.state')).toBe(before);
      expect(left.text('exited.state')).toBe(before);
      expect(left.text('killed.state')).toBe(held);
      expect(left.text('again.state')).toBe(held);
      expect(left.text('recovered.state')).toBe(before);
      expect(left.text('killed.code')).toBe('137\n');
      expect(left.lines('next')[0]).toMatch(/^put back \d+ changes/);
      expect(left.text('mode')).toBe('600\n');
      expect(left.text('journals')).toBe('');
      expect(left.text('second.code')).toBe('4\n');
      expect(left.last('second', refused)).toMatchObject({ code: 'ERR_HOST_JOURNAL' });
    },
  );

  it.skipIf(!canStand)('a link that goes down, away and comes back is told and used', async () => {
    const left = await scenario('states');
    expect(left.lines('watch')).toEqual([
      'ready',
      ...['down', 'up 1500'],
      ...['down', 'up 1400', 'heard'],
      ...['down', 'up 1500', 'heard'],
    ]);
    expect(left.text('watch.code')).toBe('0\n');
  });

  it.skipIf(!canStand || !hasProgram('setpriv'))(
    'what cannot be opened says why and what to do (needs setpriv)',
    async () => {
      const left = await scenario('errors');
      const told = (name: string): string => {
        const { code, message, hint } = left.last(name, refused);
        return `${left.text(`${name}.code`)}${code}: ${message}\n${hint}`;
      };
      expect(told('unknown')).toMatch(
        /^2\nERR_HOST_INTERFACE_UNKNOWN: there is no interface 'vx'\n.*lo, vb/,
      );
      expect(told('loopback')).toMatch(/^4\nERR_HOST_INTERFACE: lo: not an Ethernet interface/);
      expect(told('short')).toMatch(/^4\nERR_HOST_INTERFACE: .* 1200; IPv6 takes 1280/);
      expect(told('user')).toMatch(/^4\nERR_HOST_PERMISSION: .*CAP_NET_RAW\n.*as root/);
      expect(told('taken')).toMatch(/^4\nERR_HOST_TUN: there is an interface 'lo' already\n/);
    },
  );
});
