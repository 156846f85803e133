/**
 * Secrets of `tcpdump -E`, as its argument (separated by commas) or as its secrets file (a line each):
 *
 *     0x00000100@2001:db8:1::1 aes128-cbc-hmac96:0x00..ff
 *     ikev2 I 0x0102030405060708 0x1112131415161718 sha1:0x00..ff aes128:0x00..ff
 *
 * tcpdump has no key for the ICV: `-hmac96` says that one of 96 bits is there and is cut off.
 */
import { parseAddress, type Prefix } from '../../dissectors/core/address.ts';
import { NULL_INTEGRITY } from '../crypto/transforms.ts';
import { tcpdumpEncryption } from './algorithm-names.ts';
import { parseKey } from './esp-sa-fields.ts';
import { findIkeAlgorithm, IKE_ENCRYPTION, IKE_INTEGRITY } from './ike-algorithms.ts';
import type { IkeAlgorithm } from './ike-algorithms.ts';
import { KeyFileBuilder, type KeyPlace } from './key-file-builder.ts';
import type { Ikev2Key, KeyFileContent } from './key-file.ts';
import { linesOf } from './key-lines.ts';
import { KeyMaterial } from './key-material.ts';
import { judgedKeys, uncheckedIntegrity, unknownAlgorithm } from './statement-keys.ts';
import { WordReader } from './word-reader.ts';

/** What says that an ICV of 96 bits is there. */
const ICV_SUFFIX = '-hmac96';
/** A comma that separates two secrets; a key given as text may hold others. */
const SEPARATOR = /,(?=(?:0[xX])?[0-9a-fA-F]{1,10}@|ikev2 )/;
/** No line is longer. */
const MAX_LINE_LENGTH = 100_000;

/** What the `ikev2` lines of one association say, until all are read. */
type PendingIke = { -readonly [K in keyof Ikev2Key]: Ikev2Key[K] };

/** Reads secrets of tcpdump. Never throws. */
export function readTcpdumpSecrets(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'a secrets file of tcpdump');
  const ike = new Map<string, PendingIke>();
  for (const [index, content] of linesOf(text).entries()) {
    const line = index + 1;
    if (content.length > MAX_LINE_LENGTH) {
      const message = `line of ${content.length} characters; expected spi@address algorithm:key`;
      builder.error('KEYS_SYNTAX', { line, column: 0 }, undefined, message);
      continue;
    }
    let column = 1;
    for (const part of content.split(SEPARATOR)) {
      readSecret(part, { line, column }, builder, ike);
      column += part.length + 1;
    }
    if (builder.isFull) break;
  }
  for (const key of ike.values()) builder.ikeKey(key, { line: key.origin.line, column: 0 });
  return builder.content;
}

function readSecret(
  text: string,
  at: KeyPlace,
  builder: KeyFileBuilder,
  ike: Map<string, PendingIke>,
): void {
  const words = [...text.matchAll(/[^ \t\r]+/g)].map((match) => ({
    text: match[0],
    line: at.line,
    column: at.column + match.index,
    isQuoted: false,
  }));
  const [first] = words;
  if (first === undefined || first.text.startsWith('#')) return;
  const reader = new WordReader(words, builder);
  const command = first.text.toLowerCase();
  if (command === 'file') {
    builder.note(at.line, 'the name of another file, which is not read; name it beside this one');
  } else if (command === 'ikev2') readIke(reader, at, builder, ike);
  else if (words.length > 2) {
    reader.fail('KEYS_COLUMNS', 'secret', 'expected spi@address algorithm:key', at);
  } else readEsp(reader, words.length === 2, at, builder);
}

/** @param hasSelector `spi@address` comes before the key; without it the key is for every packet. */
function readEsp(
  reader: WordReader,
  hasSelector: boolean,
  at: KeyPlace,
  builder: KeyFileBuilder,
): void {
  let spi: number | undefined;
  let destination: Prefix = { bytes: new Uint8Array(16), length: 0 };
  if (hasSelector) {
    const [spiText = '', address = '', ...more] = reader.take().split('@');
    const bytes = parseAddress(address);
    if (bytes === undefined || more.length > 0) {
      reader.fail('KEYS_ADDRESS', 'destination', 'expected spi@address of the destination');
    } else destination = { bytes, length: 8 * bytes.length };
    spi = spiOf(spiText);
    if (spi === undefined) {
      reader.fail('KEYS_SPI', 'spi', 'expected a number from 1 to 4294967295 before the @');
    }
  } else {
    reader.note('a key without spi@address is taken for every SPI between IPv6 addresses');
  }
  const { place } = reader;
  const secret = reader.take();
  const colon = secret.indexOf(':');
  if (colon < 0) {
    reader.fail('KEYS_SYNTAX', 'secret', 'expected algorithm:key');
    return;
  }
  const full = secret.slice(0, colon);
  const hasIcv = full.toLowerCase().endsWith(ICV_SUFFIX);
  const name = hasIcv ? full.slice(0, -ICV_SUFFIX.length) : full;
  const transform = tcpdumpEncryption(name);
  if (transform === undefined) {
    unknownAlgorithm(reader, 'tcpdump', 'encryption', name, 'aes128-cbc-hmac96');
    return;
  }
  const { bytes: key, fault } = parseKey(secret.slice(colon + 1));
  if (fault !== undefined) {
    reader.fail('KEYS_KEY_HEX', 'encryption key', 'expected 0x and hex digits, or ASCII text');
    return;
  }
  const integrity = hasIcv ? uncheckedIntegrity(96) : NULL_INTEGRITY;
  const keys = judgedKeys(
    reader,
    { transform, key, place: { ...place, column: place.column + colon + 1 } },
    { transform: integrity, key: new Uint8Array(0), place },
  );
  if (keys === undefined) return;
  const source = { bytes: new Uint8Array(destination.bytes.length), length: 0 };
  builder.association({ spi, source, destination, ...keys }, { line: at.line, column: 0 });
}

