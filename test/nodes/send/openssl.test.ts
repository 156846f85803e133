/**
 * Certificates as an operator makes them with openssl.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { prefixRange } from '../../../engine/crypto/address-blocks.ts';
import { readCertificates } from '../../../engine/crypto/certificate.ts';
import { signingKeyOf } from '../../../engine/crypto/signature.ts';
import { CertificationPaths } from '../../../nodes/send/certification-paths.ts';
import { ip } from '../wire-peer.ts';

const CONFIGURATION = `
[req]
distinguished_name = name
[name]
[anchor]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
sbgp-ipAddrBlock = critical, IPv6:2001:db8::/32
[router]
keyUsage = critical, digitalSignature
extendedKeyUsage = 1.3.6.1.5.5.7.3.23
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = critical, 1.3.6.1.5.5.7.14.2
sbgp-ipAddrBlock = critical, IPv6:2001:db8:a::/64, IPv6:2001:db8:10::-2001:db8:12:0:ffff:ffff:ffff:ffff
`;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-openssl-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function openssl(text: string): void {
  const { status, stderr } = spawnSync('openssl', text.split(' '), { cwd: folder });
  if (status !== 0) throw new Error(`openssl ${text}: ${stderr.toString()}`);
}

const read = (name: string): Uint8Array => readFileSync(path.join(folder, name));

test.skipIf(!hasOpenssl)('certificates of openssl make a path (needs openssl)', () => {
  writeFileSync(path.join(folder, 'c.cnf'), CONFIGURATION);
  const request = 'req -config c.cnf -newkey rsa:2048 -nodes';
  openssl(
    `${request} -x509 -keyout ca.key -subj /CN=anchor -extensions anchor -out ca.pem -days 9`,
  );
  openssl(`${request} -keyout router.key -subj /CN=router -out router.csr`);
  openssl(
    'x509 -req -in router.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile c.cnf -extensions router -out router.pem -days 9',
  );
  const [anchor] = readCertificates(read('ca.pem'));
  const [router] = readCertificates(read('router.pem'));
  const key = signingKeyOf(new TextDecoder().decode(read('router.key')));
  if (anchor === undefined || router === undefined || key === undefined) {
    throw new Error('a file cannot be read');
  }
  expect(router.publicKey).toEqual(key.publicKey);
  expect(anchor.subjectKeyIdentifier).toHaveLength(20);
  const wallClock = (router.notBefore + router.notAfter) / 2;
  expect(router.notAfter - router.notBefore).toBe(9 * 86_400);
  const paths = new CertificationPaths({ scheduler: { wallClock }, anchors: [anchor] });
  expect(paths.add(router)).toEqual({ kind: 'taken', isRouter: true });
  const allowed = (prefix: string): boolean =>
    paths.allows(key.publicKey, [prefixRange(ip(prefix), 64)]);
  expect(['2001:db8:a::', '2001:db8:11::', '2001:db8:12::'].map(allowed)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['2001:db8:a:1::', '2001:db8:12:1::', '2001:db8:13::'].map(allowed)).toEqual([
    false,
    false,
    false,
  ]);
});
