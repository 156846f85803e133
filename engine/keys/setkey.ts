/**
 * Files of `setkey`, which KAME, UMIP and ipsec-tools read:
 *
 *     add 2001:db8:1::10 2001:db8:1::1 esp 0x100 -m transport -E rijndael-cbc 0x00..ff -A hmac-sha1 0x00..ff;
 *     spdadd 2001:db8:1::10 2001:db8:1::1 135 5 -P out ipsec esp/transport//require;
 */
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import { setkeyEncryption, setkeyIntegrity } from './algorithm-names.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent } from './key-file.ts';
import { linesOf } from './key-lines.ts';
import { readSetkeyPolicy } from './setkey-policy.ts';
import { judgedKeys, unknownAlgorithm, type GivenKey } from './statement-keys.ts';
import { WordReader } from './word-reader.ts';
import { splitWords, type Word } from './words.ts';

/** First words of statements that hold neither keys nor policies. */
const OTHER_STATEMENTS = new Set([
  'get',
  'delete',
  'deleteall',
  'flush',
  'dump',
  'spddelete',
  'spdget',
  'spdflush',
  'spddump',
  'exit',
  'quit',
]);

/** All words a `setkey` file may begin with. */
export const SETKEY_COMMANDS: ReadonlySet<string> = new Set([
  'add',
  'spdadd',
  'spdupdate',
  ...OTHER_STATEMENTS,
]);

/** Extensions of `add` that change nothing for an observer, with the number of words behind them. */
const IGNORED_EXTENSIONS: Readonly<Record<string, number>> = {
  '-f': 1,
  '-lh': 1,
  '-ls': 1,
  '-bh': 1,
  '-bs': 1,
  '-ctx': 3,
};

/** Reads a `setkey` file. Never throws; a bad statement is a problem and the others count. */
export function readSetkey(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'a setkey file');
  const { words, openQuote, isCut } = splitWords(linesOf(text));
  let statement: Word[] = [];
  for (const word of words) {
    if (word.isQuoted || word.text !== ';') {
      statement.push(word);
      continue;
    }
    readStatement(statement, builder);
    statement = [];
    if (builder.isFull) return builder.content;
  }
  if (openQuote !== undefined) {
    builder.error('KEYS_SYNTAX', openQuote, undefined, 'no closing quote on this line; add one');
  } else if (isCut) {
    const place = { line: statement[0]?.line ?? 0, column: 0 };
    builder.error('KEYS_TOO_MANY', place, undefined, 'too many words; the rest is not read');
  } else if (statement.length > 0) {
    // As setkey itself, which ignores what has no end; but it was meant.
    const place = { line: statement[0]?.line ?? 0, column: 0 };
    builder.warning('KEYS_SYNTAX', place, undefined, 'no ; after the last statement; add one');
    readStatement(statement, builder);
  }
  return builder.content;
}

function readStatement(words: readonly Word[], builder: KeyFileBuilder): void {
  const reader = new WordReader(words, builder);
  if (reader.isAtEnd) return;
  const { place } = reader;
  const command = reader.take();
  if (command === 'add') readAdd(reader, place, builder);
  else if (command === 'spdadd' || command === 'spdupdate') {
    readSetkeyPolicy(reader, place, builder);
  } else if (!OTHER_STATEMENTS.has(command)) {
    reader.fail(
      'KEYS_SYNTAX',
      'statement',
      'expected add, spdadd or another statement of setkey; is the ; before it missing?',
    );
  }
}

interface Added {
  mode: 'transport' | 'tunnel' | 'any';
  replayWindow: number | undefined;
  requestId: number | undefined;
  encryption: GivenKey<EncryptionTransform> | undefined;
  integrity: GivenKey<IntegrityTransform> | undefined;
}

