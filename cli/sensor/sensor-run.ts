/**
 * Opens what a sensor needs, in this order: configuration, interfaces, then, with privileges given up, files and
 * sockets. Runs it, and closes everything.
 */
import { randomInt } from 'node:crypto';
import type { LiveOptions } from '../../io/capture/live-source.ts';
import { dropPrivileges, openLive } from '../../io/capture/live/index.ts';
import { serveMetrics } from '../../io/metrics.ts';
import type { MetricsServer } from '../../io/metrics.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { liveFailure } from '../live/live-failure.ts';
import { refuseToOverwrite } from '../own-files.ts';
import { packageVersion } from '../package-root.ts';
import { Opened } from '../opened.ts';
import type { Terminal } from '../terminal.ts';
import { loadConfiguration } from './configuration.ts';
import type { ConfigurationFiles, SensorConfiguration } from './configuration.ts';
import { controlAnswer } from './control-commands.ts';
import { serveControl } from './control-server.ts';
import type { ControlServer } from './control-server.ts';
import { metricFamilies } from './metric-families.ts';
import { isLoopback, metricsPlace } from './metrics-place.ts';
import { openEve, openHistory } from './outputs.ts';
import type { SensorSource } from './sensor-facts.ts';
import { SensorSignals } from './sensor-signals.ts';
import { Sensor } from './sensor.ts';
import { troublesOf } from './status.ts';

/** What the user asked for. */
export interface SensorOptions {
  readonly capture: LiveOptions;
  readonly files: ConfigurationFiles;
  /** Whom to become once the interfaces are open. */
  readonly user: string | undefined;
  readonly eve: string;
  /** MiB from which on a new file is begun; 0 = never. */
  readonly eveSize: number;
  readonly eveFiles: number;
  readonly db: string | undefined;
  /** Seconds; undefined = rows are kept for ever. */
  readonly retention: number | undefined;
  readonly metrics: string | undefined;
  readonly control: string | undefined;
  /** Seconds between two lines of numbers; 0 = none but the last. */
  readonly stats: number;
  /** Seconds. */
  readonly alertMemory: number;
}

/** Opens the place packets come from. */
export type OpenSource = (options: SensorOptions) => Promise<SensorSource>;

/**
 * Runs a sensor until a signal ends it, or its source does.
 * @param open another source than interfaces, for tests
 * @returns 0; findings are no failure of a sensor
 * @throws CliError for what cannot be used or opened
 */
export async function runSensor(
  options: SensorOptions,
  terminal: Terminal,
  open: OpenSource = openInterfaces,
): Promise<ExitCode> {
  const { files } = options;
  refuseToOverwrite(
    [
      ['--eve', options.eve],
      ['--db', options.db],
    ],
    [files.config ?? '', ...files.keys, ...files.rules],
  );
  const place = options.metrics === undefined ? undefined : metricsPlace(options.metrics);
  const configuration = await loadConfiguration(files, terminal);
  const source = await open(options);
  const opened = new Opened();
  try {
    opened.add(() => source.close?.());
    const sensor = await openSensor(options, { source, configuration }, terminal, opened);
    if (place !== undefined) {
      const server = await openMetrics(sensor, options.metrics ?? '', place);
      opened.add(() => server.close());
      if (!isLoopback(place)) {
        sensor.say(`warning: ${server.url} can be reached by other machines`);
      }
    }
    if (options.control !== undefined) {
      const server: ControlServer = await serveControl(options.control, (line) =>
        controlAnswer(sensor, line),
      );
      opened.add(() => server.close());
    }
    await runUntilSignal(sensor, options);
    return EXIT.clean;
  } finally {
    await opened.close();
  }
}

async function runUntilSignal(sensor: Sensor, { capture }: SensorOptions): Promise<void> {
  const signals = new SensorSignals({
    onEnd: (signal) => {
      sensor.say(`${signal}: ending; again: ends at once`);
    },
    onEndAtOnce: () => {
      sensor.parts.eve.flush();
    },
    onReload: () => {
      sensor.parts.eve.reopen();
      void sensor.reloadAndTell();
    },
  });
  try {
    const { configuration } = sensor;
    sensor.say(
      `sensor on ${capture.interfaces.join(', ')}: ${configuration.rules.length} rules, lines to ${sensor.parts.eve.name}`,
    );
    await sensor.run(signals.signal);
    const { packets } = sensor.engine.counters;
    sensor.say(`ended: ${packets} packets, ${sensor.observer.told} alerts`);
  } finally {
    signals.dispose();
  }
}

/** Interfaces; the privileges are given up. Throws CliError. */
async function openInterfaces({ capture, user }: SensorOptions): Promise<SensorSource> {
  let source: SensorSource | undefined;
  try {
    source = await openLive(capture);
    if (user !== undefined) dropPrivileges(user);
    return source;
  } catch (error) {
    source?.close?.();
    throw liveFailure(error);
  }
}

async function openSensor(
  options: SensorOptions,
  material: { readonly source: SensorSource; readonly configuration: SensorConfiguration },
  terminal: Terminal,
  opened: Opened,
): Promise<Sensor> {
  const say = (text: string): void => {
    terminal.say(`mip6guard: ${text}`);
  };
  const { eve: file, eveSize: size, eveFiles, db, files } = options;
  const hint = 'Choose another file with --eve; with --user it is written by that user.';
  const eve = openEve({ file, size, files: eveFiles }, say, hint);
  opened.add(() => {
    eve.close();
  });
  const { inputs } = material.source;
  const store = db === undefined ? undefined : await openHistory(db, { files, inputs }, eve, say);
  if (store !== undefined) opened.add(() => store.close(0));
  return new Sensor({
    ...material,
    eve,
    store,
    terminal,
    version: packageVersion(),
    alertMemory: options.alertMemory,
    stats: options.stats === 0 ? undefined : options.stats,
    retention: options.retention,
    seed: randomInt(2 ** 31),
    now: () => Date.now() * 1000,
  });
}

/** Throws CliError when the place is taken. */
async function openMetrics(
  sensor: Sensor,
  text: string,
  place: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  try {
    const troubles = (): readonly string[] => troublesOf(sensor);
    return await serveMetrics(place, { families: metricFamilies(sensor), troubles });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.environment, `--metrics ${text}: ${reason}`, {
      hint: 'Choose another port, or end what listens there.',
    });
  }
}
