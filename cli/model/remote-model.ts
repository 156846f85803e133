/**
 * A model in a process of its own.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type {
  FilterOutcome,
  Ladder,
  LadderSubject,
  ModelStatus,
  ModelViews,
  Mute,
  PacketDetail,
  PacketRow,
  SearchQuery,
  ViewName,
  WriteSelection,
} from '../../engine/views/model/index.ts';
import { CliError } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { filterOutcome } from './filter-outcome.ts';
import type {
  ClientMessage,
  HostMessage,
  RequestAnswer,
  RequestArguments,
  RequestName,
} from './messages.ts';
import type { NotedModel } from './noted-model.ts';
import type { ModelOptions } from './open-local.ts';

/** Characters of what a dying process said that are told. */
const MAX_LAST_WORDS = 2000;
/**
 * Flags of Node.js with which who asks waits less while a large file loads.
 * - Of the threads that help to collect garbage and to compile there is one: left to itself each process has four, and on
 *   few cores those keep the one that answers from running.
 * - What is alive is marked as memory is asked for, not in turns of its own: those leave a fifth of the time to others for
 *   half a second, in which a jump took 170 ms (`npm run bench:model`).
 */
const HOST_ARGUMENTS = ['--v8-pool-size=1', '--no-incremental-marking-task'];
/** Milliseconds between the end of the connection and that of the process. */
const EXIT_PATIENCE = 1000;

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Client of a model in another process. */
export class RemoteModel implements NotedModel {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(status: ModelStatus) => void>();
  #status: ModelStatus;
  #nextId = 0;
  /** Why nothing more can be asked. */
  #end: Error | undefined;
  #isClosed = false;

  /**
   * @param child that has opened the model
   * @param status its first status
   * @param lastWords what the process wrote to standard error
   */
  constructor(child: ChildProcess, status: ModelStatus, lastWords: () => string) {
    this.#child = child;
    this.#status = status;
    child.on('message', (message: ClientMessage) => {
      this.#receive(message);
    });
    child.on('error', (error) => {
      this.#die(error.message);
    });
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`;
      const words = lastWords().trim();
      this.#die(`the process that reads packets ended: ${how}${words === '' ? '' : `: ${words}`}`);
    });
    child.on('disconnect', () => {
      // Why it ended is known a moment later.
      setTimeout(() => {
        this.#die('the process that reads packets does not answer any more');
      }, EXIT_PATIENCE).unref();
    });
    if (!child.connected) this.#die('the process that reads packets ended');
  }

  /** Process number of the host. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get status(): ModelStatus {
    return this.#status;
  }

  subscribe(listener: (status: ModelStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  rows(from: number, count: number): Promise<readonly PacketRow[]> {
    return this.#ask('rows', [from, count]);
  }

  detail(packet: number): Promise<PacketDetail | undefined> {
    return this.#ask('detail', [packet]);
  }

  lineOf(packet: number): Promise<number> {
    return this.#ask('lineOf', [packet]);
  }

  packetOf(number: number): Promise<number | undefined> {
    return this.#ask('packetOf', [number]);
  }

  checkFilter(text: string): FilterOutcome {
    return filterOutcome(text);
  }

  setFilter(text: string): Promise<FilterOutcome> {
    return this.#ask('setFilter', [text]);
  }

  valuesOf(field: string, start: string, limit: number): Promise<readonly string[]> {
    return this.#ask('valuesOf', [field, start, limit]);
  }

  search(query: SearchQuery, from: number, isBackward: boolean): Promise<number | undefined> {
    return this.#ask('search', [query, from, isBackward]);
  }

  view<V extends ViewName>(name: V): Promise<ModelViews[V]>;
  view(name: ViewName): Promise<ModelViews[ViewName]> {
    return this.#ask('view', [name]);
  }

  ladder(subject: LadderSubject): Promise<Ladder> {
    return this.#ask('ladder', [subject]);
  }

  mute(mute: Mute): Promise<void> {
    return this.#ask('mute', [mute]);
  }

  write(file: string, selection: WriteSelection): Promise<{ readonly packets: number }> {
    return this.#ask('write', [file, selection]);
  }

  setCapturing(isOn: boolean): Promise<void> {
    return this.#ask('setCapturing', [isOn]);
  }

  note(text: string): Promise<void> {
    return this.#ask('note', [text]);
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#listeners.clear();
    this.#fail(new Error('the model is closed'));
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      // It ends with the connection.
      if (child.connected) child.disconnect();
      else child.kill('SIGKILL');
    });
  }

  #ask<N extends RequestName>(name: N, args: RequestArguments<N>): Promise<RequestAnswer<N>>;
  #ask(name: RequestName, args: unknown): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request = { kind: 'request', id, name, arguments: args };
      this.#child.send(request, (error) => {
        if (error === null) return;
        this.#waiting.delete(id);
        reject(error);
      });
    });
  }

  #receive(message: ClientMessage): void {
    switch (message.kind) {
      case 'status':
        this.#setStatus(message.status);
        return;
      case 'answer':
      case 'failure': {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.kind === 'answer') waiting?.resolve(message.value);
        else waiting?.reject(new Error(message.message));
        return;
      }
      case 'ready':
      case 'opened':
      case 'refused':
      case 'say':
    }
  }

  #setStatus(status: ModelStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }

  #die(reason: string): void {
    if (this.#end !== undefined) return;
    this.#fail(new Error(reason));
    this.#setStatus({ ...this.#status, phase: 'failed', failure: reason });
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * Opens a model in a process of its own. What is wrong with site, keys, rules, filter and inputs is told as by a model
 * in this process.
 * @param host file of the process, built
 * @throws CliError
 */
export async function openRemoteModel(
  options: ModelOptions,
  terminal: Terminal,
  host: string,
): Promise<RemoteModel> {
  // Only the process that reads packets needs standard input.
  const isInput = options.inputs?.includes('-') === true;
  const child = fork(host, [], {
    serialization: 'advanced',
    stdio: [isInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'],
    // What the parent was started with (a debugger) is not for the child.
    execArgv: HOST_ARGUMENTS,
  });
  let words = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    words = (words + text).slice(-MAX_LAST_WORDS);
  });
  try {
    const status = await opened(child, options, terminal, () => words);
    return new RemoteModel(child, status, () => words);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** The first status of a model that a process opens. Rejects when it cannot. */
function opened(
  child: ChildProcess,
  options: ModelOptions,
  terminal: Terminal,
  lastWords: () => string,
): Promise<ModelStatus> {
  return new Promise((resolve, reject) => {
    const tell = (message: HostMessage): void => {
      child.send(message);
    };
    const onMessage = (message: ClientMessage): void => {
      switch (message.kind) {
        case 'ready':
          tell({ kind: 'open', options });
          return;
        case 'say':
          terminal.say(message.text);
          return;
        case 'opened':
          done();
          resolve(message.status);
          return;
        case 'refused':
          done();
          reject(failure(message.message, message.exitCode));
          return;
        case 'status':
        case 'answer':
        case 'failure':
      }
    };
    const onExit = (): void => {
      done();
      reject(new Error(`the process that reads packets could not begin: ${lastWords().trim()}`));
    };
    const onError = (error: Error): void => {
      done();
      reject(error);
    };
    const done = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onError);
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onError);
  });
}

function failure(
  message: string,
  exitCode: Extract<ClientMessage, { kind: 'refused' }>['exitCode'],
): Error {
  return exitCode === undefined ? new Error(message) : new CliError(exitCode, message);
}
