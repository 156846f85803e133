/**
 * `associations:` of the YAML key file: ESP security associations. What is said of a mistake never holds a value of
 * the file, because values are keys.
 *
 * Loads zod and the YAML parser: imported when there is such a file.
 */
import { z } from 'zod';
import { parseAddress, parsePrefix } from '../dissectors/core/address.ts';
import type { Prefix } from '../dissectors/core/address.ts';
import {
  findEncryption,
  findIntegrity,
  ENCRYPTION_TRANSFORMS,
  INTEGRITY_TRANSFORMS,
  NULL_INTEGRITY,
} from '../engine/crypto/transforms.ts';
import { KeyFileBuilder } from '../engine/keys/key-file-builder.ts';
import type { KeyFileContent } from '../engine/keys/key-file.ts';
import { nearestName } from '../engine/keys/nearest-name.ts';
import {
  judgeEncryptionKey,
  judgeIntegrityKey,
  type JudgedKey,
} from '../engine/keys/transform-keys.ts';
import { protocolNumber } from '../engine/keys/word-reader.ts';
import type { TrafficSelector } from '../engine/state/traffic-selector.ts';
import { nearest } from './suggestion.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';
import { parsed } from './yaml-values.ts';

/** Octets of the longest key. */
const MAX_KEY_OCTETS = 256;

const text = (expected: string) => z.string({ error: expected });

const integer = (expected: string, least: number, most: number) =>
  z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected });

/** `*` is any address; of which family, the other end decides. */
const end = parsed('an address, a prefix or "*"', (value) =>
  value === '*' ? ('*' as const) : parsePrefix(value),
);

const KEY = 'an even number of hexadecimal digits after 0x, in quotes';
const key = parsed(KEY, (value) => {
  const digits = /^0[xX]((?:[0-9a-fA-F]{2})*)$/.exec(value)?.[1];
  if (digits === undefined || digits.length > 2 * MAX_KEY_OCTETS) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
});

const SPI = 'an SPI: a whole number from 1 to 4294967295, or "*"';
const PROTOCOL = 'a protocol number from 0 to 255 or a name like mobility-header, icmpv6, udp';
const PORT = 'a port: a whole number from 0 to 65535';
const OCTET = 'a whole number from 0 to 255';

/** Names of interfaces that Linux takes, without what would harm a command made of it. */
const INTERFACE = /^[0-9A-Za-z_.:@-]{1,15}$/;

const selector = z.strictObject(
  {
    source: end.optional(),
    destination: end.optional(),
    protocol: z.union([integer(PROTOCOL, 0, 255), parsed(PROTOCOL, protocolNumber)]).optional(),
    sourcePort: integer(PORT, 0, 65_535).optional(),
    destinationPort: integer(PORT, 0, 65_535).optional(),
    type: integer(OCTET, 0, 255).optional(),
    code: integer(OCTET, 0, 255).optional(),
    interface: parsed('the name of an interface', (value) =>
      INTERFACE.test(value) ? value : undefined,
    ).optional(),
  },
  { error: 'a mapping with source, destination, protocol, type ...' },
);

const MODE = 'transport, tunnel or any';

/** Schema of one item. */
export const associationSchema = z.strictObject(
  {
    name: text('a name').max(200, { error: 'a name of at most 200 characters' }).optional(),
    source: end,
    destination: end,
    spi: z.union([integer(SPI, 1, 0xffff_ffff), z.literal('*', { error: SPI })], { error: SPI }),
    mode: z.enum(['transport', 'tunnel', 'any'], { error: MODE }).optional(),
    encryption: text('the name of an algorithm, for example AES-CBC'),
    encryptionKey: key.optional(),
    integrity: text('the name of an algorithm, for example HMAC-SHA-1-96').optional(),
    integrityKey: key.optional(),
    extendedSequence: z.boolean({ error: 'true or false' }).optional(),
    sequenceHigh: integer('a whole number from 0 to 4294967295', 0, 0xffff_ffff).optional(),
    replayWindow: integer('a whole number from 0 to 4096', 0, 4096).optional(),
    requestId: integer('a whole number from 0 to 4294967295', 0, 0xffff_ffff).optional(),
    careOfAddress: parsed('an address', (value) => parseAddress(value)).optional(),
    encapsulation: z
      .strictObject(
        { sourcePort: integer(PORT, 0, 65_535), destinationPort: integer(PORT, 0, 65_535) },
        { error: 'a mapping with sourcePort and destinationPort' },
      )
      .optional(),
    selector: selector.optional(),
  },
  { error: 'a mapping with source, destination, spi, encryption ...' },
);

