/**
 * Addresses that follow from others: groups of an address, link-layer addresses of groups, interface identifiers.
 */
import { u32, u8 } from '../../dissectors/core/bytes.ts';
import { concatenate } from '../../dissectors/core/layout.ts';

/** `::`. RFC 4291 section 2.5.2. */
export const UNSPECIFIED = new Uint8Array(16);
/** `ff02::1`. RFC 4291 section 2.7.1. */
export const ALL_NODES = linkGroup(1);
/** `ff02::2`. RFC 4291 section 2.7.1. */
export const ALL_ROUTERS = linkGroup(2);
/** `ff02::16`: routers that speak version 2 of Multicast Listener Discovery. RFC 3810 section 5.2.14. */
export const ALL_MLDV2_ROUTERS = linkGroup(0x16);

/** Octets of a link-layer address. */
export const LINK_ADDRESS_OCTETS = 6;

const SOLICITED_NODE = concatenate([
  Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff),
  new Uint8Array(3),
]);
const SOLICITED_NODE_OCTETS = 13;

function linkGroup(last: number): Uint8Array {
  const group = new Uint8Array(16);
  group[0] = 0xff;
  group[1] = 0x02;
  group[15] = last;
  return group;
}

/** Solicited-node multicast address of an address. RFC 4291 section 2.7.1. */
export function solicitedNodeGroup(address: Uint8Array): Uint8Array {
  const group = SOLICITED_NODE.slice();
  for (let i = SOLICITED_NODE_OCTETS; i < 16; i++) group[i] = u8(address, i);
  return group;
}

/** Whether an address is a solicited-node multicast address of any node. */
export function isSolicitedNodeGroup(address: Uint8Array): boolean {
  for (let i = 0; i < SOLICITED_NODE_OCTETS; i++) {
    if (address[i] !== SOLICITED_NODE[i]) return false;
  }
  return true;
}

/** Link-layer address of a group: 33:33 and its last four octets. RFC 2464 section 7. */
export function groupLinkAddress(group: Uint8Array): Uint8Array {
  return Uint8Array.of(0x33, 0x33, u8(group, 12), u8(group, 13), u8(group, 14), u8(group, 15));
}

/** The four octets that groups with one link-layer address share. */
export function groupLinkKey(group: Uint8Array): number {
  return u32(group, 12);
}

/** Modified EUI-64 interface identifier of a link-layer address, 8 octets. RFC 2464 section 4. */
export function interfaceIdentifierOf(linkLayerAddress: Uint8Array): Uint8Array {
  const at = (index: number): number => u8(linkLayerAddress, index);
  return Uint8Array.of(at(0) ^ 0x02, at(1), at(2), 0xff, 0xfe, at(3), at(4), at(5));
}

/** The address of a 64-bit prefix and an interface identifier of 8 octets. */
export function addressOf(prefix: Uint8Array, identifier: Uint8Array): Uint8Array {
  return concatenate([prefix.subarray(0, 8), identifier]);
}

/** `fe80::/64` and an interface identifier of 8 octets. RFC 4862 section 5.3. */
export function linkLocalOf(identifier: Uint8Array): Uint8Array {
  return addressOf(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0), identifier);
}

/** Whether octets can be the link-layer address of one node. */
export function isNodeLinkAddress(octets: Uint8Array): boolean {
  return octets.length === LINK_ADDRESS_OCTETS && (u8(octets, 0) & 1) === 0;
}

/** Leading bits that two addresses share. RFC 6724 section 2.2. */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i++) {
    const difference = u8(a, i) ^ u8(b, i);
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return 128;
}
