/**
 * What a screen is: a React component that looks at a `PacketModel`, with the keys it answers to.
 */
import type { FC } from 'react';
import type { ModelStatus, PacketModel, WriteSelection } from '../engine/views/model/index.ts';
import type { KeyBinding } from './key-binding.ts';

/** Names of screens; also the `:` commands that go to them. */
export type ScreenId =
  | 'packets'
  | 'bindings'
  | 'associations'
  | 'routability'
  | 'incidents'
  | 'ladder'
  | 'topology'
  | 'statistics'
  | 'log';

/** What a screen is asked to show. */
export type Subject =
  | { readonly kind: 'packet'; readonly packet: number }
  | {
      readonly kind: 'home-address';
      readonly homeAddress: string;
      readonly peer?: string | undefined;
    }
  | { readonly kind: 'incident'; readonly incident: number };

/** Cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** How loud the status line says something. */
export type SayLevel = 'info' | 'warning' | 'error';

/** One of several answers, chosen by its key or with the cursor. */
export interface Choice {
  /** One character. */
  readonly key: string;
  readonly label: string;
}

/** Whether a text that is being typed will do; `offset` and `length` are characters to mark. */
export type PromptVerdict =
  | { readonly ok: true; readonly note?: string | undefined }
  | {
      readonly ok: false;
      readonly message: string;
      readonly offset: number;
      readonly length: number;
      readonly hint?: string | undefined;
    };

/** A text that can stand in for `[from, to)` of what is typed. */
export interface Completion {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** What it is, shown dimmed: `Lifetime, 4 s`. */
  readonly detail?: string | undefined;
}

/** A line that the user is asked to type. */
export interface PromptRequest {
  /** In front of the text: `filter`, `write to`. */
  readonly label: string;
  readonly initial?: string | undefined;
  /** Texts given under the same name before are found with the arrow keys. */
  readonly history: string;
  /** Asked at every key; must be cheap. */
  readonly check?: ((text: string) => PromptVerdict) | undefined;
  /** What may stand at the cursor. The answer to an older question is ignored. */
  readonly complete?:
    | ((text: string, cursor: number) => readonly Completion[] | Promise<readonly Completion[]>)
    | undefined;
  /** Called with a text that `check` did not refuse. */
  readonly submit: (text: string) => void;
}

/** What a screen can make the whole do. The object is the same for the life of the interface. */
export interface ScreenActions {
  /** Goes to another screen; its `subject` becomes what is given here. */
  readonly go: (screen: ScreenId, subject?: Subject) => void;
  /** Applies a display filter and shows the packets. What is wrong with it is said. */
  readonly applyFilter: (filter: string) => void;
  /** Opens the filter box with a filter, to be finished and applied by the user. */
  readonly prepareFilter: (filter: string) => void;
  /** Says something in the status line until the next key or a few seconds have passed. */
  readonly say: (text: string, level?: SayLevel) => void;
  /** Opens the `:` line, with a text when given. */
  readonly command: (text?: string) => void;
  /** Copies text through the terminal (OSC 52), and says what was copied. */
  readonly copy: (text: string, what: string) => void;
  /** Asks yes or no. */
  readonly ask: (question: string) => Promise<boolean>;
  /** Lets the user choose; undefined when none is wanted. */
  readonly choose: (title: string, choices: readonly Choice[]) => Promise<Choice | undefined>;
  /** Shows text that the user closes with a key, with movement when it is long. */
  readonly show: (title: string, lines: readonly string[]) => void;
  /** Asks for a line of text. */
  readonly prompt: (request: PromptRequest) => void;
  /** Writes packets to a pcapng file; asks for its name when not given, and before an existing one is replaced. */
  readonly write: (selection: WriteSelection, what: string, file?: string) => void;
}

/** What the component of a screen is given. */
export interface ScreenProps {
  readonly model: PacketModel;
  readonly status: ModelStatus;
  /** What the screen fills, exactly: rows of one line each. */
  readonly size: ScreenSize;
  readonly actions: ScreenActions;
  /** False while another screen is shown: keep the state, ask the model for nothing. */
  readonly isActive: boolean;
  /** What it was asked to show last; a new object for every `go`. */
  readonly subject: Subject | undefined;
}

/** One screen. */
export interface ScreenDefinition {
  readonly id: ScreenId;
  readonly title: string;
  /** Title where 80 columns must do. */
  readonly short: string;
  readonly key: '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';
  readonly component: FC<ScreenProps>;
  /** Keys of this screen besides those of all screens; see `keymap.ts`. */
  readonly keys: readonly KeyBinding[];
}
