import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayAnswer } from '../../../cli/gateway/gateway-control.ts';
import { gatewayFamilies, gatewayHistograms } from '../../../cli/gateway/gateway-metrics.ts';
import { healthRecord, statusLine, troublesOf } from '../../../cli/gateway/gateway-status.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { metricsRegistry } from '../../../io/metrics.ts';
import { openGatewayStore } from '../../../io/store/gateway-store.ts';
import { attackOf } from '../sensor/sensor-bench.ts';
import { schemaCheck } from '../../schema-check.ts';
import { LEAST, endGateways, gatewayFolder, startGateway } from './gateway-bench.ts';
import type { RunningGateway } from './gateway-bench.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../fixtures');
const check = schemaCheck('eve.schema.json');

afterEach(endGateways);

type Answer = Readonly<Record<string, unknown>>;

async function ask({ gateway }: RunningGateway, request: object): Promise<Answer> {
  return { ...(await gatewayAnswer(gateway, JSON.stringify(request))) };
}

describe('a gateway in monitor', () => {
  it('lets everything pass and writes what it would drop, with the reason', async () => {
    const { path: given, lines } = await startGateway();
    expect(given.give(attackOf(1), 0)).toBe(true);
    const [line] = lines('drop');
    expect(line).toMatchObject({
      ...{ in_iface: 'out0', src_ip: '2001:db8:66::1', dest_ip: '2001:db8:9::5' },
      drop: { action: 'would_drop', reason: 'rule', signature_id: 1009, count: 1, total: 1 },
      mip6: { rule: 'MIP6-1009', confidence: 'certain', attacker: '2001:db8:66::1' },
    });
    expect(lines('alert')).toMatchObject([{ alert: { action: 'allowed', signature_id: 1009 } }]);
  });

  it('writes lines that fit the schema', async () => {
    const running = await startGateway();
    running.path.give(attackOf(1), 0);
    running.gateway.setMode('enforce');
    running.path.give(attackOf(2), 1);
    running.path.onFault?.('queue 600: something failed');
    await running.end();
    const written = running.lines();
    expect(new Set(written.map(({ event_type }) => event_type))).toEqual(
      new Set(['drop', 'alert', 'anomaly', 'incident', 'stats']),
    );
    expect(written.flatMap(check)).toEqual([]);
  });
});

describe('a gateway that enforces', () => {
  it('drops attacks, and counts them to the packet', async () => {
    const running = await startGateway(`${LEAST}mode: enforce\n`);
    const { path: given, gateway, lines } = running;
    for (let i = 0; i < 40; i++) expect(given.give(attackOf(7), i / 100)).toBe(false);
    expect(gateway.dropsByRule().get('MIP6-1009')).toEqual({
      ...{ dropped: 40, wouldDrop: 0, rateLimited: 0 },
    });
    // The first at once, the others together.
    expect(lines('drop')).toHaveLength(1);
    await running.end();
    const counts = lines('drop').map(({ drop }) => (drop as { count: number }).count);
    expect(counts).toEqual([1, 39]);
    expect(lines('alert')).toMatchObject([{ alert: { action: 'blocked' } }]);
    expect(lines('stats').at(-1)).toMatchObject({
      stats: { gateway: { mode: 'enforce', judged: 40, dropped: 40, would_drop: 0 } },
    });
  });

  it('changes its mode from one packet to the next', async () => {
    const running = await startGateway();
    expect(running.path.give(attackOf(1), 0)).toBe(true);
    expect(await ask(running, { command: 'mode', set: 'enforce' })).toMatchObject({
      ...{ ok: true, mode: 'enforce' },
    });
    expect(running.path.give(attackOf(2), 1)).toBe(false);
    expect(await ask(running, { command: 'mode', set: 'monitor' })).toMatchObject({ ok: true });
    expect(running.path.give(attackOf(3), 2)).toBe(true);
    expect(running.lines('anomaly').map(({ anomaly }) => (anomaly as Answer)['event'])).toEqual([
      'GATEWAY_MODE',
      'GATEWAY_MODE',
    ]);
  });

  it('drops the relayed de-registration of the bundled attack and nothing of normal life', async () => {
    const dropped = async (name: string): Promise<number> => {
      const config = `${LEAST}mode: enforce\nsite: site.yaml\n`;
      const folder = gatewayFolder();
      const site = readFileSync(path.join(FIXTURES, `captures/${name}.site.yaml`), 'utf8');
      writeFileSync(path.join(folder, 'site.yaml'), site);
      const running = await startGateway(config, { folder });
      const { source } = await openCaptures([path.join(FIXTURES, `captures/${name}.pcapng`)]);
      const before = [...running.path.interfaces];
      running.path.interfaces.splice(0, before.length);
      await source.run((record) => {
        running.path.interfaces.splice(0);
        running.path.interfaces.push(
          ...source.interfaces.map((each) => ({ ...each, name: each.name ?? '' })),
        );
        running.path.giveRecord(record, record.interfaceIndex);
      });
      return running.path.numbers.dropped;
    };
    expect(await dropped('relay-attack')).toBeGreaterThan(0);
    expect(await dropped('normal-life')).toBe(0);
  });
});

