/**
 * Ctrl-C and its kin: the first one ends the run in good order, the second one at once.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens to signals while a command runs. */
export class StopSignals {
  readonly #controller = new AbortController();
  readonly #listeners: (readonly [(typeof SIGNALS)[number], () => void])[];
  #isStopped = false;

  /**
   * @param onFirst called with the name of the first signal
   * @param onHangUp what SIGHUP does instead of ending the run
   */
  constructor(onFirst: (signal: string) => void, onHangUp?: () => void) {
    this.#listeners = SIGNALS.map((signal) => [
      signal,
      () => {
        if (signal === 'SIGHUP' && onHangUp !== undefined) {
          onHangUp();
          return;
        }
        // As shells report a process that a signal ended.
        if (this.#isStopped) process.exit(128 + constants.signals[signal]);
        this.#isStopped = true;
        onFirst(signal);
        this.#controller.abort();
      },
    ]);
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
  }

  /** Aborted by the first signal, or by `stop`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True once a signal came. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Ends the run for another reason. */
  stop(): void {
    this.#controller.abort();
  }

  /** Stops listening. */
  dispose(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }
}