const KNOWN_KEYS = [
  ...Object.keys(associationSchema.shape),
  ...Object.keys(selector.shape),
  'associations',
];

/** Keys of the file that others read. */
const OTHER_KEYS = new Set(['mobility', 'publicKeys', 'authenticationHeaders']);

/**
 * Reads the associations of a YAML key file. Never throws; a bad one is a problem and the others count.
 * @param file name as the user knows it.
 */
export function readYamlAssociations(content: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'a YAML key file');
  const document = readYaml(content);
  if ('length' in document) {
    for (const { message, ...place } of document) {
      builder.error('KEYS_SYNTAX', place, undefined, message);
    }
    return builder.content;
  }
  for (const { message, ...place } of document.problems) {
    builder.error('KEYS_SYNTAX', place, undefined, message);
  }
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    builder.error('KEYS_SYNTAX', document.placeOf([]), undefined, 'expected a mapping');
    return builder.content;
  }
  for (const [name, part] of Object.entries(value) as [string, unknown][]) {
    if (name === 'associations') readList(part, document, builder);
    // Secrets of IKE have a reader of their own, whose findings are told beside these.
    else if (name === 'ike') continue;
    else if (OTHER_KEYS.has(name)) {
      const { line } = document.placeOf([name], true);
      builder.note(line, `${name}: keys that are not for ESP; left out`);
    } else unknownKey(document, builder, [name], name);
  }
  return builder.content;
}

function readList(list: unknown, document: YamlDocument, builder: KeyFileBuilder): void {
  if (!Array.isArray(list)) {
    const place = document.placeOf(['associations']);
    builder.error('KEYS_SYNTAX', place, 'associations', 'expected a list');
    return;
  }
  for (const [index, item] of (list as unknown[]).entries()) {
    new ItemReader(index, document, builder).read(item);
    if (builder.isFull) return;
  }
}

function unknownKey(
  document: YamlDocument,
  builder: KeyFileBuilder,
  path: readonly (string | number)[],
  name: string,
): void {
  const meant = nearest(name, KNOWN_KEYS);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  builder.error('KEYS_SYNTAX', document.placeOf(path, true), undefined, `unknown key${hint}`);
}

type Item = z.infer<typeof associationSchema>;

/** One item of the list. */
class ItemReader {
  readonly #index: number;
  readonly #document: YamlDocument;
  readonly #builder: KeyFileBuilder;

  constructor(index: number, document: YamlDocument, builder: KeyFileBuilder) {
    this.#index = index;
    this.#document = document;
    this.#builder = builder;
  }

