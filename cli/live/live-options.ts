/**
 * The command line of `live`, checked.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import { readOptions } from '../read/read-options.ts';
import type { ReadValues } from '../read/read-options.ts';
import type { LiveOptions } from '../../io/capture/live-source.ts';
import { conditionsOf } from './conditions.ts';
import type { LiveRunOptions } from './live-run.ts';

/** Options as they come from the command line; those of `read` among them. */
export interface LiveValues extends Omit<ReadValues, 'write' | 'print'> {
  readonly interface: readonly string[];
  readonly captureFilter?: string;
  readonly snapLength?: number;
  readonly kernelBuffer?: number;
  readonly ring?: number;
  /** False with `-p`. */
  readonly promiscuous: boolean;
  readonly user?: string;
  readonly write?: string;
  readonly print?: boolean;
  readonly until: readonly string[];
  readonly rotate: readonly string[];
  readonly quiet?: boolean;
}

function usage(message: string, hint: string): CliError {
  return new CliError(EXIT.usage, message, { hint });
}

/**
 * Options of a capture.
 * @param known interfaces there are, for those given by number
 * @throws CliError (2)
 */
export function captureOptions(values: LiveValues, known: () => readonly string[]): LiveOptions {
  const { captureFilter, snapLength, kernelBuffer, ring } = values;
  if (values.interface.length === 0) {
    throw usage('no interface is named', 'Example: mip6guard live -i eth0; -D lists them.');
  }
  return {
    interfaces: values.interface.map((name) => interfaceNamed(name, known)),
    filter: captureFilter,
    isPromiscuous: values.promiscuous,
    // As in tshark, 0 is the default.
    ...(snapLength === undefined || snapLength === 0 ? {} : { snapLength }),
    ...(kernelBuffer === undefined ? {} : { kernelBuffer }),
    ...(ring === undefined ? {} : { buffer: ring }),
  };
}

/** A number is one of the list of `-D`, as in tshark, unless an interface has it as name. */
function interfaceNamed(name: string, known: () => readonly string[]): string {
  if (!/^[1-9]\d{0,2}$/.test(name)) return name;
  const names = known();
  return names.includes(name) ? name : (names[Number(name) - 1] ?? name);
}

/** The part that `read` checks: `-w` is another one here. */
function readValues(values: LiveValues): ReadValues {
  const { filter, count, tree, only, hex, T } = values;
  const { select, e, E, duplicateKeys, keys, color } = values;
  return {
    ...{ select, e, E, duplicateKeys, keys, color, findings: false },
    ...(filter === undefined ? {} : { filter }),
    ...(count === undefined ? {} : { count }),
    ...(tree === undefined ? {} : { tree }),
    ...(only === undefined ? {} : { only }),
    ...(hex === undefined ? {} : { hex }),
    ...(T === undefined ? {} : { T }),
  };
}

/**
 * Options of a run.
 * @throws CliError (2) for what cannot be meant
 */
export function liveRunOptions(values: LiveValues): LiveRunOptions {
  const { write, print = false, until, rotate, quiet = false, keys } = values;
  const reading = readOptions(readValues(values));
  if (reading.filter?.usesState === true || reading.findings) {
    throw usage(
      'what mip6guard finds (mip6guard.* fields) is not known of packets as they come',
      'For incidents as they happen: mip6guard tui -i or mip6guard sensor -i.',
    );
  }
  const { format, tree, hex } = reading.show;
  if (write === undefined && (rotate.length > 0 || print)) {
    throw usage(`${print ? '-P' : '-b'} is about the file of -w`, 'Add -w capture.pcapng.');
  }
  if (write === '-' && (rotate.length > 0 || print)) {
    throw usage('-w - writes one capture to standard output', 'Name a file with -w.');
  }
  if (write !== undefined && !print && (format !== 'text' || tree || hex)) {
    throw usage('with -w packets are written, not shown', 'Add -P to show them as well.');
  }
  const ring = conditionsOf('-b', rotate);
  const stop = conditionsOf('-a', until);
  if (write === undefined && stop.octets !== undefined) {
    throw usage('-a filesize is about the file of -w', 'Add -w capture.pcapng.');
  }
  if (stop.files !== undefined && rotate.length === 0) {
    throw usage('-a files is about the files of -b', 'Add -b filesize:KB or -b duration:SECONDS.');
  }
  const rotates = [ring.duration, ring.packets, ring.octets].some((limit) => limit !== undefined);
  if (rotate.length > 0 && !rotates) {
    throw usage(
      '-b files alone never begins a new file',
      'Add -b filesize:KB or -b duration:SECONDS.',
    );
  }
  return {
    keys,
    user: values.user,
    filter: reading.filter,
    count: values.count,
    show: reading.show,
    colour: values.color,
    isQuiet: quiet,
    stop,
    isShown: write === undefined || print,
    write:
      write === undefined ? undefined : { file: write, ring: rotate.length > 0 ? ring : undefined },
  };
}
