/**
 * Signals of a sensor: SIGTERM and SIGINT end it in good order, a second one at once; SIGHUP loads its files again.
 */
import { constants } from 'node:os';

type Ending = 'SIGTERM' | 'SIGINT';
const ENDINGS: readonly Ending[] = ['SIGTERM', 'SIGINT'];

/** What signals do. */
export interface SignalActions {
  onEnd(signal: string): void;
  /** Before the process ends at once. */
  onEndAtOnce(): void;
  onReload(): void;
}

/** Listens to signals while a sensor runs. */
export class SensorSignals {
  readonly #controller = new AbortController();
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[];

  constructor(actions: SignalActions) {
    const ending = ENDINGS.map((signal) => {
      const listener = (): void => {
        if (this.#controller.signal.aborted) {
          actions.onEndAtOnce();
          // As shells report a process that a signal ended.
          process.exit(128 + constants.signals[signal]);
        }
        actions.onEnd(signal);
        this.#controller.abort();
      };
      return [signal, listener] as const;
    });
    const reload = (): void => {
      actions.onReload();
    };
    this.#listeners = [...ending, ['SIGHUP', reload] as const];
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
  }

  /** Aborted by the first signal that ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  dispose(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }
}
