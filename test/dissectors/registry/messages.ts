/**
 * Mobility messages, their flags and their codes as the documents define them, transcribed by hand from the RFCs:
 * not from the tables under test.
 */
import type { Expected } from './options.ts';

/** One message: the whole header, checksum zero, and the values of its fields. */
export interface MessageRow {
  readonly type: number;
  readonly name: string;
  readonly hex: string;
  readonly fields: Readonly<Record<string, Expected>>;
}

const HOST = '20010db8000000000000000000000001';
const COOKIE = '0102030405060708';
const TOKEN = '1112131415161718';

// oxfmt-ignore
export const MESSAGE_ROWS: readonly MessageRow[] = [
  { type: 0, name: 'Binding Refresh Request', hex: '3b 00 00 00 0000 0000', fields: {} },
  { type: 1, name: 'Home Test Init', hex: `3b 01 01 00 0000 0000 ${COOKIE}`, fields: { homeInitCookie: COOKIE } },
  { type: 2, name: 'Care-of Test Init', hex: `3b 01 02 00 0000 0000 ${COOKIE}`, fields: { careOfInitCookie: COOKIE } },
  { type: 3, name: 'Home Test', hex: `3b 02 03 00 0000 0007 ${COOKIE} ${TOKEN}`,
    fields: { homeNonceIndex: 7, homeInitCookie: COOKIE, homeKeygenToken: TOKEN } },
  { type: 4, name: 'Care-of Test', hex: `3b 02 04 00 0000 0009 ${COOKIE} ${TOKEN}`,
    fields: { careOfNonceIndex: 9, careOfInitCookie: COOKIE, careOfKeygenToken: TOKEN } },
  { type: 5, name: 'Binding Update', hex: '3b 01 05 00 0000 1234 c000 003c 01020000',
    fields: { sequence: 0x1234, flags: 0xc000, lifetime: 60 } },
  { type: 6, name: 'Binding Acknowledgement', hex: '3b 01 06 00 0000 00 80 1234 003c 01020000',
    fields: { status: 0, flags: 0x80, sequence: 0x1234, lifetime: 60 } },
  { type: 7, name: 'Binding Error', hex: `3b 02 07 00 0000 02 00 ${HOST}`, fields: { status: 2, homeAddress: HOST } },
  { type: 8, name: 'Fast Binding Update', hex: '3b 03 08 00 0000 1234 c0 00 003c 15 10 00000001 0102030405060708090a0b0c 0000',
    fields: { sequence: 0x1234, flags: 0xc0, lifetime: 60 } },
  { type: 9, name: 'Fast Binding Acknowledgment', hex: '3b 03 09 00 0000 00 80 1234 003c 15 10 00000001 0102030405060708090a0b0c 0000',
    fields: { status: 0, flags: 0x80, sequence: 0x1234, lifetime: 60 } },
  { type: 10, name: 'Fast Neighbor Advertisement', hex: '3b 00 0a 00 0000 0000', fields: {} },
  { type: 11, name: 'Experimental Mobility Header', hex: '3b 00 0b 00 0000 abcd', fields: { data: 'abcd' } },
  { type: 12, name: 'Home Agent Switch', hex: `3b 02 0c 00 0000 01 00 ${HOST}`,
    fields: { numberOfAddresses: 1, homeAgents: [{ address: HOST }] } },
  { type: 13, name: 'Heartbeat', hex: '3b 01 0d 00 0000 0001 01020304 01020000', fields: { flags: 1, sequence: 0x0102_0304 } },
  { type: 14, name: 'Handover Initiate', hex: '3b 02 0e 00 0000 1234 c0 00 07 07 02 02005e005302 01 03 000000',
    fields: { sequence: 0x1234, flags: 0xc0, code: 0 } },
  { type: 15, name: 'Handover Acknowledge', hex: '3b 01 0f 00 0000 1234 00 03 01 04 00000000',
    fields: { sequence: 0x1234, flags: 0, code: 3 } },
  { type: 16, name: 'Binding Revocation', hex: '3b 01 10 00 0000 01 01 1234 0000 01020000',
    fields: { type: 1, trigger: 1, sequence: 0x1234, indicationFlags: 0 } },
  { type: 16, name: 'Binding Revocation', hex: '3b 01 10 00 0000 02 80 1234 e000 01020000',
    fields: { type: 2, status: 128, sequence: 0x1234, acknowledgementFlags: 0xe000 } },
  { type: 17, name: 'Localized Routing Initiation',
    hex: `3b 08 11 00 0000 1234 0000 ffff 08 04 01 6d4061 0000 16 12 00 40 ${HOST} 08 04 01 6d4062 01 04 00000000 16 12 00 40 ${HOST}`,
    fields: { sequence: 0x1234, lifetime: 0xffff } },
  { type: 18, name: 'Localized Routing Acknowledgment', hex: '3b 01 12 00 0000 1234 80 80 003c 01020000',
    fields: { sequence: 0x1234, flags: 0x80, status: 128, lifetime: 60 } },
  { type: 19, name: 'Update Notification', hex: '3b 01 13 00 0000 1234 0001 8000 01020000',
    fields: { sequence: 0x1234, reason: 1, flags: 0x8000 } },
  { type: 20, name: 'Update Notification Acknowledgement', hex: '3b 01 14 00 0000 1234 80 000000 01020000',
    fields: { sequence: 0x1234, status: 128 } },
  { type: 21, name: 'Flow Binding', hex: '3b 01 15 00 0000 0001 1234 02 80 01020000',
    fields: { type: 1, sequence: 0x1234, trigger: 2, indicationFlags: 0x80 } },
  { type: 21, name: 'Flow Binding', hex: '3b 01 15 00 0000 0002 1234 81 00 01020000',
    fields: { type: 2, sequence: 0x1234, status: 129 } },
  { type: 22, name: 'Subscription Query', hex: '3b 01 16 00 0000 c8 00 08 04 01 6d4061 0000', fields: { sequence: 200 } },
  { type: 23, name: 'Subscription Response', hex: '3b 01 17 00 0000 c8 00 08 04 01 6d4061 0000',
    fields: { sequence: 200, flags: 0 } },
];

