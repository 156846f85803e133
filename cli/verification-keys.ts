/**
 * The YAML key file: keys for authenticators and signatures of messages. What it says of a mistake never holds a
 * value of the file, because values are keys.
 *
 * Loads zod and the YAML parser: imported when there is such a file.
 */
import path from 'node:path';
import { z } from 'zod';
import { parseAddress } from '../dissectors/index.ts';
import { publicKeyOf } from '../engine/crypto/signature.ts';
import type { KeyProblem } from '../engine/keys/key-problem.ts';
import { NO_VERIFICATION_KEYS } from '../engine/verification/keys.ts';
import type { VerificationKeys } from '../engine/verification/keys.ts';
import { readYaml } from './yaml-document.ts';
import { YamlKeyProblems } from './yaml-key-problems.ts';
import { hexOctets, parsed } from './yaml-values.ts';

/** Most keys of one file. */
const MAX_KEYS = 4096;
/** Most files with public keys. */
const MAX_PUBLIC_KEYS = 256;

/** @param length octets of the key; undefined = 1 to 64 */
const key = (description: string, length?: number) =>
  parsed(
    length === undefined
      ? 'an even number of hexadecimal digits after 0x, in quotes, for 1 to 64 octets'
      : `${2 * length} hexadecimal digits after 0x, in quotes (${length} octets)`,
    (text) => {
      const value = hexOctets(text);
      const fits = length === undefined ? (value?.length ?? 0) <= 64 : value?.length === length;
      return fits ? value : undefined;
    },
  ).meta({ description });

const address = (description: string) =>
  parsed('an IPv6 address', (text) => {
    const value = parseAddress(text);
    return value?.length === 16 ? value : undefined;
  }).meta({ description });

const SPI = 'an SPI: a whole number from 0 to 4294967295';
const spi = z
  .int({ error: SPI })
  .min(0, { error: SPI })
  .max(0xffffffff, { error: SPI })
  .meta({ description: 'Mobility SPI of the option' });

const mobileNode = address('Home address of the mobile node; without it any node that uses the SPI')
  .optional()
  .transform((value) => value);

const USES = ['mn-ha', 'mn-aaa', 'handover', 'binding-management', 'preconfigured'] as const;

const mobilityKey = z.discriminatedUnion(
  'use',
  [
    z.strictObject({
      use: z.literal('mn-ha').meta({ description: 'Authentication option, RFC 4285 section 5.1' }),
      spi,
      homeAddress: mobileNode,
      key: key('Shared key of mobile node and home agent'),
    }),
    z.strictObject({
      use: z.literal('mn-aaa').meta({ description: 'Authentication option, RFC 4285 section 5.2' }),
      spi,
      homeAddress: mobileNode,
      key: key('Shared key of mobile node and AAA server'),
    }),
    z.strictObject({
      use: z.literal('handover').meta({ description: 'Fast handover, RFC 5568 section 6.4.5' }),
      spi,
      homeAddress: mobileNode,
      key: key('Handover key of mobile node and access router'),
    }),
    z.strictObject({
      use: z.literal('binding-management').meta({ description: 'Kbm, RFC 6275 section 5.2.5' }),
      homeAddress: address('Home address of the mobile node'),
      correspondent: address('Address of the correspondent node'),
      key: key('Binding management key Kbm', 20),
    }),
    z.strictObject({
      use: z
        .literal('preconfigured')
        .meta({ description: 'Static shared key, RFC 4449 section 3' }),
      homeAddress: address('Home address of the mobile node'),
      correspondent: address('Address of the correspondent node'),
      nodeKey: key('Kcn', 20),
      homeNonce: key('Nonce of the home keygen token'),
      careOfNonce: key('Nonce of the care-of keygen token'),
    }),
  ],
  { error: `use: one of ${USES.join(', ')}` },
);

const LIST = 'a list';

const mobilityRows = z
  .array(z.unknown(), { error: LIST })
  .max(MAX_KEYS, { error: `at most ${MAX_KEYS} keys` });

const publicKeyRows = z
  .array(z.unknown(), { error: LIST })
  .max(MAX_PUBLIC_KEYS, { error: `at most ${MAX_PUBLIC_KEYS} files` });

/** Name of a file with a certificate or RSA public key in PEM, relative to the key file. */
const publicKeyFile = z.string({ error: 'the name of a file' });

/** Keys of the mappings, for suggestions. */
const KNOWN_KEYS: readonly string[] = [
  'use',
  'spi',
  'homeAddress',
  'correspondent',
  'key',
  'nodeKey',
  'homeNonce',
  'careOfNonce',
];

/** Keys for verification, and what is wrong with the rows that do not count. */
export interface ReadVerificationKeys {
  readonly keys: VerificationKeys;
  readonly problems: readonly KeyProblem[];
}

/**
 * The keys that a YAML text holds. Of a text that is no YAML nothing is said: the reader of associations does.
 * @param file name for messages; names of public keys are relative to it
 * @param readText reads a file named in the text; throws when it cannot
 */
export async function readVerificationKeys(
  text: string,
  file: string,
  readText: (name: string) => Promise<string>,
): Promise<ReadVerificationKeys> {
  const document = readYaml(text);
  if ('length' in document) return { keys: NO_VERIFICATION_KEYS, problems: [] };
  const problems = new YamlKeyProblems(document, file, 'KEYS_VERIFICATION');
  const rowsOf = (part: 'mobility' | 'publicKeys', schema: typeof mobilityRows) => {
    const { value } = document;
    if (typeof value !== 'object' || value === null || !(part in value)) return [];
    const { data, error } = schema.safeParse((value as Readonly<Record<string, unknown>>)[part]);
    problems.addIssues(error?.issues ?? [], [part], []);
    return data ?? [];
  };
  const mobility = rowsOf('mobility', mobilityRows).flatMap((row, index) => {
    const read = mobilityKey.safeParse(row);
    problems.addIssues(read.error?.issues ?? [], ['mobility', index], KNOWN_KEYS);
    if (read.data === undefined) return [];
    const { use, ...rest } = read.data;
    return { kind: use, ...rest };
  });
  const publicKeys: Uint8Array[] = [];
  for (const [index, row] of rowsOf('publicKeys', publicKeyRows).entries()) {
    const at = ['publicKeys', index];
    const name = publicKeyFile.safeParse(row);
    problems.addIssues(name.error?.issues ?? [], at, []);
    if (name.data === undefined) continue;
    let content: string;
    try {
      content = await readText(path.resolve(path.dirname(file), name.data));
    } catch (reason) {
      problems.add(at, reason instanceof Error ? reason.message : String(reason));
      continue;
    }
    const publicKey = publicKeyOf(content);
    if (publicKey !== undefined) publicKeys.push(publicKey);
    else problems.add(at, 'expected a file with an RSA certificate or public key in PEM');
  }
  return {
    keys: { mobility: mobility as VerificationKeys['mobility'], publicKeys },
    problems: problems.all,
  };
}
