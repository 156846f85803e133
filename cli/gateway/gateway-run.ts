/**
 * Runs a gateway: opens what it needs in order, judges until a signal ends it, and takes everything away again.
 */
import path from 'node:path';
import {
  HostConfiguration,
  feedWatchdog,
  openKernel,
  openServiceNotifier,
  runInRealTime,
} from '../../io/inline/index.ts';
import type { ServiceNotifier } from '../../io/inline/index.ts';
import { PacketFilter, queueNumbers } from '../../io/packet-filter/index.ts';
import type { QueuePlan } from '../../io/packet-filter/index.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { hostFailure } from '../host-failure.ts';
import { Opened } from '../opened.ts';
import { SensorSignals } from '../sensor/sensor-signals.ts';
import type { Terminal } from '../terminal.ts';
import { drained } from './drained.ts';
import { loadGateway } from './gateway-configuration.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import type { GatewaySettings } from './gateway-file.ts';
import { planOf } from './gateway-plan.ts';
import { refuseLockOut } from './gateway-refusals.ts';
import { statusLine } from './gateway-status.ts';
import type { Gateway } from './gateway.ts';
import { instanceLeft, noteInstance } from './instance-file.ts';
import { openGateway, serveGateway } from './open-gateway.ts';
import { lookedAt, openPath } from './open-path.ts';
import { agentProtections, protectionText } from './protection.ts';
import { QueueWorkers } from './queue-workers.ts';
import { watchdogSentence } from './watchdog-sentence.ts';
import { startWorker } from './worker-process.ts';
import { makeRunDirectory } from '../run-directory.ts';

/** Milliseconds between two lines for the service manager. */
const STATUS_INTERVAL = 5000;
/** Looks, one a second, at a queue that is not ours before the gateway gives up. */
const LOST_LOOKS = 3;

/** What the user asked for. */
export interface GatewayRunOptions {
  readonly config: string;
  readonly isEnforcing: boolean;
  /** Show what would be queued, and change nothing. */
  readonly isDryRun: boolean;
  /** Check everything that needs no privileges, and end. */
  readonly isCheck: boolean;
  /** Start with a configuration that would be refused. */
  readonly isForced: boolean;
}

/**
 * Runs a gateway.
 * @returns 0 when a signal has ended it
 * @throws CliError (2) for what is wrong with the configuration, (4) for what this machine lacks
 */
export async function runGateway(
  options: GatewayRunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadGateway(options.config, terminal);
  const { settings } = configuration;
  refuseLockOut(configuration, options.isForced, terminal);
  try {
    const plan = planOf(settings);
    if (options.isCheck) return check(configuration, terminal);
    if (options.isDryRun) return dryRun(settings, plan, terminal);
    return await new GatewayRun(options, configuration, plan, terminal).run();
  } catch (error) {
    throw hostFailure(error);
  }
}

function check({ settings, watched }: GatewayConfiguration, terminal: Terminal): ExitCode {
  const where = settings.path.pair?.join(' and ') ?? settings.path.hook ?? '';
  const lines = [
    `gateway, ${settings.place.join(' and ')}, ${where}: mode ${settings.mode}, failMode ${settings.failMode}, ${watched.rules.length} rules`,
    ...agentProtections(settings.homeAgents, watched.keys).map(protectionText),
  ];
  terminal.output.write(`${lines.join('\n')}\n`);
  return EXIT.clean;
}

function dryRun(
  { path: { firewall, pair } }: GatewaySettings,
  plan: QueuePlan | undefined,
  terminal: Terminal,
): ExitCode {
  if (plan === undefined) {
    const [outside = '', inside = ''] = pair ?? [];
    terminal.output.write(
      `# no rules: the gateway itself carries every frame between ${outside} and ${inside}\n`,
    );
    return EXIT.clean;
  }
  terminal.output.write(`${PacketFilter.dryRun(plan, { backend: firewall }).trimEnd()}\n`);
  for (const note of plan.notes) terminal.say(`mip6guard: ${note}`);
  return EXIT.clean;
}

