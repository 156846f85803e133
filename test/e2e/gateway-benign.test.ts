/**
 * Ordinary life behind gateways that enforce, and what the restart of a gateway lets through: nothing.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { frameKind, isFromPrefix, upperLayerOf } from '../../cli/lab/frame-kind.ts';
import { PREFIXES, WIRES, linkLayerOctets, octetsOf } from '../../cli/lab/plan.ts';
import { exchanged } from '../../cli/sensor/control-client.ts';
import { openCaptures } from '../../io/capture/file.ts';
import { scapyPython } from '../attackers/lab.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { PATIENCE } from '../patience.ts';
import { MAIN, environment, hasProgram } from './command.ts';
import { Lab, canLab, handover, ip, status, traces, transferred } from './lab-bench.ts';
import { WireLink } from './wire-link.ts';

const NEEDS = 'needs root, network namespaces, koffi and ip6tables; npm run endurance:gateway';
const canGuard = canLab && hasProgram('ip6tables') && IS_ENDURANCE;
const NAIVE = `exec ${scapyPython ?? 'python3'} ${path.join(import.meta.dirname, 'scapy-legacy-home-agent.py')}`;

const byRule = z.looseObject({
  by_rule: z.record(z.string(), z.looseObject({ dropped: z.number() })),
});

/** Processes in the namespace of a station. */
function pidsOf(lab: Lab, station: string): number[] {
  return ip('netns', 'pids', `${lab.prefix}-${station}`)
    .text.split('\n')
    .filter(Boolean)
    .map(Number);
}

/** Waits until it is so. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ends the processes of a station in good order. */
async function end(lab: Lab, station: string): Promise<void> {
  const running = pidsOf(lab, station);
  for (const pid of running) process.kill(pid, 'SIGTERM');
  await until(`${station} does not end`, () => pidsOf(lab, station).length === 0);
}

