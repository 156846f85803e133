import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenate } from '../../dissectors/core/layout.ts';
import {
  authentication,
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
  routing,
  type0RoutingHeader,
  type2RoutingHeader,
  udpDatagram,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { EngineEvent, EventOf } from '../../engine/events.ts';
import { Engine } from '../../engine/pipeline.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  address,
  makeSite,
} from '../rules/site.ts';
import { captureInterface, packetRecord } from './packet-records.ts';

const VICTIM = address('2001:db8:7::7');
const GROUP = address('ff02::1');

interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

const OUT: Ends = { source: ATTACKER, destination: CORRESPONDENT };

/** A frame: octets, second, and octets that were on the wire when more. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly originalLength?: number;
}

function udp(ends: Ends = OUT): Uint8Array {
  return udpDatagram({
    ...ends,
    sourcePort: 4000,
    destinationPort: 4001,
    payload: new Uint8Array(8),
  });
}

function packet(ends: Ends, ...headers: readonly ExtensionHeader[]): Uint8Array {
  return ipv6Packet({ ...ends, headers, protocol: NEXT_HEADER.udp, payload: udp(ends) });
}

function option(home: Uint8Array): ExtensionHeader {
  return destinationOptions([homeAddressOption(home)]);
}

function withOption(home: Uint8Array, ends = OUT): Uint8Array {
  return packet(ends, option(home));
}

function made(i: number): Uint8Array {
  return address(
    `2001:db8:66::${Math.floor(i / 0x10000).toString(16)}:${(i % 0x10000).toString(16)}`,
  );
}

/** Frames a millisecond apart unless told otherwise. */
function run(frames: readonly (Uint8Array | Frame)[]): {
  readonly events: readonly EngineEvent[];
  readonly evictions: ReadonlyMap<string, number>;
} {
  const events: EngineEvent[] = [];
  const engine = new Engine({
    site: makeSite(),
    rules: [],
    associations: [],
    inputs: [{ name: 'a', packets: frames.length }],
    interfaces: [captureInterface()],
    seed: 7,
    observer: {
      onEvent: (event) => {
        events.push(event);
      },
    },
  });
  for (const [i, item] of frames.entries()) {
    const frame = item instanceof Uint8Array ? { bytes: item, seconds: i / 1000 } : item;
    const { bytes, seconds } = frame;
    engine.feed(
      packetRecord(bytes, i + 1, seconds, { originalLength: frame.originalLength ?? bytes.length }),
    );
  }
  return { events, evictions: engine.finish().counters.evictions };
}

function eventsOf<K extends EngineEvent['kind']>(
  kind: K,
  frames: readonly (Uint8Array | Frame)[],
): EventOf<K>[] {
  return run(frames).events.filter((event): event is EventOf<K> => event.kind === kind);
}

/** A Binding Update of HOME_ADDRESS at CARE_OF_ADDRESS to CORRESPONDENT that asks for no answer. */
function registration(): Uint8Array {
  const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
  const message = { kind: 'binding-update', sequence: 1, flags: 0, lifetime: 100 } as const;
  return ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: CORRESPONDENT,
    headers: [option(HOME_ADDRESS)],
    protocol: NEXT_HEADER.mobility,
    payload: encodeMobilityHeader(message, [], ends),
  });
}

