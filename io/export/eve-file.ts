/**
 * The file that EVE lines of a sensor go to: for weeks, through full disks, rotation and kills.
 *
 * It holds whole lines only. Lines are collected and written many at a time; `flush` hands them to the operating
 * system, so that what it returned for survives the end of this process however it ends. Where the system refuses, lines
 * are kept up to a bound, further ones are lost and counted, and writing is tried again.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { OutputError } from '../output.ts';
import type { TextSink } from '../output.ts';

/** Octets of lines collected before they are written. */
const CHUNK_OCTETS = 128 * 1024;
/** Octets of lines kept while the system refuses to take them. */
const MAX_BACKLOG = 4 * 1024 * 1024;
/** Milliseconds between two attempts while it does, and between two attempts to rotate. */
const RETRY_MILLISECONDS = 1000;
const ROTATION_RETRY_MILLISECONDS = 60_000;
/** How far back the beginning of a torn line is looked for, octets. */
const MAX_TORN = 16 * 1024 * 1024;
const READ_OCTETS = 64 * 1024;
const LINE_FEED = 0x0a;
/** Only the owner and its group may read what was seen in the network. */
const PERMISSIONS = 0o640;

/** How the file is kept. */
export interface EveFileOptions {
  /** Octets from which on a new file is begun; undefined = never. */
  readonly size?: number | undefined;
  /** Older files kept, as `FILE.1` (the youngest) to `FILE.N`; 1..999. */
  readonly files: number;
  /** Told once of each trouble, and once of its end. */
  readonly say: (text: string) => void;
  /** Milliseconds from any start; the clock of the machine by default. */
  readonly clock?: () => number;
}

/** What became of the lines. */
export interface EveFileCounts {
  /** Handed to the system. */
  lines: number;
  /** Lost, because the system refused for too long. */
  lost: number;
  /** Attempts to write that it refused. */
  failures: number;
  rotations: number;
}

/** What was done to a file whose last line was torn. */
export interface EveRepair {
  /** The line was whole but for its end, or octets were cut off. */
  readonly kind: 'completed' | 'cut';
  readonly octets: number;
}

/** Lines, whole ones. */
interface Chunk {
  readonly octets: Buffer;
  readonly lines: number;
}

/** A sink that never throws once it is open. */
export class EveFile implements TextSink {
  readonly name: string;
  readonly isClosed = false;
  readonly counts: EveFileCounts = { lines: 0, lost: 0, failures: 0, rotations: 0 };
  /** What was wrong with the file that was there at the start. */
  readonly repair: EveRepair | undefined;
  readonly #options: EveFileOptions;
  readonly #clock: () => number;
  #descriptor: number;
  #isRegular: boolean;
  /** Octets in the file. */
  #size: number;
  #current = Buffer.allocUnsafe(CHUNK_OCTETS);
  #used = 0;
  #currentLines = 0;
  #queue: Chunk[] = [];
  #queued = 0;
  #fault: string | undefined;
  #retryAt = 0;
  #rotateAt = 0;
  #isSyncing = false;
  #isOpen = true;

  /**
   * Opens `file` for appending, and repairs its last line when the writer before was killed in the middle of it.
   * @throws OutputError when it cannot be opened, or is neither a file nor a character device
   */
  constructor(file: string, options: EveFileOptions) {
    this.name = file;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    const opened = openEve(file);
    this.#descriptor = opened.descriptor;
    this.#isRegular = opened.isRegular;
    this.#size = opened.size;
    this.repair = opened.repair;
  }

  /** Why lines cannot be written at the moment; undefined while they can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Lines that wait to be written. */
  get waiting(): number {
    return this.#currentLines + this.#queue.reduce((sum, { lines }) => sum + lines, 0);
  }

  /** Takes one line with its line feed. */
  write(text: string): void {
    const atMost = text.length * 3;
    if (atMost > CHUNK_OCTETS - this.#used) {
      this.flush();
      if (atMost > CHUNK_OCTETS) {
        this.#enqueue({ octets: Buffer.from(text, 'utf8'), lines: 1 });
        return;
      }
    }
    this.#used += this.#current.write(text, this.#used, 'utf8');
    this.#currentLines++;
  }

