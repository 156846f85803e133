/**
 * Certificates of routers and authorities, written octet by octet and signed with keys of this run.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { prefixRange } from '../../../engine/crypto/address-blocks.ts';
import { readCertificate } from '../../../engine/crypto/certificate.ts';
import type { Certificate } from '../../../engine/crypto/certificate.ts';
import { signingKeyOf } from '../../../engine/crypto/signature.ts';
import type { SigningKey } from '../../../engine/crypto/signature.ts';
import { ip } from '../wire-peer.ts';

type Octets = readonly number[];

/** id-kp-sendRouter and another purpose: clientAuth. */
export const ROUTER_PURPOSE = '1.3.6.1.5.5.7.3.23';
export const CLIENT_PURPOSE = '1.3.6.1.5.5.7.3.2';

/** An RSA key pair. */
export interface TestKey {
  readonly publicKey: Octets;
  readonly privateKey: KeyObject;
  readonly signing: SigningKey;
}

/** What a certificate says; the defaults make a good one of a router for the home prefix. */
export interface CertificateFields {
  readonly subject: string;
  readonly key: TestKey;
  readonly issuer: string;
  readonly issuerKey: TestKey;
  readonly isAuthority?: boolean;
  readonly pathLength?: number;
  /** Default one of the home prefix; `inherit`, or none at all. */
  readonly prefixes?: readonly string[] | 'inherit' | 'none';
  readonly purposes?: readonly string[];
  /** First octet of key usage. */
  readonly usage?: number;
  /** `YYYYMMDDHHMMSSZ`. */
  readonly from?: string;
  readonly until?: string;
  readonly hasCriticalUnknown?: boolean;
  readonly keyIdentifier?: Uint8Array;
  /** Default sha256WithRSAEncryption. */
  readonly hash?: 'sha1' | 'sha256';
}

/** An RSA key pair of this run. */
export function testKey(bits = 1024): TestKey {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits });
  const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const signing = signingKeyOf(pem);
  if (signing === undefined) throw new Error('no key');
  return { publicKey: [...signing.publicKey], privateKey: pair.privateKey, signing };
}

/** An element in DER. */
export function der(tag: number, ...parts: readonly Octets[]): number[] {
  const content = parts.flat();
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return [tag, ...size, ...content];
}

function oid(text: string): number[] {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): number[] => {
    const octets = [value & 0x7f];
    for (let left = value >>> 7; left > 0; left >>>= 7) octets.unshift((left & 0x7f) | 0x80);
    return octets;
  };
  return der(0x06, [first * 40 + second, ...rest.flatMap(base128)]);
}

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];

function name(commonName: string): number[] {
  return der(0x30, der(0x31, der(0x30, oid('2.5.4.3'), der(0x0c, ascii(commonName)))));
}

/** BIT STRING of a prefix as RFC 3779 section 2.2.3.8 has it. */
function prefixBits(text: string): number[] {
  const [address = '', bits = '0'] = text.split('/');
  const length = Number(bits);
  const octets = Math.ceil(length / 8);
  const { first } = prefixRange(ip(address), length);
  return der(0x03, [octets * 8 - length, ...first.subarray(0, octets)]);
}

/** IPAddrBlocks with one IPv6 family. */
export function addressBlocks(choice: Octets): number[] {
  return der(0x30, der(0x30, der(0x04, [0, 2]), choice));
}

function extension(identifier: string, value: Octets, isCritical = false): number[] {
  const critical = isCritical ? der(0x01, [0xff]) : [];
  return der(0x30, oid(identifier), critical, der(0x04, value));
}

function extensions(fields: CertificateFields): number[] {
  const { prefixes = ['2001:db8:a::/64'], isAuthority = false, pathLength, usage } = fields;
  const purposes = fields.purposes ?? (isAuthority ? [] : [ROUTER_PURPOSE]);
  const list: number[][] = [];
  if (isAuthority) {
    const most = pathLength === undefined ? [] : der(0x02, [pathLength]);
    list.push(extension('2.5.29.19', der(0x30, der(0x01, [0xff]), most), true));
  }
  const bits = usage ?? (isAuthority ? 0x06 : 0x80);
  list.push(extension('2.5.29.15', der(0x03, [0, bits]), true));
  if (purposes.length > 0) list.push(extension('2.5.29.37', der(0x30, ...purposes.map(oid))));
  if (prefixes !== 'none') {
    const choice = prefixes === 'inherit' ? der(0x05) : der(0x30, ...prefixes.map(prefixBits));
    list.push(extension('1.3.6.1.5.5.7.1.7', addressBlocks(choice), true));
  }
  if (fields.keyIdentifier !== undefined) {
    list.push(extension('2.5.29.14', der(0x04, [...fields.keyIdentifier])));
  }
  if (fields.hasCriticalUnknown === true) list.push(extension('1.2.3.4', der(0x05), true));
  return der(0xa3, der(0x30, ...list));
}

let serial = 1;

/** Octets of a certificate. */
export function certificateOctets(fields: CertificateFields): Uint8Array {
  const { hash = 'sha256', from = '20230101000000Z', until = '20400101000000Z' } = fields;
  const algorithm = der(
    0x30,
    oid(hash === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11'),
    der(0x05),
  );
  const signed = der(
    0x30,
    der(0xa0, der(0x02, [2])),
    der(0x02, [serial++ & 0x7f]),
    algorithm,
    name(fields.issuer),
    der(0x30, der(0x18, ascii(from)), der(0x18, ascii(until))),
    name(fields.subject),
    fields.key.publicKey,
    extensions(fields),
  );
  const signature = sign(hash, Uint8Array.from(signed), fields.issuerKey.privateKey);
  return Uint8Array.from(der(0x30, signed, algorithm, der(0x03, [0, ...signature])));
}

/** A certificate that can be read. */
export function certificate(fields: CertificateFields): Certificate {
  const found = readCertificate(certificateOctets(fields));
  if (found === undefined) throw new Error('the certificate cannot be read');
  return found;
}

/** An anchor, an authority below it and a router. */
export class TestAuthorities {
  readonly anchorKey = testKey();
  readonly operatorKey = testKey();
  readonly routerKey = testKey();
  readonly anchor: Certificate;
  readonly operator: Certificate;
  readonly router: Certificate;
  readonly #network: string;

  /** @param network the operator has its /48, the router its /64 */
  constructor(network = '2001:db8:a::') {
    this.#network = network;
    this.anchor = certificate({
      subject: 'anchor',
      key: this.anchorKey,
      issuer: 'anchor',
      issuerKey: this.anchorKey,
      isAuthority: true,
      prefixes: ['2001:db8::/32'],
      keyIdentifier: new Uint8Array(20).fill(7),
    });
    this.operator = certificate({
      subject: 'operator',
      key: this.operatorKey,
      issuer: 'anchor',
      issuerKey: this.anchorKey,
      isAuthority: true,
      prefixes: [`${network}/48`],
    });
    this.router = this.certify();
  }

  /** The path as a router sends it. */
  get path(): readonly Certificate[] {
    return [this.operator, this.router];
  }

  /** A certificate of the router, differing from the good one in the given fields. */
  certify(fields: Partial<CertificateFields> = {}): Certificate {
    return certificate({
      subject: 'router',
      key: this.routerKey,
      issuer: 'operator',
      issuerKey: this.operatorKey,
      prefixes: [`${this.#network}/64`],
      ...fields,
    });
  }
}
