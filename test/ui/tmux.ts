/**
 * A terminal of a test: a shell in tmux, on a server of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { vi } from 'vitest';
import { PATIENCE } from '../patience.ts';

/** Whether tmux is there. */
export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let servers = 0;

/** A shell in a terminal. */
export class TmuxTerminal {
  readonly #server = `mip6guard-test-${process.pid}-${servers++}`;

  /** @param environment besides a plain one */
  constructor(columns: number, rows: number, environment: Readonly<Record<string, string>> = {}) {
    const plain = { PATH: process.env['PATH'] ?? '', HOME: '/', PS1: '$ ', LC_ALL: 'C.UTF-8' };
    const command = ['env', '-i'];
    for (const [name, value] of Object.entries({ ...plain, ...environment })) {
      command.push(`${name}=${value}`);
    }
    // The terminal inside is tmux's own.
    command.push('TERM=screen', 'bash', '--norc', '--noprofile', '-i');
    this.#run(
      ...['-f', '/dev/null', 'new-session', '-d', '-s', 'test'],
      ...['-x', `${columns}`, '-y', `${rows}`, ...command],
    );
  }

  #run(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8' });
  }

  /** Types text and enter. */
  line(text: string): void {
    this.#run('send-keys', '-t', 'test', '-l', text);
    this.#run('send-keys', '-t', 'test', 'Enter');
  }

  /** Presses keys by tmux's names: `j`, `C-c`, `Escape`. */
  press(...keys: readonly string[]): void {
    this.#run('send-keys', '-t', 'test', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-t', 'test', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** What is on the screen, with styles when wanted. */
  screen(isStyled = false): string {
    return this.#run('capture-pane', '-p', ...(isStyled ? ['-e'] : []), '-t', 'test');
  }

  /** Lines that were scrolled out of the main screen. */
  get scrolled(): number {
    return Number(this.#run('display-message', '-p', '-t', 'test', '#{history_size}'));
  }

  /** Whether the alternate screen is shown, and the cursor. */
  get state(): { readonly isAlternate: boolean; readonly isCursorShown: boolean } {
    const flags = this.#run(
      'display-message',
      '-p',
      '-t',
      'test',
      '#{alternate_on} #{cursor_flag}',
    );
    const [alternate, cursor] = flags.trim().split(' ');
    return { isAlternate: alternate === '1', isCursorShown: cursor === '1' };
  }

  /** Waits until the screen has a text. @returns the screen */
  async waitFor(text: string | RegExp): Promise<string> {
    return vi.waitFor(
      () => {
        const screen = this.screen();
        const isThere = typeof text === 'string' ? screen.includes(text) : text.test(screen);
        if (!isThere) throw new Error(`${String(text)} does not come:\n${screen}`);
        return screen;
      },
      { timeout: PATIENCE, interval: 50 },
    );
  }

  close(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server']);
  }
}
