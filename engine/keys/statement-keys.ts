/**
 * Transforms and keys of a statement of `setkey`, `ip xfrm` or tcpdump: unknown names, key lengths, combined
 * transforms.
 */
import {
  findIntegrity,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../crypto/transforms.ts';
import { isUnsupported, knownNames } from './algorithm-names.ts';
import type { KeyPlace } from './key-file-builder.ts';
import { nearestName } from './nearest-name.ts';
import { judgeEncryptionKey, judgeIntegrityKey, type JudgedKey } from './transform-keys.ts';
import type { WordReader } from './word-reader.ts';

/** One algorithm with its key, as read. */
export interface GivenKey<T> {
  readonly transform: T;
  readonly key: Uint8Array;
  /** Of the key. */
  readonly place: KeyPlace;
}

/** What an association needs. */
export interface StatementKeys {
  readonly encryption: EncryptionTransform;
  readonly encryptionKey: Uint8Array;
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
}

/** Says why a name is of no transform. It is shown only when it is near a known one: it may be a key. */
export function unknownAlgorithm(
  reader: WordReader,
  tool: 'kernel' | 'setkey' | 'tcpdump',
  field: 'encryption' | 'authentication',
  name: string,
  example: string,
): void {
  if (isUnsupported(name)) {
    reader.fail(
      field === 'encryption' ? 'KEYS_ENCRYPTION_UNSUPPORTED' : 'KEYS_AUTHENTICATION_UNSUPPORTED',
      field,
      'an algorithm that cannot be computed here; packets of the association stay closed. Remove the statement, or put # in front',
    );
    return;
  }
  const code = field === 'encryption' ? 'KEYS_ENCRYPTION' : 'KEYS_AUTHENTICATION';
  const nearest = nearestName(name, knownNames(tool));
  const shown = name.replace(/[^\x20-\x7e]/g, '?');
  reader.fail(
    code,
    field,
    nearest === undefined
      ? `not the name of an algorithm; expected one like ${example}`
      : `unknown algorithm "${shown}"; did you mean "${nearest}"?`,
  );
}

/** Judges both keys. @returns what to use; undefined when something is wrong, which was then said */
export function judgedKeys(
  reader: WordReader,
  encryption: GivenKey<EncryptionTransform> | undefined,
  integrity: GivenKey<IntegrityTransform> | undefined,
): StatementKeys | undefined {
  const given = encryption?.transform ?? NULL_ENCRYPTION;
  let check = integrity?.transform ?? NULL_INTEGRITY;
  let checkKey: Uint8Array | undefined = new Uint8Array(0);
  const encryptionKey =
    encryption === undefined
      ? new Uint8Array(0)
      : judged(
          reader,
          'encryption key',
          encryption.place,
          judgeEncryptionKey(given, encryption.key),
        );
  if (given.icvLength > 0 && check.icvLength > 0) {
    reader.warn(
      'KEYS_AUTHENTICATION_IGNORED',
      'authentication',
      `${given.name} authenticates by itself; the other algorithm is ignored`,
      integrity?.place ?? reader.place,
    );
    check = NULL_INTEGRITY;
  } else if (integrity !== undefined) {
    checkKey = judged(
      reader,
      'authentication key',
      integrity.place,
      judgeIntegrityKey(check, integrity.key),
    );
  }
  if (encryptionKey === undefined || checkKey === undefined || reader.hasFailed) return undefined;
  return { encryption: given, encryptionKey, integrity: check, integrityKey: checkKey };
}

function judged(
  reader: WordReader,
  field: string,
  place: KeyPlace,
  { key, problem }: JudgedKey,
): Uint8Array | undefined {
  if (problem?.severity === 'error') reader.fail(problem.code, field, problem.message, place);
  else if (problem !== undefined) reader.warn(problem.code, field, problem.message, place);
  return key;
}

/** Integrity that is there and not checked: tcpdump cuts the ICV off without a key for it. */
export function uncheckedIntegrity(bits: number): IntegrityTransform {
  return findIntegrity(`ANY-${bits}`) ?? NULL_INTEGRITY;
}
