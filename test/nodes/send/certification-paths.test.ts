import { describe, expect, test } from 'vitest';
import { prefixRange } from '../../../engine/crypto/address-blocks.ts';
import type { Certificate } from '../../../engine/crypto/certificate.ts';
import { CertificationPaths } from '../../../nodes/send/certification-paths.ts';
import { ip } from '../wire-peer.ts';
import { CLIENT_PURPOSE, TestAuthorities, certificate, testKey } from './certificates.ts';
import type { CertificateFields } from './certificates.ts';

const authorities = new TestAuthorities();
const { anchor, anchorKey, operator, operatorKey, router, routerKey } = authorities;
const spare = testKey();
const HOME = prefixRange(ip('2001:db8:a::'), 64);

const paths = (options: { anchors?: Certificate[]; requiresRouterPurpose?: boolean } = {}) =>
  new CertificationPaths({
    scheduler: { wallClock: 1_700_000_000 },
    anchors: [anchor],
    ...options,
  });

/** The anchor's, below it another authority and so on, one for each of the given fields. */
function chain(...fields: readonly Partial<CertificateFields>[]): Certificate[] {
  return fields.map((each, index) =>
    certificate({
      subject: `level ${index + 1}`,
      key: spare,
      issuer: index === 0 ? 'anchor' : `level ${index}`,
      issuerKey: index === 0 ? anchorKey : spare,
      isAuthority: true,
      ...each,
    }),
  );
}

const refusal = (of: CertificationPaths, each: Certificate) => {
  const verdict = of.add(each);
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind;
};

describe('a certification path', () => {
  test('of anchor, authority and router allows the prefixes of the router', () => {
    const known = paths();
    expect(known.add(operator)).toEqual({ kind: 'taken', isRouter: false });
    expect(known.isKnown(router.publicKey)).toBe(false);
    expect(known.add(router)).toEqual({ kind: 'taken', isRouter: true });
    expect(known.add(router)).toEqual({ kind: 'known' });
    expect(known.allows(router.publicKey, [HOME])).toBe(true);
    expect(known.allows(router.publicKey, [prefixRange(ip('2001:db8:a:1::'), 64)])).toBe(false);
    expect(known.allows(operator.publicKey, [HOME])).toBe(false);
  });

  test('is not kept before somebody can vouch for it', () => {
    const known = paths();
    expect(known.add(router).kind).toBe('later');
    expect(known.size).toBe(0);
    known.add(operator);
    expect(known.add(router).kind).toBe('taken');
  });

  test('has to lead to this anchor, not to one of the same name', () => {
    const strangers = new TestAuthorities();
    const known = paths();
    expect(refusal(known, strangers.operator)).toMatch(/not that of the issuer/);
    expect(refusal(known, operator)).toBe('taken');
    expect(refusal(known, strangers.router)).toMatch(/not that of the issuer/);
    // A certificate that vouches for itself.
    const own = certificate({
      ...{ subject: 'router', issuer: 'router', key: spare, issuerKey: spare },
    });
    expect(refusal(known, own)).toBe('later');
    expect(known.size).toBe(1);
  });

  test.each([
    [{ until: '20231101000000Z' }, /expired/],
    [{ from: '20240101000000Z' }, /not valid yet/],
    [{ prefixes: ['2001:db8:b::/64'] }, /addresses that its issuer does not have/],
    [{ prefixes: ['::/0'] }, /addresses that its issuer does not have/],
    [{ prefixes: 'none' }, /delegates no IPv6 addresses/],
    [{ purposes: [] }, /not one of a router/],
    [{ purposes: [CLIENT_PURPOSE] }, /not one of a router/],
    [{ usage: 0x20 }, /not one of a router/],
    [{ hash: 'sha1' }, /signature is not that/],
    [{ issuerKey: routerKey }, /signature is not that/],
  ] as const)('with a router certificate of %o is refused', (fields, reason) => {
    const known = paths();
    known.add(operator);
    expect(refusal(known, authorities.certify(fields))).toMatch(reason);
    expect(known.isKnown(router.publicKey)).toBe(false);
    expect(refusal(known, router)).toBe('taken');
  });

  test('a router certifies nobody', () => {
    const known = paths();
    known.add(operator);
    known.add(router);
    const below = authorities.certify({ issuer: 'router', issuerKey: routerKey, key: spare });
    expect(refusal(known, below)).toMatch(/issuer is no authority/);
  });

  test('inherited addresses are those of the next one above that names them', () => {
    const known = paths();
    const [middle] = chain({ prefixes: 'inherit', subject: 'operator', key: operatorKey });
    if (middle === undefined) throw new Error('no authority');
    known.add(middle);
    expect(known.add(authorities.certify({ prefixes: 'inherit' })).kind).toBe('taken');
    // Those of the anchor.
    expect(known.allows(router.publicKey, [prefixRange(ip('2001:db8:ffff::'), 64)])).toBe(true);
    expect(known.allows(router.publicKey, [prefixRange(ip('2001:db9::'), 64)])).toBe(false);
  });

  test('is not longer than an authority allows', () => {
    const [first, second] = chain({ pathLength: 0 }, {});
    const known = paths();
    if (first === undefined || second === undefined) throw new Error('no authorities');
    expect(refusal(known, first)).toBe('taken');
    expect(refusal(known, second)).toMatch(/too long/);
    const deep = paths();
    const verdicts = chain(...Array.from({ length: 12 }, () => ({}))).map((each) =>
      refusal(deep, each),
    );
    expect(verdicts.filter((verdict) => verdict === 'taken')).toHaveLength(8);
  });

  test('ends with the certificate above it that ends first', () => {
    const clock = { wallClock: 1_700_000_000 };
    const known = new CertificationPaths({ scheduler: clock, anchors: [anchor] });
    const [middle] = chain({
      ...{ subject: 'operator', key: operatorKey, until: '20231115000000Z' },
    });
    if (middle === undefined) throw new Error('no authority');
    known.add(middle);
    known.add(router);
    expect(known.isKnown(router.publicKey)).toBe(true);
    clock.wallClock += 86_400;
    expect(known.isKnown(router.publicKey)).toBe(false);
  });

  test('profile of RFC 3971: routers without a purpose, where that is wanted; another purpose never', () => {
    const old = paths({ requiresRouterPurpose: false });
    old.add(operator);
    expect(refusal(old, authorities.certify({ purposes: [CLIENT_PURPOSE] }))).toMatch(
      /not one of a router/,
    );
    expect(refusal(old, authorities.certify({ purposes: [] }))).toBe('taken');
    expect(old.isKnown(router.publicKey)).toBe(true);
  });

  test('there is room for 64; who was of no use for longest goes', () => {
    const known = paths();
    known.add(operator);
    known.add(router);
    for (let i = 0; i < 100; i++) {
      known.add(authorities.certify({ subject: `router ${i}`, key: spare }));
      known.allows(router.publicKey, [HOME]);
    }
    expect(known.size).toBe(64);
    expect(known.isKnown(router.publicKey)).toBe(true);
  });

  test('an anchor has to be an authority with addresses', () => {
    expect(() => paths({ anchors: [router] })).toThrow(/trust anchor 1: expected a certificate of/);
    const bare = certificate({
      ...{ subject: 'a', issuer: 'a', key: spare, issuerKey: spare },
      isAuthority: true,
      prefixes: 'none',
    });
    expect(() => paths({ anchors: [anchor, bare] })).toThrow(/trust anchor 2: .*RFC 3779/);
  });
});
