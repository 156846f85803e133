/**
 * A day in front of gateways, on a virtual clock: nothing of ordinary life is dropped, and of a day with attacks nothing but
 * these.
 */
import { describe, expect, test } from 'vitest';
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { equalBytes, u32 } from '../../../dissectors/core/bytes.ts';
import { udpDatagram } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { Attacker } from '../../../cli/lab/attacker.ts';
import type { AttackName } from '../../../cli/lab/attacker.ts';
import { packetOf, upperLayerOf } from '../../../cli/lab/frame-kind.ts';
import type { FrameKind } from '../../../cli/lab/frame-kind.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { spiOf } from '../ipsec/protected-pair.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { AGENT, CORRESPONDENT, HOME, NODE_LINK } from '../mobile-node/bench.ts';
import type { LinkName } from '../mobile-node/bench.ts';
import type { Carried, NetworkOptions } from '../mobile-node/whole-network.ts';
import { ip } from '../wire-peer.ts';
import { JudgedNetwork } from './judged-network.ts';
import type { Gate } from './judged-network.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UDP = 17;
const ATTACKER = ip('2001:db8:1::66');
const ATTACKER_LINK = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 0x66);
/** The home agent takes what RFC 6275 allows: what stops attacks is the gateway. */
const PERMISSIVE: NetworkOptions = { registration: { deregistration: 'rfc' } };
/** Between two datagrams each way. */
const TALK_EVERY = 20 * SECOND;

/** Where the node goes in a day. */
const DAY: readonly LinkName[] = [
  ...(['one', 'two', 'one', 'home', 'two', 'home', 'one', 'one'] as const),
  ...(['two', 'home', 'one', 'two', 'one', 'two', 'home', 'home'] as const),
  ...(['one', 'two', 'one', 'two', 'one', 'home', 'two', 'one'] as const),
];
/** A morning, half an hour at each place; with `npm run endurance:gateway` the whole day, an hour at each. */
const JOURNEY = DAY.slice(0, IS_ENDURANCE ? 24 : 8);
const STAY = IS_ENDURANCE ? HOUR : 30 * MINUTE;

/** What the signalling of this network is, which is known by its SPIs. */
function kindOf(frame: Uint8Array): FrameKind {
  const upper = upperLayerOf(frame);
  if (upper?.protocol !== NEXT_HEADER.esp) return 'other';
  const spi = u32(frame, upper.offset);
  if (spi === spiOf('binding')) return 'binding-update';
  return spi === spiOf('binding') + 1 ? 'binding-acknowledgement' : 'other';
}

/** Life: datagrams both ways, and what the node has heard of them. */
class Life {
  readonly heard = { mobileNode: 0, correspondent: 0 };
  talks = 0;
  readonly #judged: JudgedNetwork;

  constructor(judged: JudgedNetwork) {
    this.#judged = judged;
    const { mobileHost, correspondent } = judged.network;
    mobileHost.protocols.set(UDP, () => {
      this.heard.mobileNode++;
    });
    correspondent.protocols.set(UDP, () => {
      this.heard.correspondent++;
    });
  }

  /** Time with datagrams. */
  pass(milliseconds: number): void {
    const { network } = this.#judged;
    const end = network.scheduler.now + milliseconds;
    while (network.scheduler.now < end) {
      this.#talk();
      network.scheduler.advance(Math.min(TALK_EVERY, end - network.scheduler.now));
      // Of a day nobody needs all frames.
      network.take();
    }
  }

  #talk(): void {
    this.talks++;
    const { network } = this.#judged;
    for (const [host, source, destination] of [
      [network.mobileHost, HOME, CORRESPONDENT],
      [network.correspondent, CORRESPONDENT, HOME],
    ] as const) {
      const payload = udpDatagram({
        source,
        destination,
        sourcePort: 5000,
        destinationPort: 5001,
        payload: Uint8Array.of(1, 2, 3, 4),
      });
      host.send({ source, destination, protocol: UDP, payload });
    }
  }
}

/** Why packets were refused, for the reader of a failed test. */
function refusals(gate: Gate): string[] {
  return gate.refused.map(
    ({ at, reason }) => `${(at / HOUR).toFixed(2)} h ${reason.ruleId}: ${reason.message}`,
  );
}

/** An attack on link one, for as long as the visit of the attacker lasts. */
class Visit {
  readonly #judged: JudgedNetwork;
  readonly #attacker: Attacker;
  readonly #port: MemoryPort;
  readonly done: string[] = [];

  constructor(judged: JudgedNetwork, attack: AttackName) {
    const { network } = judged;
    this.#judged = judged;
    this.#port = network.links.one.attach('attacker', ATTACKER_LINK);
    this.#attacker = new Attacker({
      attack,
      port: this.#port,
      scheduler: network.scheduler,
      address: ATTACKER,
      homeAgent: AGENT,
      homeAddress: HOME,
      mobile: NODE_LINK,
      router: routerOf(network),
      kindOf,
      onDone: (what) => {
        this.done.push(what);
      },
    });
  }

  /** What home agent and mobile node believe. */
  get beliefs(): { readonly isRegistered: boolean; readonly isDeregistered: boolean } {
    const { network } = this.#judged;
    return {
      isRegistered: network.agentHost.bindings.find(HOME) !== undefined,
      isDeregistered: network.state === 'home',
    };
  }

  end(): void {
    this.#attacker.close();
    this.#port.setUp(false);
  }
}

