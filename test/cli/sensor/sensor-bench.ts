/**
 * A sensor over packets that a test gives, with its files in a folder of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfiguration } from '../../../cli/sensor/configuration.ts';
import type { ConfigurationFiles } from '../../../cli/sensor/configuration.ts';
import type { SensorParts, SensorSource } from '../../../cli/sensor/sensor-facts.ts';
import { Sensor } from '../../../cli/sensor/sensor.ts';
import type { CaptureFault, PacketRecord } from '../../../engine/ports.ts';
import type { InterfaceCounts } from '../../../io/capture/live-source.ts';
import { EveFile } from '../../../io/export/eve-file.ts';
import { packetRecord, captureInterface } from '../../engine/packet-records.ts';
import { build } from '../../../dissectors/index.ts';
import { CORRESPONDENT, HOME_ADDRESS, address } from '../../rules/site.ts';
import { capturedTerminal } from '../captured-terminal.ts';
import type { CapturedTerminal } from '../captured-terminal.ts';

/** Microseconds since 1970 of second 0 of the packets. */
export const START = 1_700_000_000e6;

/** Counts that a test changes. */
export type Counts = { -readonly [K in keyof InterfaceCounts]: InterfaceCounts[K] };

/** A line of the EVE file. */
export interface Line {
  readonly event_type: string;
  readonly [name: string]: unknown;
}

/** A source of packets that a test gives one after the other; it ends when it is told to. */
export class GivenSource {
  readonly inputs = [{ name: 'eth0', packets: 0 }];
  readonly interfaces = [{ ...captureInterface(), name: 'eth0' }];
  readonly faults: CaptureFault[] = [];
  readonly counts: Counts[] = [
    {
      name: 'eth0',
      ...{ received: 0, dropped: 0, droppedByInterface: 0, shedPayload: 0, shedSignalling: 0 },
      ...{ fault: undefined, recoveries: 0 },
    },
  ];
  fill = { octets: 0, size: 64 * 2 ** 20 };
  lag = 0;
  #onPacket: ((record: PacketRecord) => void) | undefined;
  #end: (() => void) | undefined;

  run(
    onPacket: (record: PacketRecord) => void,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#onPacket = onPacket;
    return new Promise((resolve) => {
      this.#end = resolve;
      options.signal?.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  give(bytes: Uint8Array, second: number): void {
    this.giveRecord(packetRecord(bytes, 0, second));
  }

  /** Gives a packet of another source as if it had come on the interface. */
  giveRecord(record: PacketRecord): void {
    const [input] = this.inputs;
    if (input === undefined) return;
    const number = ++input.packets;
    this.#onPacket?.({ ...record, number, inputIndex: 0, interfaceIndex: 0 });
  }

  end(): void {
    this.#end?.();
  }
}

/** A packet that MIP6-1009 finds, from a sender of its own. */
export function attackOf(sender: number): Uint8Array {
  return build.ipv6Packet({
    source: address(`2001:db8:66::${sender.toString(16)}`),
    destination: CORRESPONDENT,
    headers: [build.type2RoutingHeader(HOME_ADDRESS, 2)],
  });
}

/** A sensor that runs. */
export interface RunningSensor {
  readonly sensor: Sensor;
  readonly source: GivenSource;
  readonly terminal: CapturedTerminal;
  readonly folder: string;
  /** Clock of the machine: seconds after `START`. */
  clock: number;
  /** Lines of the EVE file, all of which have to be whole. */
  readonly lines: (type?: string) => Line[];
  /** Ends the run. */
  readonly end: () => Promise<void>;
}

const running: { end: () => Promise<void>; folder: string }[] = [];

/** Starts a sensor. */
export async function startSensor(
  files: Partial<ConfigurationFiles> = {},
  parts: Partial<SensorParts> = {},
): Promise<RunningSensor> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-sensor-'));
  const file = path.join(folder, 'eve.json');
  const terminal = capturedTerminal();
  const say = (text: string): void => {
    terminal.say(`mip6guard: ${text}`);
  };
  const source = new GivenSource();
  const all = { config: undefined, keys: [], rules: [], ...files };
  const configuration = await loadConfiguration(all, terminal);
  const asSource: SensorSource = source;
  const stop = new AbortController();
  const bench = { clock: 0 };
  const sensor = new Sensor({
    source: asSource,
    configuration,
    eve: new EveFile(file, { files: 3, say }),
    store: undefined,
    terminal,
    version: '9.9.9',
    alertMemory: 3600,
    stats: undefined,
    retention: undefined,
    seed: 1,
    now: () => START + bench.clock * 1e6,
    ...parts,
  });
  const ended = sensor.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  running.push({ end, folder });
  const lines = (type?: string): Line[] => {
    sensor.flush();
    const text = readFileSync(file, 'utf8');
    if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is torn');
    const found = text.split('\n').filter((item) => item !== '');
    const values = found.map((item) => JSON.parse(item) as Line);
    return values.filter(({ event_type }) => type === undefined || event_type === type);
  };
  return Object.assign(bench, { sensor, source, terminal, folder, lines, end });
}

/** Ends all sensors of a test and removes their files. */
export async function endSensors(): Promise<void> {
  for (const { end, folder } of running.splice(0)) {
    await end();
    rmSync(folder, { recursive: true, force: true });
  }
}
