/**
 * A gateway without a judge, for `network.sh`: filter-program.js MODE PLAN BACKEND JOURNAL
 *
 * `hold` installs rules and does what its input says, line by line; `kinds` sends one packet of each kind from the networks
 * `outside` and `inside` and tells which rules took it; `matches` does so with the rules of nftables, without `queue`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { HostConfiguration } from '../../../io/inline/host-configuration.ts';
import { HostError } from '../../../io/native/host-error.ts';
import { FilterCommand } from '../../../io/packet-filter/filter-command.ts';
import {
  PacketFilter,
  conflicts,
  queuePlan,
  queueRules,
  renderNftables,
  selfChecks,
} from '../../../io/packet-filter/index.ts';
import type { QueuePlan } from '../../../io/packet-filter/index.ts';
import { Nftables } from '../../../io/packet-filter/nftables.ts';
import { casesOf, frameOf, marker } from './packets.ts';

/** Sends frames, a line of hexadecimal digits each; from one processor, as frames from two can overtake each other. */
const SENDER = `
import os, socket, sys
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
s = socket.socket(17, 3)
s.bind((sys.argv[1], 0))
for l in sys.stdin: s.send(bytes.fromhex(l))`;

const options = z.object({
  id: z.string(),
  place: z.array(z.enum(['home-agent', 'access-link', 'correspondent'])),
  protectedAgents: z.array(z.string()),
  homePrefixes: z.array(z.string()),
  correspondents: z.array(z.string()).default([]),
  hook: z.enum(['routed', 'bridge', 'local']),
  ports: z.object({ outside: z.array(z.string()), inside: z.array(z.string()) }),
  queues: z.object({ first: z.int(), count: z.int() }),
  failMode: z.enum(['open', 'closed']),
});
const backends = z.enum(['auto', 'ip6tables', 'nftables']);

const [mode = '', json = '', wish = 'auto', journal = ''] = process.argv.slice(2);

function tell(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

async function hold(plan: QueuePlan): Promise<void> {
  const settings = new HostConfiguration({ journal });
  const backend = backends.parse(wish);
  const found = conflicts(plan, { backend }).map(({ sentence }) => sentence);
  const filter = PacketFilter.install(plan, { backend, settings });
  process.on('SIGTERM', () => process.exit(0));
  tell({
    ready: filter.backend,
    warnings: filter.warnings,
    recovered: settings.recovered,
    conflicts: found,
    checks: selfChecks(plan),
  });
  for await (const line of createInterface(process.stdin)) {
    if (line === 'verify') tell(await filter.verify());
    else if (line === 'throw') throw new Error('as asked');
  }
}

type Counts = ReadonlyMap<number, number>;

/** Sends every case and tells which rules counted it. */
async function kinds(plan: QueuePlan, read: () => Promise<Counts>): Promise<void> {
  const ends = new Map(
    [
      ['outside', 'va'],
      ['inside', 'vb'],
    ].map(([network = '', name = '']) => [
      network,
      spawn('ip', ['netns', 'exec', network, 'python3', '-c', SENDER, name], {
        stdio: ['pipe', 'inherit', 'inherit'],
      }),
    ]),
  );
  const rules = queueRules(plan);
  const last = rules.find(({ reason }) => reason === marker(false).rule)?.number ?? 0;
  const isRouted = plan.hook === 'routed';
  let before = await read();
  for (const sent of casesOf(plan.hook, plan.place)) {
    // The marker goes the same way, so when it has come by, the packet before it has.
    const end = ends.get(sent.isFromInside === true ? 'inside' : 'outside')?.stdin;
    const follower = marker(sent.isFromInside === true);
    end?.write(`${frameOf(sent, isRouted)}\n${frameOf(follower, isRouted)}\n`);
    const deadline = Date.now() + 60_000;
    let after = await read();
    while ((after.get(last) ?? 0) === (before.get(last) ?? 0)) {
      if (Date.now() > deadline) throw new Error(`${sent.name}: the marker never came by`);
      after = await read();
    }
    // The counters of one reading are not of one moment: the packet may have come by after its own was read.
    after = await read();
    const took = rules
      .filter(({ number }) => number !== last)
      .filter(({ number }) => (after.get(number) ?? 0) !== (before.get(number) ?? 0))
      .map(({ number, reason }) => {
        const count = (after.get(number) ?? 0) - (before.get(number) ?? 0);
        return `${count} ${reason}`;
      });
    tell({ name: sent.name, took });
    before = after;
  }
  for (const { stdin } of ends.values()) stdin.end();
}

async function main(): Promise<void> {
  const plan = queuePlan(options.parse(JSON.parse(json)));
  if (mode === 'hold') return hold(plan);
  if (mode === 'kinds') {
    const settings = new HostConfiguration({ journal });
    const filter = PacketFilter.install(plan, { backend: backends.parse(wish), settings });
    await kinds(plan, async () => {
      const { rules } = await filter.readCounters();
      return new Map(rules.map(({ number, packets }) => [number, packets]));
    });
    tell([...filter.remove(), ...settings.close()]);
    return;
  }
  const loaded = spawnSync('nft', ['-f', '-'], {
    input: renderNftables(plan, { withoutQueue: true }),
    encoding: 'utf8',
  });
  if (loaded.status !== 0) throw new Error(loaded.stderr);
  const nftables = new Nftables(new FilterCommand());
  await kinds(plan, async () => (await nftables.state(plan.id)).packets);
  nftables.remove(plan.id);
  tell([]);
}

main().catch((error: unknown) => {
  if (!(error instanceof HostError)) throw error;
  tell({ code: error.code, message: error.message, hint: error.hint });
  process.exit(4);
});
