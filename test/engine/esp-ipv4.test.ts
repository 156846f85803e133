/**
 * ESP over IPv4 and in UDP, as nodes with an IPv4 care-of address have it (RFC 5555, RFC 3948): what is inside is
 * audited like the packet of any tunnel.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Packet, ipv6Packet, udpDatagram } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { findEncryption, findIntegrity } from '../../engine/crypto/transforms.ts';
import type { EngineSummary } from '../../engine/engine.ts';
import type { EngineEvent, MobilityEvent } from '../../engine/events.ts';
import { Engine } from '../../engine/pipeline.ts';
import { SecurityAssociation } from '../../engine/state/security-association.ts';
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, makeSite } from '../rules/site.ts';
import { captureInterface, packetRecord } from './packet-records.ts';

const NODE = Uint8Array.of(192, 0, 2, 10);
const AGENT = Uint8Array.of(198, 51, 100, 1);
const NAT = Uint8Array.of(203, 0, 113, 7);
const SPI = 0x1234_5678;
const ESP_PORT = 4500;

function prefix(bytes: Uint8Array): { bytes: Uint8Array; length: number } {
  return { bytes, length: 8 * bytes.length };
}

function association(
  ends: readonly [Uint8Array, Uint8Array] = [NODE, AGENT],
  spi = SPI,
): SecurityAssociation {
  const encryption = findEncryption('AES-CBC');
  const integrity = findIntegrity('HMAC-SHA-256-128');
  if (encryption === undefined || integrity === undefined) throw new Error('no transform');
  return new SecurityAssociation({
    spi,
    source: prefix(ends[0]),
    destination: prefix(ends[1]),
    encryption,
    encryptionKey: new Uint8Array(16).fill(spi & 0xff),
    integrity,
    integrityKey: new Uint8Array(32).fill(7),
    origin: { file: 'keys', line: spi & 0xff },
  });
}

function sealed(payload: Uint8Array, nextHeader: number = NEXT_HEADER.ipv6, spi = SPI): Uint8Array {
  const iv = new Uint8Array(16).fill(3);
  return association([NODE, AGENT], spi).esp.seal({ spi, sequence: 5, iv, nextHeader, payload });
}

/** A Binding Update as it comes out of the tunnel. */
function bindingUpdate(): Uint8Array {
  const ends = { source: HOME_ADDRESS, destination: HOME_AGENT };
  const message = { kind: 'binding-update', sequence: 7, flags: 0xc000, lifetime: 400 } as const;
  const payload = encodeMobilityHeader(message, [], ends);
  return ipv6Packet({ ...ends, protocol: NEXT_HEADER.mobility, payload });
}

/** A datagram as it comes out of the tunnel. */
function datagram(): Uint8Array {
  const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
  const payload = new Uint8Array(20);
  const udp = udpDatagram({ ...ends, sourcePort: 40_001, destinationPort: 40_002, payload });
  return ipv6Packet({ ...ends, protocol: NEXT_HEADER.udp, payload: udp });
}

function inUdp(payload: Uint8Array, ports: readonly [number, number] = [ESP_PORT, ESP_PORT]) {
  const [sourcePort, destinationPort] = ports;
  const ends = { source: NODE, destination: AGENT };
  return udpDatagram({ ...ends, sourcePort, destinationPort, payload, checksum: 0 });
}

function overIpv4(
  protocol: number,
  payload: Uint8Array,
  source: Uint8Array = NODE,
  destination: Uint8Array = AGENT,
): Uint8Array {
  return ipv4Packet({ source, destination, protocol, payload });
}

interface Audited extends EngineSummary {
  readonly events: readonly EngineEvent[];
}

function audited(
  packets: readonly Uint8Array[],
  associations: readonly SecurityAssociation[] = [association()],
  cut = 0,
): Audited {
  const events: EngineEvent[] = [];
  const engine = new Engine({
    site: makeSite(),
    rules: [],
    associations,
    inputs: [{ name: 'a', packets: packets.length }],
    interfaces: [captureInterface()],
    observer: { onEvent: (event) => events.push(event) },
  });
  packets.forEach((bytes, i) => {
    engine.feed(packetRecord(bytes, i + 1, i, { cut }));
  });
  return { ...engine.finish(), events };
}

const mobilityIn = ({ events }: Audited): MobilityEvent[] =>
  events.filter((event) => event.kind === 'mobility');

