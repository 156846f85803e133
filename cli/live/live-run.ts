/**
 * Shows packets as they come, or writes them to files.
 */
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import { neededProtocols } from '../../engine/filter/needed-protocols.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import type { LiveOptions, LiveSource } from '../../io/capture/live-source.ts';
import { dropPrivileges, openLive } from '../../io/capture/live/index.ts';
import { OutputError } from '../../io/output.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { packetOpeners } from '../openers.ts';
import { PacketViews, allNodes } from '../read/packet-view.ts';
import { PlainPackets } from '../read/plain-packets.ts';
import { printerOf } from '../read/printers.ts';
import type { Printer, ShowOptions } from '../read/printers.ts';
import { outputExitCode } from '../report-output.ts';
import { countText, plural } from '../report/numbers.ts';
import type { ColourChoice } from '../report/palette.ts';
import { loadKeys } from '../session.ts';
import type { LoadedKeys } from '../session.ts';
import { StopSignals } from '../stop-signals.ts';
import { reportStyle } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { CaptureFiles } from './capture-files.ts';
import type { Conditions } from './conditions.ts';
import { liveFailure } from './live-failure.ts';

/** How to show or write packets. */
export interface LiveRunOptions {
  readonly keys: readonly string[];
  /** Whom to become once the interfaces are open. */
  readonly user: string | undefined;
  /** Which packets; undefined = all. */
  readonly filter: CompiledFilter | undefined;
  /** Packets to show or write; undefined = all. */
  readonly count: number | undefined;
  readonly show: ShowOptions;
  readonly colour: ColourChoice;
  /** Nothing is said beside packets and failures. */
  readonly isQuiet: boolean;
  /** When the capture ends. */
  readonly stop: Conditions;
  readonly isShown: boolean;
  readonly write: { readonly file: string; readonly ring: Conditions | undefined } | undefined;
}

/** Milliseconds between two looks at faults, and after which a written packet can be read by others. */
const TICK = 250;
/** Fields that stand beside the headers of a packet. */
const BESIDE = /^(frame|_ws)\b/;

/**
 * Captures until Ctrl-C, `-c` or `-a`.
 * @returns the exit code
 * @throws CliError for what cannot be opened; OutputError when the output cannot be written
 */
export async function runLive(
  capture: LiveOptions,
  options: LiveRunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.write?.file === '-' && terminal.isOutputTerminal) {
    throw new CliError(EXIT.usage, '-w - would write a capture to the terminal', {
      hint: 'Name a file, or send it on: mip6guard live -i eth0 -w - | tshark -r -',
    });
  }
  // As root still: key files may be for root alone.
  const keys = await loadKeys(options.keys, terminal);
  const source = await openInterfaces(capture, options.user);
  const stop = new StopSignals(() => undefined);
  let files: CaptureFiles | undefined;
  try {
    files = filesOf(source, options);
    return await new LiveRun({ source, keys, files, stop }, options, terminal).run();
  } finally {
    files?.abandon();
    source.close();
    stop.dispose();
  }
}

/** Opens the interfaces and gives the privileges up. Throws CliError. */
async function openInterfaces(capture: LiveOptions, user: string | undefined): Promise<LiveSource> {
  let source: LiveSource | undefined;
  try {
    source = await openLive(capture);
    if (user !== undefined) dropPrivileges(user);
    return source;
  } catch (error) {
    source?.close();
    throw liveFailure(error);
  }
}

/** Opens the place of `-w`: as the user that the process has become. Throws CliError. */
function filesOf(source: LiveSource, { write, stop }: LiveRunOptions): CaptureFiles | undefined {
  if (write === undefined) return undefined;
  const { interfaces } = source;
  try {
    const counts = (): typeof source.counts => source.counts;
    return new CaptureFiles({ ...write, stop, interfaces, counts, now: Date.now });
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new CliError(outputExitCode(error), error.message, {
      hint: 'Choose another file with -w; with --user it is written by that user.',
    });
  }
}

/** What a capture needs. */
interface Material {
  readonly source: LiveSource;
  readonly keys: LoadedKeys;
  readonly files: CaptureFiles | undefined;
  readonly stop: StopSignals;
}

/** One capture. */
class LiveRun {
  readonly #options: LiveRunOptions;
  readonly #terminal: Terminal;
  readonly #source: LiveSource;
  readonly #files: CaptureFiles | undefined;
  readonly #stop: StopSignals;
  readonly #views: PacketViews;
  readonly #plain: PlainPackets;
  readonly #printer: Printer | undefined;
  /** The filter asks for more than the headers of a packet. */
  readonly #asksBeside: boolean;
  /** Packets looked at, and those shown or written. */
  #captured = 0;
  #taken = 0;
  #faultsTold = 0;
  #flushIsDue = false;
  /** Why nothing more can be written. */
  #failure: OutputError | undefined;

