/**
 * What the Linux kernel, `setkey` and tcpdump call the transforms of `engine/crypto/transforms.ts`.
 *
 * One row a transform; its first name is the one that is written.
 */
import {
  findEncryption,
  findIntegrity,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
  type EncryptionTransform,
  type IntegrityTransform,
} from '../crypto/transforms.ts';

/** Names of one encryption transform; an empty list: the tool does not have it. */
export interface EncryptionNames {
  readonly transform: EncryptionTransform;
  /** Linux crypto API, as `ip xfrm state` shows it. */
  readonly kernel: readonly string[];
  readonly setkey: readonly string[];
  /** By key length in octets; tcpdump puts it into the name. */
  readonly tcpdump: Readonly<Record<number, readonly string[]>>;
}

/** Names of one integrity transform. */
export interface IntegrityNames {
  readonly transform: IntegrityTransform;
  readonly kernel: readonly string[];
  /** Octets of the ICV when the kernel is told no length (`auth`, not `auth-trunc`). */
  readonly isKernelDefault: boolean;
  readonly setkey: readonly string[];
}

function encryption(name: string): EncryptionTransform {
  const transform = findEncryption(name);
  if (transform === undefined) throw new Error(`no transform ${name}`);
  return transform;
}

function integrity(name: string): IntegrityTransform {
  const transform = findIntegrity(name);
  if (transform === undefined) throw new Error(`no transform ${name}`);
  return transform;
}

const combined = (name: string, kernel: string, setkey: readonly string[] = []) => ({
  transform: encryption(name),
  kernel: [kernel],
  setkey,
  tcpdump: {},
});

/** Encryption. */
export const ENCRYPTION_NAMES: readonly EncryptionNames[] = [
  {
    transform: NULL_ENCRYPTION,
    kernel: ['ecb(cipher_null)', 'cipher_null'],
    setkey: ['null', 'simple'],
    tcpdump: {},
  },
  {
    transform: encryption('DES-CBC'),
    kernel: ['cbc(des)', 'des'],
    setkey: ['des-cbc'],
    tcpdump: { 8: ['des-cbc', 'des'] },
  },
  {
    transform: encryption('3DES-CBC'),
    kernel: ['cbc(des3_ede)', 'des3_ede'],
    setkey: ['3des-cbc'],
    tcpdump: { 24: ['3des-cbc', '3des'] },
  },
  {
    transform: encryption('AES-CBC'),
    kernel: ['cbc(aes)', 'aes'],
    setkey: ['rijndael-cbc', 'aes-cbc', 'aes'],
    tcpdump: {
      16: ['aes128-cbc', 'aes128', 'aes-128-cbc'],
      24: ['aes192-cbc', 'aes192', 'aes-192-cbc'],
      32: ['aes256-cbc', 'aes256', 'aes-256-cbc'],
    },
  },
  {
    transform: encryption('Camellia-CBC'),
    kernel: ['cbc(camellia)', 'camellia'],
    setkey: ['camellia-cbc'],
    tcpdump: {
      16: ['camellia128-cbc', 'camellia128', 'camellia-128-cbc'],
      24: ['camellia192-cbc', 'camellia192', 'camellia-192-cbc'],
      32: ['camellia256-cbc', 'camellia256', 'camellia-256-cbc'],
    },
  },
  {
    transform: encryption('AES-CTR'),
    kernel: ['rfc3686(ctr(aes))'],
    setkey: ['aes-ctr'],
    tcpdump: {},
  },
  combined('AES-GCM-16', 'rfc4106(gcm(aes))', ['aes-gcm-16']),
  combined('AES-GCM-12', 'rfc4106(gcm(aes))'),
  combined('AES-GCM-8', 'rfc4106(gcm(aes))'),
  combined('AES-CCM-16', 'rfc4309(ccm(aes))'),
  combined('AES-CCM-12', 'rfc4309(ccm(aes))'),
  combined('AES-CCM-8', 'rfc4309(ccm(aes))'),
  combined('AES-GMAC', 'rfc4543(gcm(aes))', ['aes-gmac']),
  combined('ChaCha20-Poly1305', 'rfc7539esp(chacha20,poly1305)', ['chacha20-poly1305']),
];

const mac = (
  name: string,
  kernel: readonly string[],
  setkey: readonly string[],
  isKernelDefault = true,
): IntegrityNames => ({ transform: integrity(name), kernel, setkey, isKernelDefault });

