import { describe, expect, it } from 'vitest';
import { keysOf, typedText } from '../../../ui/frame/keypress.ts';
import { sequenceOf } from '../harness.tsx';

describe('names of keys', () => {
  it.each([
    'enter',
    'esc',
    'tab',
    'shift-tab',
    'space',
    'backspace',
    'up',
    'down',
    'left',
    'right',
    'home',
    'end',
    'pgup',
    'pgdn',
    'ctrl-c',
    'ctrl-d',
    'ctrl-z',
    'j',
    'G',
    '?',
    '\\',
    'é',
    '漢',
    '🙂',
  ])('are given back for what terminals send: %s', (key) => {
    expect(keysOf(sequenceOf(key))).toEqual([key]);
  });

  it.each([
    ['\x1bOA', 'up'],
    ['\x1b[1;5C', 'right'],
    ['\x1b\x1b[B', 'down'],
    ['\x1b[1~', 'home'],
    ['\x1b[8~', 'end'],
    ['\x1bOF', 'end'],
    ['\x1b[3~', 'delete'],
    ['\x1b[5;2~', 'pgup'],
  ])('do not depend on the kind of terminal: %j', (sequence, key) => {
    expect(keysOf(sequence)).toEqual([key]);
  });

  it('come in order when a terminal hands over several at once', () => {
    expect(keysOf('jj/mip6\r')).toEqual(['j', 'j', '/', 'm', 'i', 'p', '6', 'enter']);
  });

  it('keep an escape that is followed by another key at once', () => {
    expect(keysOf('\x1b:')).toEqual(['esc', ':']);
    expect(keysOf('\x1bj')).toEqual(['esc', 'j']);
    expect(keysOf('\x1b\x1b')).toEqual(['esc', 'esc']);
  });

  it('are none for sequences that are no keys: mouse, paste, answers, unknown function keys', () => {
    for (const sequence of ['\x1b[<0;3;4M', '\x1b[200~', '\x1b[?1;2c', '\x1b[99~', '\x1bOP']) {
      expect(keysOf(sequence)).toEqual([]);
    }
    expect(keysOf('\x00\x1d\x80')).toEqual([]);
  });

  it('type text when they are one character', () => {
    expect(['a', 'space', '漢', '🙂'].map(typedText)).toEqual(['a', ' ', '漢', '🙂']);
    expect(['enter', 'ctrl-d', 'up'].map(typedText)).toEqual([undefined, undefined, undefined]);
  });
});
