import { describe, expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { hopByHop, ipv6Packet, unknownOption } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { Host } from '../../../nodes/ip/host.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { WirePeer, ip, readPacket } from '../wire-peer.ts';

const ALL_NODES = ip('ff02::1');
const GROUP = ip('ff0e::1234');
const QUERIER = ip('fe80::aaaa');

/** Reports that a member of a group sends when it is asked with this hop limit. */
function reports(hopLimit: number): number {
  const scheduler = new VirtualScheduler();
  const link = new MemoryLink({ scheduler, random: new SeededRandom(1), name: 'link' });
  const host = new Host({ scheduler, random: new SeededRandom(2), log: () => undefined });
  const port = link.attach('node');
  const own = host.addInterface(port);
  own.join(GROUP);
  scheduler.advance(60_000);
  const peer = new WirePeer(link, port.linkLayerAddress, QUERIER);
  let count = 0;
  link.tap((frame) => {
    const packet = readPacket(frame.slice(14));
    if (packet.icmpv6?.kind === 'multicast-listener-report-v2') count++;
  });
  const query = {
    kind: 'multicast-listener-query-v2',
    code: 0,
    maximumResponseCode: 1000,
    multicastAddress: ip('::'),
    flags: 0,
    queryIntervalCode: 125,
    numberOfSources: 0,
    sources: [],
    trailing: new Uint8Array(),
  } as const;
  peer.send(
    ipv6Packet({
      source: QUERIER,
      destination: ALL_NODES,
      hopLimit,
      headers: [hopByHop([unknownOption(5, Uint8Array.of(0, 0))])],
      protocol: NEXT_HEADER.icmpv6,
      payload: encodeIcmpv6(
        { ...query, sources: [...query.sources] },
        { source: QUERIER, destination: ALL_NODES },
      ),
    }),
  );
  scheduler.advance(5000);
  host.close();
  return count;
}

describe('multicast listener queries of a link', () => {
  test('are answered for the groups of the interface, RFC 3810 section 6.2', () => {
    expect(reports(1)).toBe(1);
  });

  test('from further away are not', () => {
    expect(reports(64)).toBe(0);
  });
});
