/**
 * Certificates of trust anchors out of their files, for `homeLink: send`.
 */
import { readFileSync, statSync } from 'node:fs';
import { readCertificates } from '../../engine/crypto/certificate.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/** Largest file, octets. */
const MAX_OCTETS = 1024 * 1024;

/**
 * Certificates of files in PEM or DER.
 * @throws CliError (2) that names every file that holds none
 */
export function readTrustAnchors(files: readonly string[]): Certificate[] {
  const anchors: Certificate[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      if (statSync(file).size > MAX_OCTETS)
        throw new RangeError(`larger than ${MAX_OCTETS} octets`);
      const found = readCertificates(readFileSync(file));
      const other = found.find(({ isAuthority }) => !isAuthority);
      if (found.length === 0) problems.push(`${file}: expected certificates in PEM or DER`);
      if (other !== undefined) problems.push(`${file}: expected certificates of authorities alone`);
      anchors.push(...found);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length === 0) return anchors;
  throw new CliError(EXIT.usage, problems.join('\n'), {
    hint: 'trustAnchors: names the certificates that routers of the home link are certified by (RFC 3971, RFC 6494).',
  });
}
