/**
 * IPv6 headers, every option of an options header, every routing header, fragments, ESP and AH.
 */
import fc from 'fast-check';
import {
  authentication,
  destinationOptions,
  fragment,
  homeAddressOption,
  hopByHop,
  ipv6Packet,
  routing,
  type0RoutingHeader,
  type2RoutingHeader,
} from '../../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../../../dissectors/ipv6/header.ts';
import type { Ipv6Option } from '../../../../dissectors/ipv6/options.ts';
import { encodeIpv6Options } from '../../../../dissectors/ipv6/options.ts';
import { rplRoutingData, segmentRoutingData } from '../../../../dissectors/ipv6/routing.ts';
import { ipv6OptionBoundaries, ipv6OptionValues, octets } from '../../arbitraries.ts';
import { PLAIN, anyEnvelope, packet, sample, unicast, wrap } from './sample.ts';
import type { SamplePacket } from './sample.ts';

const OF_A_KIND = 10;
const MORE_OF_A_KIND = 40;

const { source, destination } = PLAIN;

function withHeaders(headers: readonly ExtensionHeader[]): Uint8Array {
  return ipv6Packet({ source, destination, headers });
}

/** Whether an options header can be made of the option: it may be too long. */
function fits(option: Ipv6Option): boolean {
  return encodeIpv6Options([option]).length <= 2000;
}

function optionPackets(): SamplePacket[] {
  const group = 'IPv6 and extension headers';
  const valid = [...ipv6OptionValues].flatMap(([kind, values]) =>
    sample(values, OF_A_KIND)
      .filter(fits)
      .map((option, i) => {
        const header = i % 2 === 0 ? hopByHop([option]) : destinationOptions([option]);
        return packet(group, 'valid', kind, withHeaders([header]));
      }),
  );
  const boundary = [...ipv6OptionBoundaries()].flatMap(([kind, values]) =>
    values
      .filter(fits)
      .map((option) =>
        packet(group, 'boundary', kind, withHeaders([destinationOptions([option])])),
      ),
  );
  return [...valid, ...boundary];
}

function routingPackets(): SamplePacket[] {
  const group = 'IPv6 and extension headers';
  const headers: [string, fc.Arbitrary<ExtensionHeader>][] = [
    [
      'type 0',
      fc.array(unicast, { minLength: 1, maxLength: 4 }).map((list) => type0RoutingHeader(list)),
    ],
    ['type 2', unicast.map((home) => type2RoutingHeader(home))],
    [
      'type 3',
      octets(16).map((data) =>
        routing(3, 1, rplRoutingData.encode({ compression: 0, addresses: data })),
      ),
    ],
    [
      'type 4',
      fc
        .tuple(
          fc.array(unicast, { minLength: 1, maxLength: 3 }),
          fc.integer({ max: 65_535, min: 0 }),
        )
        .map(([segments, tag]) =>
          routing(
            4,
            segments.length - 1,
            segmentRoutingData.encode({
              lastEntry: segments.length - 1,
              flags: 0,
              tag,
              segments,
            }),
          ),
        ),
    ],
    ['an unknown type', octets(12).map((data) => routing(99, 0, data))],
  ];
  return headers.flatMap(([subject, values]) =>
    sample(values, OF_A_KIND).map((header) =>
      packet(group, 'valid', `routing header of ${subject}`, withHeaders([header])),
    ),
  );
}

/** IPv6 and its extension headers. */
export function ipv6Packets(): SamplePacket[] {
  const group = 'IPv6 and extension headers';
  const headers = fc.record({
    source: octets(16),
    destination: octets(16),
    trafficClass: fc.integer({ min: 0, max: 255 }),
    flowLabel: fc.integer({ min: 0, max: 0xfffff }),
    hopLimit: fc.integer({ min: 0, max: 255 }),
  });
  const plain = sample(headers, MORE_OF_A_KIND).map((fields) =>
    packet(group, 'valid', 'IPv6 header', ipv6Packet(fields)),
  );
  const limits = [0, 255].map((octet) =>
    packet(
      group,
      'boundary',
      'IPv6 header',
      ipv6Packet({
        source: new Uint8Array(16).fill(octet),
        destination: new Uint8Array(16).fill(octet),
        trafficClass: octet,
        flowLabel: octet === 0 ? 0 : 0xfffff,
        hopLimit: octet,
      }),
    ),
  );
  const whole = sample(fc.tuple(unicast, unicast), MORE_OF_A_KIND).map(([home, routed]) =>
    packet(
      group,
      'valid',
      'hop-by-hop options, type 2 routing header and Home Address option',
      withHeaders([
        hopByHop([{ kind: 'router-alert', value: 0 }]),
        type2RoutingHeader(routed),
        destinationOptions([
          { kind: 'tunnel-encapsulation-limit', limit: 4 },
          homeAddressOption(home),
          { kind: 'pad1' },
        ]),
      ]),
    ),
  );
  const fields = fc.record({
    offset: fc.integer({ min: 1, max: 8000 }).map((units) => units * 8),
    more: fc.boolean(),
    identification: fc.integer({ min: 0, max: 0xffffffff }),
  });
  const fragments = sample(fc.tuple(fields, octets(16)), OF_A_KIND).map(([header, data]) =>
    packet(
      group,
      'valid',
      'fragment',
      ipv6Packet({
        source,
        destination,
        headers: [fragment(header)],
        protocol: NEXT_HEADER.mobility,
        payload: data,
      }),
    ),
  );
  return [...plain, ...limits, ...whole, ...optionPackets(), ...routingPackets(), ...fragments];
}

/** ESP without keys and AH with nothing behind it. */
export function ipsecPackets(): SamplePacket[] {
  const group = 'ESP and AH';
  const esp = fc.record({
    spi: fc.integer({ min: 256, max: 0xffffffff }),
    sequence: fc.integer({ min: 0, max: 0xffffffff }),
    data: fc.integer({ min: 4, max: 60 }).chain(octets),
  });
  const ah = fc.record({
    spi: fc.integer({ min: 1, max: 0xffffffff }),
    sequence: fc.integer({ min: 0, max: 0xffffffff }),
    icv: fc.integer({ min: 1, max: 6 }).chain((units) => octets(8 * units + 4)),
  });
  const limits = [0, 0xffffffff].flatMap((number) => {
    const data = new Uint8Array(12).fill(number & 0xff);
    const header = authentication({ spi: number, sequence: number, icv: data });
    return [
      wrap(PLAIN, NEXT_HEADER.esp, espHeader.encode({ spi: number, sequence: number, data })),
      withHeaders([header]),
    ];
  });
  return [
    ...sample(fc.tuple(anyEnvelope, esp), MORE_OF_A_KIND).map(([sent, value]) =>
      packet(group, 'valid', 'ESP', wrap(sent, NEXT_HEADER.esp, espHeader.encode(value))),
    ),
    ...sample(ah, MORE_OF_A_KIND).map((value) =>
      packet(group, 'valid', 'AH', withHeaders([authentication(value)])),
    ),
    ...limits.map((bytes) => packet(group, 'boundary', 'ESP or AH', bytes)),
  ];
}
