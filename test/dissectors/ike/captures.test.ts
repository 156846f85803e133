/**
 * Public captures with IKE against what tshark says of them, where they are beside the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collect } from '../capture-file/collect.ts';
import { explain } from '../oracle/compare.ts';
import type { Comparison, KnownDifference } from '../oracle/compare.ts';
import { fieldsOfJson } from '../oracle/tshark.ts';
import { KNOWN_IKE_DIFFERENCES, compareFrame, describeDifference } from './compare-with-tshark.ts';

const captures = new URL('../../../../shared/captures/', import.meta.url);

interface Capture {
  readonly folder: string;
  readonly name: string;
  /** IKE messages in it. */
  readonly messages: number;
  /** What is wrong in this file, and what tshark makes of it. */
  readonly known?: readonly KnownDifference[];
}

const READS_PAST: KnownDifference = {
  names: ['isakmp.id.data', 'isakmp.id.data.ipv4_addr', 'isakmp.reserved'],
  kinds: ['only there', 'length', 'value'],
  reason:
    'tshark reads an address past the end of the payload (RFC 7296 section 3.2: Payload Length)',
};

const CAPTURES: readonly Capture[] = [
  {
    folder: 'tcpdump',
    name: 'ISAKMP_sa_setup.pcap',
    messages: 9,
    known: [
      {
        names: ['isakmp.sak.*'],
        kinds: ['only there'],
        reason:
          'payload 15 in Main Mode is NAT-D of draft-ietf-ipsec-nat-t-ike-07, which the peers announce; SA KEK is of GDOI, on port 848 (RFC 6407)',
      },
      {
        names: [
          'isakmp.ike.nat_hash',
          'isakmp.typepayload',
          'isakmp.nextpayload',
          'isakmp.reserved',
          'isakmp.payloadlength',
        ],
        kinds: ['only here'],
        reason: 'tshark gives up at payload 15',
      },
    ],
  },
  {
    folder: 'tcpdump',
    name: 'ikev1_id_ipv6_addr_subnet-oobr.pcap',
    messages: 1,
    known: [
      {
        names: ['isakmp.*'],
        kinds: ['only here'],
        reason: 'tshark shows no payload of a message whose Length is past the datagram',
      },
    ],
  },
  { folder: 'tcpdump', name: 'ikev2-id-normal.pcap', messages: 1, known: [READS_PAST] },
  { folder: 'tcpdump', name: 'ikev2-id-short.pcap', messages: 1, known: [READS_PAST] },
  { folder: 'tcpdump', name: 'ikev2four.pcap', messages: 21 },
  { folder: 'tcpdump', name: 'ikev2pI2.pcap', messages: 2 },
  {
    folder: 'tcpdump',
    name: 'ikev2pI2-segfault.pcapng',
    messages: 1,
    known: [
      {
        names: ['isakmp.typepayload'],
        kinds: ['length'],
        reason: 'a proposal longer than its payload is shown as far as the payload goes',
      },
      {
        names: ['isakmp.*'],
        kinds: ['only here'],
        reason: 'tshark gives up at the first malformed proposal',
      },
    ],
  },
  {
    folder: 'tcpdump',
    name: 'isakmp-no-none-np.pcapng',
    messages: 1,
    known: [
      {
        names: ['isakmp.extradata'],
        kinds: ['only here'],
        reason: 'tshark does not show the octets of the datagram behind Length',
      },
    ],
  },
  {
    folder: 'tcpdump',
    name: 'isakmp-various-oobr.pcap',
    messages: 1,
    known: [
      {
        names: ['isakmp.*'],
        kinds: ['only here'],
        reason: 'tshark gives up at a Length past the datagram',
      },
    ],
  },
  { folder: 'tcpdump', name: 'isakmp4500.pcap', messages: 15 },
  { folder: 'scapy', name: 'ikev2_nat_t.pcapng', messages: 30 },
  { folder: 'scapy', name: 'ikev2_notify_redirect.pcap', messages: 4 },
  { folder: 'suricata-verify', name: 'IKEv2_SA_INIT_2-8-weak.pcap', messages: 1 },
];

describe.skipIf(!existsSync(captures))('public captures of IKE (need the shared captures)', () => {
  it.each(CAPTURES)(
    'show every field that tshark shows: $folder/$name',
    ({ folder, name, messages, known = [] }) => {
      const file = new Uint8Array(readFileSync(new URL(`${folder}/${name}`, captures)));
      const json = readFileSync(new URL(`tshark/${folder}_${name}.json`, captures), 'utf8');
      const theirs = fieldsOfJson(json);
      const comparison: Comparison = { packets: theirs.length, agreed: 0, differences: [] };
      const found = collect(file).packets.filter(({ data }, i) =>
        compareFrame(comparison, i, new Uint8Array(Buffer.from(data, 'hex')), theirs[i] ?? []),
      );
      const { agreed, differences } = comparison;
      const explanations = [...known, ...KNOWN_IKE_DIFFERENCES];
      const open = differences.filter((item) => explain(item, explanations) === undefined);
      expect(open.map(describeDifference)).toEqual([]);
      expect(found).toHaveLength(messages);
      expect(agreed).toBeGreaterThan(10 * messages);
      // An explanation of a file that explains nothing is out of date.
      const used = new Set(differences.map((item) => explain(item, explanations)));
      expect(known.filter((entry) => !used.has(entry))).toEqual([]);
    },
  );
});
