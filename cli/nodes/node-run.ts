/**
 * Runs a node on this machine until a signal ends it: links, device for programs, keys, role, control socket and metrics are
 * opened in this order and closed in the other.
 */
import path from 'node:path';
import { formatAddress } from '../../dissectors/core/address.ts';
import type { LinkPort } from '../../engine/ports.ts';
import {
  HostConfiguration,
  openPacketLink,
  openTun,
  systemRandom,
  systemScheduler,
} from '../../io/inline/index.ts';
import type { PacketLink, TunDevice } from '../../io/inline/index.ts';
import { serveMetrics } from '../../io/metrics.ts';
import { openNodeStore } from '../../io/store/node-store.ts';
import type { NodeStore } from '../../io/store/node-store.ts';
import type { LogEntry } from '../../nodes/node-log.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { hostFailure } from '../host-failure.ts';
import { Opened } from '../opened.ts';
import { serveControl } from '../sensor/control-server.ts';
import { metricsPlace } from '../sensor/metrics-place.ts';
import { tellServiceManager } from '../service-notices.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { composeNode } from './compose.ts';
import { declarationsOf } from './declarations.ts';
import { nodeAdvice } from './node-advice.ts';
import { nodeAnswer } from './node-control.ts';
import { readNodeFile } from './node-file.ts';
import { nodeAssociations } from './node-keys.ts';
import { logLine } from './node-log-line.ts';
import type { LogFormat } from './node-log-line.ts';
import { nodeMetrics } from './node-metrics.ts';
import type { NodeDocument, NodeRole } from './node-schema.ts';
import type { RunningNode } from './running-node.ts';
import { readSendSigning } from './send-files.ts';
import type { SendSigning } from './send-files.ts';
import { readTrustAnchors } from './trust-anchors.ts';
import { makeRunDirectory } from '../run-directory.ts';

/** Seconds between two times that sequence numbers are written down. */
const SNAPSHOT_SECONDS = 30;

/** What the user asked for. */
export interface NodeRunOptions {
  readonly config: string;
  readonly role: NodeRole;
  readonly logFormat: LogFormat;
  /** Also what is told for every packet that is dropped. */
  readonly isVerbose: boolean;
  /** Stands in front of the node on a link: the port that the node gets instead. */
  readonly inFront?: (port: LinkPort) => LinkPort;
  /** What SIGHUP does instead of ending the node. */
  readonly onHangUp?: () => void;
}

function openDevice({ tun, links, mobileNode }: NodeDocument): TunDevice | undefined {
  if (tun === undefined) return undefined;
  const own =
    mobileNode === undefined
      ? links.flatMap(({ addresses }) => addresses)
      : mobileNode.homeAddresses.map(({ address }) => address);
  const given = tun.addresses.length > 0 ? tun.addresses : own;
  return openTun(tun.name, {
    mtu: tun.mtu,
    // What else is on the link of an address is reached through the node, not on the device.
    addresses: given.map(({ address }) => `${formatAddress(address)}/128`),
    routes: tun.routes.map(({ bytes, length }) => ({
      prefix: `${formatAddress(bytes)}/${length}`,
    })),
  });
}

/**
 * Runs a node.
 * @returns 0 when a signal has ended it
 * @throws CliError (2) for what is wrong with the configuration or the keys, (4) for what this machine lacks
 */
export async function runNode(options: NodeRunOptions, terminal: Terminal): Promise<ExitCode> {
  const settings = await readNodeFile(options.config, options.role);
  const warn = (text: string): void => {
    terminal.say(`mip6guard: warning: ${text}`);
  };
  for (const sentence of nodeAdvice(settings)) warn(sentence);
  const associations = await nodeAssociations(settings.keys, declarationsOf(settings), warn);
  const trustAnchors = readTrustAnchors(settings.mobileNode?.trustAnchors ?? []);
  const signing = await readSendSigning(settings);
  const trust = { associations, trustAnchors, signing };
  const signals = new StopSignals((signal) => {
    terminal.say(`mip6guard: ${signal}: ending; again: ends at once`);
  }, options.onHangUp);
  const opened = new Opened();
  opened.add(() => {
    signals.dispose();
  });
  try {
    const running = await open(settings, trust, options, terminal, opened);
    await serve(running, opened);
    terminal.say(
      `mip6guard: ${settings.role} on ${running.links.map(({ name }) => name).join(', ')}`,
    );
    tellServiceManager(process.env, opened);
    await aborted(signals.signal);
    await running.node.stop();
    return EXIT.clean;
  } catch (error) {
    throw hostFailure(error);
  } finally {
    await opened.close();
  }
}

