/**
 * What screens can make the whole do.
 */
import type { ModelStatus, PacketModel } from '../../engine/views/model/index.ts';
import { checkFilter, completeFilter } from '../filter-completion.ts';
import type { ActionCall } from '../hooks/use-actions.ts';
import type { KeyBinding } from '../keymap.ts';
import type { PromptRequest, ScreenActions } from '../screen.ts';
import { checkCommand, completeCommand, parseCommand } from './command-line.ts';
import { goTo, open } from './frame-state.ts';
import type { FrameState } from './frame-state.ts';
import type { Histories } from './layers.ts';
import type { FrameServices } from './services.ts';

/** Packets of a live capture that are in a file by now. */
export interface Written {
  packets: number;
}

/** What actions are made of. */
export interface ActionParts {
  readonly model: PacketModel;
  readonly services: FrameServices;
  readonly change: (next: (before: FrameState) => FrameState) => void;
  readonly histories: Histories;
  /** Rows of the screen that is shown. */
  readonly rowsNow: () => readonly KeyBinding[];
  readonly statusNow: () => ModelStatus;
  readonly run: (action: string, call: ActionCall) => void;
  readonly written: Written;
}

/** Text of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The filter box. */
export function filterPrompt(
  model: PacketModel,
  initial: string,
  submit: (filter: string) => void,
): PromptRequest {
  return {
    label: 'filter',
    initial,
    history: 'filter',
    check: (text) => checkFilter(model, text),
    complete: (text, cursor) => completeFilter(model, text, cursor),
    submit,
  };
}

/** Makes the actions. */
export function makeActions(parts: ActionParts): ScreenActions {
  const { model, services, change, histories, rowsNow, statusNow, run, written } = parts;

  const say: ScreenActions['say'] = (text, level = 'info') => {
    change((before) => ({ ...before, message: { text, level } }));
  };
  const prompt: ScreenActions['prompt'] = (request) => {
    change((before) => open(before, { kind: 'prompt', request }));
  };
  const go: ScreenActions['go'] = (screen, subject) => {
    change((before) => goTo(before, screen, subject));
  };
  const ask: ScreenActions['ask'] = (question) =>
    new Promise((answer) => {
      change((before) => open(before, { kind: 'ask', question, answer }));
    });

  const applyFilter = async (filter: string): Promise<void> => {
    try {
      const outcome = await model.setFilter(filter);
      if (!outcome.ok) {
        const { message, hint } = outcome;
        say(hint === undefined ? message : `${message}; ${hint}`, 'error');
        return;
      }
      histories.add('filter', filter);
      services.history?.add(filter);
      go('packets');
      if (outcome.matched === 0 && filter.trim() !== '' && !statusNow().isFiltering) {
        say('no packet matches; esc clears the filter', 'warning');
      }
    } catch (error) {
      say(reasonOf(error), 'error');
    }
  };

  const write = async (
    ...[selection, what, file]: Parameters<ScreenActions['write']>
  ): Promise<void> => {
    if (file === undefined) {
      prompt({
        label: `write ${what} to`,
        initial: '',
        history: 'file',
        check: (text) =>
          text.trim() === ''
            ? { ok: false, message: 'the name of a file is wanted', offset: 0, length: 1 }
            : { ok: true, note: 'pcapng, with what was found as comments' },
        submit: (name) => void write(selection, what, name.trim()),
      });
      return;
    }
    if (services.fileExists(file) && !(await ask(`${file} is there already. Replace it?`))) {
      say('nothing was written');
      return;
    }
    try {
      const { packets } = await model.write(file, selection);
      if (selection.kind === 'all') written.packets = statusNow().packets;
      say(`${packets} packets written to ${file}`);
    } catch (error) {
      say(reasonOf(error), 'error');
    }
  };

  return {
    go,
    say,
    ask,
    prompt,
    applyFilter: (filter) => void applyFilter(filter),
    prepareFilter: (filter) => {
      prompt(filterPrompt(model, filter, (text) => void applyFilter(text)));
    },
    command: (text = '') => {
      prompt({
        label: ':',
        initial: text,
        history: 'command',
        check: (line) => checkCommand(line, rowsNow()),
        complete: (line, cursor) =>
          completeCommand(line, cursor, rowsNow(), async (row, whole, at) => {
            if (row.argument?.kind !== 'filter') return [];
            const start = /^\s*\S+\s*/.exec(whole)?.[0].length ?? 0;
            const found = await completeFilter(model, whole.slice(start), at - start);
            return found.map((item) => ({
              ...item,
              from: item.from + start,
              to: item.to + start,
            }));
          }),
        submit: (line) => {
          if (line.trim() === '') return;
          const parsed = parseCommand(line, rowsNow());
          if (parsed.ok) run(parsed.action, { count: undefined, argument: parsed.argument });
        },
      });
    },
    copy: (text, what) => {
      if (services.copy(text)) say(`${what} copied`);
      else say(`${what} is too long to copy through the terminal`, 'warning');
    },
    choose: (title, choices) =>
      new Promise((answer) => {
        if (choices.length === 0) answer(undefined);
        else change((before) => open(before, { kind: 'choose', title, choices, answer }));
      }),
    show: (title, lines) => {
      change((before) => open(before, { kind: 'show', title, lines }));
    },
    write: (...args) => void write(...args),
  };
}
