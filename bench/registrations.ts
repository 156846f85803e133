/**
 * `npm run bench:registrations`: home registrations a second of one core, each with ESP opened and sealed, and the memory of
 * many live bindings. Frames come from memory and go nowhere; time passes as it is told to.
 *
 * Options: `--nodes N` (100000), `--moves N` (50000: updates of the nodes that have bindings).
 */
import { parseArgs } from 'node:util';
import { addressKey } from '../dissectors/core/address.ts';
import { putU32 } from '../dissectors/core/bytes.ts';
import { ethernetFrame } from '../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../dissectors/mobility/header.ts';
import { NULL_INTEGRITY, findEncryption, findIntegrity } from '../engine/crypto/transforms.ts';
import type { LinkPort } from '../engine/ports.ts';
import { HomeAgent } from '../nodes/home-agent/home-agent.ts';
import { MobileNodeTable } from '../nodes/home-agent/mobile-node-directory.ts';
import { Host } from '../nodes/ip/host.ts';
import { encodePacket } from '../nodes/ip/wire.ts';
import { NodeIpsec } from '../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../nodes/ipsec/policy.ts';
import type { ProtectionDeclaration } from '../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../nodes/simulation/virtual-scheduler.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100000' },
    moves: { type: 'string', default: '50000' },
  },
});
const nodes = Number(values.nodes);
const moves = Number(values.moves);
/** Mobile nodes whose frames are made in one go. */
const BATCH = 2000;
const MOBILITY = 135;
const BINDING_UPDATE = 5;
const FIRST_SPI = 0x1000;
const LIFETIME = 0x4000;
const DAY = 86_400_000;

const AGENT = addressOf(0x000a, 1);
const AGENT_LINK = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ROUTER_LINK = Uint8Array.of(2, 0, 0, 0, 0, 2);

/** 2001:db8:SUBNET::NUMBER */
function addressOf(subnet: number, number: number): Uint8Array {
  const address = new Uint8Array(16);
  putU32(address, 0, 0x2001_0db8);
  putU32(address, 4, subnet << 16);
  putU32(address, 12, number);
  return address;
}

function homeOf(node: number): Uint8Array {
  return addressOf(0x000a, 0x10_0000 + node);
}

function declarationOf(node: number): ProtectionDeclaration {
  return {
    homeAddress: homeOf(node),
    homeAgent: AGENT,
    bindingUpdates: 'esp-transport',
    prefixDiscovery: 'none',
    homeTests: 'none',
    payload: 'none',
  };
}

function keysOf(spi: number): ProtectionKeys {
  const encryption = findEncryption('AES-CBC');
  const integrity = findIntegrity('HMAC-SHA1') ?? NULL_INTEGRITY;
  if (encryption === undefined) throw new Error('AES-CBC is not there');
  const octets = (length: number): Uint8Array => {
    const key = new Uint8Array(length).fill(0x5a);
    putU32(key, 0, spi);
    return key;
  };
  return new ProtectionKeys({
    encryption,
    encryptionKey: octets(16),
    integrity,
    integrityKey: octets(integrity.keyLength),
  });
}

/** Both associations of a mobile node, at one side. */
function protect(ipsec: NodeIpsec, node: number, side: 'home-agent' | 'mobile-node'): void {
  const declaration = declarationOf(node);
  const { homeAddress, homeAgent } = declaration;
  ipsec.addPolicies(
    side === 'home-agent' ? policiesOfHomeAgent(declaration) : policiesOfMobileNode(declaration),
  );
  for (const way of [0, 1]) {
    const spi = FIRST_SPI + 2 * node + way;
    ipsec.add({
      side,
      direction: (way === 0) === (side === 'home-agent') ? 'in' : 'out',
      protocol: 'esp',
      mode: 'transport',
      spi,
      homeAddress,
      homeAgent,
      purposes: ['binding'],
      keying: 'manual',
      keys: keysOf(spi),
    });
  }
}

/** Frames with a Binding Update of each of these nodes. */
function framesOf(first: number, count: number, sequence: number, subnet: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let node = first; node < first + count; node++) {
    const ipsec = new NodeIpsec({ random: new SeededRandom(node + sequence * 0x10_0000) });
    protect(ipsec, node, 'mobile-node');
    const source = homeOf(node);
    const careOfAddress = addressOf(subnet, node);
    const payload = encodeMobilityHeader(
      { kind: 'binding-update', sequence, flags: 0xc000, lifetime: LIFETIME },
      [{ kind: 'alternate-care-of-address', careOfAddress }],
      { source, destination: AGENT },
    );
    const wire = {
      source: careOfAddress,
      destination: AGENT,
      homeAddressOption: source,
      type2RoutingHeader: undefined,
    };
    const decision = ipsec.outbound({
      source,
      destination: AGENT,
      protocol: MOBILITY,
      type: BINDING_UPDATE,
      isTunnelled: false,
    });
    if (decision.kind !== 'transport') throw new Error(`not protected: ${decision.kind}`);
    const sealed = decision.protect(MOBILITY, payload, wire);
    const packet = encodePacket(wire, sealed.protocol, sealed.payload, 60);
    frames.push(ethernetFrame({ destination: AGENT_LINK, source: ROUTER_LINK, payload: packet }));
  }
  return frames;
}

