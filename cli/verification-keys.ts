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
import type { VerificationKeys } from '../engine/verification/keys.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationProblem } from './configuration-error.ts';
import { pathText } from './site-checks.ts';
import { nearest } from './suggestion.ts';
import { readYaml } from './yaml-document.ts';
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

/** Schema of the file; editors complete from its JSON form. */
export const verificationKeysSchema = z.strictObject(
  {
    mobility: z
      .array(mobilityKey, { error: LIST })
      .max(MAX_KEYS, { error: `at most ${MAX_KEYS} keys` })
      .default([])
      .meta({ description: 'Keys for options of mobility messages' }),
    publicKeys: z
      .array(z.string({ error: 'the name of a file' }), { error: LIST })
      .max(MAX_PUBLIC_KEYS, { error: `at most ${MAX_PUBLIC_KEYS} files` })
      .default([])
      .meta({
        description:
          'Certificates or RSA public keys in PEM, for signed neighbor discovery without CGA; names are relative to this file',
      }),
    associations: z
      .array(z.unknown(), { error: LIST })
      .optional()
      .meta({ description: 'ESP security associations; yaml-associations.ts reads them' }),
    ike: z
      .array(z.unknown(), { error: LIST })
      .optional()
      .meta({ description: 'Secrets of IKE SAs; ike-keys.ts reads them' }),
  },
  { error: 'a mapping with mobility, publicKeys, associations or ike' },
);

/** Keys of the mappings, for suggestions. */
const KNOWN_KEYS: readonly string[] = [
  'mobility',
  'publicKeys',
  'associations',
  'ike',
  'use',
  'spi',
  'homeAddress',
  'correspondent',
  'key',
  'nodeKey',
  'homeNonce',
  'careOfNonce',
];

/**
 * The keys that a YAML text holds.
 * @param file name for messages; names of public keys are relative to it
 * @param readText reads a file named in the text; throws when it cannot
 * @throws ConfigurationError with all problems and their places
 */
export async function parseVerificationKeys(
  text: string,
  file: string,
  readText: (name: string) => Promise<string>,
): Promise<VerificationKeys> {
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const problems: ConfigurationProblem[] = [...document.problems];
  const add = (at: readonly (string | number)[], message: string, isKey = false): void => {
    problems.push({ ...document.placeOf(at, isKey), path: pathText(at), message });
  };
  const result = verificationKeysSchema.safeParse(document.value ?? {});
  for (const issue of result.error?.issues ?? []) {
    const at = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code !== 'unrecognized_keys') {
      add(at, `expected ${issue.message}`);
      continue;
    }
    for (const name of issue.keys) {
      const meant = nearest(name, KNOWN_KEYS);
      add(
        [...at, name],
        `unknown key${meant === undefined ? '' : `; did you mean ${meant}?`}`,
        true,
      );
    }
  }
  const publicKeys: Uint8Array[] = [];
  for (const [index, name] of (result.data?.publicKeys ?? []).entries()) {
    const at = ['publicKeys', index];
    let content: string;
    try {
      content = await readText(path.resolve(path.dirname(file), name));
    } catch (error) {
      add(at, error instanceof Error ? error.message : String(error));
      continue;
    }
    const publicKey = publicKeyOf(content);
    if (publicKey === undefined)
      add(at, 'expected a file with an RSA certificate or public key in PEM');
    else publicKeys.push(publicKey);
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  const mobility = result.data.mobility.map(({ use, ...rest }) => ({ kind: use, ...rest }));
  return { mobility: mobility as VerificationKeys['mobility'], publicKeys };
}
