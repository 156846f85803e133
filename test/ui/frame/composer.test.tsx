import chalk from 'chalk';
import type { FC } from 'react';
import { Box } from 'ink';
import type { DOMElement } from 'ink';
import { render } from 'ink-testing-library';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Line } from '../../../ui/components/line.tsx';
import type { Segment } from '../../../ui/components/line.tsx';
import { composeFrame } from '../../../ui/frame/composer.ts';
import { SCREENS } from '../../../ui/screens/index.ts';
import type { ScreenDefinition, ScreenProps } from '../../../ui/screen.ts';
import { cutCells, fit, safeText, textWidth } from '../../../ui/text.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import type { FakeModel } from '../fake-model.ts';
import { FAKE_VIEWS } from '../fake-state.ts';
import { openApp, SIZES } from '../harness.tsx';
import { hostile, LadderModel } from '../screens/sample-views.ts';

let level: typeof chalk.level;
beforeEach(() => {
  level = chalk.level;
  chalk.level = 1;
});
afterEach(() => {
  chalk.level = level;
});

const COLOURS = [31, 32, 33, 34, 35, 36];

/** Styles that a style ends. */
const ENDED: Readonly<Record<number, readonly number[]>> = {
  22: [1, 2],
  24: [4],
  27: [7],
  39: COLOURS,
};

