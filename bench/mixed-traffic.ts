/**
 * Mixed traffic of any length in which nothing is wrong: 40 % background, 18 % route-optimised data, 14 %
 * IPv6-in-IPv6, 10 % ESP tunnels of 512 to 1400 octets, 18 % signalling. Seen once each, on a core link.
 */
import { putU16, putU32, u16 } from '../dissectors/core/bytes.ts';
import { ethernetFrame } from '../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { BINDING_UPDATE_FLAGS } from '../dissectors/mobility/messages/binding.ts';
import { bindingManagementKey } from '../engine/mobility/authenticator.ts';
import { ip } from '../fixtures/scenario/network.ts';
import {
  esp,
  homeAddress,
  icmpv6,
  ipv6,
  mobility,
  tcp,
  tunnelled,
  type2Routing,
  udp,
} from '../fixtures/scenario/packet.ts';
import type { Ends, Part } from '../fixtures/scenario/packet.ts';
import { authenticated } from '../fixtures/scenario/return-routability.ts';
import { Association } from '../fixtures/scenario/security.ts';
import { Seed, seededOctets } from '../fixtures/scenario/seed.ts';

/** Mobile nodes with a protected tunnel; each has one association for each direction. */
const PROTECTED_NODES = 6;
const CORRESPONDENTS = 64;
/** Visited links. */
const LINKS = 256;
/** Of 100 registrations with a correspondent so many come after a handover. */
const HANDOVERS = 4;
/** Lifetimes in units of 4 s: an hour at the home agent, 420 s at a correspondent (MAX_RR_BINDING_LIFETIME). */
const HOME_LIFETIME = 900;
const CORRESPONDENT_LIFETIME = 105;

const HOME_AGENT = ip('2001:db8:100::1');
const HOME_FLAGS =
  BINDING_UPDATE_FLAGS.acknowledge.mask | BINDING_UPDATE_FLAGS.homeRegistration.mask;
const ROUTER_MAC = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 1);
const AGENT_MAC = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 2);
/** Where payloads are cut from. */
const OCTETS = seededOctets('payload of mixed traffic', 4096);

function numbered(prefix: Uint8Array, number: number): Uint8Array {
  const bytes = prefix.slice();
  putU32(bytes, 12, number);
  return bytes;
}

const HOME_NETWORK = ip('2001:db8:100::1:0:0');
const CORRESPONDENT_NETWORK = ip('2001:db8:900::');
const HOST_NETWORK = ip('2001:db8:a00::');
const SERVER_NETWORK = ip('2001:db8:b00::');
const VISITED_NETWORK = ip('2001:db8:300::');

/** Care-of address of a node on the link it is attached to. */
function careOf(node: { readonly index: number; readonly link: number }): Uint8Array {
  const bytes = numbered(VISITED_NETWORK, node.index + 1);
  putU16(bytes, 6, node.link);
  return bytes;
}

/** A mobile node and where its registrations stand. */
interface Node {
  readonly index: number;
  readonly homeAddress: Uint8Array;
  readonly correspondent: Uint8Array;
  careOfAddress: Uint8Array;
  link: number;
  homeSequence: number;
  sequence: number;
}

function makeNode(index: number): Node {
  return {
    index,
    homeAddress: numbered(HOME_NETWORK, index + 1),
    correspondent: numbered(CORRESPONDENT_NETWORK, 1 + (index % CORRESPONDENTS)),
    careOfAddress: careOf({ index, link: index % LINKS }),
    link: index % LINKS,
    homeSequence: index & 0xfff,
    sequence: (index * 7) & 0xfff,
  };
}

/** Associations of the nodes with a protected tunnel, in the order of their key file. */
export function mixedTrafficAssociations(): readonly Association[] {
  const pairs = Array.from({ length: PROTECTED_NODES }, (_, index) => [
    new Association({
      label: `mixed traffic ${index} out`,
      spi: 0x1000 + index,
      source: undefined,
      destination: HOME_AGENT,
    }),
    new Association({
      label: `mixed traffic ${index} back`,
      spi: 0x2000 + index,
      source: HOME_AGENT,
      destination: undefined,
    }),
  ]);
  return pairs.flat();
}

