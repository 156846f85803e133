/**
 * Frames to a terminal: only lines that changed are written, each at its place.
 *
 * ink 6.8.0 has such a mode (`incrementalRendering`), but for frames lower than the terminal it goes up one line too few
 * and draws over itself; its other mode writes everything each time. So ink writes to a stream of ours, as if frames
 * were printed one below the other, and what is drawn is decided here.
 */
import type { ScreenSize } from '../screen.ts';

/** How long the terminal must keep its size before frames are made for it, milliseconds. */
const RESIZE_REST = 30;

/** Erases what was printed before: ink puts it before every frame. Other control sequences do not come in front. */
const ERASED = /^(?:\x1b\[2K(?:\x1b\[1A)?)*(?:\x1b\[G)?/;

/** The terminal shows nothing between these two: where it knows them, no half frame is ever seen. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

/** Told when what was written is gone. */
type Written = (error?: Error | null) => void;

/** A size, whatever the terminal says. */
function sizeOf({ columns, rows }: NodeJS.WriteStream): ScreenSize {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

/** The octets that turn one frame into another. Lines are no wider than the terminal. */
export function repaint(before: readonly string[] | undefined, now: readonly string[]): string {
  let out = before === undefined ? '\x1b[0m\x1b[2J' : '';
  const lines = Math.max(now.length, before?.length ?? 0);
  for (let i = 0; i < lines; i++) {
    const line = now[i] ?? '';
    if (before !== undefined ? line === (before[i] ?? '') : line === '') continue;
    // Erased first: behind a line that fills the row the cursor still stands on its last cell.
    out += `\x1b[${i + 1};1H\x1b[0m\x1b[2K${line}`;
  }
  return out === '' ? '' : `${BEGIN}${out}\x1b[0m${END}`;
}

/** Draws frames on a terminal, and tells when its size changed. */
export class FramePainter {
  /** What ink is given as its output. */
  readonly stream: NodeJS.WriteStream;
  readonly #output: NodeJS.WriteStream;
  readonly #listeners = new Set<() => void>();
  #size: ScreenSize;
  #rest: NodeJS.Timeout | undefined;
  /** Lines on the terminal; undefined when that is not known. */
  #drawn: readonly string[] | undefined;
  #frame: readonly string[] = [];
  /** Frames come by `show`; those of ink are not looked at. */
  #isTaken = false;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    this.#size = sizeOf(output);
    output.on('resize', this.#resized);
    this.stream = new Proxy(output, {
      get: (target, name): unknown => {
        switch (name) {
          case 'columns':
            return this.#size.columns;
          case 'rows':
            // No frame is ever too high: then ink would clear the terminal with all that was before.
            return Number.MAX_SAFE_INTEGER;
          case 'isTTY':
            // No hiding of the cursor, no synchronisation: that is done here.
            return false;
          case 'write':
            return this.#write;
          case 'on':
          case 'off':
            return (event: string, listener: () => void) => {
              if (event !== 'resize') target[name](event, listener);
              else if (name === 'on') this.#listeners.add(listener);
              else this.#listeners.delete(listener);
            };
          default:
            return Reflect.get(target, name, target);
        }
      },
    });
  }

  /** Size of the terminal, once it has kept it for a moment. */
  get size(): ScreenSize {
    return this.#size;
  }

  /** Calls back when `size` changed. @returns ends it */
  onResize(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** From now on frames come by `show` alone. @returns those of ink count again */
  takeOver(): () => void {
    this.#isTaken = true;
    return () => {
      this.#isTaken = false;
    };
  }

  /** Draws a frame. Lines are no wider than the terminal. */
  show(lines: readonly string[]): void {
    this.#frame = lines;
    this.#draw();
  }

  /** Draws everything again. */
  redraw(): void {
    this.#drawn = undefined;
    this.#draw();
  }

  /** Draws no more. */
  close(): void {
    clearTimeout(this.#rest);
    this.#output.off('resize', this.#resized);
    this.#listeners.clear();
  }

  readonly #resized = (): void => {
    // While a window is dragged sizes come by the dozen.
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#size = sizeOf(this.#output);
      // Terminals move and cut what is on them in their own ways.
      this.#drawn = undefined;
      for (const listener of [...this.#listeners]) listener();
      this.#draw();
    }, RESIZE_REST);
  };

  /** Takes what ink writes: an erasure and a frame. */
  readonly #write = (text: string, ...rest: readonly (BufferEncoding | Written)[]): boolean => {
    const frame = this.#isTaken ? '' : text.replace(ERASED, '');
    if (frame !== '') this.show(frame.replace(/\n$/, '').split('\n'));
    const done = rest.at(-1);
    if (typeof done === 'function') this.#output.write('', done);
    return true;
  };

  #draw(): void {
    const out = repaint(this.#drawn, this.#frame.slice(0, this.#size.rows));
    this.#drawn = this.#frame.slice(0, this.#size.rows);
    if (out !== '') this.#output.write(out);
  }
}