describe('events of Home Address options in payload', () => {
  it('tell how home address and source stand to the binding of the receiver', () => {
    const own = { source: CARE_OF_ADDRESS, destination: CORRESPONDENT };
    const other = { source: OTHER_CARE_OF_ADDRESS, destination: CORRESPONDENT };
    const events = eventsOf('home-address-option', [
      withOption(VICTIM),
      registration(),
      withOption(HOME_ADDRESS, own),
      withOption(HOME_ADDRESS, other),
    ]);
    // What the binding asks for is nothing to tell.
    expect(events.map(({ relation }) => relation)).toEqual(['none', 'other-care-of-address']);
    expect(events[0]?.homeAddress).toEqual(VICTIM);
  });

  it('are none for signalling and for what IPsec protects, but for groups whatever comes', () => {
    const ah = authentication({ spi: 1, sequence: 1, icv: new Uint8Array(12) });
    const prefixSolicitation = ipv6Packet({
      ...OUT,
      headers: [option(VICTIM)],
      protocol: NEXT_HEADER.icmpv6,
      payload: Uint8Array.of(146, 0, 0, 0, 0, 0, 0, 0),
    });
    const esp = ipv6Packet({
      ...OUT,
      headers: [option(VICTIM)],
      protocol: NEXT_HEADER.esp,
      payload: new Uint8Array(40).fill(9),
    });
    const none = [registration(), packet(OUT, option(VICTIM), ah), prefixSolicitation, esp];
    expect(eventsOf('home-address-option', none)).toEqual([]);
    const toGroup = { source: ATTACKER, destination: GROUP };
    expect(eventsOf('home-address-option', [withOption(VICTIM, toGroup)])).toHaveLength(1);
  });

  it('come once a second for each sender, receiver and relation, and count the home addresses', () => {
    const flood = Array.from({ length: 100 }, (_, i) => withOption(made(i)));
    const end = { bytes: withOption(made(100)), seconds: 2 };
    const events = eventsOf('home-address-option', [...flood, end]);
    expect(events.map(({ homeAddresses }) => homeAddresses)).toEqual([1, 100]);
  });

  it('stay bounded in a flood with made-up senders, and tell of another receiver meanwhile', () => {
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 900; i++) {
      frames.push(withOption(VICTIM, { source: made(i), destination: CORRESPONDENT }));
    }
    frames.push(withOption(VICTIM, { source: ATTACKER, destination: HOME_AGENT }));
    const events = eventsOf('home-address-option', frames);
    expect(events.length).toBeLessThanOrEqual(257);
    expect(events.at(-1)?.context.destination).toEqual(HOME_AGENT);
  });

  it('tell how long the link was watched', () => {
    const events = eventsOf('home-address-option', [
      { bytes: packet(OUT), seconds: 0 },
      { bytes: withOption(VICTIM), seconds: 30 },
    ]);
    expect(events[0]?.watched).toBe(30e6);
  });
});

describe('events of routing headers', () => {
  const toNode = { source: ATTACKER, destination: CARE_OF_ADDRESS };

  it('tell types, segments and addresses of type 0', () => {
    const [event] = eventsOf('routing-header', [
      packet(OUT, type0RoutingHeader([VICTIM, HOME_AGENT])),
    ]);
    expect(event).toMatchObject({ headers: 1, types: [0], segmentsLeft: 2, relation: undefined });
    expect(event?.addresses).toEqual([VICTIM, HOME_AGENT]);
  });

  it('tell of payload with type 2 how it stands to the bindings', () => {
    const fromPeer = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    const elsewhere = { source: CORRESPONDENT, destination: OTHER_CARE_OF_ADDRESS };
    const events = eventsOf('routing-header', [
      packet(toNode, type2RoutingHeader(VICTIM)),
      registration(),
      packet(fromPeer, type2RoutingHeader(HOME_ADDRESS)),
      packet(elsewhere, type2RoutingHeader(HOME_ADDRESS)),
    ]);
    // What the binding asks for is nothing to tell.
    expect(events.map(({ relation }) => relation)).toEqual(['none', 'other-care-of-address']);
  });

  it('name several headers in their order, also when type 2 stands last', () => {
    const [event] = eventsOf('routing-header', [
      packet(toNode, routing(4, 0, new Uint8Array(4)), type2RoutingHeader(HOME_ADDRESS)),
    ]);
    expect(event).toMatchObject({ headers: 2, types: [4, 2], segmentsLeft: 1 });
    const many = Array.from({ length: 6 }, (_, i) => routing(200 + i, 0, new Uint8Array(4)));
    const [last] = eventsOf('routing-header', [packet(toNode, ...many)]);
    expect(last).toMatchObject({ headers: 6, types: [202, 203, 204, 205] });
  });

  it('are none for one header of another type and for signalling with type 2', () => {
    expect(eventsOf('routing-header', [packet(toNode, routing(4, 1, new Uint8Array(20)))])).toEqual(
      [],
    );
    const ends = { source: HOME_AGENT, destination: HOME_ADDRESS };
    const acknowledgement = ipv6Packet({
      source: HOME_AGENT,
      destination: CARE_OF_ADDRESS,
      headers: [type2RoutingHeader(HOME_ADDRESS)],
      protocol: NEXT_HEADER.mobility,
      payload: encodeMobilityHeader(
        { kind: 'binding-acknowledgement', status: 0, flags: 0, sequence: 1, lifetime: 9 },
        [],
        ends,
      ),
    });
    expect(eventsOf('routing-header', [acknowledgement])).toEqual([]);
  });

  it('come once a second and count the packets', () => {
    const one = packet(OUT, type0RoutingHeader([VICTIM]));
    const frames: Frame[] = Array.from({ length: 50 }, (_, i) => ({
      bytes: one,
      seconds: i / 100,
    }));
    const events = eventsOf('routing-header', [...frames, { bytes: one, seconds: 2 }]);
    expect(events.map(({ packets }) => packets)).toEqual([1, 50]);
  });
});

