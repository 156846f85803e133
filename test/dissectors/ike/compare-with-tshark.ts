/**
 * IKE messages as tshark shows them, held against ours by name and place.
 */
import type { Dissection } from '../../../dissectors/core/node.ts';
import { ikeTree } from '../../../dissectors/ike/index.ts';
import { comparePacket } from '../oracle/compare.ts';
import type { Comparison, Difference, KnownDifference } from '../oracle/compare.ts';
import type { OracleField } from '../oracle/tshark.ts';

/** Fields that are compared. */
export const isCompared = (name: string): boolean => /^(isakmp\.|eap\.)/.test(name);

/** What is shown otherwise than by tshark 4.0 in any message, and why. */
export const KNOWN_IKE_DIFFERENCES: readonly KnownDifference[] = [
  {
    names: [
      'isakmp.payload_flags',
      'isakmp.ike.attr.word',
      'isakmp.ike2.attr.word',
      'isakmp.ipsec.attr.word',
      'isakmp.cfg.attr.word',
      'isakmp.notify.data.resp_lifetime.ike.attr.word',
      'isakmp.notify.data.resp_lifetime.ipsec.attr.word',
    ],
    kinds: ['only here'],
    reason:
      'the octet of the Critical bit and the word of Format and Type have a line of their own',
  },
  {
    names: ['isakmp.notify.data.cookie', 'isakmp.notify.data.nat_hash'],
    kinds: ['only here'],
    reason: 'tshark shows the octets of Notification Data alone',
  },
  {
    names: ['isakmp.enc.iv', 'isakmp.enc.data'],
    kinds: ['only here', 'only there'],
    reason:
      'without keys tshark takes 4 octets for the initialization vector; its length is that of the algorithm (RFC 7296 section 3.14)',
  },
  {
    names: ['isakmp.vid_string'],
    kinds: ['value'],
    reason: 'a vendor ID has no name on the wire: the words are those of the dissector',
  },
];

/** Where a message is in a frame: behind the UDP header, to the end of the datagram. */
function placeOf(fields: readonly OracleField[], octets: number): readonly [number, number] {
  const start = fields.find(({ name }) => name === 'isakmp');
  const udp = fields.find(({ name }) => name === 'udp');
  const length = fields.find(({ name }) => name === 'udp.length');
  if (start === undefined) return [-1, -1];
  const end = udp === undefined ? octets : udp.offset + Number(length?.value);
  return [start.offset, Math.min(octets, end)];
}

/** Adds the comparison of one frame; frames without IKE add nothing. @returns whether it has IKE. */
export function compareFrame(
  into: Comparison,
  packet: number,
  frame: Uint8Array,
  fields: readonly OracleField[],
): boolean {
  const [offset, end] = placeOf(fields, frame.length);
  if (offset < 0) return false;
  const dissection: Dissection = {
    sources: [{ label: 'Frame', bytes: frame }],
    nodes: [ikeTree(frame, offset, end, 0)],
    diagnostics: [],
  };
  comparePacket(into, packet, dissection, fields, isCompared);
  return true;
}

/** `isakmp.spi only there at 80: ...`. */
export function describeDifference(difference: Difference): string {
  const { packet, name, kind, offset, here, there } = difference;
  return `${packet}: ${name} ${kind} at ${offset}: here '${here}', there '${there}'`;
}
