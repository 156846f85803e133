/**
 * What the interface needs from outside: the terminal, time, files. Screens do not see it.
 */

/** Filters of earlier sessions. */
export interface KeptFilters {
  /** The newest last. */
  readonly filters: readonly string[];
  /** Keeps one that was applied. */
  readonly add: (filter: string) => void;
}

/** Given by whoever starts the interface. */
export interface FrameServices {
  /** Leaves. */
  readonly quit: () => void;
  /** To the shell, until the process goes on. */
  readonly suspend: () => void;
  /** Draws everything again. */
  readonly redraw: () => void;
  /** Gives text to the clipboard of the terminal. @returns false when it is too long for that */
  readonly copy: (text: string) => boolean;
  /** Whether a file is there, so that it is not replaced without a question. */
  readonly fileExists: (file: string) => boolean;
  /** Undefined: filters are those of this session alone. */
  readonly history?: KeptFilters | undefined;
  /** Calls back after milliseconds. @returns takes it back */
  readonly after: (milliseconds: number, then: () => void) => () => void;
}
