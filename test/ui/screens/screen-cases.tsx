/**
 * What all screens are tested for: keys of the table one by one, and frames that fill their place and nothing else.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { MOVE_KEYS } from '../../../ui/keymap.ts';
import type { ScreenDefinition, ScreenSize } from '../../../ui/screen.ts';
import { textWidth } from '../../../ui/text.ts';
import type { FakeModel } from '../fake-model.ts';
import { HOME_ADDRESS } from '../fake-state.ts';
import { openApp, SIZES } from '../harness.tsx';
import type { AppOptions, TestApp } from '../harness.tsx';

/** What a key does, looked at after it was pressed. `press` presses it. */
export type KeyCase = (app: TestApp, press: () => Promise<void>) => Promise<void>;

const open: TestApp[] = [];

afterEach(() => {
  for (const app of open.splice(0)) app.close();
});

/** `openApp`, closed after the test. */
export async function opened(options: AppOptions): Promise<TestApp> {
  const app = await openApp(options);
  open.push(app);
  return app;
}

/** A frame fills the terminal but its last row, in lines of cells that a terminal cannot take for orders. */
export function expectFilled(app: TestApp, { columns, rows }: ScreenSize): void {
  const lines = app.lines();
  expect(lines).toHaveLength(rows - 1);
  for (const line of lines) {
    expect(textWidth(line)).toBeLessThanOrEqual(columns);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
}

/** The key leads to the ladder of the first binding of the list, with this peer. */
export function toLadderWith(peer: string): KeyCase {
  return async (app, press) => {
    await press();
    expect(shownScreen(app)).toBe('Ladder');
    expect(app.model.calls).toContainEqual({
      call: 'ladder',
      subject: { kind: 'binding', homeAddress: HOME_ADDRESS, peer },
    });
  };
}

/** Which screen is shown. */
export function shownScreen(app: TestApp): string {
  return /\[\d ([^\]]+)\]/.exec(app.lines()[0] ?? '')?.[1] ?? '';
}

/** Filters that were applied. */
export function filtersOf({ model }: TestApp): readonly string[] {
  return model.calls.flatMap((item) => (item.call === 'setFilter' ? [item.filter] : []));
}

/** Cases of `PANE_KEYS` for a screen of two panes. */
export const PANE_CASES: Readonly<Record<string, KeyCase>> = {
  'next-pane': async (app, press) => {
    const before = app.frame();
    await press();
    expect(app.frame()).not.toBe(before);
    await press();
    expect(app.frame()).toBe(before);
  },
  'previous-pane': async (app, press) => {
    const before = app.frame();
    await press();
    expect(app.frame()).not.toBe(before);
  },
  maximise: async (app, press) => {
    const before = app.frame();
    await press();
    expect(app.frame()).not.toBe(before);
    await app.press('esc');
    expect(app.frame()).toBe(before);
  },
  grow: async (app, press) => {
    const at = (): number => app.lines().findIndex((line) => /^[─═]{2} /.test(line));
    const before = at();
    await press();
    expect(at()).not.toBe(before);
  },
  shrink: async (app, press) => {
    const at = (): number => app.lines().findIndex((line) => /^[─═]{2} /.test(line));
    await app.press('+', '+');
    const before = at();
    await press();
    expect(at()).not.toBe(before);
  },
};

/** Case of `NARROW_KEY`: a text that one line has, and one that none has. */
export function narrowCase(text: string, other: RegExp): KeyCase {
  return async (app, press) => {
    expect(app.frame()).toMatch(other);
    await press();
    await app.type(text);
    await app.press('enter');
    expect(app.frame()).not.toMatch(other);
    await app.press('esc');
    expect(app.frame()).toMatch(other);
    await press();
    await app.type('nothing has this');
    await app.press('enter');
    expect(app.frame()).toContain('esc shows all');
  };
}

/** Cases of `SECTION_KEYS`: the cursor of the text goes to the title of another part. */
export function sectionCases(next: string): Readonly<Record<string, KeyCase>> {
  return {
    'next-section': async (app, press) => {
      await press();
      expect(app.cursorLines().join('\n')).toContain(next);
    },
    'previous-section': async (app, press) => {
      await app.press('}');
      const before = app.cursorLines();
      await press();
      expect(app.cursorLines()).not.toEqual(before);
    },
  };
}

/** One test for each key of a screen. */
export function testKeys(
  screen: ScreenDefinition,
  options: () => AppOptions,
  cases: Readonly<Record<string, KeyCase>>,
  prepare: (app: TestApp, action: string) => Promise<void> = () => Promise.resolve(),
): void {
  const rows = screen.keys.flatMap(({ keys, action, description }) =>
    (keys.length === 0 ? [`:${action}`] : keys).map((key) => ({ key, action, description })),
  );
  describe(`keys of ${screen.title}`, () => {
    test.each(rows)('$key: $description', async ({ key, action }) => {
      const app = await opened({ ...options(), start: { screen: screen.id } });
      await prepare(app, action);
      const known = cases[action];
      expect(known, `there is a case for ${action}`).toBeDefined();
      await known?.(app, () => app.press(key));
      expectFilled(app, { columns: 80, rows: 24 });
    });
    test('movement stays inside its place', async () => {
      const app = await opened({ ...options(), start: { screen: screen.id } });
      for (const key of MOVE_KEYS.flatMap(({ keys }) => keys)) {
        await app.press(...(key === '12G' ? ['1', '2', 'G'] : [key]));
        expectFilled(app, { columns: 80, rows: 24 });
      }
    });
  });
}

/** Frames of a screen at three sizes. */
export function testFrames(screen: ScreenDefinition, name: string, model: () => FakeModel): void {
  test.each(SIZES)(`${screen.title} with ${name} fills $columns x $rows`, async (size) => {
    const app = await opened({ model: model(), size, start: { screen: screen.id } });
    expect(shownScreen(app)).not.toBe('');
    expectFilled(app, size);
    for (const key of ['G', 'tab', 'pgdn', 'enter']) {
      await app.press(key);
      expectFilled(app, size);
    }
  });
}

/** Frames of a screen while the terminal changes its size all the time. */
export function testResizing(screen: ScreenDefinition, model: () => FakeModel): void {
  test(`${screen.title} survives a terminal that changes its size all the time`, async () => {
    const app = await opened({ model: model(), start: { screen: screen.id } });
    await app.press('G');
    for (const size of [
      ...SIZES,
      { columns: 81, rows: 25 },
      { columns: 300, rows: 24 },
      ...SIZES,
    ]) {
      await app.resize(size);
      expectFilled(app, size);
    }
  });
}
