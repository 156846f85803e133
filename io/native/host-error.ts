/** Why a node cannot stand on this machine, with the code a caller can rely on. */
export const HOST_ERRORS = {
  ERR_HOST_PACKAGE: 'the package `koffi` is not there, or does not run on this system',
  ERR_HOST_OPTION: 'an option is out of range',
  ERR_HOST_INTERFACE_UNKNOWN: 'no interface has this name',
  ERR_HOST_INTERFACE: 'the interface is not of a kind that a node can stand on',
  ERR_HOST_PERMISSION: 'the privileges that it takes are not there',
  ERR_HOST_COMMAND: 'the program `ip` is not there, or refused',
  ERR_HOST_TUN: 'the device for the programs of this machine cannot be made',
  ERR_HOST_SETTING: 'a setting of the kernel cannot be read or written',
  ERR_HOST_JOURNAL: 'the journal of changes is in use, or cannot be read or written',
  ERR_HOST_FILTER: 'the packet filter is not there, lacks something, or refused',
  ERR_HOST_OPEN: 'the operating system could not open what was asked for',
} as const;

/** One of the codes of {@link HOST_ERRORS}. */
export type HostErrorCode = keyof typeof HOST_ERRORS;

/** What belongs to a {@link HostError}. */
export interface HostErrorDetails {
  /** What to do. */
  readonly hint?: string;
  /** The interface as the user named it. */
  readonly interfaceName?: string;
  /** Interfaces there are, when the one that was named is not among them. */
  readonly known?: readonly string[];
  readonly cause?: unknown;
}

/** What gives a process the privileges of a node, for hints. */
export const PRIVILEGES_HINT =
  'Run it as root, or in a systemd unit with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW.';

/**
 * A node cannot start on this machine. The message says what was found and what was expected, the hint what to do.
 *
 * Commands end with 2 for what the user typed (`ERR_HOST_OPTION`, `ERR_HOST_INTERFACE_UNKNOWN`) and with 4 for the rest.
 */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;
  readonly hint: string | undefined;
  readonly interfaceName: string | undefined;
  readonly known: readonly string[];

  constructor(code: HostErrorCode, message: string, details: HostErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.interfaceName = details.interfaceName;
    this.known = details.known ?? [];
  }

  /** Whether it is about what the user typed. */
  get isUsage(): boolean {
    return this.code === 'ERR_HOST_OPTION' || this.code === 'ERR_HOST_INTERFACE_UNKNOWN';
  }
}
