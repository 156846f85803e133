/**
 * What `ip xfrm state` and `ip xfrm policy` print, and the commands that make such (`ip xfrm state add ...`):
 * both are keywords with values, in one grammar.
 */
import { readXfrmPolicy } from './ip-xfrm-policy.ts';
import { readXfrmState } from './ip-xfrm-state.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent } from './key-file.ts';
import { linesOf } from './key-lines.ts';
import { WordReader } from './word-reader.ts';
import { splitWords, type Word } from './words.ts';

/** Heads of what `ip xfrm monitor` prints. */
const MONITOR_HEADS = new Set(['Updated', 'Deleted', 'Expired', 'Flushed', 'Async', 'acquire']);

/** Reads listings, commands, or both. Never throws; a bad one is a problem and the others count. */
export function readIpXfrm(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'output of ip xfrm');
  const { words, openQuote, isCut } = splitWords(linesOf(text));
  let block: Word[] = [];
  let lastLine = 0;
  for (const word of words) {
    const isArgument = word.text === 'src' && isBareCommand(block);
    if (word.line !== lastLine && isStart(word) && !isArgument) {
      readBlock(block, builder);
      block = [];
      if (builder.isFull) return builder.content;
    }
    lastLine = word.line;
    block.push(word);
  }
  readBlock(block, builder);
  if (openQuote !== undefined) {
    builder.error('KEYS_SYNTAX', openQuote, undefined, 'no closing quote on this line; add one');
  } else if (isCut) {
    const place = { line: lastLine, column: 0 };
    builder.error('KEYS_TOO_MANY', place, undefined, 'too many words; the rest is not read');
  }
  return builder.content;
}

/** Whether the first word of a line begins a listing or a command. */
function isStart({ text, column, isQuoted }: Word): boolean {
  if (isQuoted) return false;
  if (text === 'ip' || text === 'sudo') return true;
  return column === 1 && (text === 'src' || MONITOR_HEADS.has(text));
}

/** A command whose arguments come on the lines after it. */
function isBareCommand(block: readonly Word[]): boolean {
  const [first] = block;
  return first !== undefined && first.text === 'ip' && !block.some(({ text }) => text === 'src');
}

function readBlock(block: readonly Word[], builder: KeyFileBuilder): void {
  const reader = new WordReader(block, builder);
  if (reader.isAtEnd) return;
  const place = { line: reader.line, column: 0 };
  reader.takeIf('sudo');
  if (reader.takeIf('ip')) {
    readCommand(reader, place, builder);
    return;
  }
  if (reader.takeIf('Deleted', 'Expired', 'Flushed', 'Async', 'acquire')) {
    builder.note(place.line, 'a message of ip xfrm monitor that adds nothing; left out');
    return;
  }
  reader.takeIf('Updated');
  if (reader.peek()?.text !== 'src') {
    reader.fail(
      'KEYS_SYNTAX',
      'statement',
      'expected a line like: src 2001:db8::1 dst 2001:db8::2',
      place,
    );
  } else if (isPolicy(block)) readXfrmPolicy(reader, place, builder);
  else readXfrmState(reader, place, builder);
}

/** `ip [options] xfrm state|policy add|update ...`; keywords may be cut short, as for `ip` itself. */
function readCommand(
  reader: WordReader,
  place: { line: number; column: number },
  builder: KeyFileBuilder,
): void {
  while (reader.peek()?.text.startsWith('-') === true) reader.take();
  const object = begins('xfrm', reader.take()) ? reader.take() : '';
  const isState = begins('state', object);
  if (!isState && !begins('policy', object)) {
    reader.fail(
      'KEYS_SYNTAX',
      'command',
      'expected ip xfrm state add or ip xfrm policy add',
      place,
    );
    return;
  }
  const verb = reader.take();
  if (!begins('add', verb) && !begins('update', verb)) {
    builder.note(place.line, 'a command that adds nothing; left out');
  } else if (isState) readXfrmState(reader, place, builder);
  else readXfrmPolicy(reader, place, builder);
}

function begins(keyword: string, word: string): boolean {
  return word !== '' && keyword.startsWith(word);
}

/** A policy has a direction, and an SPI at most in its templates. */
function isPolicy(block: readonly Word[]): boolean {
  for (const [i, { text }] of block.entries()) {
    if (text === 'spi' || text === 'mode') return false;
    if (text === 'tmpl') return true;
    if (text === 'dir' && ['in', 'out', 'fwd'].includes(block[i + 1]?.text ?? '')) return true;
  }
  return false;
}
