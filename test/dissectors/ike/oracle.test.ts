/**
 * Messages with every payload of both versions, against what tshark says of them.
 */
import { describe, expect, it } from 'vitest';
import { encodeIke } from '../../../dissectors/ike/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { UDP, udpDatagram } from '../../../dissectors/transport/udp.ts';
import { explain } from '../oracle/compare.ts';
import type { Comparison, KnownDifference } from '../oracle/compare.ts';
import { dissectByOracle, hasTshark } from '../oracle/tshark.ts';
import { KNOWN_IKE_DIFFERENCES, compareFrame, describeDifference } from './compare-with-tshark.ts';
import { SAMPLES, addressOf } from './samples.ts';

/** What tshark does not decode or decodes otherwise, beside what it does in every message. */
const KNOWN: readonly KnownDifference[] = [
  {
    names: ['isakmp.cert.data'],
    kinds: ['length', 'only here'],
    reason:
      'tshark counts the payload header as part of the certificate, past the payload (RFC 7296 section 3.2), and shows no octets of hash and URL',
  },
  {
    names: [
      'isakmp.notify.data.unsupported_payload',
      'isakmp.notify.data.major_version',
      'isakmp.notify.data.message_id',
      'isakmp.notify.data.window_size',
      'isakmp.notify.data.additional_ip4_address',
      'isakmp.notify.data.additional_ip6_address',
      'isakmp.notify.data.cookie2',
      'isakmp.notify.data.replay_status',
    ],
    kinds: ['only here'],
    reason: 'tshark shows the octets of Notification Data alone',
  },
  {
    names: ['isakmp.ts.start_mh_type', 'isakmp.ts.end_mh_type'],
    kinds: ['only here'],
    reason:
      'for the Mobility Header the upper octet of a port is the MH Type (RFC 4301 section 4.4.1.1)',
  },
  {
    names: ['isakmp.ts.protoid', 'isakmp.ts.selector_length', 'isakmp.datapayload'],
    kinds: ['only here'],
    reason: 'tshark stops at a traffic selector of a type it does not know',
  },
  {
    names: [
      'isakmp.cfg.attr.mip6_home_prefix*',
      'isakmp.cfg.attr.home_agent_ip6_address',
      'isakmp.cfg.attr.internal_ip6_address',
    ],
    kinds: ['only here'],
    reason:
      'tshark shows the octets alone (RFC 5026 section 8.2), and of IKEv1 no address without a prefix length',
  },
  {
    names: ['eap.data', 'eap.aka.*'],
    kinds: ['only here', 'only there'],
    reason: 'methods of EAP are not decoded here: their octets are shown',
  },
  {
    names: ['isakmp.reserved'],
    kinds: ['only here'],
    reason: 'tshark does not show the reserved octets of NAT-OA (RFC 3947 section 5.2)',
  },
  {
    names: ['isakmp.frag.data', 'isakmp.fragments', 'isakmp.fragment'],
    kinds: ['only here', 'only there'],
    reason: 'tshark puts vendor fragments together and points at frames, no octet of the message',
  },
];

function packetOf(payload: Uint8Array): Uint8Array {
  const source = addressOf('2001:db8::1');
  const destination = addressOf('2001:db8::2');
  const ports = { sourcePort: 500, destinationPort: 500 };
  const datagram = udpDatagram({ source, destination, ...ports, payload });
  return ipv6Packet({ source, destination, nextHeader: UDP, payload: datagram });
}

describe('IKE messages of our own', () => {
  it.skipIf(!hasTshark)('are shown as tshark shows them (needs tshark)', () => {
    const packets = SAMPLES.map((sample) => packetOf(encodeIke(sample)));
    const theirs = dissectByOracle(packets);
    const comparison: Comparison = { packets: packets.length, agreed: 0, differences: [] };
    packets.forEach((packet, i) => {
      expect(compareFrame(comparison, i, packet, theirs[i] ?? [])).toBe(true);
    });
    const explanations = [...KNOWN, ...KNOWN_IKE_DIFFERENCES];
    const { agreed, differences } = comparison;
    const open = differences.filter((item) => explain(item, explanations) === undefined);
    expect(open.map(describeDifference)).toEqual([]);
    expect(agreed).toBeGreaterThan(500);
    const used = new Set(differences.map((item) => explain(item, explanations)));
    expect(KNOWN.filter((entry) => !used.has(entry))).toEqual([]);
  });
});
