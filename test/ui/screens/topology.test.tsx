import { describe, expect, test } from 'vitest';
import { TOPOLOGY_SCREEN } from '../../../ui/screens/topology.tsx';
import { topologyDrawing } from '../../../ui/topology/drawing.ts';
import { FakeModel } from '../fake-model.ts';
import { ATTACKER, FAKE_VIEWS, HOME_ADDRESS, HOME_AGENT } from '../fake-state.ts';
import { LARGE_VIEWS } from './sample-views.ts';
import { filtersOf, narrowCase, opened, shownScreen, testKeys } from './screen-cases.tsx';

const { topology } = FAKE_VIEWS;

testKeys(
  TOPOLOGY_SCREEN,
  () => ({}),
  {
    open: async (app, press) => {
      await press();
      expect(filtersOf(app)).toEqual([`ipv6.addr == ${HOME_ADDRESS}`]);
    },
    'show-ladder': async (app, press) => {
      await press();
      expect(shownScreen(app)).toBe('Ladder');
      expect(app.frame()).toContain(`Binding of ${HOME_ADDRESS}`);
    },
    drawing: async (app, press) => {
      expect(app.frame()).toContain('┌─ home link');
      await press();
      expect(app.frame()).not.toContain('┌─ home link');
      await press();
      expect(app.frame()).toContain('┌─ home link');
    },
    follow: async (app, press) => {
      await press();
      expect(filtersOf(app)[0]).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
    },
    copy: async (app, press) => {
      await press();
      expect(app.asked).toContain(`copy:${HOME_ADDRESS}`);
    },
    narrow: narrowCase('mobile node', /role: site/),
  },
  // Down to the mobile node.
  async (app) => {
    await app.press('j', 'j');
    expect(app.cursorLines()[0]).toContain(HOME_ADDRESS);
  },
);

describe('topology', () => {
  test('draws links as boxes with their nodes, and tunnels between them', async () => {
    const app = await opened({ size: { columns: 120, rows: 40 }, start: { screen: 'topology' } });
    const frame = app.frame();
    expect(frame).toMatch(/┌─ home link ─+┐ +┌─ foreign link ─+┐ +┌─ place not known ─+┐/);
    expect(frame).toMatch(
      /│ HA\+R 2001:db8:1::1 +│ +│ MN 2001:db8:1::100 +│ +│ ATK! 2001:db8:2::bad +│/,
    );
    expect(frame).toMatch(/└─+┘ network/);
    expect(frame).toMatch(/╚═+ tunnel.*812 packets ═+╝/);
  });

  test('lists nodes by link with role, care-of and link-layer address, who says so, and tunnels', async () => {
    const app = await opened({ size: { columns: 120, rows: 40 }, start: { screen: 'topology' } });
    expect(app.frame()).toContain('2001:db8:2::/64 (role: learned)');
    expect(app.frame()).toMatch(/MN +2001:db8:1::100 +2001:db8:2::5/);
    expect(app.frame()).toMatch(
      /tunnel +2001:db8:1::100 +2001:db8:1::1 == 2001:db8:2::5 +812 packets/,
    );
    expect(app.frame()).toContain('and 2 nodes more');
  });

  test('is a list alone where boxes do not fit, and says so', async () => {
    const links = Array.from({ length: 9 }, (_, index) => ({
      name: `link-${index}`,
      role: 'foreign',
      roleKnownBy: 'site',
      prefixes: [],
    }));
    const model = new FakeModel({ views: { topology: { ...topology, links } } });
    const app = await opened({ model, start: { screen: 'topology' } });
    expect(app.frame()).not.toContain('┌');
    await app.press('d', 'd');
    expect(app.frame()).toContain('does not fit');
  });

  test('a node that is no mobile node has no ladder, a title is no node', async () => {
    const app = await opened({ start: { screen: 'topology' } });
    expect(app.cursorLines()[0]).toContain(HOME_AGENT);
    await app.press('L');
    expect(app.frame()).toContain('that is no mobile node');
    await app.press('gg', 'enter');
    expect(app.frame()).toContain('go to a node first');
  });

  test('a link-layer address is filtered for as one', async () => {
    const address = '00:07:40:53:e1:e5';
    const nodes = topology.nodes.map((node) =>
      node.address === ATTACKER ? { ...node, address } : node,
    );
    const model = new FakeModel({ views: { topology: { ...topology, nodes } } });
    const app = await opened({ model, start: { screen: 'topology' } });
    await app.press('/');
    await app.type('attacker');
    await app.press('enter', 'G', 'enter');
    expect(filtersOf(app)).toEqual([`eth.addr == ${address}`]);
  });

  test('a drawing is never larger than its place', () => {
    for (const columns of [20, 40, 80, 120, 200, 300]) {
      for (const rows of [0, 3, 8, 13, 30]) {
        for (const view of [topology, LARGE_VIEWS.topology]) {
          const lines = topologyDrawing(view, { columns, rows });
          if (lines === undefined) continue;
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const segments of lines.slice(0, -1)) {
            const width = segments.reduce((sum, { text }) => sum + text.length, 0);
            expect(width).toBeLessThanOrEqual(columns + 8);
          }
        }
      }
    }
    expect(topologyDrawing(topology, { columns: 80, rows: 13 })).toBeDefined();
    expect(topologyDrawing(LARGE_VIEWS.topology, { columns: 120, rows: 30 })).toBeDefined();
  });
});
