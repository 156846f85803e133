/**
 * Reads key files. What is in them is read by `engine/keys`, which the caller hands in.
 */
import { open, type FileHandle } from 'node:fs/promises';
import type { KeyProblem, ParsedKeys } from '../engine/keys/key-problem.ts';

/** Octets of the largest key file; 65,536 rows with the longest keys have 30 MiB. */
const MAX_FILE_LENGTH = 64 * 1024 * 1024;

const CHUNK_LENGTH = 256 * 1024;

/** Bits of a file mode that let anybody but the owner do something. */
const USABLE_BY_OTHERS = 0o077;

/** Why a key file could not be read. */
export type KeyFileErrorCode =
  | 'ERR_KEYS_NOT_FOUND'
  | 'ERR_KEYS_PERMISSION'
  | 'ERR_KEYS_NOT_A_FILE'
  | 'ERR_KEYS_TOO_LARGE'
  | 'ERR_KEYS_UNREADABLE';

/** A key file that cannot be read at all: a usage error (exit code 2). Its message holds no key material. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  readonly code: KeyFileErrorCode;
  /** File as the user named it. */
  readonly path: string;

  constructor(code: KeyFileErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.code = code;
    this.path = path;
  }
}

/**
 * Reads all security associations of the files, in order.
 * @param parse `parseKeyText` of `engine/keys/key-text.ts`: finds the format by content and reads it.
 * @returns associations of all good rows, and everything that is wrong with the others.
 * @throws KeyFileError for a file that cannot be read.
 */
export async function loadKeyFiles(
  paths: readonly string[],
  parse: (text: string, file: string) => ParsedKeys,
): Promise<ParsedKeys> {
  const all: ParsedKeys = { associations: [], problems: [] };
  for (const path of paths) {
    const { text, isExposed } = await readKeyFile(path);
    if (isExposed && process.platform !== 'win32') all.problems.push(modeProblem(path));
    const { associations, problems } = parse(text, path);
    for (const association of associations) all.associations.push(association);
    for (const problem of problems) all.problems.push(problem);
  }
  return all;
}

/**
 * Text of a key file in UTF-8, for formats that hold more than security associations.
 * @throws KeyFileError when it cannot be read
 */
export async function readKeyText(path: string): Promise<{ text: string; problems: KeyProblem[] }> {
  const { text, isExposed } = await readKeyFile(path);
  const isWarned = isExposed && process.platform !== 'win32';
  return {
    text: Buffer.from(text, 'latin1').toString('utf8'),
    problems: isWarned ? [modeProblem(path)] : [],
  };
}

function modeProblem(path: string): KeyProblem {
  return {
    severity: 'warning',
    code: 'KEYS_FILE_MODE',
    file: path,
    line: 0,
    column: 0,
    field: undefined,
    message: `group or others may read or change these keys; run: chmod 600 ${path}`,
  };
}

async function readKeyFile(path: string): Promise<{ text: string; isExposed: boolean }> {
  try {
    const handle = await open(path, 'r');
    try {
      // Of the open file, not of the path: mode and content are then of the same one.
      const stat = await handle.stat();
      if (stat.isDirectory()) {
        throw new KeyFileError('ERR_KEYS_NOT_A_FILE', path, 'is a directory; name a key file');
      }
      // A pipe (`<(...)`) has no mode that matters.
      const isExposed = stat.isFile() && (stat.mode & USABLE_BY_OTHERS) !== 0;
      return { text: await readAll(handle, path), isExposed };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof KeyFileError ? error : readError(path, error);
  }
}

/** Reads to the end, but never more than the limit: the name may stand for a device that has no end. */
async function readAll(handle: FileHandle, path: string): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const part = Buffer.alloc(CHUNK_LENGTH);
    const { bytesRead } = await handle.read(part, 0, CHUNK_LENGTH, null);
    if (bytesRead === 0) return Buffer.concat(parts).toString('latin1');
    length += bytesRead;
    if (length > MAX_FILE_LENGTH) {
      throw new KeyFileError(
        'ERR_KEYS_TOO_LARGE',
        path,
        `more than ${MAX_FILE_LENGTH} octets, the most a key file may have. Is it a capture?`,
      );
    }
    parts.push(part.subarray(0, bytesRead));
  }
}

function readError(path: string, cause: unknown): KeyFileError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new KeyFileError(
        'ERR_KEYS_NOT_FOUND',
        path,
        'no such file; check the name given with --keys',
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new KeyFileError(
        'ERR_KEYS_PERMISSION',
        path,
        'not allowed to read the key file; run as its owner or change its mode',
        { cause },
      );
    default:
      return new KeyFileError(
        'ERR_KEYS_UNREADABLE',
        path,
        `the key file cannot be read (${cause instanceof Error ? cause.message : 'unknown error'})`,
        { cause },
      );
  }
}
