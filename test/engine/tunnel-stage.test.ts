import { describe, expect, it } from 'vitest';
import { concatenate } from '../../dissectors/core/layout.ts';
import { ipv4Packet, ipv6Packet, udpDatagram } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { TunnelledEvent } from '../../engine/events.ts';
import { Engine } from '../../engine/pipeline.ts';
import { PAIR_EVENTS } from '../../engine/tunnel-limit.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  address,
  makeSite,
} from '../rules/site.ts';
import { captureInterface, packetRecord } from './packet-records.ts';

const MULTICAST = address('ff02::16');

interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

const OUT: Ends = { source: CARE_OF_ADDRESS, destination: HOME_AGENT };
const INNER: Ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };

function packet(ends: Ends, protocol: number, payload: Uint8Array): Uint8Array {
  return ipv6Packet({ ...ends, protocol, payload });
}

function udp(
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array = new Uint8Array(8),
): Uint8Array {
  return udpDatagram({ ...INNER, sourcePort, destinationPort, payload, checksum: 0 });
}

const voice = packet(INNER, NEXT_HEADER.udp, udp(16_384, 16_386));

function tunnel(inner: Uint8Array, ends = OUT): Uint8Array {
  return packet(ends, NEXT_HEADER.ipv6, inner);
}

function gre(inner: Uint8Array, key?: number): Uint8Array {
  const flags = key === undefined ? [0, 0] : [0x20, 0];
  const word =
    key === undefined ? [] : [key >>> 24, (key >> 16) & 255, (key >> 8) & 255, key & 255];
  return concatenate([Uint8Array.from([...flags, 0x86, 0xdd, ...word]), inner]);
}

function overUdp(inner: Uint8Array, source: string, sourcePort: number): Uint8Array {
  return ipv4Packet({
    source: Uint8Array.from(source.split('.').map(Number)),
    destination: Uint8Array.of(192, 0, 2, 1),
    protocol: NEXT_HEADER.udp,
    payload: udp(sourcePort, 4191, inner),
  });
}

/** Events of frames, each `interval` seconds after the one before. */
function eventsOf(frames: readonly Uint8Array[], interval = 0.001): TunnelledEvent[] {
  const events: TunnelledEvent[] = [];
  const engine = new Engine({
    site: makeSite(),
    rules: [],
    associations: [],
    inputs: [{ name: 'a', packets: frames.length }],
    interfaces: [captureInterface()],
    observer: {
      onEvent: (event) => {
        if (event.kind === 'tunnelled') events.push(event);
      },
    },
  });
  for (const [i, bytes] of frames.entries()) {
    const time = i * interval;
    engine.feed(packetRecord(bytes, i + 1, time));
  }
  engine.finish();
  return events;
}

function one(frame: Uint8Array): TunnelledEvent {
  const [event, ...others] = eventsOf([frame]);
  if (event === undefined || others.length > 0) throw new Error('not one event');
  return event;
}

