/**
 * Shows packets: one line each, or trees.
 */
import { dissect, summarize } from '../dissectors/index.ts';
import type { OpenEsp } from '../dissectors/index.ts';
import type { PacketRecord } from '../engine/ports.ts';
import { OutputError } from '../io/output.ts';
import type { TextSink } from '../io/output.ts';
import { espOpener } from './esp-opener.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { FragmentStore } from './fragment-store.ts';
import { faultRecords, isUnopened } from './report/faults.ts';
import { PacketLines } from './report/packet-line.ts';
import type { ColourChoice, Paint } from './report/palette.ts';
import { hexText, treeText } from './report/tree.ts';
import { loadKeys, openInputs } from './session.ts';
import { StopSignals } from './stop-signals.ts';
import { reportStyle } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** How to show packets. */
export interface ReadOptions {
  readonly keys: readonly string[];
  /** All fields. */
  readonly tree: boolean;
  /** All octets. */
  readonly hex: boolean;
  /** Packets to show; undefined = all. */
  readonly count: number | undefined;
  readonly colour: ColourChoice;
}

/** Milliseconds between two flushes, for who follows a live capture. */
const FLUSH_INTERVAL = 250;

/**
 * Shows the packets of a capture.
 * @returns the exit code
 * @throws CliError for keys or a capture that cannot be read; OutputError when the output cannot be written
 */
export async function readPackets(
  file: string,
  options: ReadOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const associations = await loadKeys(options.keys, terminal);
  const openEsp = associations.length === 0 ? undefined : espOpener(associations);
  const { source, errors } = await openInputs([file], false, terminal);
  const { paint } = reportStyle(terminal, options.colour, false);
  const printer = new PacketPrinter(terminal.output, options, paint, openEsp);
  const stop = new StopSignals(() => undefined);
  const timer = setInterval(() => {
    if (!printer.flush()) stop.stop();
  }, FLUSH_INTERVAL);
  try {
    const onPacket = (record: PacketRecord): void => {
      if (!printer.print(record)) stop.stop();
    };
    await source.run(onPacket, { signal: stop.signal });
    printer.flush();
  } finally {
    clearInterval(timer);
    stop.dispose();
  }
  if (printer.failure !== undefined) throw printer.failure;
  if (terminal.output.isClosed) return EXIT.clean;
  const faults = faultRecords(source, errors);
  for (const fault of faults.filter((item) => !isUnopened(item))) {
    terminal.say(`mip6guard: ${fault.pcap_filename}: ${fault.message}`);
  }
  return faults.length > 0 ? EXIT.input : EXIT.clean;
}

/** Prints packets until it is enough. */
class PacketPrinter {
  /** Why nothing more can be printed. */
  failure: OutputError | undefined;
  readonly #sink: TextSink;
  readonly #options: ReadOptions;
  readonly #paint: Paint;
  readonly #openEsp: OpenEsp | undefined;
  readonly #fragments = new FragmentStore();
  readonly #lines: PacketLines;
  #printed = 0;
  #startSeconds = 0;
  #startNanoseconds = 0;

  constructor(sink: TextSink, options: ReadOptions, paint: Paint, openEsp: OpenEsp | undefined) {
    this.#sink = sink;
    this.#options = options;
    this.#paint = paint;
    this.#openEsp = openEsp;
    this.#lines = new PacketLines(paint);
  }

  /** @returns whether more may come */
  print(record: PacketRecord): boolean {
    const { tree, hex, count = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#printed >= count) return false;
    if (this.#printed++ === 0) {
      this.#startSeconds = record.seconds;
      this.#startNanoseconds = record.nanoseconds;
    }
    const openEsp = this.#openEsp;
    const reassembled = this.#fragments.add(record);
    const dissection = dissect(record.bytes, record.offset, record.end, {
      linkType: record.linkType,
      originalLength: record.originalLength,
      ...(openEsp === undefined ? {} : { openEsp }),
      ...(reassembled === undefined ? {} : { reassembled }),
    });
    const seconds =
      record.seconds -
      this.#startSeconds +
      (record.nanoseconds - this.#startNanoseconds) / 1_000_000_000;
    let text = this.#lines.line(record.number, seconds, summarize(dissection));
    if (tree) text += treeText(dissection, this.#paint);
    if (hex) text += hexText(dissection.sources, this.#paint);
    if (tree || hex) text += '\n';
    return (
      this.#try(() => {
        this.#sink.write(text);
      }) && this.#printed < count
    );
  }

  /** @returns whether more may come */
  flush(): boolean {
    return this.#try(() => {
      this.#sink.flush();
    });
  }

  #try(action: () => void): boolean {
    if (this.failure !== undefined) return false;
    try {
      action();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.failure = error;
    }
    return !this.#sink.isClosed;
  }
}
