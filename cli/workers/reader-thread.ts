/**
 * Reading thread: reads captures, decompresses them, opens ESP where that needs no state, and sends batches.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import { Preopener } from '../../engine/preopener.ts';
import { openFiles } from '../../io/capture/file.ts';
import { loadKeyFiles } from '../../io/keys.ts';
import { BATCHES_AHEAD } from './messages.ts';
import type { MainMessage, ReaderMessage, ReaderStart } from './messages.ts';
import { BatchWriter, transferOf } from './packet-batch.ts';

if (parentPort === null) throw new Error('reader-thread runs as a worker thread');
const port = parentPort;

function send(message: ReaderMessage): void {
  port.postMessage(message, message.kind === 'batch' ? transferOf(message.batch) : []);
}

async function read({ inputs, keyFiles }: ReaderStart): Promise<void> {
  const { associations } =
    keyFiles.length === 0 ? { associations: [] } : await loadKeyFiles(keyFiles, parseKeyText);
  const preopener = new Preopener(associations);
  const source = openFiles(inputs);
  const writer = new BatchWriter();
  const stop = new AbortController();
  let credit = BATCHES_AHEAD;
  let resume: (() => void) | undefined;
  port.on('message', (message: MainMessage) => {
    if (message === 'stop') stop.abort();
    else {
      writer.recycle(message);
      credit++;
    }
    resume?.();
  });
  let octetsRead = 0;
  let interfacesSent = 0;
  const flush = (): void => {
    const interfaces: CaptureInterface[] = source.interfaces.slice(interfacesSent);
    interfacesSent = source.interfaces.length;
    credit--;
    send({ kind: 'batch', batch: writer.take(), interfaces, octetsRead });
  };
  const backPressure = (): Promise<void> | undefined => {
    if (credit > 0 || stop.signal.aborted) return undefined;
    return new Promise<void>((resolve) => {
      resume = () => {
        if (credit <= 0 && !stop.signal.aborted) return;
        resume = undefined;
        resolve();
      };
    });
  };
  const onPacket = (record: PacketRecord): void => {
    writer.add(record, preopener.open(record));
    if (writer.isFull) flush();
  };
  await source.run(onPacket, {
    backPressure,
    signal: stop.signal,
    onProgress: (progress) => {
      octetsRead = progress.octetsRead;
    },
  });
  if (!writer.isEmpty) flush();
  send({ kind: 'end', faults: source.faults });
  port.close();
}

read(workerData as ReaderStart).catch((error: unknown) => {
  send({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  port.close();
});
