import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import { dissect } from '../../dissectors/dissect.ts';
import { ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { summarize } from '../../dissectors/summary.ts';
import { LINKTYPE } from '../../dissectors/walk.ts';
import { octetsOf } from './hex.ts';
import {
  HOME_ADDRESS,
  HOME_AGENT,
  ICMPV6_VECTORS,
  MOBILITY_VECTORS,
  TRANSPORT_VECTORS,
} from './vectors.ts';

describe('any octets at all', () => {
  /** The first node outside its octets, or one that has no end. */
  function outside(found: Dissection): FieldNode | undefined {
    const visit = (nodes: readonly FieldNode[]): FieldNode | undefined => {
      for (const node of nodes) {
        const room = found.sources[node.source]?.bytes.length ?? -1;
        const isInside = node.offset >= 0 && node.length >= 0 && node.offset + node.length <= room;
        const bad = isInside ? visit(node.children) : node;
        if (bad !== undefined) return bad;
      }
      return undefined;
    };
    return visit(found.nodes);
  }

  function check(bytes: Uint8Array, linkType: number, originalLength: number): void {
    const found = dissect(bytes, 0, bytes.length, {
      linkType,
      originalLength,
      reassembled: bytes,
      openEsp: (all, offset, end) => ({
        bytes: all.slice(offset, end),
        ivLength: 8,
        icvLength: 12,
        icv: 'not-checked',
      }),
    });
    expect(outside(found)).toBeUndefined();
    for (const { offset, length, source } of found.diagnostics) {
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(length).toBeGreaterThanOrEqual(0);
      expect(offset + length).toBeLessThanOrEqual(found.sources[source]?.bytes.length ?? -1);
    }
    expect(found.nodes.length).toBeLessThan(400);
    // No control characters, whatever the packet held.
    expect(summarize(found).info).not.toMatch(/[\x00-\x1f\x7f]/);
  }

  const linkTypes = fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 999);

  it('random frames never throw, and no range leaves its octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        linkTypes,
        fc.nat(3),
        (bytes, type, missing) => {
          check(bytes, type, bytes.length + missing);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('random octets behind a right IPv6 header never throw', () => {
    const protocols = fc.constantFrom(0, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 135, 200);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 160 }), protocols, (payload, protocol) => {
        const head = { source: HOME_ADDRESS, destination: HOME_AGENT };
        const bytes = ipv6Packet({ ...head, protocol, payload });
        check(bytes, LINKTYPE.raw, bytes.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('right packets cut at any octet or with any bit flipped never throw', () => {
    const all = [...MOBILITY_VECTORS, ...ICMPV6_VECTORS, ...TRANSPORT_VECTORS];
    for (const { hex } of all) {
      const bytes = octetsOf(hex);
      for (let end = 0; end < bytes.length; end++) check(bytes.slice(0, end), 101, end);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        check(bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))), 101, bytes.length);
      }
    }
  });
});
