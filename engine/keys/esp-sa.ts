/**
 * Wireshark's `esp_sa` file: ESP security associations with their keys, one row each:
 *
 *     "IPv6","2001:db8::1","2001:db8::2","0x00000100","AES-CBC [RFC3602]","0x00..ff","NULL",""
 *
 * Columns: protocol, source, destination, SPI, encryption, encryption key, authentication, authentication key,
 * and in newer files the length of sequence numbers and their upper half. Lines with `#` are comments.
 */
import {
  formatSelector,
  MAX_ASSOCIATIONS,
  SecurityAssociation,
} from '../state/security-association.ts';
import { COLUMNS, MIN_COLUMNS, readRow, type Column } from './esp-sa-row.ts';
import type { KeyProblem, ParsedKeys } from './key-problem.ts';
import { parseUatRow } from './uat-row.ts';

/** Problems kept for one file; a file that is no key file must not fill the memory. */
const MAX_PROBLEMS = 1000;

/**
 * Reads an `esp_sa` file. Never throws; a bad row is a problem and the others count.
 * @param text content, one character for each octet (Latin-1), so that keys of any octets survive.
 * @param file name as the user knows it.
 */
export function parseEspSa(text: string, file: string): ParsedKeys {
  const parser = new EspSaParser(file);
  const lines = (text.startsWith('\u00ef\u00bb\u00bf') ? text.slice(3) : text).split('\n');
  for (const [index, line] of lines.entries()) {
    if (!parser.readLine(line, index + 1)) break;
  }
  return { associations: parser.associations, problems: parser.problems };
}

class EspSaParser {
  readonly associations: SecurityAssociation[] = [];
  readonly problems: KeyProblem[] = [];
  readonly #file: string;
  /** Line of the first row with these selectors. */
  readonly #lineOf = new Map<string, number>();
  #line = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** @returns false when nothing further has to be read. */
  readLine(line: string, number: number): boolean {
    this.#line = number;
    const fields = parseUatRow(line);
    if (fields === undefined) return true;
    if (!Array.isArray(fields)) {
      this.#report('error', 'KEYS_SYNTAX', undefined, fields.column, fields.message);
    } else if (fields.length < MIN_COLUMNS) {
      const expected = COLUMNS.slice(0, MIN_COLUMNS).join(', ');
      this.#report(
        'error',
        'KEYS_COLUMNS',
        undefined,
        0,
        `${fields.length} fields; expected ${MIN_COLUMNS}: ${expected}`,
      );
    } else if (this.associations.length >= MAX_ASSOCIATIONS) {
      this.#report(
        'error',
        'KEYS_TOO_MANY',
        undefined,
        0,
        `more than ${MAX_ASSOCIATIONS} rows; this one and all after it are left out. Remove rows the capture does not need`,
      );
      return false;
    } else {
      const values = readRow(fields, this.#report);
      if (values !== undefined) {
        this.#add(new SecurityAssociation({ ...values, origin: this.#origin }));
      }
    }
    return this.problems.length < MAX_PROBLEMS;
  }

  get #origin(): { file: string; line: number } {
    return { file: this.#file, line: this.#line };
  }

  readonly #report = (
    severity: KeyProblem['severity'],
    code: string,
    field: Column | undefined,
    column: number,
    message: string,
  ): void => {
    const place = { file: this.#file, line: this.#line, column, field };
    if (this.problems.length < MAX_PROBLEMS - 1) {
      this.problems.push({ severity, code, ...place, message });
    } else if (this.problems.length < MAX_PROBLEMS) {
      this.problems.push({
        severity: 'error',
        code: 'KEYS_TOO_MANY_PROBLEMS',
        ...place,
        message: `${MAX_PROBLEMS} problems; the rest of the file is not read. Is it an esp_sa file?`,
      });
    }
  };

  #add(association: SecurityAssociation): void {
    if (!association.esp.isSupported) {
      this.#report(
        'error',
        'KEYS_NOT_AVAILABLE',
        'encryption',
        0,
        'this Node.js was built without one of the two algorithms; packets of the association stay closed',
      );
      return;
    }
    const { spi, source, destination, addressLength } = association;
    const key = `${addressLength} ${spi ?? '*'} ${formatSelector(source)} ${formatSelector(destination)}`;
    const first = this.#lineOf.get(key);
    if (first === undefined) {
      this.#lineOf.set(key, this.#line);
    } else {
      this.#report(
        'warning',
        'KEYS_DUPLICATE',
        'spi',
        0,
        `same SPI and addresses as line ${first}; both are tried and the ICV decides. Remove one, or narrow the addresses`,
      );
    }
    this.associations.push(association);
  }
}
