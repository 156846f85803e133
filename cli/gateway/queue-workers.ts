/**
 * Processes for the queues after the first: started, fed with what passes the first, counted, and started again.
 */
import type { JudgeMode } from '../../engine/inline/index.ts';
import type { CaptureInterface, PacketRecord, VerdictCounts } from '../../engine/ports.ts';
import { isFromWorker } from './worker-messages.ts';
import type { FromWorker, PassedPacket, ToWorker, WorkerReport } from './worker-messages.ts';
import { Latency } from './latency.ts';
import type { RuleDrops } from './drop-log.ts';

/** Packets sent together. */
const BATCH = 64;
/** Packets that a process may be behind; further copies are left out and counted. */
const MAX_BEHIND = 20_000;
/** Milliseconds before a process that ended is started again. */
const RESTART = 1000;
/** Milliseconds that processes have to load the configuration, and to end. */
const RELOAD_TIME = 30_000;
const STOP_TIME = 3000;

/** A process, as `child_process` has it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** @param done told when the message was handed over */
  send(message: ToWorker, done: () => void): void;
  kill(): void;
  onMessage(take: (message: unknown) => void): void;
  onEnd(take: (how: string) => void): void;
}

/** What the processes are made of, and who is told. */
export interface QueueWorkersParts {
  /** Numbers of the queues. */
  readonly queues: readonly number[];
  readonly start: (queue: number) => WorkerProcess;
  /** Of the first queue; may grow. */
  readonly interfaces: readonly CaptureInterface[];
  readonly mode: () => JudgeMode;
  readonly onMessage: (
    message: Extract<FromWorker, { kind: 'drop' | 'alert' }>,
    queue: number,
  ) => void;
  readonly say: (text: string) => void;
}

const NOTHING: VerdictCounts = {
  ...{ judged: 0, passed: 0, dropped: 0, passedUnjudged: 0, droppedUnjudged: 0, waiting: 0 },
};

/** Adds counts. */
export function sumOf(all: readonly VerdictCounts[]): VerdictCounts {
  return all.reduce(
    (sum, each) => ({
      judged: sum.judged + each.judged,
      passed: sum.passed + each.passed,
      dropped: sum.dropped + each.dropped,
      passedUnjudged: sum.passedUnjudged + each.passedUnjudged,
      droppedUnjudged: sum.droppedUnjudged + each.droppedUnjudged,
      waiting: sum.waiting + each.waiting,
    }),
    NOTHING,
  );
}

/** Reports of processes that ended, as one; nothing waits for them. */
function merged(reports: readonly WorkerReport[]): WorkerReport {
  const byRule = new Map<string, RuleDrops>();
  const latency = new Latency();
  for (const report of reports) {
    addDrops(report.byRule, byRule);
    latency.merge(report.latency);
  }
  const { bounds, counts, sum } = latency;
  return {
    counts: { ...sumOf(reports.map((report) => report.counts)), waiting: 0 },
    queued: reports.reduce((all, { queued }) => all + queued, 0),
    byRule: [...byRule],
    latency: { bounds, counts, sum },
    troubles: [],
  };
}

function addDrops(from: WorkerReport['byRule'], to: Map<string, RuleDrops>): void {
  for (const [id, drops] of from) {
    const { dropped = 0, wouldDrop = 0, rateLimited = 0 } = to.get(id) ?? {};
    to.set(id, {
      dropped: dropped + drops.dropped,
      wouldDrop: wouldDrop + drops.wouldDrop,
      rateLimited: rateLimited + drops.rateLimited,
    });
  }
}

/** One queue and its process. */
class QueueWorker {
  readonly queue: number;
  isReady = false;
  restarts = 0;
  behind = 0;
  report: WorkerReport | undefined;
  /** Numbers of processes that ended, as one. */
  before: WorkerReport | undefined;
  process: WorkerProcess | undefined;
  onReloaded: ((error: string | undefined) => void) | undefined;
  onStopped: (() => void) | undefined;

  constructor(queue: number) {
    this.queue = queue;
  }

  get reports(): readonly WorkerReport[] {
    return [this.before, this.report].filter((report) => report !== undefined);
  }
}

