import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { repaint } from '../../../ui/frame/painter.ts';

/** A terminal that knows what `repaint` sends: places, erasing, text without styles. */
class Cells extends EventEmitter {
  readonly #rows: string[][];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super();
    this.#rows = Array.from({ length: rows }, () => Array.from({ length: columns }, () => '?'));
  }

  write(text: string): void {
    for (const [, csi, character] of text.matchAll(/\x1b\[([?\d;]*[A-Za-z])|([^\x1b])/g)) {
      if (csi === undefined) {
        const row = this.#rows[this.#row];
        if (row === undefined || this.#column >= row.length) throw new Error('outside');
        row[this.#column++] = character ?? '';
      } else if (csi === '2J') for (const row of this.#rows) row.fill(' ');
      else if (csi === '2K') this.#rows[this.#row]?.fill(' ');
      else if (csi.endsWith('H')) {
        const [row = 1, column = 1] = csi.slice(0, -1).split(';').map(Number);
        this.#row = row - 1;
        this.#column = column - 1;
      } else if (csi !== '0m' && !csi.startsWith('?2026')) throw new Error(`unknown ${csi}`);
    }
  }

  get lines(): readonly string[] {
    return this.#rows.map((row) => row.join('').trimEnd());
  }
}

const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-'), maxLength: 10 });
const frame = fc.array(line, { maxLength: 6 });

describe('drawing frames', () => {
  it('leaves exactly the last frame on the terminal, whatever was drawn before', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), (frames) => {
        const cells = new Cells(10, 6);
        let drawn: readonly string[] | undefined;
        for (const next of frames) {
          cells.write(repaint(drawn, next));
          drawn = next;
        }
        const last = frames.at(-1) ?? [];
        const wanted = Array.from({ length: 6 }, (_, row) => (last[row] ?? '').trimEnd());
        expect(cells.lines).toEqual(wanted);
      }),
    );
  });

  it('writes nothing when nothing changed, and only the lines that did', () => {
    const before = ['one', 'two', 'three'];
    expect(repaint(before, ['one', 'two', 'three'])).toBe('');
    const out = repaint(before, ['one', 'TWO', 'three']);
    expect(out).toContain('\x1b[2;1H\x1b[0m\x1b[2KTWO');
    expect(out).not.toMatch(/one|three/);
  });

  it('neither clears the terminal nor scrolls it once it knows what is there', () => {
    const out = repaint(['one', 'two'], ['three']);
    expect(out).not.toContain('\x1b[2J');
    expect(out).not.toContain('\x1b[3J');
    expect(out).not.toContain('\n');
  });
});
