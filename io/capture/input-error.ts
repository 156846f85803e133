/** Why an input cannot be read, with the code a caller can rely on. All of them end a run with exit code 3. */
export const INPUT_ERRORS = {
  ERR_INPUT_NOT_FOUND: 'no file or directory has this name',
  ERR_INPUT_NO_MATCH: 'no file matches the pattern',
  ERR_INPUT_EMPTY: 'the input has no octets',
  ERR_INPUT_NO_CAPTURES: 'the directory has no capture files',
  ERR_INPUT_NOT_A_CAPTURE: 'the input is neither pcap nor pcapng',
  ERR_INPUT_PERMISSION: 'reading is not permitted',
  ERR_INPUT_REPEATED: 'standard input is named more than once',
  ERR_INPUT_TERMINAL: 'standard input is a terminal',
  ERR_INPUT_READ: 'the operating system could not read the input',
} as const;

/** One of the codes of {@link INPUT_ERRORS}. */
export type InputErrorCode = keyof typeof INPUT_ERRORS;

/** An input that cannot be read. The message says what was found, what was expected and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: InputErrorCode;
  /** The input as the user named it. */
  readonly input: string;

  constructor(code: InputErrorCode, input: string, message: string) {
    super(message);
    this.code = code;
    this.input = input;
  }
}

/** The `code` of an error of the operating system (`ENOENT` ...), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error of the operating system means for an input: a code, and words without the name of the input. */
export function explainSystemError(error: unknown): { code: InputErrorCode; reason: string } {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      code: 'ERR_INPUT_NOT_FOUND',
      reason: 'no such file or directory; check the name, or give - to read standard input',
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'ERR_INPUT_PERMISSION',
      reason: 'permission denied; make it readable for this user, or run as a user who may read it',
    };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'ERR_INPUT_READ', reason: `cannot be read: ${text}` };
}

/** Turns an error of the operating system into an {@link InputError} about `input`. */
export function inputErrorFrom(error: unknown, input: string): InputError {
  const { code, reason } = explainSystemError(error);
  return new InputError(code, input, `${input}: ${reason}`);
}