/** Least Header Len of each type, by its fixed part. RFC 6275 section 6.1.1. */
// oxfmt-ignore
export const LEAST_HEADER_LENGTH: readonly (readonly [type: number, headerLength: number])[] = [
  [1, 1], [2, 1], [3, 2], [4, 2], [5, 1], [6, 1], [7, 2], [8, 1], [9, 1], [13, 1], [14, 1], [15, 1], [16, 1], [17, 1],
  [18, 1], [19, 1], [20, 1], [21, 1],
];

/** A flag: the only one set in the octets of a message, and how its line begins and ends. */
export interface FlagRow {
  readonly about: string;
  /** Message with the flag, and perhaps what it needs to be read so. */
  readonly hex: string;
  readonly letter: string;
}

const update = (flags: string): string => `3b 01 05 00 0000 1234 ${flags} 003c 01020000`;
const acknowledgement = (flags: string): string =>
  `3b 01 06 00 0000 00 ${flags} 1234 003c 01020000`;
const initiate = (flags: string): string => `3b 01 0e 00 0000 1234 ${flags} 00 01 04 00000000`;
const handover = (flags: string): string => `3b 01 0f 00 0000 1234 ${flags} 00 01 04 00000000`;
const revocation = (type: string, flags: string): string =>
  `3b 01 10 00 0000 ${type} 00 1234 ${flags} 01020000`;
const fast = (flags: string): string => `3b 01 08 00 0000 1234 ${flags} 00 003c 01020000`;

// oxfmt-ignore
const LETTERS: readonly (readonly [about: string, hex: (flags: string) => string, flags: readonly (readonly [letter: string, bits: string])[]])[] = [
  ['Binding Update', update, [
    ['A', '8000'], ['H', '4000'], ['L', '2000'], ['K', '1000'], ['M', '0800'], ['R', '0400'], ['P', '0200'],
    ['F', '0100'], ['T', '0080'], ['O', '0040'], ['B', '0240'], ['S', '0020'], ['D', '0010'],
  ]],
  ['Binding Acknowledgement', acknowledgement, [
    ['K', '80'], ['R', '40'], ['P', '20'], ['T', '10'], ['B', '08'], ['S', '04'], ['D', '02'],
  ]],
  ['Fast Binding Update', fast, [['A', '80'], ['H', '40'], ['L', '20'], ['K', '10'], ['B', '01']]],
  ['Fast Binding Acknowledgment', (bits) => `3b 01 09 00 0000 00 ${bits} 1234 003c 01020000`, [['K', '80']]],
  ['Heartbeat', (bits) => `3b 01 0d 00 0000 ${bits} 00000001 01020000`, [['U', '0002'], ['R', '0001']]],
  ['Handover Initiate', initiate, [['S', '80'], ['U', '40'], ['P', '20'], ['F', '10']]],
  ['Handover Acknowledge', handover, [['U', '80'], ['P', '40'], ['F', '20']]],
  ['Binding Revocation Indication', (bits) => revocation('01', bits), [['P', '8000'], ['V', '4000'], ['G', '2000']]],
  ['Binding Revocation Acknowledgement', (bits) => revocation('02', bits), [['P', '8000'], ['V', '4000'], ['G', '2000']]],
  ['Localized Routing Acknowledgment', (bits) => `3b 01 12 00 0000 1234 ${bits} 00 003c 01020000`, [['U', '80']]],
  ['Update Notification', (bits) => `3b 01 13 00 0000 1234 0001 ${bits} 01020000`, [['A', '8000'], ['D', '4000']]],
  ['Flow Binding Indication', (bits) => `3b 01 15 00 0000 0001 1234 02 ${bits} 01020000`, [['A', '80']]],
  ['Subscription Response', (bits) => `3b 00 17 00 0000 c8 ${bits}`, [['I', '80']]],
];

export const FLAG_ROWS: readonly FlagRow[] = LETTERS.flatMap(([about, hex, flags]) =>
  flags.map(([letter, bits]) => ({ about, letter, hex: hex(bits) })),
);
