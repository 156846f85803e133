/**
 * Columns of one `esp_sa` row: what is expected in each, and what to say when it is not there.
 */
import { IPV4_LENGTH, IPV6_LENGTH, type Prefix } from '../../dissectors/core/address.ts';
import {
  ENCRYPTION_TRANSFORMS,
  findEncryption,
  findIntegrity,
  INTEGRITY_TRANSFORMS,
  normalizedName,
  NULL_INTEGRITY,
  UNSUPPORTED_ENCRYPTION_NAMES,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../crypto/transforms.ts';
import { parseKey, parseSelector, parseSpi } from './esp-sa-fields.ts';
import { nearestName } from './nearest-name.ts';
import { judgeEncryptionKey, judgeIntegrityKey, type JudgedKey } from './transform-keys.ts';
import type { UatField } from './uat-row.ts';

/** Columns in their order. The last two are only in newer files. */
export const COLUMNS = [
  'protocol',
  'source',
  'destination',
  'spi',
  'encryption',
  'encryption key',
  'authentication',
  'authentication key',
  'sequence number length',
  'upper sequence number',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Columns a row must have. */
export const MIN_COLUMNS = 8;

const ENCRYPTION_NAMES = [
  ...ENCRYPTION_TRANSFORMS.flatMap((row) => [row.name, ...row.aliases]),
  ...UNSUPPORTED_ENCRYPTION_NAMES,
];
const INTEGRITY_NAMES = INTEGRITY_TRANSFORMS.flatMap((row) => [row.name, ...row.aliases]);

/** Takes what is wrong with a column. `column` is 1-based, 0 = the whole line. */
export type ReportColumn = (
  severity: 'error' | 'warning',
  code: string,
  field: Column | undefined,
  column: number,
  message: string,
) => void;

/** Values of a row without a mistake. */
export interface RowValues {
  /** `undefined`: any. */
  readonly spi: number | undefined;
  readonly source: Prefix;
  readonly destination: Prefix;
  readonly encryption: EncryptionTransform;
  readonly encryptionKey: Uint8Array;
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
  readonly extendedSequence: boolean;
  readonly initialSequenceHigh: number;
}

/** Reads a row of at least {@link MIN_COLUMNS} fields; `undefined` when one of them is unusable. */
export function readRow(fields: readonly UatField[], report: ReportColumn): RowValues | undefined {
  return new RowReader(fields, report).read();
}

class RowReader {
  readonly #fields: readonly UatField[];
  readonly #report: ReportColumn;

  constructor(fields: readonly UatField[], report: ReportColumn) {
    this.#fields = fields;
    this.#report = report;
  }

  /** All columns are looked at, so that one run shows all that is wrong with a row. */
  read(): RowValues | undefined {
    const addressLength = this.#readProtocol();
    const source = this.#readSelector('source', addressLength);
    const destination = this.#readSelector('destination', addressLength);
    const spi = parseSpi(this.#text('spi').trim());
    if (spi === undefined) {
      this.#error(
        'KEYS_SPI',
        'spi',
        'expected a number from 1 to 4294967295, decimal or like 0x00000100, or * for any; for wildcard digits write *',
      );
    }
    const columnIntegrity = this.#readIntegrity();
    const encryption = this.#readEncryption(columnIntegrity);
    const integrity = this.#separateIntegrity(encryption, columnIntegrity);
    const encryptionKey = this.#readEncryptionKey(encryption);
    const integrityKey = this.#readIntegrityKey(integrity);
    const extendedSequence = this.#readSequenceLength();
    const initialSequenceHigh = extendedSequence ? this.#readUpperSequence() : 0;
    if (
      source === undefined ||
      destination === undefined ||
      spi === undefined ||
      encryption === undefined ||
      integrity === undefined ||
      encryptionKey === undefined ||
      integrityKey === undefined
    ) {
      return undefined;
    }
    return {
      spi: spi === '*' ? undefined : spi,
      source,
      destination,
      encryption,
      encryptionKey,
      integrity,
      integrityKey,
      extendedSequence,
      initialSequenceHigh,
    };
  }

  #text(column: Column): string {
    return this.#fields[COLUMNS.indexOf(column)]?.text ?? '';
  }

  #place(column: Column): number {
    return this.#fields[COLUMNS.indexOf(column)]?.column ?? 0;
  }

  #error(code: string, field: Column, message: string): void {
    this.#report('error', code, field, this.#place(field), message);
  }

  #warning(code: string, field: Column, message: string): void {
    this.#report('warning', code, field, this.#place(field), message);
  }

  /** NULL where the encryption transform authenticates as well. */
  #separateIntegrity(
    encryption: EncryptionTransform | undefined,
    integrity: IntegrityTransform | undefined,
  ): IntegrityTransform | undefined {
    if (encryption === undefined || encryption.icvLength === 0 || integrity === undefined) {
      return integrity;
    }
    if (integrity.icvLength !== 0 && integrity.icvLength !== encryption.icvLength) {
      this.#warning(
        'KEYS_AUTHENTICATION_IGNORED',
        'authentication',
        `${encryption.name} authenticates by itself, the column is ignored; write NULL`,
      );
    }
    return NULL_INTEGRITY;
  }

  #readProtocol(): number | undefined {
    const protocol = normalizedName(this.#text('protocol'));
    if (protocol === 'ipv6') return IPV6_LENGTH;
    if (protocol === 'ipv4') return IPV4_LENGTH;
    this.#error('KEYS_PROTOCOL', 'protocol', 'expected IPv6 or IPv4');
    return undefined;
  }

  #readSelector(
    field: 'source' | 'destination',
    addressLength: number | undefined,
  ): Prefix | undefined {
    if (addressLength === undefined) return undefined;
    const prefix = parseSelector(this.#text(field).trim(), addressLength);
    if (prefix === undefined) {
      const [family, address, network] =
        addressLength === IPV6_LENGTH
          ? ['IPv6', '2001:db8::1', '2001:db8::/64']
          : ['IPv4', '192.0.2.1', '192.0.2.0/24'];
      this.#error(
        'KEYS_ADDRESS',
        field,
        `expected an ${family} address like ${address}, a prefix like ${network}, or * for any`,
      );
    }
    return prefix;
  }

  #readIntegrity(): IntegrityTransform | undefined {
    const name = this.#text('authentication');
    const integrity = findIntegrity(name);
    if (integrity === undefined) {
      this.#unknownName('KEYS_AUTHENTICATION', 'authentication', name, INTEGRITY_NAMES);
    }
    return integrity;
  }

  #readEncryption(integrity: IntegrityTransform | undefined): EncryptionTransform | undefined {
    const name = this.#text('encryption');
    const normalized = normalizedName(name);
    if (normalized === 'aesgcm') {
      // The old name leaves the ICV length to the other column; RFC 4106 section 6 has 16 as the usual one.
      return (
        findEncryption(`AES-GCM-${integrity?.icvLength || 16}`) ?? findEncryption('AES-GCM-16')
      );
    }
    const encryption = findEncryption(name);
    if (encryption !== undefined) return encryption;
    const unsupported = UNSUPPORTED_ENCRYPTION_NAMES.find(
      (known) => normalizedName(known) === normalized,
    );
    if (unsupported !== undefined) {
      this.#error(
        'KEYS_ENCRYPTION_UNSUPPORTED',
        'encryption',
        `${unsupported} cannot be decrypted; packets of the association stay closed. Remove the row or put # in front`,
      );
      return undefined;
    }
    this.#unknownName('KEYS_ENCRYPTION', 'encryption', name, ENCRYPTION_NAMES);
    return undefined;
  }

  /** A name is shown only when it is near a known one: columns may be shifted, and it may be a key. */
  #unknownName(
    code: string,
    field: 'encryption' | 'authentication',
    name: string,
    names: readonly string[],
  ): void {
    const nearest = nearestName(name, names);
    this.#error(
      code,
      field,
      nearest === undefined
        ? `not the name of an algorithm; expected one like "${field === 'encryption' ? 'AES-CBC [RFC3602]' : 'HMAC-SHA-1-96 [RFC2404]'}", or NULL`
        : `unknown algorithm "${name.replace(/[^\x20-\x7e]/g, '?')}"; did you mean "${nearest}"?`,
    );
  }

  #readEncryptionKey(encryption: EncryptionTransform | undefined): Uint8Array | undefined {
    const key = this.#readKey('encryption key');
    if (encryption === undefined || key === undefined) return undefined;
    return this.#judged('encryption key', judgeEncryptionKey(encryption, key));
  }

  #readIntegrityKey(integrity: IntegrityTransform | undefined): Uint8Array | undefined {
    const key = this.#readKey('authentication key');
    if (integrity === undefined || key === undefined) return undefined;
    return this.#judged('authentication key', judgeIntegrityKey(integrity, key));
  }

  #judged(field: Column, { key, problem }: JudgedKey): Uint8Array | undefined {
    if (problem !== undefined) {
      const { severity, code, message } = problem;
      this.#report(severity, code, field, this.#place(field), message);
    }
    return key;
  }

  #readKey(field: 'encryption key' | 'authentication key'): Uint8Array | undefined {
    const { bytes, fault, isOdd } = parseKey(this.#text(field));
    if (fault === 'hex') {
      this.#error('KEYS_KEY_HEX', field, 'expected only hex digits after 0x');
      return undefined;
    }
    if (fault === 'characters') {
      this.#error('KEYS_KEY_HEX', field, 'expected 0x and hex digits, or ASCII text');
      return undefined;
    }
    if (isOdd === true) {
      this.#warning(
        'KEYS_KEY_ODD',
        field,
        'odd number of hex digits; read with a 0 in front. Check that none is missing',
      );
    }
    return bytes;
  }

  #readSequenceLength(): boolean {
    if (this.#fields.length > COLUMNS.length) {
      this.#report(
        'warning',
        'KEYS_COLUMNS',
        undefined,
        0,
        `${this.#fields.length} fields; those after the ${COLUMNS.length}th are ignored`,
      );
    }
    const text = normalizedName(this.#text('sequence number length'));
    if (text === '64bit' || text === '64' || text === 'esn') return true;
    if (!['', '32bit', '32', 'sn'].includes(text)) {
      this.#warning(
        'KEYS_SEQUENCE_LENGTH',
        'sequence number length',
        'expected 32-bit or 64-bit; read as 32-bit',
      );
    }
    return false;
  }

  #readUpperSequence(): number {
    const text = this.#text('upper sequence number').trim();
    if (text === '') return 0;
    if (/^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text) && Number(text) <= 0xffff_ffff) {
      return Number(text);
    }
    this.#warning(
      'KEYS_UPPER_SEQUENCE',
      'upper sequence number',
      'expected a number from 0 to 4294967295; read as 0',
    );
    return 0;
  }
}
