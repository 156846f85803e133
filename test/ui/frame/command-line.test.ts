import { describe, expect, it } from 'vitest';
import { checkCommand, completeCommand, parseCommand } from '../../../ui/frame/command-line.ts';
import { GLOBAL_KEYS, MOVE_KEYS } from '../../../ui/keymap.ts';
import type { KeyBinding } from '../../../ui/keymap.ts';
import { PACKETS_KEYS } from '../../../ui/packets/keys.ts';

const SORT: KeyBinding = {
  action: 'sort',
  keys: ['S'],
  description: 'sort',
  argument: { name: 'column', kind: 'choice', choices: ['time', 'address'] },
};
const ROWS = [...PACKETS_KEYS, ...MOVE_KEYS, ...GLOBAL_KEYS, SORT];

describe('the : line', () => {
  it.each([
    ['quit', 'quit', undefined],
    ['  help ', 'help', undefined],
    ['12', 'goto', '12'],
    ['goto 12', 'goto', '12'],
    ['write out file.pcapng', 'write', 'out file.pcapng'],
    ['write', 'write', undefined],
    ['mark a', 'mark', 'a'],
    ['display-filter', 'display-filter', undefined],
    ['filter mip6 and esp', 'filter', 'mip6 and esp'],
    ['sort address', 'sort', 'address'],
    // What fits one name only.
    ['susp', 'suspend', undefined],
  ])('knows %j', (line, action, argument) => {
    expect(parseCommand(line, ROWS)).toEqual({ ok: true, action, argument });
  });

  it.each([
    ['folow', "there is no command 'folow' here", 0, 5, 'did you mean follow?'],
    ['  xyzzy', "there is no command 'xyzzy' here", 2, 5, '? lists all of them'],
    ['quit now', 'quit takes nothing', 5, 3, 'write :quit'],
    ['mark', 'mark takes a letter', 5, 1, 'write :mark <letter>'],
    ['mark ab', "'ab' is no letter", 5, 2, 'write :mark <letter>'],
    ['goto x', "'x' is no number", 5, 1, 'write :goto <number>'],
    ['sort size', "'size' is no time or address", 5, 4, 'write :sort <time|address>'],
  ])('says what is wrong with %j', (line, message, offset, length, hint) => {
    expect(parseCommand(line, ROWS)).toEqual({ ok: false, message, offset, length, hint });
    expect(checkCommand(line, ROWS).ok).toBe(false);
  });

  it('says while it is typed what a command does', () => {
    expect(checkCommand('follow', ROWS)).toMatchObject({ ok: true, note: /this binding/ });
    expect(checkCommand('', ROWS)).toEqual({ ok: true });
  });

  it('has every action of the table', () => {
    for (const row of ROWS) {
      const argument = { letter: ' a', number: ' 3', text: ' t', filter: ' mip6', choice: ' time' };
      const line = row.action + (row.argument === undefined ? '' : argument[row.argument.kind]);
      expect(parseCommand(line, ROWS)).toMatchObject({ ok: true, action: row.action });
    }
  });

  it('completes names, those that start so first, each once', async () => {
    const found = await completeCommand('wr', 2, ROWS, () => []);
    expect(found.map(({ text }) => text)).toEqual(['write ', 'write-all ']);
    const all = await completeCommand('', 0, ROWS, () => []);
    expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
    expect(all).toHaveLength(new Set(ROWS.map(({ action }) => action)).size);
  });

  it('completes what a command takes', async () => {
    expect(await completeCommand('sort t', 6, ROWS, () => [])).toEqual([
      { text: 'time', from: 5, to: 6 },
    ]);
    const asked: string[] = [];
    await completeCommand('filter mi', 9, ROWS, (row, text) => {
      asked.push(row.action, text);
      return [];
    });
    expect(asked).toEqual(['filter', 'filter mi']);
    expect(await completeCommand('quit x', 6, ROWS, () => [])).toEqual([]);
  });
});
