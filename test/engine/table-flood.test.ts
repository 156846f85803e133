import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { putU16, putU32 } from '../../dissectors/core/bytes.ts';
import { ethernetFrame } from '../../dissectors/ipv6/build.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { EngineSummary } from '../../engine/engine.ts';
import { Engine } from '../../engine/pipeline.ts';
import {
  ALL_NODES,
  CORRESPONDENT,
  HOME_AGENT,
  HOME_AGENTS_ANYCAST,
  ip,
} from '../../fixtures/scenario/network.ts';
import {
  cutIntoFragments,
  esp,
  homeAddress,
  icmpv6,
  ipv6,
  mobility,
  tunnelled,
  type2Routing,
  udp,
} from '../../fixtures/scenario/packet.ts';
import type { Part } from '../../fixtures/scenario/packet.ts';
import { FIXTURES, expectedAudits, knowledge } from '../fixtures/expectations.ts';
import { holdCaptures } from '../fixtures/mutations.ts';
import type { HeldCaptures, HeldPacket } from '../fixtures/mutations.ts';

/** Packets of a flood in each of two waves, unless it has to be more; the first alone fills the tables. */
const WAVE = 36_000;
/** Packets that fill the ring of ESP packets. */
const RING = 68_000;
/** Octets that the second wave may add, when the first has filled what can be filled. */
const MOST_GROWTH = 24 * 2 ** 20;
/** The flood comes between the registration and the attack, in two seconds. */
const FLOOD_SECONDS = 57;

const ATTACKER = ip('2001:db8:666::');
const VICTIMS = ip('2001:db8:777::');
const FLAGS = BINDING_UPDATE_FLAGS.acknowledge.mask | BINDING_UPDATE_FLAGS.homeRegistration.mask;
const PROXY = BINDING_UPDATE_FLAGS.proxyRegistration.mask;

/** An address of a network by its number. */
function numbered(network: Uint8Array, number: number): Uint8Array {
  const bytes = network.slice();
  putU32(bytes, 12, number + 1);
  // Every address in a network of its own: what is counted by network is filled as well.
  putU16(bytes, 6, number & 0xffff);
  return bytes;
}

/** A home address of the attacked site by its number: no learned or told one. */
function inHomeNetwork(number: number): Uint8Array {
  const bytes = ip('2001:db8:0:2:ffff::');
  putU32(bytes, 12, number + 1);
  return bytes;
}

function linkLocal(number: number): Uint8Array {
  const bytes = ip('fe80::666:0:0');
  putU32(bytes, 12, number + 1);
  return bytes;
}

function hardware(number: number): Uint8Array {
  const bytes = Uint8Array.of(0x02, 0x66, 0, 0, 0, 0);
  putU32(bytes, 2, number);
  return bytes;
}

/** Octets that say a number and nothing else. */
function counted(length: number, number: number): Uint8Array {
  const bytes = new Uint8Array(length);
  putU32(bytes, length - 4, number);
  return bytes;
}

const toAgent = (source: Uint8Array): { source: Uint8Array; destination: Uint8Array } => ({
  source,
  destination: HOME_AGENT.address,
});

/** Somebody who fills tables. */
interface Flood {
  /** Tables it is aimed at. */
  readonly name: string;
  /** Link of the capture: 0 is the visited one, 1 the edge of the home network. */
  readonly link: 0 | 1;
  readonly packet: (number: number) => Uint8Array;
  /** Packets of a wave. */
  readonly wave?: number;
}

