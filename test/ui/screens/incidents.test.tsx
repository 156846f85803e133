import { describe, expect, test, vi } from 'vitest';
import type { IncidentRow } from '../../../engine/views/model/index.ts';
import { parseMute } from '../../../ui/incidents/mute-time.ts';
import { INCIDENTS_SCREEN } from '../../../ui/screens/incidents.tsx';
import { FakeModel } from '../fake-model.ts';
import { FAKE_VIEWS, HOME_ADDRESS } from '../fake-state.ts';
import type { TestApp } from '../harness.tsx';
import { first, SAMPLE } from './sample-views.ts';
import {
  filtersOf,
  narrowCase,
  opened,
  PANE_CASES,
  sectionCases,
  shownScreen,
  testKeys,
} from './screen-cases.tsx';

const LARGE = { columns: 120, rows: 60 };

/** Mutes that were set. */
function mutesOf({ model }: TestApp): readonly unknown[] {
  return model.calls.flatMap((item) => (item.call === 'mute' ? [item.mute] : []));
}

/** A model with one incident, changed. */
function oneIncident(changes: Partial<IncidentRow> = {}): FakeModel {
  return new FakeModel({ views: { incidents: [{ ...SAMPLE.incident, ...changes }] } });
}

/** Moves the cursor down to the line with a text. */
async function goTo(app: TestApp, text: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (app.cursorLines().some((line) => line.includes(text))) return;
    await app.press('j');
  }
  throw new Error(`no line with ${text}`);
}

testKeys(
  INCIDENTS_SCREEN,
  () => ({}),
  {
    open: async (app, press) => {
      await press();
      expect(app.cursorLines().at(-1)).toContain('removed by a relayed update');
      await goTo(app, '#4 ');
      await press();
      expect(shownScreen(app)).toBe('Packets');
      expect(app.cursorLines()[0]).toMatch(/ 4 +0\.300000/);
    },
    'show-ladder': async (app, press) => {
      await press();
      expect(shownScreen(app)).toBe('Ladder');
      expect(app.model.calls).toContainEqual({
        call: 'ladder',
        subject: { kind: 'incident', incident: 1 },
      });
    },
    write: async (app, press) => {
      await press();
      await app.type('out.pcapng');
      await app.press('enter');
      expect(app.model.calls).toContainEqual({
        call: 'write',
        file: 'out.pcapng',
        selection: { kind: 'incident', incident: 1 },
      });
    },
    mute: async (app, press) => {
      const before = Date.now();
      await press();
      await app.press('d');
      expect(app.frame()).toContain('for this home address only');
      await app.press('t');
      const mutes = mutesOf(app);
      expect(mutes).toHaveLength(2);
      expect(mutes[0]).toMatchObject({ rule: 'MIP6-1106', homeAddress: HOME_ADDRESS });
      const { until } = mutes[0] as { until: number };
      expect(until - before).toBeGreaterThanOrEqual(86_400_000);
      expect(until - before).toBeLessThan(86_400_000 + 60_000);
      expect(app.frame()).toContain('muted until');
    },
    follow: async (app, press) => {
      await press();
      expect(filtersOf(app)[0]).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
    },
    'open-all': async (app, press) => {
      await app.press('\\', 'tab', 'G');
      await press();
      await app.press('gg', '}', '}', '}', '}', '}');
      expect(app.frame()).toContain('- H MIP6-1106');
      await press();
      expect(app.frame()).toContain('+ H MIP6-1106');
    },
    copy: async (app, press) => {
      await press();
      expect(app.asked[0]).toContain('copy:Binding of 2001:db8:1::100 removed');
      expect(app.asked[0]).toContain('What to do');
    },
    narrow: narrowCase('relayed', /Odd option/),
    ...PANE_CASES,
    ...sectionCases('How the attack went'),
  },
  async (app, action) => {
    if (action.endsWith('-section')) await app.press('tab');
  },
);

