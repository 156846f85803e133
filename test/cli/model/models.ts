/**
 * Models of captures for tests.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { LocalModel } from '../../../cli/model/local-model.ts';
import { openLocalModel } from '../../../cli/model/open-local.ts';
import type { ModelOptions } from '../../../cli/model/open-local.ts';
import type { Terminal } from '../../../cli/terminal.ts';
import type { ModelStatus, PacketModel } from '../../../engine/views/model/index.ts';
import { MemorySink } from '../../io/export/memory-sink.ts';
import { CAPTURES } from '../read/run.ts';
import { PATIENCE } from '../../patience.ts';

/** A terminal that nobody looks at. @param said takes what is said */
export function quietTerminal(said: string[] = []): Terminal {
  return {
    output: new MemorySink(),
    isOutputTerminal: false,
    isErrorTerminal: false,
    columns: undefined,
    environment: {},
    say: (text) => {
      said.push(text);
    },
    sayRaw: () => undefined,
  };
}

/** The status once it is as wanted. Rejects after a while. */
export function statusWhen(
  model: PacketModel,
  isWanted: (status: ModelStatus) => boolean,
): Promise<ModelStatus> {
  const { status: now } = model;
  if (isWanted(now)) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end();
      reject(new Error(`the status did not come; it is ${JSON.stringify(model.status)}`));
    }, PATIENCE);
    const end = model.subscribe((status) => {
      if (!isWanted(status)) return;
      clearTimeout(timer);
      end();
      resolve(status);
    });
  });
}

/** Waits until all is read and looked at by the filter. */
export function settled(model: PacketModel): Promise<ModelStatus> {
  return statusWhen(model, ({ phase, isFiltering }) => phase !== 'loading' && !isFiltering);
}

/** Opens a model of captures in this process, and closes it when the test is over. */
export async function openTestModel(options: ModelOptions): Promise<LocalModel> {
  const model = await openLocalModel(options, quietTerminal());
  onTestFinished(() => model.close());
  return model;
}

/** The same, with all of it read. */
export async function openSettled(options: ModelOptions): Promise<LocalModel> {
  const model = await openTestModel(options);
  await settled(model);
  return model;
}

/** What lies beside a bundled capture, with the capture. */
export function bundled(name: string): ModelOptions {
  const file = path.join(CAPTURES, name);
  const base = file.replace(/\.pcap(ng)?$/, '');
  const keys = `${base}.esp_sa`;
  const config = `${base}.site.yaml`;
  return {
    inputs: [file],
    keys: existsSync(keys) ? [keys] : [],
    config: existsSync(config) ? config : undefined,
  };
}
