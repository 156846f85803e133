/**
 * Text and octets to a descriptor: one buffer, few system calls, no event loop.
 *
 * Writes are synchronous, so that everything found is out when the process ends, however it ends.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** Something text is written to. */
export interface TextSink {
  /** Name for messages: a path, or `standard output`. */
  readonly name: string;
  /** True once the reader of a pipe went away; whatever is written then is dropped. */
  readonly isClosed: boolean;
  /** Appends text. Throws OutputError when the system refuses, for example because the disk is full. */
  write(text: string): void;
  /** Hands over what is buffered. Throws OutputError. */
  flush(): void;
}

/** Something text and octets are written to. */
export interface OctetSink extends TextSink {
  /** Appends octets, which are copied. Throws OutputError. */
  writeOctets(octets: Uint8Array): void;
}

/** The system refused to take output. After it, the same sink drops everything silently. */
export class OutputError extends Error {
  /** `ENOSPC`, `EIO`, `ENOENT`, ... */
  readonly code: string;

  constructor(name: string, cause: unknown) {
    const { code, reason } = reasonOf(cause);
    super(`cannot write ${name}: ${reason}`, { cause });
    this.name = 'OutputError';
    this.code = code;
  }
}

/** Plain words for the usual refusals; the system's own text for the rest. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EBADF: 'it is closed',
  EIO: 'input/output error of the device',
};

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'EUNKNOWN';
}

function reasonOf(error: unknown): { code: string; reason: string } {
  const code = errorCode(error);
  return {
    code,
    reason: REASONS[code] ?? (error instanceof Error ? error.message : String(error)),
  };
}

/** Octets collected before a write: fewer system calls cost less than the copy. */
const BUFFER_OCTETS = 128 * 1024;
/** UTF-8 octets per UTF-16 unit, at most. */
const MAX_OCTETS_PER_UNIT = 3;
/** Pause before a full pipe is tried again, milliseconds. */
const RETRY_MILLISECONDS = 2;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Buffered text output to an open descriptor. */
export class DescriptorSink implements OctetSink {
  readonly name: string;
  isClosed = false;
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_OCTETS);
  #used = 0;

  constructor(descriptor: number, name: string) {
    this.#descriptor = descriptor;
    this.name = name;
  }

  write(text: string): void {
    if (this.isClosed) return;
    if (text.length * MAX_OCTETS_PER_UNIT > BUFFER_OCTETS) {
      this.flush();
      const octets = Buffer.from(text, 'utf8');
      this.#writeAll(octets, octets.length);
      return;
    }
    if (text.length * MAX_OCTETS_PER_UNIT > BUFFER_OCTETS - this.#used) this.flush();
    this.#used += this.#buffer.write(text, this.#used, 'utf8');
  }

  writeOctets(octets: Uint8Array): void {
    if (this.isClosed) return;
    if (octets.length > BUFFER_OCTETS - this.#used) this.flush();
    if (octets.length > BUFFER_OCTETS) this.#writeAll(octets, octets.length);
    else {
      this.#buffer.set(octets, this.#used);
      this.#used += octets.length;
    }
  }

  flush(): void {
    const used = this.#used;
    this.#used = 0;
    if (!this.isClosed) this.#writeAll(this.#buffer, used);
  }

  #writeAll(octets: Uint8Array, length: number): void {
    let done = 0;
    while (done < length) {
      try {
        done += writeSync(this.#descriptor, octets, done, length - done);
      } catch (error) {
        const code = errorCode(error);
        if (code === 'EAGAIN') {
          // Somebody made the pipe non-blocking: wait until its reader has taken something.
          Atomics.wait(sleepCell, 0, 0, RETRY_MILLISECONDS);
          continue;
        }
        this.isClosed = true;
        // The reader has seen enough: not an error.
        if (code === 'EPIPE') return;
        throw new OutputError(this.name, error);
      }
    }
  }
}

/** How a file is written: beside its place and renamed at the end, or in place from the start. */
export type FileMode = 'replace' | 'stream';

/** A file being written: `commit` ends it, `abandon` gives it up. */
export class OutputFile {
  readonly sink: OctetSink;
  readonly #descriptor: number;
  /** Where it will be. */
  readonly #target: string;
  /** Where it is written. */
  readonly #written: string;
  #isOpen = true;

  /**
   * Opens `file`. A device or pipe is written in place, whatever the mode says.
   * @param mode `replace`: an existing file survives until `commit`. `stream`: for a file that is followed while it grows.
   * @param options `isPrivate`: only its owner may read and write it, whatever an existing file allowed; needs `replace`.
   * @throws OutputError when it cannot be opened
   */
  constructor(file: string, mode: FileMode, options: { readonly isPrivate?: boolean } = {}) {
    try {
      const existing = statSync(file, { throwIfNoEntry: false });
      if (existing?.isDirectory() === true) throw systemError('EISDIR');
      const isInPlace = mode === 'stream' || (existing !== undefined && !existing.isFile());
      // A link stays a link: the file it leads to is replaced.
      this.#target = existing === undefined || isInPlace ? file : realpathSync(file);
      this.#written = isInPlace ? file : temporaryName(this.#target);
      const usual = existing?.isFile() === true ? existing.mode & 0o777 : 0o666;
      const permissions = options.isPrivate === true ? 0o600 : usual;
      this.#descriptor = openSync(this.#written, isInPlace ? 'w' : 'wx', permissions);
      this.sink = new DescriptorSink(this.#descriptor, file);
    } catch (error) {
      throw new OutputError(file, error);
    }
  }

  /** Flushes and puts the file in its place. Throws OutputError; a replaced file is then as it was before. */
  commit(): void {
    try {
      this.sink.flush();
      if (fstatSync(this.#descriptor).isFile()) fsyncSync(this.#descriptor);
      this.#close();
      if (this.#written !== this.#target) renameSync(this.#written, this.#target);
    } catch (error) {
      this.abandon();
      throw error instanceof OutputError ? error : new OutputError(this.sink.name, error);
    }
  }

  /** Closes without putting the file in its place; one written in place keeps what it has. Never throws. */
  abandon(): void {
    const isInPlace = this.#written === this.#target;
    try {
      if (this.#isOpen && isInPlace) this.sink.flush();
      this.#close();
      if (!isInPlace) unlinkSync(this.#written);
    } catch {
      // Called while another failure is being reported: that one is the news.
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }
}

/** A name in the same directory, because a rename works only within a file system. */
function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.partial`);
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
