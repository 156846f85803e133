import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RuleDrops } from '../../../cli/gateway/drop-log.ts';
import { Latency } from '../../../cli/gateway/latency.ts';
import { QueueWorkers } from '../../../cli/gateway/queue-workers.ts';
import type { WorkerProcess } from '../../../cli/gateway/queue-workers.ts';
import type { FromWorker, ToWorker, WorkerReport } from '../../../cli/gateway/worker-messages.ts';
import { captureInterface, packetRecord } from '../../engine/packet-records.ts';
import { attackOf } from '../sensor/sensor-bench.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A process that does what a test says. */
class GivenProcess implements WorkerProcess {
  readonly pid = 1;
  readonly sent: ToWorker[] = [];
  isKilled = false;
  takesNothing = false;
  #take: (message: unknown) => void = () => undefined;
  #ended: (how: string) => void = () => undefined;

  send(message: ToWorker, done: () => void): void {
    this.sent.push(message);
    if (!this.takesNothing) done();
    if (message.kind === 'stop') this.say({ kind: 'stopped', report: reportOf(3) });
    if (message.kind === 'reload') this.say({ kind: 'reloaded', error: undefined });
  }
  kill(): void {
    this.isKilled = true;
  }
  onMessage(take: (message: unknown) => void): void {
    this.#take = take;
  }
  onEnd(take: (how: string) => void): void {
    this.#ended = take;
  }
  say(message: FromWorker): void {
    this.#take(message);
  }
  end(how = 'was ended by SIGKILL'): void {
    this.#ended(how);
  }
}

function reportOf(judged: number): WorkerReport {
  const latency = new Latency();
  for (let i = 0; i < judged; i++) latency.add(15);
  return {
    counts: {
      ...{ judged, passed: judged - 1, dropped: 1, passedUnjudged: 0, droppedUnjudged: 0 },
      waiting: 2,
    },
    queued: judged,
    byRule: [['MIP6-1301', { dropped: 1, wouldDrop: 0, rateLimited: 0 }]],
    latency: { bounds: latency.bounds, counts: Array.from(latency.counts), sum: latency.sum },
    troubles: [],
  };
}

async function bench(queues: readonly number[] = [601]): Promise<{
  workers: QueueWorkers;
  started: GivenProcess[];
  said: string[];
  told: string[];
}> {
  const started: GivenProcess[] = [];
  const said: string[] = [];
  const told: string[] = [];
  const workers = new QueueWorkers({
    queues,
    start: () => {
      const process = new GivenProcess();
      started.push(process);
      return process;
    },
    interfaces: [{ ...captureInterface(), name: 'eth0' }],
    mode: () => 'enforce',
    onMessage: ({ kind }, queue) => told.push(`${kind} of ${queue}`),
    say: (text) => said.push(text),
  });
  const ready = workers.start();
  for (const process of started) process.say({ kind: 'ready' });
  await ready;
  return { workers, started, said, told };
}

const record = packetRecord(attackOf(1), 1, 0);

describe('processes for further queues', () => {
  it('get the mode, and copies of what passes the first queue, many at a time', async () => {
    const { workers, started } = await bench([601, 602]);
    for (let i = 0; i < 70; i++) workers.copy(record);
    vi.runAllTimers();
    for (const { sent } of started) {
      expect(sent[0]).toEqual({ kind: 'mode', mode: 'enforce' });
      const copies = sent.flatMap((message) => (message.kind === 'observe' ? message.packets : []));
      expect(copies).toHaveLength(70);
      expect(copies[0]).toMatchObject({ link: 'eth0', seconds: record.seconds });
      expect(sent.filter(({ kind }) => kind === 'observe')).toHaveLength(2);
    }
  });

  it('do not get more than they take, and what they miss is counted', async () => {
    const { workers, started } = await bench();
    const [first] = started;
    if (first !== undefined) first.takesNothing = true;
    for (let i = 0; i < 20_064; i++) workers.copy(record);
    vi.runAllTimers();
    expect(workers.copiesLost).toBe(64);
  });

  it('are counted together, also those that ended', async () => {
    const { workers, started } = await bench();
    started[0]?.say({ kind: 'report', report: reportOf(10) });
    started[0]?.end();
    expect(workers.troubles).toEqual(['queue 601: its process ended and starts again']);
    vi.runAllTimers();
    started[1]?.say({ kind: 'ready' });
    started[1]?.say({ kind: 'report', report: reportOf(5) });
    expect(workers.restarts).toBe(1);
    expect(workers.queued).toBe(15);
    expect(workers.queues).toMatchObject([
      { queue: 601, isReady: true, counts: { judged: 15, passed: 13, dropped: 2, waiting: 2 } },
    ]);
    const drops = new Map<string, RuleDrops>();
    workers.addDrops(drops);
    expect(drops.get('MIP6-1301')).toEqual({ dropped: 2, wouldDrop: 0, rateLimited: 0 });
    const latency = new Latency();
    workers.addLatency(latency);
    expect(latency.sum).toBe(15 * 15);
    expect(workers.troubles).toEqual([]);
  });

  it('hand on what they found', async () => {
    const { started, told, said } = await bench([601, 602]);
    started[1]?.say({ kind: 'say', text: 'something' });
    const head = { pcap_filename: '', pcap_cnt: 1, timestamp: '' };
    const drop = { head, evidence: [], related: [] } as unknown;
    started[1]?.say({ kind: 'drop', record: drop } as FromWorker);
    expect(told).toEqual(['drop of 602']);
    expect(said).toEqual(['queue 602: something']);
  });

  it('load the configuration again, and say when they cannot', async () => {
    const { workers, started } = await bench([601, 602]);
    const [, second] = started;
    const send = second?.send.bind(second);
    if (second !== undefined && send !== undefined) {
      second.send = (message, done) => {
        if (message.kind === 'reload') second.say({ kind: 'reloaded', error: 'wrong keys' });
        else send(message, done);
      };
    }
    expect(await workers.reload()).toEqual(['queue 602: wrong keys']);
  });

  it('judge what waits before they end, and are not started again', async () => {
    const { workers, started } = await bench();
    const stopped = workers.stop();
    started[0]?.end('ended with 0');
    await stopped;
    vi.runAllTimers();
    expect(started).toHaveLength(1);
    expect(workers.queues).toMatchObject([{ counts: { judged: 3 } }]);
  });

  it('keep a gateway from starting that cannot have one of its queues', async () => {
    const started: GivenProcess[] = [];
    const workers = new QueueWorkers({
      queues: [601],
      start: () => {
        const process = new GivenProcess();
        started.push(process);
        return process;
      },
      ...{
        interfaces: [],
        mode: () => 'monitor',
        onMessage: () => undefined,
        say: () => undefined,
      },
    });
    const ready = workers.start();
    started[0]?.end('ended with 4');
    await expect(ready).rejects.toThrow('the process of queue 601 ended with 4');
  });
});
