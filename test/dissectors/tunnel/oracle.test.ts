/**
 * Encapsulations against an independent dissector: link headers, IPv4, transport, GRE, routing headers and DHCPv6,
 * field by field, by name, octet range and value.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PcapWriter } from '../../../dissectors/capture-file/capture-writer.ts';
import { dhcpv6Message } from '../../../dissectors/dhcpv6/message.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import {
  authentication,
  destinationOptions,
  ethernetFrame,
  gre,
  hopByHop,
  ipv4Packet,
  ipv6Packet,
  ppp,
  pppoe,
  routing,
  snap,
  tcpSegment,
  udpDatagram,
  vlan,
} from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { octetsOf } from '../hex.ts';
import { comparePacket, explain } from '../oracle/compare.ts';
import type { Comparison, Difference, KnownDifference } from '../oracle/compare.ts';
import { dissectFileByOracle, hasTshark } from '../oracle/tshark.ts';
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, ip } from '../vectors.ts';

const COMPARED = /^(eth|vlan|ieee8021ad|llc|ppp|pppoe|ip|ipv6|udp|tcp|gre|ah|dhcpv6)\./;

const KNOWN: readonly KnownDifference[] = [
  {
    names: [
      'eth.addr*',
      'eth.*.oui',
      'eth.dst.oui*',
      'eth.src.oui*',
      'eth.*_resolved',
      'eth.dst_resolved',
      'eth.src_resolved',
      'eth.lg',
      'eth.ig',
      'ip.addr',
      'ip.host',
      'ip.src_host',
      'ip.dst_host',
      'ipv6.addr',
      'ipv6.host',
      'ipv6.src_host',
      'ipv6.dst_host',
      'udp.port',
      'tcp.port',
    ],
    kinds: ['only there'],
    reason: 'tshark repeats values under further names; the filter language has them as aliases',
  },
  {
    names: ['ip.version'],
    kinds: ['only there'],
    reason: 'tshark gives the version of IPv6 the name of that of IPv4 as well',
  },
  {
    names: ['ipv6.dstopts.len_oct', 'ipv6.routing.len_oct', 'ipv6.hopopts.len_oct'],
    kinds: ['only there'],
    reason: 'tshark repeats the length in octets',
  },
  {
    names: [
      'ipv6.version',
      'ipv6.flow',
      'ip.flags*',
      'tcp.flags*',
      'tcp.hdr_len',
      'ieee8021ad.*',
      'vlan.*',
    ],
    kinds: ['length', 'only here', 'only there'],
    reason: 'tshark counts the octets the bits lie in, here they are a mask of the whole word',
  },
  {
    names: [
      'ip.version_hdr_len',
      'ipv6.version_class_flow',
      'tcp.offset_flags',
      'pppoe.version_type',
      'ipv6.routing.rpl.compression',
    ],
    kinds: ['only here'],
    reason: 'tshark has no field for the whole word',
  },
  {
    names: ['tcp.*'],
    kinds: ['only there'],
    reason: 'tshark follows the stream: relative numbers, window scale, analysis',
  },
  {
    names: ['ip.opt'],
    kinds: ['only here'],
    reason: 'tshark has no field for all options together',
  },
  {
    names: ['ip.rec_rt*', 'ip.empty_rt*'],
    kinds: ['only here', 'only there'],
    reason: 'tshark has another name for the places of a route that are not used yet',
  },
  {
    names: ['dhcpv6.duid.bytes', 'dhcpv6.option.type_str'],
    kinds: ['only there'],
    reason: 'tshark repeats the identifier as a whole, and the name of the option',
  },
  {
    names: ['dhcpv6.duidllt.time', 'dhcpv6.search_list_entry', 'dhcpv6.iaid'],
    kinds: ['value'],
    reason: 'tshark shows a date, a dot at the end of a name',
  },
  {
    names: ['dhcpv6.mip6.*', 'dhcpv6.option.type', 'dhcpv6.option.length'],
    kinds: ['only here'],
    reason: 'tshark shows the options of RFC 6610 as octets',
  },
  {
    names: ['ipv6.routing.srh.*', 'ipv6.routing.src.addr', 'ipv6.routing.undecoded'],
    kinds: ['only here', 'only there'],
    reason:
      'tshark decodes no TLVs of segment routing, and shows the addresses of a route without their place',
  },
  {
    names: ['ipv6.routing.rpl.addr_count', 'ipv6.routing.rpl.full_address'],
    kinds: ['only there'],
    reason: 'generated here: no octets say it',
  },
];

const MAC_A = octetsOf('02005e005301');
const MAC_B = octetsOf('02005e005302');
const NODE = octetsOf('c0000201');
const AGENT = octetsOf('c6336401');
const PORTS = { sourcePort: 1024, destinationPort: 5000 };

const IN4 = ipv4Packet({
  source: NODE,
  destination: AGENT,
  protocol: 17,
  payload: udpDatagram({ source: NODE, destination: AGENT, ...PORTS, payload: octetsOf('01') }),
});

function sixIn(
  destination = CORRESPONDENT,
  headers: readonly ExtensionHeader[] = [],
  final = destination,
) {
  const payload = udpDatagram({
    source: HOME_ADDRESS,
    destination: final,
    ...PORTS,
    payload: octetsOf('0102'),
  });
  return ipv6Packet({ source: HOME_ADDRESS, destination, headers, protocol: 17, payload });
}

const IN6 = sixIn();

function ethernet(payload: Uint8Array, etherType = 0x86dd): Uint8Array {
  return ethernetFrame({ destination: MAC_B, source: MAC_A, etherType, payload });
}

const inIpv4 = (protocol: number, payload: Uint8Array, options: Uint8Array = new Uint8Array()) =>
  ethernet(ipv4Packet({ source: NODE, destination: AGENT, protocol, payload, options }), 0x0800);
const inIpv6 = (protocol: number, payload: Uint8Array) =>
  ethernet(ipv6Packet({ source: HOME_ADDRESS, destination: HOME_AGENT, protocol, payload }));

function dhcp(): Uint8Array {
  const ends = { source: ip('fe80::1'), destination: ip('ff02::1:2') };
  const payload = dhcpv6Message.encode({
    messageType: 7,
    transaction: 0x123456,
    options: [
      {
        kind: 'client-identifier',
        duidType: 1,
        timedHardwareType: 1,
        time: 5,
        timedLinkLayerAddress: MAC_A,
      },
      { kind: 'server-identifier', duidType: 3, hardwareType: 1, linkLayerAddress: MAC_B },
      { kind: 'preference', preference: 255 },
      { kind: 'elapsed-time', elapsed: 3 },
      { kind: 'dns-servers', servers: [ip('2001:db8::53')] },
      { kind: 'option-request', codes: [{ code: 23 }, { code: 49 }] },
      { kind: 'rapid-commit' },
      {
        kind: 'visited-home-network',
        options: [{ kind: 'home-network-prefix', prefixLength: 64, prefix: ip('2001:db8:7::') }],
      },
    ],
  });
  const udp = udpDatagram({ ...ends, sourcePort: 547, destinationPort: 546, payload });
  return ethernet(ipv6Packet({ ...ends, protocol: 17, payload: udp }));
}

const TCP_OPTIONS = octetsOf('020405a0' + '01030307' + '0402' + '080a0000000100000002');
const session = (payload: Uint8Array) =>
  pppoe({ sessionIdentifier: 0x11, payload: ppp({ hasFraming: false, payload }) });
const route = (type: number, segmentsLeft: number, hex: string) =>
  routing(type, segmentsLeft, octetsOf(hex));
const ADDRESS = '20010db8000900000000000000000001';

const ETHERNET = new Map<string, readonly Uint8Array[]>([
  [
    'VLAN tags',
    [
      ethernet(
        vlan({
          identifier: 7,
          etherType: 0x8100,
          payload: vlan({ identifier: 100, priority: 5, payload: IN6 }),
        }),
        0x88a8,
      ),
    ],
  ],
  [
    'LLC and SNAP',
    [ethernet(snap(0x86dd, IN6), snap(0x86dd, IN6).length), ethernet(octetsOf('f0f1bf616263'), 6)],
  ],
  [
    'PPPoE',
    [
      ethernet(session(IN6), 0x8864),
      ethernet(vlan({ identifier: 7, etherType: 0x8864, payload: session(IN6) }), 0x8100),
    ],
  ],
  [
    'GRE',
    [
      inIpv4(47, gre({ protocol: 0x86dd, payload: IN6 })),
      inIpv6(47, gre({ protocol: 0x0800, key: 0xdeadbeef, payload: IN4 })),
      inIpv4(47, gre({ protocol: 0x86dd, key: 5, sequence: 6, checksum: true, payload: IN6 })),
      inIpv6(47, gre({ protocol: 0x6558, key: 1, payload: ethernet(IN6) })),
      inIpv4(
        47,
        Uint8Array.of(...octetsOf('3081880b002000050000000900000008'), ...ppp({ payload: IN6 })),
      ),
    ],
  ],
  ['IP in IP', [inIpv4(41, IN6), inIpv6(4, IN4), inIpv6(41, IN6)]],
  [
    'IPv4 options',
    [
      inIpv4(59, octetsOf('00'), octetsOf('94040000')),
      inIpv4(59, octetsOf('00'), octetsOf('070b08c000020900000000' + '00')),
    ],
  ],
  [
    'TCP',
    [
      inIpv6(
        6,
        tcpSegment({
          source: HOME_ADDRESS,
          destination: HOME_AGENT,
          sourcePort: 1024,
          destinationPort: 5000,
          flags: 2,
          options: TCP_OPTIONS,
          payload: octetsOf('0102'),
        }),
      ),
    ],
  ],
  [
    'extension headers',
    [
      ethernet(
        sixIn(CORRESPONDENT, [
          authentication({ spi: 0x1000, sequence: 4, icv: new Uint8Array(12) }),
        ]),
      ),
      ethernet(
        sixIn(CORRESPONDENT, [
          hopByHop([
            {
              kind: 'rpl-discarding',
              flags: 0xa0,
              instance: 1,
              rank: 2,
              subOptions: new Uint8Array(),
            },
          ]),
        ]),
      ),
      ethernet(
        sixIn(CORRESPONDENT, [
          destinationOptions([
            {
              kind: 'performance-and-diagnostic-metrics',
              scaleReceived: 1,
              scaleSent: 2,
              sequence: 3,
              lastReceived: 4,
              deltaReceived: 5,
              deltaSent: 6,
            },
            { kind: 'line-identification', idLength: 3, lineId: octetsOf('616263') },
          ]),
        ]),
      ),
      ethernet(sixIn(CORRESPONDENT, [route(0, 1, `00000000${ADDRESS}`)], octetsOf(ADDRESS))),
      ethernet(sixIn(CORRESPONDENT, [route(2, 1, `00000000${ADDRESS}`)], octetsOf(ADDRESS))),
      ethernet(
        sixIn(
          CORRESPONDENT,
          [route(3, 1, '8800000000000000000000050000000000000006')],
          ip('2001:db8:0:3::6'),
        ),
      ),
      ethernet(sixIn(CORRESPONDENT, [route(4, 0, `00200abc${ADDRESS}`)])),
    ],
  ],
  ['DHCPv6', [dhcp()]],
]);

const PPP = [
  ppp({ payload: IN6 }),
  ppp({ hasFraming: false, payload: IN6 }),
  ppp({ isCompressed: true, payload: IN6 }),
  ppp({ protocol: 0x21, payload: IN4 }),
];

function differences(
  linkType: number,
  frames: readonly Uint8Array[],
): { agreed: number; found: Difference[] } {
  const folder = mkdtempSync(join(tmpdir(), 'encapsulations-'));
  try {
    const path = join(folder, 'frames.pcap');
    const writer = new PcapWriter({ linkType });
    frames.forEach((bytes, i) => {
      writer.write({ bytes, seconds: 1_700_000_000 + i, nanoseconds: 0 });
    });
    writeFileSync(path, writer.take());
    const theirs = dissectFileByOracle(path);
    const result: Comparison = { packets: frames.length, agreed: 0, differences: [] };
    frames.forEach((bytes, i) => {
      const tree = dissect(bytes, 0, bytes.length, { linkType });
      expect(tree.diagnostics.filter(({ code }) => code !== 'RH0_DEPRECATED')).toEqual([]);
      comparePacket(result, i, tree, theirs[i] ?? [], (name) => COMPARED.test(name));
    });
    return { agreed: result.agreed, found: result.differences };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasTshark)('encapsulations against tshark (needs tshark)', () => {
  const used = new Set<string>();
  const check = (linkType: number, frames: readonly Uint8Array[]): void => {
    const { agreed, found } = differences(linkType, frames);
    const unexplained = found.filter((difference) => {
      const known = explain(difference, KNOWN);
      if (known !== undefined) used.add(known.reason);
      return known === undefined;
    });
    expect(unexplained.slice(0, 10)).toEqual([]);
    expect(agreed).toBeGreaterThan(frames.length * 10);
  };

  it.each([...ETHERNET])('agree on %s but for the known differences', (_, frames) => {
    check(LINKTYPE.ethernet, frames);
  });

  it('agree on PPP but for the known differences', () => {
    check(LINKTYPE.ppp, PPP);
  });

  it('have no known difference that does not occur any more', () => {
    expect(KNOWN.filter(({ reason }) => !used.has(reason))).toEqual([]);
  });
});
