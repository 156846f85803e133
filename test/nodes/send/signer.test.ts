import { describe, expect, test } from 'vitest';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import { cgaFault, generateAddress } from '../../../engine/crypto/cga.ts';
import { verifyNeighborDiscovery } from '../../../engine/verification/neighbor-discovery.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { Host } from '../../../nodes/ip/host.ts';
import { SendSigner } from '../../../nodes/send/signer.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip, readPacket } from '../wire-peer.ts';
import { ALL_NODES } from './bench.ts';
import { testKey } from './certificates.ts';

const { signing: key } = testKey();
const scheduler = new VirtualScheduler();

/** A router with so many prefixes on a link of this MTU, and what it has put on the link. */
function router(prefixes: number, mtu: number, linkLocal?: Uint8Array) {
  const clock = new VirtualScheduler();
  const random = new SeededRandom(4);
  const link = new MemoryLink({ scheduler: clock, random, name: 'link' });
  const host = new Host({ scheduler: clock, random, log: () => undefined, isRouter: true });
  const signer = new SendSigner({ key, scheduler: clock });
  const on = host.addInterface(link.attach('router', undefined, mtu), {
    linkLocal: linkLocal ?? signer.linkLocal,
  });
  const frames: Uint8Array[] = [];
  link.tap((frame) => frames.push(frame));
  const advertiser = new RouterAdvertiser({
    interface: on,
    scheduler: clock,
    random,
    log: host.log,
    signer,
    configuration: {
      maxInterval: 600,
      prefixes: Array.from({ length: prefixes }, (_, at) => ({
        address: ip(`2001:db8:${(at + 1).toString(16)}::`),
        prefixLength: 64,
        isOnLink: true,
        isAutonomous: true,
        isRouterAddress: false,
        preferredLifetime: 100,
        validLifetime: 200,
      })),
    },
  });
  clock.advance(3000);
  const packets = frames.map((frame) => readPacket(frame.slice(14)));
  return { advertiser, signer, packets: packets.filter(isAdvertisement) };
}

const isAdvertisement = ({ icmpv6 }: ReturnType<typeof readPacket>): boolean =>
  icmpv6?.kind === 'router-advertisement';

describe('generated addresses', () => {
  test.each([0, 1])('of Sec %i belong to their key', (security) => {
    const { address, parameters } = generateAddress({
      prefix: ip('fe80::'),
      publicKey: key.publicKey,
      modifier: new Uint8Array(16).fill(0xff),
      security,
    });
    expect((address[8] ?? 0) >> 5).toBe(security);
    // "u" and "g" are clear.
    expect((address[8] ?? 0) & 3).toBe(0);
    expect(cgaFault(address, parameters)).toBeUndefined();
    const other = address.with(15, (address[15] ?? 0) ^ 1);
    expect(cgaFault(other, parameters)).toMatch(/not the hash/);
  });

  test('a Sec that nobody can wait for is refused', () => {
    expect(() => new SendSigner({ key, scheduler, security: 3 })).toThrow(/Sec from 0 to 2, got 3/);
  });

  test('a router keeps its address', () => {
    const [one, two] = [new SendSigner({ key, scheduler }), new SendSigner({ key, scheduler })];
    expect(one.linkLocal).toEqual(two.linkLocal);
    const modifier = new Uint8Array(16).fill(1);
    expect(new SendSigner({ key, scheduler, modifier }).linkLocal).not.toEqual(one.linkLocal);
    expect(new SendSigner({ key: testKey().signing, scheduler }).linkLocal).not.toEqual(
      one.linkLocal,
    );
  });
});

describe('signed advertisements', () => {
  test('are what the analyzer calls right', () => {
    const [packet, more] = router(1, 1500).packets;
    if (packet === undefined) throw new Error('no advertisement');
    expect(more).toBeUndefined();
    const verdicts = verifyNeighborDiscovery(
      {
        bytes: packet.bytes,
        offset: 40,
        end: packet.bytes.length,
        optionsOffset: 56,
        wireSource: packet.ends.source,
        wireDestination: packet.ends.destination,
      },
      [],
    );
    expect(verdicts.map(({ code, status }) => [code, status])).toEqual([
      ['CGA', 'right'],
      ['SEND_SIGNATURE', 'right'],
    ]);
    expect(packet.ends.destination).toEqual(ALL_NODES);
    const options = packet.icmpv6?.kind === 'router-advertisement' ? packet.icmpv6.options : [];
    expect(options.at(-1)?.kind).toBe('rsa-signature');
    expect(findNdOption(options, 'timestamp')).toBeDefined();
    // It answers nobody.
    expect(findNdOption(options, 'nonce')).toBeUndefined();
  });

  test('fit the link with their signature, in as many parts as it takes', () => {
    const { packets } = router(60, 1280);
    expect(packets.length).toBeGreaterThan(1);
    for (const { bytes } of packets) expect(bytes.length).toBeLessThanOrEqual(1280);
    const prefixes = packets.flatMap(({ icmpv6 }) =>
      icmpv6?.kind === 'router-advertisement'
        ? icmpv6.options.filter(({ kind }) => kind === 'prefix-information')
        : [],
    );
    expect(prefixes).toHaveLength(60);
  });

  test('come from an address of the key, or not at all', () => {
    expect(() => router(1, 1500, ip('fe80::1'))).toThrow(/generated from the key/);
  });
});
