/**
 * Runs a gateway that stands for a home agent, until a signal ends it: ports, keys, proxy, control socket and metrics are
 * opened in this order and closed in the other.
 */
import path from 'node:path';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { LinkPort } from '../../../engine/ports.ts';
import {
  HostConfiguration,
  openPacketLink,
  openPortPair,
  systemRandom,
  systemScheduler,
} from '../../../io/inline/index.ts';
import type { PacketLink } from '../../../io/inline/index.ts';
import { serveMetrics } from '../../../io/metrics.ts';
import { openNodeStore } from '../../../io/store/node-store.ts';
import type { NodeStore } from '../../../io/store/node-store.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { CliError, EXIT } from '../../exit-codes.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { hostFailure } from '../../host-failure.ts';
import { logLine } from '../../nodes/node-log-line.ts';
import type { LogFormat } from '../../nodes/node-log-line.ts';
import { Opened } from '../../opened.ts';
import { serveControl } from '../../sensor/control-server.ts';
import { metricsPlace } from '../../sensor/metrics-place.ts';
import { tellServiceManager } from '../../service-notices.ts';
import { StopSignals } from '../../stop-signals.ts';
import type { Terminal } from '../../terminal.ts';
import { composeProxy } from './compose-proxy.ts';
import type { ComposedProxy } from './compose-proxy.ts';
import { proxyAssociations } from './proxy-associations.ts';
import type { ProxyAssociations } from './proxy-associations.ts';
import { readProxyFile } from './proxy-file.ts';
import type { ProxyDocument, ProxySettings } from './proxy-schema.ts';
import { proxyAnswer, proxyMetrics } from './running-proxy.ts';
import type { RunningProxy } from './running-proxy.ts';
import { makeRunDirectory } from '../../run-directory.ts';

/** Seconds between two times that sequence numbers are written down. */
const SNAPSHOT_SECONDS = 30;

/** What the user asked for. */
export interface ProxyRunOptions {
  readonly config: string;
  /** Default `text`. */
  readonly logFormat?: LogFormat;
  /** Also what is told for debugging. */
  readonly isVerbose?: boolean;
  /** Check configuration and keys, and end. */
  readonly isCheck?: boolean;
}

/**
 * Runs it.
 * @returns 0 when a signal has ended it
 * @throws CliError (2) for what is wrong with the configuration or the keys, (4) for what this machine lacks
 */
export async function runProxy(options: ProxyRunOptions, terminal: Terminal): Promise<ExitCode> {
  const settings = await readProxyFile(options.config);
  const warn = (text: string): void => {
    terminal.say(`mip6guard: warning: ${text}`);
  };
  const associations = await proxyAssociations(settings.proxy, warn);
  if (settings.state === undefined) {
    warn(
      'without state, payload of registered mobile nodes stops at each restart until they register again',
    );
  }
  if (options.isCheck === true) {
    const { homeAgent, outside, inside, mobileNodes } = settings.proxy;
    const counts = `${mobileNodes.length} mobile nodes, ${associations.outside.associations.length} associations`;
    const where = `proxy of home agent ${formatAddress(homeAgent)} between ${outside} and ${inside}`;
    terminal.output.write(`${where}: ${counts}\n`);
    return EXIT.clean;
  }
  const signals = new StopSignals((signal) => {
    terminal.say(`mip6guard: ${signal}: ending; again: ends at once`);
  });
  const opened = new Opened();
  opened.add(() => {
    signals.dispose();
  });
  try {
    const running = await open(settings, associations, options, terminal, opened);
    await serve(running, opened);
    const { homeLink } = settings.proxy;
    terminal.say(
      `mip6guard: proxy home agent on ${running.links.map(({ name }) => name).join(', ')}; home link: ${homeLink}`,
    );
    tellServiceManager(process.env, opened);
    await aborted(signals.signal);
    return EXIT.clean;
  } catch (error) {
    throw hostFailure(error);
  } finally {
    await opened.close();
  }
}

/** Pairs of interfaces, outside first. */
function pairsOf({
  outside,
  inside,
  second,
}: ProxySettings): readonly (readonly [string, string])[] {
  return [
    [outside, inside],
    ...(second === undefined ? [] : [[second.outside, second.inside] as const]),
  ];
}

