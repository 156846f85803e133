/**
 * One audit: packets through the engine, results to their places. Whatever goes wrong on the way, what was found
 * until then is reported.
 */
import { randomInt } from 'node:crypto';
import type { EngineSummary } from '../engine/engine.ts';
import type { CompiledFilter } from '../engine/filter/filter.ts';
import { formatIkeNotice } from '../engine/ike/notices.ts';
import type { Alert } from '../engine/alert.ts';
import { Engine } from '../engine/pipeline.ts';
import type { PacketRecord } from '../engine/ports.ts';
import type { Severity } from '../engine/rule-api.ts';
import { openCaptures } from '../io/capture/file.ts';
import { EveWriter } from '../io/export/eve.ts';
import type { AlertRecord, AuditDocument } from '../io/export/records.ts';
import { OutputError } from '../io/output.ts';
import type { SqliteStore } from '../io/store/sqlite.ts';
import { formatted } from './audit-formats.ts';
import type { AuditFormat } from './audit-formats.ts';
import { allFindings, readBaseline, writeBaseline } from './baseline.ts';
import type { Baseline } from './baseline.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { packetOpeners } from './openers.ts';
import { refuseToOverwrite } from './own-files.ts';
import { packageVersion } from './package-root.ts';
import { requireFiles } from './read/once.ts';
import { runEnginePass } from './read/engine-pass.ts';
import type { FindingsIndex } from './read/findings-index.ts';
import { PacketSelection } from './read/packet-selection.ts';
import { PacketViews } from './read/packet-view.ts';
import { outputExitCode, ReportOutput } from './report-output.ts';
import { auditDocument } from './report/document.ts';
import { faultRecords } from './report/faults.ts';
import { alertFingerprint } from './report/fingerprint.ts';
import { plural } from './report/numbers.ts';
import type { ColourChoice } from './report/palette.ts';
import { ProgressLine } from './report/progress.ts';
import { TrafficCounter } from './report/html/traffic.ts';
import { RecordMaker } from './report/record-maker.ts';
import { RunFollower } from './report/run-follower.ts';
import { baselineRecord, shownOnly, shownSummary } from './report/shown-findings.ts';
import { textReport } from './report/text-report.ts';
import { exitCodeOf } from './report/verdict.ts';
import { filterMatcher } from './rules/packet-matcher.ts';
import type { Session } from './session.ts';
import { StopSignals } from './stop-signals.ts';
import { reportStyle } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** How to audit. */
export interface AuditOptions {
  readonly format: AuditFormat;
  /** File of the result; undefined or `-` = standard output. */
  readonly output?: string | undefined;
  /** File of the store. */
  readonly db?: string | undefined;
  readonly failOn: Severity;
  readonly colour: ColourChoice;
  /** No progress on the terminal. */
  readonly quiet: boolean;
  /** Only findings with a packet that it selects are reported; undefined = all. */
  readonly filter?: CompiledFilter | undefined;
  /** File of findings that are known: only others are reported. */
  readonly baseline?: string | undefined;
  /** File that takes all findings of the run as a baseline. */
  readonly writeBaseline?: string | undefined;
}

/** Milliseconds between two flushes of the event stream. */
const FLUSH_INTERVAL = 250;

/**
 * Audits the captures of a session.
 * @returns the exit code
 * @throws CliError when the output or the store cannot be opened
 */
