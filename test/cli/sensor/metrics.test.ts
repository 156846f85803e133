import { afterEach, describe, expect, it } from 'vitest';
import { metricFamilies } from '../../../cli/sensor/metric-families.ts';
import { isLoopback, metricsPlace } from '../../../cli/sensor/metrics-place.ts';
import { troublesOf } from '../../../cli/sensor/status.ts';
import { metricsRegistry, serveMetrics } from '../../../io/metrics.ts';
import type { MetricsServer } from '../../../io/metrics.ts';
import { attackOf, endSensors, startSensor } from './sensor-bench.ts';

const servers: MetricsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await endSensors();
});

describe('metrics', () => {
  it('have names that say what they count, and types that fit', async () => {
    const { sensor } = await startSensor();
    const families = metricFamilies(sensor);
    const wrong = families.filter(
      ({ name, type }) =>
        !/^mip6_[a-z0-9_]+$/.test(name) || (type === 'counter') !== name.endsWith('_total'),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  });

  it('are the numbers as of now, also after numbers were asked for before', async () => {
    const { sensor, source } = await startSensor();
    const registry = await metricsRegistry(metricFamilies(sensor));
    expect(await registry.metrics()).toContain('\nmip6_packets_total 0\n');
    source.give(attackOf(1), 0);
    source.give(attackOf(2), 1);
    const [counts] = source.counts;
    if (counts !== undefined) Object.assign(counts, { dropped: 3, shedPayload: 2, fault: 'gone' });
    source.lag = 1500;
    const text = await registry.metrics();
    for (const line of [
      'mip6_packets_total 2',
      'mip6_alerts_total{rule="MIP6-1009",severity="high"} 2',
      'mip6_kernel_dropped_packets_total{interface="eth0"} 3',
      'mip6_shed_packets_total{interface="eth0",kind="payload"} 2',
      'mip6_interface_up{interface="eth0"} 0',
      'mip6_lag_seconds 1.5',
      'mip6_table_entries{table="alerts"} 2',
      'mip6_reloads_total{result="ok"} 0',
      'mip6_build_info{version="9.9.9"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^# TYPE mip6_packets_total counter$/m);
    expect(await registry.metrics()).toContain('mip6_packets_total 2\n');
  });

  it('are served with the health, to who asks for them with GET', async () => {
    const { sensor, source } = await startSensor();
    const troubles = (): readonly string[] => troublesOf(sensor);
    const server = await serveMetrics(
      { host: '127.0.0.1', port: 0 },
      { families: metricFamilies(sensor), troubles },
    );
    servers.push(server);
    const metrics = await fetch(`${server.url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await metrics.text()).toContain('mip6_packets_total');
    const health = await fetch(`${server.url}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    const [counts] = source.counts;
    if (counts !== undefined) counts.fault = 'down';
    const ill = await fetch(`${server.url}/healthz`);
    expect([ill.status, await ill.text()]).toEqual([503, 'eth0: down\n']);
    expect((await fetch(`${server.url}/`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`, { method: 'POST' })).status).toBe(405);
    const port = Number(new URL(server.url).port);
    await expect(
      serveMetrics({ host: '127.0.0.1', port }, { families: [], troubles }),
    ).rejects.toThrow('EADDRINUSE');
  });
});

describe('the place of metrics', () => {
  it.each([
    ['9469', '127.0.0.1', 9469, true],
    ['127.0.0.1:9469', '127.0.0.1', 9469, true],
    ['[::1]:80', '::1', 80, true],
    ['localhost:0', 'localhost', 0, true],
    ['0.0.0.0:9469', '0.0.0.0', 9469, false],
    ['[::]:9469', '::', 9469, false],
  ])('%s is %s port %i', (text, host, port, local) => {
    expect(metricsPlace(text)).toEqual({ host, port });
    expect(isLoopback({ host, port })).toBe(local);
  });

  it.each(['', 'x', '::1:9469', '127.0.0.1:', '127.0.0.1:65536', '[::1]9469', ':9469'])(
    '%j is none',
    (text) => {
      expect(() => metricsPlace(text)).toThrow('ADDRESS:PORT or PORT was expected');
    },
  );
});