describe('events of packets in tunnels', () => {
  it('tell inner and outer header and which way the packet goes', () => {
    const out = one(tunnel(voice));
    expect([out.direction, out.protocol, out.depth]).toEqual(['to-home-agent', 17, 1]);
    expect([out.sourcePort, out.destinationPort]).toEqual([16_384, 16_386]);
    expect(out.context.source).toEqual(HOME_ADDRESS);
    expect(out.context.outer?.source).toEqual(CARE_OF_ADDRESS);
    const back = { source: HOME_AGENT, destination: CARE_OF_ADDRESS };
    expect(one(tunnel(voice, back)).direction).toBe('from-home-agent');
    const other = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    expect(one(tunnel(voice, other)).direction).toBe('other');
  });

  it('are none for packets without a tunnel', () => {
    expect(eventsOf([voice])).toEqual([]);
  });

  it('come once a second for one conversation, and at once for another', () => {
    const fifty = Array.from({ length: 50 }, () => tunnel(voice));
    expect(eventsOf(fifty)).toHaveLength(1);
    expect(eventsOf(fifty, 0.1)).toHaveLength(5);
    const stranger = packet({ ...INNER, source: CORRESPONDENT }, 17, udp(1, 2));
    const syn = packet(INNER, NEXT_HEADER.tcp, new Uint8Array(20));
    expect(eventsOf([tunnel(voice), tunnel(stranger), tunnel(syn), tunnel(voice)])).toHaveLength(3);
  });

  it('are bounded for each pair of tunnel ends, whatever addresses are inside', () => {
    const frames = Array.from({ length: 1000 }, (_, i) => {
      const source = CORRESPONDENT.slice();
      source.set([i >> 8, i & 255], 14);
      return tunnel(packet({ ...INNER, source }, 17, udp(1, 2)));
    });
    const other = { source: address('2001:db8:4::98'), destination: HOME_AGENT };
    const events = eventsOf([...frames, tunnel(voice, other)], 0.0001);
    expect(events).toHaveLength(PAIR_EVENTS + 1);
    expect(events.at(-1)?.context.outer?.source).toEqual(other.source);
  });

  it('name control protocols', () => {
    const group = { source: address('fe80::2'), destination: MULTICAST };
    const report = packet(group, NEXT_HEADER.icmpv6, Uint8Array.of(143, 0, 0, 0, 0, 0, 0, 0));
    expect(one(tunnel(report)).control).toBe('mld');
    expect(one(tunnel(packet(group, 17, udp(546, 547)))).control).toBe('dhcpv6');
    expect(one(tunnel(packet(group, 17, udp(521, 521)))).control).toBe('routing');
    expect(one(tunnel(packet(group, 89, new Uint8Array(24)))).control).toBe('routing');
    expect(one(tunnel(voice)).control).toBeUndefined();
  });

  it('count nested tunnels and tell both', () => {
    const nested = eventsOf([tunnel(tunnel(voice, { ...OUT, source: HOME_ADDRESS }))]);
    expect(nested.map(({ depth }) => depth)).toEqual([1, 2]);
    expect(nested.map(({ protocol }) => protocol)).toEqual([41, 17]);
  });

  it('tell the GRE key, which makes another tunnel', () => {
    const key = 0xfedc_ba98;
    expect(one(packet(OUT, NEXT_HEADER.gre, gre(voice, key))).context.greKey).toBe(key);
    expect(one(packet(OUT, NEXT_HEADER.gre, gre(voice))).context.greKey).toBeUndefined();
    const keys = [1, 2, 1].map((each) => packet(OUT, NEXT_HEADER.gre, gre(voice, each)));
    expect(eventsOf(keys)).toHaveLength(2);
  });

  it('tell the IPv4 and UDP header around, of which a change is another tunnel', () => {
    const event = one(overUdp(voice, '198.51.100.7', 40_000));
    expect(event.direction).toBe('to-home-agent');
    expect(event.context.ipv4Outer).toEqual({
      source: Uint8Array.of(198, 51, 100, 7),
      destination: Uint8Array.of(192, 0, 2, 1),
      sourcePort: 40_000,
      destinationPort: 4191,
    });
    const frames = [
      overUdp(voice, '198.51.100.7', 40_000),
      overUdp(voice, '198.51.100.7', 40_000),
      overUdp(voice, '198.51.100.7', 40_001),
      overUdp(voice, '203.0.113.66', 40_000),
    ];
    expect(eventsOf(frames)).toHaveLength(3);
  });

  it('survive octets that end anywhere', () => {
    const whole = overUdp(tunnel(packet(INNER, NEXT_HEADER.gre, gre(voice, 7))), '192.0.2.9', 4191);
    for (let end = 0; end <= whole.length; end++) {
      expect(() => eventsOf([whole.slice(0, end)])).not.toThrow();
    }
  });
});