describe('ESP over IPv4', () => {
  it.each([
    ['alone', overIpv4(NEXT_HEADER.esp, sealed(bindingUpdate())), 'esp', undefined],
    ['in UDP', overIpv4(NEXT_HEADER.udp, inUdp(sealed(bindingUpdate()))), 'udp:4500', ESP_PORT],
  ])('%s is opened, and signalling inside is that of a tunnel', (_name, packet, name, port) => {
    const result = audited([packet]);
    expect(result.counters).toMatchObject({ ipv4: 1, esp: 1, espOpened: 1, tunnelled: 1 });
    const [event] = mobilityIn(result);
    expect(event?.checksum).toBe('right');
    const { context } = event ?? {};
    expect(context).toMatchObject({
      protection: 'esp-tunnel',
      encapsulation: [name],
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      esp: { spi: SPI, sequence: 5, integrityVerified: true },
      ipv4Outer: { source: NODE, destination: AGENT },
    });
    expect(context?.ipv4Outer?.sourcePort).toBe(port);
  });

  it('carries traffic of home addresses that is not bare', () => {
    const { events } = audited([overIpv4(NEXT_HEADER.esp, sealed(datagram()))]);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toContain('tunnelled');
    expect(kinds).not.toContain('home-address-traffic');
  });

  it('may hold the UDP encapsulation of RFC 5555, in transport and in tunnel mode', () => {
    const udp = inUdp(bindingUpdate(), [40_000, 4191]);
    const transport = overIpv4(NEXT_HEADER.esp, sealed(udp, NEXT_HEADER.udp));
    const inner = overIpv4(NEXT_HEADER.udp, udp, Uint8Array.of(10, 0, 0, 2));
    const tunnel = overIpv4(NEXT_HEADER.esp, sealed(inner, NEXT_HEADER.ipv4));
    const contexts = mobilityIn(audited([transport, tunnel])).map(({ context }) => context);
    expect(contexts.map(({ encapsulation }) => encapsulation)).toEqual([
      ['esp', 'udp:4191'],
      ['esp', 'udp:4191'],
    ]);
    expect(contexts.map(({ ipv4Outer }) => ipv4Outer?.source[0])).toEqual([192, 10]);
  });

  it('may hold ESP again, over IPv4 and over IPv6', () => {
    const inner = overIpv4(NEXT_HEADER.esp, sealed(bindingUpdate(), NEXT_HEADER.ipv6, 0x42));
    const nested = overIpv4(NEXT_HEADER.esp, sealed(inner, NEXT_HEADER.ipv4));
    const two = [association(), association([NODE, AGENT], 0x42)];
    const result = audited([nested], two);
    expect(result.counters).toMatchObject({ esp: 2, espOpened: 2 });
    expect(mobilityIn(result)).toHaveLength(1);

    const ends = { source: HOME_ADDRESS, destination: HOME_AGENT };
    const message = { kind: 'binding-update', sequence: 7, flags: 0, lifetime: 4 } as const;
    const header = encodeMobilityHeader(message, [], ends);
    const transport = sealed(header, NEXT_HEADER.mobility, 0x43);
    const ipv6 = ipv6Packet({ ...ends, protocol: NEXT_HEADER.esp, payload: transport });
    const both = [association(), association([HOME_ADDRESS, HOME_AGENT], 0x43)];
    const other = audited([overIpv4(NEXT_HEADER.esp, sealed(ipv6))], both);
    expect(other.counters).toMatchObject({ esp: 2, espOpened: 2 });
    expect(mobilityIn(other)[0]?.context.protection).toBe('esp-transport');
  });

  it('is opened when a NAT has changed the source, and not when it goes elsewhere', () => {
    const translated = overIpv4(NEXT_HEADER.udp, inUdp(sealed(datagram()), [61_000, 4500]), NAT);
    expect(audited([translated]).counters.espOpened).toBe(1);
    const elsewhere = overIpv4(NEXT_HEADER.udp, inUdp(sealed(datagram())), NODE, NAT);
    expect(audited([elsewhere]).counters).toMatchObject({ espOpened: 0, espNoKey: 1 });
  });

  it('of another sender with the same SPI is no failure of the key', () => {
    const foreign = overIpv4(NEXT_HEADER.esp, sealed(datagram()).fill(9, 8), NAT);
    const { counters, associations } = audited([foreign]);
    expect(counters).toMatchObject({ espNoKey: 1, espIcvMismatch: 0 });
    expect(associations[0]?.statistics.packets).toBe(0);
  });

  it('that was changed on the way fails its integrity check', () => {
    const packet = overIpv4(NEXT_HEADER.esp, sealed(datagram()));
    packet[60] = (packet[60] ?? 0) ^ 1;
    const { counters, associations, events } = audited([packet]);
    expect(counters).toMatchObject({ espOpened: 0, espIcvMismatch: 1 });
    expect(counters.diagnostics.get('ESP_ICV')).toBe(1);
    expect(associations[0]?.statistics.icvFailures).toBe(1);
    expect(events.map(({ kind }) => kind)).toEqual(['tick']);
  });

  it('is not what a keepalive, IKE, a fragment or another port carries', () => {
    const ike = new Uint8Array(40);
    const fragment = overIpv4(NEXT_HEADER.esp, sealed(datagram()));
    fragment[6] = 0x20;
    const packets = [
      overIpv4(NEXT_HEADER.udp, inUdp(Uint8Array.of(0xff))),
      overIpv4(NEXT_HEADER.udp, inUdp(ike)),
      fragment,
      overIpv4(NEXT_HEADER.udp, inUdp(sealed(datagram()), [5000, 5001])),
    ];
    expect(audited(packets).counters.esp).toBe(0);
  });

  it('that ends early or was cut is malformed, and no failure of the key', () => {
    const short = overIpv4(NEXT_HEADER.esp, new Uint8Array(6));
    expect(audited([short]).counters.diagnostics.get('ESP_TRUNCATED')).toBe(1);
    const { counters, associations } = audited(
      [overIpv4(NEXT_HEADER.esp, sealed(datagram()))],
      undefined,
      4,
    );
    expect(counters).toMatchObject({ espMalformed: 1, espIcvMismatch: 0 });
    expect(associations[0]?.statistics.packets).toBe(0);
  });

  it('of any octets is never an exception, and opens only what is whole', () => {
    const whole = overIpv4(NEXT_HEADER.udp, inUdp(sealed(bindingUpdate())));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        expect(audited([bytes]).counters.espOpened).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});
