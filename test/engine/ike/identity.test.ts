import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_IDENTITY_OCTETS, identityKey, identityOf } from '../../../engine/ike/identity.ts';
import { ID_TYPE } from '../../../dissectors/ike/index.ts';
import { addressOf } from './peers.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An element of DER with a short length. */
function der(tag: number, ...content: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const inside = content.flatMap((part) => [...part]);
  const head = inside.length < 128 ? [tag, inside.length] : [tag, 0x81, inside.length];
  return Uint8Array.from([...head, ...inside]);
}

const part = (oid: readonly number[], value: string, tag = 0x0c): Uint8Array =>
  der(0x31, der(0x30, der(6, oid), der(tag, text(value))));

const COUNTRY = [0x55, 4, 6];
const ORGANISATION = [0x55, 4, 10];
const COMMON_NAME = [0x55, 4, 3];

/** C=CH, O=Linux strongSwan, CN=moon */
const NAME = der(
  0x30,
  part(COUNTRY, 'CH', 0x13),
  part(ORGANISATION, 'Linux strongSwan'),
  part(COMMON_NAME, 'moon'),
);

describe('an identity of IKE', () => {
  it.each<[string, number, Uint8Array, string]>([
    ['user@host', ID_TYPE.rfc822Address, text('Alice@Example.org'), 'alice@example.org'],
    ['a host name', ID_TYPE.fqdn, text('mn1.example.org'), 'MN1.example.org'],
    ['strongSwan’s host name', ID_TYPE.fqdn, text('mn1.example.org'), '@mn1.example.org'],
    ['an address', ID_TYPE.ipv6Address, addressOf('2001:db8::1'), '2001:0db8:0::1'],
    ['an IPv4 address', ID_TYPE.ipv4Address, addressOf('192.0.2.1'), '192.0.2.1'],
    ['octets', ID_TYPE.keyId, Uint8Array.of(0xab, 0xcd), '0xABcd'],
    [
      'a name in its order',
      ID_TYPE.derDistinguishedName,
      NAME,
      'C=CH, O=Linux strongSwan, CN=moon',
    ],
    ['a name backwards', ID_TYPE.derDistinguishedName, NAME, 'cn=moon,o=Linux  strongSwan,c=CH'],
    ['a name with slashes', ID_TYPE.derDistinguishedName, NAME, '/C=CH/O=Linux strongSwan/CN=moon'],
  ])('is the one that an operator writes as %s', (_name, type, data, written) => {
    expect(identityOf(type, data).key).toBe(identityKey(written));
  });

  it('is shown to people as they would write it', () => {
    const { text: shown } = identityOf(ID_TYPE.derDistinguishedName, NAME);
    expect(shown).toBe('C=CH, O=Linux strongSwan, CN=moon');
    const odd = der(0x30, part(ORGANISATION, 'A, B'), part([0x55, 4, 99], 'x'));
    expect(identityOf(ID_TYPE.derDistinguishedName, odd).text).toBe('O=A\\, B, OID 550463=x');
  });

  it('of one type is none of another with the same text', () => {
    const name = identityOf(ID_TYPE.fqdn, text('2001:db8::1'));
    expect(name.key).not.toBe(identityKey('2001:db8::1'));
    const equals = identityOf(ID_TYPE.fqdn, text('cn=moon'));
    expect(equals.key).not.toBe(identityKey('CN=moon'));
  });

  it('takes commas in values with a backslash or in quotes', () => {
    const odd = der(0x30, part(ORGANISATION, 'A, B'), part(COMMON_NAME, 'moon'));
    const { key } = identityOf(ID_TYPE.derDistinguishedName, odd);
    expect(identityKey('O=A\\, B, CN=moon')).toBe(key);
    expect(identityKey('O="A, B", CN=moon')).toBe(key);
    expect(identityKey('O=A, B, CN=moon')).not.toBe(key);
  });

  it('that is long is bounded and still tells lengths apart', () => {
    const long = identityOf(ID_TYPE.fqdn, new Uint8Array(MAX_IDENTITY_OCTETS + 1).fill(0x61));
    const longer = identityOf(ID_TYPE.fqdn, new Uint8Array(60_000).fill(0x61));
    expect(long.key.length).toBeLessThan(200);
    expect(long.key).not.toBe(longer.key);
  });

  it('never fails, whatever the octets', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(fc.nat(NAME.length - 1), fc.nat(255))
        .map(([at, value]) => NAME.map((octet, i) => (i === at ? value : octet))),
    );
    fc.assert(
      fc.property(fc.nat(255), octets, (type, data) => {
        const found = identityOf(type, data);
        expect(found.key).not.toBe('');
        // No control character comes through.
        expect(/\p{Cc}/u.test(found.text)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (written) => {
        expect(identityKey(written)).toContain(':');
      }),
    );
  });
});
