/**
 * Opens what the terminal UI shows.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Terminal } from '../terminal.ts';
import type { NotedModel } from './noted-model.ts';
import type { ModelOptions } from './open-local.ts';

export type { ModelOptions } from './open-local.ts';

/** Where the process with the model is, when this is the built program. */
function builtHost(): string | undefined {
  const file = fileURLToPath(new URL('./host.js', import.meta.url));
  return existsSync(file) ? file : undefined;
}

/**
 * Opens a model and begins to read: in a process of its own, so that dissecting never keeps keys waiting, or in this
 * one where the program is not built.
 * @param terminal hears what is said while it is opened; afterwards the log has it
 * @throws CliError for site, keys, rules, filter, inputs and interfaces, as `audit` and `live` have them
 */
export async function openModel(options: ModelOptions, terminal: Terminal): Promise<NotedModel> {
  const host = builtHost();
  if (host === undefined) {
    const { openLocalModel } = await import('./open-local.ts');
    return openLocalModel(options, terminal);
  }
  const { openRemoteModel } = await import('./remote-model.ts');
  return openRemoteModel(options, terminal, host);
}
