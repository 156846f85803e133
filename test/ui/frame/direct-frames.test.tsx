import { EventEmitter } from 'node:events';
import type { ReactElement } from 'react';
import { Box } from 'ink';
import type { DOMElement } from 'ink';
import { render } from 'ink-testing-library';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Line } from '../../../ui/components/line.tsx';
import { drawDirectly } from '../../../ui/frame/direct-frames.ts';
import { FramePainter } from '../../../ui/frame/painter.ts';

/** A terminal that keeps what is written to it. */
class Output extends EventEmitter {
  readonly columns = 20;
  readonly rows = 5;
  readonly isTTY = true;
  readonly written: string[] = [];
  readonly write = (text: string): boolean => {
    this.written.push(text);
    return true;
  };
}

/** A painter on a terminal, which knows of it what a painter asks for. */
function painterOn(output: Output): FramePainter {
  const asked: unknown = output;
  const isStream = (value: unknown): value is NodeJS.WriteStream => value === output;
  if (!isStream(asked)) throw new Error('not the output');
  return new FramePainter(asked);
}

let output: Output;
let painter: FramePainter;
let box: { current: DOMElement | null };
let shown: ReturnType<typeof render>;

const frame = (text: string): ReactElement => (
  <Box
    ref={(node: DOMElement | null) => {
      box.current = node ?? box.current;
    }}
  >
    <Line width={20} segments={[{ text }]} />
  </Box>
);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  output = new Output();
  painter = painterOn(output);
  box = { current: null };
  shown = render(frame('one'));
});
afterEach(() => {
  shown.unmount();
  painter.close();
  vi.useRealTimers();
});

/** Begins to draw what is in the box. */
function begin(): () => void {
  if (box.current === null) throw new Error('nothing is shown');
  return drawDirectly(box.current, painter);
}

describe('frames drawn directly', () => {
  it('are on the terminal as soon as they are made', () => {
    begin();
    shown.rerender(frame('two'));
    expect(output.written.join('')).toContain('two');
  });

  it('are few when much changes at once, and the last one is drawn', () => {
    begin();
    for (const text of ['two', 'three', 'four', 'five']) shown.rerender(frame(text));
    expect(output.written).toHaveLength(1);
    vi.advanceTimersByTime(8);
    expect(output.written).toHaveLength(2);
    expect(output.written.at(-1)).toContain('five');
    vi.advanceTimersByTime(100);
    shown.rerender(frame('six'));
    expect(output.written.at(-1)).toContain('six');
  });

  it('are those of ink again afterwards, and none comes late', () => {
    const end = begin();
    painter.stream.write('drawn by ink\n');
    expect(output.written.join('')).not.toContain('by ink');
    shown.rerender(frame('two'));
    shown.rerender(frame('three'));
    end();
    vi.advanceTimersByTime(100);
    shown.rerender(frame('four'));
    expect(output.written.join('')).not.toMatch(/three|four/);
    painter.stream.write('drawn by ink\n');
    expect(output.written.join('')).toContain('drawn by ink');
  });
});
