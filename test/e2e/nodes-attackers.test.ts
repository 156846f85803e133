/**
 * Routers and attackers of others against the processes: radvd, and programs of thc-ipv6.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatAddress, formatMac } from '../../dissectors/core/address.ts';
import { u16, u32 } from '../../dissectors/core/bytes.ts';
import { AGENT, CARE_OF_ONE, CARE_OF_TWO, HOME } from '../nodes/mobile-node/bench.ts';
import { readPacket } from '../nodes/wire-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { hasProgram } from './command.ts';
import { WiredHomeAgent } from './wired-home-agent.ts';
import type { WiredMobile } from './wired-home-agent.ts';
import { WiredMobileNode, updateOf } from './wired-mobile-node.ts';
import type { SeenUpdate } from './wired-mobile-node.ts';
import { canRun } from './wired-node.ts';
import type { WiredNode } from './wired-node.ts';
import { UPDATE_SPI, plainHomeAgent } from './wired-plain-agent.ts';
import { WiredSegment, bounded, until } from './wired-segment.ts';
import type { Ended } from './wired-segment.ts';

const NEEDS = 'needs root, network namespaces, the package koffi';
const ESP = 50;
const DESTINATION_OPTIONS = 60;
/** Why the updates of a stranger are thrown away. */
const UNPROTECTED = 'policy: not protected as it has to be';
/** Seconds of a program that does not end by itself. */
const FLOOD = 2;
/** Milliseconds between advertisements. */
const INTERVAL = 200;
/** What floods may cost, MiB. */
const MOST_GROWTH = 96;
/** Addresses formed from prefixes, and what a link has besides. */
const MOST_ADDRESSES = 16 + 2;
const MOST_CARE_OF_ADDRESSES = 8;
const text = formatAddress;

const status = z.looseObject({
  ok: z.literal(true),
  links: z.array(z.looseObject({ addresses: z.array(z.unknown()) })),
  alarms: z.record(z.string(), z.number()),
});
const mobileStatus = status.extend({
  attachment: z.object({
    interface: z.string().nullable(),
    isAtHome: z.boolean(),
    careOfAddresses: z.array(z.string()),
  }),
  homeAddresses: z.array(z.looseObject({ state: z.string() })),
});
const bindings = z.object({
  bindings: z.array(z.looseObject({ homeAddress: z.string(), careOfAddress: z.string() })),
});
const drops = z.object({ drops: z.record(z.string(), z.number()) });

/** Care-of addresses by home address. */
async function bindingsOf(node: WiredNode): Promise<Record<string, string>> {
  const list = bindings.parse(await node.ask('bindings')).bindings;
  return Object.fromEntries(list.map((each) => [each.homeAddress, each.careOfAddress]));
}

/** Alarms about advertisements of the home prefix. */
async function alarmsOf(node: WiredNode): Promise<number> {
  return status.parse(await node.ask('status')).alarms['home-prefix-advertised'] ?? 0;
}

/** Resident memory, MiB. */
function memoryOf({ processId }: WiredNode): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'));
  return Number(found?.[1]) / 1024;
}

