/**
 * `npm run bench:inline`: a gateway in the path of packets, beside plain forwarding by the kernel in the same run. In network
 * namespaces made for it; needs root, two cores, unshare, taskset, ip, ip6tables and the package koffi, and ends with 4 without one of them.
 *
 * - latency: how long packets are in the gateway, at `--rate` a second, with and without a queue
 * - rate: the largest rate of `--rates` at which no packet is lost or unjudged and none waits when the sender is done
 * - bulk: what the rules of a gateway cost traffic that they do not queue (time a packet of a sender that waits for nothing)
 * - flood: `--packets` Care-of Test Init messages from `--distinct` addresses; memory, and whether every packet is accounted for
 *
 * Options:
 *   --part NAME      one of them alone
 *   --judge          the engine with all rules judges (monitor mode); otherwise every packet passes at once
 *   --warm-up N      packets before those that count (20000; with --judge 400000: code is compiled, tables have their size)
 *   --rate N         packets a second for `latency` (20000) and `flood` (unlimited)
 *   --rates N,N      for `rate` (25000,50000,75000,100000,150000,200000)
 *   --packets N      of `flood` (1000000)
 *   --distinct N     source addresses of `flood` (1000000)
 *   --signalling N   of 100 packets of mixed traffic so many are signalling (18; with --judge 2); of those that are queued, about twice
 *                    as many
 *   --rounds N       of `bulk`, with and without rules in turn (7)
 *   --seconds N      that a measurement takes: `latency` 12, so that all memory is looked at in few of them, `rate` 3
 *   --fail-mode M    open (default) or closed
 *   --quick          a short form of everything, to see that it runs
 *
 * The thread that judges has core 0, the sender core 1; what the sender leaves of it is for the threads that compile the judge.
 * Nobody else should want them. Ends with 1 when a packet is not accounted for.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SHORT_PAUSES } from '../cli/gateway/short-pauses.ts';
import { openKernel } from '../io/native/koffi-kernel.ts';
import { queuePlan, renderIp6tables } from '../io/packet-filter/index.ts';
import { runGateway } from './inline-gateway.ts';
import {
  command,
  cpuSeconds,
  forwarded,
  queuedByRules,
  residentMiB,
  restoreRules,
  runOnGateway,
  stolenSeconds,
  unhookRules,
} from './inline-network.ts';
import { send } from './inline-sender.ts';
import type { Sending } from './inline-sender.ts';
import { LABELS, Taps } from './inline-tap.ts';
import type { Latency } from './inline-tap.ts';
import { median } from './measure.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    judge: { type: 'boolean', default: false },
    'warm-up': { type: 'string' },
    rate: { type: 'string' },
    rates: { type: 'string', default: '25000,50000,75000,100000,150000,200000' },
    packets: { type: 'string', default: '1000000' },
    distinct: { type: 'string', default: '1000000' },
    signalling: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string' },
    'fail-mode': { type: 'string', default: 'open' },
    quick: { type: 'boolean', default: false },
    // What a process of the bench is: nothing = the first, which makes the network.
    role: { type: 'string' },
    sending: { type: 'string', default: '' },
  },
});
const SELF = fileURLToPath(import.meta.url);
const isQuick = values.quick;
const secondsOr = (usual: number): number => (isQuick ? 0.5 : Number(values.seconds ?? usual));
const warmUp = isQuick ? 5000 : Number(values['warm-up'] ?? (values.judge ? 400_000 : 20_000));
/** Packets a second meanwhile: threads that compile have what sender and judge leave of their cores. */
const WARM_UP_RATE = values.judge ? 8000 : 20_000;
const QUEUE = 7;
const AGENT = '2001:db8:100::1';

const counted = z.object({
  judged: z.int(),
  passed: z.int(),
  dropped: z.int(),
  passedUnjudged: z.int(),
  droppedUnjudged: z.int(),
  waiting: z.int(),
});
type Counts = z.infer<typeof counted>;
const sentReport = z.object({ sent: z.int(), seconds: z.number() });
const sendingShape = z.object({
  kind: z.enum(['mobile', 'bulk', 'init']),
  packets: z.int(),
  rate: z.number(),
  burst: z.int(),
  distinct: z.int(),
  first: z.int(),
  signalling: z.number(),
});

/** A process of the bench, which says lines. */
class Helper {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string, undefined>;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.pid = this.#child.pid ?? 0;
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.value === undefined) throw new Error('a process of the bench has ended');
    return next.value;
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

/** Sends from the namespace `a`. @returns how long it took, seconds */
async function sends(sending: Partial<Sending>): Promise<number> {
  const all: Sending = {
    ...{ kind: 'mobile', packets: 1, rate: 0, burst: 32, distinct: 1, first: 0 },
    signalling: Number(values.signalling ?? (values.judge ? 2 : 18)),
    ...sending,
  };
  const options = ['--role', 'sender', '--sending', JSON.stringify(all)];
  const sender = new Helper('ip', [
    ...['netns', 'exec', 'a', 'taskset', '-c', '1'],
    ...[process.execPath, SELF, ...options],
  ]);
  await sender.line();
  // What was started has settled.
  await wait(100);
  sender.say('go');
  const report = sentReport.parse(JSON.parse(await sender.line()));
  await sender.end();
  return report.seconds;
}

