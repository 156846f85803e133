/**
 * `ike:` of the YAML key file: secrets of IKE SAs. What is said of a mistake never holds a value of the file,
 * because values are keys.
 *
 * Loads zod and the YAML parser: imported when there is such a file.
 */
import { z } from 'zod';
import { findEncryption, findIntegrity } from '../engine/crypto/transforms.ts';
import { findPrf } from '../engine/crypto/prf.ts';
import { MIN_PUBLIC_OCTETS } from '../engine/ike/shared-secrets.ts';
import type { IkeSecret } from '../engine/ike/secret.ts';
import { KeyMaterial } from '../engine/keys/key-material.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationProblem } from './configuration-error.ts';
import { pathText } from './site-checks.ts';
import { nearest } from './suggestion.ts';
import { readYaml } from './yaml-document.ts';
import { hexOctets, parsed } from './yaml-values.ts';

/** Most IKE SAs of one file. */
const MAX_SECRETS = 4096;
/** Most Diffie-Hellman secrets of one IKE SA. */
const MAX_SHARED = 256;
/** Octets of the longest secret or public value: a modulus of 8192 bits. */
const MAX_OCTETS = 1024;
/** Octets of an SPI. RFC 7296 section 3.1. */
const SPI_OCTETS = 8;

const spi = parsed(`${2 * SPI_OCTETS} hexadecimal digits after 0x, in quotes`, (text) => {
  const value = hexOctets(text, MAX_OCTETS);
  return value?.length === SPI_OCTETS ? value : undefined;
});
const key = parsed('an even number of hexadecimal digits after 0x, in quotes', (text) => {
  const value = hexOctets(text, MAX_OCTETS);
  return value === undefined ? undefined : new KeyMaterial(value);
});
const publicValue = parsed(
  `the first octets, at least ${MIN_PUBLIC_OCTETS}, of the Key Exchange Data of either side: hexadecimal digits after 0x, in quotes`,
  (text) => {
    const value = hexOctets(text, MAX_OCTETS);
    return (value?.length ?? 0) >= MIN_PUBLIC_OCTETS ? value : undefined;
  },
);

const secretSchema = z.strictObject(
  {
    initiatorSpi: spi,
    responderSpi: spi.optional(),
    encryption: parsed('an encryption algorithm, for example AES-CBC', findEncryption).optional(),
    integrity: parsed(
      'an integrity algorithm, for example HMAC-SHA2-256-128',
      findIntegrity,
    ).optional(),
    prf: parsed('a pseudorandom function, for example HMAC-SHA2-256', findPrf).optional(),
    skEi: key.optional(),
    skEr: key.optional(),
    skAi: key.optional(),
    skAr: key.optional(),
    skD: key.optional(),
    skeyseed: key.optional(),
    sharedSecrets: z
      .array(
        z.strictObject(
          { publicValue: publicValue.optional(), secret: key },
          { error: 'a mapping with secret and publicValue' },
        ),
        { error: 'a list' },
      )
      .max(MAX_SHARED, { error: `at most ${MAX_SHARED} secrets` })
      .optional(),
  },
  { error: 'a mapping with initiatorSpi and skeyseed, sharedSecrets, or skEi, skEr ...' },
);

/** Schema of `ike:`. */
const schema = z
  .array(secretSchema, { error: 'a list' })
  .max(MAX_SECRETS, { error: `at most ${MAX_SECRETS} IKE SAs` });

const KNOWN_KEYS = [...Object.keys(secretSchema.shape), 'publicValue', 'secret'];
const SECRETS = ['skeyseed', 'sharedSecrets', 'skD', 'skEi', 'skEr'] as const;

/**
 * The secrets of IKE SAs that a YAML text holds; of other parts of the file nothing is said.
 * @param file name for messages
 * @throws ConfigurationError with all problems and their places
 */
export function parseIkeSecrets(text: string, file: string): IkeSecret[] {
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const { value } = document;
  if (typeof value !== 'object' || value === null || !('ike' in value)) return [];
  const problems: ConfigurationProblem[] = [];
  const add = (at: readonly (string | number)[], message: string, isKey = false): void => {
    problems.push({ ...document.placeOf(at, isKey), path: pathText(at), message });
  };
  const result = schema.safeParse(value.ike);
  for (const issue of result.error?.issues ?? []) {
    const steps = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    const at = ['ike', ...steps];
    if (issue.code !== 'unrecognized_keys') {
      add(at, `expected ${issue.message}`);
      continue;
    }
    for (const name of issue.keys) {
      const meant = nearest(name, KNOWN_KEYS);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      add([...at, name], `unknown key${hint}`, true);
    }
  }
  const secrets = (result.data ?? []).map((row, index): IkeSecret => {
    if (SECRETS.every((name) => row[name] === undefined)) {
      add(['ike', index], `expected one of ${SECRETS.join(', ')}`);
    }
    const { line } = document.placeOf(['ike', index]);
    return {
      origin: { file, line },
      initiatorSpi: row.initiatorSpi,
      responderSpi: row.responderSpi,
      encryption: row.encryption,
      integrity: row.integrity,
      prf: row.prf,
      initiatorEncryption: row.skEi,
      responderEncryption: row.skEr,
      initiatorIntegrity: row.skAi,
      responderIntegrity: row.skAr,
      derivation: row.skD,
      skeyseed: row.skeyseed,
      sharedSecrets: row.sharedSecrets?.map(({ publicValue: start, secret }) => ({
        publicValue: start,
        secret,
      })),
    };
  });
  if (problems.length > 0) throw new ConfigurationError(file, problems);
  return secrets;
}