/** A link that nobody is on. */
class CountingPort implements LinkPort {
  readonly name: string;
  readonly linkLayerAddress: Uint8Array;
  readonly mtu = 1500;
  readonly isUp = true;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  onStateChange: ((isUp: boolean) => void) | undefined;
  sent = 0;

  constructor(name: string, linkLayerAddress: Uint8Array) {
    this.name = name;
    this.linkLayerAddress = linkLayerAddress;
  }

  send(): void {
    this.sent++;
  }
}

/** What is in use after a collection; the process has more, which V8 gives back when it likes. */
function megabytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

const scheduler = new VirtualScheduler();
const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
const host = new Host({
  scheduler,
  random: new SeededRandom(2),
  log: () => undefined,
  isRouter: true,
  ipsec,
  bindings: { homeCapacity: nodes },
});
const home = host.addInterface(new CountingPort('home', Uint8Array.of(2, 0, 0, 0, 0, 3)));
const port = new CountingPort('upstream', AGENT_LINK);
const upstream = host.addInterface(port);
home.addAddress(AGENT, { detection: 'skip' });
const router = addressOf(0x0009, 1);
upstream.addAddress(addressOf(0x0009, 2), { detection: 'skip' });
upstream.setStaticRouter(router);
upstream.setNeighbor(router, ROUTER_LINK, true);
const served = new Set<string>();
for (let node = 0; node < nodes; node++) served.add(addressKey(homeOf(node)));
const empty = megabytes();
const agent = new HomeAgent({
  host,
  prefixes: [
    { prefix: { bytes: addressOf(0x000a, 0), length: 64 }, interface: home, agentAddress: AGENT },
  ],
  mobileNodes: new MobileNodeTable(
    Array.from({ length: nodes }, (_, node) => ({ homeAddress: homeOf(node) })),
  ),
  registration: { pendingCapacity: BATCH },
  // Listeners are asked for every two minutes, which is not measured here.
  network: { multicast: false },
});
for (let node = 0; node < nodes; node++) protect(ipsec, node, 'home-agent');
scheduler.advance(5000);
const configured = megabytes();

/** Hands frames to the node and lets so many milliseconds pass. @returns CPU seconds */
function feed(frames: readonly Uint8Array[], milliseconds: number): number {
  const before = process.cpuUsage();
  for (const frame of frames) {
    upstream.setNeighbor(router, ROUTER_LINK, true);
    port.onFrame?.(frame);
  }
  scheduler.advance(milliseconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Feeds all batches. @returns updates a second of CPU time */
function run(count: number, sequence: number, subnet: number, milliseconds: number): number {
  let seconds = 0;
  for (let first = 0; first < count; first += BATCH) {
    seconds += feed(
      framesOf(first, Math.min(BATCH, count - first), sequence, subnet),
      milliseconds,
    );
  }
  return count / seconds;
}

// With duplicate address detection: each batch takes two seconds of virtual time.
const first = run(nodes, 1, 0x000b, 2000);
const { homeRegistrations } = host.bindings;
if (homeRegistrations !== nodes) throw new Error(`${homeRegistrations} of ${nodes} registered`);
scheduler.advance(5000);
const live = megabytes();
const resident = process.memoryUsage().rss / 1e6;
const moved = run(moves, 2, 0x000d, 1);
const refreshed = run(moves, 3, 0x000d, 1);
const answers = agent.registrations.answers.acknowledged.get(0) ?? 0;
if (answers !== nodes + 2 * moves) throw new Error(`${answers} accepted`);
const before = process.cpuUsage();
scheduler.advance(DAY);
const { user, system } = process.cpuUsage(before);
const swept = (user + system) / 1e6;
if (host.bindings.homeRegistrations !== 0) throw new Error('bindings are left after their end');

const line = (what: string, value: number, unit: string): void => {
  process.stdout.write(`${what.padEnd(52)} ${Math.round(value).toString().padStart(9)} ${unit}\n`);
};
line('first registrations with duplicate detection', first, 'a second of CPU time');
line('moves', moved, 'a second of CPU time');
line('refreshes', refreshed, 'a second of CPU time');
line(`in use with ${nodes} configured nodes`, configured, 'MB');
line(`in use with ${nodes} live bindings`, live, 'MB');
line('the same, resident', resident, 'MB');
line('bindings alone', live - configured, 'MB');
line(`keys, policies and associations alone`, configured - empty, 'MB');
line('end of all bindings, a day without traffic', swept * 1000, 'ms of CPU time');
