/**
 * Baselines: findings that are known already, so that a run tells what is new.
 *
 * A baseline is the file of `--write-baseline`, or an earlier result in the format json or sarif.
 */
import { readFileSync, statSync } from 'node:fs';
import { SEVERITIES } from '../engine/rule-api.ts';
import type { Severity } from '../engine/rule-api.ts';
import { jsonText } from '../io/export/json-text.ts';
import type { AuditDocument, KnownFinding } from '../io/export/records.ts';
import { SARIF_FINGERPRINT } from '../io/export/sarif.ts';
import { OutputFile } from '../io/output.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Version of the files that `writeBaseline` writes. */
const VERSION = 1;
/** Larger files are refused: a result with every alert that a run can have is far smaller. */
const MAX_OCTETS = 256 * 1024 * 1024;
const FINGERPRINT = /^[0-9a-f]{32}$/;
const HINT =
  'Give --baseline a file of --write-baseline, or a result of audit --format json or sarif.';

/** Findings that are known, by fingerprint. */
export interface Baseline {
  readonly file: string;
  readonly findings: ReadonlyMap<string, KnownFinding>;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a baseline.
 * @throws CliError (2) when the file cannot be read or is none, naming what was found in it
 */
export function readBaseline(file: string): Baseline {
  const value = parseFile(file);
  const found = findingsOf(value);
  if (found === undefined) throw failure(file, 'it is no baseline and no result of mip6guard');
  const findings = new Map<string, KnownFinding>();
  for (const [i, item] of found.entries()) {
    if (item === undefined) {
      throw failure(
        file,
        `finding ${i + 1} has no fingerprint of 32 hexadecimal digits: it may be of an older version`,
      );
    }
    findings.set(item.fingerprint, item);
  }
  return { file, findings };
}

/**
 * Writes all findings as a baseline. The file appears when it is whole.
 * @throws OutputError
 */
export function writeBaseline(file: string, findings: readonly KnownFinding[]): void {
  const output = new OutputFile(file, 'replace');
  try {
    const sorted = [...findings].sort((a, b) =>
      `${a.rule} ${a.fingerprint}` < `${b.rule} ${b.fingerprint}` ? -1 : 1,
    );
    output.sink.write(`${jsonText({ mip6guard_baseline: VERSION, findings: sorted }, 2)}\n`);
    output.commit();
  } catch (error) {
    output.abandon();
    throw error;
  }
}

/** Every finding of a run, those that a baseline left out among them. */
export function allFindings({ alerts, run }: AuditDocument): KnownFinding[] {
  return [...alerts.map(knownFinding), ...(run.baseline?.known ?? [])];
}

/** What a baseline keeps of a finding. */
export function knownFinding({ fingerprint, rule, severity, message }: KnownFinding): KnownFinding {
  return { fingerprint, rule, severity, message };
}

function parseFile(file: string): unknown {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_OCTETS)
      throw failure(file, `it has ${size} octets, more than a result can have`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw failure(file, error instanceof Error ? error.message : String(error));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure(file, `it is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

function failure(file: string, reason: string): CliError {
  return new CliError(EXIT.usage, `cannot use the baseline ${file}: ${reason}`, { hint: HINT });
}

/** Findings of one of the three kinds of files; undefined for an entry without fingerprint, and for no such file. */
function findingsOf(value: unknown): readonly (KnownFinding | undefined)[] | undefined {
  if (!isObject(value)) return undefined;
  if (value['mip6guard_baseline'] === VERSION) return listOf(value['findings'])?.map(entryOf);
  if (isObject(value['run']) && value['run']['tool'] === 'mip6guard') {
    const { baseline } = value['run'];
    const known = isObject(baseline) ? (listOf(baseline['known']) ?? []) : [];
    return listOf(value['alerts'])?.concat(known).map(entryOf);
  }
  if (value['version'] !== '2.1.0') return undefined;
  const runs = listOf(value['runs'])?.filter(isObject).filter(isOurRun) ?? [];
  if (runs.length === 0) return undefined;
  const results = runs.flatMap((run) => listOf(run['results']) ?? []).filter(isObject);
  return results.filter((result) => result['baselineState'] !== 'absent').map(ofResult);
}

function isOurRun(run: JsonObject): boolean {
  const driver = isObject(run['tool']) ? run['tool']['driver'] : undefined;
  return isObject(driver) && driver['name'] === 'mip6guard';
}

function ofResult(result: JsonObject): KnownFinding | undefined {
  const { partialFingerprints: prints, message, properties, ruleId: rule } = result;
  const severity = isObject(properties) ? properties['severity'] : undefined;
  const text = isObject(message) ? message['text'] : undefined;
  const fingerprint = isObject(prints) ? prints[SARIF_FINGERPRINT] : undefined;
  return entryOf({ fingerprint, rule, severity, message: text });
}

function entryOf(value: unknown): KnownFinding | undefined {
  if (!isObject(value)) return undefined;
  const { fingerprint, rule, severity, message } = value;
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) return undefined;
  return {
    fingerprint,
    rule: typeof rule === 'string' ? rule : '',
    severity: SEVERITIES.find((name): name is Severity => name === severity) ?? 'info',
    message: typeof message === 'string' ? message : '',
  };
}

function listOf(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
