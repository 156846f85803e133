import { describe, expect, test, vi } from 'vitest';
import { BINDINGS_SCREEN } from '../../../ui/screens/bindings.tsx';
import { FakeModel } from '../fake-model.ts';
import { CORRESPONDENT, FAKE_VIEWS, HOME_ADDRESS, HOME_AGENT } from '../fake-state.ts';
import { SAMPLE } from './sample-views.ts';
import {
  filtersOf,
  narrowCase,
  opened,
  PANE_CASES,
  sectionCases,
  shownScreen,
  testKeys,
  toLadderWith,
} from './screen-cases.tsx';

const toLadder = toLadderWith(HOME_AGENT);

testKeys(
  BINDINGS_SCREEN,
  () => ({}),
  {
    open: toLadder,
    'show-ladder': toLadder,
    follow: async (app, press) => {
      await press();
      expect(filtersOf(app)[0]).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
      expect(filtersOf(app)[0]).not.toMatch(new RegExp(`${HOME_AGENT}( |$)`));
    },
    'packets-of': async (app, press) => {
      await press();
      expect(filtersOf(app)[0]).toContain(`ipv6.addr == ${HOME_AGENT}`);
      expect(shownScreen(app)).toBe('Packets');
    },
    copy: async (app, press) => {
      await press();
      expect(app.asked).toContain(`copy:${HOME_ADDRESS}`);
    },
    narrow: narrowCase(HOME_ADDRESS, new RegExp(CORRESPONDENT)),
    ...PANE_CASES,
    ...sectionCases('Movements'),
  },
  async (app, action) => {
    if (action.endsWith('-section')) await app.press('tab');
  },
);

/** The line of the list that has a text. */
function lineWith(lines: readonly string[], text: string): string {
  return lines.find((line) => line.includes(text)) ?? '';
}

describe('bindings', () => {
  test('stand under their peers, home agents first, with trust as sign and word', async () => {
    const app = await opened({ start: { screen: 'bindings' } });
    const lines = app.lines();
    const agent = lines.findIndex((line) => line.includes(`home agent ${HOME_AGENT}`));
    const correspondent = lines.findIndex((line) =>
      line.includes(`correspondent ${CORRESPONDENT}`),
    );
    expect(agent).toBeGreaterThan(0);
    expect(correspondent).toBeGreaterThan(agent);
    expect(lines[agent + 1]).toContain('+ authentic');
    expect(lines[correspondent + 1]).toContain('! suspicious');
    expect(lines[correspondent]).toContain('1 suspicious');
  });

  test('a lifetime is what is left when the last packet came', async () => {
    const app = await opened({ start: { screen: 'bindings' } });
    // It ends 425.5 s after the first packet, the last came after 20 s.
    expect(lineWith(app.lines(), '+ authentic')).toContain('6:45 left');
    app.model.change({ lastTime: app.model.status.firstTime + 400 });
    await app.settle();
    expect(lineWith(app.lines(), '+ authentic')).toContain('0:25 left');
    app.model.change({ lastTime: app.model.status.firstTime + 430 });
    await app.settle();
    expect(lineWith(app.lines(), '+ authentic')).toContain('run out');
  });

  test('lifetimes run down by the clock while nothing comes, in a live capture only', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    try {
      const live = await opened({
        model: new FakeModel({ phase: 'following' }),
        start: { screen: 'bindings' },
      });
      const file = await opened({ start: { screen: 'bindings' } });
      expect(lineWith(live.lines(), '+ authentic')).toContain('6:45 left');
      vi.advanceTimersByTime(5000);
      await live.settle();
      expect(lineWith(live.lines(), '+ authentic')).toContain('6:40 left');
      expect(lineWith(file.lines(), '+ authentic')).toContain('6:45 left');
      await live.press('8');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a movement leads to its packet', async () => {
    const app = await opened({ start: { screen: 'bindings' } });
    await app.press('tab', '}', 'j', 'j', 'enter');
    expect(shownScreen(app)).toBe('Packets');
    expect(app.cursorLines()[0]).toMatch(/ 5 +0\.400000/);
  });

  test('a movement whose packet is not kept says so, and a line without packet too', async () => {
    const { binding } = SAMPLE;
    const history = binding.history.map((step) => ({ ...step, packet: -1 }));
    const model = new FakeModel({ views: { bindings: [{ ...binding, history }] } });
    const app = await opened({ model, start: { screen: 'bindings' } });
    await app.press('tab', 'enter');
    expect(app.frame()).toContain('no packet belongs to this line');
    await app.press('}', 'j', 'enter');
    expect(app.frame()).toContain('not kept any more');
  });

  test('the cursor keeps to its binding when others come before it', async () => {
    const app = await opened({ start: { screen: 'bindings' } });
    await app.press('G');
    expect(app.cursorLines()[0]).toContain('2001:db8:1::101');
    const more = Array.from({ length: 30 }, (_, index) => ({
      ...SAMPLE.binding,
      homeAddress: `2001:db8:9::${index}`,
    }));
    app.model.setView('bindings', [...more, ...FAKE_VIEWS.bindings]);
    await app.settle();
    expect(app.cursorLines()[0]).toContain('2001:db8:1::101');
  });

  test('a subject is shown, and said when it is not there', async () => {
    const app = await opened({
      start: {
        screen: 'bindings',
        subject: { kind: 'home-address', homeAddress: '2001:db8:1::101' },
      },
    });
    expect(app.cursorLines()[0]).toContain('2001:db8:1::101');
    const other = await opened({
      start: {
        screen: 'bindings',
        subject: { kind: 'home-address', homeAddress: '2001:db8::dead' },
      },
    });
    expect(other.frame()).toContain('no binding of 2001:db8::dead is known');
  });

  test('a title explains what peers are for, and is no binding', async () => {
    const app = await opened({ start: { screen: 'bindings' } });
    await app.press('gg');
    expect(app.frame()).toContain('A home agent stands in for mobile nodes');
    await app.press('f');
    expect(app.frame()).toContain('go to a binding first');
    expect(filtersOf(app)).toEqual([]);
  });
});
