import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { JudgeStateError } from '../../../engine/inline/index.ts';
import type { JudgeState, PacketJudge } from '../../../engine/inline/index.ts';
import { CORRESPONDENT, HOME_AGENT } from '../../../fixtures/scenario/network.ts';
import {
  bindingAcknowledgement,
  makeBindingUpdate,
  register,
} from '../../../fixtures/scenario/registration.ts';
import { ping } from '../../../fixtures/scenario/traffic.ts';
import { provokedDeregistration, relayUpdate } from '../../../fixtures/scripts/attacks.ts';
import { EDGE, away } from '../../../fixtures/scripts/rules/away.ts';
import type { LinkName } from '../../../fixtures/scenario/network.ts';
import { FIXTURES } from '../../fixtures/expectations.ts';
import { judgeCaptures, judgeOctets } from './judged-captures.ts';
import type { CaptureSet, JudgedCapture } from './judged-captures.ts';

const NORMAL_LIFE: CaptureSet = {
  folder: 'captures',
  files: ['normal-life.pcapng'],
  site: 'normal-life.site.yaml',
  keys: 'normal-life.esp_sa',
};
const RELAY: CaptureSet = {
  folder: 'captures',
  files: ['relay-attack.pcapng'],
  site: 'relay-attack.site.yaml',
  keys: 'relay-attack.esp_sa',
};

/** A capture judged by two judges, the second of which goes on with the state of the first. */
async function restarted(
  capture: CaptureSet,
  after: number,
  change: (state: unknown) => unknown = (state) => state,
): Promise<{
  readonly state: JudgeState;
  readonly again: JudgeState;
  readonly rest: JudgedCapture;
}> {
  const part = (isFirst: boolean, start?: (judge: PacketJudge) => void) => {
    let number = 0;
    return judgeCaptures(capture, {
      mode: 'monitor',
      ...(start === undefined ? {} : { start }),
      before: () => number++ < after === isFirst,
    });
  };
  const first = await part(true);
  const state = first.judge.state();
  let again = state;
  const rest = await part(false, (judge) => {
    judge.restore(change(JSON.parse(JSON.stringify(state))));
    again = judge.state();
  });
  return { state, again, rest };
}

describe('the state of a judge', () => {
  it('is the same when a judge that took it is asked', async () => {
    const cases = fc.record({
      capture: fc.constantFrom(NORMAL_LIFE, RELAY, { ...RELAY, keys: undefined }),
      after: fc.integer({ min: 0, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ capture, after }) => {
        const { state, again } = await restarted(capture, after);
        expect(again).toEqual(state);
      }),
      { numRuns: 12 },
    );
  });

  it.each([true, false])(
    'lets normal life go on after a restart at any time, keys: %s',
    async (hasKeys) => {
      const capture = hasKeys ? NORMAL_LIFE : { ...NORMAL_LIFE, keys: undefined };
      const { packets } = await judgeCaptures(capture);
      for (let after = 25; after < packets; after += Math.floor(packets / 8)) {
        const { rest } = await restarted(capture, after);
        expect(rest.objections.map(({ packet, reason }) => [packet, reason.message])).toEqual([]);
      }
    },
  );

  it('has the bindings, the home network and the replay windows', async () => {
    const { judge } = await judgeCaptures(RELAY);
    const state = judge.state();
    expect(state.bindings.some(({ role }) => role === 'home')).toBe(true);
    expect(state.ring.length).toBeGreaterThan(0);
    expect(state.flows.length).toBeGreaterThan(0);
    expect(state.associations.length).toBeGreaterThan(0);
    expect(state.messages.byHomeAddress.length).toBeGreaterThan(0);
    const unknown = await judgeCaptures({ ...RELAY, site: undefined });
    expect(unknown.judge.state().home.prefixes).toHaveLength(1);
  });

  it('holds no key', async () => {
    const { judge } = await judgeCaptures(RELAY);
    const text = JSON.stringify(judge.state()).toLowerCase();
    const file = readFileSync(path.join(FIXTURES, 'captures', 'relay-attack.esp_sa'), 'latin1');
    const keys = [...file.toLowerCase().matchAll(/0x([0-9a-f]{16,})/g)].map(([, key]) => key);
    expect(keys.length).toBeGreaterThan(4);
    for (const key of keys) expect(text).not.toContain(key);
  });
});

const LINKS: readonly LinkName[] = ['foreign-1', 'ha-edge', 'home'];

/** Octets of a registered node's life before and after a restart; the restart is at second 40. */
async function overRestart(
  pcapng: Uint8Array,
  hasKeys: boolean,
  isStateKept = true,
): Promise<JudgedCapture> {
  const isBefore = (seconds: number): boolean => (seconds - START) % 1e6 < 40;
  const first = await judgeOctets(pcapng, hasKeys, { before: ({ seconds }) => isBefore(seconds) });
  const state: unknown = JSON.parse(JSON.stringify(first.judge.state()));
  return judgeOctets(pcapng, hasKeys, {
    seed: 77,
    start(judge) {
      if (isStateKept) judge.restore(state);
    },
    before: ({ seconds }) => !isBefore(seconds),
  });
}

/** Second 0 of scenarios. */
const START = 1_772_438_400;

function ruleIds({ objections }: JudgedCapture): string[] {
  return objections.map(({ reason }) => reason.ruleId);
}