/** All of them. */
export class QueueWorkers {
  /** Copies of packets that a process did not get, because it was too far behind. */
  copiesLost = 0;
  readonly #parts: QueueWorkersParts;
  readonly #workers: readonly QueueWorker[];
  #pending: PassedPacket[] = [];
  #turn: NodeJS.Immediate | undefined;
  #isStopping = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(parts: QueueWorkersParts) {
    this.#parts = parts;
    this.#workers = parts.queues.map((queue) => new QueueWorker(queue));
  }

  /** Starts all, and waits until all own their queues. Rejects with the first reason of one that cannot. */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => this.#ready(worker)));
  }

  get size(): number {
    return this.#workers.length;
  }

  get restarts(): number {
    return this.#workers.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Each queue with its counts. */
  get queues(): readonly {
    readonly queue: number;
    readonly counts: VerdictCounts;
    readonly isReady: boolean;
  }[] {
    return this.#workers.map(({ queue, reports, isReady }) => {
      const counts = sumOf(reports.map((report) => report.counts));
      return { queue, isReady, counts: isReady ? counts : { ...counts, waiting: 0 } };
    });
  }

  /** Packets that the kernel gave to these queues. */
  get queued(): number {
    return this.#workers.reduce(
      (sum, { reports }) => sum + reports.reduce((all, { queued }) => all + queued, 0),
      0,
    );
  }

  get troubles(): readonly string[] {
    return this.#workers.flatMap(({ queue, isReady, report }) =>
      isReady ? (report?.troubles ?? []) : [`queue ${queue}: its process ended and starts again`],
    );
  }

  /** Adds the drops of these processes by rule. */
  addDrops(to: Map<string, RuleDrops>): void {
    for (const { byRule } of this.#reports) addDrops(byRule, to);
  }

  addLatency(to: Latency): void {
    for (const { latency } of this.#reports) to.merge(latency);
  }

  /** Copies a packet that passed the first queue; it is sent with others in the next turn. */
  copy(record: PacketRecord): void {
    const { bytes, offset, end, originalLength, seconds, nanoseconds, linkType } = record;
    this.#pending.push({
      bytes: bytes.slice(offset, end),
      ...{ originalLength, seconds, nanoseconds, linkType },
      link: this.#parts.interfaces[record.interfaceIndex]?.name ?? '',
    });
    if (this.#pending.length >= BATCH) this.#sendCopies();
    else
      this.#turn ??= setImmediate(() => {
        this.#sendCopies();
      });
  }

  setMode(mode: JudgeMode): void {
    for (const worker of this.#workers) this.#send(worker, { kind: 'mode', mode });
  }

  /** Has all load the configuration again. @returns what went wrong, a sentence for each process */
  async reload(): Promise<readonly string[]> {
    const asked = this.#workers.filter(({ isReady }) => isReady);
    const errors = await Promise.all(
      asked.map((worker) =>
        this.#within<string | undefined>(RELOAD_TIME, 'it did not answer', (answer) => {
          worker.onReloaded = answer;
          this.#send(worker, { kind: 'reload' });
        }).then((error) => (error === undefined ? [] : [`queue ${worker.queue}: ${error}`])),
      ),
    );
    return errors.flat();
  }

  /** Ends all: what waits is judged first. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#sendCopies();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(
      this.#workers.map(async (worker) => {
        const { process: child } = worker;
        if (child === undefined) return;
        await this.#within<string | undefined>(STOP_TIME, '', (answer) => {
          worker.onStopped = () => {
            answer(undefined);
          };
          this.#send(worker, { kind: 'stop' });
        });
        child.kill();
      }),
    );
  }

  get #reports(): readonly WorkerReport[] {
    return this.#workers.flatMap(({ reports }) => reports);
  }

  #ready(worker: QueueWorker): Promise<void> {
    return new Promise((resolve, reject) => {
      let reason = '';
      this.#begin(
        worker,
        () => {
          resolve();
        },
        (text) => {
          reason = text;
        },
        (how) => {
          reject(new Error(reason === '' ? `the process of queue ${worker.queue} ${how}` : reason));
        },
      );
    });
  }

  #begin(
    worker: QueueWorker,
    onReady: () => void,
    onSaid: (text: string) => void,
    onFailure: ((how: string) => void) | undefined,
  ): void {
    const { queue } = worker;
    const child = this.#parts.start(queue);
    worker.process = child;
    worker.behind = 0;
    child.onMessage((message) => {
      if (worker.process !== child || !isFromWorker(message)) return;
      if (message.kind === 'say') onSaid(message.text);
      this.#take(worker, message, onReady);
    });
    child.onEnd((how) => {
      if (worker.process !== child) return;
      worker.process = undefined;
      const wasReady = worker.isReady;
      worker.isReady = false;
      worker.onReloaded?.(`its process ${how}`);
      worker.onStopped?.();
      worker.before = merged(worker.reports);
      worker.report = undefined;
      if (this.#isStopping) return;
      if (!wasReady && onFailure !== undefined) {
        onFailure(how);
        return;
      }
      this.#parts.say(`the process of queue ${queue} ${how}; it is started again`);
      this.#later(() => {
        worker.restarts++;
        this.#begin(
          worker,
          () => undefined,
          () => undefined,
          undefined,
        );
      });
    });
  }

  #take(worker: QueueWorker, message: FromWorker, onReady: () => void): void {
    switch (message.kind) {
      case 'ready':
        worker.isReady = true;
        this.#send(worker, { kind: 'mode', mode: this.#parts.mode() });
        onReady();
        return;
      case 'report':
        worker.report = message.report;
        return;
      case 'stopped':
        worker.report = message.report;
        worker.onStopped?.();
        return;
      case 'reloaded':
        worker.onReloaded?.(message.error);
        return;
      case 'say':
        this.#parts.say(`queue ${worker.queue}: ${message.text}`);
        return;
      case 'drop':
      case 'alert':
        this.#parts.onMessage(message, worker.queue);
    }
  }

  #sendCopies(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const packets = this.#pending;
    if (packets.length === 0) return;
    this.#pending = [];
    for (const worker of this.#workers) {
      if (!worker.isReady) continue;
      if (worker.behind + packets.length > MAX_BEHIND) {
        this.copiesLost += packets.length;
        continue;
      }
      worker.behind += packets.length;
      this.#send(worker, { kind: 'observe', packets }, () => {
        worker.behind -= packets.length;
      });
    }
  }

  #send(
    { process: child }: QueueWorker,
    message: ToWorker,
    done: () => void = () => undefined,
  ): void {
    child?.send(message, done);
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isStopping) action();
    }, RESTART);
    this.#timers.add(timer);
  }

  #within<T>(milliseconds: number, late: T, ask: (answer: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(late);
      }, milliseconds);
      ask((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }
}
