/**
 * The table of key file formats: how each is recognised by its first line, and what reads it.
 */
import { readEspSa } from './esp-sa.ts';
import { readIkev1Table, readIkev2Table } from './ike-tables.ts';
import { readIpXfrm } from './ip-xfrm.ts';
import type { KeyFileContent } from './key-file.ts';
import { isNotationLine, readPolicyNotation } from './policy-file.ts';
import { readSetkey, SETKEY_COMMANDS } from './setkey.ts';
import { isSwanctlLine, readSwanctlListing } from './swanctl.ts';
import { readTcpdumpSecrets } from './tcpdump.ts';

/** Names of the formats, as the command line takes and shows them. */
export const KEY_FORMAT_NAMES = [
  'esp_sa',
  'ikev2_decryption_table',
  'ikev1_decryption_table',
  'setkey',
  'ip-xfrm',
  'spd',
  'tcpdump',
  'swanctl',
  'yaml',
] as const;
export type KeyFormatName = (typeof KEY_FORMAT_NAMES)[number];

/** One format. */
export interface KeyFormat {
  readonly name: KeyFormatName;
  /** For people. */
  readonly title: string;
  /** A row of it, with a made-up key. */
  readonly example: string;
  /** Judges the first line that is neither empty nor a comment, without leading blanks. */
  readonly isFirstLine: (line: string) => boolean;
  /**
   * Reads a file of it; never throws. `undefined`: needs a parser that the engine does not have, so the caller
   * brings it.
   */
  readonly read: ((text: string, file: string) => KeyFileContent) | undefined;
}

const HEX_FIELD = '"?(?:0[xX])?[0-9a-fA-F]{16}"?';
const IKEV2_ROW = new RegExp(`^${HEX_FIELD}\\s*,\\s*${HEX_FIELD}\\s*,`);
const IKEV1_ROW = new RegExp(`^${HEX_FIELD}\\s*,\\s*"?(?:0[xX])?[0-9a-fA-F]+"?\\s*$`);

/** All formats, in the order in which they are tried. */
export const KEY_FORMATS: readonly KeyFormat[] = [
  {
    name: 'esp_sa',
    title: "Wireshark's esp_sa, also from strongSwan's save-keys",
    example:
      '"IPv6","2001:db8:1::10","2001:db8:1::1","0x00000100","AES-CBC [RFC3602]","0x0001...","HMAC-SHA-1-96 [RFC2404]","0x0001..."',
    isFirstLine: looksLikeEspSa,
    read: readEspSa,
  },
  {
    name: 'ikev1_decryption_table',
    title: "Wireshark's ikev1_decryption_table",
    example: '0102030405060708,000102030405060708090a0b0c0d0e0f',
    isFirstLine: (line) => IKEV1_ROW.test(line),
    read: readIkev1Table,
  },
  {
    name: 'ikev2_decryption_table',
    title: "Wireshark's ikev2_decryption_table, also from strongSwan's save-keys",
    example:
      '0102030405060708,1112131415161718,0001...,0001...,"AES-CBC-128 [RFC3602]",0001...,0001...,"HMAC_SHA1_96 [RFC2404]"',
    isFirstLine: (line) => IKEV2_ROW.test(line),
    read: readIkev2Table,
  },
  {
    name: 'setkey',
    title: 'setkey file (KAME, UMIP, ipsec-tools)',
    example:
      'add 2001:db8:1::10 2001:db8:1::1 esp 0x100 -m transport -E rijndael-cbc 0x0001... -A hmac-sha1 0x0001...;',
    isFirstLine: (line) => SETKEY_COMMANDS.has(/^[a-z]*/.exec(line)?.[0] ?? ''),
    read: readSetkey,
  },
  {
    name: 'ip-xfrm',
    title: 'output of ip xfrm state and ip xfrm policy, or such commands',
    example: 'src 2001:db8:1::10 dst 2001:db8:1::1',
    isFirstLine: (line) =>
      /^(Updated )?src \S+ dst \S/.test(line) ||
      /^(sudo )?ip (-\S+ )*x(f|fr|frm)? /.test(line) ||
      /^(Deleted|Expired|Async|acquire) /.test(line),
    read: readIpXfrm,
  },
  {
    name: 'spd',
    title: 'SPD, SAD and PAD as RFC 3776 and RFC 4877 write them (no keys)',
    example: 'home agent SPD IN:',
    isFirstLine: isNotationLine,
    read: readPolicyNotation,
  },
  {
    name: 'tcpdump',
    title: 'secrets of tcpdump -E',
    example: '0x00000100@2001:db8:1::1 aes128-cbc-hmac96:0x0001...',
    isFirstLine: (line) =>
      /^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})@\S+[ \t]/.test(line) ||
      /^ikev2[ \t]/i.test(line) ||
      /^file[ \t]/.test(line) ||
      /^[0-9a-z-]{3,30}:(0x[0-9a-fA-F]+|\S+)[ \t\r]*$/.test(line),
    read: readTcpdumpSecrets,
  },
  {
    name: 'swanctl',
    title: 'output of swanctl --list-sas (no keys; for check)',
    example: 'home: #1, ESTABLISHED, IKEv2, 0102030405060708_i* 1112131415161718_r',
    isFirstLine: isSwanctlLine,
    read: readSwanctlListing,
  },
  {
    name: 'yaml',
    title: 'YAML key file with associations:',
    example: 'associations:',
    isFirstLine: (line) =>
      /^(associations|authenticationHeaders|mobility|publicKeys|ike)[ \t]*:/.test(line) ||
      /^(---|%YAML)/.test(line),
    read: undefined,
  },
];

/**
 * Format of a text by the first line that counts; `undefined` for none of them.
 * @param file its name, which counts when the line is of no format: `.spd` is the policy notation.
 */
export function detectKeyFormat(line: string, file = ''): KeyFormat | undefined {
  const found = KEY_FORMATS.find(({ isFirstLine }) => isFirstLine(line));
  if (found !== undefined || !/\.spd$/i.test(file)) return found;
  return KEY_FORMATS.find(({ name }) => name === 'spd');
}

/** Quoted fields with commas, or anything that begins as a row of that table does. */
function looksLikeEspSa(line: string): boolean {
  if (/^"?IPv[46]"?\s*,/i.test(line)) return true;
  // Rows of the IKE tables may be quoted as well; their first two fields are hex digits.
  return line.startsWith('"') && line.split(',').length >= 4 && !IKEV2_ROW.test(line);
}