describe('after a restart', () => {
  /** A registration, a restart, the same ESP packet again, and a new registration. */
  function replay(): Uint8Array {
    const { world, node } = away('inline replay over a restart');
    world.at(35);
    const { packet, sequence } = makeBindingUpdate(node, { lifetime: 420 });
    world.send(packet, node, HOME_AGENT);
    bindingAcknowledgement(world, node, { sequence, lifetime: 420 });
    world.at(50);
    world.send(packet, node, HOME_AGENT);
    world.at(55);
    register(world, node);
    ping(world, node, CORRESPONDENT, 'esp-tunnel', 2);
    return world.pcapng(EDGE);
  }

  it.each([true, false])(
    'a packet of before it is refused, and new ones pass; keys: %s',
    async (hasKeys) => {
      expect(ruleIds(await overRestart(replay(), hasKeys))).toEqual(['MIP6-1302']);
      expect(ruleIds(await overRestart(replay(), hasKeys, false))).toEqual([]);
    },
  );

  it.each([true, false])(
    'the relay of a packet of before it is refused; keys: %s',
    async (hasKeys) => {
      const relayed = (): Uint8Array => {
        const { world, node } = away('inline relay over a restart');
        world.at(39);
        const update = provokedDeregistration(world, node);
        world.at(41);
        relayUpdate(world, node, update.part);
        world.at(50);
        register(world, node);
        ping(world, node, CORRESPONDENT, 'esp-tunnel', 2);
        return world.pcapng(LINKS);
      };
      const judged = await overRestart(relayed(), hasKeys);
      expect(ruleIds(judged)).toEqual(['MIP6-1106']);
      expect(judged.summary.bindings.find(({ role }) => role === 'home')?.phase).toBe('registered');
    },
  );
});

/** A state, and a way to each value in it. */
interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

function placesOf(value: unknown, path: readonly (string | number)[] = []): Place[] {
  const here: Place = { path, value };
  if (Array.isArray(value)) {
    return [here, ...value.slice(0, 2).flatMap((item, i) => placesOf(item, [...path, i]))];
  }
  if (typeof value !== 'object' || value === null) return [here];
  return [here, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function changed(state: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(state)) {
    return state.map((item: unknown, i) => (i === first ? changed(item, rest, value) : item));
  }
  const entries = Object.entries(state ?? {}) as [string, unknown][];
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === first ? changed(item, rest, value) : item]),
  );
}

function textOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${part}`),
    'state',
  );
}

describe('a state that is not one', async () => {
  const { judge: full } = await judgeCaptures({ ...RELAY, site: undefined });
  const good: unknown = JSON.parse(JSON.stringify(full.state()));
  const { judge } = await judgeCaptures({ ...RELAY, site: undefined }, { before: () => false });
  const empty = judge.state();

  function refusal(state: unknown): string {
    try {
      judge.restore(state);
    } catch (error) {
      expect(error).toBeInstanceOf(JudgeStateError);
      expect(judge.state()).toEqual(empty);
      return error instanceof Error ? error.message : '';
    }
    throw new Error('was taken');
  }

  it('is refused whole, with the name of the field, wherever it is wrong', () => {
    const places = placesOf(good);
    expect(places.length).toBeGreaterThan(100);
    for (const { path, value } of places) {
      // Of another type than any field, and missing.
      for (const wrong of [{ odd: true }, undefined]) {
        const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
        if (isMapping && wrong !== undefined && path.length > 0) continue;
        const message = refusal(changed(good, path, wrong));
        expect(message).toContain(textOf(path));
        expect(message).toContain('expected');
      }
    }
  });

  it.each([null, 7, 'state', [], {}, { version: 2 }, { version: 1 }])('is refused: %o', (state) => {
    expect(refusal(state)).toContain('state');
  });

  it.each([
    [['version'], 2, 'another version'],
    [['bindings', 0, 'homeAddress'], 'zz'.repeat(16), 'hexadecimal'],
    [['bindings', 0, 'sequence'], 65_536, '65535'],
    [['bindings', 0, 'expiresAt'], Number.MAX_SAFE_INTEGER, 'after registeredAt'],
    [['bindings', 0, 'firstSeen'], -1, 'whole number'],
    [['bindings', 0, 'firstSeen'], 1.5, 'whole number'],
    [['home', 'prefixes', 0], `${'00'.repeat(16)}/0`, 'longer than 0'],
    [['ring', 0, 'sightings', 0, 'link'], 99, 'whole number'],
    [['flows', 0, 'window', 0], [0, 1, 2], '8 whole numbers'],
    [['flows', 0, 'window', 0], [64, 64, 0, 0, 1, 0, 0, 0], 'place of the window'],
    [['links', 0, 'name'], 'x'.repeat(2000), 'characters'],
  ] as const)('is refused at %j', (path, value, expected) => {
    const message = refusal(changed(good, path, value));
    expect(message).toContain(textOf(path));
    expect(message).toContain(expected);
  });

  it('is refused when a list is longer than any that is written', () => {
    const [binding] = full.state().bindings;
    const bindings = new Array(40_000).fill(binding);
    expect(refusal(changed(good, ['bindings'], bindings))).toContain('at most 32768 entries');
  });

  it('is refused, never a reason to fail otherwise', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...placesOf(good)), (text, { path }) => {
        const value: unknown = JSON.parse(text);
        try {
          judge.restore(changed({ version: 2 }, path, value));
        } catch (error) {
          expect(error).toBeInstanceOf(JudgeStateError);
        }
        expect(judge.state()).toEqual(empty);
      }),
      { numRuns: 200 },
    );
  });
});
