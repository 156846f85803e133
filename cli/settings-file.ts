/**
 * Files of settings in YAML: read within bounds, checked by a schema, and all that is wrong told with its place.
 */
import { open } from 'node:fs/promises';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationProblem } from './configuration-error.ts';
import { safeText } from './report/safe-text.ts';
import { pathText } from './site-checks.ts';
import { nearest } from './suggestion.ts';
import type { ValuePath, YamlDocument } from './yaml-document.ts';

/** Most keys listed to choose from when no one of them is near. */
const MAX_LISTED_KEYS = 12;
/** Longest value shown from the file, in characters. */
const MAX_SHOWN = 50;

/**
 * Text of a file.
 * @param limit octets
 * @throws ConfigurationError when it cannot be read, is larger, or no UTF-8
 */
export async function readSettingsText(file: string, limit: number): Promise<string> {
  const octets = await readBounded(file, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw wholeFile(file, 'expected text in UTF-8');
  }
}

/** A problem at a place of the document. */
export function problemAt(
  document: YamlDocument,
  path: ValuePath,
  message: string,
  isKey = false,
): ConfigurationProblem {
  return { ...document.placeOf(path, isKey), path: pathText(path), message };
}

/** An issue of a schema. */
interface SchemaIssue extends Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/**
 * What issues of a schema mean, each at its place.
 * @param keysAt keys that the mapping at a path may have
 */
export function schemaProblems(
  issues: readonly SchemaIssue[],
  document: YamlDocument,
  keysAt: (path: ValuePath) => readonly string[],
): ConfigurationProblem[] {
  const { value } = document;
  return issues.flatMap((issue): ConfigurationProblem[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(path);
      return (issue.keys ?? []).map((key) =>
        problemAt(document, [...path, key], unknownKey(key, path, known), true),
      );
    }
    const found = valueAt(value, path);
    // A file that is no mapping at all may be another file named by mistake, with keys in it.
    const isOtherFile = path.length === 0 && typeof found === 'string';
    const text = isOtherFile ? `expected ${issue.message}; found text` : wrongValue(found, issue);
    return [problemAt(document, path, text)];
  });
}

/**
 * Octets of the file, never more than the limit: it may be a device or grow while it is read.
 * @throws ConfigurationError when it cannot be read, or is larger
 */
export async function readBounded(file: string, limit: number): Promise<Uint8Array> {
  let handle;
  try {
    handle = await open(file, 'r');
    const octets = new Uint8Array(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(octets, length, octets.length - length, null);
      length += bytesRead;
      if (length > limit) {
        throw wholeFile(file, `expected at most ${limit} octets (${limit / 2 ** 20} MiB)`);
      }
      if (bytesRead === 0) return octets.subarray(0, length);
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw wholeFile(file, `cannot be read: ${reason}`, error);
  } finally {
    await handle?.close();
  }
}

function wholeFile(file: string, message: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    file,
    [{ line: 0, column: 0, path: '', message }],
    cause === undefined ? undefined : { cause },
  );
}

function unknownKey(key: string, path: ValuePath, known: readonly string[]): string {
  const isRule = ['rules', 'verdicts', 'site.rules'].includes(pathText(path));
  const what = isRule ? 'no rule has this id' : 'unknown key';
  const meant = nearest(key, known);
  if (meant !== undefined) return `${what}; did you mean ${meant}?`;
  if (known.length === 0) return `${what}; this rule has no parameters`;
  if (known.length <= MAX_LISTED_KEYS) return `${what}; known here: ${known.join(', ')}`;
  return `${what}; known here: ${known[0] ?? ''} to ${known.at(-1) ?? ''}`;
}

/** Of an issue of the schema: what was expected there, as type and in words. */
interface Issue {
  readonly message: string;
  readonly expected?: unknown;
  readonly values?: readonly unknown[];
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** Not what was expected; the issue's message says what that is. */
function wrongValue(found: unknown, issue: Issue): string {
  if (found === undefined) return `missing: expected ${issue.message}`;
  const hint = hintFor(found, issue);
  return `expected ${issue.message}; found ${shown(found)}${hint === undefined ? '' : `; ${hint}`}`;
}

/** What the author probably meant. */
function hintFor(found: unknown, { expected, values, params }: Issue): string | undefined {
  if (typeof found === 'string') {
    if (expected === 'boolean' && /^(yes|no|on|off)$/i.test(found)) {
      return 'YAML 1.2 takes this as text';
    }
    const words = values?.filter((item) => typeof item === 'string') ?? [];
    const meant = params?.['meant'] ?? nearest(found, words);
    return typeof meant === 'string' ? `did you mean ${meant}?` : undefined;
  }
  if (expected !== 'string' || found === null) return undefined;
  if (typeof found !== 'object') return 'text that looks like something else must be in quotes';
  // `- 2001:db8::` is a mapping to YAML: the last colon ends a key.
  const [key, ...others] = Object.keys(found);
  const isColon = key?.includes(':') === true && others.length === 0;
  return isColon ? 'a value that ends in a colon must be in quotes' : undefined;
}

/** A value as shown: short and safe. The values of known keys are no secrets. */
function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string': {
      const text = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN - 1)}…` : value;
      return `"${safeText(text)}"`;
    }
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return 'a mapping';
  }
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}
