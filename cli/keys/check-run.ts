/**
 * `mip6guard keys check`: which association opened what in captures, and why the others did not.
 */
import { randomInt } from 'node:crypto';
import { formatIkeNotice, type IkeNotice } from '../../engine/ike/notices.ts';
import { KeyCheck, type EspFlow } from '../../engine/keys/key-check.ts';
import type { ListedChild } from '../../engine/keys/key-file.ts';
import { formatKeyProblem, type KeyProblem } from '../../engine/keys/key-problem.ts';
import { addressText, spiText } from '../../engine/keys/write-parts.ts';
import { Engine } from '../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { jsonText } from '../../io/export/json-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { countText, plural } from '../report/numbers.ts';
import { safeText } from '../report/safe-text.ts';
import { openInputs } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import {
  associationFields,
  endsOf,
  problemFields,
  spiOf,
  transformsOf,
} from './association-text.ts';
import { derivedFields, derivedLines, sessionsOf, type DerivedSession } from './check-derived.ts';
import { judgeAssociation, type AssociationVerdict } from './check-explain.ts';
import { isError, readKeySources, type KeySource } from './key-sources.ts';

/** What the user named. */
export interface KeysCheckOptions {
  readonly keys: readonly string[];
  readonly inputs: readonly string[];
  readonly recursive: boolean;
  readonly isJson: boolean;
}

/** Flows without a key that are shown. */
const MAX_SHOWN_FLOWS = 20;

/** Packets with one SPI between the same normalised addresses. */
interface ClosedFlow {
  readonly spi: number;
  /** `2001:db8::1`, with the home address instead of the care-of address. */
  readonly source: string;
  readonly destination: string;
  packets: number;
}

/** Everything a check found. */
interface CheckResult {
  readonly sources: readonly KeySource[];
  readonly problems: readonly KeyProblem[];
  readonly verdicts: readonly AssociationVerdict[];
  readonly check: KeyCheck;
  /** Associations that came of secrets of IKE, by those secrets. */
  readonly sessions: readonly DerivedSession[];
  /** What kept sessions from being followed. */
  readonly ikeNotices: readonly IkeNotice[];
  readonly listed: readonly { readonly child: ListedChild; readonly packets: number }[];
  /** Flows of which no packet was opened, most packets first. */
  readonly closed: readonly ClosedFlow[];
  readonly inputs: readonly string[];
}

/**
 * Runs the captures through the engine and explains what came of each association.
 * @returns 1 when something in the key files is to be mended; 3 when a capture is damaged; else 0
 * @throws CliError (2) for a key file, (3) when no capture can be read
 */
export async function runKeysCheck(
  options: KeysCheckOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const sources = await readKeySources(options.keys);
  const captures = await openInputs(options.inputs, options.recursive, terminal);
  const { source, errors } = captures;
  const entries = sources.flatMap(({ content }) => content.entries);
  const check = new KeyCheck(entries);
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: [],
    associations: entries.map(({ association }) => association),
    ike: sources.flatMap(({ ike }) => ike),
    inputs: source.inputs,
    interfaces: source.interfaces,
    espWatcher: check,
    seed: randomInt(2 ** 31),
  });
  await source.run((record) => {
    engine.feed(record);
  });
  const { associations, ikeNotices } = engine.finish();
  const derived = associations.slice(entries.length);
  for (const { inputIndex, message } of source.faults) {
    terminal.say(`mip6guard: ${source.inputs[inputIndex]?.name ?? ''}: ${message}`);
  }
  const result: CheckResult = {
    sources,
    problems: sources.flatMap(({ problems }) => problems),
    verdicts: entries.map((entry) => judgeAssociation(entry, check)),
    check,
    sessions: sessionsOf(
      derived,
      sources.flatMap(({ ike }) => ike),
    ),
    ikeNotices,
    listed: sources.flatMap(({ content }) =>
      content.children.map((child) => ({ child, packets: packetsOf(child, check) })),
    ),
    closed: closedFlows(check.flows),
    inputs: source.inputs.map(({ name }) => name),
  };
  terminal.output.write(options.isJson ? jsonOf(result) : textOf(result));
  if (isToBeMended(result)) return EXIT.findings;
  return errors.length > 0 || source.faults.length > 0 ? EXIT.input : EXIT.clean;
}

/** Flows of which nothing was opened, whatever way they took, most packets first. */
function closedFlows(flows: readonly EspFlow[]): ClosedFlow[] {
  const closed = new Map<string, ClosedFlow>();
  for (const { spi, effectiveSource, effectiveDestination, packets, opened } of flows) {
    if (opened > 0) continue;
    const source = addressText(effectiveSource);
    const destination = addressText(effectiveDestination);
    const key = `${spi} ${source} ${destination}`;
    const known = closed.get(key);
    if (known === undefined) closed.set(key, { spi, source, destination, packets });
    else known.packets += packets;
  }
  return [...closed.values()].sort((a, b) => b.packets - a.packets);
}

function packetsOf({ spi }: ListedChild, check: KeyCheck): number {
  return check.flowsOf(spi).reduce((total, { packets }) => total + packets, 0);
}

