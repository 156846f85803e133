/**
 * The terminal while screens are shown: taken, given back on every way out, lent to the shell meanwhile.
 */
import { writeSync } from 'node:fs';
import type { ReadStream } from 'node:tty';

/** Alternate screen, empty, no wrapping surprises, cursor hidden at its start. */
const ENTER = '\x1b[?1049h\x1b[0m\x1b[2J\x1b[H\x1b[?25l';
/** Plain text, cursor shown, the screen as it was. */
const LEAVE = '\x1b[0m\x1b[?25h\x1b[?1049l';

/** How long after a stop that did not stop us we go on, milliseconds: nobody would say SIGCONT. */
const NOT_STOPPED = 200;

/** How often a write that finds the terminal busy is tried again. */
const TRIES = 100;

/** A terminal that is taken and given back. */
export class TerminalGuard {
  readonly #input: ReadStream;
  readonly #descriptor: number;
  readonly #onResume: () => void;
  #isIn = false;
  #isSuspended = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param descriptor of the terminal that shows the screen
   * @param onResume the screen was taken again and is empty
   */
  constructor(input: ReadStream, descriptor: number, onResume: () => void) {
    this.#input = input;
    this.#descriptor = descriptor;
    this.#onResume = onResume;
  }

  /** Takes the terminal until `leave`, which happens at the latest when the process ends. */
  enter(): void {
    if (this.#isIn) return;
    this.#isIn = true;
    process.on('exit', this.#leave);
    process.on('SIGTSTP', this.#stopped);
    process.on('SIGCONT', this.#continued);
    this.#write(ENTER);
  }

  /** Gives the terminal back. Never throws: it may be gone. */
  leave(): void {
    if (!this.#isIn) return;
    this.#isIn = false;
    clearTimeout(this.#timer);
    process.off('exit', this.#leave);
    process.off('SIGTSTP', this.#stopped);
    process.off('SIGCONT', this.#continued);
    if (!this.#isSuspended) this.#giveBack();
  }

  /** To the shell, with all processes of the job, as the terminal itself does it for ctrl-z. */
  suspend(): void {
    this.#suspend(0);
  }

  readonly #leave = (): void => {
    this.leave();
  };

  /** Somebody asked this process alone to stop. */
  readonly #stopped = (): void => {
    this.#suspend(process.pid);
  };

  readonly #continued = (): void => {
    if (!this.#isIn) return;
    clearTimeout(this.#timer);
    if (this.#isSuspended) process.on('SIGTSTP', this.#stopped);
    this.#isSuspended = false;
    // The shell may have changed the mode of the terminal, and node only acts on changes of its own.
    this.#raw(false);
    this.#raw(true);
    this.#write(ENTER);
    this.#onResume();
  };

  #suspend(target: number): void {
    if (!this.#isIn || this.#isSuspended) return;
    this.#isSuspended = true;
    this.#giveBack();
    // Without a listener the signal does what it does to any process.
    process.off('SIGTSTP', this.#stopped);
    process.kill(target, 'SIGTSTP');
    this.#timer = setTimeout(() => {
      if (this.#isSuspended) this.#continued();
    }, NOT_STOPPED);
  }

  #giveBack(): void {
    this.#raw(false);
    this.#write(LEAVE);
  }

  #raw(isOn: boolean): void {
    try {
      this.#input.setRawMode(isOn);
    } catch {
      // The terminal is gone.
    }
  }

  #write(text: string): void {
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        writeSync(this.#descriptor, text);
        return;
      } catch (error) {
        const isBusy = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
        if (!isBusy) return;
      }
    }
  }
}