describe('events of reflected packets', () => {
  const answer = packet({ source: CORRESPONDENT, destination: VICTIM });

  it('count what is sent to an address that stands in options alone', () => {
    const frames = [withOption(VICTIM), answer, answer, answer];
    const [event] = eventsOf('reflected', frames);
    expect(event).toMatchObject({ packets: 3, octets: 3 * answer.length, protocol: 17 });
    expect([event?.victim, event?.reflector, event?.requester]).toEqual([
      VICTIM,
      CORRESPONDENT,
      ATTACKER,
    ]);
    expect(event?.packet.number).toBe(4);
  });

  it('are none without the option, from others, or when the address has asked itself', () => {
    expect(eventsOf('reflected', [answer, answer])).toEqual([]);
    const fromOther = packet({ source: HOME_AGENT, destination: VICTIM });
    expect(eventsOf('reflected', [withOption(VICTIM), fromOther])).toEqual([]);
    const asked = packet({ source: VICTIM, destination: CORRESPONDENT });
    expect(eventsOf('reflected', [withOption(VICTIM), asked, answer])).toEqual([]);
  });

  it('are none for a node with a binding, and long after the option', () => {
    const own = { source: CARE_OF_ADDRESS, destination: CORRESPONDENT };
    const home = packet({ source: CORRESPONDENT, destination: HOME_ADDRESS });
    expect(eventsOf('reflected', [registration(), withOption(HOME_ADDRESS, own), home])).toEqual(
      [],
    );
    const late = { bytes: answer, seconds: 20 };
    expect(eventsOf('reflected', [{ bytes: withOption(VICTIM), seconds: 0 }, late])).toEqual([]);
  });

  it('still tell of a victim in a flood of made-up addresses', () => {
    const frames: Frame[] = [
      { bytes: withOption(VICTIM), seconds: 0 },
      { bytes: answer, seconds: 0.01 },
    ];
    for (let i = 0; i < 9000; i++) {
      const ends = { source: ATTACKER, destination: i % 40 === 0 ? CORRESPONDENT : made(i % 40) };
      frames.push({ bytes: withOption(made(i), ends), seconds: 0.02 + i / 10_000 });
    }
    frames.push({ bytes: answer, seconds: 3 });
    const { events, evictions } = run(frames);
    const told = events.filter(({ kind }) => kind === 'reflected');
    expect(told).toHaveLength(2);
    expect(evictions.get('option-victims')).toBeGreaterThan(0);
  });
});