function readAdd(
  reader: WordReader,
  place: { line: number; column: number },
  builder: KeyFileBuilder,
): void {
  while (/^-[46n]+$/.test(reader.peek()?.text ?? '')) reader.take();
  const source = reader.endpoint('source');
  const destination = reader.endpoint('destination');
  const protocol = reader.take();
  if (protocol !== 'esp' && protocol !== 'esp-udp') {
    if (['ah', 'ah-old', 'esp-old', 'ipcomp', 'tcp'].includes(protocol)) {
      builder.note(place.line, `not ESP (RFC 4303); left out`);
    } else reader.fail('KEYS_PROTOCOL', 'protocol', 'expected esp');
    return;
  }
  const spi = reader.spi();
  const added: Added = {
    mode: 'any',
    replayWindow: undefined,
    requestId: undefined,
    encryption: undefined,
    integrity: undefined,
  };
  while (!reader.isAtEnd && !reader.hasFailed) readExtension(reader, added);
  if (reader.hasFailed || source === undefined || destination === undefined) return;
  if (source.bytes.length !== destination.bytes.length) {
    reader.fail('KEYS_ADDRESS', 'destination', 'expected the address family of the source', place);
    return;
  }
  if (added.encryption === undefined && added.integrity === undefined) {
    reader.fail('KEYS_COLUMNS', 'encryption', 'expected -E algorithm key', place);
    return;
  }
  const keys = judgedKeys(reader, added.encryption, added.integrity);
  if (keys === undefined) return;
  const { mode, replayWindow, requestId } = added;
  builder.association(
    { spi, source, destination, ...keys, mode, replayWindow, requestId },
    { line: place.line, column: 0 },
  );
}

function readExtension(reader: WordReader, added: Added): void {
  const word = reader.take();
  switch (word) {
    case '-m': {
      const mode = reader.take();
      if (mode === 'transport' || mode === 'tunnel' || mode === 'any') added.mode = mode;
      else reader.fail('KEYS_MODE', 'mode', 'expected transport, tunnel or any');
      return;
    }
    case '-r': {
      // setkey counts octets of its bit map.
      const octets = reader.number('replay window', 0xffff_ffff);
      added.replayWindow = octets === undefined ? undefined : Math.min(8 * octets, 0xffff_ffff);
      return;
    }
    case '-u':
      added.requestId = reader.number('unique id', 0xffff_ffff);
      return;
    case '-E':
      added.encryption = readEncryption(reader);
      return;
    case '-A':
      added.integrity = readIntegrity(reader);
      return;
    case '-C':
      reader.fail('KEYS_SYNTAX', 'extension', 'compression is not ESP; expected -E or -A');
      return;
    default: {
      const skipped = Object.hasOwn(IGNORED_EXTENSIONS, word)
        ? IGNORED_EXTENSIONS[word]
        : undefined;
      if (skipped === undefined) {
        reader.fail(
          'KEYS_SYNTAX',
          'extension',
          'expected an option like -m, -E, -A, or ; at the end of the statement',
        );
        return;
      }
      for (let i = 0; i < skipped; i++) reader.take();
    }
  }
}

function readEncryption(reader: WordReader): GivenKey<EncryptionTransform> | undefined {
  const name = reader.take();
  const transform = setkeyEncryption(name);
  if (transform === undefined) {
    unknownAlgorithm(reader, 'setkey', 'encryption', name, 'rijndael-cbc, 3des-cbc or null');
    return undefined;
  }
  const { place } = reader;
  // `null` has no key: what follows is the next option.
  const hasKey = transform.keyLengths.length > 0 || isKey(reader.peek());
  const key = hasKey ? reader.key('encryption key') : new Uint8Array(0);
  return key === undefined ? undefined : { transform, key, place };
}

function readIntegrity(reader: WordReader): GivenKey<IntegrityTransform> | undefined {
  const name = reader.take();
  const transform = setkeyIntegrity(name);
  if (transform === undefined) {
    const example = 'hmac-sha1, hmac-sha256 or null';
    unknownAlgorithm(reader, 'setkey', 'authentication', name, example);
    return undefined;
  }
  if (transform.icvLength === 12 && transform.keyLength === 32) {
    reader.note(
      'hmac-sha256 is read with an ICV of 96 bits, as setkey makes it on Linux; when it has 128 bits write hmac-sha2-256',
    );
  }
  const { place } = reader;
  const hasKey = transform.keyLength > 0 || isKey(reader.peek());
  const key = hasKey ? reader.key('authentication key') : new Uint8Array(0);
  return key === undefined ? undefined : { transform, key, place };
}

function isKey(word: Word | undefined): boolean {
  return word !== undefined && (word.isQuoted || /^0[xX]/.test(word.text));
}