/** Whether the key files have a mistake. Keys of associations that the captures do not show are none. */
function isToBeMended({ problems, verdicts, check, sessions }: CheckResult): boolean {
  const isWrong = ({ verdict }: AssociationVerdict): boolean =>
    verdict === 'wrong' || verdict === 'mixed';
  const opensNothing = check.packets > 0 && check.opened === 0;
  const isDerivedWrong = sessions.some(({ associations }) =>
    associations.some(({ verdict }) => verdict === 'wrong' || verdict === 'mixed'),
  );
  return problems.some(isError) || verdicts.some(isWrong) || isDerivedWrong || opensNothing;
}

function textOf(result: CheckResult): string {
  const { sources, problems, verdicts, check, sessions, ikeNotices, listed, closed } = result;
  const lines: string[] = [];
  for (const { file, content, ike } of sources) {
    lines.push(file);
    const own = new Set(content.entries);
    const ofFile = verdicts.filter(({ entry }) => own.has(entry));
    for (const verdict of ofFile) lines.push(...verdictLines(verdict, result));
    if (ofFile.length === 0 && content.children.length === 0) {
      lines.push(ike.length === 0 ? '  no association' : `  ${plural(ike.length, 'IKE secret')}`);
    }
  }
  for (const session of sessions) lines.push('', ...derivedLines(session));
  if (ikeNotices.length > 0) {
    lines.push('', 'IKE sessions that cannot be followed');
    lines.push(...ikeNotices.map((notice) => `  ${formatIkeNotice(notice)}`));
  }
  if (problems.length > 0) {
    lines.push('', 'Rows that cannot be used, and warnings');
    lines.push(...problems.map((problem) => `  ${problem.severity}: ${formatKeyProblem(problem)}`));
  }
  if (listed.length > 0) {
    lines.push('', 'Listed without keys');
    for (const { child, packets } of listed) {
      lines.push(
        `  ${child.name} ${child.direction}  ${spiText(child.spi)}  ${plural(packets, 'packet')}`,
      );
    }
  }
  if (closed.length > 0) {
    lines.push('', 'ESP that nothing opens');
    lines.push(...closed.slice(0, MAX_SHOWN_FLOWS).map((flow) => `  ${flowText(flow)}`));
    if (closed.length > MAX_SHOWN_FLOWS) {
      lines.push(`  and ${closed.length - MAX_SHOWN_FLOWS} more`);
    }
  }
  lines.push('', totalOf(check));
  return lines.map((line) => `${safeText(line)}\n`).join('');
}

function totalOf(check: KeyCheck): string {
  const unlisted =
    check.unlisted === 0
      ? ''
      : `; ${plural(check.unlisted, 'packet')} of more SPIs than are kept were not looked at`;
  return `${plural(check.packets, 'ESP packet')}, ${countText(check.opened)} opened${unlisted}`;
}

function verdictLines(verdict: AssociationVerdict, { inputs }: CheckResult): string[] {
  const { entry, packets, opened, verified } = verdict;
  const { origin, spi } = entry.association;
  const how =
    packets === 0
      ? 'no packet'
      : `${countText(opened)} of ${plural(packets, 'packet')} opened${verified === opened ? '' : `, ${countText(verified)} verified`}`;
  const lines = [
    `  ${verdict.verdict.padEnd(6)}  line ${origin.line}  ${spiOf(spi)}  ${endsOf(entry)}  ${transformsOf(entry)}: ${how}`,
  ];
  for (const { message, fix, first } of verdict.explanations) {
    const place =
      first === undefined ? '' : ` (first: ${inputs[first.input] ?? ''}#${first.number})`;
    lines.push(`          ${message}${place}`);
    if (fix !== undefined) lines.push(`          Fix: ${fix}`);
  }
  return lines;
}

function flowText({ spi, source, destination, packets }: ClosedFlow): string {
  return `${spiText(spi)}  ${source} > ${destination}: ${plural(packets, 'packet')}`;
}

function jsonOf(result: CheckResult): string {
  const { sources, verdicts, check, sessions, ikeNotices, listed, closed, inputs } = result;
  const document = {
    files: sources.map(({ file, content, problems }) => ({
      file,
      ...(content.format === undefined ? {} : { format: content.format }),
      problems: problems.map(problemFields),
    })),
    inputs,
    esp_packets: check.packets,
    opened: check.opened,
    associations: verdicts.map((verdict) => ({
      file: verdict.entry.association.origin.file,
      ...associationFields(verdict.entry),
      verdict: verdict.verdict,
      packets: verdict.packets,
      opened: verdict.opened,
      verified: verdict.verified,
      icv_mismatches: verdict.icvMismatches,
      malformed: verdict.malformed,
      reasons: verdict.explanations.map(({ code, packets, isProven, message, fix, first }) => ({
        code,
        packets,
        proven: isProven,
        message,
        ...(fix === undefined ? {} : { fix }),
        ...(first === undefined
          ? {}
          : { first: { input: inputs[first.input] ?? '', packet: first.number } }),
      })),
    })),
    derived: sessions.flatMap(derivedFields),
    ike_notices: ikeNotices.map(({ code, origin, message }) => ({ ...origin, code, message })),
    listed: listed.map(({ child, packets }) => ({
      name: child.name,
      direction: child.direction,
      spi: child.spi,
      packets,
    })),
    not_opened: closed,
  };
  return `${jsonText(document, 2)}\n`;
}
