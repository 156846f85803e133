import { describe, expect, it } from 'vitest';
import { dissect } from '../../../dissectors/dissect.ts';
import {
  ethernetFrame,
  ipv6Packet,
  nullLoopback,
  sll,
  sll2,
  vlan,
} from '../../../dissectors/ipv6/build.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, layers, raw } from '../trees.ts';
import { CORRESPONDENT, HOME_ADDRESS, MOBILITY_VECTORS } from '../vectors.ts';

const MAC_A = octetsOf('02005e005301');
const MAC_B = octetsOf('02005e005302');

describe('link layers', () => {
  const packet = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');
  const ethernet = (payload: Uint8Array, etherType?: number) =>
    ethernetFrame({
      destination: MAC_B,
      source: MAC_A,
      payload,
      ...(etherType === undefined ? {} : { etherType }),
    });

  it.each([
    ['raw', LINKTYPE.raw, packet, []],
    ['IPv6', LINKTYPE.ipv6, packet, []],
    ['Ethernet', LINKTYPE.ethernet, ethernet(packet), ['eth']],
    [
      'Ethernet with a VLAN tag',
      LINKTYPE.ethernet,
      ethernet(vlan({ identifier: 100, priority: 5, payload: packet }), 0x8100),
      ['eth', 'vlan'],
    ],
    [
      'Ethernet with two VLAN tags (IEEE 802.1ad)',
      LINKTYPE.ethernet,
      ethernet(
        vlan({
          identifier: 7,
          etherType: 0x8100,
          payload: vlan({ identifier: 100, payload: packet }),
        }),
        0x88a8,
      ),
      ['eth', 'ieee8021ad', 'vlan'],
    ],
    ['Linux cooked', LINKTYPE.linuxSll, sll({ address: MAC_A, payload: packet }), ['sll']],
    ['Linux cooked v2', LINKTYPE.linuxSll2, sll2({ address: MAC_A, payload: packet }), ['sll']],
    ['BSD loopback', LINKTYPE.null, nullLoopback({ payload: packet }), ['null']],
    [
      'OpenBSD loopback',
      LINKTYPE.loop,
      nullLoopback({ family: 24, byteOrder: 'big', payload: packet }),
      ['null'],
    ],
  ] as const)('%s leads to the same Mobility Header', (_, linkType, frame, above) => {
    const found = dissect(frame, 0, frame.length, { linkType });
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual([...above, 'ipv6', 'ipv6.dstopts', 'mip6']);
    expect(find(found.nodes, 'mip6.csum.status')?.text).toBe('correct');
    expect(find(found.nodes, 'mip6.bu.seqnr')?.value).toBe(0x1234);
  });

  it('shows both numbers of a tag and the family of a loopback header', () => {
    const tagged = ethernet(vlan({ identifier: 100, priority: 5, payload: packet }), 0x8100);
    const { nodes } = dissect(tagged, 0, tagged.length, { linkType: LINKTYPE.ethernet });
    expect(find(nodes, 'vlan.id')?.value).toBe(100);
    expect(find(nodes, 'vlan.priority')?.value).toBe(5);
    const looped = nullLoopback({ family: 28, payload: packet });
    const { nodes: bsd } = dissect(looped, 0, looped.length, { linkType: LINKTYPE.null });
    expect(find(bsd, 'null.family')?.text).toBe('28 (IPv6 (FreeBSD))');
  });

  it('counts offsets from the start of the frame, wherever it lies in the buffer', () => {
    const frame = ethernet(packet);
    const buffer = new Uint8Array(500).fill(0xaa);
    buffer.set(frame, 123);
    const found = dissect(buffer, 123, 123 + frame.length, { linkType: LINKTYPE.ethernet });
    expect(found.sources[0]?.bytes).toEqual(frame);
    expect(found.nodes).toEqual(dissect(frame, 0, frame.length, { linkType: 1 }).nodes);
    buffer.fill(0);
    expect(found.sources[0]?.bytes).toEqual(frame);
  });

  it('shows what fills a short frame as padding of the link', () => {
    const short = ipv6Packet({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      payload: octetsOf('0102'),
    });
    const frame = ethernet(Uint8Array.of(...short, 0, 0, 0, 0));
    const { nodes, diagnostics } = dissect(frame, 0, frame.length, { linkType: 1 });
    expect(diagnostics).toEqual([]);
    const padding = find(nodes, 'eth.padding');
    expect(padding).toMatchObject({ offset: 56, length: 4 });
  });

  it('says which link type it does not know', () => {
    const found = raw(packet, { linkType: 147 });
    expect(found.diagnostics).toMatchObject([
      { code: 'LINK_TYPE_UNKNOWN', detail: 'link type 147' },
    ]);
    expect(layers(found)).toEqual(['data']);
  });

  it('shows frames with a length instead of a type as data (IEEE 802.3)', () => {
    const found = dissect(ethernet(packet, 0x0026), 0, 14 + packet.length, { linkType: 1 });
    expect(find(found.nodes, 'eth.len')?.value).toBe(0x26);
    expect(layers(found)).toEqual(['eth', 'data']);
  });
});
