/**
 * Opens what a gateway is made of, and serves what can be asked of it; whatever packets come by.
 */
import { randomInt } from 'node:crypto';
import { serveMetrics } from '../../io/metrics.ts';
import { openGatewayStore } from '../../io/store/gateway-store.ts';
import type { GatewayStore } from '../../io/store/gateway-store.ts';
import { StoreError } from '../../io/store/sqlite-file.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Opened } from '../opened.ts';
import { refuseToOverwrite } from '../own-files.ts';
import { packageVersion } from '../package-root.ts';
import { serveControl } from '../sensor/control-server.ts';
import { metricsPlace } from '../sensor/metrics-place.ts';
import { openEve, openHistory } from '../sensor/outputs.ts';
import type { Terminal } from '../terminal.ts';
import { DroppedPackets } from './dropped-packets.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import { gatewayAnswer } from './gateway-control.ts';
import { gatewayFamilies, gatewayHistograms } from './gateway-metrics.ts';
import { healthRecord, troublesOf } from './gateway-status.ts';
import { Gateway } from './gateway.ts';
import type { OpenedPath } from './open-path.ts';
import { startWatchdog } from './watchdog.ts';

/** How a gateway is opened. */
export interface OpenGatewayOptions {
  readonly configuration: GatewayConfiguration;
  readonly terminal: Terminal;
  /** Takes what is to be closed. */
  readonly opened: Opened;
  /** Whatever the configuration says. */
  readonly isEnforcing: boolean;
  readonly isForced: boolean;
  /** Name of the files of dropped packets. */
  readonly keepAs: string;
  /** Opens the place in the path of packets; packets may come at once. */
  readonly source: () => OpenedPath;
}

/**
 * Opens files and stores, then the place in the path of packets, and judges from that moment on.
 * @throws CliError and HostError for what cannot be opened
 */
export async function openGateway(options: OpenGatewayOptions): Promise<Gateway> {
  const { configuration, terminal, opened, isEnforcing, isForced, keepAs } = options;
  const { settings, watched } = configuration;
  const { eve: eveSettings, db, state: stateFile, keepDropped, path } = settings;
  const say = (text: string): void => {
    terminal.say(`mip6guard: ${text}`);
  };
  refuseToOverwrite(
    [
      ['eve', eveSettings.file],
      ['db', db?.file],
      ['state', stateFile],
    ],
    [settings.file, settings.siteFile ?? '', ...settings.keys, ...settings.rules],
  );
  const eve = openEve(eveSettings, say, 'Choose another file in eve.file.');
  opened.add(() => {
    eve.close();
  });
  const { files } = watched;
  const inputs = [{ name: path.pair?.join(' and ') ?? `queue ${path.queue.first}`, packets: 0 }];
  const store =
    db === undefined ? undefined : await openHistory(db.file, { files, inputs }, eve, say);
  if (store !== undefined) opened.add(() => store.close(0));
  const state = stateFile === undefined ? undefined : await openState(stateFile, say);
  if (state !== undefined) {
    opened.add(() => {
      state.close();
    });
  }
  // From here on until packets are judged nothing may wait.
  const { source, queue, isOwned } = options.source();
  opened.add(() => {
    source.close();
  });
  const keeper =
    keepDropped === undefined
      ? undefined
      : new DroppedPackets(keepDropped, keepAs, source.interfaces, say);
  const gateway = new Gateway({
    ...{ configuration, source, eve, store, state, keeper, terminal, isForced, queue, isOwned },
    mode: isEnforcing ? 'enforce' : settings.mode,
    version: packageVersion(),
    seed: randomInt(2 ** 31),
    now: () => Date.now() * 1000,
  });
  gateway.start();
  return gateway;
}

/** A disk that is full must not keep anybody from being protected. Rejects with StoreError for everything else. */
export async function openState(
  file: string,
  say: (text: string) => void,
): Promise<GatewayStore | undefined> {
  try {
    return await openGatewayStore(file, say);
  } catch (error) {
    if (!(error instanceof StoreError) || !isFull(error.cause)) throw error;
    say(`warning: ${error.message}: this start neither knows nor keeps what happened before`);
    return undefined;
  }
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'SQLITE_FULL';
}

/**
 * Serves control socket, metrics and health, and begins to watch the main thread.
 * @param sentence last words when it hangs
 * @throws CliError when a place is taken
 */
export async function serveGateway(
  gateway: Gateway,
  sentence: string,
  opened: Opened,
): Promise<void> {
  const { control, metrics, health, watchdog } = gateway.settings;
  const healthy = {
    troubles: () => troublesOf(gateway),
    health: () => healthRecord(gateway),
  };
  if (metrics !== undefined) {
    const families = gatewayFamilies(gateway);
    const histograms = gatewayHistograms(gateway);
    await listen('metrics', metrics, { families, histograms, ...healthy }, opened);
  }
  if (health !== undefined) await listen('health', health, { families: [], ...healthy }, opened);
  if (control !== undefined) {
    const server = await serveControl(control, (line) => gatewayAnswer(gateway, line));
    opened.add(() => server.close());
  }
  const dog = startWatchdog(watchdog, sentence);
  opened.add(() => dog.close());
}

async function listen(
  name: string,
  text: string,
  content: Parameters<typeof serveMetrics>[1],
  opened: Opened,
): Promise<void> {
  try {
    const server = await serveMetrics(metricsPlace(text), content);
    opened.add(() => server.close());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.environment, `${name} ${text}: ${reason}`, {
      hint: 'Choose another port, or end what listens there.',
    });
  }
}
