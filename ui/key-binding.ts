/**
 * A row of the table of keys.
 */

/** What an action takes. From a key a `letter` is the next key; of the others the handler asks when it needs one. */
export interface ActionArgument {
  /** As help shows it: `file`. */
  readonly name: string;
  readonly kind: 'letter' | 'number' | 'text' | 'filter' | 'choice';
  /** Of a `choice`. */
  readonly choices?: readonly string[];
  readonly isOptional?: boolean;
}

/** One row of the table. */
export interface KeyBinding {
  /** Name of the action and of its `:` command: lower case with hyphens, unique within what a screen answers to. */
  readonly action: string;
  /**
   * Keys: a character, or `enter esc tab shift-tab space backspace delete up down left right home end pgup pgdn ctrl-x`;
   * `gg` is g twice. None: only a command.
   */
  readonly keys: readonly string[];
  readonly description: string;
  /** One or two words for the footer; at most six rows of a screen have them. */
  readonly footer?: string;
  readonly argument?: ActionArgument;
  /** Equal keys that wait are told at once, as a count. */
  readonly isRepeatable?: boolean;
}