/** The gateway of the bench, and the rule that sends it everything. */
class Gateway {
  readonly helper: Helper;
  readonly #hitsBefore: number;

  private constructor(helper: Helper) {
    this.helper = helper;
    this.#hitsBefore = queuedByRules();
  }

  static async start(): Promise<Gateway> {
    const options = ['--role', 'gateway', '--fail-mode', values['fail-mode']];
    const helper = new Helper(process.execPath, [
      ...SHORT_PAUSES,
      SELF,
      ...options,
      ...(values.judge ? ['--judge'] : []),
    ]);
    await helper.line();
    command('taskset', '-c', '-p', '0', `${helper.pid}`);
    command('ip6tables', '-I', 'FORWARD', '-i', 'in', '-j', 'NFQUEUE', '--queue-num', `${QUEUE}`);
    return new Gateway(helper);
  }

  /** Packets that were sent to it. */
  get hits(): number {
    return queuedByRules() - this.#hitsBefore;
  }

  /** What became of them. */
  async counts(): Promise<Counts> {
    this.helper.say(String(this.hits));
    return counted.parse(JSON.parse(await this.helper.line()));
  }

  /** Waits until it has nothing to do. */
  async settled(): Promise<Counts> {
    for (;;) {
      const counts = await this.counts();
      if (counts.waiting === 0) return counts;
      await wait(20);
    }
  }

  async stop(): Promise<void> {
    command('ip6tables', '-F', 'FORWARD');
    await this.helper.end();
  }
}

let isExact = true;

/** Whether what was sent is what was judged and what nobody judged, to the packet; and what came out what passed. */
function accounted(counts: Counts, sent: number, hits: number, out: number): string {
  const { judged, passed, passedUnjudged, droppedUnjudged } = counts;
  const isRight =
    hits === sent &&
    judged + passedUnjudged + droppedUnjudged === sent &&
    passed + passedUnjudged === out;
  if (!isRight) isExact = false;
  return (
    `sent ${sent}, hit the rule ${hits}, judged ${judged}, passed unjudged ${passedUnjudged}, ` +
    `dropped unjudged ${droppedUnjudged}, came out ${out}: ${isRight ? 'exact' : 'NOT EXACT'}`
  );
}

function shown({ packets, p50, p90, p99, most }: Latency): string {
  const times = [p50, p90, p99, most].map((each) => each.toFixed(0));
  return `p50 ${times[0]} us, p90 ${times[1]} us, p99 ${times[2]} us, most ${times[3]} us (of ${packets} packets)`;
}

/** Packets of a measurement of latency. */
function packetsIn(rate: number): number {
  return Math.min(LABELS, Math.round(rate * secondsOr(12)));
}

async function latencyOf(rate: number, first: number): Promise<Latency> {
  const taps = new Taps(openKernel());
  await sends({ packets: packetsIn(rate), first, rate, burst: 1 });
  await wait(200);
  return taps.close();
}

async function latency(): Promise<void> {
  const rate = Number(values.rate ?? 20_000);
  // Once for nothing: neighbours are known, code is compiled.
  await sends({ packets: 1000, rate: 10_000 });
  const plain = await latencyOf(rate, 0);
  const gateway = await Gateway.start();
  await sends({ packets: warmUp, rate: WARM_UP_RATE, burst: 1 });
  const before = cpuSeconds(gateway.helper.pid);
  const stolenBefore = stolenSeconds();
  const queued = await latencyOf(rate, warmUp);
  const cpu = cpuSeconds(gateway.helper.pid) - before;
  const stolen = stolenSeconds() - stolenBefore;
  const counts = await gateway.settled();
  await gateway.stop();
  console.log(`latency at ${rate} packets a second`);
  console.log(`  kernel ${shown(plain)}`);
  console.log(`  queued ${shown(queued)}`);
  console.log(
    `  added p50 ${(queued.p50 - plain.p50).toFixed(0)} us, p99 ${(queued.p99 - plain.p99).toFixed(0)} us; ` +
      `CPU ${((1e6 * cpu) / packetsIn(rate)).toFixed(1)} us a packet; unjudged ${counts.passedUnjudged + counts.droppedUnjudged}`,
  );
  // A thread whose processor the host has taken waits, whatever its priority.
  console.log(`  the host took ${(1000 * stolen).toFixed(0)} ms of the processors meanwhile`);
}

