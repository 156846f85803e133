/**
 * What every generated packet is made with: the seed, the addresses around a message, and what is known of it.
 */
import fc from 'fast-check';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
  type2RoutingHeader,
} from '../../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../../dissectors/ipv6/build.ts';
import { LINKTYPE } from '../../../../dissectors/walk.ts';
import { octets } from '../../arbitraries.ts';

/** What packets are about; the rows of the counts. */
export type Group =
  | 'mobility messages'
  | 'mobility options'
  | 'ICMPv6'
  | 'IPv6 and extension headers'
  | 'ESP and AH'
  | 'IKE'
  | 'tunnels, links, DHCPv6';

/** How a packet came to be. */
export type Make = 'valid' | 'boundary' | 'mutated';

/** One packet of the comparison. */
export interface SamplePacket {
  readonly group: Group;
  readonly make: Make;
  /** What it holds, for who reads a difference. */
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Length on the wire, where the capture has cut the packet. */
  readonly originalLength?: number;
}

const SEED = 6275;

/** Values of an arbitrary, the same ones in every run. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count });
}

/** Addresses of one packet, and how a mobile node's home address goes with it. */
export interface Envelope {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly homeAddress: Uint8Array;
  readonly way: 'plain' | 'home-address-option' | 'type-2-routing-header';
}

export const unicast = octets(8).map((host) =>
  Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, ...host),
);

export const anyEnvelope: fc.Arbitrary<Envelope> = fc.record({
  source: unicast,
  destination: unicast,
  homeAddress: unicast,
  way: fc.constantFrom('plain', 'home-address-option', 'type-2-routing-header'),
});

const [first, second, third] = sample(unicast, 3);

/** Addresses for packets whose addresses do not matter. */
export const PLAIN: Envelope = {
  source: first ?? new Uint8Array(16),
  destination: second ?? new Uint8Array(16),
  homeAddress: third ?? new Uint8Array(16),
  way: 'plain',
};

function headersOf({ way, homeAddress }: Envelope): ExtensionHeader[] {
  if (way === 'home-address-option') return [destinationOptions([homeAddressOption(homeAddress)])];
  return way === 'plain' ? [] : [type2RoutingHeader(homeAddress)];
}

/** Addresses that the checksum is made with. RFC 6275 sections 6.3 and 6.4. */
export function checksumAddresses({ way, source, destination, homeAddress }: Envelope) {
  return {
    source: way === 'home-address-option' ? homeAddress : source,
    destination: way === 'type-2-routing-header' ? homeAddress : destination,
  };
}

/** The packet around a payload. */
export function wrap(
  sent: Envelope,
  protocol: number,
  payload: Uint8Array,
  hopLimit = 64,
): Uint8Array {
  const { source, destination } = sent;
  return ipv6Packet({
    source,
    destination,
    hopLimit,
    trafficClass: 0xb8,
    flowLabel: 0x12345,
    headers: headersOf(sent),
    protocol,
    payload,
  });
}

/** A packet without link header. */
export function packet(
  group: Group,
  make: Make,
  subject: string,
  bytes: Uint8Array,
  linkType: number = LINKTYPE.raw,
): SamplePacket {
  return { group, make, subject, bytes, linkType };
}
