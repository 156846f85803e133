import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { durationSeconds } from '../../../cli/sensor/duration.ts';
import { Overload, captureTotals } from '../../../cli/sensor/overload.ts';
import type { AlertRecord, AuditDocument, IncidentRecord } from '../../../io/export/records.ts';
import { StoreQueue } from '../../../io/store/store-queue.ts';
import type { StoreOperation } from '../../../io/store/store-executor.ts';
import { badValues, schemaCheck } from '../../schema-check.ts';
import { START, attackOf, endSensors, startSensor } from './sensor-bench.ts';

afterEach(endSensors);

const check = schemaCheck('eve.schema.json');
const SITE = 'version: 1\nhomeAgents:\n  - { name: ha, addresses: [2001:db8:1::1] }\n';

describe('what a sensor writes', () => {
  it('fits the schema, ends with numbers, and has an alert in the file at once', async () => {
    const { sensor, source, lines, end } = await startSensor();
    source.give(attackOf(1), 0);
    // Nothing was flushed by the test: the alert did it.
    expect(sensor.parts.eve.waiting).toBe(0);
    expect(sensor.observer.told).toBe(1);
    await end();
    const all = lines();
    for (const line of all) {
      expect(check(line), JSON.stringify(line)).toEqual([]);
      expect(badValues(line)).toEqual([]);
    }
    expect(all.map(({ event_type }) => event_type)).toEqual([
      'anomaly',
      'alert',
      'incident',
      'stats',
    ]);
  });

  it('has an incident when it appears, again under its number when it grows, and not otherwise', async () => {
    const { sensor, source, lines, end } = await startSensor();
    source.give(attackOf(1), 0);
    sensor.tellIncidents();
    sensor.tellIncidents();
    source.give(attackOf(1), 1);
    source.give(attackOf(2), 200);
    sensor.tellIncidents();
    await end();
    const ids = lines('incident').map(
      ({ incident }) => (incident as { incident_id: number }).incident_id,
    );
    // The first one went on after it was told: the end says how far.
    expect([...ids].sort()).toEqual([1, 1, 2]);
  });

  it('tells of interfaces that go and come back, in the log and in the file', async () => {
    const { sensor, source, terminal, lines } = await startSensor();
    const fault = { inputIndex: 0, fileOffset: 0, packetsBefore: 0 };
    source.faults.push({ ...fault, code: 'LIVE_INTERFACE_DOWN', message: 'eth0: it went down' });
    sensor.chores();
    sensor.chores();
    expect(terminal.written.err).toBe('mip6guard: it went down\n');
    expect(lines('anomaly')).toHaveLength(1);
  });

  it('goes on after an internal error, and tells it once', async () => {
    const { sensor, source, terminal } = await startSensor();
    const feed = sensor.engine.feed.bind(sensor.engine);
    sensor.engine.feed = () => {
      throw new Error('a bug');
    };
    for (let i = 0; i < 3; i++) source.give(attackOf(1), i);
    sensor.engine.feed = feed;
    source.give(attackOf(1), 4);
    expect(sensor.internalErrors).toBe(3);
    expect(sensor.observer.told).toBe(1);
    expect(terminal.written.err.match(/a bug/g)).toHaveLength(1);
  });

  it('says when packets are left out, the worst of it, and when that is over', () => {
    const said: string[] = [];
    const overload = new Overload((text) => said.push(text));
    const none = captureTotals([]);
    overload.look(none, 0);
    overload.look({ ...none, shedPayload: 5 }, 1000);
    expect(overload.state).toBe('payload-shed');
    overload.look({ ...none, shedPayload: 9, shedSignalling: 1 }, 2000);
    overload.look({ ...none, shedPayload: 12, shedSignalling: 1 }, 3000);
    expect(overload.state).toBe('signalling-shed');
    overload.look({ ...none, shedPayload: 12, shedSignalling: 1 }, 12_000);
    expect(overload.state).toBe('signalling-shed');
    overload.look({ ...none, shedPayload: 12, shedSignalling: 1 }, 13_000);
    expect(overload.state).toBe('none');
    expect(said.map((text) => text.split(':')[1]?.trim())).toEqual([
      'payload is left out, all signalling is judged',
      'the ring is full',
      'over',
    ]);
  });
});