  constructor(
    { source, keys, files, stop }: Material,
    options: LiveRunOptions,
    terminal: Terminal,
  ) {
    this.#options = options;
    this.#terminal = terminal;
    this.#source = source;
    this.#files = files;
    this.#stop = stop;
    const openers = packetOpeners(keys.associations, keys.ike);
    this.#views = new PacketViews(openers, source.interfaces, undefined, keys.verification);
    const { filter, show, colour, isShown } = options;
    this.#asksBeside = [...(filter?.fields ?? [])].some((name) => BESIDE.test(name));
    this.#plain = new PlainPackets(neededProtocols(filter?.root), openers.opensEsp);
    if (isShown) {
      const { paint } = reportStyle(terminal, colour, false);
      this.#printer = printerOf(show, terminal.output, paint);
    }
  }

  async run(): Promise<ExitCode> {
    const { stop } = this.#options;
    const { signal } = this.#stop;
    const end = (): void => {
      this.#stop.stop();
    };
    const tick = setInterval(() => {
      if (!this.#tick()) end();
    }, TICK);
    const timer = stop.duration === undefined ? undefined : setTimeout(end, stop.duration * 1000);
    this.#say(`Capturing on ${this.#source.counts.map(({ name }) => `'${name}'`).join(', ')}`);
    try {
      await this.#source.run(
        (record) => {
          // What the rings held when the end came belongs to the capture, but nothing after the last packet of -c.
          if (!this.#take(record)) end();
        },
        { signal },
      );
    } finally {
      clearInterval(tick);
      clearTimeout(timer);
      this.#try(() => {
        this.#printer?.end();
        this.#terminal.output.flush();
        this.#files?.end();
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isClosed()) this.#tellEnd();
    return EXIT.clean;
  }

  /** @returns whether more may come */
  #take(record: PacketRecord): boolean {
    const { filter, count = Number.POSITIVE_INFINITY, stop } = this.#options;
    const most = Math.min(count, stop.packets ?? Number.POSITIVE_INFINITY);
    if (this.#taken >= most || this.#isClosed() || this.#files?.isFull() === true) return false;
    this.#captured++;
    if (this.#printer === undefined && filter === undefined) {
      this.#taken++;
      return (
        this.#try(() => this.#files?.write(record)) &&
        this.#taken < most &&
        this.#files?.isFull() !== true
      );
    }
    if (this.#plain.lacks(record)) {
      this.#views.passOver(record);
      return true;
    }
    const view = this.#views.next(record);
    if (filter !== undefined) {
      const { nodes, sources } = view.dissection;
      const isWanted = filter.matches(
        fieldSource(this.#asksBeside ? allNodes(view) : nodes, sources),
      );
      if (!isWanted) return !this.#isClosed();
    }
    this.#taken++;
    const isOut = this.#try(() => {
      this.#printer?.show(view);
      this.#files?.write(record);
      this.#views.shown(view);
    });
    this.#flushSoon();
    return isOut && this.#taken < most && this.#files?.isFull() !== true;
  }

  /** Packets of one slice go out together, and at once. */
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    setImmediate(() => {
      this.#flushIsDue = false;
      const isOpen = this.#try(() => {
        this.#terminal.output.flush();
      });
      if (!isOpen) this.#stop.stop();
    });
  }

  #isClosed(): boolean {
    return this.#terminal.output.isClosed || this.#files?.isClosed === true;
  }

  /** @returns whether more may come */
  #tick(): boolean {
    const { faults } = this.#source;
    for (; this.#faultsTold < faults.length; this.#faultsTold++) {
      this.#terminal.say(`mip6guard: ${faults[this.#faultsTold]?.message ?? ''}`);
    }
    const isOpen = this.#try(() => {
      this.#files?.tick();
    });
    return isOpen && this.#files?.isFull() !== true;
  }

  #try(action: () => void): boolean {
    if (this.#failure !== undefined) return false;
    try {
      action();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#failure = error;
      return false;
    }
    return !this.#isClosed();
  }

  #say(text: string): void {
    if (!this.#options.isQuiet) this.#terminal.say(text);
  }

  /** How much came, and what was lost on the way: always said when something was. */
  #tellEnd(): void {
    const { counts } = this.#source;
    const dropped = counts.reduce((sum, item) => sum + item.dropped + item.droppedByInterface, 0);
    const payload = counts.reduce((sum, item) => sum + item.shedPayload, 0);
    const signalling = counts.reduce((sum, item) => sum + item.shedSignalling, 0);
    const parts = [`${plural(this.#captured, 'packet')} captured`, `${countText(dropped)} dropped`];
    if (payload + signalling > 0) {
      parts.push(`${countText(payload)} payload and ${countText(signalling)} signalling left out`);
    }
    if (counts.length > 1) {
      parts.push(
        ...counts
          .filter((item) => item.dropped + item.droppedByInterface > 0)
          .map((item) => `${item.name}: ${countText(item.dropped + item.droppedByInterface)}`),
      );
    }
    if (!this.#options.isQuiet || dropped + payload + signalling > 0) {
      this.#terminal.say(parts.join(', '));
    }
    const files = this.#files;
    if (files !== undefined && files.begun > 1) {
      this.#say(
        `${plural(files.packets, 'packet')} in ${plural(files.begun, 'file')}, ${files.names.length} kept`,
      );
    }
  }
}
