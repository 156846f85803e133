/**
 * All generated packets of the comparison.
 */
import { icmpv6Packets } from './icmpv6.ts';
import { ipsecPackets, ipv6Packets } from './ip.ts';
import { mobilityMessagePackets, mobilityOptionPackets } from './mobility.ts';
import { mutated } from './mutate.ts';
import type { SamplePacket } from './sample.ts';
import { ikePackets, tunnelPackets } from './tunnels.ts';

export type { SamplePacket } from './sample.ts';

/** Mutated packets of a group, about. */
const MUTATED = 200;

/** Valid, boundary and mutated packets of every group. */
export function generatedPackets(): SamplePacket[] {
  const groups = [
    mobilityMessagePackets(),
    mobilityOptionPackets(),
    icmpv6Packets(),
    ipv6Packets(),
    ipsecPackets(),
    ikePackets(),
    tunnelPackets(),
  ];
  return groups.flatMap((packets) => [...packets, ...mutated(packets, MUTATED)]);
}