  read(item: unknown): void {
    const result = associationSchema.safeParse(item);
    for (const issue of result.error?.issues ?? []) {
      const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      if (issue.code === 'unrecognized_keys') {
        for (const name of issue.keys) {
          const at = ['associations', this.#index, ...path, name];
          unknownKey(this.#document, this.#builder, at, name);
        }
      } else this.#error('KEYS_VALUE', path, `expected ${issue.message}`);
    }
    if (result.data !== undefined) this.#add(result.data);
  }

  #error(code: string, path: readonly (string | number)[], message: string): void {
    const place = this.#document.placeOf(['associations', this.#index, ...path]);
    this.#builder.error(code, place, path.join('.') || undefined, message);
  }

  #add(item: Item): void {
    const { source, destination } = ends(item.source, item.destination);
    if (source.bytes.length !== destination.bytes.length) {
      this.#error('KEYS_ADDRESS', ['destination'], 'expected the address family of the source');
      return;
    }
    const encryption = findEncryption(item.encryption);
    const named = item.integrity === undefined ? NULL_INTEGRITY : findIntegrity(item.integrity);
    if (encryption === undefined) {
      this.#unknownName('KEYS_ENCRYPTION', 'encryption', item.encryption, ENCRYPTION_TRANSFORMS);
    }
    if (named === undefined) {
      const { integrity = '' } = item;
      this.#unknownName('KEYS_AUTHENTICATION', 'integrity', integrity, INTEGRITY_TRANSFORMS);
    }
    if (encryption === undefined || named === undefined) return;
    const isCombined = encryption.icvLength > 0 && named.icvLength > 0;
    if (isCombined) {
      const message = 'the encryption authenticates by itself; this one is ignored';
      this.#problem('warning', 'KEYS_AUTHENTICATION_IGNORED', 'integrity', message);
    }
    const integrity = isCombined ? NULL_INTEGRITY : named;
    const none = new Uint8Array(0);
    const { encryptionKey: cipher = none, integrityKey: check = none } = item;
    const encryptionKey = this.#judged('encryptionKey', judgeEncryptionKey(encryption, cipher));
    const integrityKey = this.#judged('integrityKey', judgeIntegrityKey(integrity, check));
    if (encryptionKey === undefined || integrityKey === undefined) return;
    this.#builder.association(
      {
        spi: item.spi === '*' ? undefined : item.spi,
        source,
        destination,
        encryption,
        encryptionKey,
        integrity,
        integrityKey,
        mode: item.mode ?? 'any',
        extendedSequence: item.extendedSequence ?? false,
        initialSequenceHigh: item.sequenceHigh ?? 0,
        replayWindow: item.replayWindow,
        selector: item.selector === undefined ? undefined : selectorOf(item.selector, destination),
        name: item.name,
        careOfAddress: item.careOfAddress,
        requestId: item.requestId,
        encapsulation: item.encapsulation,
      },
      this.#document.placeOf(['associations', this.#index]),
    );
  }

  #problem(severity: 'error' | 'warning', code: string, field: string, message: string): void {
    const place = this.#document.placeOf(['associations', this.#index, field]);
    this.#builder.problem(severity, code, place, field, message);
  }

  #judged(field: string, { key: octets, problem }: JudgedKey): Uint8Array | undefined {
    if (problem !== undefined) {
      this.#problem(problem.severity, problem.code, field, problem.message);
    }
    return octets;
  }

  /** A name is shown only when it is near a known one: it may be a key. */
  #unknownName(
    code: string,
    field: string,
    name: string,
    rows: readonly { readonly name: string; readonly aliases: readonly string[] }[],
  ): void {
    const meant = nearestName(
      name,
      rows.flatMap((row) => [row.name, ...row.aliases]),
    );
    const message =
      meant === undefined
        ? `not the name of an algorithm; expected one like ${rows[3]?.aliases[0] ?? ''}`
        : `unknown algorithm; did you mean "${meant}"?`;
    this.#problem('error', code, field, message);
  }
}

function ends(
  source: Prefix | '*',
  destination: Prefix | '*',
): { source: Prefix; destination: Prefix } {
  const known = source === '*' ? destination : source;
  const length = known === '*' ? 16 : known.bytes.length;
  const any: Prefix = { bytes: new Uint8Array(length), length: 0 };
  return {
    source: source === '*' ? any : source,
    destination: destination === '*' ? any : destination,
  };
}

function selectorOf(item: z.infer<typeof selector>, destination: Prefix): TrafficSelector {
  const any: Prefix = { bytes: new Uint8Array(destination.bytes.length), length: 0 };
  const prefix = (value: Prefix | '*' | undefined): Prefix =>
    value === undefined || value === '*' ? any : value;
  return {
    source: prefix(item.source),
    destination: prefix(item.destination),
    protocol: item.protocol,
    sourcePort: item.sourcePort,
    destinationPort: item.destinationPort,
    type: item.type,
    code: item.code,
    interface: item.interface,
  };
}
