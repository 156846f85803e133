/**
 * `authenticationHeaders:` of the YAML key file: associations of AH, which nodes alone use. What is said of a mistake never
 * holds a value of the file, because values are keys. Loads zod and the YAML parser.
 */
import { z } from 'zod';
import { parsePrefix } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import {
  INTEGRITY_TRANSFORMS,
  NULL_ENCRYPTION,
  findIntegrity,
} from '../../engine/crypto/transforms.ts';
import type { KeyProblem } from '../../engine/keys/key-problem.ts';
import { nearestName } from '../../engine/keys/nearest-name.ts';
import { judgeIntegrityKey } from '../../engine/keys/transform-keys.ts';
import type { KeyedAssociation } from '../../nodes/ipsec/key-matching.ts';
import { readYaml } from '../yaml-document.ts';
import type { YamlDocument } from '../yaml-document.ts';
import { parsed } from '../yaml-values.ts';

const LIST = 'authenticationHeaders';
const MAX_KEY_OCTETS = 256;
const ADDRESS_OCTETS = 16;

const address = parsed('an IPv6 address', (text): Prefix | undefined => {
  const prefix = text.includes('/') ? undefined : parsePrefix(`${text}/128`);
  return prefix?.bytes.length === ADDRESS_OCTETS ? prefix : undefined;
});
const SPI = 'an SPI: a whole number from 256 to 4294967295';
const KEY = 'an even number of hexadecimal digits after 0x, in quotes';
const item = z.strictObject(
  {
    name: z.string({ error: 'a name' }).max(200, { error: 'a name' }).optional(),
    source: address,
    destination: address,
    spi: z.int({ error: SPI }).min(256, { error: SPI }).max(0xffff_ffff, { error: SPI }),
    integrity: z.string({ error: 'the name of an algorithm, for example HMAC-SHA-256-128' }),
    integrityKey: parsed(KEY, (text) => {
      const digits = /^0[xX]((?:[0-9a-fA-F]{2})+)$/.exec(text)?.[1];
      return digits === undefined || digits.length > 2 * MAX_KEY_OCTETS
        ? undefined
        : Uint8Array.from(Buffer.from(digits, 'hex'));
    }),
  },
  { error: 'a mapping with source, destination, spi, integrity and integrityKey' },
);

/** What the list of a file gives. */
export interface AuthenticationKeys {
  readonly rows: KeyedAssociation[];
  readonly problems: KeyProblem[];
}

/** Reads the list of a YAML key file. Never throws; a text that is no YAML gives nothing: others tell of it. */
export function readAuthenticationKeys(text: string, file: string): AuthenticationKeys {
  const found: AuthenticationKeys = { rows: [], problems: [] };
  const document = readYaml(text);
  if ('length' in document) return found;
  const { value } = document;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, LIST)) return found;
  const list = (value as Readonly<Record<string, unknown>>)[LIST];
  const reader = new Reader(document, file, found);
  if (!Array.isArray(list)) reader.problem([LIST], 'KEYS_SYNTAX', 'expected a list');
  else for (const [at, each] of (list as unknown[]).entries()) reader.read(each, at);
  return found;
}

class Reader {
  readonly #document: YamlDocument;
  readonly #file: string;
  readonly #found: AuthenticationKeys;

  constructor(document: YamlDocument, file: string, found: AuthenticationKeys) {
    this.#document = document;
    this.#file = file;
    this.#found = found;
  }

  read(value: unknown, at: number): void {
    const { data, error } = item.safeParse(value);
    for (const issue of error?.issues ?? []) {
      const steps = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      if (issue.code !== 'unrecognized_keys') {
        this.problem([LIST, at, ...steps], 'KEYS_VALUE', `expected ${issue.message}`);
      } else this.problem([LIST, at], 'KEYS_SYNTAX', 'unknown key in this association');
    }
    if (data === undefined) return;
    const integrity = findIntegrity(data.integrity);
    if (integrity?.create === undefined) {
      const meant = nearestName(
        data.integrity,
        INTEGRITY_TRANSFORMS.flatMap(({ name, aliases }) => [name, ...aliases]),
      );
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
      const message = `expected the name of an integrity algorithm like HMAC-SHA-256-128${hint}`;
      this.problem([LIST, at, 'integrity'], 'KEYS_AUTHENTICATION', message);
      return;
    }
    const { key, problem } = judgeIntegrityKey(integrity, data.integrityKey);
    if (problem !== undefined) {
      const { code, message, severity } = problem;
      this.problem([LIST, at, 'integrityKey'], code, message, severity);
    }
    if (key === undefined) return;
    const { line } = this.#document.placeOf([LIST, at]);
    this.#found.rows.push({
      protocol: 'ah',
      mode: 'transport',
      spi: data.spi,
      source: data.source,
      destination: data.destination,
      encryption: NULL_ENCRYPTION,
      encryptionKey: new Uint8Array(0),
      integrity,
      integrityKey: key,
      origin: { file: this.#file, line },
      ...(data.name === undefined ? {} : { label: data.name }),
    });
  }

  problem(
    path: readonly (string | number)[],
    code: string,
    message: string,
    severity: KeyProblem['severity'] = 'error',
  ): void {
    const field = typeof path.at(-1) === 'string' ? String(path.at(-1)) : undefined;
    const place = this.#document.placeOf(path);
    this.#found.problems.push({ severity, code, file: this.#file, ...place, field, message });
  }
}
