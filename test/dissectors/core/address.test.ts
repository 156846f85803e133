import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressKey,
  addressOfKey,
  formatAddress,
  formatIpv4,
  formatMac,
  formatPrefix,
  isDocumentation,
  isIpv4Mapped,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnicastRoutable,
  isUniqueLocal,
  isUnspecified,
  parseAddress,
  parsePrefix,
  prefixMatches,
  sameAddress,
} from '../../../dissectors/core/address.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** Addresses with many zero groups, where the shortening is. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff])));

/** Octets of an address the test knows to be right. */
function bytesOf(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

describe('text of an IPv6 address', () => {
  it.each([
    ['2001:0db8:0000:0000:0000:0000:0002:0001', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['1:0:0:0:0:0:0:8', '1::8'],
    ['0:2:3:4:5:6:7:0', '0:2:3:4:5:6:7:0'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('of %s is %s as RFC 5952 says', (text, expected) => {
    expect(formatAddress(bytesOf(text))).toBe(expected);
  });

  it('is what URL makes of it, IPv4-mapped addresses aside', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        fc.pre(!isIpv4Mapped(bytes));
        const text = formatAddress(bytes);
        expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it('reads back to the same octets, also from inside a packet', () => {
    fc.assert(
      fc.property(ipv6, fc.nat(40), (bytes, offset) => {
        const packet = new Uint8Array(64);
        packet.set(bytes, offset);
        expect(parseAddress(formatAddress(packet, offset))).toEqual(bytes);
      }),
    );
  });

  it('never fails at the end of a buffer', () => {
    expect(formatAddress(new Uint8Array(3), 1)).toBe('::');
  });
});

describe('text of other addresses', () => {
  it('is dotted decimal for IPv4', () => {
    expect(formatIpv4(Uint8Array.of(9, 192, 0, 2, 255), 1)).toBe('192.0.2.255');
  });

  it('is pairs of hex digits for link-layer addresses', () => {
    const bytes = Uint8Array.of(0, 0x02, 0, 0x5e, 0, 0x53, 0x0a);
    expect(formatMac(bytes, 1)).toBe('02:00:5e:00:53:0a');
    expect(formatMac(bytes, 1, 2)).toBe('02:00');
  });
});

describe('reading an address', () => {
  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::1',
    '::1.2.3',
    '::1.2.3.4.5',
    '::256.0.0.1',
    '1.2.3.4::',
    '192.0.2.1:1::',
    'fe80::1%eth0',
    '[::1]',
    ' ::1',
    '192.0.2',
    '192.0.2.01',
    '192.0.2.-1',
    '1e3.0.0.1',
    '2001:db8::/64',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('accepts and refuses what node:net does, zones aside', () => {
    const texts = fc.oneof(
      fc.ipV6(),
      fc.ipV4(),
      fc
        .array(fc.constantFrom(':', '::', '0', 'ff', 'ABCD', '.', '1.2.3.4', '255', 'g'), {
          maxLength: 14,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const expected = isIPv6(text) ? 16 : isIPv4(text) ? 4 : undefined;
        expect(parseAddress(text)?.length).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the octets URL gives', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = bytesOf(text);
        fc.pre(!isIpv4Mapped(bytes));
        expect(`[${formatAddress(bytes)}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it('takes no time for a hostile text', () => {
    expect(parseAddress(':'.repeat(1_000_000))).toBeUndefined();
    expect(parseAddress('1.'.repeat(1_000_000))).toBeUndefined();
  });
});

describe('a prefix', () => {
  it('has the bits after its length cleared', () => {
    expect(parsePrefix('2001:db8:ffff::1/33')).toEqual({
      bytes: bytesOf('2001:db8:8000::'),
      length: 33,
    });
    expect(parsePrefix('192.0.2.255/25')).toEqual({ bytes: bytesOf('192.0.2.128'), length: 25 });
    expect(parsePrefix('2001:db8::1/0')).toEqual({ bytes: bytesOf('::'), length: 0 });
  });

  it('is a whole address when no length is given', () => {
    expect(parsePrefix('2001:db8::1')).toEqual({ bytes: bytesOf('2001:db8::1'), length: 128 });
    expect(parsePrefix('192.0.2.1')?.length).toBe(32);
  });

  it.each(['2001:db8::/129', '192.0.2.0/33', '::/', '::/01', '::/-1', '::/1.5', '::/64/64', '/64'])(
    'is not %j',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );

  it('is written back in the same form', () => {
    for (const text of ['2001:db8::/32', '::/0', '192.0.2.0/24']) {
      const prefix = parsePrefix(text);
      expect(prefix === undefined ? '' : formatPrefix(prefix)).toBe(text);
    }
  });

  it('matches exactly the addresses whose leading bits it has', () => {
    fc.assert(
      fc.property(octets(16), octets(16), fc.nat(128), fc.nat(20), (a, b, length, offset) => {
        const bits = (bytes: Uint8Array): string =>
          Array.from(bytes, (octet) => octet.toString(2).padStart(8, '0'))
            .join('')
            .slice(0, length);
        // Half of the cases share the leading bits.
        const other = a.map((octet, i) => (8 * i < length ? octet : (b[i] ?? 0)));
        for (const address of [b, other]) {
          const packet = new Uint8Array(40);
          packet.set(address, offset);
          expect(prefixMatches(a, length, packet, offset)).toBe(bits(a) === bits(address));
        }
      }),
    );
  });

  it('does not match past the end of a buffer', () => {
    expect(prefixMatches(new Uint8Array(16), 128, new Uint8Array(8), 0)).toBe(false);
  });
});

describe('an address key', () => {
  it('is equal for equal addresses only, and turns back into the address', () => {
    fc.assert(
      fc.property(octets(16), octets(16), (a, b) => {
        expect(addressKey(a) === addressKey(b)).toBe(sameAddress(a, 0, b, 0));
        expect(addressOfKey(addressKey(a))).toEqual(a);
        expect(addressKey(a)).toHaveLength(8);
      }),
    );
  });

  it('tells addresses apart that differ in one bit', () => {
    const base = bytesOf('2001:db8::1');
    const keys = new Set([addressKey(base)]);
    for (let bit = 0; bit < 128; bit++) {
      const other = base.slice();
      other[bit >>> 3] = (other[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      keys.add(addressKey(other));
    }
    expect(keys.size).toBe(129);
  });
});

describe('address classes', () => {
  const predicates = {
    isUnspecified,
    isLoopback,
    isMulticast,
    isLinkLocal,
    isIpv4Mapped,
    isUniqueLocal,
    isDocumentation,
    isUnicastRoutable,
  };
  it.each([
    ['::', ['isUnspecified']],
    ['::1', ['isLoopback']],
    ['::2', ['isUnicastRoutable']],
    ['ff02::1', ['isMulticast']],
    ['fe80::1', ['isLinkLocal']],
    ['febf::1', ['isLinkLocal']],
    ['fec0::1', ['isUnicastRoutable']],
    ['::ffff:192.0.2.1', ['isIpv4Mapped']],
    ['::1:ffff:192.0.2.1', ['isUnicastRoutable']],
    ['fc00::1', ['isUniqueLocal', 'isUnicastRoutable']],
    ['fdff::1', ['isUniqueLocal', 'isUnicastRoutable']],
    ['2001:db8::1', ['isDocumentation', 'isUnicastRoutable']],
    ['3fff:fff::1', ['isDocumentation', 'isUnicastRoutable']],
    ['3fff:1000::1', ['isUnicastRoutable']],
    ['2001:db9::1', ['isUnicastRoutable']],
  ])('of %s are %j', (text, expected) => {
    const packet = new Uint8Array(20);
    packet.set(bytesOf(text), 3);
    const found = Object.entries(predicates).filter(([, holds]) => holds(packet, 3));
    expect(found.map(([name]) => name)).toEqual(expected);
  });
});