describe('a database', () => {
  it('gets alerts only after their lines are out, newer numbers of them, and incidents', async () => {
    const stored: StoreOperation[] = [];
    let isOut: boolean[] = [];
    const say = (): void => undefined;
    const port = {
      post(operations: readonly StoreOperation[]) {
        isOut = [...isOut, (running?.sensor.parts.eve.waiting ?? 0) === 0];
        stored.push(...operations);
        queue.report({ done: operations.length, fault: undefined, removed: 0 });
      },
      tidy: () => undefined,
      close: () => Promise.resolve(),
    };
    const beforePost = (): void => {
      running?.sensor.parts.eve.flush();
    };
    const queue = new StoreQueue(port, { name: 'runs.db', beforePost, say });
    let running: Awaited<ReturnType<typeof startSensor>> | undefined;
    running = await startSensor({}, { store: queue });
    const { sensor, source, end } = running;
    source.give(attackOf(1), 0);
    sensor.flush();
    for (let second = 1; second < 5; second++) source.give(attackOf(1), second);
    sensor.writeStats();
    sensor.tellIncidents();
    await end();
    running = undefined;
    const of = <T>(kind: StoreOperation['kind'], name: string): T[] =>
      stored.filter((item) => item.kind === kind).map((item) => (item as never)[name]);
    expect(of<AlertRecord>('alert', 'record').map(({ count }) => count)).toEqual([1, 5]);
    expect(of<IncidentRecord>('incident', 'record')[0]?.incident_id).toBe(1);
    expect(of('progress', 'progress')).toHaveLength(2);
    expect(of<AuditDocument>('finish', 'document')[0]?.alerts[0]?.incident_id).toBe(1);
    expect(isOut.every((out) => out)).toBe(true);
  });
});

describe('mutes', () => {
  const mute = { rules: ['MIP6-1009'], prefix: undefined, reason: undefined };

  it('hold alerts back, and those that are seen again afterwards are told', async () => {
    const running = await startSensor();
    const { sensor, source, lines } = running;
    sensor.mutes.add({ ...mute, since: START, until: START + 60e6 });
    source.give(attackOf(1), 1);
    source.give(attackOf(2), 2);
    running.clock = 30;
    sensor.chores();
    expect(lines('alert')).toEqual([]);
    sensor.tellIncidents();
    expect(lines('incident')).toEqual([]);
    running.clock = 61;
    sensor.chores();
    // Neither was seen since: there is no news.
    expect(lines('alert')).toEqual([]);
    source.give(attackOf(2), 62);
    source.give(attackOf(3), 62);
    sensor.chores();
    const mip6 = lines('alert').map((line) => (line['mip6'] as { alert_id: number }).alert_id);
    expect(mip6).toEqual([3, 2]);
    expect(sensor.mutes).toMatchObject({ held: 2, all: [] });
  });

  it('that are ended early hold nothing back from then on', async () => {
    const { sensor, source, lines } = await startSensor();
    sensor.mutes.add({ ...mute, since: START, until: START + 1e9 });
    source.give(attackOf(1), 1);
    expect(sensor.mutes.remove(1, START + 5e6)).toHaveLength(1);
    sensor.chores();
    expect(lines('alert')).toEqual([]);
    source.give(attackOf(1), 6);
    sensor.chores();
    expect(lines('alert')).toHaveLength(1);
  });
});

