/**
 * Vendor IDs: mostly an MD5 hash of a text, so a name is looked up. RFC 2408 section 3.16, RFC 7296
 * section 3.12.
 */
import { u8 } from '../core/bytes.ts';
import { bytesField, layout, uint8, valueNode } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';
import { layoutBody } from './payload.ts';

/** Starts of vendor IDs in hex, and what they announce; longest first where one is the start of another. */
const VENDORS: readonly (readonly [start: string, name: string])[] = [
  ['4a131c81070358455c5728f20e95452f', 'RFC 3947 Negotiation of NAT-Traversal in the IKE'],
  ['439b59f8ba676c4c7737ae22eab8f582', 'draft-ietf-ipsec-nat-t-ike-07'],
  ['7d9419a65310ca6f2c179d9215529d56', 'draft-ietf-ipsec-nat-t-ike-03'],
  ['90cb80913ebb696e086381b5ec427b1f', 'draft-ietf-ipsec-nat-t-ike-02 (with a line feed)'],
  ['cd60464335df21f87cfdb2fc68b6a448', 'draft-ietf-ipsec-nat-t-ike-02'],
  ['4485152d18b6bbcd0be8a8469579ddcc', 'draft-ietf-ipsec-nat-t-ike-00'],
  ['afcad71368a1f1c96b8696fc77570100', 'RFC 3706 Dead Peer Detection'],
  ['4048b7d56ebce88525e7de7f00d6c2d3', 'Fragmentation'],
  ['12f5f28c457168a9702d9fe274cc', 'CISCO-UNITY'],
  ['09002689dfd6b712', 'XAUTH'],
];
const UNKNOWN = 'unknown vendor';
const UNITY = '12f5f28c457168a9702d9fe274cc';

function startsWith(bytes: Uint8Array, start: string): boolean {
  if (bytes.length * 2 < start.length) return false;
  for (let i = 0; i < start.length / 2; i++) {
    if (u8(bytes, i) !== parseInt(start.slice(2 * i, 2 * i + 2), 16)) return false;
  }
  return true;
}

/** Name of a vendor ID, undefined when it is not one of the few that say something about the exchange. */
export function vendorName(id: Uint8Array): string | undefined {
  return VENDORS.find(([start]) => startsWith(id, start))?.[1];
}

/** Version behind the vendor ID of Unity. */
const unityVersion = layout({
  name: 'CISCO-UNITY version',
  fields: [
    uint8('major', { label: 'Major version', filter: 'isakmp.vid.cisco_unity.major' }),
    uint8('minor', { label: 'Minor version', filter: 'isakmp.vid.cisco_unity.minor' }),
  ],
});

/** Body of Vendor ID payloads. */
export function vendorBody(spec: Spec) {
  const format = layout({
    name: 'Vendor ID',
    spec,
    fields: [bytesField('rest', 'vendorId', { label: 'Vendor ID', filter: 'isakmp.vid_bytes' })],
  });
  return layoutBody(format, {
    formats: [unityVersion],
    refine: (nodes, bytes, source) => {
      const [node] = nodes;
      if (!(node?.value instanceof Uint8Array)) return;
      const { offset, length, value } = node;
      const name = vendorName(value);
      const text = name ?? UNKNOWN;
      const named = ['Vendor', 'isakmp.vid_string', text, text, offset, length, source] as const;
      nodes.push(valueNode(...named, spec, []));
      const from = offset + UNITY.length / 2;
      if (name !== 'CISCO-UNITY' || from + 2 > offset + length) return;
      nodes.push(...unityVersion.tree(bytes, from, from + 2, source));
    },
    summary: ({ vendorId }) => vendorName(vendorId) ?? UNKNOWN,
  });
}
