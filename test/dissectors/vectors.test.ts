import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import type { FieldNode } from '../../dissectors/core/node.ts';
import { dissect } from '../../dissectors/dissect.ts';
import { ICMPV6_MESSAGES, decodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import { MOBILITY_MESSAGES, decodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { Ipv6View, LINKTYPE, walkIpv6 } from '../../dissectors/walk.ts';
import { hexOf, octetsOf } from './hex.ts';
import {
  HOME_ADDRESS,
  ICMPV6_VECTORS,
  MOBILITY_VECTORS,
  TRANSPORT_VECTORS,
  buildIcmpv6,
  buildMobility,
} from './vectors.ts';
import { MOBILITY_EXTENSION_VECTORS } from './mobility/vectors.ts';

const ALL_MOBILITY = [...MOBILITY_VECTORS, ...MOBILITY_EXTENSION_VECTORS];

function upperLayer(bytes: Uint8Array): Ipv6View {
  const view = new Ipv6View();
  walkIpv6(bytes, 0, bytes.length, false, view);
  return view;
}

function tree(bytes: Uint8Array) {
  return dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
}

function verdict(nodes: readonly FieldNode[]): string | undefined {
  const fields = nodes.flatMap((node) => node.children);
  return fields.find((field) => field.name?.endsWith('.status') === true && field.generated)?.text;
}

describe('packets of an independent encoder', () => {
  describe.each(ALL_MOBILITY)('$name', (vector) => {
    const bytes = octetsOf(vector.hex);

    it('decodes to its values', () => {
      const { upperOffset, upperEnd } = upperLayer(bytes);
      const found = new DiagnosticList();
      const header = decodeMobilityHeader(bytes, upperOffset, upperEnd, found);
      expect(header?.message).toEqual(vector.message);
      expect(header?.options).toEqual(vector.options);
      expect(header?.length).toBe(upperEnd - upperOffset);
      expect(found.items).toEqual([]);
    });

    it('is what its values encode to', () => {
      expect(hexOf(buildMobility(vector))).toBe(vector.hex);
    });

    it('has a right checksum and nothing to complain about', () => {
      const { nodes, diagnostics } = tree(bytes);
      expect(diagnostics).toEqual([]);
      expect(verdict(nodes)).toBe('correct');
    });
  });

  describe.each(ICMPV6_VECTORS)('$name', (vector) => {
    const bytes = octetsOf(vector.hex);

    it('decodes to its values', () => {
      const { upperOffset, upperEnd } = upperLayer(bytes);
      const found = new DiagnosticList();
      expect(decodeIcmpv6(bytes, upperOffset, upperEnd, found)).toEqual(vector.message);
      expect(found.items).toEqual([]);
    });

    it('is what its values encode to', () => {
      expect(hexOf(buildIcmpv6(vector))).toBe(vector.hex);
    });

    it('has a right checksum and nothing to complain about', () => {
      const { nodes, diagnostics } = tree(bytes);
      expect(diagnostics).toEqual([]);
      expect(verdict(nodes)).toBe('correct');
    });
  });

  it.each(TRANSPORT_VECTORS)('$name is built to the octet', ({ hex, built }) => {
    expect(hexOf(built)).toBe(hex);
    expect(tree(built).diagnostics).toEqual([]);
  });

  it('has one of every mobility message of the table', () => {
    const kinds = new Set<string>(ALL_MOBILITY.map(({ message }) => message.kind));
    expect(MOBILITY_MESSAGES.filter(({ kind }) => !kinds.has(kind))).toEqual([]);
  });

  it('has one of every neighbor, home agent and prefix discovery message of the table', () => {
    const kinds = new Set<string>(ICMPV6_VECTORS.map(({ message }) => message.kind));
    const types = [133, 134, 135, 136, 137, 144, 145, 146, 147];
    const missing = ICMPV6_MESSAGES.filter(
      ({ type, kind }) => types.includes(type) && !kinds.has(kind),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ['source', MOBILITY_VECTORS[5]?.hex ?? '', 'Source (home address)', 'mip6guard.src'],
    ['destination', MOBILITY_VECTORS[7]?.hex ?? '', 'Destination (home address)', 'mip6guard.dst'],
  ])('shows the home address in place of the %s', (_, hex, label, name) => {
    const ipv6 = tree(octetsOf(hex)).nodes[0];
    expect(ipv6?.name).toBe('ipv6');
    const generated = ipv6?.children.filter((child) => child.generated);
    expect(generated).toHaveLength(1);
    expect(generated?.[0]).toMatchObject({ label, name, text: '2001:db8:0:1::100', length: 0 });
    expect(generated?.[0]?.value).toEqual(HOME_ADDRESS);
  });

  it('keeps its own copies of octets, of a Buffer too, whose slices are views', () => {
    const { hex, message, options } = MOBILITY_VECTORS[6] ?? { hex: '', message: {}, options: [] };
    const buffer = Buffer.from(hex, 'hex');
    const { upperOffset, upperEnd } = upperLayer(buffer);
    const header = decodeMobilityHeader(buffer, upperOffset, upperEnd, new DiagnosticList());
    const seen = tree(buffer);
    buffer.fill(0xff);
    expect(header?.message).toEqual(message);
    const [, authorization] = header?.options ?? [];
    expect(authorization?.kind === 'binding-authorization-data').toBe(true);
    if (authorization?.kind !== 'binding-authorization-data') return;
    expect(hexOf(authorization.authenticator)).toBe('0102030405060708090a0b0c');
    expect(options).toHaveLength(2);
    expect(hexOf(seen.sources[0]?.bytes ?? new Uint8Array())).toBe(hex);
  });

  it('calls a checksum wrong that was made with the wire address', () => {
    const bytes = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');
    const homeAddressOption = bytes.indexOf(0xc9);
    // An option of another type: now the source of the checksum is the care-of address.
    bytes[homeAddressOption] = 0x1e;
    const { nodes, diagnostics } = tree(bytes);
    expect(verdict(nodes)).toMatch(/^wrong, should be 0x[0-9a-f]{4}$/);
    expect(diagnostics.map(({ code }) => code)).toEqual(['MH_CHECKSUM']);
  });
});
