/**
 * The units of docs/systemd under a real systemd: installed by the commands that they begin with, started, loaded again, hung,
 * killed and stopped, with packets on the wire meanwhile.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { ROOT } from './command.ts';
import { GATE_NEEDS, GatewayBox, canGate, settle } from './gateway-box.ts';
import { IN_FRONT_OF_AGENT, attackFrame, benignFrame, tallyOf } from './gateway-traffic.ts';
import { SYSTEMD_NEEDS, SystemdBox, canBoot } from './systemd-box.ts';

const LINK = 'core';
const WATCHDOG_SECONDS = 5;
const SENSOR = 'mip6guard-sensor';
const GATEWAY = 'mip6guard-gateway';
const AGENT = 'mip6guard-ha';
/** CAP_NET_RAW alone, as /proc has it. */
const NET_RAW = '0000000000002000';

/** An example of the documentation, with the folders of a unit. */
function exampleOf(name: string, unit: string): string {
  return readFileSync(path.join(ROOT, 'docs/examples', name), 'utf8')
    .replace(/\/run\/mip6guard\/\w+\.sock/, `/run/${unit}/node`)
    .replaceAll('/var/lib/mip6guard/', `/var/lib/${unit}/`)
    .concat(`runDirectory: /run/${unit}\n`);
}

function gatewaySettings(box: GatewayBox): string {
  return JSON.stringify({
    version: 1,
    mode: 'enforce',
    ...IN_FRONT_OF_AGENT,
    path: { hook: 'bridge', ports: box.ports, queue: { count: 2 } },
    eve: { file: '/var/log/mip6guard-gateway/eve.json' },
    db: { file: '/var/lib/mip6guard-gateway/history.db' },
    keepDropped: { directory: '/var/lib/mip6guard-gateway/dropped' },
    state: '/var/lib/mip6guard-gateway/state.db',
    control: '/run/mip6guard-gateway/control',
    metrics: '127.0.0.1:9470',
  });
}