async function open(
  settings: ProxyDocument,
  associations: ProxyAssociations,
  options: ProxyRunOptions,
  terminal: Terminal,
  opened: Opened,
): Promise<RunningProxy> {
  const pairs = pairsOf(settings.proxy);
  makeRunDirectory(settings.runDirectory);
  const configuration = new HostConfiguration({
    journal: path.join(settings.runDirectory, `proxy-${pairs.flat().join('+')}.journal`),
  });
  opened.add(() => {
    for (const sentence of configuration.close()) terminal.say(`mip6guard: ${sentence}`);
  });
  for (const sentence of configuration.recovered) terminal.say(`mip6guard: ${sentence}`);
  const ports = new Map<string, PacketLink>();
  for (const name of pairs.flat()) {
    const port = openPacketLink(name, { host: configuration, isPromiscuous: true });
    opened.add(() => {
      port.close();
    });
    ports.set(name, port);
  }
  for (const names of pairs) tellDifference(names, ports, terminal);
  const store = await openStore(settings, terminal, opened);
  const alarms = new Map<string, number>();
  const log = (entry: LogEntry): void => {
    if (entry.level === 'alarm') alarms.set(entry.event, (alarms.get(entry.event) ?? 0) + 1);
    if (entry.level === 'debug' && options.isVerbose !== true) return;
    terminal.say(logLine(entry, systemScheduler.wallClock, options.logFormat ?? 'text'));
  };
  const keep = (): void => {
    store?.saveAssociations(composed.snapshot());
  };
  const composed = composedProxy(settings.proxy, associations, {
    scheduler: systemScheduler,
    random: systemRandom,
    log,
    port: (name) => portOf(ports, name),
    store,
    onSnapshotDue: () => {
      setImmediate(keep);
    },
  });
  opened.add(() => {
    composed.proxy.close();
  });
  if (store !== undefined) {
    composed.restore(store.loadAssociations());
    keep();
    const timer = setInterval(keep, SNAPSHOT_SECONDS * 1000);
    opened.add(() => {
      clearInterval(timer);
      keep();
    });
  }
  composed.proxy.start();
  for (const [outside, inside] of pairs) carryOthers(outside, inside, opened, terminal);
  return {
    settings,
    composed,
    links: [...ports.values()],
    alarms,
    scheduler: systemScheduler,
  };
}

/** What is not IPv6 passes as the kernel has it, without being looked at: the proxy has no say in it. */
function carryOthers(outside: string, inside: string, opened: Opened, terminal: Terminal): void {
  const pair = openPortPair({ ports: [outside, inside], failMode: 'closed' });
  opened.add(() => {
    pair.close();
  });
  // Frames of IPv6 go through the proxy.
  pair.onPacket = () => false;
  pair.onFault = (sentence) => {
    terminal.say(`mip6guard: ${sentence}`);
  };
}

/** A packet that fits one port and not the other is lost between them. */
function tellDifference(
  [outside, inside]: readonly [string, string],
  ports: ReadonlyMap<string, PacketLink>,
  terminal: Terminal,
): void {
  const [before, behind] = [portOf(ports, outside).mtu, portOf(ports, inside).mtu];
  if (before === behind) return;
  terminal.say(
    `mip6guard: warning: the MTU of ${outside} is ${before}, that of ${inside} ${behind}: larger packets are lost between them`,
  );
}

/** Puts it together. @throws CliError (2) for what the configuration's own check has not seen */
function composedProxy(...given: Parameters<typeof composeProxy>): ComposedProxy {
  try {
    return composeProxy(...given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(EXIT.usage, `configuration: ${error.message}`, { cause: error });
  }
}

async function openStore(
  { state }: ProxyDocument,
  terminal: Terminal,
  opened: Opened,
): Promise<NodeStore | undefined> {
  if (state === undefined) return undefined;
  const store = await openNodeStore(state, (message) => {
    terminal.say(`mip6guard: warning: ${message}`);
  });
  opened.add(() => {
    store.close();
  });
  return store;
}

function portOf<T extends LinkPort>(ports: ReadonlyMap<string, T>, name: string): T {
  const port = ports.get(name);
  if (port === undefined) throw new Error(`no port ${name}`);
  return port;
}

async function serve(running: RunningProxy, opened: Opened): Promise<void> {
  const { control, metrics } = running.settings;
  if (control !== undefined) {
    const server = await serveControl(control, (line) =>
      Promise.resolve(proxyAnswer(running, line)),
    );
    opened.add(() => server.close());
  }
  if (metrics !== undefined) {
    const content = { families: proxyMetrics(running), troubles: () => [] };
    const server = await serveMetrics(metricsPlace(metrics), content);
    opened.add(() => server.close());
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener('abort', () => {
        resolve();
      });
  });
}
