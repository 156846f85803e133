/**
 * Runs a home agent with the judge of a gateway in front of its links, in one process: what is dropped the node never sees,
 * and what is found is told as by a gateway.
 */
import { randomInt } from 'node:crypto';
import { systemScheduler } from '../../../io/inline/index.ts';
import { serveMetrics } from '../../../io/metrics.ts';
import { openGatewayStore } from '../../../io/store/gateway-store.ts';
import { CliError, EXIT } from '../../exit-codes.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { hostFailure } from '../../host-failure.ts';
import { checkNodeFile } from '../../nodes/config-check.ts';
import { readNodeFile } from '../../nodes/node-file.ts';
import { runNode } from '../../nodes/node-run.ts';
import { Opened } from '../../opened.ts';
import { refuseToOverwrite } from '../../own-files.ts';
import { packageVersion } from '../../package-root.ts';
import { serveControl } from '../../sensor/control-server.ts';
import { metricsPlace } from '../../sensor/metrics-place.ts';
import { openEve, openHistory } from '../../sensor/outputs.ts';
import { readSettingsText } from '../../settings-file.ts';
import type { Terminal } from '../../terminal.ts';
import { DroppedPackets } from '../dropped-packets.ts';
import { loadGateway } from '../gateway-configuration.ts';
import type { GatewayConfiguration } from '../gateway-configuration.ts';
import { gatewayAnswer } from '../gateway-control.ts';
import { MAX_GATEWAY_FILE_OCTETS } from '../gateway-file.ts';
import { gatewayFamilies, gatewayHistograms } from '../gateway-metrics.ts';
import { refuseLockOut } from '../gateway-refusals.ts';
import { healthRecord, troublesOf } from '../gateway-status.ts';
import { Gateway } from '../gateway.ts';
import { startWatchdog } from '../watchdog.ts';
import { NodeLinks } from './node-links.ts';
import { nodeFileOf } from './node-text.ts';

/** What the user asked for. */
export interface HomeAgentRunOptions {
  readonly config: string;
  readonly isEnforcing: boolean;
  /** Check both configurations and the keys, and end. */
  readonly isCheck: boolean;
  /** Start with a configuration that would be refused. */
  readonly isForced: boolean;
}

/**
 * Runs it.
 * @returns 0 when a signal has ended it
 * @throws CliError (2) for what is wrong with either configuration, (4) for what this machine lacks
 */
export async function runHomeAgentGateway(
  options: HomeAgentRunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadGateway(options.config, terminal);
  refuseLockOut(configuration, options.isForced, terminal);
  const nodeFile = await nodeFileIn(options.config);
  if (options.isCheck) return checkNodeFile(nodeFile, terminal);
  const opened = new Opened();
  try {
    return await run(options, configuration, nodeFile, terminal, opened);
  } catch (error) {
    throw hostFailure(error);
  } finally {
    await opened.close();
  }
}

async function nodeFileIn(file: string): Promise<string> {
  const { readYaml } = await import('../../yaml-document.ts');
  const document = readYaml(await readSettingsText(file, MAX_GATEWAY_FILE_OCTETS));
  const named = 'length' in document ? undefined : nodeFileOf({ file, document });
  if (named === undefined) throw new CliError(EXIT.usage, `${file}: as: home-agent was expected`);
  return named;
}

async function run(
  options: HomeAgentRunOptions,
  configuration: GatewayConfiguration,
  nodeFile: string,
  terminal: Terminal,
  opened: Opened,
): Promise<ExitCode> {
  const { settings } = configuration;
  const node = await readNodeFile(nodeFile, 'home-agent');
  const links = new NodeLinks({
    interfaces: node.links.map((link) => link.interface),
    failMode: settings.failMode,
    scheduler: systemScheduler,
  });
  const gateway = await openGateway(options, configuration, links, terminal, opened);
  links.onSent = (record) => {
    gateway.judge.observe(record);
  };
  gateway.start();
  const stop = new AbortController();
  const ended = gateway.run(stop.signal);
  const reload = (): void => {
    gateway.parts.eve.reopen();
    void gateway.reloadAndTell();
  };
  try {
    await serve(gateway, opened);
    const { mode } = gateway;
    const rules = gateway.sensor.configuration.rules.length;
    if (gateway.restored !== undefined) terminal.say(`mip6guard: ${gateway.restored}`);
    terminal.say(`mip6guard: gateway at ${links.name}: mode ${mode}, ${rules} rules`);
    return await runNode(
      {
        config: nodeFile,
        role: 'home-agent',
        logFormat: 'text',
        isVerbose: false,
        inFront: (port) => links.judged(port),
        onHangUp: reload,
      },
      terminal,
    );
  } finally {
    links.close();
    gateway.end();
    stop.abort();
    await ended;
    const { judged, dropped, passedUnjudged, droppedUnjudged } = gateway.counts();
    const unjudged = passedUnjudged + droppedUnjudged;
    terminal.say(
      `mip6guard: ended: ${judged} packets judged, ${dropped} dropped, ${unjudged} not judged`,
    );
  }
}

async function openGateway(
  { isEnforcing, isForced }: HomeAgentRunOptions,
  configuration: GatewayConfiguration,
  source: NodeLinks,
  terminal: Terminal,
  opened: Opened,
): Promise<Gateway> {
  const { settings, watched } = configuration;
  const say = (text: string): void => {
    terminal.say(`mip6guard: ${text}`);
  };
  const { eve: eveSettings, db, state: stateFile, keepDropped } = settings;
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
  const { inputs } = source;
  const store =
    db === undefined
      ? undefined
      : await openHistory(db.file, { files: watched.files, inputs }, eve, say);
  if (store !== undefined) opened.add(() => store.close(0));
  const state = stateFile === undefined ? undefined : await openGatewayStore(stateFile, say);
  if (state !== undefined) {
    opened.add(() => {
      state.close();
    });
  }
  const keeper =
    keepDropped === undefined
      ? undefined
      : new DroppedPackets(keepDropped, 'dropped-node', source.interfaces, say);
  return new Gateway({
    ...{ configuration, source, eve, store, state, keeper, terminal, isForced },
    mode: isEnforcing ? 'enforce' : settings.mode,
    version: packageVersion(),
    seed: randomInt(2 ** 31),
    now: () => Date.now() * 1000,
    queue: undefined,
    isOwned: () => true,
  });
}

async function serve(gateway: Gateway, opened: Opened): Promise<void> {
  const { control, metrics, health, watchdog } = gateway.settings;
  if (control !== undefined) {
    const server = await serveControl(control, (line) => gatewayAnswer(gateway, line));
    opened.add(() => server.close());
  }
  const healthy = { troubles: () => troublesOf(gateway), health: () => healthRecord(gateway) };
  if (metrics !== undefined) {
    const histograms = gatewayHistograms(gateway);
    const families = gatewayFamilies(gateway);
    const server = await serveMetrics(metricsPlace(metrics), { families, histograms, ...healthy });
    opened.add(() => server.close());
  }
  if (health !== undefined) {
    const server = await serveMetrics(metricsPlace(health), { families: [], ...healthy });
    opened.add(() => server.close());
  }
  const sentence = `mip6guard: ${gateway.parts.source.name}: the gateway hangs and ends itself; nobody is the home agent until it is started again`;
  const dog = startWatchdog(watchdog, sentence);
  opened.add(() => dog.close());
}
