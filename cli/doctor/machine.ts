/**
 * What can be asked of this machine. Nothing here throws, and nothing is changed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { libpcapVersion, liveInterfaces } from '../../io/capture/live/index.ts';

/** An interface. */
export interface MachineInterface {
  readonly name: string;
  /** Undefined for what is no link: `any`, `nflog`. */
  readonly isUp: boolean | undefined;
  /** Offloads that change what is captured, as `ethtool -K` names them; undefined when they are not known. */
  readonly offloads: readonly string[] | undefined;
}

/** A machine to look at. */
export interface Machine {
  /** `20.19.0`. */
  readonly nodeVersion: string;
  readonly isRoot: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined when standard output is none. */
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
  /** Version of libpcap, or why the package cannot be loaded. */
  pcap(): { readonly version: string | undefined; readonly failure: string | undefined };
  /** Why a package cannot be loaded; undefined when it can. */
  loadFailure(name: string): string | undefined;
  /** Why a package cannot be found; undefined when it can. For packages that are too large to load. */
  resolveFailure(name: string): string | undefined;
  /** Effective capabilities of the process, a bit each; undefined where there are none. */
  capabilities(): bigint | undefined;
  /** Capabilities of the file of this Node.js; undefined when it has none, or they cannot be told. */
  fileCapabilities(): string | undefined;
  interfaces(): readonly MachineInterface[];
  isThere(file: string): boolean;
  /** Path of a program; undefined when there is none. */
  program(name: string): string | undefined;
}

/** Milliseconds that a program is given. */
const PATIENCE = 3000;
/** Offloads after which captured packets are not those of the wire, with their names in `ethtool -k`. */
const OFFLOADS = [
  ['gro', 'generic-receive-offload'],
  ['lro', 'large-receive-offload'],
  ['gso', 'generic-segmentation-offload'],
  ['tso', 'tcp-segmentation-offload'],
] as const;
/** Flag of an interface that is up, linux/if.h. */
const IFF_UP = 1;

/** This machine. */
export function thisMachine(environment: Readonly<Record<string, string | undefined>>): Machine {
  const { isTTY, columns, rows } = process.stdout;
  return {
    nodeVersion: process.versions.node,
    isRoot: process.geteuid?.() === 0,
    environment,
    terminal: isTTY ? { columns, rows } : undefined,
    pcap,
    loadFailure,
    resolveFailure,
    capabilities: () => capabilitiesIn(textOf('/proc/self/status') ?? ''),
    fileCapabilities,
    interfaces,
    isThere: existsSync,
    program,
  };
}

/** `CapEff` of `/proc/self/status`. */
export function capabilitiesIn(status: string): bigint | undefined {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** Offloads that `ethtool -k` says are on. */
export function offloadsIn(text: string): string[] {
  return OFFLOADS.filter(([, long]) => new RegExp(`^${long}: on`, 'm').test(text)).map(
    ([short]) => short,
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? '';
}

function pcap(): { version: string | undefined; failure: string | undefined } {
  try {
    return { version: libpcapVersion().replace(/^libpcap version /, ''), failure: undefined };
  } catch (error) {
    return { version: undefined, failure: firstLine(error) };
  }
}

function loadFailure(name: string): string | undefined {
  try {
    createRequire(import.meta.url)(name);
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

function resolveFailure(name: string): string | undefined {
  try {
    import.meta.resolve(name);
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

function fileCapabilities(): string | undefined {
  const getcap = program('getcap');
  if (getcap === undefined) return undefined;
  const text = outputOf(getcap, [realpathSync(process.execPath)]);
  const found = text?.trim().split(' ').at(-1);
  return found === undefined || found === '' ? undefined : found;
}

function interfaces(): MachineInterface[] {
  const ethtool = program('ethtool');
  return interfaceNames().map((name) => {
    const flags = textOf(path.join('/sys/class/net', path.basename(name), 'flags'));
    const isUp = flags === undefined ? undefined : (Number(flags.trim()) & IFF_UP) !== 0;
    const text =
      ethtool === undefined || isUp !== true ? undefined : outputOf(ethtool, ['-k', name]);
    return { name, isUp, offloads: text === undefined ? undefined : offloadsIn(text) };
  });
}

function interfaceNames(): readonly string[] {
  try {
    return liveInterfaces();
  } catch {
    // Without the package the kernel still lists them.
    const rows = (textOf('/proc/net/dev') ?? '').split('\n');
    return rows.flatMap((row) => /^\s*([^:\s]+):/.exec(row)?.[1] ?? []);
  }
}

function program(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(existsSync);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function outputOf(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PATIENCE,
    });
  } catch {
    return undefined;
  }
}