describe('a reload', () => {
  it('takes verdicts from the next packet on', async () => {
    const { path: given, gateway, rewrite } = await startGateway(`${LEAST}mode: enforce\n`);
    expect(given.give(attackOf(1), 0)).toBe(false);
    rewrite(`${LEAST}mode: enforce\nverdicts: { MIP6-1009: alert }\n`);
    const result = await gateway.reload();
    expect(result?.notes).toEqual([]);
    expect(given.give(attackOf(2), 1)).toBe(true);
  });

  it('takes nothing of a configuration that is wrong, and says where it is wrong', async () => {
    const running = await startGateway(`${LEAST}mode: enforce\n`);
    running.rewrite(`${LEAST}verdicts: { MIP6-1009: alert, MIP6-9999: drop }\n`);
    expect(await ask(running, { command: 'reload' })).toMatchObject({
      ok: false,
      error: expect.stringContaining(
        'gw.yaml:10:31: verdicts.MIP6-9999: no rule has this id',
      ) as unknown,
    });
    expect(running.path.give(attackOf(1), 0)).toBe(false);
    expect(running.gateway.settings.verdicts).toEqual({});
  });

  it('takes nothing of what would lock somebody out', async () => {
    const running = await startGateway(LEAST);
    running.rewrite(LEAST.replace('2001:db8:1::/64', '::/0'));
    expect(await ask(running, { command: 'reload' })).toMatchObject({
      ok: false,
      error: expect.stringContaining('every address') as unknown,
    });
  });

  it('names what takes a restart, and takes the mode', async () => {
    const { gateway, rewrite, terminal } = await startGateway();
    rewrite(
      `${LEAST.replace('failMode: open', 'failMode: closed')}mode: enforce\nkeys: []\n`.replace(
        'place: home-agent',
        'place: correspondent\ncorrespondents: ["2001:db8:9::5"]',
      ),
    );
    await gateway.reloadAndTell();
    expect(gateway.mode).toBe('enforce');
    expect(gateway.settings).toMatchObject({ failMode: 'open', place: ['home-agent'] });
    expect(terminal.written.err).toContain(
      'failMode, place, correspondents: a restart takes the new settings',
    );
  });
});

describe('the health of a gateway', () => {
  it('is good while the queue is owned, the rules stand and packets are judged', async () => {
    const { gateway } = await startGateway();
    gateway.chores();
    await gateway.verify();
    expect(healthRecord(gateway)).toMatchObject({
      ...{ healthy: true, troubles: [], queue_owned: true, rules_present: true, judge_alive: true },
    });
  });

  it('says what is wrong', async () => {
    let isOwned = true;
    const { gateway, filter, path: given } = await startGateway(LEAST, { isOwned: () => isOwned });
    isOwned = false;
    filter.isThere = false;
    filter.problems = ['The rules of gw600 are gone.'];
    given.numbers.waiting = 5;
    for (let i = 0; i < 5; i++) gateway.chores();
    await gateway.verify();
    expect(troublesOf(gateway)).toEqual([
      'queue 600 belongs to this process no more',
      'The rules of gw600 are gone.',
      'queue 600: packets wait and none is judged',
    ]);
    expect(statusLine(gateway)).toMatch(/^queue 600 belongs/);
  });

  it('tells of packets that nobody judged, once at first and then every now and then', async () => {
    const { gateway, path: given, terminal, lines } = await startGateway();
    given.numbers.passedUnjudged = 3;
    gateway.chores();
    given.numbers.passedUnjudged = 9;
    gateway.chores();
    expect(terminal.written.err.match(/passed unjudged/g)).toHaveLength(1);
    expect(lines('anomaly')).toMatchObject([{ anomaly: { event: 'GATEWAY_PASSED_UNJUDGED' } }]);
    expect(healthRecord(gateway)).toMatchObject({ healthy: true });
    expect(JSON.stringify(healthRecord(gateway))).toContain('were not judged a moment ago');
    gateway.end();
    expect(terminal.written.err).toContain('6 packets passed unjudged (failMode open), 9 since');
  });

  it('asks the rules how much they queued, to know what passed a full queue', async () => {
    const { gateway, filter, path: given } = await startGateway();
    filter.queued = 17;
    await gateway.verify();
    expect(given.hits).toBe(17);
  });
});