describe('a configuration that is loaded again', () => {
  it('is used from the next packet on, and keeps what is known', async () => {
    const started = await startSensor();
    const config = path.join(started.folder, 'site.yaml');
    writeFileSync(config, SITE);
    const { sensor, source } = await startSensor({ config });
    source.give(attackOf(1), 0);
    writeFileSync(config, `${SITE}rules:\n  MIP6-1009: { enabled: false }\n`);
    const result = await sensor.reload();
    expect(result?.rules).toMatchObject({ removed: ['MIP6-1009'], added: [], changed: [] });
    source.give(attackOf(2), 1);
    expect(sensor.observer.told).toBe(1);
    writeFileSync(config, SITE);
    await sensor.reloadAndTell();
    source.give(attackOf(3), 2);
    expect(sensor.observer.told).toBe(2);
    expect(sensor.reloads).toEqual({ ok: 2, failed: 0 });
  });

  it('that is wrong changes nothing, and the log says where', async () => {
    const started = await startSensor();
    const config = path.join(started.folder, 'site.yaml');
    writeFileSync(config, SITE);
    const { sensor, source, terminal } = await startSensor({ config });
    writeFileSync(config, `${SITE}rules:\n  MIP6-1009: { enabled: nay }\n`);
    await sensor.reloadAndTell();
    expect(terminal.written.err).toContain('configuration not loaded, the one in use stays:');
    expect(terminal.written.err).toMatch(/site\.yaml:5:\d+: /);
    source.give(attackOf(1), 0);
    expect(sensor.observer.told).toBe(1);
    expect(sensor.reloads).toEqual({ ok: 0, failed: 1 });
  });

  it('takes rules of the operator, changed and new ones', async () => {
    const started = await startSensor();
    const rules = path.join(started.folder, 'own.rule.yaml');
    const ruleOf = (number: number, filter: string): string =>
      [
        'version: 1',
        'rules:',
        `  - id: LOCAL-000${number}`,
        '    title: A test',
        '    severity: low',
        `    filter: ${filter}`,
        '    explanation: A test.',
        '    advice: None.',
        '    references: [a test]',
        '',
      ].join('\n');
    writeFileSync(rules, ruleOf(1, 'tcp'));
    const { sensor, source } = await startSensor({ rules: [rules] });
    source.give(attackOf(1), 0);
    expect([...sensor.observer.counts.keys()]).toEqual(['MIP6-1009/high']);
    writeFileSync(rules, ruleOf(1, 'ipv6'));
    const result = await sensor.reload();
    expect(result?.rules.changed).toEqual(['LOCAL-0001']);
    source.give(attackOf(1), 1);
    expect([...sensor.observer.counts.keys()]).toContain('LOCAL-0001/low');
  });

  it('takes keys of files that changed, and says what only a restart takes', async () => {
    const started = await startSensor();
    const keys = path.join(started.folder, 'esp_sa');
    const row = (spi: string): string =>
      `"IPv6","*","*","${spi}","AES-CBC [RFC3602]","0x${'11'.repeat(16)}","HMAC-SHA-1-96 [RFC2404]","0x${'22'.repeat(20)}"\n`;
    writeFileSync(keys, row('0x1000'), { mode: 0o600 });
    const { sensor } = await startSensor({ keys: [keys] });
    const [before] = sensor.configuration.keys.associations;
    expect((await sensor.reload())?.keys.state).toBe('unchanged');
    expect(sensor.engine.knowledge.associations[0]).toBe(before);
    writeFileSync(keys, row('0x1000') + row('0x2000'));
    expect((await sensor.reload())?.keys).toMatchObject({ state: 'replaced', associations: 2 });
    expect(sensor.engine.knowledge.associations.map(({ spi }) => spi)).toEqual([0x1000, 0x2000]);
    writeFileSync(keys, 'no keys\n');
    await expect(sensor.reload()).rejects.toThrow(/esp_sa/);
    expect(sensor.engine.knowledge.associations).toHaveLength(2);
  });

  it('is loaded once more when it is asked for meanwhile', async () => {
    const { sensor } = await startSensor();
    const first = sensor.reload();
    expect(await sensor.reload()).toBeUndefined();
    expect(await first).toBeDefined();
  });
});

describe('a duration', () => {
  it.each([
    ['45s', 45],
    ['30m', 1800],
    ['12h', 43_200],
    ['90d', 7_776_000],
    ['2w', 1_209_600],
    ['0s', undefined],
    ['1.5h', undefined],
    ['', undefined],
    ['90', undefined],
    ['-1d', undefined],
    ['99999999999d', undefined],
  ])('%j is %j seconds', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });
});
