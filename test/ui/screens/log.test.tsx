import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../../engine/views/model/index.ts';
import { LOG_SCREEN } from '../../../ui/screens/log.tsx';
import { clockText, durationText, timeOfDayText } from '../../../ui/time-text.ts';
import { FAKE_VIEWS } from '../fake-state.ts';
import { narrowCase, opened, testKeys } from './screen-cases.tsx';

testKeys(LOG_SCREEN, () => ({}), {
  open: async (app, press) => {
    await press();
    expect(app.frame()).toContain('error at 2026-03-02 08:00:02 UTC');
    await app.press('esc');
  },
  level: async (app, press) => {
    expect(app.frame()).toContain('capture opened');
    await press();
    expect(app.frame()).not.toContain('capture opened');
    expect(app.frame()).toContain('key file');
    await press();
    expect(app.frame()).not.toContain('key file');
    expect(app.frame()).toContain('errors only, 1 of 3');
    await press();
    expect(app.frame()).toContain('capture opened');
  },
  narrow: narrowCase('interface', /capture opened/),
  follow: async (app, press) => {
    expect(app.frame()).toContain('following');
    await press();
    expect(app.frame()).toContain('stopped; G follows');
    await press();
    expect(app.frame()).toContain('following');
  },
  copy: async (app, press) => {
    await press();
    expect(app.asked).toContain('copy:2026-03-02 08:00:02 UTC error: interface is down');
  },
});

const more: readonly LogLine[] = [
  ...FAKE_VIEWS.log,
  { time: 1_772_438_403_000, level: 'info', text: 'the newest' },
];

describe('log', () => {
  test('has time, level as sign and word, and text', async () => {
    const app = await opened({ start: { screen: 'log' } });
    expect(app.frame()).toMatch(/08:00:00 {3}info +capture opened/);
    expect(app.frame()).toMatch(/08:00:01 ! warning +key file/);
    expect(app.frame()).toMatch(/08:00:02 x error +interface is down/);
  });

  test('goes on with what comes, until the cursor moves up', async () => {
    const app = await opened({ start: { screen: 'log' } });
    app.model.setView('log', more);
    await app.settle();
    expect(app.cursorLines()[0]).toContain('the newest');
    await app.press('k');
    app.model.setView('log', [...more, { time: 0, level: 'info', text: 'newer still' }]);
    await app.settle();
    expect(app.cursorLines()[0]).toContain('interface is down');
    await app.press('G');
    expect(app.cursorLines()[0]).toContain('newer still');
  });

  test('the level is a command, and back shows all', async () => {
    const app = await opened({ start: { screen: 'log' } });
    await app.press(':');
    await app.type('level error');
    await app.press('enter');
    expect(app.frame()).toContain('errors only');
    await app.press('esc');
    expect(app.frame()).toContain('all lines');
  });

  test('says when a level has no lines, and that there is no line to open', async () => {
    const app = await opened({ start: { screen: 'log' } });
    app.model.setView('log', FAKE_VIEWS.log.slice(0, 1));
    await app.press('v');
    expect(app.frame()).toContain('no warnings and errors; v shows others');
    await app.press('enter');
    expect(app.frame()).toContain('there is no line here');
  });
});

describe('times', () => {
  test.each([
    [0, '0:00'],
    [59.9, '0:59'],
    [414, '6:54'],
    [3723, '1:02:03'],
    [183_840, '2 d 03:04'],
    [-61, '-1:01'],
    [Number.POSITIVE_INFINITY, 'endless'],
  ])('%d s is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  test('what is no time is a question mark', () => {
    expect(clockText(Number.NaN)).toBe('?');
    expect(timeOfDayText(1e20)).toBe('?');
    expect(timeOfDayText(1_772_438_400_000)).toBe('08:00:00');
  });
});