  /** Hands all lines to the system, as far as it takes them. */
  flush(): void {
    if (this.#currentLines > 0) {
      const octets = Buffer.from(this.#current.subarray(0, this.#used));
      const lines = this.#currentLines;
      this.#used = 0;
      this.#currentLines = 0;
      this.#enqueue({ octets, lines });
    }
    if (this.#queue.length === 0 || !this.#isOpen) return;
    if (this.#fault !== undefined && this.#clock() < this.#retryAt) return;
    this.#drain();
  }

  /** Has the disk take what the system has; returns at once, and does nothing while that goes on. */
  sync(): void {
    if (this.#isSyncing || !this.#isOpen || !this.#isRegular) return;
    this.#isSyncing = true;
    fdatasync(this.#descriptor, () => {
      // A disk that fails is told by the next write.
      this.#isSyncing = false;
    });
  }

  /** Opens the file by its name again: who rotates logs has renamed it. On failure the old one stays in use. */
  reopen(): void {
    this.flush();
    try {
      this.#take(openEve(this.name));
    } catch (error) {
      this.#say(error);
    }
  }

  /** Writes what is left and closes. What the system does not take now is lost. */
  close(): void {
    if (!this.#isOpen) return;
    this.#retryAt = 0;
    this.flush();
    this.counts.lost += this.waiting;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #enqueue(chunk: Chunk): void {
    if (this.#queued + chunk.octets.length > MAX_BACKLOG && this.#queue.length > 0) {
      this.counts.lost += chunk.lines;
      return;
    }
    this.#queue.push(chunk);
    this.#queued += chunk.octets.length;
    if (this.#fault === undefined && this.#isOpen) this.#drain();
  }

  #drain(): void {
    for (;;) {
      const [chunk] = this.#queue;
      if (chunk === undefined) break;
      this.#rotateFor(chunk.octets.length);
      const written = this.#append(chunk);
      if (written < chunk.octets.length) return;
      this.#queue.shift();
      this.#queued -= chunk.octets.length;
      this.counts.lines += chunk.lines;
    }
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    const { lost } = this.counts;
    const loss = lost === 0 ? 'no line was lost' : `${lost} lines were lost so far`;
    this.#options.say(`${this.name}: lines are written again; ${loss}`);
  }

  /** Writes a chunk. On refusal the whole lines that went out stay, and the rest is the head of the queue. */
  #append({ octets, lines }: Chunk): number {
    let done = 0;
    try {
      while (done < octets.length) {
        done += writeSync(this.#descriptor, octets, done, octets.length - done);
      }
      this.#size += done;
      return done;
    } catch (error) {
      const whole = done === 0 ? 0 : octets.lastIndexOf(LINE_FEED, done - 1) + 1;
      this.#cutBy(done - whole);
      const rest = octets.subarray(whole);
      const restLines = countLines(rest);
      this.#queue[0] = { octets: rest, lines: restLines };
      this.#queued -= whole;
      this.counts.lines += lines - restLines;
      this.#refused(error);
      return 0;
    }
  }

  /** Takes back a torn line: making a file shorter works on a full disk as well. */
  #cutBy(octets: number): void {
    if (!this.#isRegular) return;
    try {
      // Somebody else may have made the file shorter as well.
      this.#size = Math.max(0, fstatSync(this.#descriptor).size - octets);
      if (octets > 0) ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // The next start repairs it.
    }
  }

  #refused(error: unknown): void {
    this.counts.failures++;
    this.#retryAt = this.#clock() + RETRY_MILLISECONDS;
    const isNews = this.#fault === undefined;
    const failure = new OutputError(this.name, error);
    this.#fault = failure.message;
    if (isNews) {
      this.#options.say(
        `${failure.message}; the sensor goes on, keeps ${MAX_BACKLOG / 2 ** 20} MiB of lines and tries again`,
      );
    }
  }

  /** Begins a new file when `octets` more would be too many. */
  #rotateFor(octets: number): void {
    const { size } = this.#options;
    if (size === undefined || !this.#isRegular || this.#size === 0) return;
    if (this.#size + octets <= size || this.#clock() < this.#rotateAt) return;
    this.#rotateAt = 0;
    try {
      this.#size = fstatSync(this.#descriptor).size;
      if (this.#size + octets <= size) return;
      this.#rename();
      this.#take(openEve(this.name));
      this.counts.rotations++;
    } catch (error) {
      // The file in use grows on.
      this.#rotateAt = this.#clock() + ROTATION_RETRY_MILLISECONDS;
      this.#say(error);
    }
  }

  #rename(): void {
    const { files } = this.#options;
    const nameOf = (number: number): string => `${this.name}.${number}`;
    for (let number = files - 1; number >= 1; number--) {
      if (existsSync(nameOf(number))) renameSync(nameOf(number), nameOf(number + 1));
    }
    if (existsSync(this.name)) renameSync(this.name, nameOf(1));
  }

  #take(opened: OpenedFile): void {
    const before = this.#descriptor;
    this.#descriptor = opened.descriptor;
    this.#isRegular = opened.isRegular;
    this.#size = opened.size;
    closeSync(before);
  }

  #say(error: unknown): void {
    this.counts.failures++;
    const failure = error instanceof OutputError ? error : new OutputError(this.name, error);
    this.#options.say(`${failure.message}; lines go to the file as it was opened before`);
  }
}

interface OpenedFile {
  readonly descriptor: number;
  readonly isRegular: boolean;
  readonly size: number;
  readonly repair: EveRepair | undefined;
}

/** Opens for appending and repairs. Throws OutputError. */
function openEve(file: string): OpenedFile {
  let descriptor: number | undefined;
  try {
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw systemError('EISDIR');
    if (existing !== undefined && !existing.isFile() && !existing.isCharacterDevice()) {
      throw new Error('it is neither a file nor a character device');
    }
    const { O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_NOCTTY } = constants;
    const access = existing?.isCharacterDevice() === true ? O_WRONLY : O_RDWR;
    descriptor = openSync(file, access | O_APPEND | O_CREAT | O_NOCTTY, PERMISSIONS);
    const stats = fstatSync(descriptor);
    const isRegular = stats.isFile();
    const repair = isRegular ? repairedLine(descriptor, stats.size) : undefined;
    const { size } = fstatSync(descriptor);
    return { descriptor, isRegular, size, repair };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new OutputError(file, error);
  }
}

/** Ends a last line that lacks its line feed, or cuts it off when it is no JSON. */
function repairedLine(descriptor: number, size: number): EveRepair | undefined {
  const start = lineStart(descriptor, size);
  if (start === size) return undefined;
  if (start === undefined || isJson(descriptor, start, size)) {
    writeSync(descriptor, '\n');
    return { kind: 'completed', octets: 0 };
  }
  ftruncateSync(descriptor, start);
  return { kind: 'cut', octets: size - start };
}

/** Where the line begins that has no end yet; `size` when all have one, undefined when that is too far back. */
function lineStart(descriptor: number, size: number): number | undefined {
  const buffer = Buffer.allocUnsafe(READ_OCTETS);
  for (let end = size; end > 0 && size - end < MAX_TORN;) {
    const start = Math.max(0, end - READ_OCTETS);
    const found = readSync(descriptor, buffer, 0, end - start, start);
    const at = buffer.subarray(0, found).lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return size < MAX_TORN ? 0 : undefined;
}

function isJson(descriptor: number, start: number, end: number): boolean {
  const buffer = Buffer.alloc(end - start);
  readSync(descriptor, buffer, 0, buffer.length, start);
  try {
    const value: unknown = JSON.parse(buffer.toString('utf8'));
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function countLines(octets: Uint8Array): number {
  let lines = 0;
  for (let at = octets.indexOf(LINE_FEED); at >= 0; at = octets.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
