/**
 * Packets of the fake model: rows and trees that belong to real octets of an Ethernet frame.
 */
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import { parseAddress } from '../../dissectors/core/address.ts';
import type { PacketDetail, PacketRow } from '../../engine/views/model/index.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOSTILE } from './fake-state.ts';

/** 2026-03-02 08:00 UTC. */
export const START = 1_772_438_400;

type Kind = Pick<PacketRow, 'protocol' | 'info' | 'emphasis'> & { readonly lifetime: number };

const KINDS: readonly Kind[] = [
  { protocol: 'MIPv6', info: 'Binding Update', emphasis: 'registration', lifetime: 105 },
  { protocol: 'MIPv6', info: 'Binding Acknowledgement', emphasis: 'registration', lifetime: 105 },
  { protocol: 'ICMPv6', info: 'Echo (ping) request', emphasis: 'plain', lifetime: 1 },
  {
    protocol: 'MIPv6',
    info: 'Binding Update, lifetime 0',
    emphasis: 'deregistration',
    lifetime: 0,
  },
  { protocol: 'MIPv6', info: 'Binding Acknowledgement 132', emphasis: 'refused', lifetime: 2 },
  { protocol: 'ESP', info: 'SPI 0x0990cbed, wrong ICV', emphasis: 'broken', lifetime: 3 },
  { protocol: 'ICMPv6', info: `Router ${HOSTILE}`, emphasis: 'signalling', lifetime: 4 },
];

function kindOf(packet: number): Kind {
  const kind = KINDS[packet % KINDS.length];
  if (kind === undefined) throw new Error('there is a kind for every packet');
  return kind;
}

/** A row of the list. Packet 3 and 4 are evidence of alert 1. */
export function fakeRow(packet: number): PacketRow {
  const { protocol, info, emphasis } = kindOf(packet);
  const isAnswer = packet % 2 === 1;
  return {
    packet,
    number: packet + 1,
    input: 0,
    seconds: packet / 10,
    source: isAnswer ? HOME_AGENT : packet % 7 === 2 ? CORRESPONDENT : CARE_OF_ADDRESS,
    destination: isAnswer ? CARE_OF_ADDRESS : HOME_AGENT,
    protocol,
    info: `${info} seq ${packet}`,
    length: 94,
    emphasis,
    severity: packet === 3 ? 'critical' : packet === 4 ? 'high' : undefined,
  };
}

/** Octets: Ethernet, IPv6, 40 octets of payload. */
function frameOf(row: PacketRow, lifetime: number): Uint8Array {
  const bytes = new Uint8Array(94);
  bytes.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 135, 64]);
  bytes.set(parseAddress(row.source) ?? [], 22);
  bytes.set(parseAddress(row.destination) ?? [], 38);
  bytes.set(
    [59, 4, 5, 0, 0xab, 0xcd, row.packet >>> 8, row.packet & 0xff, 0xc0, 0, 0, lifetime],
    54,
  );
  bytes.set(new TextEncoder().encode('mobile node'), 70);
  return bytes;
}

function leaf(
  label: string,
  name: string,
  text: string,
  value: FieldNode['value'],
  offset: number,
  length: number,
  source = 0,
): FieldNode {
  return {
    label,
    name,
    text,
    ...(value === undefined ? {} : { value }),
    offset,
    length,
    source,
    children: [],
  };
}

/** The home address that a packet speaks about. */
function homeAddressLeaf(): FieldNode {
  const name = 'ipv6.opt.mipv6.home_address';
  const value = parseAddress(HOME_ADDRESS);
  return { ...leaf('Home Address', name, HOME_ADDRESS, value, 0, 0), generated: true };
}

/** Everything of one packet. */
export function fakeDetail(packet: number): PacketDetail {
  const row = fakeRow(packet);
  const { lifetime } = kindOf(packet);
  const bytes = frameOf(row, lifetime);
  const opened = new TextEncoder().encode(`decrypted payload of packet ${packet}`);
  const sources: ByteSource[] = [
    { label: 'Frame', bytes },
    { label: 'Decrypted ESP', bytes: opened },
  ];
  const nodes: FieldNode[] = [
    {
      label: 'Frame',
      name: 'frame',
      text: `${row.number}: 94 octets on the wire, 94 captured`,
      offset: 0,
      length: 94,
      source: 0,
      children: [
        {
          ...leaf('Frame Number', 'frame.number', `${row.number}`, row.number, 0, 0),
          generated: true,
        },
      ],
    },
    {
      label: 'Ethernet II',
      name: 'eth',
      text: '',
      offset: 0,
      length: 14,
      source: 0,
      spec: { rfc: 2464, section: '3' },
      children: [
        leaf('Destination', 'eth.dst', '02:00:00:00:00:01', bytes.subarray(0, 6), 0, 6),
        leaf('Source', 'eth.src', '02:00:00:00:00:02', bytes.subarray(6, 12), 6, 6),
        leaf('Type', 'eth.type', '0x86dd (IPv6)', 0x86dd, 12, 2),
      ],
    },
    {
      label: 'Internet Protocol Version 6',
      name: 'ipv6',
      text: `${row.source} > ${row.destination}`,
      offset: 14,
      length: 40,
      source: 0,
      spec: { rfc: 8200, section: '3' },
      children: [
        leaf('Hop Limit', 'ipv6.hlim', '64', 64, 21, 1),
        leaf('Source Address', 'ipv6.src', row.source, bytes.subarray(22, 38), 22, 16),
        leaf('Destination Address', 'ipv6.dst', row.destination, bytes.subarray(38, 54), 38, 16),
        ...(row.protocol === 'MIPv6' ? [homeAddressLeaf()] : []),
      ],
    },
    {
      label: 'Mobile IPv6',
      name: 'mip6',
      text: row.info,
      offset: 54,
      length: 40,
      source: 0,
      spec: { rfc: 6275, section: '6.1.7' },
      children: [
        leaf('Mobility Header Type', 'mip6.mhtype', '5 (Binding Update)', 5, 56, 1),
        leaf('Sequence', 'mip6.bu.seqnr', `${packet}`, packet, 60, 2),
        {
          ...leaf('Flags', 'mip6.bu.flags', '0xc000', 0xc000, 62, 2),
          children: [
            { ...leaf('Acknowledge (A)', 'mip6.bu.a_flag', 'set', 1, 62, 2), mask: 0x8000 },
          ],
        },
        leaf('Lifetime', 'mip6.bu.lifetime', `${lifetime * 4} s`, lifetime, 64, 2),
        leaf('Node Identifier', 'mip6.mnid.identifier', HOSTILE, HOSTILE, 70, 11),
      ],
    },
    {
      label: `Decrypted ${HOSTILE}`,
      text: HOSTILE,
      offset: 0,
      length: opened.length,
      source: 1,
      children: [leaf('Payload', 'data.data', 'data', opened, 0, opened.length, 1)],
    },
  ];
  return {
    row,
    nodes,
    sources,
    time: { seconds: START + Math.floor(packet / 10), nanoseconds: (packet % 10) * 100_000_000 },
    alerts: row.severity === undefined ? [] : packet === 3 ? [1, 2] : [1],
    homeAddresses: row.protocol === 'MIPv6' ? [HOME_ADDRESS] : [],
  };
}
