/**
 * Processes for further queues: this program again, with a way to talk.
 */
import { fork } from 'node:child_process';
import { constants } from 'node:os';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { loadGateway } from './gateway-configuration.ts';
import type { WorkerProcess } from './queue-workers.ts';
import { SHORT_PAUSES } from './short-pauses.ts';
import { WORKER_QUEUE } from './worker-messages.ts';
import type { FromWorker } from './worker-messages.ts';
import { runQueueWorker } from './worker-run.ts';
import type { WorkerChannel } from './worker-run.ts';

/** Starts the process of a queue. */
export function startWorker(config: string, queue: number): WorkerProcess {
  const [, main = ''] = process.argv;
  // Standard error is shared: what goes wrong before the process can talk is seen there.
  const child = fork(main, ['gateway', '--config', config], {
    execArgv: [...new Set([...process.execArgv, ...SHORT_PAUSES])],
    env: { ...process.env, [WORKER_QUEUE]: String(queue), NOTIFY_SOCKET: '' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let isOver = false;
  const over = (how: string, take: (text: string) => void): void => {
    if (isOver) return;
    isOver = true;
    take(how);
  };
  return {
    pid: child.pid,
    send(message, done) {
      if (!child.connected) {
        done();
        return;
      }
      child.send(message, () => {
        done();
      });
    },
    kill() {
      child.kill('SIGKILL');
    },
    onMessage(take) {
      child.on('message', take);
    },
    onEnd(take) {
      child.on('error', (error) => {
        over(`cannot run: ${error.message}`, take);
      });
      child.on('exit', (code, signal) => {
        over(signal === null ? `ended with ${code ?? 0}` : `was ended by ${signal}`, take);
      });
    },
  };
}

/** The queue that this process was started for; undefined in a process of its own. */
export function workerQueue(): number | undefined {
  const text = process.env[WORKER_QUEUE];
  return text === undefined || process.send === undefined ? undefined : Number(text);
}

function channelOfProcess(): WorkerChannel {
  return {
    send(message: FromWorker) {
      // When nobody listens any more, `disconnect` ends the process.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage(take) {
      process.on('message', take);
    },
    onEnd(take) {
      process.on('disconnect', take);
    },
  };
}

/** The work of such a process. The main process ends it, so the signals that end that one are not for it. */
export async function runWorkerProcess(
  config: string,
  queue: number,
  terminal: Terminal,
): Promise<ExitCode> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    if (signal in constants.signals) process.on(signal, () => undefined);
  }
  const configuration = await loadGateway(config, { ...terminal, say: () => undefined });
  return runQueueWorker(configuration, queue, channelOfProcess(), terminal);
}
