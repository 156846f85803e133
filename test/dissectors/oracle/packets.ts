/**
 * Right packets of every kind, made by our encoders from the tables: the same ones in every run.
 */
import fc from 'fast-check';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  homeAddressOption,
  hopByHop,
  ipv6Packet,
  type2RoutingHeader,
} from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import {
  icmpv6Values,
  mobilityOptionValues,
  mobilityValues,
  ndOptionValues,
  octets,
} from '../arbitraries.ts';

/** Packets of each kind. */
export const SAMPLES = 40;
const SEED = 6275;

function sample<T>(arbitrary: fc.Arbitrary<T>): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: SAMPLES });
}

interface Envelope {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly homeAddress: Uint8Array;
  readonly way: 'plain' | 'home-address-option' | 'type-2-routing-header';
}

const unicast = octets(8).map((host) => Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, ...host));

const envelope: fc.Arbitrary<Envelope> = fc.record({
  source: unicast,
  destination: unicast,
  homeAddress: unicast,
  way: fc.constantFrom('plain', 'home-address-option', 'type-2-routing-header'),
});

function headersOf({ way, homeAddress }: Envelope): ExtensionHeader[] {
  if (way === 'home-address-option') return [destinationOptions([homeAddressOption(homeAddress)])];
  return way === 'plain' ? [] : [type2RoutingHeader(homeAddress)];
}

/** Addresses that the checksum is made with. RFC 6275 sections 6.3 and 6.4. */
function checksumAddresses({ way, source, destination, homeAddress }: Envelope) {
  return {
    source: way === 'home-address-option' ? homeAddress : source,
    destination: way === 'type-2-routing-header' ? homeAddress : destination,
  };
}

function wrap(sent: Envelope, protocol: number, payload: Uint8Array, hopLimit = 64): Uint8Array {
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

/** Mobility messages 0 to 7 with options of RFC 6275. */
function mobilityPackets(): Uint8Array[] {
  const options = fc.array(fc.oneof(...mobilityOptionValues.values()), { maxLength: 4 });
  return [...mobilityValues.values()].flatMap((message) =>
    sample(fc.tuple(envelope, message, options)).map(([sent, value, list]) =>
      wrap(sent, NEXT_HEADER.mobility, encodeMobilityHeader(value, list, checksumAddresses(sent))),
    ),
  );
}

/** tshark reads search list names as DNS, gives up on octets that are none, and leaves padding out. */
const dnsSearchList: NdOption = {
  kind: 'dns-search-list',
  lifetime: 600,
  names: new TextEncoder().encode('\x0asearchlist\x03org\0'),
};

/** Of Ethernet: tshark takes the other octets for padding. */
function ethernetOnly(option: NdOption): NdOption {
  return option.kind === 'source-link-layer-address' || option.kind === 'target-link-layer-address'
    ? { ...option, address: option.address.slice(0, 6) }
    : option;
}

const ndOption = fc
  .oneof(
    ...[...ndOptionValues]
      .filter(([kind]) => kind !== 'dns-search-list' && kind !== 'redirected-header')
      .map(([, value]) => value),
    fc.constant(dnsSearchList),
  )
  .map(ethernetOnly);

function withOptions(message: Icmpv6Message, options: readonly NdOption[]): Icmpv6Message {
  if (!('options' in message)) return message;
  // RFC 6275 section 6.7 defines no option of a solicitation, and tshark reads none.
  return { ...message, options: message.kind === 'mobile-prefix-solicitation' ? [] : options };
}

/** ICMPv6 types 133 to 137 and 144 to 147. */
function icmpv6Packets(): Uint8Array[] {
  const compared = [...icmpv6Values].filter(([kind]) =>
    /^(router|neighbor|redirect|home-agent|mobile-prefix)/.test(kind),
  );
  return compared.flatMap(([, message]) =>
    sample(fc.tuple(envelope, message, fc.array(ndOption, { maxLength: 4 }))).map(
      ([sent, value, options]) =>
        wrap(
          sent,
          NEXT_HEADER.icmpv6,
          encodeIcmpv6({ ...withOptions(value, options), code: 0 }, checksumAddresses(sent)),
          255,
        ),
    ),
  );
}

/** ESP with any contents. */
function espPackets(): Uint8Array[] {
  const esp = fc.record({
    spi: fc.integer({ min: 256, max: 0xffffffff }),
    sequence: fc.integer({ min: 0, max: 0xffffffff }),
    data: fc.integer({ min: 4, max: 60 }).chain(octets),
  });
  return sample(fc.tuple(envelope, esp)).map(([sent, value]) =>
    wrap(sent, NEXT_HEADER.esp, espHeader.encode(value)),
  );
}

/** Home Address option, type 2 routing header and hop-by-hop options together, with nothing behind. */
function extensionPackets(): Uint8Array[] {
  return sample(fc.tuple(unicast, unicast, unicast, unicast)).map(
    ([source, destination, home, routed]) =>
      ipv6Packet({
        source,
        destination,
        headers: [
          hopByHop([{ kind: 'router-alert', value: 0 }]),
          type2RoutingHeader(routed),
          destinationOptions([
            { kind: 'tunnel-encapsulation-limit', limit: 4 },
            homeAddressOption(home),
            { kind: 'pad1' },
          ]),
        ],
      }),
  );
}

/** All packets of the comparison, by what they are about. */
export function oraclePackets(): ReadonlyMap<string, readonly Uint8Array[]> {
  return new Map([
    ['mobility messages 0 to 7 and their options', mobilityPackets()],
    ['ICMPv6 133 to 137 and 144 to 147', icmpv6Packets()],
    ['ESP', espPackets()],
    ['Home Address option and type 2 routing header', extensionPackets()],
  ]);
}