/** Link-layer address of the router of link one. */
function routerOf({ carried, scheduler }: JudgedNetwork['network']): Uint8Array {
  const isHers = ({ link, icmpv6 }: Carried): boolean =>
    link === 'one' && icmpv6?.kind === 'router-advertisement';
  scheduler.advance(20 * SECOND);
  const found = carried.find(isHers);
  if (found === undefined) throw new Error('no router was heard');
  return Uint8Array.from(found.by.split(':').map((digits) => parseInt(digits, 16)));
}

/** Whether a frame is the attacker's, also behind the router. */
function isOfAttacker(frame: Uint8Array): boolean {
  return (
    equalBytes(frame, 6, ATTACKER_LINK, 0, 6) ||
    isSameAddress(packetOf(frame).slice(8, 24), ATTACKER)
  );
}

describe('a day in front of gateways that enforce', () => {
  test(`handovers, coming home, renewals and tests of ${(JOURNEY.length * STAY) / HOUR} hours (npm run endurance:gateway: 24): not one packet is dropped`, async () => {
    const judged = await JudgedNetwork.make({
      network: PERMISSIVE,
      agentMode: 'enforce',
      accessMode: 'enforce',
    });
    const { network, agentGate, accessGate } = judged;
    const life = new Life(judged);
    network.scheduler.advance(10 * SECOND);
    for (const link of JOURNEY) {
      if (network.port.link.name !== link) network.move(link);
      life.pass(STAY);
      expect([link, network.state]).toEqual([link, link === 'home' ? 'home' : 'registered']);
    }
    // A node that stops de-registers from where it is.
    network.node.stop(() => undefined);
    network.scheduler.advance(10 * SECOND);
    expect(network.agentHost.bindings.find(HOME)).toBeUndefined();
    expect({ agent: refusals(agentGate), access: refusals(accessGate) }).toEqual({
      agent: [],
      access: [],
    });
    expect(network.alarms()).toEqual([]);
    // It was judged, and it was life.
    expect(agentGate.passed).toBeGreaterThan(1000);
    expect(accessGate.passed).toBeGreaterThan(1000);
    expect(life.heard.mobileNode).toBeGreaterThan(life.talks * 0.99);
    expect(life.heard.correspondent).toBeGreaterThan(life.talks * 0.99);
    judged.close();
  });

  test.each([
    ['the gateway of the home agent alone', undefined],
    ['both gateways', 'enforce'],
  ] as const)(
    'an attacker who relays now and then, against %s: the binding stays, and only what he sent is dropped',
    async (_, accessMode) => {
      const judged = await JudgedNetwork.make({
        network: PERMISSIVE,
        agentMode: 'enforce',
        accessMode,
      });
      const { network, agentGate, accessGate } = judged;
      const life = new Life(judged);
      network.scheduler.advance(10 * SECOND);
      for (const [index, link] of JOURNEY.entries()) {
        if (network.port.link.name !== link) network.move(link);
        life.pass(STAY / 2);
        if (link !== 'one') continue;
        const attack = (['relay', 'partial-deregistration', 'relay', 'rogue-ra'] as const)[
          index % 4
        ];
        const visit = new Visit(judged, attack ?? 'relay');
        life.pass(MINUTE);
        expect([index, visit.beliefs]).toEqual([
          index,
          { isRegistered: true, isDeregistered: false },
        ]);
        visit.end();
        // Where the gateway of the access link is missing, the node believes that it is at home until it moves.
        network.move('two');
        expect(network.state).toBe('registered');
        life.pass(MINUTE);
      }
      const refused = [...agentGate.refused, ...accessGate.refused];
      expect(refused.length).toBeGreaterThan(10);
      expect(
        refused.filter(({ frame }) => !isOfAttacker(frame)).map(({ reason }) => reason.message),
      ).toEqual([]);
      judged.close();
    },
  );

  test('in monitor mode the same attack comes through, and the gateways say what they would have dropped', async () => {
    const judged = await JudgedNetwork.make({
      network: PERMISSIVE,
      agentMode: 'monitor',
      accessMode: 'monitor',
    });
    const { network, agentGate, accessGate } = judged;
    network.scheduler.advance(30 * SECOND);
    const visit = new Visit(judged, 'relay');
    network.scheduler.advance(20 * SECOND);
    expect(visit.beliefs).toEqual({ isRegistered: false, isDeregistered: true });
    for (const gate of [agentGate, accessGate]) {
      expect(gate.refused.length).toBeGreaterThan(0);
      expect(gate.refused.every(({ reason }) => reason.wouldDrop)).toBe(true);
    }
    visit.end();
    judged.close();
  });
});
