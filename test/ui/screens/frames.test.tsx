/**
 * Every screen with every kind of content fills its place, at three sizes and while the size changes.
 */
import { describe, expect, test } from 'vitest';
import { SCREENS } from '../../../ui/screens/index.ts';
import { FakeModel } from '../fake-model.ts';
import { FAKE_VIEWS } from '../fake-state.ts';
import { EMPTY_VIEWS, hostile, LadderModel, LARGE_VIEWS, largeLadder } from './sample-views.ts';
import { expectFilled, opened, testFrames, testResizing } from './screen-cases.tsx';

const EMPTY_LADDER = { title: '', lanes: [], steps: [], dropped: 0, notes: [] };

for (const screen of SCREENS.filter(({ id }) => id !== 'packets')) {
  testFrames(screen, 'a few rows', () => new FakeModel());
  testFrames(screen, 'nothing', () => new LadderModel(() => EMPTY_LADDER, EMPTY_VIEWS));
  testFrames(screen, 'thousands of rows', () => new LadderModel(largeLadder, LARGE_VIEWS));
  testFrames(screen, 'hostile text', () => new LadderModel(hostile, hostile(FAKE_VIEWS)));
  testResizing(screen, () => new LadderModel(hostile, LARGE_VIEWS));
}

describe('screens', () => {
  test.each(SCREENS.map(({ id }) => id))('%s says something when there is nothing', async (id) => {
    const app = await opened({
      model: new LadderModel(() => EMPTY_LADDER, EMPTY_VIEWS),
      start: { screen: id },
    });
    expect(app.lines().slice(1, -2).join('').replaceAll(/[─═ ]/g, '').length).toBeGreaterThan(10);
  });

  test('a screen that is not shown asks the model for nothing', async () => {
    const model = new FakeModel();
    const app = await opened({ model, start: { screen: 'bindings' } });
    await app.press('8');
    const before = model.calls.length;
    model.setView('bindings', []);
    await app.settle();
    expect(model.calls.slice(before)).toEqual([]);
    await app.press('2');
    expect(model.calls.slice(before)).toContainEqual({ call: 'view', name: 'bindings' });
    expect(app.frame()).toContain('no bindings');
  });

  test('screens are drawn without one escape where there are no colours', async () => {
    for (const { id } of SCREENS) {
      const app = await opened({ start: { screen: id } });
      expect(app.frame()).not.toContain('\x1b');
      expectFilled(app, { columns: 80, rows: 24 });
    }
  });
});