/** Integrity. */
export const INTEGRITY_NAMES: readonly IntegrityNames[] = [
  {
    transform: NULL_INTEGRITY,
    kernel: ['digest_null'],
    setkey: ['null'],
    isKernelDefault: true,
  },
  mac('HMAC-MD5', ['hmac(md5)', 'md5'], ['hmac-md5']),
  mac('HMAC-SHA1', ['hmac(sha1)', 'sha1'], ['hmac-sha1']),
  // The kernel cuts hmac(sha256) to 96 bits unless it is told a length, and so does setkey's hmac-sha256.
  mac('HMAC-SHA-256-96', ['hmac(sha256)', 'sha256'], ['hmac-sha256']),
  mac('HMAC-SHA-256-128', ['hmac(sha256)', 'sha256'], ['hmac-sha2-256'], false),
  mac('HMAC-SHA-384', ['hmac(sha384)', 'sha384'], ['hmac-sha384', 'hmac-sha2-384']),
  mac('HMAC-SHA-512', ['hmac(sha512)', 'sha512'], ['hmac-sha512', 'hmac-sha2-512']),
  mac('HMAC-RIPEMD-160', ['hmac(rmd160)', 'hmac(ripemd160)'], ['hmac-ripemd160']),
  mac('AES-XCBC', ['xcbc(aes)'], ['aes-xcbc-mac', 'aes-xcbc']),
  mac('AES-CMAC', ['cmac(aes)'], ['aes-cmac']),
];

/** Algorithms those tools have and this program cannot compute. */
export const UNSUPPORTED_NAMES: readonly string[] = [
  'cbc(blowfish)',
  'cbc(cast5)',
  'cbc(twofish)',
  'cbc(serpent)',
  'rfc3686(ctr(camellia))',
  'hmac(sm3)',
  'cbc(sm4)',
  'blowfish-cbc',
  'cast128-cbc',
  'twofish-cbc',
  'rc3-cbc',
  'des-deriv',
  '3des-deriv',
  'keyed-md5',
  'keyed-sha1',
  'tcp-md5',
  'seqiv(rfc4106(gcm(aes)))',
];

/** Names as compared: without case and punctuation. */
export function comparedName(name: string): string {
  return name.length > 60 ? '' : name.toLowerCase().replace(/[^0-9a-z]/g, '');
}

const unsupported = new Set(UNSUPPORTED_NAMES.map(comparedName));

/** Whether the name is of an algorithm that is known and cannot be computed. */
export function isUnsupported(name: string): boolean {
  return unsupported.has(comparedName(name));
}

/** Rows by each of their names, as compared. */
function byName<T>(rows: readonly T[], namesOf: (row: T) => readonly string[]) {
  const map = new Map<string, T[]>();
  for (const row of rows) {
    for (const name of new Set(namesOf(row).map(comparedName))) {
      const known = map.get(name);
      if (known === undefined) map.set(name, [row]);
      else known.push(row);
    }
  }
  return (name: string): readonly T[] => map.get(comparedName(name)) ?? [];
}

const kernelEncryptions = byName(ENCRYPTION_NAMES, ({ kernel }) => kernel);
const kernelIntegrities = byName(INTEGRITY_NAMES, ({ kernel }) => kernel);
const setkeyEncryptions = byName(ENCRYPTION_NAMES, ({ setkey }) => setkey);
const setkeyIntegrities = byName(INTEGRITY_NAMES, ({ setkey }) => setkey);
const tcpdumpEncryptions = byName(ENCRYPTION_NAMES, ({ tcpdump }) => Object.values(tcpdump).flat());

/** Row of a kernel name; for combined transforms the ICV length in octets chooses. */
export function kernelEncryption(name: string, icvLength = 0): EncryptionTransform | undefined {
  return kernelEncryptions(name).find(({ transform }) => transform.icvLength === icvLength)
    ?.transform;
}

/** Row of a kernel name. @param icvLength octets; `undefined` = what the kernel does by itself. */
export function kernelIntegrity(
  name: string,
  icvLength: number | undefined,
): IntegrityTransform | undefined {
  return kernelIntegrities(name).find(({ transform, isKernelDefault }) =>
    icvLength === undefined ? isKernelDefault : transform.icvLength === icvLength,
  )?.transform;
}

/** Row of a name of `setkey`. */
export function setkeyEncryption(name: string): EncryptionTransform | undefined {
  return setkeyEncryptions(name)[0]?.transform;
}

/** Row of a name of `setkey`. */
export function setkeyIntegrity(name: string): IntegrityTransform | undefined {
  return setkeyIntegrities(name)[0]?.transform;
}

/** Row of a name of tcpdump, without its `-hmac96`. */
export function tcpdumpEncryption(name: string): EncryptionTransform | undefined {
  return tcpdumpEncryptions(name)[0]?.transform;
}

/** All names of one kind, for suggestions. */
export function knownNames(tool: 'kernel' | 'setkey' | 'tcpdump'): readonly string[] {
  if (tool === 'tcpdump') {
    return ENCRYPTION_NAMES.flatMap(({ tcpdump }) => Object.values(tcpdump).flat());
  }
  return [...ENCRYPTION_NAMES, ...INTEGRITY_NAMES].flatMap((row) => row[tool]);
}