describe.skipIf(!canRun || !['ping', 'radvd'].every(hasProgram))(
  `a mobile node behind routers with radvd (${NEEDS}, ping and radvd)`,
  () => {
    let folder: string;
    const seen: WirePacket[] = [];
    let mn: WiredMobileNode;
    let ha: WiredNode;
    let router: WiredSegment;

    /** Advertises a prefix on a foreign link, as fast as radvd does it. */
    function advertise(name: string, prefix: string): ChildProcess {
      const file = path.join(folder, `${name}.conf`);
      writeFileSync(
        file,
        `interface ${name} {
          AdvSendAdvert on; MinRtrAdvInterval 0.1; MaxRtrAdvInterval 0.3; AdvIntervalOpt on;
          AdvDefaultLifetime 2; MinDelayBetweenRAs 0.03;
          prefix ${prefix} { };
        };\n`,
      );
      const files = ['--config', file, '--pidfile', path.join(folder, `${name}.pid`)];
      return router.start('radvd', '--nodaemon', '--username', 'root', ...files);
    }

    /** Hands on what is on the way. */
    function turn(): void {
      router.collect();
      mn.node.collect();
      ha.collect();
    }

    /** An echo through the tunnel and back. */
    async function expectEcho(): Promise<void> {
      const command = ['ping', '-6', '-c', '1', '-W', '3', '2001:db8:9::1'];
      const { code, output } = await bounded(mn.node.namespace, 4, command, turn);
      expect(code, output).toBe(0);
    }

    /** Waits until home agent and mobile node agree. */
    async function registered(careOf: Uint8Array): Promise<void> {
      await until(`no registration from ${text(careOf)}`, mn.node, turn, async () => {
        const found = await bindingsOf(ha);
        if (found[text(HOME)] !== text(careOf)) return false;
        const { homeAddresses } = mobileStatus.parse(await mn.node.ask('status'));
        return homeAddresses.every(({ state }) => state === 'registered');
      });
    }

    /** Updates that have left from a care-of address, as the wire has them. */
    function updatesFrom(careOf: Uint8Array): WirePacket[] {
      turn();
      const [agent, source] = [text(AGENT), text(careOf)];
      return seen.filter(
        (packet) =>
          packet.source === source &&
          packet.destination === agent &&
          packet.protocol === ESP &&
          u32(packet.payload, 0) === UPDATE_SPI,
      );
    }

    /** The layout of the draft: Home Address option, then ESP in transport mode, and nothing in the clear. */
    function expectStrict(careOf: Uint8Array): void {
      const updates = updatesFrom(careOf);
      expect(updates.length).toBeGreaterThan(0);
      for (const { homeAddressOption, headers } of updates) {
        expect(homeAddressOption).toBe(text(HOME));
        expect(headers).toEqual([DESTINATION_OPTIONS]);
      }
      expect(seen.filter(({ mobility }) => mobility?.message.kind === 'binding-update')).toEqual(
        [],
      );
    }

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-radvd-'));
      ha = plainHomeAgent();
      mn = new WiredMobileNode({ homeLink: 'never', onStop: 'keep' });
      // Nobody here plays the router.
      mn.node.link('w0').onFrame = (frame) => {
        if (u16(frame, 12) === 0x86dd) seen.push(readPacket(frame.slice(14, 54 + u16(frame, 18))));
      };
      router = new WiredSegment();
      router.set('all.forwarding', 1);
      router.set('default.forwarding', 1);
      router.plug(ha, 'upstream', 'core', ['fe80::1/64', '2001:db8:9::1/64']);
      router.plug(mn.node, 'w0', 'one', ['2001:db8:1::1/64']);
      router.plug(mn.node, 'w0', 'two', ['2001:db8:2::1/64']);
      router.setPlugged('two', false);
      router.inside('ip', 'route', 'add', '2001:db8:a::/64', 'via', '2001:db8:9::2', 'dev', 'core');
      await Promise.all([ha.start(), mn.start()]);
    });
    afterAll(async () => {
      await Promise.all([mn.remove(), ha.remove()]);
      router.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    test('it registers from an address of radvd’s prefix, in ESP, and moves when radvd is killed and another one comes', async () => {
      const radvd = advertise('one', '2001:db8:1::/64');
      await registered(CARE_OF_ONE);
      expectStrict(CARE_OF_ONE);
      await expectEcho();

      radvd.kill('SIGKILL');
      router.setPlugged('two', true);
      advertise('two', '2001:db8:2::/64');
      await registered(CARE_OF_TWO);
      expectStrict(CARE_OF_TWO);
      await expectEcho();
    });

    test('it moves when its cable goes to the other router', async () => {
      router.setPlugged('one', false);
      router.setPlugged('two', false);
      mn.node.inside('ip', 'link', 'set', 'w0p', 'down');
      seen.length = 0;
      advertise('one', '2001:db8:1::/64');
      turn();
      mn.node.inside('ip', 'link', 'set', 'w0p', 'up');
      router.setPlugged('one', true);
      await registered(CARE_OF_ONE);
      expectStrict(CARE_OF_ONE);
      await expectEcho();
    });
  },
);

