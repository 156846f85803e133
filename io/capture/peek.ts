import { NEXT_MORE, NEXT_PACKET } from '../../dissectors/capture-file/index.ts';
import { INPUT_ERRORS, InputError, type InputErrorCode } from './input-error.ts';
import { FileOctets } from './octets.ts';
import { CaptureReader, type ReaderFaultCode } from './reader.ts';

/** Octets of one read while looking into a file. */
const PEEK_LENGTH = 4096;
/** Octets after which the first packet is no longer looked for. */
const PEEK_LIMIT = 4 * 1024 * 1024;

/** A capture time: seconds since 1970 and nanoseconds 0..999999999. */
export interface CaptureTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What a look into a file says. */
export interface Peek {
  /** Why it is no capture, or cannot be read; undefined when it is one. */
  readonly problem: InputError | undefined;
  /** Time of its first packet; undefined when there is none near the start. */
  readonly first: CaptureTime | undefined;
}

function isInputErrorCode(code: ReaderFaultCode): code is InputErrorCode {
  return Object.hasOwn(INPUT_ERRORS, code);
}

/**
 * Looks whether a regular file is a capture and when it begins. Reads a few KiB and closes the file again.
 * Faults of a file that is a capture are not told here; they come when it is read.
 */
export async function peekCapture(path: string): Promise<Peek> {
  let problem: InputError | undefined;
  const reader = new CaptureReader(
    new FileOctets(path),
    0,
    {
      onInterface: () => 0,
      onFault: (code, message) => {
        if (reader.isCapture) return;
        const asked = isInputErrorCode(code) ? code : 'ERR_INPUT_NOT_A_CAPTURE';
        problem ??= new InputError(asked, path, `${path}: ${message}`);
      },
    },
    PEEK_LENGTH,
  );
  try {
    let status = reader.next();
    while (status === NEXT_MORE && reader.octetsConsumed < PEEK_LIMIT) {
      await reader.fill();
      status = reader.next();
    }
    const { seconds, nanoseconds } = reader.record;
    const first = status === NEXT_PACKET ? { seconds, nanoseconds } : undefined;
    return { problem, first };
  } finally {
    reader.close();
  }
}
