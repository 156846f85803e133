/**
 * The attacks of draft-ebalard-mext-hld-security-00 against networks with gateways: our home agent as permissive as RFC 6275
 * allows, and a naive one by Scapy; our attacker, one by Scapy, and thc-ipv6.
 */
import path from 'node:path';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scapyPython } from '../attackers/lab.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { hasProgram, start } from './command.ts';
import { Lab, canLab, ip, traces, verdict } from './lab-bench.ts';

const NEEDS = 'needs root, network namespaces, koffi and ip6tables';
const canGuard = canLab && hasProgram('ip6tables');
const THC = 'atk6-fake_router26';
const HOME = '2001:db8:1::/64';

type Verdict = z.infer<typeof verdict>;

function script(name: string): string {
  return `exec ${scapyPython ?? 'python3'} ${path.join(import.meta.dirname, name)}`;
}

/** A program of thc-ipv6 that advertises the home prefix; it needs an address of its own. */
function thc(...options: readonly string[]): string {
  const words = [THC, ...options, '-A', HOME, '$MIP6GUARD_INTERFACE'];
  const settings = '/proc/sys/net/ipv6/conf/$MIP6GUARD_INTERFACE';
  return [
    // Without duplicate address detection it is there at once.
    `echo 0 >${settings}/accept_dad`,
    `echo 1 >${settings}/disable_ipv6`,
    `echo 0 >${settings}/disable_ipv6`,
    'until ip -6 addr show dev $MIP6GUARD_INTERFACE scope link | grep -q inet6; do sleep 0.05; done',
    `exec ${words.join(' ')}`,
  ].join('; ');
}

/** Packets that a rule has dropped, over all gateways. */
function dropped({ gateways }: Verdict, rule: string): number {
  return gateways
    .flatMap(({ drops }) => drops)
    .filter((each) => each.rule === rule)
    .reduce((sum, { count }) => sum + count, 0);
}

let interfaces = 0;
beforeAll(() => {
  if (canGuard) interfaces = ip('-o', 'link').text.split('\n').length;
});

const HOME_AGENTS = [
  { name: 'our home agent, as permissive as RFC 6275', needs: NEEDS, can: canGuard, options: [] },
  {
    name: 'a naive home agent by Scapy',
    needs: `${NEEDS}, Scapy`,
    can: canGuard && scapyPython !== undefined,
    options: ['--home-agent', script('scapy-legacy-home-agent.py')],
  },
] as const;

const ATTACKERS = [
  { name: 'the attacker of the lab', can: true, options: [] },
  {
    name: 'a relay by Scapy',
    can: scapyPython !== undefined,
    options: ['--attacker', script('scapy-relay.py')],
  },
] as const;

describe.each(HOME_AGENTS)('$name behind gateways ($needs; npm run endurance:gateway)', (agent) => {
  const isRun = agent.can && IS_ENDURANCE;
  let lab: Lab;
  let link: 'foreign1' | 'foreign2' = 'foreign1';

  beforeAll(() => {
    if (!isRun) return;
    lab = new Lab();
    lab.done('up', '--permissive', ...agent.options);
  });
  afterAll(() => {
    if (!isRun) return;
    lab.remove();
    expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
  });
  afterEach(() => {
    if (!isRun) return;
    // Whoever believed that it is at home finds out on another link.
    link = link === 'foreign1' ? 'foreign2' : 'foreign1';
    lab.done('move', link);
  });

  function attack(name: string, ...words: readonly string[]): Verdict {
    return lab.json(verdict, 'attack', name, ...words);
  }

  describe.each(ATTACKERS)('against $name', ({ can, options }) => {
    it.skipIf(!isRun || !can)('both legs of the relay succeed without a gateway', () => {
      const found = attack('relay', '--gateway', 'none', ...options);
      expect(found).toMatchObject({
        hasSucceeded: true,
        mobileNode: { believesAtHome: true, state: 'home' },
        homeAgent: { hasBinding: false },
        gateways: [],
      });
      expect(found.unprotectedPackets).toBeGreaterThan(0);
      expect(found.audit.incidents[0]).toMatchObject({ assessment: 'succeeded on both' });
    });

    it.skipIf(!isRun || !can)(
      'the gateway in front of the home agent alone keeps the binding, and tells of the relay',
      () => {
        const words = ['--gateway', 'enforce', '--gateway-at', 'home-agent', ...options];
        const found = attack('relay', ...words);
        expect(found).toMatchObject({
          hasSucceeded: false,
          homeAgent: { hasBinding: true },
          unprotectedPackets: 0,
        });
        // Nobody has acknowledged its de-registration.
        expect(found.mobileNode.state).not.toBe('home');
        expect(dropped(found, 'MIP6-1106')).toBeGreaterThan(0);
        expect(found.gateways.flatMap(({ incidents }) => incidents)).toMatchObject([
          { assessment: 'attempted' },
        ]);
        expect(found.audit.incidents[0]).toMatchObject({ assessment: 'attempted' });
      },
    );

    it.skipIf(!isRun || !can)(
      'the gateway of the access link alone keeps the mobile node from being deceived',
      () => {
        const words = ['--gateway', 'enforce', '--gateway-at', 'access-link', ...options];
        const found = attack('relay', ...words);
        expect(found).toMatchObject({
          hasSucceeded: false,
          mobileNode: { believesAtHome: false, state: 'registered' },
          homeAgent: { hasBinding: true },
          unprotectedPackets: 0,
        });
        expect(dropped(found, 'MIP6-1101')).toBeGreaterThan(0);
        expect(found.gateways.flatMap(({ incidents }) => incidents)).toMatchObject([
          { assessment: 'attempted' },
        ]);
      },
    );
  });

  it.skipIf(!isRun)(
    'in monitor mode everything passes, and each stage is told with the gateway that saw it',
    () => {
      const found = attack('relay', '--gateway', 'monitor');
      expect(found.hasSucceeded).toBe(true);
      const at = Object.fromEntries(
        found.gateways.map(({ place, drops }) => [place, drops.map(({ rule }) => rule)]),
      );
      expect(at['home-agent']).toContain('MIP6-1106');
      expect(at['access-link']).toEqual(expect.arrayContaining(['MIP6-1101', 'MIP6-1112']));
    },
  );
});