const FLOODS: readonly Flood[] = [
  {
    name: 'bindings, changes of bindings and care-of addresses: accepted registrations of made-up nodes',
    link: 1,
    packet(number) {
      const home = inHomeNetwork(number);
      const careOf = numbered(ATTACKER, number);
      const sequence = 1;
      if (number % 8 === 0) {
        return ipv6(
          toAgent(careOf),
          homeAddress(home),
          mobility(toAgent(home), {
            kind: 'binding-update',
            sequence,
            flags: FLAGS,
            lifetime: 100,
          }),
        );
      }
      const back = { source: HOME_AGENT.address, destination: home };
      return ipv6(
        { ...back, destination: careOf },
        type2Routing(home),
        mobility(back, {
          kind: 'binding-acknowledgement',
          status: 0,
          flags: 0,
          sequence,
          lifetime: 100,
        }),
      );
    },
  },
  {
    name: 'neighbors: advertisements of made-up addresses',
    link: 0,
    packet(number) {
      const ends = { source: linkLocal(number), destination: ALL_NODES };
      return ipv6(
        { ...ends, hopLimit: 255 },
        icmpv6(ends, {
          kind: 'neighbor-advertisement',
          code: 0,
          flags: 0x2000_0000,
          targetAddress: linkLocal(number),
          options: [{ kind: 'target-link-layer-address', address: hardware(number) }],
        }),
      );
    },
  },
  {
    name: 'routers and prefixes: advertisements of made-up routers',
    link: 0,
    packet(number) {
      const ends = { source: linkLocal(number), destination: ALL_NODES };
      return ipv6(
        { ...ends, hopLimit: 255 },
        icmpv6(ends, {
          kind: 'router-advertisement',
          code: 0,
          currentHopLimit: 64,
          flags: 0,
          routerLifetime: 1800,
          reachableTime: 0,
          retransTimer: 0,
          options: [{ kind: 'source-link-layer-address', address: hardware(number) }],
        }),
      );
    },
  },
  {
    name: 'return routability: tests that nobody answers',
    link: 1,
    packet(number) {
      const source = numbered(ATTACKER, number);
      const ends = { source, destination: numbered(VICTIMS, number % 64) };
      const cookie = counted(8, number);
      return ipv6(
        ends,
        mobility(
          ends,
          number % 2 === 0
            ? { kind: 'home-test-init', homeInitCookie: cookie }
            : { kind: 'care-of-test-init', careOfInitCookie: cookie },
        ),
      );
    },
  },
  {
    name: 'ESP remembered for relays, ESP flows and sequence numbers: ESP with made-up indices',
    link: 1,
    wave: RING,
    packet: (number) =>
      ipv6(toAgent(inHomeNetwork(number)), esp(espOctets(0x6000_0000 + number, number + 1))),
  },
  {
    name: 'home addresses in payload, victims and pairs: Home Address options of made-up nodes',
    link: 1,
    packet(number) {
      const home = numbered(VICTIMS, number);
      const ends = { source: home, destination: CORRESPONDENT.address };
      return ipv6(
        { ...ends, source: numbered(ATTACKER, number) },
        homeAddress(home),
        udp(ends, { from: 1, to: 2 }, counted(8, number)),
      );
    },
  },
  {
    name: 'route-optimised pairs: type 2 routing headers to made-up nodes',
    link: 1,
    packet(number) {
      const home = numbered(VICTIMS, number);
      const ends = { source: numbered(ATTACKER, number >> 4), destination: home };
      return ipv6(
        { ...ends, destination: numbered(ATTACKER, number) },
        type2Routing(home),
        udp(ends, { from: 1, to: 2 }, counted(8, number)),
      );
    },
  },
  {
    name: 'proxy bindings: registrations of made-up gateways and nodes',
    link: 1,
    packet(number) {
      const ends = toAgent(numbered(ATTACKER, number));
      return ipv6(
        ends,
        mobility(
          ends,
          { kind: 'binding-update', sequence: 1, flags: FLAGS | PROXY, lifetime: 100 },
          [
            {
              kind: 'mobile-node-identifier',
              subtype: 1,
              identifier: Uint8Array.from(`mn${number}@example.net`, (letter) =>
                letter.charCodeAt(0),
              ),
            },
            {
              kind: 'home-network-prefix',
              flags: 0,
              prefixLength: 64,
              prefix: numbered(VICTIMS, number),
            },
          ],
        ),
      );
    },
  },
  {
    name: 'reassembly: first fragments without a rest',
    link: 1,
    packet: (number) =>
      cutIntoFragments(
        toAgent(numbered(ATTACKER, number)),
        [udp(toAgent(ATTACKER), { from: 1, to: 2 }, new Uint8Array(600))],
        number,
        [{ start: 0, end: 512 }],
      )[0] ?? new Uint8Array(),
  },
  {
    name: 'tunnel ends: tunnels of made-up nodes',
    link: 1,
    packet(number) {
      const ends = { source: inHomeNetwork(number), destination: CORRESPONDENT.address };
      return ipv6(
        toAgent(numbered(ATTACKER, number)),
        tunnelled(ipv6(ends, udp(ends, { from: 1, to: 2 }, counted(8, number)))),
      );
    },
  },
  {
    name: 'discovery: requests of made-up nodes',
    link: 1,
    packet(number) {
      const ends = { source: numbered(ATTACKER, number), destination: HOME_AGENTS_ANYCAST };
      return ipv6(
        ends,
        icmpv6(ends, {
          kind: 'home-agent-discovery-request',
          code: 0,
          identifier: number & 0xffff,
          flags: 0,
        }),
      );
    },
  },
  {
    name: 'IKE: first messages of made-up nodes',
    link: 1,
    packet(number) {
      const ends = toAgent(numbered(ATTACKER, number));
      const message = new Uint8Array(28);
      putU32(message, 4, number + 1);
      // Version 2, IKE_SA_INIT, initiator.
      message.set([0, 0x20, 34, 0x08], 16);
      putU32(message, 24, 28);
      return ipv6(ends, udp(ends, { from: 500, to: 500 }, message));
    },
  },
];

