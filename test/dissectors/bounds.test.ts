/**
 * Packets made to be expensive: what they cost is bounded, and what they hold is still told.
 */
import { describe, expect, it } from 'vitest';
import { FragmentStore } from '../../cli/fragment-store.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import {
  build,
  decodeMobilityHeader,
  dissect,
  Ipv6View,
  LINKTYPE,
  MAX_LAYERS,
  walkIpv6,
} from '../../dissectors/index.ts';
import { encodeMobilityHeader, MOBILITY_HEADER } from '../../dissectors/mobility/header.ts';
import { MAX_OPTIONS } from '../../dissectors/mobility/option.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { MAX_EXTENSION_HEADERS } from '../../dissectors/walk.ts';
import { Reassembly } from '../../engine/state/reassembly.ts';
import { HOME_ADDRESS, HOME_AGENT } from './vectors.ts';

const ENDS = { source: HOME_ADDRESS, destination: HOME_AGENT };
const IPV6 = 41;

function tree(bytes: Uint8Array): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
}

function count(nodes: readonly FieldNode[]): number {
  return nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
}

function named(nodes: readonly FieldNode[], name: string): FieldNode[] {
  return nodes.flatMap((node) => [
    ...(node.name === name ? [node] : []),
    ...named(node.children, name),
  ]);
}

const update = { kind: 'binding-update', sequence: 1, flags: 0, lifetime: 1 } as const;

describe('packets made to be expensive', () => {
  it('100 extension headers: the first 16 are shown, the walk stops, and it is said', () => {
    const headers = Array.from({ length: 100 }, () => build.destinationOptions([build.padN(6)]));
    const payload = encodeMobilityHeader(update, [], ENDS);
    const bytes = build.ipv6Packet({ ...ENDS, headers, protocol: MOBILITY_HEADER, payload });
    const found = tree(bytes);
    expect(found.diagnostics.map(({ code }) => code)).toContain('EXTENSION_LIMIT');
    expect(found.nodes.length).toBeLessThanOrEqual(MAX_EXTENSION_HEADERS + 3);
    const view = new Ipv6View();
    walkIpv6(bytes, 0, bytes.length, false, view);
    expect(view.extensions).toBeLessThanOrEqual(MAX_EXTENSION_HEADERS);
    expect(view.upperProtocol).toBe(-1);
  });

  it('50 nested tunnels: as many layers as are shown, then it is said', () => {
    let bytes = build.ipv6Packet({ ...ENDS });
    for (let i = 0; i < 50; i++)
      bytes = build.ipv6Packet({ ...ENDS, protocol: IPV6, payload: bytes });
    const found = tree(bytes);
    expect(named(found.nodes, 'ipv6').length).toBeLessThanOrEqual(MAX_LAYERS);
    expect(named(found.nodes, 'ipv6').length).toBeGreaterThan(10);
    expect(found.diagnostics.map(({ code }) => code)).toContain('EXTENSION_LIMIT');
    expect(count(found.nodes)).toBeLessThan(40 * MAX_LAYERS);
  });

  it('255 options: all are read, and diagnostics stop at their bound', () => {
    const options: MobilityOption[] = Array.from({ length: MAX_OPTIONS }, () => ({
      kind: 'unknown',
      type: 200,
      data: new Uint8Array(5),
    }));
    const bytes = encodeMobilityHeader(update, options, { ...ENDS, padding: 'compute' });
    const diagnostics = new DiagnosticList();
    const header = decodeMobilityHeader(bytes, 0, bytes.length, diagnostics);
    expect(header?.options.length).toBe(MAX_OPTIONS);
    expect(diagnostics.items.length).toBe(DiagnosticList.MAX_DIAGNOSTICS);
    expect(diagnostics.dropped).toBe(MAX_OPTIONS - DiagnosticList.MAX_DIAGNOSTICS);
    const packet = build.ipv6Packet({ ...ENDS, protocol: MOBILITY_HEADER, payload: bytes });
    expect(named(tree(packet).nodes, 'mip6.mobility_opt').length).toBe(MAX_OPTIONS);
  });

  it('2040 octets of Pad1: no more of them are walked than of any option', () => {
    const padding: MobilityOption[] = Array.from({ length: 2000 }, () => ({ kind: 'pad1' }));
    const bytes = encodeMobilityHeader(update, padding, {
      ...ENDS,
      padding: 'as-given',
      headerLength: 250,
    });
    const header = decodeMobilityHeader(bytes, 0, bytes.length, new DiagnosticList());
    expect(header?.options.length).toBe(MAX_OPTIONS);
    const packet = build.ipv6Packet({ ...ENDS, protocol: MOBILITY_HEADER, payload: bytes });
    expect(count(tree(packet).nodes)).toBeLessThan(4 * MAX_OPTIONS + 100);
  });

  it('a jumbogram of more than 64 KiB: read to its end', () => {
    const octets = 70_000;
    const payload = new Uint8Array(octets);
    const jumbo = { kind: 'jumbo-payload', payloadLength: 8 + octets } as const;
    const bytes = build.ipv6Packet({
      ...ENDS,
      headers: [build.hopByHop([jumbo])],
      protocol: 200,
      payload,
      payloadLength: 0,
    });
    const found = tree(bytes);
    const data = named(found.nodes, 'data.data')[0];
    expect(data?.length).toBe(octets);
    expect(count(found.nodes)).toBeLessThan(60);
    expect(found.diagnostics.filter(({ code }) => code !== 'CAPTURE_CUT')).toEqual([]);
  });

  it('100 000 fragments that never complete: a bounded number of octets is held', () => {
    const table = new Reassembly();
    const store = new FragmentStore();
    const view = new Ipv6View();
    const first = build.ipv6Packet({
      ...ENDS,
      headers: [build.fragment({ offset: 0, more: true, identification: 0 })],
      protocol: MOBILITY_HEADER,
      payload: new Uint8Array(8),
    });
    const identification = 40 + 4;
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      const bytes = concatenate([first]);
      new DataView(bytes.buffer).setUint32(identification, i);
      walkIpv6(bytes, 0, bytes.length, false, view);
      expect(table.add(view, 0, i).kind).toBe('pending');
      most = Math.max(most, table.octets);
      if (i % 50 !== 0) continue;
      const record = {
        bytes,
        offset: 0,
        end: bytes.length,
        originalLength: bytes.length,
        seconds: 0,
        nanoseconds: i,
        linkType: LINKTYPE.raw,
        interfaceIndex: 0,
        inputIndex: 0,
        number: i,
        fileOffset: 0,
      };
      expect(store.add(record)).toBeUndefined();
    }
    expect(most).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(table.evictions).toBe(100_000 - 1024);
  });
});
