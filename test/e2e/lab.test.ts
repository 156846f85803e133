/**
 * The lab with real nodes: processes of the built command in network namespaces of this kernel.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { ROOT, bash, hasProgram } from './command.ts';
import {
  Lab,
  audited,
  canLab,
  handover,
  ip,
  status,
  traces,
  transferred,
  verdict,
} from './lab-bench.ts';

const hasPing = hasProgram('ping');

describe('the lab (needs root, ip, /dev/net/tun and koffi)', () => {
  let lab: Lab;
  const labs: Lab[] = [];
  const fresh = (): Lab => {
    lab = new Lab();
    labs.push(lab);
    return lab;
  };
  let interfaces = 0;
  beforeAll(() => {
    if (canLab) interfaces = ip('-o', 'link').text.split('\n').length;
  });
  afterEach(() => {
    for (const each of labs.splice(0)) each.remove();
  });
  afterAll(() => {
    if (canLab) expect(ip('-o', 'link').text.split('\n')).toHaveLength(interfaces);
  });

  it.skipIf(!canLab || !IS_ENDURANCE)(
    'keeps a TCP transfer alive from foreign link to foreign link, home and away again, and the analyzer finds nothing (npm run endurance)',
    async () => {
      fresh();
      lab.done('up', '--home-link', 'prefix');
      const before = lab.json(status, 'status');
      expect(before.mobileNode).toMatchObject({ link: 'foreign1', state: 'registered' });
      expect(before.homeAgent.associations).toBe(8);
      expect(before.homeAgent.bindings[0]?.careOfAddress).toMatch(/^2001:db8:2::/);
      const twice = lab.run('up');
      expect(twice).toMatchObject({ code: 2 });
      expect(twice.stderr).toContain('already');
      if (hasPing) expect(lab.inside('mn', 'ping', '-c', '2', '2001:db8:9::5')).toBe(0);

      const captures = path.join(path.dirname(lab.directory), 'captures');
      const capture = lab.background('capture', '--seconds', '20', '--write', captures);
      const transfer = lab.background('transfer', '--seconds', '17', '--json');
      for (const link of ['foreign2', 'home', 'foreign1']) {
        const { acknowledged } = lab.json(handover, 'move', link);
        expect(acknowledged, link).toBeGreaterThan(0);
        const { mobileNode, homeAgent, correspondent } = lab.json(status, 'status');
        const isHome = link === 'home';
        expect(mobileNode).toMatchObject({ link, isAtHome: isHome });
        expect(homeAgent.bindings.map((each) => each.careOfAddress)).toEqual(
          isHome ? [] : [mobileNode.careOfAddress],
        );
        // The direct way: the correspondent knows where the node is, and that it is home.
        if (!isHome) expect(correspondent.bindings).toHaveLength(1);
      }
      const { sent, received } = transferred.parse(JSON.parse(await transfer.done()));
      expect(received).toBe(sent);
      expect(sent).toBeGreaterThan(500_000);

      const command = (await capture.done()).trim();
      expect(command).toMatch(/^mip6guard audit --config /);
      const audit = bash(`${command} --format json --quiet`, ROOT);
      const { alerts, incidents } = audited.parse(JSON.parse(audit.stdout));
      expect(incidents).toEqual([]);
      expect(alerts.filter(({ severity }) => severity !== 'low' && severity !== 'info')).toEqual(
        [],
      );

      // A node that believes in the home link is deceived; the home agent is not, and nothing leaves in clear.
      const relay = lab.json(verdict, 'attack', 'relay', '--expect', 'fail');
      expect(relay).toMatchObject({ hasSucceeded: false, unprotectedPackets: 0 });
      expect(relay.mobileNode.believesAtHome).toBe(true);
      expect(relay.homeAgent.hasBinding).toBe(true);
      expect(relay.alarms.ha).not.toEqual({});

      lab.done('down');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    },
  );

  it.skipIf(!canLab)('shows that the attacks fail by default, and who tries', () => {
    fresh();
    lab.done('up');
    for (const [attack, expectation, code] of [
      ['rogue-ra', 'succeed', 1],
      ['relay', 'fail', 0],
    ] as const) {
      const run = lab.run('attack', attack, '--expect', expectation, '--json');
      expect(run).toMatchObject({ code });
      const found = verdict.parse(JSON.parse(run.stdout));
      expect(found).toMatchObject({
        hasSucceeded: false,
        mobileNode: { believesAtHome: false, state: 'registered' },
        homeAgent: { hasBinding: true },
        unprotectedPackets: 0,
      });
      expect(found.alarms.mn['home-prefix-advertised']).toBeGreaterThan(0);
      expect(found.audit.incidents.map(({ assessment }) => assessment)).toEqual(['attempted']);
    }
    const home = lab.run('move', 'home');
    expect(home).toMatchObject({ code: 2 });
    expect(home.stderr).toContain('--home-link prefix');
    // Ended without a word, as by a crash; the next command sees it, and down clears it all the same.
    for (const pid of ip('netns', 'pids', `${lab.prefix}-mn`).text.trim().split('\n')) {
      process.kill(Number(pid), 'SIGKILL');
    }
    expect(lab.run('status')).toMatchObject({ code: 4 });
    lab.done('down');
    expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    expect(lab.run('status')).toMatchObject({ code: 2 });
    expect(lab.done('down')).toBe('');
  });

  it.skipIf(!canLab || !IS_ENDURANCE)(
    'shows that the relay of the draft succeeds where everything of RFC 6275 is allowed (npm run endurance)',
    () => {
      fresh();
      lab.done('up', '--permissive');
      const found = lab.json(verdict, 'attack', 'relay', '--expect', 'succeed');
      expect(found).toMatchObject({
        hasSucceeded: true,
        mobileNode: { believesAtHome: true, state: 'home' },
        homeAgent: { hasBinding: false },
      });
      expect(found.unprotectedPackets).toBeGreaterThan(0);
      expect(found.audit.incidents).toHaveLength(1);
      expect(found.audit.incidents[0]).toMatchObject({ assessment: 'succeeded on both' });
      expect(found.captures.every((file) => existsSync(file))).toBe(true);
      lab.done('down');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    },
  );

  it.skipIf(!canLab)('has no attacker outside of its namespaces', () => {
    fresh();
    const { code, stderr } = lab.run('process', 'attacker', 'relay', 'foreign1');
    expect(code).toBe(2);
    expect(stderr).toContain('namespaces of a lab only');
  });
});