export async function runAudit(
  session: Session,
  options: AuditOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { siteFile = '', keyFiles, captures } = session;
  const places = [
    ['--output', options.output],
    ['--db', options.db],
  ] as const;
  refuseToOverwrite(
    [...places, ['--write-baseline', options.writeBaseline]],
    [siteFile, ...keyFiles, ...captures.source.inputs.map(({ name }) => name)],
  );
  // A baseline may be written over by its successor, but by nothing else.
  refuseToOverwrite(places, options.baseline === undefined ? [] : [options.baseline]);
  const baseline = options.baseline === undefined ? undefined : readBaseline(options.baseline);
  const mode = options.format === 'eve' ? 'stream' : 'replace';
  const output = new ReportOutput(terminal, options.output, mode);
  const stop = new StopSignals((signal) => {
    terminal.say(
      `mip6guard: ${signal}: stopping, what was found so far follows; again: ends at once`,
    );
  });
  let store: SqliteStore | undefined;
  try {
    store = await openStore(session, options);
    const selection = await selectionOf(session, options, stop.signal);
    const parts = { output, store, stop, selection, baseline };
    return await new AuditRun(session, options, terminal, parts).run();
  } finally {
    stop.dispose();
    output.abandon();
    store?.close();
  }
}

/** What the filter selects; one that asks for findings needs a run that finds them first. */
async function selectionOf(
  session: Session,
  { filter }: AuditOptions,
  signal: AbortSignal,
): Promise<PacketSelection | undefined> {
  if (filter === undefined) return undefined;
  const { captures, associations, ike, verification, inputs, recursive } = session;
  let findings: FindingsIndex | undefined;
  if (filter.usesState) {
    requireFiles(inputs);
    const { source } = await openCaptures(inputs, { recursive });
    findings = await runEnginePass(source, { ...session, signal });
  }
  const openers = packetOpeners(associations, ike);
  const views = new PacketViews(openers, captures.source.interfaces, findings, verification);
  return new PacketSelection(filter, views);
}

