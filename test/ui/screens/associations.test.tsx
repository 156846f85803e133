import { describe, expect, test } from 'vitest';
import { ASSOCIATIONS_SCREEN } from '../../../ui/screens/associations.tsx';
import { FakeModel } from '../fake-model.ts';
import { SAMPLE } from './sample-views.ts';
import {
  filtersOf,
  narrowCase,
  opened,
  PANE_CASES,
  sectionCases,
  shownScreen,
  testKeys,
} from './screen-cases.tsx';

testKeys(
  ASSOCIATIONS_SCREEN,
  () => ({}),
  {
    open: async (app, press) => {
      await press();
      expect(filtersOf(app)).toEqual(['esp.spi == 0x0990cbed']);
      expect(shownScreen(app)).toBe('Packets');
    },
    prepare: async (app, press) => {
      await press();
      expect(app.frame()).toContain('filter: esp.spi == 0x0990cbed');
      expect(filtersOf(app)).toEqual([]);
      await app.press('esc');
    },
    copy: async (app, press) => {
      await press();
      expect(app.asked).toContain('copy:0x0990cbed');
    },
    narrow: narrowCase('0x0990', /no key/),
    ...PANE_CASES,
    ...sectionCases('Packets'),
  },
  async (app, action) => {
    if (action.endsWith('-section')) await app.press('tab');
  },
);

describe('security associations', () => {
  test('show matches, integrity check values, verdict and where the key is from, never a key', async () => {
    const size = { columns: 120, rows: 40 };
    const app = await opened({ size, start: { screen: 'associations' } });
    const frame = app.frame();
    expect(frame).toContain('! 2 packets with a wrong ICV');
    expect(frame).toContain('118 of 120 matched');
    expect(frame).toContain('118 right, 2 wrong; 0 malformed');
    expect(frame).toContain('Binding Updates, transport mode');
    expect(frame).toContain('keys are never shown');
  });

  test('the replay window is drawn newest first with the numbers of each line', async () => {
    const size = { columns: 120, rows: 40 };
    const app = await opened({ size, start: { screen: 'associations' } });
    expect(app.frame()).toContain(`${'#'.repeat(60)}.##.  121 down to 58`);
    const narrow = await opened({ start: { screen: 'associations' } });
    await narrow.press('tab', 'G');
    expect(narrow.frame()).toContain('121 down to');
    expect(narrow.frame()).toContain('down to 58');
  });

  test('one that is of all SPIs is filtered for by its ends', async () => {
    const app = await opened({ start: { screen: 'associations' } });
    await app.press('j', 'enter');
    expect(filtersOf(app)).toEqual([
      'esp and ipv6.src == 2001:db8:1::1 and ipv6.dst == 2001:db8:2::5',
    ]);
    expect(shownScreen(app)).toBe('Packets');
  });

  test('ends that are no addresses do not get into a filter', async () => {
    const associations = [
      { ...SAMPLE.association, spi: undefined, source: '*', destination: 'x or frame' },
    ];
    const model = new FakeModel({ views: { associations } });
    const app = await opened({ model, start: { screen: 'associations' } });
    await app.press('enter');
    expect(filtersOf(app)).toEqual(['esp']);
  });

  test('without an association nothing is filtered, and that is said', async () => {
    const model = new FakeModel({ views: { associations: [] } });
    const app = await opened({ model, start: { screen: 'associations' } });
    expect(app.frame()).toContain('no security associations');
    await app.press('enter');
    expect(app.frame()).toContain('there is no security association here');
    expect(filtersOf(app)).toEqual([]);
  });
});
