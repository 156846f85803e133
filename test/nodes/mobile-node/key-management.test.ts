import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { udpDatagram } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { AGENT, CARE_OF_ONE, HOME, MobileNodeBench } from './bench.ts';

const IKE_PORT = 500;

/** What leaves when a daemon of the machine sends a message of IKE from an address. */
function sent(bench: MobileNodeBench, source: Uint8Array): readonly string[] {
  bench.packets();
  bench.host.send({
    source,
    destination: AGENT,
    protocol: NEXT_HEADER.udp,
    payload: udpDatagram({
      source,
      destination: AGENT,
      sourcePort: IKE_PORT,
      destinationPort: IKE_PORT,
      payload: new Uint8Array(28),
    }),
  });
  bench.scheduler.advance(100);
  return bench
    .packets()
    .map((seen) => `${seen.source} ${seen.protocol} ${seen.homeAddressOption ?? 'no option'}`);
}

describe('messages of IKE', () => {
  test('IPS-IKE-01 a daemon on the care-of address reaches the home agent without a Home Address option', () => {
    const bench = new MobileNodeBench();
    bench.register();
    expect(sent(bench, CARE_OF_ONE)).toEqual([
      `${formatAddress(CARE_OF_ONE)} ${NEXT_HEADER.udp} no option`,
    ]);
    // From the home address it would have gone another way.
    expect(sent(bench, HOME)).not.toEqual(sent(bench, CARE_OF_ONE));
  });
});
