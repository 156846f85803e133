import { describe, expect, it } from 'vitest';
import { dissect } from '../../../dissectors/dissect.ts';
import {
  ethernetFrame,
  ipv6Packet,
  nullLoopback,
  ppp,
  pppoe,
  sll,
  sll2,
  snap,
  vlan,
} from '../../../dissectors/ipv6/build.ts';
import { FrameView, LINKTYPE, walkLink } from '../../../dissectors/walk.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, layers, raw } from '../trees.ts';
import { CORRESPONDENT, HOME_ADDRESS, MOBILITY_VECTORS } from '../vectors.ts';

const MAC_A = octetsOf('02005e005301');
const MAC_B = octetsOf('02005e005302');
const PACKET = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');

function pppoeFrame(payload: Uint8Array): Uint8Array {
  return ethernetFrame({
    destination: MAC_B,
    source: MAC_A,
    etherType: 0x8864,
    payload: pppoe({ sessionIdentifier: 0x2a, payload }),
  });
}

/** The same packet behind the link headers that are not of every day. */
const FRAMES = new Map<
  string,
  readonly [linkType: number, frame: Uint8Array, above: readonly string[]]
>([
  ['PPP', [LINKTYPE.ppp, ppp({ payload: PACKET }), ['ppp']]],
  [
    'PPP without Address and Control',
    [LINKTYPE.ppp, ppp({ hasFraming: false, payload: PACKET }), ['ppp']],
  ],
  [
    'PPP with a protocol of one octet',
    [LINKTYPE.ppp, ppp({ isCompressed: true, payload: PACKET }), ['ppp']],
  ],
  [
    'PPP with everything compressed',
    [LINKTYPE.ppp, ppp({ hasFraming: false, isCompressed: true, payload: PACKET }), ['ppp']],
  ],
  ['PPP in HDLC-like framing', [LINKTYPE.pppHdlc, ppp({ payload: PACKET }), ['ppp']]],
  [
    'PPPoE',
    [
      LINKTYPE.ethernet,
      pppoeFrame(ppp({ hasFraming: false, payload: PACKET })),
      ['eth', 'pppoes', 'ppp'],
    ],
  ],
  [
    'PPPoE in a VLAN',
    [
      LINKTYPE.ethernet,
      ethernetFrame({
        destination: MAC_B,
        source: MAC_A,
        etherType: 0x8100,
        payload: vlan({
          identifier: 7,
          etherType: 0x8864,
          payload: pppoe({
            sessionIdentifier: 1,
            payload: ppp({ hasFraming: false, payload: PACKET }),
          }),
        }),
      }),
      ['eth', 'vlan', 'pppoes', 'ppp'],
    ],
  ],
  [
    'SNAP in a frame with a length',
    [
      LINKTYPE.ethernet,
      ethernetFrame({
        destination: MAC_B,
        source: MAC_A,
        etherType: snap(0x86dd, PACKET).length,
        payload: snap(0x86dd, PACKET),
      }),
      ['eth', 'llc'],
    ],
  ],
]);

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

  it.each([...FRAMES])('%s leads to the same Mobility Header', (_, [linkType, frame, above]) => {
    const found = dissect(frame, 0, frame.length, { linkType });
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual([...above, 'ipv6', 'ipv6.dstopts', 'mip6']);
    expect(find(found.nodes, 'mip6.csum.status')?.text).toBe('correct');
  });

  it("knows Cisco's framing in captures of PPP", () => {
    const frame = Uint8Array.of(0x0f, 0, 0x86, 0xdd, ...packet);
    const found = dissect(frame, 0, frame.length, { linkType: LINKTYPE.pppHdlc });
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['chdlc', 'ipv6', 'ipv6.dstopts', 'mip6']);
  });

  it('looks behind a security group tag', () => {
    const frame = ethernet(Uint8Array.of(0x86, 0xdd, 1, 1, 0, 1, 0, 9, ...packet), 0x8909);
    const found = dissect(frame, 0, frame.length, { linkType: LINKTYPE.ethernet });
    expect(layers(found)).toEqual(['eth', 'cmd', 'ipv6', 'ipv6.dstopts', 'mip6']);
    expect(find(found.nodes, 'cmd.sgt')?.value).toBe(9);
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

  it('shows LLC of frames with a length instead of a type (IEEE 802.3), and fills behind it as padding', () => {
    const bridge = octetsOf('424203000000');
    const frame = ethernet(Uint8Array.of(...bridge, 0, 0), 6);
    const found = dissect(frame, 0, frame.length, { linkType: LINKTYPE.ethernet });
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['eth', 'llc', 'data']);
    expect(find(found.nodes, 'eth.len')?.value).toBe(6);
    expect(find(found.nodes, 'llc.dsap.sap')?.text).toBe('33 (Spanning Tree BPDU)');
    expect(find(found.nodes, 'llc.control.u_modifier_cmd')?.text).toBe(
      '0 (Unnumbered Information)',
    );
    expect(find(found.nodes, 'eth.padding')).toMatchObject({ offset: 20, length: 2 });
  });

  it('reports a length past the end of the frame, and a number that is neither length nor type', () => {
    const long = ethernet(octetsOf('424203'), 400);
    const found = dissect(long, 0, long.length, { linkType: LINKTYPE.ethernet });
    expect(found.diagnostics).toMatchObject([{ code: 'LINK_LENGTH', offset: 12 }]);
    const strange = ethernet(octetsOf('424203'), 1501);
    const other = dissect(strange, 0, strange.length, { linkType: LINKTYPE.ethernet });
    expect(layers(other)).toEqual(['eth', 'data']);
    expect(find(other.nodes, 'eth.invalid_lentype')?.text).toBe('1501');
  });

  it.each([
    [
      'information',
      'f0f00205',
      { 'llc.control.n_s': 1, 'llc.control.n_r': 2, 'llc.control.ftype': 0 },
    ],
    [
      'supervisory',
      'f0f00505',
      { 'llc.control.s_ftype': 1, 'llc.control.n_r': 2, 'llc.control.ftype': 1 },
    ],
    [
      'unnumbered',
      'f0f1bf',
      { 'llc.control.u_modifier_resp': 0x2b, 'llc.control.f': 1, 'llc.ssap.cr': 1 },
    ],
  ] as const)('decodes the control field of %s LLC frames', (_, hex, expected) => {
    const frame = ethernet(octetsOf(hex), hex.length / 2);
    const { nodes, diagnostics } = dissect(frame, 0, frame.length, { linkType: 1 });
    expect(diagnostics).toEqual([]);
    for (const [name, value] of Object.entries(expected)) {
      expect(find(nodes, name)?.value, name).toBe(value);
    }
  });

  it('names the protocol identifiers of another organization (SNAP)', () => {
    const frame = ethernet(octetsOf('aaaa0300000c200001b4'), 10);
    const { nodes } = dissect(frame, 0, frame.length, { linkType: 1 });
    expect(find(nodes, 'llc.oui')?.text).toBe('0x00000c (Cisco)');
    expect(find(nodes, 'llc.cisco_pid')).toMatchObject({ value: 0x2000, text: '0x2000' });
    expect(find(nodes, 'llc.type')).toBeUndefined();
  });

  it('shows the session of PPPoE and reports a length that the frame does not hold (RFC 2516)', () => {
    const frame = ethernet(
      pppoe({
        sessionIdentifier: 0x2a,
        payload: ppp({ hasFraming: false, payload: packet }),
        length: 999,
      }),
      0x8864,
    );
    const found = dissect(frame, 0, frame.length, { linkType: LINKTYPE.ethernet });
    expect(codes(found)).toEqual(['LINK_LENGTH']);
    expect(find(found.nodes, 'pppoe.session_id')?.value).toBe(0x2a);
    expect(find(found.nodes, 'pppoe.version')?.value).toBe(1);
    expect(find(found.nodes, 'ppp.protocol')?.text).toBe('0x0057 (Internet Protocol version 6)');
    expect(layers(found).at(-1)).toBe('mip6');
  });

  it('keeps PPPoE discovery, control protocols of PPP and unknown protocols as octets', () => {
    const discovery = ethernet(octetsOf('110900000004010100 00'.replace(' ', '')), 0x8863);
    const found = dissect(discovery, 0, discovery.length, { linkType: LINKTYPE.ethernet });
    expect(layers(found)).toEqual(['eth', 'pppoed', 'data']);
    expect(find(found.nodes, 'pppoe.code')?.text).toBe('0x09 (Active Discovery Initiation (PADI))');
    const control = ppp({ protocol: 0xc021, payload: octetsOf('01010004') });
    const lcp = dissect(control, 0, control.length, { linkType: LINKTYPE.ppp });
    expect(layers(lcp)).toEqual(['ppp', 'lcp']);
    expect(find(lcp.nodes, 'ppp.code')?.text).toBe('1 (Configure-Request)');
    const other = ppp({ protocol: 0x002d, payload: octetsOf('0102') });
    expect(layers(dissect(other, 0, 4 + 2, { linkType: LINKTYPE.ppp }))).toEqual(['ppp', 'data']);
  });

  it('shows the two bits of link-layer addresses that say what kind they are', () => {
    const frame = ethernet(packet);
    const { nodes } = dissect(frame, 0, frame.length, { linkType: LINKTYPE.ethernet });
    expect(find(nodes, 'eth.src.lg')).toMatchObject({ value: 1, text: 'locally administered' });
    expect(find(nodes, 'eth.dst.ig')).toMatchObject({ value: 0, text: 'individual' });
  });

  it('never reads past the end of frames cut anywhere, and blames the capture alone', () => {
    for (const [linkType, frame] of FRAMES.values()) {
      for (let end = 1; end < frame.length; end++) {
        const found = dissect(frame, 0, end, { linkType, originalLength: frame.length });
        expect(codes(found)).toEqual(['CAPTURE_CUT']);
      }
    }
  });
});

