/**
 * Numbers for Prometheus: text on `/metrics`, and whether all is well on `/healthz`. prom-client is loaded here alone.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { jsonText } from './export/json-text.ts';

/** One number. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Numbers of one name. Those of a counter only grow; its name ends in `_total`. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels?: readonly string[];
  /** The numbers as of now. */
  readonly samples: () => Iterable<Sample>;
}

/** How often something took how long. */
export interface HistogramCounts {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before; one more than `bounds`: what is above all. */
  readonly counts: ArrayLike<number>;
  /** Of all that was observed. */
  readonly sum: number;
}

/** A distribution. */
export interface HistogramFamily {
  readonly name: string;
  readonly help: string;
  /** As of now. */
  readonly observed: () => HistogramCounts;
}

/** Where to listen. */
export interface MetricsPlace {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

/** What is served. */
export interface MetricsContent {
  readonly families: readonly MetricFamily[];
  readonly histograms?: readonly HistogramFamily[];
  /** What is not well; empty when all is. */
  readonly troubles: () => readonly string[];
  /** Answers `/healthz` with an object instead of lines of text. */
  readonly health?: () => object;
}

/** A server that listens. */
export interface MetricsServer {
  /** `http://127.0.0.1:9469`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Connections at the same time; a scraper takes one. */
const MAX_CONNECTIONS = 16;
/** Milliseconds that a client may take for its request. */
const REQUEST_MILLISECONDS = 5000;

/** A registry that asks for the numbers when it is asked itself. */
export async function metricsRegistry(
  families: readonly MetricFamily[],
  histograms: readonly HistogramFamily[] = [],
): Promise<Registry> {
  const { Counter, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  for (const { name, help, type, labels = [], samples } of families) {
    const settings = { name, help, labelNames: [...labels], registers: [] };
    if (type === 'counter') {
      const counter = new Counter({
        ...settings,
        collect() {
          this.reset();
          for (const { labels: values = {}, value } of samples()) this.inc(values, value);
        },
      });
      registry.registerMetric(counter);
    } else {
      const gauge = new Gauge({
        ...settings,
        collect() {
          this.reset();
          for (const { labels: values = {}, value } of samples()) this.set(values, value);
        },
      });
      registry.registerMetric(gauge);
    }
  }
  for (const { name, help, observed } of histograms) {
    // Of a histogram of the package single observations can be added only, and those cost time for each packet.
    const form = new Histogram({ name, help, registers: [] });
    class CountedHistogram extends Gauge {
      override async get(): ReturnType<InstanceType<typeof Gauge>['get']> {
        return { ...(await form.get()), values: histogramValues(name, observed()) };
      }
    }
    registry.registerMetric(new CountedHistogram({ name, help, registers: [] }));
  }
  return registry;
}

/** Samples of a histogram; those of its buckets hold all up to their bound. */
function histogramValues(
  name: string,
  { bounds, counts, sum }: HistogramCounts,
): { metricName: string; labels: Record<string, string>; value: number }[] {
  let total = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((le, i) => {
    total += counts[i] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: total },
  ];
}

/**
 * Serves the numbers.
 * @throws Error of the system when the place is taken or may not be used
 */
export async function serveMetrics(
  place: MetricsPlace,
  { families, histograms, ...health }: MetricsContent,
): Promise<MetricsServer> {
  const registry = await metricsRegistry(families, histograms);
  const server = createServer((request, response) => {
    answer(request, response, registry, health).catch(() => {
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_MILLISECONDS;
  server.headersTimeout = REQUEST_MILLISECONDS;
  server.keepAliveTimeout = REQUEST_MILLISECONDS;
  server.maxRequestsPerSocket = 100;
  await listening(server, place);
  // A server that listens at a port has an address of this kind.
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { url: `http://${host}:${port}`, close: () => closed(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  { troubles, health }: Pick<MetricsContent, 'troubles' | 'health'>,
): Promise<void> {
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  const PLAIN = 'text/plain; charset=utf-8';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(405, PLAIN, 'only GET\n');
    return;
  }
  const [path] = (request.url ?? '').split('?');
  if (path === '/metrics') {
    send(200, registry.contentType, await registry.metrics());
  } else if (path === '/healthz') {
    const found = troubles();
    const status = found.length === 0 ? 200 : 503;
    if (health === undefined) {
      send(status, PLAIN, `${found.length === 0 ? 'ok' : found.join('\n')}\n`);
    } else send(status, 'application/json', `${jsonText(health())}\n`);
  } else send(404, PLAIN, 'there is /metrics and /healthz\n');
}

function listening(server: Server, { host, port }: MetricsPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Of a connection that fails later nobody needs to know.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