describe('an incident', () => {
  test('is told from top to bottom: facts, steps, story, evidence, advice, reasons, words', async () => {
    const app = await opened({ model: oneIncident(), size: LARGE, start: { screen: 'incidents' } });
    const parts = [
      'CRITICAL, certain',
      'Victim',
      'Attacker',
      'How the attack went',
      'What happened',
      'Evidence',
      'What to do',
      'Why: the rules that noticed it',
      'Words',
    ];
    const frame = app.frame();
    const places = parts.map((part) => frame.indexOf(part));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(frame).toMatch(/home agent +router at home/);
  });

  test('has its kill chain drawn with ticks, and says which steps were not seen', async () => {
    const app = await opened({ model: oneIncident(), size: LARGE, start: { screen: 'incidents' } });
    expect(app.frame()).toContain('2 of 5 steps seen');
    expect(app.frame()).toContain('[ ] 1 Rogue advertisement');
    expect(app.frame()).toContain('[x] 2 De-registration provoked');
    expect(app.frame()).toContain('[x] 3 Binding Update relayed');
    expect(app.frame()).toContain('[ ] 4 Acknowledgement stripped');
    expect(app.frame()).toContain('[ ] 5 Unprotected traffic');
    expect(app.frame()).toMatch(/H #4 +MIP6-1106 Deregistration from a foreign link/);
  });

  test('of another kind has only the steps that were seen', async () => {
    const model = oneIncident({ stages: [{ stage: 'denial-of-service', alerts: [1] }] });
    const app = await opened({ model, size: LARGE, start: { screen: 'incidents' } });
    expect(app.frame()).toContain('[x] 1 Denial of service');
    expect(app.frame()).not.toContain('Rogue advertisement');
  });

  test('says in words how far the attack came', async () => {
    const model = oneIncident({ assessment: 'succeeded on the home agent' });
    const app = await opened({ model, size: LARGE, start: { screen: 'incidents' } });
    expect(app.frame()).toContain('it worked on the home agent: the binding of the node is gone');
  });

  test('is read at once when it is the only one, and back leaves the screen', async () => {
    const app = await opened({ model: oneIncident() });
    await app.press('5');
    await app.press('j', 'j');
    expect(app.cursorLines().at(-1)).toContain('How far');
    await app.press('esc');
    expect(shownScreen(app)).toBe('Packets');
  });

  test('explains a rule when its line is opened: reason, advice, drawing, documents', async () => {
    const app = await opened({ model: oneIncident(), size: LARGE, start: { screen: 'incidents' } });
    expect(app.frame()).not.toContain('A mobile node deregisters at home');
    await goTo(app, '+ H MIP6-1106');
    await app.press('enter');
    expect(app.frame()).toContain('Why: A mobile node deregisters at home');
    expect(app.frame()).toContain('What to do: Check that Binding Updates');
    expect(app.frame()).toContain('MN --- ATK ---> HA');
    expect(app.frame()).toContain('RFC 6275 section 11.5.5');
    await app.press('left');
    expect(app.frame()).not.toContain('Why: A mobile node');
    await app.press('right');
    expect(app.frame()).toContain('Why: A mobile node');
  });

  test('moves a drawing that is wider than the screen to the side and back', async () => {
    const drawing = `START ${'-'.repeat(90)} END`;
    const alerts = SAMPLE.incident.alerts.map((alert) => ({ ...alert, illustration: drawing }));
    const app = await opened({ model: oneIncident({ alerts }), start: { screen: 'incidents' } });
    await goTo(app, '+ H MIP6-1106');
    await app.press('enter');
    await goTo(app, 'START');
    expect(app.frame()).not.toContain('END');
    await app.press('right', 'right', 'right', 'right');
    expect(app.frame()).toContain('END');
    await app.press('left', 'left', 'left', 'left');
    expect(app.frame()).toContain('START');
  });

  test('leads from a sentence to the packet that it names', async () => {
    const model = oneIncident({ narrative: ['Packets 5, 9: something was said.'] });
    const app = await opened({ model, size: LARGE, start: { screen: 'incidents' } });
    await goTo(app, 'Packets 5, 9');
    await app.press('enter');
    expect(app.cursorLines()[0]).toMatch(/ 5 +0\.400000/);
  });

  test('says when its packet is not kept, and when a line leads nowhere', async () => {
    const app = await opened({ model: oneIncident(), size: LARGE, start: { screen: 'incidents' } });
    await app.press('enter');
    expect(app.frame()).toContain('enter works on lines with');
    await goTo(app, '#900');
    await app.press('enter');
    expect(app.frame()).toContain('not kept any more');
  });

  test('is shown when it is the subject, by its number or by its packet', async () => {
    const subject = { kind: 'incident', incident: 2 } as const;
    const app = await opened({ start: { screen: 'incidents', subject } });
    expect(app.cursorLines()[0]).toContain('Odd option');
    const packet = { kind: 'packet', packet: 4 } as const;
    const other = await opened({ start: { screen: 'incidents', subject: packet } });
    expect(other.cursorLines()[0]).toContain('removed by a relayed');
  });

  test('keeps the cursor when a worse one comes', async () => {
    const app = await opened({ start: { screen: 'incidents' } });
    const worse = { ...SAMPLE.incident, id: 9, title: 'a worse one' };
    app.model.setView('incidents', [worse, ...FAKE_VIEWS.incidents]);
    await app.settle();
    expect(app.cursorLines()[0]).toContain('removed by a relayed');
  });
});

describe('muting', () => {
  test('asks until when, checks what is typed, and can be for all home addresses', async () => {
    vi.setSystemTime(new Date('2026-03-02T08:00:00Z'));
    try {
      const app = await opened({ model: oneIncident(), start: { screen: 'incidents' } });
      await app.press('m', 'u');
      await app.type('yesterday');
      expect(app.frame()).toContain('wanted: 30m, 1h');
      await app.press('ctrl-u');
      await app.type('2026-03-02 18:00');
      await app.press('enter', 'a');
      expect(mutesOf(app)).toEqual([
        { rule: 'MIP6-1106', until: Date.parse('2026-03-02T18:00:00Z') },
        { rule: 'MIP6-1102', until: Date.parse('2026-03-02T18:00:00Z') },
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is a command as well', async () => {
    const app = await opened({ model: oneIncident(), start: { screen: 'incidents' } });
    await app.press(':');
    await app.type('mute 2h');
    await app.press('enter', 't');
    expect(mutesOf(app)).toHaveLength(2);
    await app.press(':');
    await app.type('mute soon');
    await app.press('enter');
    expect(app.frame()).toContain('wanted: 30m, 1h');
    expect(mutesOf(app)).toHaveLength(2);
  });

  test('does nothing when it is left', async () => {
    const app = await opened({ model: oneIncident(), start: { screen: 'incidents' } });
    await app.press('m', 'esc', 'm', 'h', 'esc');
    expect(mutesOf(app)).toEqual([]);
  });

  test('is ended on request, for the home address and for all', async () => {
    const model = oneIncident({ mutedUntil: Date.now() + 3_600_000 });
    const app = await opened({ model, start: { screen: 'incidents' } });
    expect(app.frame()).toContain('(muted)');
    await app.press('m', 'y');
    expect(mutesOf(app)).toHaveLength(4);
    expect(app.frame()).toContain('not muted any more');
  });

  test('says that an incident without alerts cannot be muted', async () => {
    const app = await opened({
      model: oneIncident({ alerts: [] }),
      start: { screen: 'incidents' },
    });
    await app.press('m');
    expect(app.frame()).toContain('no alert to mute');
  });

  test.each([
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['2 d', 172_800_000],
    ['1w', 604_800_000],
    ['1970-01-02', 86_400_000],
    ['1970-01-01 12:30', 45_000_000],
  ])('takes %s', (text, until) => {
    expect(parseMute(text, 0)).toEqual({ ok: true, until });
  });

  test.each([
    '',
    'x',
    '0h',
    '-1h',
    '1y',
    '400d',
    '999999w',
    '1969-01-01',
    '2026-99-99',
    '1970-01-01 25:00',
  ])('refuses "%s"', (text) => {
    expect(parseMute(text, 0)).toMatchObject({ ok: false });
  });

  test('the first incident of the fake model has two rules', () => {
    expect(first(FAKE_VIEWS.incidents).alerts.map(({ rule }) => rule)).toEqual([
      'MIP6-1106',
      'MIP6-1102',
    ]);
  });
});