/** A line as cells, each with its styles: lines of the same cells look the same. */
function cellsOf(line: string, columns: number): string[] {
  const cells: string[] = [];
  const on = new Set<number>();
  for (const [, style, character = ''] of line.matchAll(/\x1b\[(\d+)m|([^\x1b])/gu)) {
    if (style !== undefined) {
      const code = Number(style);
      const isColour = COLOURS.includes(code);
      for (const item of ENDED[code] ?? (isColour ? COLOURS : [])) on.delete(item);
      if (ENDED[code] === undefined) on.add(code);
      continue;
    }
    const width = textWidth(character);
    if (width === 0) cells.push(`${cells.pop() ?? ''}${character}`);
    else cells.push(`${character} ${[...on].sort().join()}`);
    if (width === 2) cells.push('');
  }
  while (cells.length < columns) cells.push('  ');
  return cells;
}

/** Screens of which one is followed by an unseen box, and the root of its tree. */
function watched(screens: readonly ScreenDefinition[]): {
  readonly screens: readonly ScreenDefinition[];
  readonly frame: () => readonly string[];
} {
  const box: { current: DOMElement | null } = { current: null };
  const wrapped = screens.map((screen): ScreenDefinition => {
    const { component: Component } = screen;
    const Watched: FC<ScreenProps> = (props) => (
      <>
        <Component {...props} />
        <Box
          ref={(node: DOMElement | null) => {
            box.current = node ?? box.current;
          }}
          display="none"
        />
      </>
    );
    return { ...screen, component: Watched };
  });
  return { screens: wrapped, frame: () => frameOf(box.current) };
}

function frameOf(node: DOMElement | null): readonly string[] {
  let root = node ?? undefined;
  while (root?.parentNode !== undefined) root = root.parentNode;
  return root === undefined ? [] : composeFrame(root);
}

const MODELS: Readonly<Record<string, () => FakeModel | undefined>> = {
  'a few rows': () => undefined,
  'hostile text': () => new LadderModel(hostile, hostile(FAKE_VIEWS)),
};

describe.each(Object.entries(MODELS))('a frame of lines with %s', (_, model) => {
  it.each(SCREENS.map(({ id }, place) => ({ id, place })))(
    'looks on $id as ink would draw it (in a third of the sizes; npm run endurance: in all)',
    async ({ id, place }) => {
      for (const size of IS_ENDURANCE
        ? SIZES
        : SIZES.filter((_size, i) => i === place % SIZES.length)) {
        const { screens, frame } = watched(SCREENS);
        const made = model();
        const app = await openApp({
          screens,
          size,
          start: { screen: id },
          ...(made === undefined ? {} : { model: made }),
        });
        const compare = (): void => {
          const drawn = app.lines();
          const composed = frame();
          expect(composed).toHaveLength(drawn.length);
          composed.forEach((line, i) => {
            // ink gives a mark that stands on no letter a cell of its own, which terminals do not.
            if (/(?<![\p{L}\p{M}])\p{M}/u.test(line.replaceAll(/\x1b\[\d+m/g, ''))) return;
            const cells = cellsOf(line, size.columns);
            expect(cells).toHaveLength(size.columns);
            // The terminal of the tests is 100 cells wide: behind them ink leaves blank cells out.
            const known = (cell: string): boolean => size.columns <= 100 || cell !== '  ';
            const wanted = cellsOf(drawn[i] ?? '', size.columns);
            expect(cells.filter(known).join('|')).toBe(wanted.filter(known).join('|'));
          });
        };
        compare();
        expect(frame()).toHaveLength(size.rows - 1);
        for (const keys of [['j'], ['tab', 'j'], [':'], ['esc'], ['/'], ['esc', 'esc'], ['q']]) {
          await app.press(...keys);
          compare();
        }
        await app.resize({ columns: 60, rows: 10 });
        compare();
        app.close();
      }
    },
  );

  it('looks as ink would draw it with help over it', async () => {
    const { screens, frame } = watched(SCREENS);
    const app = await openApp({ screens });
    await app.press('?');
    expect(frame().map((line) => cellsOf(line, 80))).toEqual(
      app.lines().map((line) => cellsOf(line, 80)),
    );
    app.close();
  });
});

const text = fc
  .string({ unit: fc.constantFrom('a', ' ', '…', '日', 'é', 'e\u0301', '😀'), maxLength: 12 })
  .map(safeText);

describe('lines over lines', () => {
  const place = fc.record({
    left: fc.nat(9),
    width: fc.integer({ min: 1, max: 10 }),
    text,
    tone: fc.constantFrom<Segment['tone'][]>('plain', 'strong', 'bad', 'highlight'),
  });

  it('are seen whole, with what is beside them of those below', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 5 }), (places) => {
        const box: { current: DOMElement | null } = { current: null };
        const { unmount } = render(
          <Box width={20} height={1} ref={box}>
            {places.map(({ left, width, text: shown, tone }, i) => (
              <Box key={i} position="absolute" marginLeft={left} width={width}>
                <Line width={width} segments={[{ text: shown, tone }]} />
              </Box>
            ))}
          </Box>,
        );
        const [line = ''] = frameOf(box.current);
        unmount();
        const cells = cellsOf(line, 20);
        expect(cells).toHaveLength(20);
        const owners = Array.from({ length: 20 }, (_, cell) =>
          places.findLastIndex(({ left, width }) => cell >= left && cell < left + width),
        );
        owners.forEach((owner, cell) => {
          const own = places[owner];
          if (own === undefined) {
            expect(cells[cell]).toBe('  ');
            return;
          }
          const first = owners.indexOf(owner);
          const isWhole = owners.filter((item) => item === owner).length === own.width;
          if (!isWhole || first !== own.left) return;
          const alone = fit(own.text, own.width);
          const wanted = cellsOf(alone, own.width)[cell - own.left] ?? '';
          expect(cells[cell]?.split(' ')[0]).toBe(wanted.split(' ')[0]);
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('cells of a text', () => {
  it('are as many as asked for, and those of the text', () => {
    fc.assert(
      fc.property(text, fc.nat(20), fc.nat(20), (whole, a, b) => {
        const from = Math.min(a, b);
        const to = Math.max(a, b);
        const cut = cutCells(whole, from, to);
        expect(textWidth(cut)).toBe(to - from);
        if (to <= textWidth(whole) && !/[日😀]/u.test(whole)) expect(whole).toContain(cut);
        expect(cutCells(whole, 0, textWidth(whole))).toBe(whole);
      }),
    );
  });

  it('are blank where half of a wide character would be', () => {
    expect(cutCells('a日b', 0, 2)).toBe('a ');
    expect(cutCells('a日b', 2, 4)).toBe(' b');
    expect(cutCells('ab', 1, 4)).toBe('b  ');
  });
});