describe(`${THC} against a mobile node (${NEEDS}, thc-ipv6; npm run endurance:gateway)`, () => {
  const isRun = canGuard && IS_ENDURANCE && hasProgram(THC);
  let lab: Lab;
  beforeAll(() => {
    if (!isRun) return;
    lab = new Lab();
    // A node that believes nobody tells of each advertisement that it hears.
    lab.done('up');
  });
  afterAll(() => {
    if (isRun) lab.remove();
  });

  it.skipIf(!isRun).each([
    ['an advertisement of the home prefix', [], 'MIP6-1101'],
    ['a home agent of the home prefix', ['-F', 'homeagent'], 'MIP6-1101'],
    ['an advertisement behind Hop-by-Hop Options', ['-E', 'H1'], 'MIP6-1104'],
    ['an advertisement in fragments', ['-E', 'D'], 'MIP6-1104'],
  ] as const)('%s is heard without a gateway, and does not come through one', (_, words, rule) => {
    const attack = (...more: readonly string[]): Verdict =>
      lab.json(verdict, 'attack', 'rogue-ra', '--attacker', thc(...words), ...more);
    const open = attack('--gateway', 'none');
    expect(open.alarms.mn['home-prefix-advertised'] ?? 0).toBeGreaterThan(0);
    const guarded = attack('--gateway', 'enforce', '--gateway-at', 'access-link');
    expect(guarded.alarms.mn).toEqual({});
    expect(guarded).toMatchObject({
      mobileNode: { believesAtHome: false, state: 'registered' },
      homeAgent: { hasBinding: true },
    });
    const rules = guarded.gateways.flatMap(({ drops }) => drops.map((each) => each.rule));
    expect(rules).toContain(rule);
  });
});

describe(`mip6guard lab attack relay --gateway enforce (${NEEDS})`, () => {
  const labs: Lab[] = [];
  const fresh = (): Lab => {
    const lab = new Lab();
    labs.push(lab);
    return lab;
  };
  afterEach(() => {
    for (const each of labs.splice(0)) each.remove();
  });

  it.skipIf(!canGuard)(
    'is one command: it builds a lab, shows that the attack fails and why, and leaves nothing',
    () => {
      const lab = fresh();
      const text = lab.done('attack', 'relay', '--gateway', 'enforce', '--expect', 'fail');
      expect(text).toMatch(/^relay on foreign1 failed\n/);
      expect(text).toContain('knows that it is not at home (registered)');
      expect(text).toContain('has its binding');
      expect(text).toMatch(/MIP6-1101 dropped \d+ \(rogue advertisement\): /);
      expect(text).toMatch(/CRITICAL Home prefix .*: attempted, certain/);
      expect(text).toContain('--write DIR keeps them');
      expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
    },
  );

  it.skipIf(!canGuard || !IS_ENDURANCE).each([
    ['while it is built', 1500],
    ['while it is attacked', 12_000],
  ])('leaves nothing when it is interrupted %s (npm run endurance:gateway)', async (_, after) => {
    const lab = fresh();
    const words = ['attack', 'relay', '--gateway', 'enforce', '--directory', lab.directory];
    const child = start(['lab', ...words]);
    await new Promise((resolve) => setTimeout(resolve, after));
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([0, 4]).toContain(code);
    expect(traces(lab)).toEqual({ namespaces: [], interfaces, processes: [], directory: false });
  });

  it.skipIf(!canGuard || !IS_ENDURANCE)(
    'gives a running lab back as it was, also after an attack that could not begin (npm run endurance:gateway)',
    () => {
      const lab = fresh();
      lab.done('up', '--permissive');
      const failed = lab.run('attack', 'relay', '--gateway', 'enforce', '--attacker', 'exit 3');
      expect(failed.code).toBe(4);
      expect(failed.stderr).toContain('the attacker was not heard');
      const spaces = ip('netns').text;
      expect(spaces).not.toMatch(new RegExp(`${lab.prefix}-(gateway|access)`));
      const { gateways, mobileNode } = lab.json(
        z.looseObject({ gateways: z.array(z.unknown()), mobileNode: z.looseObject({}) }),
        'status',
      );
      expect(gateways).toEqual([]);
      expect(mobileNode).toMatchObject({ state: 'registered' });
    },
  );
});
