/**
 * Whether keys fit their transforms; what to say when they do not. Shared by all formats.
 */
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import type { KeyProblem } from './key-problem.ts';

/** What came of a key: the octets to use, a problem, or a problem and octets to use all the same. */
export interface JudgedKey {
  /** `undefined`: the association cannot be used. */
  readonly key: Uint8Array | undefined;
  readonly problem?: Pick<KeyProblem, 'severity' | 'code' | 'message'>;
}

/** Judges the length of an encryption key, salt or nonce included. */
export function judgeEncryptionKey(encryption: EncryptionTransform, key: Uint8Array): JudgedKey {
  const lengths = encryption.keyLengths;
  if (lengths.length === 0) {
    if (key.length === 0) return { key };
    const message = `${encryption.name} takes no key; it is ignored`;
    return {
      key: new Uint8Array(0),
      problem: { severity: 'warning', code: 'KEYS_KEY_IGNORED', message },
    };
  }
  if (lengths.includes(key.length)) return { key };
  const salt =
    encryption.saltLength === 0 ? '' : `, the last ${encryption.saltLength} of them salt`;
  const message = `${key.length} octets; ${encryption.name} takes ${listed(lengths)}${salt}. Check the number of hex digits and the leading 0x`;
  return { key: undefined, problem: { severity: 'error', code: 'KEYS_KEY_LENGTH', message } };
}

/** Judges the length of an integrity key. RFC 4868 section 2.1.1 fixes it; HMAC works with any other. */
export function judgeIntegrityKey(integrity: IntegrityTransform, key: Uint8Array): JudgedKey {
  // Unchecked and NULL rows of other tools often carry a key; it does no harm.
  if (integrity.create === undefined) return { key: new Uint8Array(0) };
  if (key.length === integrity.keyLength) return { key };
  const message = `${key.length} octets; ${integrity.name} has ${integrity.keyLength}`;
  if (key.length > 0 && integrity.anyKeyLength) {
    return {
      key,
      problem: {
        severity: 'warning',
        code: 'KEYS_KEY_LENGTH',
        message: `${message}; used as it is`,
      },
    };
  }
  return {
    key: undefined,
    problem: {
      severity: 'error',
      code: 'KEYS_KEY_LENGTH',
      message: `${message}. Check the number of hex digits and the leading 0x`,
    },
  };
}

/** `16, 24 or 32 octets`. */
function listed(numbers: readonly number[]): string {
  const last = numbers[numbers.length - 1] ?? 0;
  const before = numbers.slice(0, -1).join(', ');
  return `${before === '' ? '' : `${before} or `}${last} octets`;
}
