/**
 * The `:` line: every action by its name.
 */
import { commandText } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';
import type { Completion, PromptVerdict } from '../screen.ts';

/** What a line means. */
export type ParsedCommand =
  | { readonly ok: true; readonly action: string; readonly argument: string | undefined }
  | {
      readonly ok: false;
      readonly message: string;
      readonly offset: number;
      readonly length: number;
      readonly hint?: string;
    };

/** Changes of one character that make one text of another; texts are short names. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const same = (before[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      row.push(Math.min(same, (before[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}

/** The name that somebody may have meant. */
function nearest(text: string, names: readonly string[]): string | undefined {
  const found = names
    .map((name) => ({ name, far: name.startsWith(text) ? 0 : distance(text, name) }))
    .sort((a, b) => a.far - b.far)[0];
  return found !== undefined && found.far <= Math.max(1, Math.floor(text.length / 3))
    ? found.name
    : undefined;
}

/** Rows by name; the first of a name counts. */
function rowNamed(rows: readonly KeyBinding[], name: string): KeyBinding | undefined {
  return rows.find(({ action }) => action === name);
}

/** Reads a line: a number goes to that line, otherwise the name of an action and what it takes. */
export function parseCommand(line: string, rows: readonly KeyBinding[]): ParsedCommand {
  const text = line.trim();
  if (/^\d{1,9}$/.test(text)) return { ok: true, action: 'goto', argument: text };
  const [, name = '', argument = ''] = /^(\S*)\s*([^]*)$/.exec(text) ?? [];
  const row = rowNamed(rows, name);
  const offset = line.length - line.trimStart().length;
  if (row === undefined) {
    // A start that fits one name only is enough, as in vim.
    const starts = [...new Set(rows.map(({ action }) => action))].filter((action) =>
      action.startsWith(name),
    );
    const [only] = starts;
    if (name !== '' && starts.length === 1 && only !== undefined) {
      return parseCommand(`${only} ${argument}`, rows);
    }
    const near = nearest(
      name,
      rows.map(({ action }) => action),
    );
    return {
      ok: false,
      message: name === '' ? 'a command is wanted' : `there is no command '${name}' here`,
      offset,
      length: Math.max(1, name.length),
      hint: near === undefined ? '? lists all of them' : `did you mean ${near}?`,
    };
  }
  return checkArgument(row, argument, offset + name.length);
}

function checkArgument(row: KeyBinding, argument: string, end: number): ParsedCommand {
  const { action } = row;
  const wrong = (message: string, length: number): ParsedCommand => ({
    ok: false,
    message,
    offset: end + 1,
    length: Math.max(1, length),
    hint: `write :${commandText(row)}`,
  });
  if (row.argument === undefined) {
    return argument === ''
      ? { ok: true, action, argument: undefined }
      : wrong(`${action} takes nothing`, argument.length);
  }
  const { kind, name, choices = [], isOptional = false } = row.argument;
  // Texts are asked for by the action itself when they are missing.
  if (argument === '') {
    return isOptional || kind === 'text' || kind === 'filter' || kind === 'choice'
      ? { ok: true, action, argument: undefined }
      : wrong(`${action} takes a ${name}`, 1);
  }
  const isRight =
    kind === 'letter'
      ? /^[a-z]$/i.test(argument)
      : kind === 'number'
        ? /^\d{1,9}$/.test(argument)
        : kind !== 'choice' || choices.includes(argument);
  return isRight
    ? { ok: true, action, argument }
    : wrong(
        `'${argument}' is no ${kind === 'choice' ? choices.join(' or ') : name}`,
        argument.length,
      );
}

/** Verdict for a line that is being typed. */
export function checkCommand(line: string, rows: readonly KeyBinding[]): PromptVerdict {
  if (line.trim() === '') return { ok: true };
  const parsed = parseCommand(line, rows);
  return parsed.ok ? { ok: true, note: rowNamed(rows, parsed.action)?.description } : parsed;
}

/** Names that may stand at the cursor; what an action takes is completed by `argument`. */
export function completeCommand(
  line: string,
  cursor: number,
  rows: readonly KeyBinding[],
  argument: (
    row: KeyBinding,
    text: string,
    cursor: number,
  ) => readonly Completion[] | Promise<readonly Completion[]>,
): readonly Completion[] | Promise<readonly Completion[]> {
  const [, lead = '', name = ''] = /^(\s*)(\S*)/.exec(line) ?? [];
  const end = lead.length + name.length;
  if (cursor > end) {
    const row = rowNamed(rows, name);
    if (row?.argument === undefined) return [];
    const { choices } = row.argument;
    const from = end + (/^\s*/.exec(line.slice(end))?.[0].length ?? 0);
    if (choices !== undefined) {
      const start = line.slice(from);
      return choices
        .filter((choice) => choice.startsWith(start))
        .map((text) => ({ text, from, to: line.length }));
    }
    return argument(row, line, cursor);
  }
  const start = line.slice(lead.length, cursor);
  const seen = new Set<string>();
  const rank = ({ action }: KeyBinding): number =>
    action.startsWith(start) ? 0 : action.includes(start) ? 1 : 2;
  return rows
    .filter((row) => {
      if (rank(row) === 2 || seen.has(row.action)) return false;
      seen.add(row.action);
      return true;
    })
    .sort((a, b) => rank(a) - rank(b))
    .map(({ action, description, argument: takes }) => ({
      text: takes === undefined ? action : `${action} `,
      from: lead.length,
      to: end,
      detail: description,
    }));
}
