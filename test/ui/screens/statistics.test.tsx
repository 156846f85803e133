import { describe, expect, test } from 'vitest';
import { STATISTICS_SCREEN } from '../../../ui/screens/statistics.tsx';
import { FakeModel } from '../fake-model.ts';
import { FAKE_VIEWS } from '../fake-state.ts';
import { filtersOf, opened, sectionCases, testKeys } from './screen-cases.tsx';

const { statistics } = FAKE_VIEWS;

testKeys(STATISTICS_SCREEN, () => ({}), {
  open: async (app, press) => {
    await app.press('}', 'j');
    await press();
    expect(filtersOf(app)).toEqual(['mip6.mhtype == "Binding Update"']);
  },
  copy: async (app, press) => {
    await press();
    expect(app.asked[0]).toContain('copy:Over time');
    expect(app.asked[0]).toContain('tunnelled packets');
    expect(app.asked[0]).not.toContain('\x1b');
  },
  ...sectionCases('Messages'),
});

describe('statistics', () => {
  test('show series, messages, status codes, latency and counters', async () => {
    const app = await opened({ size: { columns: 120, rows: 40 }, start: { screen: 'statistics' } });
    const frame = app.frame();
    expect(frame).toMatch(/packets +▂▅▂ █▅▃ +4\/s +15\/s/);
    expect(frame).toMatch(/Binding Update +41 █+ +52 %/);
    expect(frame).toMatch(/\+ {3}0 Binding Update accepted +33 █+/);
    expect(frame).toMatch(/! 132 Not home subnet +5 █+/);
    expect(frame).toContain('17 handovers');
    expect(frame).toMatch(/0-10 ms +12 █+ +71 %/);
    expect(frame).toMatch(/tunnelled packets +1 234/);
  });

  test('rates are in a second, whatever a slot is', async () => {
    const model = new FakeModel({
      views: {
        statistics: {
          ...statistics,
          slotSeconds: 0.5,
          series: [{ name: 'octets', values: [5000, 3] }],
        },
      },
    });
    const app = await opened({ model, start: { screen: 'statistics' } });
    expect(app.frame()).toMatch(/octets .* 6\/s +10\.0 k\/s/);
    expect(app.frame()).toContain('1 s, newest at the right');
  });

  test('a status code leads to its packets', async () => {
    const app = await opened({ start: { screen: 'statistics' } });
    await app.press('}', '}', 'j', 'j', 'enter');
    expect(filtersOf(app)).toEqual(['mip6.ba.status == 132']);
  });

  test('a message that no filter knows, and a line that counts no packets, say so', async () => {
    const model = new FakeModel({
      views: { statistics: { ...statistics, messages: [{ name: 'odd thing', packets: 1 }] } },
    });
    const app = await opened({ model, start: { screen: 'statistics' } });
    await app.press('enter');
    expect(app.frame()).toContain('enter works on messages and status codes');
    await app.press('}', 'j', 'enter');
    expect(app.frame()).toContain('no filter selects this message');
    expect(filtersOf(app)).toEqual([]);
  });
});
