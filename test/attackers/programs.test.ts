import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { hasProgram } from '../e2e/command.ts';
import { accusations, auditLive, canIsolate, inNetwork, labFolder, saidIn } from './lab.ts';

/** An attack by a program of somebody else. */
interface Attack {
  /** Name of its capture. */
  readonly name: string;
  readonly link: 'home' | 'visited';
  /** The program is the first word. */
  readonly command: string;
  /** Rules that must speak; empty for what concerns no mobile node and only must do no harm. */
  readonly rules: readonly string[];
}

const HOME = '2001:db8:1::/64';
const MAC = '02:00:5e:00:53:67';
/** A program that waits for somebody to take an address, and somebody who does. */
const ANSWERED_DAD = `atk6-dos-new-ip6 home0 &
  for i in 1 2 3 4 5; do
    ip -n mip6guard-ha addr add 2001:db8:1::10/64 dev home1
    while ip -n mip6guard-ha addr show tentative -dadfailed | grep -q :10/; do sleep 0.05; done
    ip -n mip6guard-ha addr show dadfailed | grep -q :10/ && break
    ip -n mip6guard-ha addr del 2001:db8:1::10/64 dev home1
  done
  kill %1`
  .replaceAll(/\n */g, ' ; ')
  .replaceAll(/(do|&) ;/g, '$1');

/** thc-ipv6 (single packets, then floods) and the IPv6 toolkit of SI6 Networks: side by side, each in a network of its own. */
const SUITES: readonly (readonly Attack[])[] = [
  [
    {
      name: 'fake_mipv6',
      link: 'visited',
      command: 'atk6-fake_mipv6 visited0 2001:db8:1::10 2001:db8:1::1 2001:db8:3::66',
      rules: ['MIP6-1801'],
    },
    {
      name: 'fake_router26',
      link: 'visited',
      command: `atk6-fake_router26 -A ${HOME} -n 1 visited0`,
      rules: ['MIP6-1101'],
    },
    {
      name: 'fake_router26-homeagent',
      link: 'visited',
      command: `atk6-fake_router26 -A ${HOME} -F homeagent -n 1 visited0`,
      rules: ['MIP6-1101', 'MIP6-1103'],
    },
    {
      name: 'fake_router26-hop-by-hop',
      link: 'visited',
      command: `atk6-fake_router26 -E H1 -A ${HOME} -n 1 visited0`,
      rules: ['MIP6-1104'],
    },
    {
      name: 'fake_router26-fragments',
      link: 'visited',
      command: `atk6-fake_router26 -E D -A ${HOME} -n 1 visited0`,
      rules: ['MIP6-1104'],
    },
    {
      name: 'redir6',
      link: 'visited',
      command: 'atk6-redir6 visited0 2001:db8:3::7 2001:db8:1::1 fe80::1 fe80::66',
      rules: ['MIP6-2006'],
    },
    {
      name: 'fake_advertise6',
      link: 'home',
      command: 'atk6-fake_advertise6 -r -n 1 home0 2001:db8:1::1',
      rules: ['MIP6-2004'],
    },
    {
      name: 'fake_advertise6-fragment',
      link: 'home',
      command: 'atk6-fake_advertise6 -f -n 1 home0 2001:db8:1::1',
      rules: ['MIP6-2008'],
    },
    {
      name: 'thcping6-home-address',
      link: 'visited',
      command:
        'atk6-thcping6 -D 201:16:20010db8000700000000000000000053 visited0 2001:db8:3::66 2001:db8:3::7',
      rules: ['MIP6-1601'],
    },
    {
      name: 'thcping6-routing-header',
      link: 'visited',
      command: 'atk6-thcping6 -F 2001:db8:9::5 visited0 2001:db8:3::66 2001:db8:3::7',
      rules: ['MIP6-1603'],
    },
    {
      name: 'randicmp6',
      link: 'visited',
      command: 'atk6-randicmp6 -p visited0 2001:db8:1::1 144',
      rules: ['MIP6-2103'],
    },
  ],
  [
    { name: 'dos-new-ip6', link: 'home', command: ANSWERED_DAD, rules: ['MIP6-2003'] },
    {
      name: 'ndpexhaust26',
      link: 'home',
      command: 'atk6-ndpexhaust26 visited0 2001:db8:1::',
      rules: ['MIP6-2011'],
    },
    {
      name: 'flood_router26',
      link: 'visited',
      command: 'atk6-flood_router26 visited0',
      rules: ['MIP6-2007'],
    },
    {
      name: 'flood_redir6',
      link: 'visited',
      command: 'atk6-flood_redir6 visited0',
      rules: ['MIP6-2006'],
    },
    { name: 'flood_advertise6', link: 'home', command: 'atk6-flood_advertise6 home0', rules: [] },
    { name: 'flood_solicitate6', link: 'home', command: 'atk6-flood_solicitate6 home0', rules: [] },
    { name: 'flood_mld6', link: 'visited', command: 'atk6-flood_mld6 visited0', rules: [] },
  ],
  [
    {
      name: 'ra6',
      link: 'visited',
      command: `ra6 -i visited0 -s fe80::66 -d ff02::1 -P ${HOME}#LA#9000#9000`,
      rules: ['MIP6-1101'],
    },
    {
      name: 'ra6-around',
      link: 'visited',
      command: 'ra6 -i visited0 -s fe80::66 -d ff02::1 -P 2001:db8:1::/56#LA#9000#9000',
      rules: ['MIP6-1102'],
    },
    {
      name: 'ra6-home-agent',
      link: 'visited',
      command: `ra6 -i visited0 -a -s fe80::66 -d ff02::1 -P ${HOME}#LA#9000#9000`,
      rules: ['MIP6-1101', 'MIP6-1103'],
    },
    {
      name: 'ra6-flood',
      link: 'visited',
      command: 'ra6 -i visited0 -d ff02::1 -F 400',
      rules: ['MIP6-2007'],
    },
    {
      name: 'ra6-lifetime-zero',
      link: 'visited',
      command: 'ra6 -i visited0 -s fe80::1 -d ff02::1 -t 0',
      rules: ['MIP6-2005'],
    },
    {
      name: 'na6-home-agent',
      link: 'home',
      command: `na6 -i home0 -s 2001:db8:1::1 -t 2001:db8:1::1 -d ff02::1 -o -E ${MAC}`,
      rules: ['MIP6-2004'],
    },
    {
      name: 'ns6-home-agent',
      link: 'home',
      command: `ns6 -i home0 -s 2001:db8:1::1 -d ff02::1:ff00:10 -t 2001:db8:1::10 -E ${MAC}`,
      rules: ['MIP6-2002'],
    },
    {
      name: 'rd6',
      link: 'visited',
      command: 'rd6 -i visited0 -s fe80::66 -d 2001:db8:3::7 -r 2001:db8:1::1/128 -t fe80::66',
      rules: ['MIP6-2006'],
    },
  ],
];