describe('events of unusual ICMPv6', () => {
  function icmpv6(type: number, code: number): Uint8Array {
    const payload = Uint8Array.of(type, code, 0, 0, 0, 0, 0, 0);
    return ipv6Packet({ ...OUT, protocol: NEXT_HEADER.icmpv6, payload });
  }

  it('tell of unassigned types and codes and of Parameter Problems', () => {
    const events = eventsOf('icmpv6-notice', [icmpv6(200, 0), icmpv6(128, 9), icmpv6(4, 2)]);
    expect(events.map(({ type, code }) => [type, code])).toEqual([
      [200, 0],
      [128, 9],
      [4, 2],
    ]);
  });

  it('are none for echo, errors, listeners and signalling', () => {
    const ordinary = [
      icmpv6(128, 0),
      icmpv6(129, 0),
      icmpv6(1, 4),
      icmpv6(2, 0),
      icmpv6(3, 1),
      icmpv6(143, 0),
      icmpv6(146, 0),
      icmpv6(135, 0),
    ];
    expect(eventsOf('icmpv6-notice', ordinary)).toEqual([]);
  });
});

describe('events of tunnels that lead into themselves', () => {
  function around(hopLimit: number, isOut = true, data = 1): Uint8Array {
    const ends = { source: CORRESPONDENT, destination: HOME_ADDRESS };
    const payload = concatenate([udp(ends), Uint8Array.of(data, 0, 0, 0)]);
    const inner = ipv6Packet({ ...ends, hopLimit, protocol: NEXT_HEADER.udp, payload });
    const [source, destination] = isOut ? [HOME_AGENT, ATTACKER] : [ATTACKER, HOME_AGENT];
    return ipv6Packet({ source, destination, protocol: NEXT_HEADER.ipv6, payload: inner });
  }

  it('tell of a packet that comes round with a falling hop limit', () => {
    const [event, ...others] = eventsOf('tunnel-loop', [
      around(60),
      around(59, false),
      around(58),
      around(57, false),
    ]);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ sightings: 4, firstHopLimit: 60, depth: 1 });
    expect(event?.context.hopLimit).toBe(57);
  });

  it('are none for repeated, different or slow packets, and for two rounds', () => {
    expect(
      eventsOf(
        'tunnel-loop',
        Array.from({ length: 50 }, () => around(60)),
      ),
    ).toEqual([]);
    expect(eventsOf('tunnel-loop', [around(60), around(59), around(58)])).toEqual([]);
    const different = Array.from({ length: 50 }, (_, i) => around(200 - i, true, i));
    expect(eventsOf('tunnel-loop', different)).toEqual([]);
    const slow = [60, 59, 58, 57, 56].map((hops, i) => ({ bytes: around(hops), seconds: i * 15 }));
    expect(eventsOf('tunnel-loop', slow)).toEqual([]);
  });
});

describe('ticks', () => {
  it('tell what the sensor missed', () => {
    const one = packet(OUT);
    const frames: Frame[] = [
      { bytes: one, seconds: 100 },
      { bytes: one.subarray(0, 50), seconds: 101, originalLength: one.length },
      { bytes: one, seconds: 40 },
    ];
    const ticks = eventsOf('tick', frames);
    expect(ticks.at(-1)?.health).toMatchObject({ packets: 3, cut: 1, clockSteps: 1 });
    expect(ticks.at(-1)?.health?.largestClockStep).toBeCloseTo(61);
    expect(ticks.at(-1)?.health?.packet.number).toBe(3);
  });
});

describe('the stages', () => {
  it('bear whatever octets follow an IPv6 header', () => {
    const protocols = [0, 41, 43, 50, 51, 58, 60, 135, 17];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            protocol: fc.constantFrom(...protocols),
            payload: fc.uint8Array({ maxLength: 120 }),
          }),
          { maxLength: 8 },
        ),
        (items) => {
          const frames = items.map((item) => ipv6Packet({ ...OUT, ...item }));
          expect(run(frames).events.length).toBeGreaterThanOrEqual(frames.length > 0 ? 1 : 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
