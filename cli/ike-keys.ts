/**
 * `ike:` of the YAML key file: secrets of IKE SAs of both versions. What is said of a mistake never holds a value of the file,
 * because values are keys.
 *
 * Loads zod and the YAML parser: imported when there is such a file.
 */
import { z } from 'zod';
import { findEncryption, findIntegrity } from '../engine/crypto/transforms.ts';
import { findPrf } from '../engine/crypto/prf.ts';
import { MIN_PUBLIC_OCTETS } from '../engine/ike/shared-secrets.ts';
import type { AnyIkeSecret, IkeSecret, Ikev1Secret, SharedSecret } from '../engine/ike/secret.ts';
import { KeyMaterial } from '../engine/keys/key-material.ts';
import type { KeyProblem } from '../engine/keys/key-problem.ts';
import type { AssociationOrigin } from '../engine/state/security-association.ts';
import { readYaml } from './yaml-document.ts';
import { YamlKeyProblems } from './yaml-key-problems.ts';
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

const prf = parsed('a pseudorandom function, for example HMAC-SHA2-256', findPrf).optional();
const sharedSecrets = z
  .array(
    z.strictObject(
      { publicValue: publicValue.optional(), secret: key },
      { error: 'a mapping with secret and publicValue' },
    ),
    { error: 'a list' },
  )
  .max(MAX_SHARED, { error: `at most ${MAX_SHARED} secrets` })
  .optional();

const ROW = 'a mapping with initiatorSpi (IKEv2) or initiatorCookie (IKEv1) and secrets';

const ikev2Schema = z.strictObject(
  {
    initiatorSpi: spi,
    responderSpi: spi.optional(),
    encryption: parsed('an encryption algorithm, for example AES-CBC', findEncryption).optional(),
    integrity: parsed(
      'an integrity algorithm, for example HMAC-SHA2-256-128',
      findIntegrity,
    ).optional(),
    prf,
    skEi: key.optional(),
    skEr: key.optional(),
    skAi: key.optional(),
    skAr: key.optional(),
    skD: key.optional(),
    skeyseed: key.optional(),
    sharedSecrets,
  },
  { error: ROW },
);

const ikev1Schema = z.strictObject(
  {
    initiatorCookie: spi,
    prf,
    encryptionKey: key.optional(),
    skeyidD: key.optional(),
    sharedSecrets,
  },
  { error: ROW },
);

/** Schema of `ike:`; each row is then read as one of its version. */
const schema = z
  .array(z.unknown(), { error: 'a list' })
  .max(MAX_SECRETS, { error: `at most ${MAX_SECRETS} IKE SAs` });

const KNOWN_KEYS = ['publicValue', 'secret'];
const IKEV2_KEYS = [...Object.keys(ikev2Schema.shape), ...KNOWN_KEYS];
const IKEV1_KEYS = [...Object.keys(ikev1Schema.shape), ...KNOWN_KEYS];
const IKEV2_SECRETS = ['skeyseed', 'sharedSecrets', 'skD', 'skEi', 'skEr'] as const;
const IKEV1_SECRETS = ['encryptionKey', 'skeyidD'] as const;

/** A row with the cookie of an initiator is one of IKEv1. */
function isIkev1Row(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'initiatorCookie' in row;
}

/** Secrets of IKE SAs, and what is wrong with the rows that do not count. */
export interface ReadIkeSecrets {
  readonly secrets: readonly AnyIkeSecret[];
  readonly problems: readonly KeyProblem[];
}

/**
 * The secrets of IKE SAs that a YAML text holds. Of other parts of the file, and of a text that is no YAML, nothing is
 * said: the reader of associations does.
 * @param file name for messages
 */
export function readIkeSecrets(text: string, file: string): ReadIkeSecrets {
  const document = readYaml(text);
  if ('length' in document) return { secrets: [], problems: [] };
  const { value } = document;
  if (typeof value !== 'object' || value === null || !('ike' in value)) {
    return { secrets: [], problems: [] };
  }
  const problems = new YamlKeyProblems(document, file, 'KEYS_IKE');
  const rows = schema.safeParse(value.ike);
  problems.addIssues(rows.error?.issues ?? [], ['ike'], []);
  const secrets = (rows.data ?? []).flatMap((row, index): AnyIkeSecret[] => {
    const at = ['ike', index];
    const origin = { file, line: document.placeOf(at).line };
    if (isIkev1Row(row)) {
      const { data, error } = ikev1Schema.safeParse(row);
      problems.addIssues(error?.issues ?? [], at, IKEV1_KEYS);
      if (data === undefined) return [];
      if (IKEV1_SECRETS.some((name) => data[name] !== undefined))
        return [ikev1SecretOf(data, origin)];
      problems.add(at, `expected one of ${IKEV1_SECRETS.join(', ')}`);
      return [];
    }
    const { data, error } = ikev2Schema.safeParse(row);
    problems.addIssues(error?.issues ?? [], at, IKEV2_KEYS);
    if (data === undefined) return [];
    if (IKEV2_SECRETS.some((name) => data[name] !== undefined))
      return [ikev2SecretOf(data, origin)];
    problems.add(at, `expected one of ${IKEV2_SECRETS.join(', ')}`);
    return [];
  });
  return { secrets, problems: problems.all };
}

function ikev1SecretOf(row: z.infer<typeof ikev1Schema>, origin: AssociationOrigin): Ikev1Secret {
  return {
    origin,
    initiatorCookie: row.initiatorCookie,
    encryptionKey: row.encryptionKey,
    derivation: row.skeyidD,
    prf: row.prf,
    sharedSecrets: row.sharedSecrets?.map(sharedSecretOf),
  };
}

function ikev2SecretOf(row: z.infer<typeof ikev2Schema>, origin: AssociationOrigin): IkeSecret {
  return {
    origin,
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
    sharedSecrets: row.sharedSecrets?.map(sharedSecretOf),
  };
}

function sharedSecretOf(row: {
  readonly publicValue?: Uint8Array | undefined;
  readonly secret: KeyMaterial;
}): SharedSecret {
  return { publicValue: row.publicValue, secret: row.secret };
}