/** Opens the store that the user asked for. */
async function openStore(
  session: Session,
  options: AuditOptions,
): Promise<SqliteStore | undefined> {
  if (options.db === undefined) return undefined;
  const { SqliteStore, StoreError } = await import('../io/store/sqlite.ts');
  try {
    return await SqliteStore.open(options.db, {
      startedAt: new Date().toISOString(),
      version: packageVersion(),
      site: session.siteFile,
      keyFiles: session.keyFiles,
      failOn: options.failOn,
      inputs: session.captures.source.inputs.map(({ name }) => name),
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const code = error.kind === 'usage' ? EXIT.usage : EXIT.environment;
    throw new CliError(code, error.message, { cause: error });
  }
}

/** What a run works with. */
interface RunParts {
  readonly output: ReportOutput;
  readonly store: SqliteStore | undefined;
  readonly stop: StopSignals;
  /** Packets that the filter selects; undefined without a filter. */
  readonly selection: PacketSelection | undefined;
  readonly baseline: Baseline | undefined;
}

/** A run under way. */
class AuditRun {
  readonly #session: Session;
  readonly #options: AuditOptions;
  readonly #terminal: Terminal;
  readonly #output: ReportOutput;
  readonly #stop: StopSignals;
  readonly #follower: RunFollower;
  readonly #engine: Engine;
  /** Packets that the filter selects; undefined without a filter. */
  readonly #selection: PacketSelection | undefined;
  readonly #baseline: Baseline | undefined;
  /** Counts for the plots of a page; undefined for other formats. */
  readonly #traffic: TrafficCounter | undefined;
  /** What went wrong inside mip6guard, with the packet at which it did. */
  #crash: string | undefined;

  constructor(session: Session, options: AuditOptions, terminal: Terminal, parts: RunParts) {
    const { output, store, stop, selection, baseline } = parts;
    this.#selection = selection;
    this.#baseline = baseline;
    this.#traffic = options.format === 'html' ? new TrafficCounter() : undefined;
    this.#session = session;
    this.#options = options;
    this.#terminal = terminal;
    this.#output = output;
    this.#stop = stop;
    const { inputs, interfaces } = session.captures.source;
    const eve = options.format === 'eve' ? new EveWriter(output.sink) : undefined;
    const follower = new RunFollower(inputs, { eve, store });
    this.#follower = follower;
    this.#engine = new Engine({
      site: session.site,
      rules: session.rules,
      associations: session.associations,
      ike: session.ike,
      verification: session.verification,
      policies: session.policies,
      matcher: filterMatcher(session.localRules, session, interfaces),
      inputs,
      interfaces,
      observer: shownOnly(
        follower,
        this.#traffic,
        (alert) => this.#isSelected(alert) && !this.#isKnown(alert),
      ),
      seed: randomInt(2 ** 31),
      today: new Date().toISOString().slice(0, 10),
    });
  }

  async run(): Promise<ExitCode> {
    await this.#readAll();
    const summary = this.#engine.finish();
    const { document, known } = this.#result(summary);
    const found = this.#crash === undefined ? exitCodeOf(document) : EXIT.internal;
    this.#follower.end(document, summary.lastTime);
    const failure = await this.#write(document, known, found);
    this.#writeBaseline(document);
    this.#follower.endStore(document, found, new Date().toISOString());
    this.#complain(document, failure);
    for (const notice of summary.ikeNotices) {
      this.#terminal.say(`mip6guard: ${formatIkeNotice(notice)}`);
    }
    if (failure !== undefined) return outputExitCode(failure);
    if (this.#follower.failures.length > 0) return EXIT.environment;
    // The reader of the pipe had enough: that says nothing about the captures.
    return this.#output.sink.isClosed && found !== EXIT.internal ? EXIT.clean : found;
  }

  /** Feeds the engine until the inputs end or somebody stops it. Never throws for what the inputs hold. */
  async #readAll(): Promise<void> {
    const { source } = this.#session.captures;
    const { sink } = this.#output;
    const { signal } = this.#stop;
    const engine = this.#engine;
    const isStream = this.#options.format === 'eve';
    const timer = setInterval(() => {
      this.#follower.flush();
      if (isStream && sink.isClosed) this.#stop.stop();
    }, FLUSH_INTERVAL);
    const progress = this.#progress();
    const onPacket = (record: PacketRecord): void => {
      try {
        this.#selection?.add(record);
        this.#traffic?.add(record);
        engine.feed(record);
      } catch (error) {
        this.#noteCrash(error, `${source.inputs[record.inputIndex]?.name ?? ''}#${record.number}`);
      }
      if (isStream && sink.isClosed) this.#stop.stop();
    };
    try {
      await source.run(onPacket, {
        signal,
        onProgress: (at) => progress?.update(at, this.#follower.alerts),
      });
    } catch (error) {
      this.#noteCrash(error, 'reading');
    } finally {
      clearInterval(timer);
      progress?.clear();
    }
  }

  #progress(): ProgressLine | undefined {
    const { sayRaw, isErrorTerminal } = this.#terminal;
    if (!isErrorTerminal || this.#options.quiet) return undefined;
    return new ProgressLine(sayRaw, () => performance.now());
  }

  #noteCrash(error: unknown, where: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#crash ??= `internal error at ${where}: ${reason}`;
    this.#stop.stop();
  }

  #isSelected(alert: Alert): boolean {
    return this.#selection === undefined || this.#selection.hasAlert(alert);
  }

  #isKnown(alert: Alert): boolean {
    return this.#baseline?.findings.has(alertFingerprint(alert)) === true;
  }

  /** The document of the run, and the findings that the baseline left out of it. */
  #result(found: EngineSummary): { document: AuditDocument; known: readonly AlertRecord[] } {
    const selected =
      this.#selection === undefined
        ? found
        : shownSummary(found, (alert) => this.#isSelected(alert));
    const summary =
      this.#baseline === undefined
        ? selected
        : shownSummary(selected, (alert) => !this.#isKnown(alert));
    const { filter } = this.#options;
    const { captures, siteFile, keyFiles, policies, unusedKeys, rules } = this.#session;
    const { source, errors } = captures;
    const records = new RecordMaker(source.inputs);
    const known = selected.alerts
      .filter((alert) => this.#isKnown(alert))
      .map((alert) => records.alert(alert));
    const document = auditDocument(summary, {
      version: packageVersion(),
      inputs: source.inputs,
      faults: faultRecords(source, errors),
      crashes: this.#crash === undefined ? [] : [this.#crash],
      site: siteFile,
      keyFiles,
      policies: policies.length,
      unusedKeys,
      rules: rules.length,
      failOn: this.#options.failOn,
      isStopped: this.#stop.signal.aborted,
      filter:
        filter === undefined
          ? undefined
          : {
              text: filter.text,
              hiddenAlerts: found.alerts.length - selected.alerts.length,
              hiddenIncidents: found.incidents.length - selected.incidents.length,
            },
      baseline:
        this.#baseline === undefined
          ? undefined
          : baselineRecord(
              this.#baseline,
              found,
              known,
              selected.incidents.length - summary.incidents.length,
            ),
    });
    return { document, known };
  }

  /** A run that failed knows too little to say what is known from now on. */
  #writeBaseline(document: AuditDocument): void {
    const { writeBaseline: file } = this.#options;
    if (file === undefined || this.#crash !== undefined) return;
    try {
      writeBaseline(file, allFindings(document));
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#follower.failures.push(error);
    }
  }

  /** Writes the result to its place; when that fails, a text report to the next place that takes it. */
  async #write(
    document: AuditDocument,
    known: readonly AlertRecord[],
    exitCode: ExitCode,
  ): Promise<OutputError | undefined> {
    const { format } = this.#options;
    try {
      if (format === 'text') this.#output.sink.write(this.#text(document, this.#output.isFile));
      else if (format === 'html') this.#output.sink.write(await this.#html(document));
      else if (format !== 'eve') {
        const { rules } = this.#session;
        this.#output.sink.write(await formatted(format, document, { rules, known, exitCode }));
      }
      const streamFailure = this.#follower.failures.find((error) => error instanceof OutputError);
      if (streamFailure !== undefined) throw streamFailure;
      this.#output.commit();
      return undefined;
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.#writeElsewhere(document);
      return error;
    }
  }

  #writeElsewhere(document: AuditDocument): void {
    const { output, sayRaw } = this.#terminal;
    const text = this.#text(document, true);
    if (!this.#output.isFile) {
      sayRaw(text);
      return;
    }
    try {
      output.write(text);
      output.flush();
    } catch {
      sayRaw(text);
    }
  }

  /** The page: packets that turned out to be evidence are read once more. */
  async #html(document: AuditDocument): Promise<string> {
    const [{ collectPackets }, { htmlReport }] = await Promise.all([
      import('./report/html/packet-collector.ts'),
      import('./report/html/page.ts'),
    ]);
    const packets = await collectPackets(this.#session, document, this.#stop.signal);
    const traffic = this.#traffic ?? new TrafficCounter();
    return htmlReport(document, packets, traffic.result());
  }

  #text(document: AuditDocument, toFile: boolean): string {
    return textReport(document, reportStyle(this.#terminal, this.#options.colour, toFile));
  }

  /** Says on standard error what the result does not say, or not where somebody looks. */
  #complain(document: AuditDocument, failure: OutputError | undefined): void {
    const say = (text: string): void => {
      this.#terminal.say(`mip6guard: ${text}`);
    };
    const failures = new Set([
      ...this.#follower.failures,
      ...(failure === undefined ? [] : [failure]),
    ]);
    for (const error of failures) say(error.message);
    if (this.#output.sink.isClosed && failures.size === 0) return;
    if (this.#crash !== undefined) {
      say(
        `${this.#crash}\n  This is a bug. Please report it with this line and the packet, if you may share it.`,
      );
    }
    if (this.#options.format === 'text' && !this.#output.isFile) return;
    for (const fault of document.faults) {
      // Those that could not be opened were named before reading began.
      if (fault.offset > 0 || fault.packets_before > 0) {
        const where = `after ${plural(fault.packets_before, 'packet')}`;
        say(`${fault.pcap_filename}: ${fault.message} (${where})`);
      }
    }
    for (const error of document.internal_errors) if (error !== this.#crash) say(error);
  }
}