/** A test of an attacker's program, which is skipped by name without it. */
function attack(
  program: string,
  name: string,
  run: (program: string) => Promise<void>,
  isQuick = true,
): void {
  const needs = isQuick ? program : `${program}; npm run endurance`;
  const isRun = hasProgram(program) && (isQuick || IS_ENDURANCE);
  test.skipIf(!isRun)(`${program}: ${name} (needs ${needs})`, () => run(program));
}

describe.skipIf(!canRun)(`thc-ipv6 against a home agent (${NEEDS})`, () => {
  let ha: WiredHomeAgent;
  let attacker: WiredSegment;
  let mobile: WiredMobile;

  function run(seconds: number, command: readonly string[]): Promise<Ended> {
    return bounded(attacker.namespace, seconds, command, () => {
      attacker.collect();
      ha.node.collect();
    });
  }

  /** The home agent answers, and does what it is there for. */
  async function expectWhole(): Promise<void> {
    status.parse(await ha.node.ask('status'));
    expect(await bindingsOf(ha.node)).toEqual({ [mobile.name]: text(mobile.careOf) });
    expect(ha.careOf(mobile)).toBe(text(mobile.careOf));
    expect(ha.solicit(mobile.home).length).toBeGreaterThan(0);
    mobile.sequence++;
    const answer = ha.answer(mobile, { sequence: mobile.sequence });
    expect(answer).toMatchObject({ status: 0, protection: ESP, sequence: mobile.sequence });
  }

  beforeAll(async () => {
    ha = new WiredHomeAgent(3);
    await ha.start();
    attacker = new WiredSegment();
    attacker.plug(ha.node, 'upstream', 'bad0', ['2001:db8:9::66/64']);
    attacker.plug(ha.node, 'home', 'bad1', ['2001:db8:a::66/64']);
    attacker.inside('ip', '-6', 'route', 'add', 'default', 'via', '2001:db8:9::2', 'dev', 'bad0');
    mobile = ha.fresh();
    ha.register([mobile]);
  });
  afterAll(async () => {
    await ha.remove();
    attacker.remove();
  });

  attack('atk6-fake_mipv6', 'its updates make and change no binding', async (program) => {
    const stranger = ha.fresh();
    const before = drops.parse(await ha.node.ask('drops')).drops;
    for (const { name } of [mobile, stranger]) {
      const ran = await run(3, [...[program, 'bad0', name, text(AGENT), '2001:db8:9::66']]);
      expect(ran.code, ran.output).toBe(0);
    }
    const after = drops.parse(await ha.node.ask('drops')).drops;
    expect(after[UNPROTECTED]).toBeGreaterThan(before[UNPROTECTED] ?? 0);
    expect(await bindingsOf(ha.node)).toEqual({ [mobile.name]: text(mobile.careOf) });
    expect(ha.careOf(stranger)).toBeUndefined();
    await expectWhole();
  });

  attack('atk6-fake_advertise6', 'a home address stays the home agent’s', async (program) => {
    const command = [program, '-n', '1', 'bad1', mobile.name];
    const ran = await run(3, command);
    expect([0, 124], ran.output).toContain(ran.code);
    await expectWhole();
  });

  attack(
    'atk6-dos-new-ip6',
    'it keeps nobody out after it has gone',
    async (program) => {
      const next = ha.fresh();
      const running = run(2, [program, 'bad1']);
      await new Promise((resolve) => setTimeout(resolve, 500));
      ha.post(next.update({ sequence: 10 }), 'upstream');
      await running;
      // The address was somebody's, for what the home agent could see: status 134, RFC 6275 section 9.5.1.
      const answers = next.acknowledgements(ha.take());
      expect(answers.map((each) => each.status)).toEqual([134]);
      await expectWhole();
      ha.register([next], { sequence: 20 });
      expect(ha.careOf(next)).toBe(text(next.careOf));
    },
    false,
  );
});