function spiOf(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text)) return undefined;
  const spi = Number(text);
  return spi >= 1 && spi <= 0xffff_ffff ? spi : undefined;
}

/** `ikev2 I|R initiator-SPI responder-SPI integrity:key encryption:key`. */
function readIke(
  reader: WordReader,
  at: KeyPlace,
  builder: KeyFileBuilder,
  ike: Map<string, PendingIke>,
): void {
  reader.take();
  const direction = reader.take().slice(0, 1);
  if (direction !== 'I' && direction !== 'R') {
    reader.fail('KEYS_SYNTAX', 'direction', 'expected I or R after ikev2');
  }
  const initiatorSpi = ikeSpi(reader, "initiator's SPI");
  const responderSpi = ikeSpi(reader, "responder's SPI");
  const integrity = ikeKey(reader, 'integrity', IKE_INTEGRITY);
  const encryption = ikeKey(reader, 'encryption', IKE_ENCRYPTION);
  if (
    initiatorSpi === undefined ||
    responderSpi === undefined ||
    integrity === undefined ||
    encryption === undefined ||
    reader.hasFailed
  ) {
    return;
  }
  const id = [...initiatorSpi, ...responderSpi].join();
  let pending = ike.get(id);
  if (pending === undefined) {
    pending = {
      version: 2,
      origin: builder.origin(at.line),
      initiatorSpi,
      responderSpi,
      initiatorEncryption: undefined,
      responderEncryption: undefined,
      initiatorIntegrity: undefined,
      responderIntegrity: undefined,
      encryption: encryption.algorithm.name,
      integrity: integrity.algorithm.name,
    };
    ike.set(id, pending);
  } else if (
    pending.encryption !== encryption.algorithm.name ||
    pending.integrity !== integrity.algorithm.name
  ) {
    reader.fail('KEYS_SYNTAX', 'secret', 'expected the algorithms of the other direction', at);
    return;
  }
  if (direction === 'I') {
    pending.initiatorEncryption = encryption.key;
    pending.initiatorIntegrity = integrity.key;
  } else {
    pending.responderEncryption = encryption.key;
    pending.responderIntegrity = integrity.key;
  }
}

function ikeSpi(reader: WordReader, field: string): Uint8Array | undefined {
  const { bytes, fault } = parseKey(`0x${reader.take().replace(/^0[xX]/, '')}`);
  if (fault === undefined && bytes.length === 8) return bytes;
  reader.fail('KEYS_SPI', field, 'expected 16 hex digits');
  return undefined;
}

function ikeKey(
  reader: WordReader,
  field: 'integrity' | 'encryption',
  known: readonly IkeAlgorithm[],
): { algorithm: IkeAlgorithm; key: KeyMaterial } | undefined {
  const text = reader.take();
  const colon = text.indexOf(':');
  const algorithm = colon < 0 ? undefined : findIkeAlgorithm(known, text.slice(0, colon));
  if (algorithm === undefined) {
    const code = field === 'integrity' ? 'KEYS_AUTHENTICATION' : 'KEYS_ENCRYPTION';
    const example = field === 'integrity' ? 'sha1:0x...' : 'aes128:0x...';
    reader.fail(code, field, `expected algorithm:key, for example ${example}`);
    return undefined;
  }
  const { bytes, fault } = parseKey(text.slice(colon + 1));
  if (fault === undefined && bytes.length === algorithm.keyLength) {
    return { algorithm, key: new KeyMaterial(bytes) };
  }
  const expected = `expected ${algorithm.keyLength ?? 0} octets for ${algorithm.name}`;
  reader.fail('KEYS_KEY_LENGTH', `${field} key`, expected);
  return undefined;
}
