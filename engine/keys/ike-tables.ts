/**
 * Wireshark's `ikev2_decryption_table` and `ikev1_decryption_table`, one row an IKE association:
 *
 *     0102030405060708,1112131415161718,00..ff,00..ff,"AES-CBC-128 [RFC3602]",00..ff,00..ff,"HMAC_SHA1_96 [RFC2404]"
 *     0102030405060708,00..ff
 *
 * strongSwan's save-keys plugin writes the first one.
 */
import { parseKey } from './esp-sa-fields.ts';
import {
  findIkeAlgorithm,
  IKE_ENCRYPTION,
  IKE_INTEGRITY,
  type IkeAlgorithm,
} from './ike-algorithms.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent } from './key-file.ts';
import { linesOf } from './key-lines.ts';
import { KeyMaterial } from './key-material.ts';
import { nearestName } from './nearest-name.ts';
import { parseUatRow, type UatField } from './uat-row.ts';

/** Octets of an IKE SPI and of a cookie. RFC 7296 section 3.1, RFC 2408 section 3.1. */
const SPI_OCTETS = 8;
/** Longest key of a row, octets. */
const MAX_KEY_OCTETS = 256;

const IKEV2_COLUMNS = 8;
const IKEV1_COLUMNS = 2;

/** Reads an `ikev2_decryption_table`. Never throws. */
export function readIkev2Table(text: string, file: string): KeyFileContent {
  return readTable(text, file, 'an ikev2_decryption_table', IKEV2_COLUMNS, ikev2Row);
}

/** Reads an `ikev1_decryption_table`. Never throws. */
export function readIkev1Table(text: string, file: string): KeyFileContent {
  return readTable(text, file, 'an ikev1_decryption_table', IKEV1_COLUMNS, ikev1Row);
}

function readTable(
  text: string,
  file: string,
  format: string,
  columns: number,
  readRow: (row: Row) => void,
): KeyFileContent {
  const builder = new KeyFileBuilder(file, format);
  for (const [index, content] of linesOf(text).entries()) {
    const line = index + 1;
    const fields = parseUatRow(content);
    if (fields === undefined) continue;
    if (!Array.isArray(fields)) {
      builder.error('KEYS_SYNTAX', { line, column: fields.column }, undefined, fields.message);
    } else if (fields.length < columns) {
      const message = `${fields.length} fields; expected ${columns}`;
      builder.error('KEYS_COLUMNS', { line, column: 0 }, undefined, message);
    } else readRow(new Row(fields, line, builder));
    if (builder.isFull) break;
  }
  return builder.content;
}

/** Fields of a row, with what to say of each. */
class Row {
  readonly line: number;
  readonly builder: KeyFileBuilder;
  hasFailed = false;
  readonly #fields: readonly UatField[];

  constructor(fields: readonly UatField[], line: number, builder: KeyFileBuilder) {
    this.#fields = fields;
    this.line = line;
    this.builder = builder;
  }

  fail(index: number, code: string, field: string, message: string): void {
    this.hasFailed = true;
    const place = { line: this.line, column: this.#fields[index]?.column ?? 0 };
    this.builder.error(code, place, field, message);
  }

  text(index: number): string {
    return this.#fields[index]?.text.trim() ?? '';
  }

  /** Hex digits, with or without `0x`. */
  octets(index: number, field: string): Uint8Array | undefined {
    const text = this.text(index).replace(/^0[xX]/, '');
    const { bytes, fault, isOdd } = parseKey(`0x${text}`);
    if (fault !== undefined || isOdd === true || bytes.length > MAX_KEY_OCTETS) {
      this.fail(index, 'KEYS_KEY_HEX', field, 'expected an even number of hex digits');
      return undefined;
    }
    return bytes;
  }

  spi(index: number, field: string): Uint8Array | undefined {
    const bytes = this.octets(index, field);
    if (bytes === undefined || bytes.length === SPI_OCTETS) return bytes;
    this.fail(index, 'KEYS_SPI', field, `expected ${2 * SPI_OCTETS} hex digits`);
    return undefined;
  }

  algorithm(
    index: number,
    field: string,
    known: readonly IkeAlgorithm[],
  ): IkeAlgorithm | undefined {
    const name = this.text(index);
    const found = findIkeAlgorithm(known, name);
    if (found !== undefined) return found;
    const names = known.map((row) => row.name);
    const nearest = nearestName(name, names);
    const message =
      nearest === undefined
        ? `not the name of an algorithm; expected one like "${names[2] ?? ''}"`
        : `unknown algorithm "${name.replace(/[^\x20-\x7e]/g, '?')}"; did you mean "${nearest}"?`;
    const code = known === IKE_ENCRYPTION ? 'KEYS_ENCRYPTION' : 'KEYS_AUTHENTICATION';
    this.fail(index, code, field, message);
    return undefined;
  }

  key(index: number, field: string, algorithm: IkeAlgorithm | undefined): KeyMaterial | undefined {
    const bytes = this.octets(index, field);
    if (bytes === undefined || algorithm === undefined) return undefined;
    const { keyLength = bytes.length, name } = algorithm;
    if (bytes.length === keyLength) return new KeyMaterial(bytes);
    const message = `${bytes.length} octets; ${name} has ${keyLength}`;
    this.fail(index, 'KEYS_KEY_LENGTH', field, message);
    return undefined;
  }
}

function ikev2Row(row: Row): void {
  const initiatorSpi = row.spi(0, "initiator's SPI");
  const responderSpi = row.spi(1, "responder's SPI");
  const encryption = row.algorithm(4, 'encryption', IKE_ENCRYPTION);
  const integrity = row.algorithm(7, 'integrity', IKE_INTEGRITY);
  const initiatorEncryption = row.key(2, 'SK_ei', encryption);
  const responderEncryption = row.key(3, 'SK_er', encryption);
  // Combined algorithms have no SK_a (RFC 5282 section 7.1); what the columns hold then is not used.
  const integrityKeys =
    encryption === undefined || encryption.icvLength === 0 ? integrity : undefined;
  const initiatorIntegrity = row.key(5, 'SK_ai', integrityKeys);
  const responderIntegrity = row.key(6, 'SK_ar', integrityKeys);
  if (
    row.hasFailed ||
    initiatorSpi === undefined ||
    responderSpi === undefined ||
    encryption === undefined ||
    integrity === undefined
  ) {
    return;
  }
  row.builder.ikeKey(
    {
      version: 2,
      origin: row.builder.origin(row.line),
      initiatorSpi,
      responderSpi,
      initiatorEncryption,
      responderEncryption,
      initiatorIntegrity,
      responderIntegrity,
      encryption: encryption.name,
      integrity: integrity.name,
    },
    { line: row.line, column: 0 },
  );
}

function ikev1Row(row: Row): void {
  const initiatorCookie = row.spi(0, "initiator's cookie");
  const key = row.octets(1, 'encryption key');
  if (key?.length === 0) row.fail(1, 'KEYS_KEY_LENGTH', 'encryption key', 'expected a key');
  if (initiatorCookie === undefined || key === undefined || row.hasFailed) return;
  row.builder.ikeKey(
    {
      version: 1,
      origin: row.builder.origin(row.line),
      initiatorCookie,
      encryptionKey: new KeyMaterial(key),
    },
    { line: row.line, column: 0 },
  );
}