describe(`life behind gateways that enforce (${NEEDS})`, () => {
  const labs: Lab[] = [];
  const children: ChildProcess[] = [];
  let interfaces = 0;
  const fresh = (): Lab => {
    const lab = new Lab();
    labs.push(lab);
    return lab;
  };
  beforeAll(() => {
    if (canGuard) interfaces = ip('-o', 'link').text.split('\n').length;
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const lab of labs.splice(0)) {
      lab.remove();
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    }
  });

  /** Starts the command in a namespace, as the lab did. */
  function run(lab: Lab, station: string, ...words: readonly string[]): void {
    const inside = ['netns', 'exec', `${lab.prefix}-${station}`, process.execPath, MAIN];
    const child = spawn('ip', [...inside, ...words], { stdio: 'ignore', env: environment() });
    children.push(child);
  }

  async function ask(lab: Lab, process_: string, command: string): Promise<unknown> {
    const socket = path.join(lab.directory, `${process_}.sock`);
    return JSON.parse(await exchanged(socket, `${JSON.stringify({ command })}\n`));
  }

  async function isBound(lab: Lab): Promise<boolean> {
    const bindings = z.looseObject({ bindings: z.array(z.unknown()) });
    return bindings.parse(await ask(lab, 'ha', 'bindings')).bindings.length > 0;
  }

  /** Registered, as both say. */
  function registered(lab: Lab): Promise<void> {
    return until('not registered', async () => {
      try {
        const { homeAddresses } = z
          .looseObject({ homeAddresses: z.array(z.looseObject({ state: z.string() })) })
          .parse(await ask(lab, 'mn', 'status'));
        return homeAddresses[0]?.state === 'registered' && (await isBound(lab));
      } catch {
        return false;
      }
    });
  }

  it.skipIf(!canGuard)(
    'handovers, coming home, leaving again, TCP through it all, and a farewell from abroad: not one packet is dropped, none unjudged',
    async () => {
      const lab = fresh();
      lab.done('up', '--home-link', 'prefix', '--gateway', 'enforce');
      const transfer = lab.background('transfer', '--seconds', '30', '--json');
      for (const link of ['foreign2', 'home', 'foreign1', 'foreign2', 'home', 'foreign2']) {
        expect(lab.json(handover, 'move', link).acknowledged, link).toBeGreaterThan(0);
      }
      const { sent, received } = transferred.parse(JSON.parse(await transfer.done()));
      expect(received).toBe(sent);
      expect(sent).toBeGreaterThan(500_000);
      // The direct way was tested and taken as well.
      const before = lab.json(status, 'status');
      expect(before.correspondent.bindings).toHaveLength(1);
      await end(lab, 'mn');
      await until('no farewell', async () => !(await isBound(lab)));
      for (const name of ['gateway', 'access']) {
        const numbers = z
          .looseObject({
            judged: z.number(),
            dropped: z.number(),
            passed_unjudged: z.number(),
            dropped_unjudged: z.number(),
          })
          .parse(await ask(lab, name, 'drops'));
        expect(numbers).toMatchObject({ dropped: 0, dropped_unjudged: 0, by_rule: {} });
        expect(numbers.judged).toBeGreaterThan(100);
        expect([name, numbers.passed_unjudged]).toEqual([name, 0]);
      }
    },
  );

  it.skipIf(!canGuard || scapyPython === undefined)(
    'a de-registration of yesterday, sent again right after a restart, is dropped: the state was handed over (needs Scapy)',
    async () => {
      const lab = fresh();
      const words = ['--permissive', '--no-route-optimisation', '--home-agent', NAIVE];
      lab.done('up', ...words, '--gateway', 'enforce', '--gateway-at', 'home-agent');
      // The node ends its service, and somebody writes it down.
      const folder = path.join(path.dirname(lab.directory), 'captures');
      const capture = lab.background('capture', '--seconds', '12', '--write', folder);
      await until('no capture', () => ip('netns').status === 0 && pidsOf(lab, 'mn').length > 0);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await end(lab, 'mn');
      expect(await isBound(lab)).toBe(false);
      await capture.done();
      const farewell = await lastUpdate(path.join(folder, 'core.pcapng'));
      run(lab, 'mn', 'mn', '--config', path.join(lab.directory, 'mn.yaml'));
      await registered(lab);

      const router = new WireLink(
        `${lab.prefix}-router`,
        WIRES.routerCore.name,
        indexOf(lab, 'router', WIRES.routerCore.name),
        linkLayerOctets(WIRES.routerCore),
      );
      try {
        await end(lab, 'gateway');
        run(lab, 'gateway', 'gateway', '--config', path.join(lab.directory, 'gateway.yaml'));
        await until('no gateway', async () => {
          try {
            await ask(lab, 'gateway', 'drops');
            return true;
          } catch {
            return false;
          }
        });
        // Nothing else has passed since: what it knows it was told.
        router.send(farewell);
        await until('not dropped', async () => {
          const found = byRule.parse(await ask(lab, 'gateway', 'drops')).by_rule;
          return Object.values(found).some(({ dropped }) => dropped > 0);
        });
        expect(await isBound(lab)).toBe(true);

        // Without the gateway the home agent takes it.
        await end(lab, 'gateway');
        router.send(farewell);
        await until('the replay does nothing', async () => !(await isBound(lab)));
      } finally {
        router.close();
      }
    },
  );
});

function indexOf(lab: Lab, station: string, name: string): number {
  const { text } = ip('-n', `${lab.prefix}-${station}`, '-j', 'link', 'show', 'dev', name);
  return z.array(z.looseObject({ ifindex: z.number() })).parse(JSON.parse(text))[0]?.ifindex ?? 0;
}

/** The last Binding Update from a foreign link in a capture. */
async function lastUpdate(file: string): Promise<Uint8Array> {
  const { source } = await openCaptures([file], { recursive: false });
  let found: Uint8Array | undefined;
  await source.run(({ bytes, offset, end: last }) => {
    const frame = bytes.slice(offset, last);
    const isAway = isFromPrefix(frame, octetsOf(PREFIXES.foreign1));
    if (frameKind(frame) === 'binding-update' && isAway && upperLayerOf(frame)?.isMobile === true) {
      found = frame;
    }
  });
  if (found === undefined) throw new Error('no Binding Update was seen');
  return found;
}