function espOctets(spi: number, sequence: number): Uint8Array {
  const bytes = counted(60, sequence);
  putU32(bytes, 0, spi);
  putU32(bytes, 4, sequence);
  return bytes;
}

function frame(packet: Uint8Array, number: number): Uint8Array {
  return ethernetFrame({
    source: hardware(number),
    destination: Uint8Array.of(0x33, 0x33, 0, 0, 0, 1),
    payload: packet,
  } satisfies { source: Uint8Array; destination: Uint8Array; payload: Part['bytes'] });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Octets in use. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Flood and attack in one capture. */
async function run(
  held: HeldCaptures,
  flood: Flood,
): Promise<{ readonly summary: EngineSummary; readonly growth: number }> {
  const known = await knowledge(
    `${FIXTURES}/captures/relay-attack.site.yaml`,
    `${FIXTURES}/captures/relay-attack.esp_sa`,
  );
  const { inputs, interfaces, packets } = held;
  const engine = new Engine({ ...known, inputs, interfaces, seed: 1 });
  const start = packets[0];
  if (start === undefined) throw new Error('no packets');
  const secondsOf = (packet: HeldPacket): number => packet.seconds - start.seconds;
  for (const packet of packets) if (secondsOf(packet) < FLOOD_SECONDS) engine.feed({ ...packet });
  const length = flood.wave ?? WAVE;
  const wave = (from: number): void => {
    for (let number = from; number < from + length; number++) {
      const bytes = frame(flood.packet(number), number);
      const nanoseconds = Math.floor((number / (2 * length)) * 2e9);
      engine.feed({
        ...start,
        bytes,
        offset: 0,
        end: bytes.length,
        originalLength: bytes.length,
        interfaceIndex: flood.link,
        seconds: start.seconds + FLOOD_SECONDS + Math.floor(nanoseconds / 1e9),
        nanoseconds: nanoseconds % 1e9,
        number: 1_000_000 + number,
      });
    }
  };
  wave(0);
  const before = inUse();
  wave(length);
  const growth = inUse() - before;
  for (const packet of packets) if (secondsOf(packet) >= FLOOD_SECONDS) engine.feed({ ...packet });
  return { summary: engine.finish(), growth };
}

// Minutes of floods have a command of their own.
describe.skipIf(!IS_ENDURANCE)('whoever fills the tables (npm run endurance)', () => {
  let held: HeldCaptures = { packets: [], inputs: [], interfaces: [] };

  beforeAll(async () => {
    const audit = expectedAudits('captures').find(
      ({ files }) => files.length === 1 && files[0] === 'relay-attack.pcapng',
    );
    if (audit !== undefined) held = await holdCaptures(audit);
  });

  it.each(FLOODS)('hides no relay and makes nothing grow: $name', async (flood) => {
    const { summary, growth } = await run(held, flood);
    expect(summary.internalErrors).toEqual([]);
    const found = summary.alerts.map(({ rule }) => rule.id);
    expect(found).toEqual(expect.arrayContaining(['MIP6-1105', 'MIP6-1106', 'MIP6-1107']));
    const relay = summary.incidents.filter(({ alerts }) =>
      alerts.some(({ rule }) => rule.id === 'MIP6-1106'),
    );
    expect(relay.map(({ assessment }) => assessment)).toEqual(['succeeded on both']);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });
});