async function rates(): Promise<void> {
  console.log('rate without loss');
  let best = 0;
  for (const rate of isQuick ? [20_000] : values.rates.split(',').map(Number)) {
    const packets = Math.round(rate * secondsOr(3));
    const gateway = await Gateway.start();
    // Code is compiled before it counts.
    await sends({ packets: warmUp, rate: WARM_UP_RATE });
    const earlier = await gateway.settled();
    const outBefore = forwarded();
    const hitsBefore = gateway.hits;
    const cpuBefore = cpuSeconds(gateway.helper.pid);
    const took = await sends({ packets, first: warmUp, rate, burst: 16 });
    const { waiting } = await gateway.counts();
    const counts = await gateway.settled();
    const cpu = cpuSeconds(gateway.helper.pid) - cpuBefore;
    const own = difference(counts, earlier);
    const line = accounted(own, packets, gateway.hits - hitsBefore, forwarded() - outBefore);
    await gateway.stop();
    const real = packets / took;
    const isClean = own.passedUnjudged + own.droppedUnjudged === 0;
    if (isClean && waiting < real / 20 && real > 0.95 * rate) best = Math.max(best, real);
    console.log(
      `  ${Math.round(real)} a second (of ${rate}): ${line}; waiting at the end ${waiting}, ` +
        `CPU ${((1e6 * cpu) / packets).toFixed(2)} us a packet, ${((100 * cpu) / took).toFixed(0)} % of a core`,
    );
  }
  console.log(`  every packet judged in time: ${Math.round(best)} a second`);
}

function difference(now: Counts, before: Counts): Counts {
  return {
    judged: now.judged - before.judged,
    passed: now.passed - before.passed,
    dropped: now.dropped - before.dropped,
    passedUnjudged: now.passedUnjudged - before.passedUnjudged,
    droppedUnjudged: now.droppedUnjudged - before.droppedUnjudged,
    waiting: now.waiting,
  };
}

async function bulk(): Promise<void> {
  const plan = queuePlan({
    id: 'bench',
    place: ['home-agent'],
    protectedAgents: [AGENT],
    homePrefixes: ['2001:db8:100::/48'],
    hook: 'routed',
    queues: { first: QUEUE, count: 1 },
    failMode: 'open',
  });
  const packets = isQuick ? 20_000 : 400_000;
  const costs: { readonly without: number[]; readonly present: number[] } = {
    without: [],
    present: [],
  };
  const rounds = isQuick ? 1 : Number(values.rounds);
  for (let round = 0; round <= rounds; round++) {
    for (const kind of round % 2 === 0
      ? (['without', 'present'] as const)
      : (['present', 'without'] as const)) {
      if (kind === 'present') restoreRules(renderIp6tables(plan));
      const before = forwarded();
      const took = await sends({ kind: 'bulk', packets });
      const out = forwarded() - before;
      unhookRules();
      if (out !== packets) console.log(`  ${packets - out} of ${packets} lost`);
      // The first round warms up.
      if (round > 0) costs[kind].push((1e6 * took) / packets);
    }
  }
  const without = median(costs.without);
  const present = median(costs.present);
  console.log(
    `bulk traffic that is not queued: ${without.toFixed(2)} us a packet without rules, ${present.toFixed(2)} us with those of ` +
      `a home agent (${plan.groups.length} groups): ratio ${(present / without).toFixed(3)} (median of ${rounds}; without ` +
      `rules they lie between ${Math.min(...costs.without).toFixed(2)} and ${Math.max(...costs.without).toFixed(2)})`,
  );
}

async function flood(): Promise<void> {
  const packets = isQuick ? 50_000 : Number(values.packets);
  const distinct = Number(values.distinct);
  const gateway = await Gateway.start();
  const { pid } = gateway.helper;
  const outBefore = forwarded();
  const memories: number[] = [];
  const timer = setInterval(() => {
    memories.push(residentMiB(pid));
  }, 250);
  const rate = Number(values.rate ?? 0);
  const took = await sends({ kind: 'init', packets, distinct, rate, burst: 16 });
  const counts = await gateway.settled();
  clearInterval(timer);
  memories.push(residentMiB(pid));
  const { hits } = gateway;
  console.log(`flood of ${packets} packets from ${distinct} addresses in ${took.toFixed(1)} s`);
  console.log(`  ${accounted(counts, packets, hits, forwarded() - outBefore)}`);
  const at = (share: number): string =>
    (memories[Math.floor(share * (memories.length - 1))] ?? 0).toFixed(0);
  console.log(
    `  resident MiB after a tenth ${at(0.1)}, a quarter ${at(0.25)}, half ${at(0.5)}, at the end ${at(1)}; most ${Math.max(...memories).toFixed(0)}`,
  );
  await gateway.stop();
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = { latency, rate: rates, bulk, flood };

async function run(): Promise<void> {
  for (const [name, part] of Object.entries(PARTS)) {
    if (values.part === undefined || values.part === name) await part();
  }
  process.exitCode = isExact ? 0 : 1;
}

if (values.role === 'sender') {
  const sending = sendingShape.parse(JSON.parse(values.sending));
  const done = await send(sending, async () => {
    console.log('ready');
    await once(process.stdin, 'data');
  });
  console.log(JSON.stringify(done));
  process.stdin.destroy();
} else if (values.role === 'gateway') {
  await runGateway({
    number: QUEUE,
    failMode: values['fail-mode'] === 'closed' ? 'closed' : 'open',
    isJudged: values.judge,
  });
} else if (values.role === 'main') await run();
else process.exitCode = runOnGateway(SELF, ['--role', 'main', ...process.argv.slice(2)]);