describe('the header walk of link layers', () => {
  it.each([...FRAMES])(
    'finds the IP header behind %s where the tree has it',
    (_, [linkType, frame]) => {
      const view = new FrameView();
      walkLink(frame, 0, frame.length, linkType, false, view);
      const { nodes } = dissect(frame, 0, frame.length, { linkType });
      expect(view.ipVersion).toBe(6);
      expect(view.ipOffset).toBe(nodes.find(({ name }) => name === 'ipv6')?.offset);
    },
  );

  it('takes no discovery, no other protocol and no other SNAP for IP', () => {
    const view = new FrameView();
    const look = (linkType: number, frame: Uint8Array): number => {
      walkLink(frame, 0, frame.length, linkType, false, view);
      return view.ipVersion;
    };
    const ethernet = (payload: Uint8Array, etherType: number) =>
      ethernetFrame({ destination: MAC_B, source: MAC_A, payload, etherType });
    expect(look(LINKTYPE.ppp, ppp({ protocol: 0xc021, payload: PACKET }))).toBe(0);
    expect(look(LINKTYPE.ppp, octetsOf('ff03'))).toBe(0);
    const session = pppoe({
      sessionIdentifier: 1,
      payload: ppp({ hasFraming: false, payload: PACKET }),
    });
    session[1] = 9;
    expect(look(LINKTYPE.ethernet, ethernet(session, 0x8864))).toBe(0);
    const other = snap(0x86dd, PACKET);
    other[5] = 0x0c;
    expect(look(LINKTYPE.ethernet, ethernet(other, other.length))).toBe(0);
  });
});
