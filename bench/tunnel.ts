/**
 * `npm run bench:tunnel`: payload through the tunnel of a home agent with ESP, on one core, beside what node:crypto alone
 * takes to seal octets of the same length.
 *
 * State machines on links in memory; frames go in and come out as on a wire. Options: `--rounds N` (5), `--payload N` octets
 * (1400).
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ethernetFrame, udpDatagram } from '../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { NULL_INTEGRITY, findEncryption } from '../engine/crypto/transforms.ts';
import type { LinkPort } from '../engine/ports.ts';
import { ip } from '../fixtures/scenario/network.ts';
import { MemoryBindingStore } from '../nodes/home-agent/binding-store.ts';
import { HomeAgent } from '../nodes/home-agent/home-agent.ts';
import { MobileNodeTable } from '../nodes/home-agent/mobile-node-directory.ts';
import { Host } from '../nodes/ip/host.ts';
import { encodePlain } from '../nodes/ip/wire.ts';
import { NodeIpsec } from '../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent } from '../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../nodes/simulation/virtual-scheduler.ts';
import { median } from './measure.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    payload: { type: 'string', default: '1400' },
  },
});
const rounds = Number(values.rounds);
const payloadOctets = Number(values.payload);

const AGENT = ip('2001:db8:a::1');
const HOME_ADDRESS = ip('2001:db8:a::100');
const CARE_OF_ADDRESS = ip('2001:db8:b::100');
const CORRESPONDENT = ip('2001:db8:c::9');
const UPSTREAM = ip('2001:db8:9::2');
const ROUTER = ip('fe80::1');
const AGENT_LINK = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ROUTER_LINK = Uint8Array.of(2, 0, 0, 0, 0, 2);
/** Packets of a round. */
const PACKETS = 20_000;
const LIFETIME = 3600;

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
}

const encryption = findEncryption('AES-GCM with 16 octet ICV [RFC4106]');
if (encryption === undefined) throw new Error('a transform is missing');
const keys = new ProtectionKeys({
  encryption,
  encryptionKey: randomBytes(20),
  integrity: NULL_INTEGRITY,
  integrityKey: new Uint8Array(),
});
const scheduler = new VirtualScheduler();
const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
ipsec.addPolicies(
  policiesOfHomeAgent({
    homeAddress: HOME_ADDRESS,
    homeAgent: AGENT,
    bindingUpdates: 'esp-transport',
    prefixDiscovery: 'none',
    homeTests: 'none',
    payload: 'esp',
  }),
);
ipsec.add({
  side: 'home-agent',
  direction: 'out',
  protocol: 'esp',
  mode: 'tunnel',
  spi: 0x1000,
  homeAddress: HOME_ADDRESS,
  homeAgent: AGENT,
  purposes: ['payload'],
  keying: 'manual',
  keys,
});
const host = new Host({
  scheduler,
  ipsec,
  random: new SeededRandom(2),
  log: () => undefined,
  isRouter: true,
});
const upstreamPort = new CountingPort('upstream');
const home = host.addInterface(new CountingPort('home'));
const upstream = host.addInterface(upstreamPort);
home.addAddress(AGENT, { detection: 'skip' });
upstream.addAddress(UPSTREAM, { detection: 'skip' });
upstream.setStaticRouter(ROUTER);
const agent = new HomeAgent({
  host,
  prefixes: [
    { prefix: { bytes: ip('2001:db8:a::'), length: 64 }, interface: home, agentAddress: AGENT },
  ],
  mobileNodes: new MobileNodeTable([{ homeAddress: HOME_ADDRESS }]),
  store: boundStore(),
  network: { multicast: false, advertisements: false },
});
scheduler.advance(5000);
agent.start();
upstream.setNeighbor(ROUTER, ROUTER_LINK, true);

/** A store in which the mobile node is registered already. */
function boundStore(): MemoryBindingStore {
  const store = new MemoryBindingStore();
  store.save({
    homeAddress: HOME_ADDRESS,
    careOfAddress: CARE_OF_ADDRESS,
    localAddress: AGENT,
    sequence: 1,
    lifetime: LIFETIME,
    expiresAt: scheduler.wallClock + LIFETIME,
    hasLinkLocal: false,
    hasKeyMobility: false,
    isMobileRouter: false,
    isDeleted: false,
  });
  return store;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** A frame from the router. */
function frameOf(packet: Uint8Array): Uint8Array {
  return ethernetFrame({ source: ROUTER_LINK, destination: AGENT_LINK, payload: packet });
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
  const datagram = udpDatagram({
    source: CORRESPONDENT,
    destination: HOME_ADDRESS,
    sourcePort: 4000,
    destinationPort: 4000,
    payload: new Uint8Array(payloadOctets - 48),
  });
  const packet = encodePlain(CORRESPONDENT, HOME_ADDRESS, NEXT_HEADER.udp, datagram, 64);
  const frame = frameOf(packet);
  const times: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const sent = upstreamPort.sent;
    const seconds = cpuSeconds(() => {
      for (let i = 0; i < PACKETS; i++) upstreamPort.onFrame?.(frame);
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

payload();
agent.close();
host.close();
