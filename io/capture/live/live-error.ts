/** Why a live capture cannot start, with the code a caller can rely on. */
export const LIVE_ERRORS = {
  ERR_LIVE_PACKAGE: 'the package `pcap` or the library libpcap is not there',
  ERR_LIVE_OPTION: 'an option is out of range',
  ERR_LIVE_INTERFACE_UNKNOWN: 'no interface has this name',
  ERR_LIVE_INTERFACE_DOWN: 'the interface is down',
  ERR_LIVE_PERMISSION: 'capturing is not permitted',
  ERR_LIVE_FILTER: 'libpcap does not take the capture filter',
  ERR_LIVE_OPEN: 'the operating system could not open the interface',
  ERR_LIVE_USER: 'the privileges cannot be given up in favour of this user',
} as const;

/** One of the codes of {@link LIVE_ERRORS}. */
export type LiveErrorCode = keyof typeof LIVE_ERRORS;

/** What belongs to a {@link LiveError}. */
export interface LiveErrorDetails {
  /** What to do. */
  readonly hint?: string;
  /** The interface as the user named it. */
  readonly interfaceName?: string;
  /** Interfaces there are, when the one that was named is not among them. */
  readonly known?: readonly string[];
  readonly cause?: unknown;
}

/**
 * A live capture that cannot start. The message says what was found and what was expected, the hint what to do.
 *
 * Commands end with 2 for what the user typed (`ERR_LIVE_OPTION`, `ERR_LIVE_INTERFACE_UNKNOWN`, `ERR_LIVE_FILTER`) and
 * with 4 for the rest.
 */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  readonly code: LiveErrorCode;
  readonly hint: string | undefined;
  readonly interfaceName: string | undefined;
  readonly known: readonly string[];

  constructor(code: LiveErrorCode, message: string, details: LiveErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.interfaceName = details.interfaceName;
    this.known = details.known ?? [];
  }

  /** Whether it is about what the user typed. */
  get isUsage(): boolean {
    return (
      this.code === 'ERR_LIVE_OPTION' ||
      this.code === 'ERR_LIVE_INTERFACE_UNKNOWN' ||
      this.code === 'ERR_LIVE_FILTER'
    );
  }
}
