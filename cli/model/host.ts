/**
 * The process that reads, dissects and judges, so that keys are answered at once in the process of the screens.
 * Started by `remote-model.ts`; ends with its parent.
 */
import { setFlagsFromString } from 'node:v8';
import { CliError } from '../exit-codes.ts';
import { processTerminal } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import type { LocalModel } from './local-model.ts';
import type { ClientMessage, HostMessage, Request, RequestName } from './messages.ts';
import { openLocalModel } from './open-local.ts';
import type { ModelOptions } from './open-local.ts';

// Trees of packets are thrown away as fast as they are made: left to itself the heap grows to several times of what is
// in use before that is collected.
setFlagsFromString('--heap-growing-percent=50');

/** Requests after which the status is another. */
const CHANGES: ReadonlySet<RequestName> = new Set<RequestName>([
  'setFilter',
  'mute',
  'setCapturing',
]);

let model: LocalModel | undefined;

function send(message: ClientMessage): void {
  // Nobody listens when the parent is gone; its disconnection ends this process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

/** What is said goes to the parent: this process has no place on the screen. */
function hostTerminal(): Terminal {
  return {
    ...processTerminal(),
    isOutputTerminal: false,
    isErrorTerminal: false,
    say(text) {
      send({ kind: 'say', text });
    },
    sayRaw(text) {
      send({ kind: 'say', text });
    },
  };
}

async function open(options: ModelOptions): Promise<void> {
  try {
    const opened = await openLocalModel(options, hostTerminal());
    model = opened;
    send({ kind: 'opened', status: opened.status });
    opened.subscribe((status) => {
      send({ kind: 'status', status });
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const exitCode = error instanceof CliError ? error.exitCode : undefined;
    send({ kind: 'refused', message, exitCode });
  }
}

/** The answer of the model. */
function answerOf(to: LocalModel, request: Request): Promise<unknown> {
  switch (request.name) {
    case 'rows':
      return to.rows(...request.arguments);
    case 'detail':
      return to.detail(...request.arguments);
    case 'lineOf':
      return to.lineOf(...request.arguments);
    case 'packetOf':
      return to.packetOf(...request.arguments);
    case 'setFilter':
      return to.setFilter(...request.arguments);
    case 'valuesOf':
      return to.valuesOf(...request.arguments);
    case 'search':
      return to.search(...request.arguments);
    case 'view':
      return to.view(...request.arguments);
    case 'ladder':
      return to.ladder(...request.arguments);
    case 'mute':
      return to.mute(...request.arguments);
    case 'write':
      return to.write(...request.arguments);
    case 'setCapturing':
      return to.setCapturing(...request.arguments);
    case 'note':
      return to.note(...request.arguments);
  }
}

async function answer(request: Request): Promise<void> {
  const { id } = request;
  try {
    if (model === undefined) throw new Error('the model is not open');
    const value = await answerOf(model, request);
    // Who changed something sees the status that follows from it before the answer.
    if (CHANGES.has(request.name)) send({ kind: 'status', status: model.status });
    send({ kind: 'answer', id, value });
  } catch (error) {
    send({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) });
  }
}

process.on('message', (message: HostMessage) => {
  if (message.kind === 'open') void open(message.options);
  else void answer(message);
});

process.on('disconnect', () => {
  void model?.close();
  // What is left (an interface, a pipe) must not keep a process that nobody can reach.
  process.exit(0);
});

// Ctrl-C and a closed terminal are told to the whole group; the parent decides what becomes of this process.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTSTP'] as const) process.on(signal, () => undefined);

send({ kind: 'ready' });
