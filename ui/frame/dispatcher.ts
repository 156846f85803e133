/**
 * From keys to actions: sequences (`gg`), numbers before a key (`12G`), letters after one (`ma`).
 */
import type { ActionCall } from '../hooks/use-actions.ts';
import type { KeyBinding } from '../keymap.ts';

/** Most digits of a number before a key. */
const MAX_DIGITS = 9;

/** How long a digit may still become a number, milliseconds; then it is the key of a screen. */
export const DIGIT_DELAY = 350;

/** What the dispatcher needs. */
export interface DispatcherOptions {
  /** Rows in force. */
  readonly rows: () => readonly KeyBinding[];
  readonly run: (action: string, call: ActionCall) => void;
  /** Told what is waited with: `12`, `g`, `m`; '' for nothing. */
  readonly onPending: (text: string) => void;
  /** Calls back after milliseconds. @returns takes it back */
  readonly after: (milliseconds: number, then: () => void) => () => void;
}

/** Keys in, actions out. */
export class KeyDispatcher {
  readonly #options: DispatcherOptions;
  #digits = '';
  #prefix = '';
  #operator: KeyBinding | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Whether something is waited with, so that equal keys may not be told as a count. */
  get isPending(): boolean {
    return this.#digits !== '' || this.#prefix !== '' || this.#operator !== undefined;
  }

  /** The row of a key. */
  rowOf(key: string): KeyBinding | undefined {
    return this.#options.rows().find(({ keys }) => keys.includes(key));
  }

  /** Forgets what is waited with. */
  reset(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#digits = '';
    this.#prefix = '';
    this.#operator = undefined;
    this.#options.onPending('');
  }

  /**
   * Takes a key.
   * @param times how often it was pressed, for rows that are repeatable
   * @returns `again` when the key must be given again after the next render: a screen was changed first
   */
  press(key: string, times = 1): 'done' | 'again' {
    if (this.#operator !== undefined) {
      const { action } = this.#operator;
      this.reset();
      if (/^[a-z]$/i.test(key)) this.#options.run(action, { count: undefined, argument: key });
      return 'done';
    }
    if (/^[1-9]$/.test(key) || (key === '0' && this.#digits !== '')) {
      this.#digit(key);
      return 'done';
    }
    if (this.#digits.length === 1 && key !== 'G' && key !== 'g' && key !== 'esc') {
      this.#flushDigit();
      return 'again';
    }
    if (key === 'esc' && this.isPending) {
      this.reset();
      return 'done';
    }
    if (this.#prefix === '' && this.#isPrefix(key)) {
      this.#prefix = key;
      this.#cancelTimer?.();
      this.#options.onPending(this.#digits + key);
      return 'done';
    }
    this.#finish(key, times);
    return 'done';
  }

  #digit(key: string): void {
    this.#prefix = '';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#digits.length < MAX_DIGITS) this.#digits += key;
    this.#options.onPending(this.#digits);
    if (this.#digits.length === 1) {
      this.#cancelTimer = this.#options.after(DIGIT_DELAY, () => {
        if (this.#digits.length === 1) this.#flushDigit();
      });
    }
  }

  /** A digit alone is a key like others. */
  #flushDigit(): void {
    const key = this.#digits;
    this.reset();
    const row = this.rowOf(key);
    if (row !== undefined) this.#options.run(row.action, { count: undefined, argument: undefined });
  }

  /** Whether a longer sequence starts with the key, and no row has it alone. */
  #isPrefix(key: string): boolean {
    return this.#options.rows().some(({ keys }) => keys.includes(key + key));
  }

  #finish(key: string, times: number): void {
    const sequence = this.#prefix + key;
    const digits = this.#digits;
    const row = this.rowOf(sequence) ?? this.rowOf(key);
    this.reset();
    if (row === undefined) return;
    const count = digits === '' ? undefined : Number(digits);
    if (count !== undefined && (row.action === 'first' || row.action === 'last')) {
      this.#options.run('goto', { count, argument: undefined });
      return;
    }
    if (row.argument?.kind === 'letter') {
      this.#operator = row;
      this.#options.onPending(key);
      return;
    }
    const repeated = row.isRepeatable === true && times > 1 ? (count ?? 1) * times : count;
    this.#options.run(row.action, { count: repeated, argument: undefined });
  }
}