const programOf = ({ command }: Attack): string => command.split(' ')[0] ?? '';
const isHere = (attack: Attack): boolean => canIsolate && hasProgram(programOf(attack));
/** Whatever a flood holds: alerts are about senders and victims, not about every made-up address. */
const MOST_ALERTS = 40;

describe.skipIf(!IS_ENDURANCE)(
  'attack programs in a network of namespaces, and the same time without them (npm run endurance)',
  () => {
    const folders: string[] = [];
    const captures = new Map<string, string>();
    let quiet = '';

    beforeAll(async () => {
      if (!canIsolate) return;
      quiet = labFolder();
      folders.push(quiet);
      const undisturbed = inNetwork('benign.sh', [quiet]);
      const attacks = SUITES.map((suite) => {
        const folder = labFolder();
        folders.push(folder);
        const steps = suite.filter(isHere);
        const line = ({ name, link, command }: Attack): string => `${name}\t${link}\t${command}\n`;
        writeFileSync(path.join(folder, 'steps'), steps.map(line).join(''));
        for (const { name, link } of steps) {
          captures.set(name, path.join(folder, `${name}-${link}.pcap`));
        }
        return inNetwork('tools.sh', [folder]);
      });
      const results = await Promise.allSettled(attacks);
      writeFileSync(path.join(quiet, 'stop'), '');
      await undisturbed;
      await Promise.all(attacks);
      expect(results.length).toBe(SUITES.length);
    });

    afterAll(() => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    for (const attack of SUITES.flat()) {
      const expected = attack.rules.length === 0 ? 'does no harm' : `raises ${attack.rules.join()}`;
      const words = attack.command.split(' & ')[0] ?? '';
      it.skipIf(!isHere(attack))(
        `${words} ${expected} (needs root, network namespaces, tcpdump, ${programOf(attack)})`,
        () => {
          const file = captures.get(attack.name) ?? '';
          const audit = auditLive([file]);
          const raised = audit.alerts.map(({ rule }) => rule);
          const context = `${audit.alerts.map(({ rule, message }) => `${rule}: ${message}`).join('\n')}\n${saidIn(path.dirname(file))}`;
          expect(audit.counters.packets, context).toBeGreaterThan(0);
          expect(raised, context).toEqual(expect.arrayContaining([...attack.rules]));
          expect(raised.length, context).toBeLessThan(MOST_ALERTS);
          if (attack.rules.length === 0) expect(accusations(audit), context).toEqual([]);
        },
      );
    }

    it.skipIf(!canIsolate)(
      'ordinary hosts and daemons raise nothing of medium or higher in the same time (needs root, network namespaces, tcpdump; radvd, dnsmasq, dhclient, ndisc6 and ping take part where they are)',
      () => {
        const files = ['visited', 'home'].map((link) => path.join(quiet, `${link}.pcap`));
        const audit = auditLive(files);
        const missing = readFileSync(path.join(quiet, 'missing'), 'utf8').split('\n');
        console.log(
          `without attackers: ${audit.counters.packets} packets, ${accusations(audit).length} of medium or higher; not there: ${missing.join(' ').trim() || 'nothing'}`,
        );
        expect(audit.counters.packets, saidIn(quiet)).toBeGreaterThan(500);
        expect(accusations(audit)).toEqual([]);
      },
    );
  },
);
