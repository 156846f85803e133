import { describe, expect, test } from 'vitest';
import { LADDER_SCREEN } from '../../../ui/screens/ladder.tsx';
import { arrowText, deltaText, ladderLayout, messageText } from '../../../ui/ladder/drawing.ts';
import type { LadderStep } from '../../../engine/views/model/index.ts';
import { FakeModel } from '../fake-model.ts';
import { HOME_ADDRESS, HOME_AGENT } from '../fake-state.ts';
import { EMPTY_VIEWS, LadderModel } from './sample-views.ts';
import { filtersOf, opened, shownScreen, testKeys } from './screen-cases.tsx';

testKeys(LADDER_SCREEN, () => ({}), {
  open: async (app, press) => {
    await app.press('j');
    await press();
    expect(shownScreen(app)).toBe('Packets');
    expect(app.cursorLines()[0]).toMatch(/ 2 +0\.100000/);
  },
  'next-evidence': async (app, press) => {
    await press();
    expect(app.cursorLines()[0]).toContain('>!C    #4');
  },
  'previous-evidence': async (app, press) => {
    await press();
    expect(app.cursorLines()[0]).toContain('>!C    #4');
  },
  choose: async (app, press) => {
    await press();
    expect(app.frame()).toContain('Ladder of');
    await app.press('3', 'j');
    expect(app.model.calls).toContainEqual({
      call: 'ladder',
      subject: { kind: 'binding', homeAddress: HOME_ADDRESS, peer: HOME_AGENT },
    });
    expect(app.frame()).toContain(`Binding of ${HOME_ADDRESS}`);
  },
  write: async (app, press) => {
    await press();
    await app.type('ladder.pcapng');
    await app.press('enter');
    expect(app.model.calls).toContainEqual({
      call: 'write',
      file: 'ladder.pcapng',
      selection: { kind: 'packets', packets: [0, 1, 3, 4] },
    });
  },
  follow: async (app, press) => {
    await press();
    expect(filtersOf(app)[0]).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
  },
  incident: async (app, press) => {
    await app.press('e');
    await press();
    expect(shownScreen(app)).toBe('Incidents');
    expect(app.cursorLines()[0]).toContain('removed by a relayed');
  },
  copy: async (app, press) => {
    await press();
    expect(app.asked[0]).toContain('copy:Incident 1');
    expect(app.asked[0]).toContain('home agent 2001:db8:1::1');
    expect(app.asked[0]).toContain('BU seq 0 lifetime 420 A H [HAO ESP]');
    expect(app.asked[0]).not.toContain('\x1b');
  },
});

