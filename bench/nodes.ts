/**
 * `npm run bench:nodes`: what a home agent does with one core. Registrations with ESP a second, memory of many bindings, and
 * payload through the tunnel with ESP, beside what node:crypto alone takes to seal octets of the same length.
 *
 * State machines on links in memory; frames go in and come out as on a wire. Options: `--bindings N` (100000), `--rounds N`
 * (5), `--payload N` octets (1400). With `--expose-gc`: memory without garbage.
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { prefixMatches } from '../dissectors/core/address.ts';
import { putU16, putU32 } from '../dissectors/core/bytes.ts';
import { udpDatagram } from '../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../dissectors/mobility/header.ts';
import { findEncryption, findIntegrity } from '../engine/crypto/transforms.ts';
import type { LinkPort } from '../engine/ports.ts';
import { ip } from '../fixtures/scenario/network.ts';
import { HomeAgent } from '../nodes/home-agent/home-agent.ts';
import { Host } from '../nodes/ip/host.ts';
import { encodePacket, encodePlain } from '../nodes/ip/wire.ts';
import { NodeIpsec } from '../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../nodes/ipsec/policy.ts';
import type { ProtectionDeclaration } from '../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../nodes/simulation/virtual-scheduler.ts';
import { median } from './measure.ts';

const { values } = parseArgs({
  options: {
    bindings: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    payload: { type: 'string', default: '1400' },
  },
});
const bindings = Number(values.bindings);
const rounds = Number(values.rounds);
const payloadOctets = Number(values.payload);

const AGENT = ip('2001:db8:a::1');
const HOME_PREFIX = { bytes: ip('2001:db8:a::'), length: 64 };
const CORRESPONDENT = ip('2001:db8:c::9');
const UPSTREAM = ip('2001:db8:9::2');
const ROUTER = ip('fe80::1');
const AGENT_LINK = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ROUTER_LINK = Uint8Array.of(2, 0, 0, 0, 0, 2);
/** Packets of a round of payload. */
const PACKETS = 20_000;
/** Registrations of a round. */
const UPDATES = 5000;
const LIFETIME = 3600;

function numbered(prefix: string, number: number): Uint8Array {
  const address = ip(prefix);
  putU32(address, 12, number + 1);
  return address;
}

const home = (number: number): Uint8Array => numbered('2001:db8:a::1:0:0', number);
const careOf = (number: number, round: number): Uint8Array =>
  numbered(`2001:db8:b:${round}::`, number);

const isServed = (address: Uint8Array): boolean =>
  prefixMatches(HOME_PREFIX.bytes, HOME_PREFIX.length, address, 0);

/** A link that counts what is sent. */
class CountingPort implements LinkPort {
  readonly name: string;
  readonly linkLayerAddress = AGENT_LINK;
  readonly mtu = 9000;
  readonly isUp = true;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  onStateChange: ((isUp: boolean) => void) | undefined;
  sent = 0;

  constructor(name: string) {
    this.name = name;
  }

  send(): void {
    this.sent++;
  }

  /** A packet comes in. */
  receive(packet: Uint8Array): void {
    const frame = new Uint8Array(14 + packet.length);
    frame.set(AGENT_LINK, 0);
    frame.set(ROUTER_LINK, 6);
    putU16(frame, 12, 0x86dd);
    frame.set(packet, 14);
    this.onFrame?.(frame);
  }
}

const encryption = findEncryption('AES-GCM with 16 octet ICV [RFC4106]');
const signalling = findEncryption('AES-CBC [RFC3602]');
const integrity = findIntegrity('HMAC-SHA-1-96 [RFC2404]');
const none = findIntegrity('NULL');
if (!encryption || !signalling || !integrity || !none) throw new Error('a transform is missing');
const tunnelKeys = new ProtectionKeys({
  encryption,
  encryptionKey: randomBytes(20),
  integrity: none,
  integrityKey: new Uint8Array(),
});
const signallingKeys = new ProtectionKeys({
  encryption: signalling,
  encryptionKey: randomBytes(16),
  integrity,
  integrityKey: randomBytes(20),
});

/** Associations of a mobile node, on either side. */
function protect(ipsec: NodeIpsec, side: 'mobile-node' | 'home-agent', number: number): void {
  const hasTunnel = number === 0;
  const declaration: ProtectionDeclaration = {
    homeAddress: home(number),
    homeAgent: AGENT,
    bindingUpdates: 'esp-transport',
    prefixDiscovery: 'none',
    homeTests: 'none',
    payload: hasTunnel ? 'esp' : 'none',
  };
  const policies =
    side === 'home-agent' ? policiesOfHomeAgent(declaration) : policiesOfMobileNode(declaration);
  ipsec.addPolicies(policies);
  const spi = 0x1000 + 4 * number;
  const { homeAddress, homeAgent } = declaration;
  for (const isToAgent of [true, false]) {
    const direction = isToAgent === (side === 'home-agent') ? 'in' : 'out';
    const base = { side, direction, protocol: 'esp', homeAddress, homeAgent } as const;
    ipsec.add({
      ...base,
      mode: 'transport',
      spi: spi + (isToAgent ? 0 : 1),
      purposes: ['binding'],
      keying: 'manual',
      keys: signallingKeys,
    });
    if (!hasTunnel) continue;
    ipsec.add({
      ...base,
      mode: 'tunnel',
      spi: spi + (isToAgent ? 2 : 3),
      purposes: ['payload'],
      keying: 'manual',
      keys: tunnelKeys,
    });
  }
}

