/**
 * Passing packets over must not change what a filter selects.
 */
import { describe, expect, it } from 'vitest';
import { PlainPackets } from '../../../cli/read/plain-packets.ts';
import { dissect } from '../../../dissectors/index.ts';
import { compileFilter, fieldSource, neededProtocols } from '../../../engine/filter/index.ts';
import { fixtureFrames } from '../../fuzz/seeds.ts';

const needed = (filter: string) => neededProtocols(compileFilter(filter).root);

describe('what a filter needs', () => {
  it.each([
    ['mip6.mhtype == 5', ['mip6']],
    ['mip6 && ipv6.src == 2001:db8::1', ['mip6']],
    ['mip6.bu.lifetime == 0 || icmpv6.type == 134', ['icmpv6', 'mip6']],
    ['mip6 and not esp', ['mip6']],
  ])('%s', (filter, protocols) => {
    expect([...(needed(filter) ?? [])].sort()).toEqual(protocols);
  });

  it.each(['!mip6', 'mip6 or not esp', 'mip6 xor esp', ''])('cannot be told of %j', (filter) => {
    expect(needed(filter)).toBeUndefined();
  });
});

describe('packets passed over', () => {
  const frames = fixtureFrames();
  const record = (bytes: Uint8Array, linkType: number) => ({
    bytes,
    offset: 0,
    end: bytes.length,
    originalLength: bytes.length,
    seconds: 0,
    nanoseconds: 0,
    linkType,
    interfaceIndex: 0,
    inputIndex: 0,
    number: 1,
    fileOffset: 0,
  });

  it.each(['mip6', 'mip6 || icmpv6', 'esp || ah', 'isakmp || dhcpv6 || gre'])(
    'never match %s, and are some',
    (text) => {
      const filter = compileFilter(text);
      const plain = new PlainPackets(neededProtocols(filter.root), false);
      let passed = 0;
      for (const { bytes, linkType } of frames) {
        if (!plain.lacks(record(bytes, linkType))) continue;
        passed++;
        const { nodes, sources } = dissect(bytes, 0, bytes.length, { linkType });
        expect(filter.matches(fieldSource(nodes, sources))).toBe(false);
      }
      expect(passed).toBeGreaterThan(0);
    },
  );

  it('are no ESP packets when there are keys', () => {
    const esp = frames.filter(({ bytes, linkType }) => {
      const { nodes } = dissect(bytes, 0, bytes.length, { linkType });
      return nodes.some(({ name }) => name === 'esp');
    });
    const count = (opensEsp: boolean): number => {
      const plain = new PlainPackets(needed('mip6'), opensEsp);
      return esp.filter(({ bytes, linkType }) => plain.lacks(record(bytes, linkType))).length;
    };
    expect(count(false)).toBeGreaterThan(0);
    expect(count(true)).toBe(0);
  });

  it('are none when the filter asks for what they have', () => {
    const plain = new PlainPackets(needed('udp.port == 53 || mip6'), false);
    expect(frames.some(({ bytes, linkType }) => plain.lacks(record(bytes, linkType)))).toBe(false);
  });

  it('are none that the capture cut', () => {
    const plain = new PlainPackets(needed('mip6'), false);
    for (const { bytes, linkType } of frames) {
      const cut = { ...record(bytes, linkType), originalLength: bytes.length + 1 };
      expect(plain.lacks(cut)).toBe(false);
    }
  });
});
