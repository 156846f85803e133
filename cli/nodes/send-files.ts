/**
 * Key and certificates that a home agent signs its advertisements with, out of their files.
 */
import { isSameOctets, readCertificates } from '../../engine/crypto/certificate.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import { signingKeyOf } from '../../engine/crypto/signature.ts';
import type { SigningKey } from '../../engine/crypto/signature.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { readBounded } from '../settings-file.ts';
import type { NodeDocument } from './node-schema.ts';

/** Largest file of certificates or with a key, octets. */
const MAX_FILE_OCTETS = 256 * 1024;

/** A key with the path that certifies it, the router's own certificate last. */
export interface SendSigning {
  readonly key: SigningKey;
  readonly certificates: readonly Certificate[];
}

/**
 * Key and certificates of `homeAgent.advertisements.send`; undefined when there are none.
 * @throws CliError (2) that names the file and what is wrong with it; nothing of a key is ever in it
 */
export async function readSendSigning({
  homeAgent,
}: NodeDocument): Promise<SendSigning | undefined> {
  const given = homeAgent?.advertisements.send;
  return given === undefined ? undefined : signingOf(given.key, given.certificates);
}

async function signingOf(keyFile: string, files: readonly string[]): Promise<SendSigning> {
  const key = signingKeyOf(new TextDecoder().decode(await octetsOf(keyFile)));
  if (key === undefined) {
    throw wrong(`${keyFile}: expected an RSA private key in PEM, without a passphrase`);
  }
  const found = await certificatesOf(files);
  const last = found.at(-1);
  if (last !== undefined && !isSameOctets(last.certificate.publicKey, key.publicKey)) {
    throw wrong(
      `${last.file}: expected the certificate of the key in ${keyFile} to be the last one, behind those above it`,
    );
  }
  for (const [at, { certificate, file }] of found.entries()) {
    const above = found[at - 1];
    if (above !== undefined && !isSameOctets(above.certificate.subject, certificate.issuer)) {
      throw wrong(`${file}: certificate ${at + 1} of the path is not issued by the one before it`);
    }
  }
  return { key, certificates: found.map(({ certificate }) => certificate) };
}

async function certificatesOf(
  files: readonly string[],
): Promise<{ readonly certificate: Certificate; readonly file: string }[]> {
  const found: { readonly certificate: Certificate; readonly file: string }[] = [];
  for (const file of files) {
    const certificates = readCertificates(await octetsOf(file));
    if (certificates.length === 0) {
      throw wrong(
        `${file}: expected X.509 version 3 certificates in PEM, or one in DER, without critical extensions that are not known here`,
      );
    }
    found.push(...certificates.map((certificate) => ({ certificate, file })));
  }
  return found;
}

async function octetsOf(file: string): Promise<Uint8Array> {
  try {
    return await readBounded(file, MAX_FILE_OCTETS);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      throw new CliError(EXIT.usage, error.message, { cause: error });
    }
    throw error;
  }
}

function wrong(message: string): CliError {
  return new CliError(EXIT.usage, message);
}