/** Who takes part besides the protected mobile nodes. */
export interface Population {
  /** Mobile nodes; default 8192. */
  readonly nodes?: number;
  /** Hosts that never move; default 4096. */
  readonly hosts?: number;
  /** Servers that all of them talk to; default 256. */
  readonly servers?: number;
  /** Of 100 packets so many are signalling, default 18; the shares of the others stay as they are among themselves. */
  readonly signalling?: number;
}

/** Of 100 packets so many are signalling. */
const SIGNALLING = 18;

/** Ethernet frames, one after another, without end. Keeps a bounded state. */
export class MixedTraffic {
  readonly #hosts: number;
  readonly #servers: number;
  readonly #signallingShare: number;
  readonly #random = new Seed('mixed traffic');
  readonly #associations = mixedTrafficAssociations();
  /** Associations of all other nodes: their keys are in no file. */
  readonly #unknownOut = new Association({
    label: 'mixed traffic unknown out',
    spi: 0x8001,
    source: undefined,
    destination: HOME_AGENT,
  });
  readonly #unknownBack = new Association({
    label: 'mixed traffic unknown back',
    spi: 0x8002,
    source: HOME_AGENT,
    destination: undefined,
  });
  readonly #nodes: Node[];
  readonly #protected: Node[] = Array.from({ length: PROTECTED_NODES }, (_, index) =>
    makeNode(index),
  );
  /** Signalling that waits for its turn, the next message last. */
  #queue: Uint8Array[] = [];
  /** Cycles of signalling begun. */
  #next = 0;
  /** Nodes with bindings. */
  #active = 0;
  /** Node whose registrations are under way after a handover. */
  #moving: Node | undefined;
  #isStarted = false;

  constructor({
    nodes = 8192,
    hosts = 4096,
    servers = 256,
    signalling = SIGNALLING,
  }: Population = {}) {
    this.#hosts = hosts;
    this.#servers = servers;
    this.#signallingShare = signalling;
    this.#nodes = Array.from({ length: nodes }, (_, index) => makeNode(PROTECTED_NODES + index));
  }

  /** The next frame. */
  next(): Uint8Array {
    const packet = this.#packet();
    // Third group of the source address: only the home agent sends from its own network.
    const isFromAgent = u16(packet, 12) === 0x0100;
    return ethernetFrame({
      source: isFromAgent ? AGENT_MAC : ROUTER_MAC,
      destination: isFromAgent ? ROUTER_MAC : AGENT_MAC,
      payload: packet,
    });
  }

  #packet(): Uint8Array {
    if (!this.#isStarted) {
      this.#isStarted = true;
      for (const node of this.#protected) this.#registerAtHome(node);
      this.#queue.reverse();
    }
    const draw = this.#draw();
    if (draw < SIGNALLING) return this.#signalling();
    // Data of mobile nodes waits until there are registered ones.
    if (this.#active === 0 || draw >= 60) return this.#background();
    if (draw < 36) return this.#routeOptimised();
    if (draw < 50) return this.#tunnel();
    return this.#protectedTunnel();
  }

  /** Which of 100 packets of the mix is next. */
  #draw(): number {
    const random = this.#random;
    const share = this.#signallingShare;
    if (share === SIGNALLING) return random.below(100);
    const isSignalling = random.below(10_000) < share * 100;
    return isSignalling ? 0 : SIGNALLING + random.below(100 - SIGNALLING);
  }

  #payload(length: number): Uint8Array {
    const start = this.#random.below(OCTETS.length - length);
    return OCTETS.subarray(start, start + length);
  }

  /** Two hosts that never move. */
  #background(): Uint8Array {
    const random = this.#random;
    const host = numbered(HOST_NETWORK, 1 + random.below(this.#hosts));
    const server = numbered(SERVER_NETWORK, 1 + random.below(this.#servers));
    const isUp = random.below(2) === 0;
    const ends: Ends = isUp
      ? { source: host, destination: server }
      : { source: server, destination: host };
    const port = 32_768 + random.below(16_384);
    const kind = random.below(20);
    if (kind < 11) {
      const fields = {
        flags: 0x10,
        sequence: random.uint32(),
        acknowledgment: random.uint32(),
      };
      const ports = isUp ? { from: port, to: 443 } : { from: 443, to: port };
      return ipv6(ends, tcp(ends, ports, fields, this.#payload(random.below(4) * 340)));
    }
    if (kind < 18) {
      const ports = isUp ? { from: port, to: 443 } : { from: 443, to: port };
      return ipv6(ends, udp(ends, ports, this.#payload(40 + random.below(900))));
    }
    const data = this.#payload(56);
    return ipv6(
      ends,
      icmpv6(ends, {
        kind: isUp ? 'echo-request' : 'echo-reply',
        code: 0,
        identifier: port,
        sequence: random.below(1000),
        data,
      }),
    );
  }

  #activeNode(): Node {
    const index = this.#random.below(this.#active);
    return this.#nodes[index] ?? makeNode(PROTECTED_NODES);
  }

  #datagram(ends: Ends): Part {
    return udp(ends, { from: 5004, to: 5004 }, this.#payload(60 + this.#random.below(600)));
  }

  #routeOptimised(): Uint8Array {
    const node = this.#activeNode();
    const { homeAddress: home, correspondent, careOfAddress } = node;
    return this.#random.below(2) === 0
      ? ipv6(
          { source: careOfAddress, destination: correspondent },
          homeAddress(home),
          this.#datagram({ source: home, destination: correspondent }),
        )
      : ipv6(
          { source: correspondent, destination: careOfAddress },
          type2Routing(home),
          this.#datagram({ source: correspondent, destination: home }),
        );
  }

  #tunnel(): Uint8Array {
    const node = this.#activeNode();
    const peer = numbered(SERVER_NETWORK, 1 + this.#random.below(this.#servers));
    const isOut = this.#random.below(2) === 0;
    const inner = isOut
      ? { source: node.homeAddress, destination: peer }
      : { source: peer, destination: node.homeAddress };
    const outer = isOut
      ? { source: node.careOfAddress, destination: HOME_AGENT }
      : { source: HOME_AGENT, destination: node.careOfAddress };
    return ipv6(outer, tunnelled(ipv6(inner, this.#datagram(inner))));
  }

  #protectedTunnel(): Uint8Array {
    const node = this.#protected[this.#random.below(PROTECTED_NODES)] ?? makeNode(0);
    const peer = numbered(SERVER_NETWORK, 1 + this.#random.below(this.#servers));
    const isOut = this.#random.below(2) === 0;
    const inner = isOut
      ? { source: node.homeAddress, destination: peer }
      : { source: peer, destination: node.homeAddress };
    const outer = isOut
      ? { source: node.careOfAddress, destination: HOME_AGENT }
      : { source: HOME_AGENT, destination: node.careOfAddress };
    // SPI, sequence number, IV, trailer and ICV take 38 octets and more, the inner headers 48.
    const length = 512 - 88 + this.#random.below(1400 - 512);
    const part = udp(inner, { from: 5004, to: 5004 }, this.#payload(length));
    const association = this.#associations[2 * node.index + (isOut ? 0 : 1)];
    return ipv6(outer, esp(association?.seal(NEXT_HEADER.ipv6, ipv6(inner, part)) ?? OCTETS));
  }

  #signalling(): Uint8Array {
    const waiting = this.#queue.pop();
    if (waiting !== undefined) return waiting;
    // The cycle before is over: its node has its binding, at its new care-of address when it moved.
    if (this.#moving !== undefined) this.#moving.careOfAddress = careOf(this.#moving);
    this.#moving = undefined;
    this.#active = Math.min(this.#next, this.#nodes.length);
    const node = this.#nodes[this.#next % this.#nodes.length] ?? makeNode(PROTECTED_NODES);
    const isMoving = this.#next >= this.#nodes.length && this.#random.below(100) < HANDOVERS;
    if (isMoving) {
      node.link = (node.link + 1) % LINKS;
      this.#moving = node;
    }
    if (isMoving || this.#next < this.#nodes.length) this.#registerAtHome(node);
    this.#registerAtCorrespondent(node);
    this.#next++;
    this.#queue.reverse();
    return this.#queue.pop() ?? this.#background();
  }

  /** Protected Binding Update and Acknowledgement. */
  #registerAtHome(node: Node): void {
    node.homeSequence = (node.homeSequence + 1) & 0xffff;
    const isKnown = node.index < PROTECTED_NODES;
    const out = isKnown ? this.#associations[2 * node.index] : this.#unknownOut;
    const back = isKnown ? this.#associations[2 * node.index + 1] : this.#unknownBack;
    const { homeAddress: home, homeSequence: sequence } = node;
    const careOfAddress = careOf(node);
    const up = { source: home, destination: HOME_AGENT };
    const down = { source: HOME_AGENT, destination: home };
    const update = mobility(
      up,
      { kind: 'binding-update', sequence, flags: HOME_FLAGS, lifetime: HOME_LIFETIME },
      [{ kind: 'alternate-care-of-address', careOfAddress }],
    );
    const answer = mobility(down, {
      kind: 'binding-acknowledgement',
      status: 0,
      flags: 0,
      sequence,
      lifetime: HOME_LIFETIME,
    });
    const seal = (association: Association | undefined, part: Part): Part =>
      esp(association?.seal(NEXT_HEADER.mobility, part.bytes) ?? OCTETS);
    this.#queue.push(
      ipv6({ ...up, source: careOfAddress }, homeAddress(home), seal(out, update)),
      ipv6({ ...down, destination: careOfAddress }, type2Routing(home), seal(back, answer)),
    );
  }

  /** Return routability, Binding Update and Acknowledgement with a correspondent. */
  #registerAtCorrespondent(node: Node): void {
    const random = this.#random;
    const { homeAddress: home, correspondent } = node;
    const careOfAddress = careOf(node);
    node.sequence = (node.sequence + 1) & 0xffff;
    const homeInitCookie = random.octets(8);
    const careOfInitCookie = random.octets(8);
    const homeKeygenToken = random.octets(8);
    const careOfKeygenToken = random.octets(8);
    const homeOut = { source: home, destination: correspondent };
    const homeBack = { source: correspondent, destination: home };
    const careOfOut = { source: careOfAddress, destination: correspondent };
    const careOfBack = { source: correspondent, destination: careOfAddress };
    const nonceIndex = Math.floor(this.#next / this.#nodes.length) & 0xffff;
    const authorization = {
      key: bindingManagementKey(homeKeygenToken, careOfKeygenToken),
      careOfAddress,
      correspondent,
    };
    const { sequence } = node;
    const lifetime = CORRESPONDENT_LIFETIME;
    this.#queue.push(
      ipv6(
        { source: careOfAddress, destination: HOME_AGENT },
        tunnelled(ipv6(homeOut, mobility(homeOut, { kind: 'home-test-init', homeInitCookie }))),
      ),
      ipv6(careOfOut, mobility(careOfOut, { kind: 'care-of-test-init', careOfInitCookie })),
      ipv6(
        { source: HOME_AGENT, destination: careOfAddress },
        tunnelled(
          ipv6(
            homeBack,
            mobility(homeBack, {
              kind: 'home-test',
              homeNonceIndex: nonceIndex,
              homeInitCookie,
              homeKeygenToken,
            }),
          ),
        ),
      ),
      ipv6(
        careOfBack,
        mobility(careOfBack, {
          kind: 'care-of-test',
          careOfNonceIndex: nonceIndex,
          careOfInitCookie,
          careOfKeygenToken,
        }),
      ),
      ipv6(
        careOfOut,
        homeAddress(home),
        authenticated(
          homeOut,
          {
            kind: 'binding-update',
            sequence,
            flags: BINDING_UPDATE_FLAGS.acknowledge.mask,
            lifetime,
          },
          [{ kind: 'nonce-indices', homeNonceIndex: nonceIndex, careOfNonceIndex: nonceIndex }],
          authorization,
        ),
      ),
      ipv6(
        careOfBack,
        type2Routing(home),
        authenticated(
          homeBack,
          { kind: 'binding-acknowledgement', status: 0, flags: 0, sequence, lifetime },
          [],
          authorization,
        ),
      ),
    );
  }
}
