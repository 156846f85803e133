/**
 * A gateway over packets that a test gives, with its files in a folder of its own.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadGateway } from '../../../cli/gateway/gateway-configuration.ts';
import { Gateway } from '../../../cli/gateway/gateway.ts';
import type { GatewayParts } from '../../../cli/gateway/gateway.ts';
import type { InstalledFilter } from '../../../cli/gateway/path-watch.ts';
import type { PacketRecord, VerdictCounts, VerdictSource } from '../../../engine/ports.ts';
import { EveFile } from '../../../io/export/eve-file.ts';
import { captureInterface, packetRecord } from '../../engine/packet-records.ts';
import { capturedTerminal } from '../captured-terminal.ts';
import type { CapturedTerminal } from '../captured-terminal.ts';

/** Microseconds since 1970 of second 0 of the packets. */
export const START = 1_700_000_000e6;

/** The least that a configuration says. */
export const LEAST = `version: 1
failMode: open
place: home-agent
homeAgents: ["2001:db8:1::1"]
homePrefixes: ["2001:db8:1::/64"]
homeLink: inside
path: { hook: routed, ports: { outside: [out0], inside: [in0] } }
eve: { file: eve.json }
runDirectory: run
`;

/** A place in the path of packets that a test puts packets into. */
export class GivenPath implements VerdictSource {
  readonly name = 'queue 600';
  readonly inputs = [{ name: 'queue 600', packets: 0 }];
  readonly interfaces = [
    { ...captureInterface(), name: 'out0' },
    { ...captureInterface(), name: 'in0' },
  ];
  onPacket: ((record: PacketRecord) => boolean) | undefined;
  onFault: ((sentence: string) => void) | undefined;
  isClosed = false;
  readonly numbers = {
    ...{ judged: 0, passed: 0, dropped: 0, passedUnjudged: 0, droppedUnjudged: 0, waiting: 0 },
  };
  hits = 0;

  counts(): VerdictCounts {
    return { ...this.numbers };
  }

  queued(): number {
    return this.numbers.judged;
  }

  account(hits: number): void {
    this.hits = hits;
  }

  close(): void {
    this.isClosed = true;
  }

  /** @param link 0 = outside, 1 = inside @returns whether the packet passes */
  give(bytes: Uint8Array, second: number, link = 0): boolean {
    return this.giveRecord(packetRecord(bytes, 0, second), link);
  }

  /** Gives a packet of another source as if it had come here. */
  giveRecord(record: PacketRecord, link = 0): boolean {
    const [input] = this.inputs;
    const number = input === undefined ? 0 : ++input.packets;
    const passes = this.onPacket?.({ ...record, number, inputIndex: 0, interfaceIndex: link });
    this.numbers.judged++;
    if (passes === true) this.numbers.passed++;
    else this.numbers.dropped++;
    return passes === true;
  }
}

/** Rules that stand as long as a test wants. */
export class GivenFilter implements InstalledFilter {
  readonly backend = 'ip6tables (legacy)';
  isThere = true;
  problems: string[] = [];
  queued = 0;

  verify(): ReturnType<InstalledFilter['verify']> {
    return Promise.resolve({ isThere: this.isThere, problems: this.problems });
  }

  readCounters(): ReturnType<InstalledFilter['readCounters']> {
    const rules = [{ number: 1, reason: 'Mobility Header', packets: this.queued }];
    return Promise.resolve({ queued: this.queued, rules });
  }

  remove(): string[] {
    this.isThere = false;
    return [];
  }
}

/** A line of the EVE file. */
export interface Line {
  readonly event_type: string;
  readonly [name: string]: unknown;
}

/** A gateway that runs. */
export interface RunningGateway {
  readonly gateway: Gateway;
  readonly path: GivenPath;
  readonly filter: GivenFilter;
  readonly terminal: CapturedTerminal;
  readonly folder: string;
  /** Lines of the EVE file, all of which have to be whole. */
  readonly lines: (type?: string) => Line[];
  /** Writes another configuration into the file. */
  readonly rewrite: (text: string) => void;
  readonly end: () => Promise<void>;
}

const running: { end: () => Promise<void>; folder: string }[] = [];

/** A folder that goes with the gateways of a test. */
export function gatewayFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-gateway-'));
  running.push({ folder, end: () => Promise.resolve() });
  return folder;
}

/** Starts a gateway. @param text its configuration */
export async function startGateway(
  text = LEAST,
  parts: Partial<GatewayParts> & { readonly folder?: string } = {},
): Promise<RunningGateway> {
  const { folder = gatewayFolder(), ...more } = parts;
  const file = path.join(folder, 'gw.yaml');
  const rewrite = (next: string): void => {
    writeFileSync(file, next);
  };
  rewrite(text);
  const terminal = capturedTerminal();
  const configuration = await loadGateway(file, terminal);
  const say = (sentence: string): void => {
    terminal.say(`mip6guard: ${sentence}`);
  };
  const given = new GivenPath();
  const filter = new GivenFilter();
  const { settings } = configuration;
  const gateway = new Gateway({
    ...{ configuration, source: given, queue: given, mode: settings.mode },
    eve: new EveFile(settings.eve.file, { files: 3, say }),
    ...{ store: undefined, state: undefined, keeper: undefined },
    ...{ terminal, version: '9.9.9', seed: 1, isForced: false },
    now: () => START,
    isOwned: () => true,
    ...more,
  });
  gateway.start();
  gateway.join({ filter, workers: undefined });
  const stop = new AbortController();
  const ended = gateway.run(stop.signal);
  let isOver = false;
  const end = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    gateway.end();
    stop.abort();
    await ended;
  };
  running.push({ end, folder });
  const lines = (type?: string): Line[] => {
    gateway.sensor.flush();
    const written = readFileSync(settings.eve.file, 'utf8');
    if (written !== '' && !written.endsWith('\n')) throw new Error('the last line is torn');
    const values = written
      .split('\n')
      .filter((item) => item !== '')
      .map((item) => JSON.parse(item) as Line);
    return values.filter(({ event_type }) => type === undefined || event_type === type);
  };
  return { gateway, path: given, filter, terminal, folder, lines, rewrite, end };
}

/** Ends all gateways of a test and removes their files. */
export async function endGateways(): Promise<void> {
  for (const { end, folder } of running.splice(0).reverse()) {
    await end();
    rmSync(folder, { recursive: true, force: true });
  }
}
