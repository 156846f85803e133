/**
 * IKE as a layer of a packet.
 */
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { dissectIke, encodeIke } from '../../../dissectors/ike/index.ts';
import type { LayerContext } from '../../../dissectors/layer.ts';
import { IKEV2_FRAGMENT } from './samples.ts';

function contextOf(bytes: Uint8Array, isPartial: boolean): LayerContext {
  return {
    sources: [{ label: 'Frame', bytes }],
    nodes: [],
    trailers: [],
    diagnostics: new DiagnosticList(),
    bytes,
    source: 0,
    isCut: isPartial,
    isPartial,
    link: undefined,
    ip: undefined,
    openEsp: undefined,
    openIke: undefined,
    verifier: undefined,
    reassembled: undefined,
    isReassembled: false,
    dissectQuoted: undefined,
  };
}

const OCTETS = encodeIke(IKEV2_FRAGMENT);

describe('the IKE layer', () => {
  it('adds one node for the message', () => {
    const context = contextOf(OCTETS, false);
    const input = { table: 'ip-protocol', key: 17, offset: 0, end: OCTETS.length } as const;
    dissectIke(context, input);
    expect(context.nodes.map(({ name, text }) => `${name ?? ''}: ${text}`)).toEqual([
      'isakmp: IKE_AUTH, responder response, message 1',
    ]);
    expect(context.diagnostics.items).toEqual([]);
  });

  it('does not complain of octets that the capture has cut', () => {
    for (const end of [10, 30, OCTETS.length - 1]) {
      const input = { table: 'ip-protocol', key: 17, offset: 0, end } as const;
      const cut = contextOf(OCTETS.slice(0, end), true);
      dissectIke(cut, input);
      expect(cut.diagnostics.items).toEqual([]);
      const whole = contextOf(OCTETS.slice(0, end), false);
      dissectIke(whole, input);
      expect(whole.diagnostics.items.length).toBeGreaterThan(0);
    }
  });
});