const scheduler = new VirtualScheduler();
const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
const host = new Host({
  scheduler,
  ipsec,
  random: new SeededRandom(2),
  log: () => undefined,
  isRouter: true,
  bindings: { homeCapacity: bindings + 1 },
});
const homePort = new CountingPort('home');
const upstreamPort = new CountingPort('upstream');
const homeLink = host.addInterface(homePort);
const upstream = host.addInterface(upstreamPort);
homeLink.addAddress(AGENT, { detection: 'skip' });
upstream.addAddress(UPSTREAM, { detection: 'skip' });
upstream.setStaticRouter(ROUTER);
const agent = new HomeAgent({
  host,
  prefixes: [{ prefix: HOME_PREFIX, interface: homeLink, agentAddress: AGENT }],
  mobileNodes: {
    find: (homeAddress) => (isServed(homeAddress) ? { homeAddress } : undefined),
  },
  registration: { duplicateAddressDetectionTransmits: 0 },
  network: { multicast: false, advertisements: false },
});
scheduler.advance(5000);
agent.start();
upstream.setNeighbor(ROUTER, ROUTER_LINK, true);

/** A Binding Update as a mobile node sends it. */
function bindingUpdate(number: number, round: number): Uint8Array {
  const source = home(number);
  const careOfAddress = careOf(number, round);
  const payload = encodeMobilityHeader(
    { kind: 'binding-update', sequence: round + 1, flags: 0xc000, lifetime: LIFETIME / 4 },
    [{ kind: 'alternate-care-of-address', careOfAddress }],
    { source, destination: AGENT },
  );
  const wire = {
    source: careOfAddress,
    destination: AGENT,
    homeAddressOption: source,
    type2RoutingHeader: undefined,
  };
  // Replays are not looked for with manual keys, so that every update may be the first one.
  const ipsecOfNode = new NodeIpsec({ random: new SeededRandom(number + round) });
  protect(ipsecOfNode, 'mobile-node', number);
  const decision = ipsecOfNode.outbound({
    source,
    destination: AGENT,
    protocol: NEXT_HEADER.mobility,
    type: 5,
    isTunnelled: false,
  });
  if (decision.kind !== 'transport')
    throw new Error(`the update is not protected: ${decision.kind}`);
  const sealed = decision.protect(NEXT_HEADER.mobility, payload, wire);
  return encodePacket(wire, sealed.protocol, sealed.payload, 64);
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

/** Registers mobile nodes from `first` on. @returns CPU seconds of the home agent */
function register(first: number, count: number, round: number): number {
  const packets = Array.from({ length: count }, (_, i) => bindingUpdate(first + i, round));
  const sent = upstreamPort.sent;
  const seconds = cpuSeconds(() => {
    for (const packet of packets) upstreamPort.receive(packet);
    scheduler.advance(1);
  });
  const answered = upstreamPort.sent - sent;
  if (answered < count) throw new Error(`${answered} of ${count} updates were answered`);
  return seconds;
}

const perSecond = (count: number, seconds: number): string =>
  Math.round(count / seconds).toLocaleString('en');

function registrations(): void {
  const empty = memory();
  for (let number = 0; number < bindings; number++) protect(ipsec, 'home-agent', number);
  const withKeys = memory();
  const before = memory();
  let seconds = 0;
  for (let first = 0; first < bindings; first += UPDATES) {
    seconds += register(first, Math.min(UPDATES, bindings - first), 0);
    upstream.setNeighbor(ROUTER, ROUTER_LINK, true);
  }
  const grown = memory() - before;
  if (host.bindings.homeRegistrations !== bindings) throw new Error('not all are registered');
  console.log(
    `first registrations: ${perSecond(bindings, seconds)} a second of CPU; ` +
      `${bindings} bindings ${grown.toFixed(0)} MiB, their associations ${(withKeys - empty).toFixed(0)} MiB`,
  );
  const rates: number[] = [];
  for (let round = 1; round <= rounds; round++) rates.push(UPDATES / register(0, UPDATES, round));
  console.log(`handovers: ${perSecond(median(rates), 1)} a second of CPU (median of ${rounds})`);
}

/** What sealing takes without anything around it. */
function rawSeal(octets: number): number {
  const key = randomBytes(16);
  const plaintext = randomBytes(octets);
  return cpuSeconds(() => {
    for (let i = 0; i < PACKETS; i++) {
      const nonce = Buffer.alloc(12);
      nonce.writeUInt32BE(i, 8);
      const cipher = createCipheriv('aes-128-gcm', key, nonce);
      cipher.update(plaintext);
      cipher.final();
      cipher.getAuthTag();
    }
  });
}

function payload(): void {
  const destination = home(0);
  const datagram = udpDatagram({
    source: CORRESPONDENT,
    destination,
    sourcePort: 4000,
    destinationPort: 4000,
    payload: new Uint8Array(payloadOctets - 48),
  });
  const packet = encodePlain(CORRESPONDENT, destination, NEXT_HEADER.udp, datagram, 64);
  const times: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const sent = upstreamPort.sent;
    const seconds = cpuSeconds(() => {
      for (let i = 0; i < PACKETS; i++) upstreamPort.receive(packet);
    });
    if (upstreamPort.sent - sent !== PACKETS) throw new Error('payload was lost');
    const raw = rawSeal(packet.length + 2);
    // The first round warms up.
    if (round === 0) continue;
    times.push((seconds * 1e6) / PACKETS);
    ratios.push(raw / seconds);
    upstream.setNeighbor(ROUTER, ROUTER_LINK, true);
  }
  const time = median(times);
  const rate = (8 * packet.length) / time / 1000;
  console.log(
    `payload of ${packet.length} octets into ESP tunnels (AES-128-GCM): ${time.toFixed(1)} us a packet, ` +
      `${rate.toFixed(2)} Gbit/s of CPU time; sealing alone takes ${Math.round(100 * median(ratios))} % of it`,
  );
}

registrations();
payload();
agent.close();
host.close();