describe.skipIf(!IS_ENDURANCE || !canBoot || !canGate)(
  `units of systemd (npm run endurance; ${SYSTEMD_NEEDS}; ${GATE_NEEDS})`,
  () => {
    let box: GatewayBox;
    let machine: SystemdBox;

    beforeAll(async () => {
      box = new GatewayBox([LINK]);
      for (const end of ['eth0', 'eth1']) {
        box.inside('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', `${end}-far`);
        // The far end hears advertisements of the home agent and must not take them.
        box.inside('sh', '-c', `echo 0 >/proc/sys/net/ipv6/conf/${end}/disable_ipv6`);
        for (const each of [end, `${end}-far`]) box.inside('ip', 'link', 'set', each, 'up');
      }
      machine = new SystemdBox(box.namespace);
      await machine.boot();
    });

    afterAll(async () => {
      await machine.remove();
      box.remove();
    });

    /** Sends as many attacks as ordinary packets. @returns how many of each came out */
    async function exchange(count: number): Promise<{ benign: number; attack: number }> {
      const passed = tallyOf(box, LINK);
      const { outside, inside } = box.wire(LINK);
      for (let i = 0; i < count; i++) {
        outside.send(benignFrame());
        outside.send(attackFrame());
        await settle([inside], 2);
      }
      await settle([inside], 400);
      return passed;
    }

    const isActive = (unit: string): boolean => machine.property(unit, 'ActiveState') === 'active';
    const restarts = (unit: string): number => Number(machine.property(unit, 'NRestarts'));
    /** Until systemd has started it again, and it works. */
    async function isBack(unit: string, times: number, control: string): Promise<void> {
      await machine.until(
        () =>
          restarts(unit) === times &&
          isActive(unit) &&
          machine.run('mip6guard', 'ctl', control, 'status').code === 0,
        `${unit} is started again`,
      );
    }
    /** @param from characters of the journal that are passed over */
    const said = (unit: string, what: RegExp, from = 0): Promise<void> =>
      machine.until(
        () => what.test(machine.journal(unit).slice(from)),
        `${unit} says ${what.source}`,
      );
    /** The watchdog waits so short that a test can: what does not feed it is killed, what hangs is seen. */
    function keepShort(): void {
      machine.shell(`mkdir -p /etc/systemd/system/${GATEWAY}.service.d`);
      machine.write(
        `/etc/systemd/system/${GATEWAY}.service.d/short.conf`,
        `[Service]\nWatchdogSec=${WATCHDOG_SECONDS}\n`,
      );
      machine.shell('systemctl daemon-reload');
    }
    /** Fed for longer than the watchdog waits. */
    async function isFed(unit: string): Promise<void> {
      const times = restarts(unit);
      const fed = (): number => Number(machine.property(unit, 'WatchdogTimestampMonotonic'));
      const until = fed() + 1.5 * WATCHDOG_SECONDS * 1e6;
      await machine.until(() => fed() > until, 'the watchdog is fed');
      expect([restarts(unit), isActive(unit)]).toEqual([times, true]);
    }
    /** Lines of a file; throws when one is torn. */
    function eveOf(file: string): { event_type?: unknown; alert?: unknown }[] {
      const text = machine.shell(`cat ${file}`);
      expect(text.endsWith('\n')).toBe(true);
      const lines = text.slice(0, -1).split('\n');
      return lines.map((line) => JSON.parse(line) as { event_type?: unknown; alert?: unknown });
    }
    const isWhole = (database: string): string =>
      machine.shell(`mip6guard history --db ${database} --format csv`);
    const filter = (): string =>
      machine.shell('ip6tables-save | grep MIP6GUARD || true') +
      machine.shell('sysctl -n net.bridge.bridge-nf-call-ip6tables 2>/dev/null || true');

    it('run a sensor as nobody else, which reloads, and is back after a kill', async () => {
      const control = '/run/mip6guard/control';
      machine.shell(`sed -i 's/-i eth0/-i ${LINK}-out/' docs/systemd/${SENSOR}.service`);
      machine.write('site.yaml', 'version: 1\n');
      expect(machine.install(SENSOR)).toHaveLength(7);
      await isBack(SENSOR, 0, control);
      const status = machine.shell(
        `cat /proc/$(systemctl show --property=MainPID --value ${SENSOR})/status`,
      );
      for (const set of ['CapEff', 'CapBnd']) expect(status).toContain(`${set}:\t${NET_RAW}`);
      expect(status).not.toMatch(/^Uid:\t0/m);

      await exchange(5);
      const eve = '/var/log/mip6guard/eve.json';
      await machine.until(
        () => machine.shell(`cat ${eve}`).includes('MIP6-1009'),
        'an alert is written',
      );

      machine.write('/etc/mip6guard/site.yaml', 'version: 1\nbogus: 1\n');
      machine.shell(`systemctl reload ${SENSOR}`);
      await said(SENSOR, /site\.yaml:2:1: bogus: unknown key/);
      machine.write('/etc/mip6guard/site.yaml', 'version: 1\n');
      machine.shell(`mv ${eve} ${eve}.1; systemctl kill --signal=HUP --kill-who=main ${SENSOR}`);
      await said(SENSOR, /configuration loaded again/);
      await machine.until(() => machine.run('test', '-e', eve).code === 0, 'a new file is there');

      machine.shell(`systemctl kill --signal=KILL ${SENSOR}`);
      await isBack(SENSOR, 1, control);
      await exchange(5);
      machine.shell(`systemctl stop ${SENSOR}`);
      expect(machine.property(SENSOR, 'Result')).toBe('success');
      expect(eveOf(`${eve}.1`).some(({ event_type: type }) => type === 'alert')).toBe(true);
      expect(eveOf(eve).some(({ event_type: type }) => type === 'alert')).toBe(true);
      expect(isWhole('/var/lib/mip6guard/runs.db').trim().split('\n')).toHaveLength(3);
    });

    it('run a gateway that is watched, and cleans up after every end', async () => {
      const control = '/run/mip6guard-gateway/control';
      const before = filter();
      machine.write('gw.yaml', gatewaySettings(box));
      keepShort();
      expect(machine.install(GATEWAY)).toHaveLength(7);
      // Type=notify: the command has come back when packets are judged.
      expect(filter()).toContain('MIP6GUARD');
      expect(machine.property(GATEWAY, 'ActiveState')).toBe('active');
      expect(machine.property(GATEWAY, 'StatusText')).toMatch(/^enforce; \d+ judged/);
      expect(await exchange(10)).toEqual({ benign: 10, attack: 0 });
      const main = machine.property(GATEWAY, 'MainPID');
      expect(machine.shell(`ps -o ni= -p ${main}`).trim()).toBe('-10');
      expect(machine.shell(`grep CapEff /proc/${main}/status`)).toContain('0000000000003000');

      machine.shell(`systemctl reload ${GATEWAY}`);
      await said(GATEWAY, /configuration loaded again/);
      await isFed(GATEWAY);

      machine.shell(`kill -STOP ${main}`);
      await isBack(GATEWAY, 1, control);
      await said(GATEWAY, /put back/);
      expect(machine.shell(`journalctl --unit=${GATEWAY} --no-pager`)).toContain('watchdog');
      expect(await exchange(10)).toEqual({ benign: 10, attack: 0 });

      machine.shell(`systemctl kill --signal=KILL ${GATEWAY}`);
      await isBack(GATEWAY, 2, control);
      expect(await exchange(10)).toEqual({ benign: 10, attack: 0 });

      machine.shell(`systemctl stop ${GATEWAY}`);
      expect(machine.property(GATEWAY, 'Result')).toBe('success');
      expect(filter()).toBe(before);
      const types = eveOf('/var/log/mip6guard-gateway/eve.json').map((line) => line.event_type);
      expect(types).toContain('drop');
      expect(machine.shell('ls /var/lib/mip6guard-gateway/dropped')).toContain('.pcapng');
      expect(isWhole('/var/lib/mip6guard-gateway/history.db').trim().split('\n')).toHaveLength(4);
      expect(
        machine.shell('find / -xdev -name "core*" -path "*mip6guard*" -newer /run/systemd'),
      ).toBe('');
    });

    it('run a home agent, and a gateway that is one, with its TUN device', async () => {
      machine.write('ha.yaml', exampleOf('ha.yaml', AGENT));
      machine.write(
        'node-keys.yaml',
        readFileSync(path.join(ROOT, 'docs/examples/node-keys.yaml'), 'utf8'),
      );
      expect(machine.install(AGENT)).toHaveLength(8);
      const control = `/run/${AGENT}/node`;
      await isBack(AGENT, 0, control);
      expect(machine.shell('ip link show mip0')).toContain('UP');
      machine.shell(`systemctl kill --signal=KILL ${AGENT}`);
      await isBack(AGENT, 1, control);
      expect(machine.journal(AGENT)).toMatch(/put back \d+ changes/);
      expect(machine.journal(AGENT)).not.toContain('warning');
      machine.shell(`systemctl stop ${AGENT}`);
      expect(machine.property(AGENT, 'Result')).toBe('success');
      expect(machine.run('ip', 'link', 'show', 'mip0').code).toBe(1);

      machine.write('/etc/mip6guard/ha.yaml', exampleOf('ha.yaml', GATEWAY));
      machine.shell('chown root /etc/mip6guard/node-keys.yaml');
      machine.write(
        '/etc/mip6guard/gw.yaml',
        JSON.stringify({
          version: 1,
          as: 'home-agent',
          homeAgent: 'ha.yaml',
          failMode: 'open',
          mode: 'enforce',
          eve: { file: '/var/log/mip6guard-gateway/node.json' },
          control: '/run/mip6guard-gateway/control',
        }),
      );
      const { length } = machine.journal(GATEWAY);
      machine.shell(`systemctl start ${GATEWAY}`);
      expect(machine.shell('ip link show mip0')).toContain('UP');
      machine.shell(`systemctl reload ${GATEWAY}`);
      await said(GATEWAY, /configuration loaded again/, length);
      await isFed(GATEWAY);
      machine.shell(`systemctl stop ${GATEWAY}`);
      expect(machine.property(GATEWAY, 'Result')).toBe('success');
    });

    it('run a proxy, and feed its watchdog', async () => {
      machine.write('/etc/mip6guard/gw.yaml', exampleOf('gateway-proxy.yaml', GATEWAY));
      keepShort();
      machine.shell(`systemctl start ${GATEWAY}`);
      expect(machine.property(GATEWAY, 'ActiveState')).toBe('active');
      await isFed(GATEWAY);
      machine.shell(`systemctl stop ${GATEWAY}`);
      expect(machine.property(GATEWAY, 'Result')).toBe('success');
    });
  },
);
