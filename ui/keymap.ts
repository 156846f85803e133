/**
 * The one table of keys: what a key does, under which name the `:` line has it, and how help describes it. Help, footer,
 * the `:` line and the docs are made of it; nothing else says what a key is.
 */
import type { KeyBinding } from './key-binding.ts';
import type { ScreenDefinition } from './screen.ts';

export type { ActionArgument, KeyBinding } from './key-binding.ts';

/** Rows under a title. */
export interface KeyGroup {
  readonly title: string;
  readonly rows: readonly KeyBinding[];
}

/** Movement, for every screen. `useList` answers to it. */
export const MOVE_KEYS: readonly KeyBinding[] = [
  { action: 'down', keys: ['j', 'down'], description: 'next line', isRepeatable: true },
  { action: 'up', keys: ['k', 'up'], description: 'line before', isRepeatable: true },
  { action: 'left', keys: ['h', 'left'], description: 'fold, or to the left', isRepeatable: true },
  {
    action: 'right',
    keys: ['l', 'right'],
    description: 'unfold, or to the right',
    isRepeatable: true,
  },
  { action: 'first', keys: ['gg', 'home'], description: 'first line' },
  { action: 'last', keys: ['G', 'end'], description: 'last line; goes on with what comes' },
  {
    action: 'goto',
    keys: ['12G'],
    description: 'line 12; in Packets the packet with that number',
    argument: { name: 'number', kind: 'number' },
  },
  { action: 'half-down', keys: ['ctrl-d'], description: 'half a page down', isRepeatable: true },
  { action: 'half-up', keys: ['ctrl-u'], description: 'half a page up', isRepeatable: true },
  { action: 'page-down', keys: ['pgdn'], description: 'a page down', isRepeatable: true },
  { action: 'page-up', keys: ['pgup'], description: 'a page up', isRepeatable: true },
];

/** For screens with panes: add these to `keys`. */
export const PANE_KEYS: readonly KeyBinding[] = [
  { action: 'next-pane', keys: ['tab'], description: 'next pane', footer: 'pane' },
  { action: 'previous-pane', keys: ['shift-tab'], description: 'pane before' },
  { action: 'maximise', keys: ['\\'], description: 'this pane alone, and back' },
  { action: 'grow', keys: ['+', '='], description: 'this pane larger', isRepeatable: true },
  { action: 'shrink', keys: ['-'], description: 'this pane smaller', isRepeatable: true },
];

/** Everywhere. Keys of screens are added by `keyGroups`. */
export const GLOBAL_KEYS: readonly KeyBinding[] = [
  { action: 'help', keys: ['?'], description: 'keys of this screen', footer: 'help' },
  {
    action: 'command',
    keys: [':'],
    description: 'command line; tab completes; a number goes to that line',
  },
  { action: 'previous-screen', keys: ['['], description: 'screen before' },
  { action: 'next-screen', keys: [']'], description: 'next screen' },
  {
    action: 'display-filter',
    keys: [],
    description: 'show the packets that a filter selects; without a filter: all',
    argument: { name: 'filter', kind: 'filter', isOptional: true },
  },
  { action: 'capture', keys: ['s'], description: 'stop or start a live capture' },
  {
    action: 'back',
    keys: ['esc'],
    description: 'one step back: close, leave the pane, the screen before; the filter goes last',
  },
  { action: 'redraw', keys: ['ctrl-l'], description: 'draw everything again' },
  { action: 'suspend', keys: ['ctrl-z'], description: 'to the shell; fg comes back' },
  {
    action: 'quit',
    keys: ['q'],
    description: 'leave; asks when live packets are not written',
    footer: 'quit',
  },
  { action: 'quit-now', keys: ['ctrl-c'], description: 'twice: leave without a question' },
];

/** Rows that go to screens. */
export function screenKeys(screens: readonly ScreenDefinition[]): readonly KeyBinding[] {
  return screens.map(({ id, key, title }) => ({
    action: id,
    keys: [key],
    description: `screen ${title}`,
  }));
}

/** All that a screen answers to, its own keys first. */
export function keyGroups(
  screen: ScreenDefinition,
  screens: readonly ScreenDefinition[],
): readonly KeyGroup[] {
  return [
    { title: screen.title, rows: screen.keys },
    { title: 'Moving', rows: MOVE_KEYS },
    { title: 'Everywhere', rows: GLOBAL_KEYS },
    { title: 'Screens', rows: screenKeys(screens) },
  ];
}

/** Rows of `keyGroups` in one list. */
export function keyRows(
  screen: ScreenDefinition,
  screens: readonly ScreenDefinition[],
): readonly KeyBinding[] {
  return keyGroups(screen, screens).flatMap(({ rows }) => rows);
}

/** Keys that matter most on a screen: its own first, six at most. */
export function footerRows(
  screen: ScreenDefinition,
  screens: readonly ScreenDefinition[],
): readonly KeyBinding[] {
  const rows = keyRows(screen, screens).filter(({ footer }) => footer !== undefined);
  const own = rows.filter(({ action }) => action !== 'help' && action !== 'quit');
  const rest = rows.filter(({ action }) => action === 'help' || action === 'quit');
  return [...own.slice(0, 6 - rest.length), ...rest];
}

/** `write <file>`, as help shows a command. */
export function commandText({ action, argument }: KeyBinding): string {
  if (argument === undefined) return action;
  const name = argument.kind === 'choice' ? (argument.choices ?? []).join('|') : argument.name;
  return argument.isOptional === true ? `${action} [${name}]` : `${action} <${name}>`;
}

/** The table as Markdown, for the docs. */
export function keysPage(screens: readonly ScreenDefinition[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const code = (text: string): string => `\`${cell(text)}\``;
  const table = ({ title, rows }: KeyGroup): string =>
    [
      `## ${title}`,
      '',
      '| Key | Command | What it does |',
      '| --- | --- | --- |',
      ...rows.map(
        (row) =>
          `| ${row.keys.map(code).join(' ')} | ${code(`:${commandText(row)}`)} | ${cell(row.description)} |`,
      ),
      '',
    ].join('\n');
  return [
    { title: 'Everywhere', rows: GLOBAL_KEYS },
    { title: 'Screens', rows: screenKeys(screens) },
    { title: 'Moving', rows: MOVE_KEYS },
    ...screens
      .filter(({ keys }) => keys.length > 0)
      .map(({ title, keys }) => ({ title, rows: keys })),
  ]
    .map(table)
    .join('\n');
}
