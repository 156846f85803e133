/**
 * One audit: packets through the engine, results to their places. Whatever goes wrong on the way, what was found
 * until then is reported.
 */
import { randomInt } from 'node:crypto';
import type { EngineObserver, EngineSummary } from '../engine/engine.ts';
import type { CompiledFilter } from '../engine/filter/filter.ts';
import { formatIkeNotice } from '../engine/ike/notices.ts';
import { Engine } from '../engine/pipeline.ts';
import type { PacketRecord } from '../engine/ports.ts';
import type { Severity } from '../engine/rule-api.ts';
import { openCaptures } from '../io/capture/file.ts';
import { EveWriter } from '../io/export/eve.ts';
import { jsonText } from '../io/export/json-text.ts';
import type { AuditDocument } from '../io/export/records.ts';
import { OutputError } from '../io/output.ts';
import type { SqliteStore } from '../io/store/sqlite.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { packetOpeners } from './openers.ts';
import { refuseToOverwrite } from './own-files.ts';
import { packageVersion } from './package-root.ts';
import { requireFiles } from './read/once.ts';
import { runEnginePass } from './read/engine-pass.ts';
import type { FindingsIndex } from './read/engine-pass.ts';
import { PacketSelection } from './read/packet-selection.ts';
import { PacketViews } from './read/packet-view.ts';
import { outputExitCode, ReportOutput } from './report-output.ts';
import { auditDocument } from './report/document.ts';
import { faultRecords } from './report/faults.ts';
import { plural } from './report/numbers.ts';
import type { ColourChoice } from './report/palette.ts';
import { ProgressLine } from './report/progress.ts';
import { RunFollower } from './report/run-follower.ts';
import { textReport } from './report/text-report.ts';
import { exitCodeOf } from './report/verdict.ts';
import type { Session } from './session.ts';
import { StopSignals } from './stop-signals.ts';
import { reportStyle } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** What the result looks like. */
export type AuditFormat = 'text' | 'eve' | 'json';

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
  refuseToOverwrite(
    [
      ['--output', options.output],
      ['--db', options.db],
    ],
    [siteFile, ...keyFiles, ...captures.source.inputs.map(({ name }) => name)],
  );
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
    return await new AuditRun(session, options, terminal, output, store, stop, selection).run();
  } finally {
    stop.dispose();
    output.abandon();
    store?.close();
  }
}

/** What the filter selects; one that asks for findings needs a run that finds them first. */
async function selectionOf(
  { captures, site, rules, associations, ike, policies, verification, inputs, recursive }: Session,
  { filter }: AuditOptions,
  signal: AbortSignal,
): Promise<PacketSelection | undefined> {
  if (filter === undefined) return undefined;
  let findings: FindingsIndex | undefined;
  if (filter.usesState) {
    requireFiles(inputs);
    const { source } = await openCaptures(inputs, { recursive });
    findings = await runEnginePass(source, { site, rules, associations, ike, policies, signal });
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

/** Follows a run, but for alerts that the filter does not select. */
function selectedOnly(follower: RunFollower, selection: PacketSelection): EngineObserver {
  return {
    onEvent(event) {
      follower.onEvent(event);
    },
    onAlert(alert) {
      if (selection.hasAlert(alert)) follower.onAlert(alert);
    },
  };
}

/** What was found, without what the filter does not select. */
function selectedSummary(summary: EngineSummary, selection: PacketSelection): EngineSummary {
  return {
    ...summary,
    alerts: summary.alerts.filter((alert) => selection.hasAlert(alert)),
    incidents: summary.incidents.flatMap((incident) => selection.incident(incident) ?? []),
  };
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
  /** What went wrong inside mip6guard, with the packet at which it did. */
  #crash: string | undefined;

  constructor(
    session: Session,
    options: AuditOptions,
    terminal: Terminal,
    output: ReportOutput,
    store: SqliteStore | undefined,
    stop: StopSignals,
    selection: PacketSelection | undefined,
  ) {
    this.#selection = selection;
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
      inputs,
      interfaces,
      observer: selection === undefined ? follower : selectedOnly(follower, selection),
      seed: randomInt(2 ** 31),
    });
  }

  async run(): Promise<ExitCode> {
    await this.#readAll();
    const summary = this.#engine.finish();
    const document = this.#document(summary);
    const found = this.#crash === undefined ? exitCodeOf(document) : EXIT.internal;
    this.#follower.end(document, summary.lastTime);
    const failure = this.#write(document);
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

  #document(found: EngineSummary): AuditDocument {
    const selection = this.#selection;
    const summary = selection === undefined ? found : selectedSummary(found, selection);
    const { filter } = this.#options;
    const { captures, siteFile, keyFiles, policies, unusedKeys, rules } = this.#session;
    const { source, errors } = captures;
    return auditDocument(summary, {
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
              hiddenAlerts: found.alerts.length - summary.alerts.length,
              hiddenIncidents: found.incidents.length - summary.incidents.length,
            },
    });
  }

  /** Writes the result to its place; when that fails, a text report to the next place that takes it. */
  #write(document: AuditDocument): OutputError | undefined {
    const { format } = this.#options;
    try {
      if (format === 'text') this.#output.sink.write(this.#text(document, this.#output.isFile));
      if (format === 'json') this.#output.sink.write(`${jsonText(document, 2)}\n`);
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
