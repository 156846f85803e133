/**
 * Keeps packets that were dropped, in a ring of captures; why is the comment of each.
 */
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import type { DropReason } from '../../engine/inline/index.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import { OutputError } from '../../io/output.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { CaptureFiles } from '../live/capture-files.ts';
import type { Conditions } from '../live/conditions.ts';
import { safeText } from '../report/safe-text.ts';

const MEBIBYTE = 1024 * 1024;
const OWNER_ONLY = 0o700;
const NO_CONDITION: Conditions = {
  ...{ duration: undefined, packets: undefined, octets: undefined, files: undefined },
};
/** Milliseconds before writing is tried again after a failure. */
const RETRY = 10_000;

/** Where and how much. */
export interface KeepSettings {
  readonly directory: string;
  readonly files: number;
  /** MiB of each file. */
  readonly size: number;
}

/** The comment of a packet. */
export function dropComment(reason: DropReason): string {
  const { ruleId, verdict, title, message, wouldDrop, confidence, evidence } = reason;
  const what = wouldDrop ? 'would be dropped' : 'dropped';
  const why = verdict === 'rate-limit' ? `${what}, over its rate` : what;
  const proof = evidence.map(({ text }) => text).join('; ');
  const text = `${ruleId} ${why} (${confidence}): ${title}: ${message}`;
  return safeText(proof === '' ? text : `${text}; ${proof}`);
}

/** A ring of captures. What cannot be written is counted; nothing is dropped or passed because of it. */
export class DroppedPackets {
  kept = 0;
  /** Packets that could not be written. */
  lost = 0;
  readonly #open: () => CaptureFiles;
  /** Removes files of earlier runs that are too many. */
  readonly #tidy: () => void;
  readonly #say: (text: string) => void;
  readonly #clock: () => number;
  #files: CaptureFiles | undefined;
  #retryAt = Number.NEGATIVE_INFINITY;
  #fault: string | undefined;

  /**
   * @param name of the files, without directory and ending
   * @param interfaces of the source; may grow
   * @throws CliError (4) when the directory cannot be made
   */
  constructor(
    { directory, files, size }: KeepSettings,
    name: string,
    interfaces: readonly CaptureInterface[],
    say: (text: string) => void,
    clock: () => number = () => performance.now(),
  ) {
    makeDirectory(directory);
    this.#say = say;
    this.#clock = clock;
    this.#tidy = () => {
      removeOldest(directory, name, files);
    };
    this.#open = () =>
      new CaptureFiles({
        file: path.join(directory, `${name}.pcapng`),
        ring: { ...NO_CONDITION, octets: size * MEBIBYTE, files },
        stop: NO_CONDITION,
        interfaces,
        counts: () => [],
        now: () => Date.now(),
      });
  }

  /** Why packets cannot be kept at the moment; undefined while they can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  keep(record: PacketRecord, reason: DropReason): void {
    this.#guarded((files) => {
      files.write(record, [dropComment(reason)]);
      this.kept++;
    });
  }

  /** Makes what was written readable for others. */
  tick(): void {
    if (this.#files !== undefined) {
      this.#guarded((files) => {
        const { begun } = files;
        files.tick();
        if (files.begun !== begun) this.#tidy();
      });
    }
  }

  close(): void {
    if (this.#files === undefined) return;
    this.#guarded((files) => {
      files.end();
    });
    this.#files = undefined;
  }

  #guarded(action: (files: CaptureFiles) => void): void {
    if (this.#fault !== undefined && this.#clock() < this.#retryAt) {
      this.lost++;
      return;
    }
    try {
      if (this.#files === undefined) {
        this.#files = this.#open();
        this.#tidy();
      }
      action(this.#files);
      if (this.#fault !== undefined) this.#say('dropped packets are kept again');
      this.#fault = undefined;
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.lost++;
      this.#files?.abandon();
      this.#files = undefined;
      this.#retryAt = this.#clock() + RETRY;
      if (this.#fault === undefined) this.#say(`dropped packets are not kept: ${error.message}`);
      this.#fault = error.message;
    }
  }
}

/** Keeps the youngest files of a ring; their names have the time in them. */
function removeOldest(directory: string, name: string, kept: number): void {
  const stamp = /_\d{5,}_(\d{14})\.pcapng$/;
  const stampOf = (file: string): string => stamp.exec(file)?.[1] ?? '';
  try {
    const own = readdirSync(directory)
      .filter((file) => file.startsWith(`${name}_`) && stamp.test(file))
      .sort((a, b) =>
        stampOf(a) === stampOf(b) ? compared(a, b) : compared(stampOf(a), stampOf(b)),
      );
    for (const file of own.slice(0, Math.max(0, own.length - kept))) {
      unlinkSync(path.join(directory, file));
    }
  } catch {
    // Somebody else tidies there too: what is left is not in the way.
  }
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.environment, `keepDropped: ${directory} cannot be made: ${reason}`, {
      hint: 'Name a folder in keepDropped.directory that this user may write.',
      cause: error,
    });
  }
}
