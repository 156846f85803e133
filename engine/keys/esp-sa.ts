/**
 * Wireshark's `esp_sa` file: ESP security associations with their keys, one row each:
 *
 *     "IPv6","2001:db8::1","2001:db8::2","0x00000100","AES-CBC [RFC3602]","0x00..ff","NULL",""
 *
 * Columns: protocol, source, destination, SPI, encryption, encryption key, authentication, authentication key,
 * and in newer files the length of sequence numbers and their upper half. Lines with `#` are comments.
 */
import { COLUMNS, MIN_COLUMNS, readRow } from './esp-sa-row.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent } from './key-file.ts';
import type { ParsedKeys } from './key-problem.ts';
import { linesOf } from './key-lines.ts';
import { parseUatRow } from './uat-row.ts';

/**
 * Reads an `esp_sa` file. Never throws; a bad row is a problem and the others count.
 * @param text content, one character for each octet (Latin-1), so that keys of any octets survive.
 * @param file name as the user knows it.
 */
export function readEspSa(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'an esp_sa file');
  for (const [index, line] of linesOf(text).entries()) {
    readLine(line, index + 1, builder);
    if (builder.isFull) break;
  }
  return builder.content;
}

/** The associations and problems of {@link readEspSa}. */
export function parseEspSa(text: string, file: string): ParsedKeys {
  const { entries, problems } = readEspSa(text, file);
  return { associations: entries.map(({ association }) => association), problems };
}

function readLine(text: string, line: number, builder: KeyFileBuilder): void {
  const fields = parseUatRow(text);
  if (fields === undefined) return;
  const whole = { line, column: 0 };
  if (!Array.isArray(fields)) {
    builder.error('KEYS_SYNTAX', { line, column: fields.column }, undefined, fields.message);
  } else if (fields.length < MIN_COLUMNS) {
    const expected = COLUMNS.slice(0, MIN_COLUMNS).join(', ');
    builder.error(
      'KEYS_COLUMNS',
      whole,
      undefined,
      `${fields.length} fields; expected ${MIN_COLUMNS}: ${expected}`,
    );
  } else {
    const values = readRow(fields, (severity, code, field, column, message) => {
      builder.problem(severity, code, { line, column }, field, message);
    });
    if (values !== undefined) builder.association(values, whole);
  }
}
