/**
 * Shows packets, or writes them to a capture file.
 */
import type { CompiledFilter } from '../engine/filter/filter.ts';
import { neededProtocols } from '../engine/filter/needed-protocols.ts';
import { fieldSource } from '../engine/filter/source.ts';
import type { PacketRecord } from '../engine/ports.ts';
import type { OpenedCaptures } from '../io/capture/file.ts';
import { OutputError } from '../io/output.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { packetOpeners } from './openers.ts';
import type { PacketOpeners } from './openers.ts';
import { refuseToOverwrite } from './own-files.ts';
import { openCaptureFile } from './read/capture-file.ts';
import type { CaptureFile } from './read/capture-file.ts';
import { CaptureOutput } from './read/capture-output.ts';
import { runEnginePass } from './read/engine-pass.ts';
import type { FindingsIndex } from './read/findings-index.ts';
import { commentsOf } from './read/finding-comments.ts';
import { requireFiles } from './read/once.ts';
import { PacketViews, allNodes } from './read/packet-view.ts';
import { PlainPackets } from './read/plain-packets.ts';
import type { PacketView } from './read/packet-view.ts';
import { printerOf } from './read/printers.ts';
import type { Printer, ShowOptions } from './read/printers.ts';
import { formatIkeNotice } from '../engine/ike/notices.ts';
import type { AnyIkeSecret } from '../engine/ike/secret.ts';
import type { SecurityAssociation } from '../engine/state/security-association.ts';
import type { VerificationKeys } from '../engine/verification/keys.ts';
import { faultRecords, isUnopened } from './report/faults.ts';
import { plural } from './report/numbers.ts';
import type { ColourChoice } from './report/palette.ts';
import { loadKeys, openInputs, prepareSession } from './session.ts';
import { StopSignals } from './stop-signals.ts';
import { reportStyle } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** How to show packets. */
export interface ReadOptions {
  readonly keys: readonly string[];
  /** Site file for the engine. */
  readonly config: string | undefined;
  /** Which packets; undefined = all. */
  readonly filter: CompiledFilter | undefined;
  /** Packets to show; undefined = all. */
  readonly count: number | undefined;
  readonly show: ShowOptions;
  /** What the engine found is asked for: it sees all packets first. */
  readonly findings: boolean;
  /** Hand every packet over as it comes. */
  readonly flushEach: boolean;
  /** Where the packets go as a capture; undefined = nowhere. */
  readonly write:
    | { readonly file: string; readonly derived: boolean; readonly print: boolean }
    | undefined;
  readonly colour: ColourChoice;
}

/** Fields that stand beside the headers of a packet. */
const BESIDE = /^(frame|_ws|mip6guard)\b/;

/** Milliseconds between two flushes, for who follows a live capture. */
const FLUSH_INTERVAL = 250;

/**
 * Shows the packets of a capture.
 * @returns the exit code
 * @throws CliError for keys, a site file, a capture that cannot be read or a place that cannot be written;
 *   OutputError when the output cannot be written
 */
export async function readPackets(
  input: string,
  options: ReadOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.findings) requireFiles([input]);
  const stop = new StopSignals(() => undefined);
  let file: CaptureFile | undefined;
  try {
    const material = await prepare(input, options, terminal, stop.signal, (names) => {
      file = captureFileOf(options, names, terminal);
    });
    return await new ReadRun(material, options, terminal, file, stop).run();
  } finally {
    file?.abandon();
    stop.dispose();
  }
}

/** What a reading needs. */
interface Material {
  readonly captures: OpenedCaptures;
  readonly associations: readonly SecurityAssociation[];
  readonly ike: readonly AnyIkeSecret[];
  readonly verification: VerificationKeys;
  /** Undefined when nobody asked for them. */
  readonly findings: FindingsIndex | undefined;
}

/** Opens the place of `-w`, unless it is a file that is read. */
function captureFileOf(
  { keys, config, write }: ReadOptions,
  inputs: readonly string[],
  terminal: Terminal,
): CaptureFile | undefined {
  if (write === undefined) return undefined;
  const read = [...(config === undefined ? [] : [config]), ...keys, ...inputs];
  refuseToOverwrite([['-w', write.file]], read);
  return openCaptureFile(write.file, terminal);
}

/**
 * Opens what is read, and runs the engine over it when what it finds is asked for.
 * @param onOpened called with the names of the inputs before any packet is read
 */
async function prepare(
  input: string,
  options: ReadOptions,
  terminal: Terminal,
  signal: AbortSignal,
  onOpened: (inputs: readonly string[]) => void,
): Promise<Material> {
  const { keys, config } = options;
  const namesOf = ({ source }: OpenedCaptures): string[] => source.inputs.map(({ name }) => name);
  if (!options.findings) {
    const { associations, ike, verification } = await loadKeys(keys, terminal);
    const captures = await openInputs([input], false, terminal);
    onOpened(namesOf(captures));
    return { captures, associations, ike, verification, findings: undefined };
  }
  const named = { inputs: [input], config, keys, recursive: false, workers: 1 };
  const { captures, site, rules, associations, ike, policies, verification } = await prepareSession(
    named,
    terminal,
  );
  onOpened(namesOf(captures));
  const findings = await runEnginePass(captures.source, {
    site,
    rules,
    associations,
    ike,
    policies,
    signal,
  });
  if (findings.droppedChanges > 0) {
    const dropped = plural(findings.droppedChanges, 'change');
    terminal.say(`mip6guard: ${dropped} of bindings are not kept: too many`);
  }
  // Complaints about inputs were made at the first opening.
  const quiet: Terminal = { ...terminal, say: () => undefined };
  const again = await openInputs([input], false, quiet);
  return { captures: again, associations, ike, verification, findings };
}

