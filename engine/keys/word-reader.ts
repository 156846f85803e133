/**
 * Reads words one after another, with what all the command languages share: addresses, numbers, keys.
 */
import { parseAddress, parsePrefix, type Prefix } from '../../dissectors/core/address.ts';
import { parseKey, parseSpi } from './esp-sa-fields.ts';
import type { KeyFileBuilder, KeyPlace } from './key-file-builder.ts';
import type { Word } from './words.ts';

/** Names of upper-layer protocols in key files. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  icmpv6: 58,
  'ipv6-icmp': 58,
  'mobility-header': 135,
  mh: 135,
  'ipv6-mh': 135,
  sctp: 132,
};

/** Reader of the words of one statement. It reports what it expected, never what it found. */
export class WordReader {
  readonly #words: readonly Word[];
  readonly #builder: KeyFileBuilder;
  #at = 0;
  /** Something was wrong: the statement must not be used. */
  hasFailed = false;

  constructor(words: readonly Word[], builder: KeyFileBuilder) {
    this.#words = words;
    this.#builder = builder;
  }

  /** Line and column of the next word, of the last one at the end. */
  get place(): KeyPlace {
    const word = this.#words[this.#at] ?? this.#words.at(-1);
    return { line: word?.line ?? 0, column: word?.column ?? 0 };
  }

  /** Line of the first word. */
  get line(): number {
    return this.#words[0]?.line ?? 0;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  /** Next word; undefined at the end. */
  peek(): Word | undefined {
    return this.#words[this.#at];
  }

  /** Takes the next word; its text, or '' at the end. */
  take(): string {
    return this.#words[this.#at++]?.text ?? '';
  }

  /** Takes the next word when it is this one. */
  takeIf(...texts: readonly string[]): boolean {
    const word = this.peek();
    if (word === undefined || word.isQuoted || !texts.includes(word.text)) return false;
    this.#at++;
    return true;
  }

  /** Says what was expected of the word before the next, and marks the statement as failed. */
  fail(code: string, field: string, message: string, place = this.#before()): void {
    this.hasFailed = true;
    this.#builder.error(code, place, field, message);
  }

  warn(code: string, field: string, message: string, place = this.#before()): void {
    this.#builder.warning(code, place, field, message);
  }

  note(message: string): void {
    this.#builder.note(this.line, message);
  }

  #before(): KeyPlace {
    const word = this.#words[Math.max(this.#at - 1, 0)];
    return { line: word?.line ?? this.line, column: word?.column ?? 0 };
  }

  /** An address; the unspecified one stands for any. */
  endpoint(field: string): Prefix | undefined {
    const bytes = parseAddress(this.take());
    if (bytes === undefined) {
      this.fail(
        'KEYS_ADDRESS',
        field,
        'expected an address like 2001:db8::1; names are not looked up',
      );
      return undefined;
    }
    return { bytes, length: bytes.every((octet) => octet === 0) ? 0 : 8 * bytes.length };
  }

  /** A prefix, or an address. */
  prefix(field: string): Prefix | undefined {
    const prefix = parsePrefix(this.take());
    if (prefix !== undefined) return prefix;
    this.fail(
      'KEYS_ADDRESS',
      field,
      'expected an address like 2001:db8::1 or a prefix like 2001:db8::/64',
    );
    return undefined;
  }

  /** A whole number, decimal or after 0x. */
  number(field: string, most: number): number | undefined {
    const value = wholeNumber(this.take(), most);
    if (value !== undefined) return value;
    this.fail('KEYS_NUMBER', field, `expected a whole number from 0 to ${most}`);
    return undefined;
  }

  spi(): number | undefined {
    const spi = parseSpi(this.take());
    if (typeof spi === 'number') return spi;
    this.fail(
      'KEYS_SPI',
      'spi',
      'expected a number from 1 to 4294967295, decimal or like 0x00000100',
    );
    return undefined;
  }

  /** A protocol name or number. */
  protocol(): number | undefined {
    const text = this.take();
    const known = protocolNumber(text);
    if (known !== undefined) return known;
    this.fail(
      'KEYS_PROTOCOL',
      'protocol',
      'expected a protocol number, or a name like mobility-header, icmp6, tcp, udp',
    );
    return undefined;
  }

  /** A key: `0x` and hex digits, or text. */
  key(field: string): Uint8Array | undefined {
    const { bytes, fault, isOdd } = parseKey(this.take());
    if (fault !== undefined) {
      this.fail('KEYS_KEY_HEX', field, 'expected 0x and hex digits, or ASCII text');
      return undefined;
    }
    if (isOdd === true) {
      this.warn(
        'KEYS_KEY_ODD',
        field,
        'odd number of hex digits; read with a 0 in front. Check that none is missing',
      );
    }
    return bytes;
  }
}

/** Decimal or hexadecimal number up to `most`; undefined for anything else. */
export function wholeNumber(text: string, most: number): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** Number of an upper-layer protocol; undefined for a name that is none. */
export function protocolNumber(text: string): number | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : wholeNumber(text, 255);
}