describe.skipIf(!canRun)(`thc-ipv6 against a mobile node (${NEEDS})`, () => {
  let mn: WiredMobileNode;
  let attacker: WiredSegment;

  let advertised = 0;
  /** Its router advertises itself all the time, as mobile nodes need it (RFC 6275 section 7.5). */
  function turn(): void {
    attacker.collect();
    mn.node.collect();
    if (performance.now() - advertised < INTERVAL) return;
    advertised = performance.now();
    mn.advertise();
  }

  function run(seconds: number, command: readonly string[]): Promise<Ended> {
    return bounded(attacker.namespace, seconds, command, turn);
  }

  /** The mobile node answers, is where it was, and registers when asked. @returns the update */
  async function expectWhole(): Promise<SeenUpdate> {
    mn.take();
    const { attachment, homeAddresses, links } = mobileStatus.parse(await mn.node.ask('status'));
    expect(homeAddresses).toMatchObject([{ state: 'registered' }]);
    expect(attachment).toMatchObject({ interface: 'w0', isAtHome: false });
    expect(attachment.careOfAddresses[0]).toBe(text(CARE_OF_ONE));
    expect(attachment.careOfAddresses.length).toBeLessThanOrEqual(MOST_CARE_OF_ADDRESSES);
    for (const { addresses } of links) expect(addresses.length).toBeLessThan(MOST_ADDRESSES);
    await mn.node.ask('refresh');
    const update = mn.awaitUpdate();
    expect(update).toMatchObject({ isProtected: true, homeAddressOption: text(HOME) });
    expect(update.wire.source).toBe(text(CARE_OF_ONE));
    expect(update.message.lifetime).toBeGreaterThan(0);
    // To its router, in person.
    const own = mn.node.link('w0').linkLayerAddress;
    expect(formatMac(update.frame.subarray(0, 6))).toBe(formatMac(own));
    return update;
  }

  /** Waits until it is registered, from where it is. */
  function registered(): Promise<void> {
    return until('no registration', mn.node, turn, async () => {
      const { attachment, homeAddresses } = mobileStatus.parse(await mn.node.ask('status'));
      const isThere = attachment.careOfAddresses[0] === text(CARE_OF_ONE);
      return isThere && homeAddresses.every(({ state }) => state === 'registered');
    });
  }

  /** Updates that would end the registration. */
  function farewells(): number {
    return mn.take().filter((packet) => updateOf(packet, AGENT)?.message.lifetime === 0).length;
  }

  beforeAll(async () => {
    // As the documentation has it.
    mn = new WiredMobileNode({ homeLink: 'never', onStop: 'keep' });
    attacker = new WiredSegment();
    attacker.plug(mn.node, 'w0', 'bad', ['2001:db8:1::66/64']);
    await mn.start();
    await registered();
  });
  afterAll(async () => {
    await mn.remove();
    attacker.remove();
  });

  const home = '2001:db8:a::/64';
  for (const [name, options, alarms] of [
    ['a router with the home prefix is told of, and not believed', ['-A', home], 1],
    ['so is a home agent', ['-A', home, '-F', 'homeagent'], 1],
    ['another prefix is no reason to leave', ['-A', '2001:db8:66::/64'], 0],
  ] as const) {
    attack('atk6-fake_router26', name, async (program) => {
      mn.take();
      const before = await alarmsOf(mn.node);
      const command = [program, ...options, '-n', '1', 'bad'];
      const ran = await run(3, command);
      expect([0, 124], ran.output).toContain(ran.code);
      expect(farewells()).toBe(0);
      await expectWhole();
      expect((await alarmsOf(mn.node)) - before).toBe(alarms);
    });
  }

  attack('atk6-flood_router26', 'memory and addresses stay bounded', async (program) => {
    const before = memoryOf(mn.node);
    const ran = await run(FLOOD, [program, 'bad']);
    expect(ran.code, ran.output).toBe(124);
    expect(farewells()).toBe(0);
    // On a busy machine the flood may drown its router for seconds: it goes back by itself.
    await registered();
    await expectWhole();
    expect(memoryOf(mn.node) - before).toBeLessThan(MOST_GROWTH);
  });
});
