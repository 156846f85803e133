import { describe, expect, test } from 'vitest';
import { ROUTABILITY_SCREEN } from '../../../ui/screens/routability.tsx';
import { FakeModel } from '../fake-model.ts';
import { CORRESPONDENT, HOME_ADDRESS } from '../fake-state.ts';
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

const toLadder = toLadderWith(CORRESPONDENT);

testKeys(
  ROUTABILITY_SCREEN,
  () => ({}),
  {
    open: toLadder,
    'show-ladder': toLadder,
    follow: async (app, press) => {
      await press();
      expect(filtersOf(app)[0]).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
    },
    copy: async (app, press) => {
      await press();
      expect(app.asked).toContain(`copy:${HOME_ADDRESS}`);
    },
    narrow: narrowCase('no Care-of', /2001:db8:1::101/),
    ...PANE_CASES,
    ...sectionCases('Home test'),
  },
  async (app, action) => {
    if (action.endsWith('-section')) await app.press('tab');
  },
);

describe('return routability', () => {
  test('legs, what is missing and the result of the authenticator are in words', async () => {
    const app = await opened({ start: { screen: 'routability' } });
    const [first = ''] = app.cursorLines();
    expect(first).toContain('HoTI HoT CoTI ---');
    expect(first).toContain('? unknown');
    expect(app.frame()).toContain('! no Care-of Test');
    expect(app.frame()).toMatch(/\[ \] CoT +CN -> MN +not seen/);
    await app.press('j');
    expect(app.frame()).toContain('+ right');
    expect(app.frame()).toContain('nothing: all four messages were seen');
  });

  test('tokens have an age, and are too old after 210 s', async () => {
    const app = await opened({ start: { screen: 'routability' } });
    expect(app.frame()).toContain('nonce index 41, token 0:19 old, good for 3:10 more');
    app.model.change({ lastTime: app.model.status.firstTime + 300 });
    await app.settle();
    expect(app.frame()).toContain('too old');
  });

  test('a message leads to its packet, one that was not seen to none', async () => {
    const app = await opened({ start: { screen: 'routability' } });
    await app.press('tab', '}', 'j', 'j', 'enter');
    expect(shownScreen(app)).toBe('Packets');
    expect(app.cursorLines()[0]).toMatch(/ 9 +0\.800000/);
    await app.press('4', '}', 'j', 'j', 'enter');
    expect(app.frame()).toContain('no packet belongs to this line');
  });

  test('a pair of which the home address is not known has no ladder', async () => {
    const routability = [{ ...SAMPLE.pair, homeAddress: '', authentication: undefined }];
    const model = new FakeModel({ views: { routability } });
    const app = await opened({ model, start: { screen: 'routability' } });
    expect(app.frame()).toContain('- no BU');
    await app.press('enter');
    expect(shownScreen(app)).toBe('RR');
    expect(app.frame()).toContain('home address of this pair is not known');
  });
});