/** What a node trusts. */
interface Trust {
  readonly associations: Parameters<typeof composeNode>[1];
  readonly trustAnchors: ReturnType<typeof readTrustAnchors>;
  readonly signing: SendSigning | undefined;
}

async function open(
  settings: NodeDocument,
  { associations, trustAnchors, signing }: Trust,
  options: NodeRunOptions,
  terminal: Terminal,
  opened: Opened,
): Promise<RunningNode> {
  makeRunDirectory(settings.runDirectory);
  const name = settings.links.map((link) => link.interface).join('+');
  const configuration = new HostConfiguration({
    journal: path.join(settings.runDirectory, `${name}.journal`),
  });
  opened.add(() => {
    for (const sentence of configuration.close()) terminal.say(`mip6guard: ${sentence}`);
  });
  for (const sentence of configuration.recovered) terminal.say(`mip6guard: ${sentence}`);
  const ports = new Map<string, PacketLink>();
  for (const { interface: on } of settings.links) {
    const port = openPacketLink(on, { host: configuration });
    opened.add(() => {
      port.close();
    });
    ports.set(on, port);
  }
  const tun = openDevice(settings);
  if (tun !== undefined) {
    opened.add(() => {
      tun.close();
    });
  }
  const store = await openStore(settings, terminal, opened);
  const alarms = new Map<string, number>();
  const log = (entry: LogEntry): void => {
    if (entry.level === 'alarm') alarms.set(entry.event, (alarms.get(entry.event) ?? 0) + 1);
    if (entry.level === 'debug' && !options.isVerbose) return;
    terminal.say(logLine(entry, systemScheduler.wallClock, options.logFormat));
  };
  const keep = (): void => {
    if (node.ipsec !== undefined) store?.saveAssociations(node.ipsec.snapshot());
  };
  const node = composed(settings, associations, {
    scheduler: systemScheduler,
    random: systemRandom,
    log,
    port: (on) => options.inFront?.(portOf(ports, on)) ?? portOf(ports, on),
    localStack: tun,
    store,
    trustAnchors,
    signing,
    onSnapshotDue: () => {
      setImmediate(keep);
    },
  });
  opened.add(() => {
    node.close();
  });
  if (store !== undefined && node.ipsec !== undefined) {
    for (const left of node.ipsec.restore(store.loadAssociations())) {
      log({ level: 'info', event: 'association-state-unused', details: { association: left } });
    }
    keep();
    const timer = setInterval(keep, SNAPSHOT_SECONDS * 1000);
    opened.add(() => {
      clearInterval(timer);
      keep();
    });
  }
  node.start();
  return { settings, node, links: [...ports.values()], tun, alarms };
}

/** Puts the node together. @throws CliError (2) for what roles refuse and the configuration's own check has not seen */
function composed(...given: Parameters<typeof composeNode>): ReturnType<typeof composeNode> {
  try {
    return composeNode(...given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(EXIT.usage, `configuration: ${error.message}`, { cause: error });
  }
}

async function openStore(
  { state }: NodeDocument,
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

function portOf(ports: ReadonlyMap<string, LinkPort>, name: string): LinkPort {
  const port = ports.get(name);
  if (port === undefined) throw new Error(`no port ${name}`);
  return port;
}

async function serve(running: RunningNode, opened: Opened): Promise<void> {
  const { control, metrics } = running.settings;
  if (control !== undefined) {
    const server = await serveControl(control, (line) =>
      Promise.resolve(nodeAnswer(running, line)),
    );
    opened.add(() => server.close());
  }
  if (metrics !== undefined) {
    const content = { families: nodeMetrics(running), troubles: () => [] };
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