/** One reading of the packets. */
class ReadRun {
  readonly #options: ReadOptions;
  readonly #terminal: Terminal;
  readonly #captures: OpenedCaptures;
  readonly #findings: FindingsIndex | undefined;
  readonly #file: CaptureFile | undefined;
  readonly #stop: StopSignals;
  readonly #openers: PacketOpeners;
  readonly #views: PacketViews;
  readonly #plain: PlainPackets;
  /** The filter asks for more than the headers of a packet. */
  readonly #asksBeside: boolean;
  readonly #printer: Printer | undefined;
  readonly #capture: CaptureOutput | undefined;
  #shown = 0;
  /** Why nothing more can be written. */
  #failure: OutputError | undefined;

  constructor(
    { captures, associations, ike, verification, findings }: Material,
    options: ReadOptions,
    terminal: Terminal,
    file: CaptureFile | undefined,
    stop: StopSignals,
  ) {
    this.#options = options;
    this.#terminal = terminal;
    this.#captures = captures;
    this.#findings = findings;
    this.#file = file;
    this.#stop = stop;
    const { inputs, interfaces } = captures.source;
    this.#openers = packetOpeners(associations, ike);
    this.#views = new PacketViews(this.#openers, interfaces, findings, verification);
    const { filter, write, show, colour } = options;
    this.#asksBeside = [...(filter?.fields ?? [])].some((name) => BESIDE.test(name));
    this.#plain = new PlainPackets(neededProtocols(filter?.root), this.#openers.opensEsp);
    if (write === undefined || write.print) {
      const { paint } = reportStyle(terminal, colour, false);
      this.#printer = printerOf(show, terminal.output, paint);
    }
    if (file !== undefined) {
      this.#capture = new CaptureOutput(file.sink, inputs, interfaces, write?.derived === true);
    }
  }

  async run(): Promise<ExitCode> {
    const { source, errors } = this.#captures;
    const stop = this.#stop;
    const timer = setInterval(() => {
      if (!this.#flush()) stop.stop();
    }, FLUSH_INTERVAL);
    try {
      const onPacket = (record: PacketRecord): void => {
        if (!this.#take(record)) stop.stop();
      };
      if (!stop.signal.aborted) await source.run(onPacket, { signal: stop.signal });
    } finally {
      clearInterval(timer);
      // Also after a bug of ours: what is there can be read.
      this.#end();
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed()) return EXIT.clean;
    const faults = faultRecords(source, errors);
    for (const fault of faults.filter((item) => !isUnopened(item))) {
      this.#terminal.say(`mip6guard: ${fault.pcap_filename}: ${fault.message}`);
    }
    for (const notice of this.#openers.notices()) {
      this.#terminal.say(`mip6guard: ${formatIkeNotice(notice)}`);
    }
    this.#tellWritten();
    return faults.length > 0 ? EXIT.input : EXIT.clean;
  }

  /** @returns whether more may come */
  #take(record: PacketRecord): boolean {
    const { filter, count = Number.POSITIVE_INFINITY, flushEach } = this.#options;
    if (this.#shown >= count) return false;
    if (this.#plain.lacks(record)) {
      this.#views.passOver(record);
      return true;
    }
    const view = this.#views.next(record);
    if (filter !== undefined && !this.#matches(filter, view)) return !this.#isClosed();
    this.#shown++;
    const isOut = this.#try(() => {
      this.#printer?.show(view);
      this.#capture?.write(view, commentsOf(view, this.#findings));
      this.#views.shown(view);
      if (flushEach) this.#flush();
    });
    return isOut && this.#shown < count;
  }

  #matches(filter: CompiledFilter, view: PacketView): boolean {
    const { dissection } = view;
    const nodes = this.#asksBeside ? allNodes(view) : dissection.nodes;
    return filter.matches(fieldSource(nodes, dissection.sources));
  }

  /** Ends document and capture, also of a run that was stopped: what is there can be read. */
  #end(): void {
    this.#try(() => {
      this.#printer?.end();
      this.#capture?.end();
      this.#terminal.output.flush();
      this.#file?.commit();
    });
  }

  #isClosed(): boolean {
    return this.#terminal.output.isClosed || this.#file?.sink.isClosed === true;
  }

  /** @returns whether more may come */
  #flush(): boolean {
    return this.#try(() => {
      this.#terminal.output.flush();
      if (this.#options.write?.file === '-') this.#file?.sink.flush();
    });
  }

  #try(action: () => void): boolean {
    if (this.#failure !== undefined) return false;
    try {
      action();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#failure = error;
    }
    return !this.#isClosed();
  }

  /** Says what went into the file, when somebody looks or it is not all. */
  #tellWritten(): void {
    const capture = this.#capture;
    const file = this.#file;
    if (capture === undefined || file === undefined) return;
    const { isStopped } = this.#stop;
    if (!this.#terminal.isErrorTerminal && !isStopped) return;
    const { packets, commented, derived } = capture.counts;
    const parts = [plural(packets, 'packet'), `${commented} with comments`];
    if (derived > 0) parts.push(`${derived} decrypted or reassembled`);
    const end = isStopped ? '; stopped before the end of the input' : '';
    this.#terminal.say(`mip6guard: ${file.name}: ${parts.join(', ')}${end}`);
  }
}
