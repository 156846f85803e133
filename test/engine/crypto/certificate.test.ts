import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isCovered,
  prefixRange,
  readAddressBlocks,
} from '../../../engine/crypto/address-blocks.ts';
import {
  SEND_ROUTER_PURPOSE,
  isIssuedBy,
  readCertificate,
  readCertificates,
} from '../../../engine/crypto/certificate.ts';
import {
  TestAuthorities,
  addressBlocks,
  certificateOctets,
  der,
} from '../../nodes/send/certificates.ts';
import { ip } from '../../nodes/wire-peer.ts';

const authorities = new TestAuthorities();

const blocks = (choice: number[]) => {
  const octets = Uint8Array.from(addressBlocks(choice));
  return readAddressBlocks(octets, 0, octets.length);
};

describe('certificates', () => {
  test('what is read is what another reader sees', () => {
    const { router, operator } = authorities;
    const other = new X509Certificate(router.der);
    expect(other.subject).toBe('CN=router');
    expect(other.issuer).toBe('CN=operator');
    expect(router.notBefore).toBe(Date.parse(other.validFrom) / 1000);
    expect(router.notAfter).toBe(Date.parse(other.validTo) / 1000);
    expect(other.publicKey.export({ format: 'der', type: 'spki' }).equals(router.publicKey)).toBe(
      true,
    );
    expect(other.ca).toBe(false);
    expect(router).toMatchObject({
      isAuthority: false,
      maySign: true,
      purposes: [SEND_ROUTER_PURPOSE],
    });
    expect(new X509Certificate(operator.der).ca).toBe(operator.isAuthority);
    expect(other.verify(new X509Certificate(operator.der).publicKey)).toBe(true);
  });

  test('padding behind it is left out, and PEM is read like DER', () => {
    const { router, operator } = authorities;
    expect(readCertificate(Uint8Array.from([...router.der, 0, 0, 0]))?.der).toEqual(router.der);
    expect(readCertificates(router.der)).toEqual([router]);
    const pem = [operator, router].map(({ der: octets }) => new X509Certificate(octets).toString());
    const text = new TextEncoder().encode(pem.join('\n'));
    expect(readCertificates(text)).toEqual([operator, router]);
    expect(readCertificates(new TextEncoder().encode('no certificate'))).toEqual([]);
  });

  test('only the issuer has issued it', () => {
    const { anchor, operator, router } = authorities;
    expect(isIssuedBy(router, operator)).toBe(true);
    expect(isIssuedBy(operator, anchor)).toBe(true);
    expect(isIssuedBy(router, anchor)).toBe(false);
    // The name of the operator, another key.
    const impostor = authorities.certify({ issuerKey: authorities.routerKey });
    expect(isIssuedBy(impostor, operator)).toBe(false);
    const spoiled = router.signed.with(40, (router.signed[40] ?? 0) ^ 1);
    expect(isIssuedBy({ ...router, signed: spoiled }, operator)).toBe(false);
    expect(isIssuedBy(authorities.certify({ hash: 'sha1' }), operator)).toBe(false);
  });

  test('a critical extension that nobody knows makes it unreadable', () => {
    const { routerKey: key, operatorKey: issuerKey } = authorities;
    const fields = { subject: 'router', issuer: 'operator', key, issuerKey };
    expect(readCertificate(certificateOctets(fields))).toBeDefined();
    expect(
      readCertificate(certificateOctets({ ...fields, hasCriticalUnknown: true })),
    ).toBeUndefined();
  });

  test('times of both centuries', () => {
    for (const [from, seconds] of [
      ['20240229235959Z', Date.UTC(2024, 1, 29, 23, 59, 59) / 1000],
      ['19700101000000Z', 0],
      ['20000301000000Z', Date.UTC(2000, 2, 1) / 1000],
      ['21000301120000Z', Date.UTC(2100, 2, 1, 12) / 1000],
    ] as const) {
      expect(authorities.certify({ from }).notBefore).toBe(seconds);
    }
  });

  test('octets that somebody has changed never throw', () => {
    const { der: octets } = authorities.router;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(octets.length),
        (changes, length) => {
          const spoiled = octets.slice();
          for (const [at, value] of changes) spoiled[at] = value;
          const read = readCertificate(spoiled.subarray(0, length));
          if (read !== undefined) isIssuedBy(read, authorities.operator);
        },
      ),
    );
  });
});

describe('delegated addresses', () => {
  const prefix = (text: string) => {
    const [address = '', length = ''] = text.split('/');
    return prefixRange(ip(address), Number(length));
  };

  test('prefixes and ranges, as RFC 3779 encodes them', () => {
    // 2001:db8:a::/48, and from 2001:db8:10:: (its zeros left out) to 2001:db8:2f:ffff... (its ones left out).
    const ranges = blocks(
      der(
        0x30,
        der(0x03, [0, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0a]),
        der(
          0x30,
          der(0x03, [4, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x10]),
          der(0x03, [4, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x20]),
        ),
      ),
    );
    if (ranges === undefined || ranges === 'inherit') throw new Error('no ranges');
    for (const inside of ['2001:db8:a::/48', '2001:db8:a:1::/64', '2001:db8:10::/44']) {
      expect([inside, isCovered(ranges, prefix(inside))]).toEqual([inside, true]);
    }
    expect(isCovered(ranges, prefix('2001:db8:2f::/48'))).toBe(true);
    for (const outside of ['2001:db8:a::/47', '2001:db8:9::/48', '2001:db8:30::/48', '::/0']) {
      expect([outside, isCovered(ranges, prefix(outside))]).toEqual([outside, false]);
    }
  });

  test('bits behind a prefix do not matter, and ::/0 is everything', () => {
    const all = blocks(der(0x30, der(0x03, [0])));
    expect(all).toEqual([prefix('::/0')]);
    // 2001:db8:8::/45 with a bit set behind its length.
    expect(blocks(der(0x30, der(0x03, [3, 0x20, 0x01, 0x0d, 0xb8, 0, 0x09])))).toEqual([
      prefix('2001:db8:8::/45'),
    ]);
  });

  test('inherited ones, and those of other families', () => {
    expect(blocks(der(0x05))).toBe('inherit');
    const ipv4 = Uint8Array.from(der(0x30, der(0x30, der(0x04, [0, 1]), der(0x05))));
    expect(readAddressBlocks(ipv4, 0, ipv4.length)).toBeUndefined();
  });

  test('what is malformed is nothing', () => {
    for (const choice of [
      der(0x30),
      der(0x30, der(0x03, [8, 0x20])),
      der(0x30, der(0x03, [1])),
      der(0x30, der(0x03, [0, ...new Uint8Array(17)])),
      // From more to less.
      der(0x30, der(0x30, der(0x03, [0, 0x30]), der(0x03, [0, 0x20]))),
      der(0x05, [0]),
    ]) {
      expect(blocks(choice)).toBeUndefined();
    }
  });
});