describe('a ladder', () => {
  test('has lanes, arrows, labels, layout, time and what comes later', async () => {
    const size = { columns: 120, rows: 40 };
    const app = await opened({ size, start: { screen: 'ladder' } });
    const frame = app.frame();
    expect(frame).toMatch(/MN +ATK +HA +CN +message/);
    expect(frame).toMatch(/#1 +0\.000 +├─+┼─+>│ +│ +BU seq 0 lifetime 420 A H \[HAO ESP\]/);
    expect(frame).toMatch(/#2 +0\.100 +\+0\.100 +│<═+╪═+┤ +│/);
    expect(frame).toMatch(/!C +#4 +0\.300/);
    expect(frame).toMatch(/#5 .*\*═+╪═+╪═+>│ .* to…?/);
    expect(frame).toContain('! BU seq 4 was not answered');
    expect(frame).toContain('MN mobile node 2001:db8:1::100');
  });

  test('explains the message of the cursor, and why it is evidence', async () => {
    const app = await opened({ start: { screen: 'ladder' } });
    expect(app.frame()).toContain('mobile node 2001:db8:1::100 -> home agent 2001:db8:1::1');
    expect(app.frame()).toContain('Binding Update: the node tells where it is');
    expect(app.frame()).toContain('Home Address option:');
    await app.press('e');
    expect(app.frame()).toContain('! MIP6-1106: Binding Update, lifetime 0');
  });

  test('is of the worst incident when none was chosen, of a binding when there is no incident', async () => {
    const app = await opened({ start: { screen: 'ladder' } });
    expect(app.frame()).toContain('Incident 1');
    const model = new FakeModel({ views: { incidents: [] } });
    const other = await opened({ model, start: { screen: 'ladder' } });
    expect(other.frame()).toContain(`Binding of ${HOME_ADDRESS}`);
  });

  test('is of the subject: a home address, an incident, the binding of a packet', async () => {
    const start = {
      screen: 'ladder',
      subject: { kind: 'home-address', homeAddress: '2001:db8:1::101' },
    } as const;
    const app = await opened({ start });
    expect(app.frame()).toContain('Binding of 2001:db8:1::101');
    const packet = await opened({
      start: { screen: 'ladder', subject: { kind: 'packet', packet: 0 } },
    });
    expect(packet.frame()).toContain(`Binding of ${HOME_ADDRESS}`);
    const none = await opened({
      start: { screen: 'ladder', subject: { kind: 'packet', packet: 2 } },
    });
    expect(none.frame()).toContain('speaks about no binding');
  });

  test('is asked for again when what it is made of has changed', async () => {
    const app = await opened({ start: { screen: 'ladder' } });
    const asked = (): number => app.model.calls.filter(({ call }) => call === 'ladder').length;
    const before = asked();
    app.model.setView('log', []);
    await app.settle();
    expect(asked()).toBe(before);
    app.model.setView('routability', []);
    await app.settle();
    expect(asked()).toBe(before + 1);
  });

  test('says so when there is nothing to draw, write, follow or choose', async () => {
    const app = await opened({
      model: new FakeModel({ views: EMPTY_VIEWS }),
      start: { screen: 'ladder' },
    });
    expect(app.frame()).toContain('no incident and no binding yet');
    for (const [key, says] of [
      ['w', 'there is no message to write'],
      ['f', 'no home address is known here'],
      ['o', 'there is no incident and no binding yet'],
      ['e', 'no message here is evidence'],
      ['enter', 'no packet belongs to this line'],
      ['I', 'evidence of no incident'],
    ] as const) {
      await app.press(key);
      expect(app.frame()).toContain(says);
    }
  });

  test('says how many messages were left out', async () => {
    const model = new LadderModel((ladder) => ({ ...ladder, dropped: 17 }));
    const app = await opened({ model, start: { screen: 'ladder' } });
    expect(app.frame()).toContain('17 messages are left out');
  });
});

describe('drawing of ladders', () => {
  const layout = ladderLayout(3, 80);
  const step = (from: number, to: LadderStep['to'], words: readonly string[] = []): LadderStep => ({
    packet: 0,
    number: 1,
    seconds: 0,
    from,
    to,
    label: '',
    layout: words,
    isEvidence: false,
    severity: undefined,
  });

  test.each([
    [step(0, 1), '├─>│ │'],
    [step(1, 0), '│<─┤ │'],
    [step(0, 2), '├─┼─>│'],
    [step(2, 0, ['tunnel']), '│<═╪═┤'],
    [step(1, 'all'), '│<─*─>│'],
    [step(0, 'all'), '*─┼─>│'],
    [step(1, 1), '│ o │'],
  ])('draws an arrow %#', (item, expected) => {
    const squeezed = arrowText(item, 3, layout)
      .trim()
      .replaceAll(/(.)\1+/g, '$1');
    expect(squeezed).toBe(expected);
    expect(arrowText(item, 3, layout)).toHaveLength(layout.lanes);
  });

  test('a lane that is not there makes no endless arrow', () => {
    expect(() => arrowText(step(Number.NaN, 1), 3, layout)).not.toThrow();
  });

  test('a delta has a sign and three digits, fewer when it is long', () => {
    expect(deltaText(undefined)).toBe('');
    expect(deltaText(0.0301)).toBe('+0.030');
    expect(deltaText(-0.5)).toBe('-0.500');
    expect(deltaText(12_345.6)).toBe('+12346');
  });

  test('messages are told in words: a de-registration, a refusal, others, none', () => {
    expect(messageText('BU seq 3 lifetime 0 A H')).toContain('forget where I am');
    expect(messageText('BU seq 3 lifetime 420 A H')).toContain('tells where it is');
    expect(messageText('BA status 132 seq 3')).toContain('refused');
    expect(messageText('BA status 0 seq 3')).toContain('the answer');
    expect(messageText('HAAD Request')).toContain('discovery');
    expect(messageText('UDP 4000 > 4001')).toBeUndefined();
  });

  test.each([1, 2, 3, 4, 5])('%d lanes and a label have room in 80 cells', (lanes) => {
    expect(ladderLayout(lanes, 79).label).toBeGreaterThan(15);
  });
});
