import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { decodeIcmpv6, encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { summarize } from '../../../dissectors/summary.ts';
import { Ipv6View, LINKTYPE, walkIpv6 } from '../../../dissectors/walk.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { VECTORS } from './vectors.ts';

describe.each(VECTORS)('$name', ({ hex, line, message }) => {
  const bytes = octetsOf(hex);
  const view = new Ipv6View();
  walkIpv6(bytes, 0, bytes.length, false, view);
  const { upperOffset, upperEnd } = view;

  it('decodes to its values, with nothing to complain about', () => {
    const found = new DiagnosticList();
    expect(decodeIcmpv6(bytes, upperOffset, upperEnd, found)).toEqual(message);
    expect(found.items).toEqual([]);
    const tree = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
    expect(tree.diagnostics).toEqual([]);
    expect(summarize(tree)).toMatchObject({ protocol: 'ICMPv6', info: line });
  });

  it('is what its values encode to, checksum included', () => {
    const how = { source: bytes.slice(8, 24), destination: bytes.slice(24, 40) };
    expect(hexOf(encodeIcmpv6(message, how))).toBe(hexOf(bytes.slice(upperOffset, upperEnd)));
  });
});