describe('the numbers of a gateway', () => {
  it('are served for Prometheus', async () => {
    const { gateway, path: given } = await startGateway(`${LEAST}mode: enforce\n`);
    given.give(attackOf(1), 0);
    given.give(attackOf(2), 1);
    given.numbers.passedUnjudged = 4;
    const registry = await metricsRegistry(gatewayFamilies(gateway), gatewayHistograms(gateway));
    const text = (await registry.metrics()).split('\n');
    for (const line of [
      'mip6_gateway_judged_packets_total{queue="queue 600",verdict="dropped"} 2',
      'mip6_gateway_unjudged_packets_total{queue="queue 600",fate="passed"} 4',
      'mip6_gateway_dropped_packets_total{rule="MIP6-1009"} 2',
      'mip6_gateway_enforcing 1',
      'mip6_gateway_fails_closed 0',
      'mip6_gateway_healthy 1',
      '# TYPE mip6_gateway_judging_microseconds histogram',
      'mip6_gateway_judging_microseconds_bucket{le="+Inf"} 2',
      'mip6_gateway_judging_microseconds_count 2',
      'mip6_packets_total 2',
    ]) {
      expect(text).toContain(line);
    }
    const families = gatewayFamilies(gateway);
    const wrong = families.filter(
      ({ name, type }) => (type === 'counter') !== name.endsWith('_total'),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});

describe('the control socket of a gateway', () => {
  it('tells how it is, with exact counts', async () => {
    const running = await startGateway();
    running.path.give(attackOf(1), 0);
    expect(await ask(running, { command: 'status' })).toMatchObject({
      ...{ ok: true, command: 'status', mode: 'monitor', fail_mode: 'open', healthy: true },
      ...{ judged: 1, passed: 1, dropped: 0, would_drop: 1, packet_filter: 'ip6tables (legacy)' },
      by_rule: { 'MIP6-1009': { would_drop: 1 } },
      queues: [{ name: 'queue 600', judged: 1, passed: 1, dropped: 0, is_ready: true }],
      agents: [{ address: '2001:db8:1::1', judged_by: 'layout, copies and state' }],
    });
  });

  it('mutes alerts, and tells drops nevertheless', async () => {
    const running = await startGateway();
    const request = { command: 'mute', rules: 'MIP6-1009', for: '1h' };
    expect(await ask(running, request)).toMatchObject({ ok: true, mute: { id: 1 } });
    running.path.give(attackOf(1), 0);
    expect(running.lines('alert')).toEqual([]);
    expect(running.lines('drop')).toHaveLength(1);
    expect(await ask(running, { command: 'mutes' })).toMatchObject({ mutes: [{ alerts: 1 }] });
  });

  it.each<[string, string, string]>([
    ['no JSON', 'status', 'no JSON'],
    ['no command', '{}', 'no such command; there is: status'],
    ['a misspelt one', '{"command":"staus"}', 'did you mean status?'],
    ['one that objects have', '{"command":"constructor"}', 'no such command'],
    ['a mode that is none', '{"command":"mode","set":"drop"}', 'enforce or monitor'],
  ])('refuses %s', async (_, line, part) => {
    const { gateway } = await startGateway();
    const { ok, error } = { ...(await gatewayAnswer(gateway, line)) } as Answer;
    expect(ok).toBe(false);
    expect(error).toContain(part);
  });

  it('lists its commands', async () => {
    const running = await startGateway();
    const { commands } = await ask(running, { command: 'help' });
    expect(Object.keys(commands as object)).toContain('reload');
  });
});

describe('the state of a gateway', () => {
  it('outlasts it', async () => {
    const folder = gatewayFolder();
    const file = path.join(folder, 'state.db');
    const said: string[] = [];
    const open = (): ReturnType<typeof openGatewayStore> =>
      openGatewayStore(file, (sentence) => said.push(sentence));
    const first = await startGateway(LEAST, { folder, state: await open() });
    const { source } = await openCaptures([path.join(FIXTURES, 'captures/normal-life.pcapng')]);
    await source.run((record) => {
      first.path.giveRecord(record, 0);
    });
    const before = [...first.gateway.judge.engine.knowledge.bindings()].length;
    expect(before).toBeGreaterThan(0);
    expect(first.gateway.restored).toBe(undefined);
    await first.end();
    first.gateway.parts.state?.close();
    const second = await startGateway(LEAST, { folder, state: await open() });
    expect(second.gateway.restored).toMatch(/is known again$/);
    expect([...second.gateway.judge.engine.knowledge.bindings()]).toHaveLength(before);
    second.gateway.parts.state?.close();
    expect(said).toEqual([]);
  });
});