/** One run. */
class GatewayRun {
  readonly #options: GatewayRunOptions;
  readonly #configuration: GatewayConfiguration;
  readonly #settings: GatewaySettings;
  readonly #plan: QueuePlan | undefined;
  readonly #terminal: Terminal;
  readonly #opened = new Opened();
  #lost = 0;

  constructor(
    options: GatewayRunOptions,
    configuration: GatewayConfiguration,
    plan: QueuePlan | undefined,
    terminal: Terminal,
  ) {
    this.#options = options;
    this.#configuration = configuration;
    this.#settings = configuration.settings;
    this.#plan = plan;
    this.#terminal = terminal;
  }

  async run(): Promise<ExitCode> {
    try {
      return await this.#run();
    } finally {
      await this.#opened.close();
    }
  }

  #say(text: string): void {
    this.#terminal.say(`mip6guard: ${text}`);
  }

  async #run(): Promise<ExitCode> {
    const found = lookedAt(this.#settings, this.#plan);
    const notifier = openServiceNotifier(this.#terminal.environment);
    if (notifier !== undefined) {
      this.#opened.add(() => {
        notifier.close();
      });
    }
    const host = this.#openHost();
    const { first } = this.#settings.path.queue;
    // The queue has an owner from here on, who judges.
    const gateway = await openGateway({
      ...{ configuration: this.#configuration, terminal: this.#terminal, opened: this.#opened },
      ...{ isEnforcing: this.#options.isEnforcing, isForced: this.#options.isForced },
      keepAs: `dropped-${first}`,
      source: () => openPath(this.#settings, host),
    });
    const { source } = gateway.parts;
    const stop = new AbortController();
    const signals = this.#listen(gateway, notifier);
    const ended = gateway.run(stop.signal);
    // What begins now is ended in good order, whatever comes.
    let filter: PacketFilter | undefined;
    let workers: QueueWorkers | undefined;
    try {
      workers = await this.#openWorkers(gateway);
      filter = this.#openFilter(host);
      gateway.join({ filter, workers });
      await serveGateway(gateway, watchdogSentence(this.#settings, source.name), this.#opened);
      this.#tellStart(gateway, found, filter);
      runInRealTime(openKernel(), this.#plan?.queues.count ?? 1);
      notifier?.send(['READY=1', `STATUS=${statusLine(gateway)}`]);
      return await this.#untilEnd(gateway, signals, notifier);
    } finally {
      notifier?.send(['STOPPING=1']);
      await gateway.verify();
      for (const sentence of filter?.remove() ?? []) this.#say(sentence);
      await workers?.stop();
      await drained(source);
      source.close();
      gateway.end();
      stop.abort();
      await ended;
      this.#tellEnd(gateway);
    }
  }

  /** Folder for what has to be undone, and settings of the machine that rules for bridges take. */
  #openHost(): HostConfiguration | undefined {
    const { runDirectory, path: dataPath } = this.#settings;
    makeRunDirectory(runDirectory);
    const left = instanceLeft(runDirectory, this.#plan?.id);
    if (left !== undefined) {
      for (const name of PacketFilter.removeLeftovers(left)) {
        this.#say(`rules of ${left}, left by an earlier start, were removed from ${name}`);
      }
    }
    if (this.#plan !== undefined) noteInstance(runDirectory, this.#plan.id);
    if (dataPath.hook !== 'bridge' && dataPath.pair === undefined) return undefined;
    const host = new HostConfiguration({ journal: path.join(runDirectory, 'gateway.journal') });
    this.#opened.add(() => {
      for (const sentence of host.close()) this.#say(sentence);
    });
    for (const sentence of host.recovered) this.#say(sentence);
    return host;
  }

  async #openWorkers(gateway: Gateway): Promise<QueueWorkers | undefined> {
    const plan = this.#plan;
    if (plan === undefined || plan.queues.count === 1) return undefined;
    const workers = new QueueWorkers({
      queues: queueNumbers(plan).slice(1),
      start: (queue) => startWorker(this.#options.config, queue),
      interfaces: gateway.parts.source.interfaces,
      mode: () => gateway.mode,
      onMessage: (message) => {
        if (message.kind === 'drop') gateway.writer.drop(message.record);
        else {
          const action = message.isBlocked ? 'blocked' : 'allowed';
          gateway.writer.alert(message.head, message.record, action);
          gateway.parts.store?.alert(message.record);
        }
      },
      say: (text) => {
        gateway.alarm('GATEWAY_PROCESS', text);
      },
    });
    try {
      await workers.start();
    } catch (error) {
      await workers.stop();
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(EXIT.environment, reason);
    }
    return workers;
  }

  #openFilter(host: HostConfiguration | undefined): PacketFilter | undefined {
    if (this.#plan === undefined) return undefined;
    const { firewall } = this.#settings.path;
    const settings = host === undefined ? {} : { settings: host };
    return PacketFilter.install(this.#plan, { backend: firewall, ...settings });
  }

  #listen(gateway: Gateway, notifier: ServiceNotifier | undefined): SensorSignals {
    const signals = new SensorSignals({
      onEnd: (signal) => {
        this.#say(`${signal}: ending; again: ends at once`);
      },
      onEndAtOnce: () => {
        gateway.parts.eve.flush();
      },
      onReload: () => {
        gateway.parts.eve.reopen();
        const microseconds = process.hrtime.bigint() / 1000n;
        notifier?.send(['RELOADING=1', `MONOTONIC_USEC=${microseconds}`]);
        void gateway.reloadAndTell().then(() => {
          notifier?.send(['READY=1']);
        });
      },
    });
    this.#opened.add(() => {
      signals.dispose();
    });
    return signals;
  }

  #tellStart(gateway: Gateway, found: readonly string[], filter: PacketFilter | undefined): void {
    const { settings, sensor, restored } = gateway;
    const { keys, rules } = sensor.configuration;
    for (const sentence of found) this.#say(`warning: ${sentence}`);
    const fate = settings.failMode === 'open' ? 'passes' : 'is dropped';
    this.#say(`failMode ${settings.failMode}: what nobody judges ${fate}`);
    for (const protection of agentProtections(settings.homeAgents, keys)) {
      this.#say(protectionText(protection));
    }
    if (restored !== undefined) this.#say(restored);
    for (const sentence of filter?.warnings ?? []) this.#say(`warning: ${sentence}`);
    for (const note of this.#plan?.notes ?? []) this.#say(note);
    const where = `${gateway.parts.source.name}${filter === undefined ? '' : ` of ${filter.backend}`}`;
    this.#say(
      `gateway at ${where}: mode ${gateway.mode}, ${rules.length} rules, lines to ${gateway.parts.eve.name}`,
    );
  }

  #tellEnd(gateway: Gateway): void {
    const { judged, dropped, passedUnjudged, droppedUnjudged } = gateway.counts();
    const unjudged = passedUnjudged + droppedUnjudged;
    this.#say(`ended: ${judged} packets judged, ${dropped} dropped, ${unjudged} not judged`);
  }

  /** @returns 0 after a signal, 4 when the queue is lost */
  #untilEnd(
    gateway: Gateway,
    signals: SensorSignals,
    notifier: ServiceNotifier | undefined,
  ): Promise<ExitCode> {
    return new Promise((resolve) => {
      const timers: NodeJS.Timeout[] = [];
      const stopFeeding = notifier === undefined ? undefined : feedWatchdog(notifier);
      const end = (code: ExitCode): void => {
        stopFeeding?.();
        for (const timer of timers) clearInterval(timer);
        resolve(code);
      };
      if (notifier !== undefined) {
        timers.push(
          setInterval(() => {
            notifier.send([`STATUS=${statusLine(gateway)}`]);
          }, STATUS_INTERVAL),
        );
      }
      timers.push(
        setInterval(() => {
          // Interfaces that are joined come back by themselves.
          const isLost = gateway.parts.queue !== undefined && !gateway.path.isOwned;
          this.#lost = isLost ? this.#lost + 1 : 0;
          if (this.#lost < LOST_LOOKS) return;
          gateway.alarm('GATEWAY_QUEUE_LOST', `${gateway.parts.source.name} is lost: ending`);
          end(EXIT.environment);
        }, 1000),
      );
      const { signal } = signals;
      if (signal.aborted) end(EXIT.clean);
      signal.addEventListener('abort', () => {
        end(EXIT.clean);
      });
    });
  }
}
