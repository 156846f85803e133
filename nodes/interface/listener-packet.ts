/**
 * Packets of Multicast Listener Discovery, on links and in tunnels. RFC 3810 section 5.
 */
import { ICMPV6, encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { hopByHop, ipv6Packet } from '../../dissectors/ipv6/build.ts';

/** Version 2 report of groups without sources. RFC 3810 section 5.2. */
export function listenerReport(groups: readonly Uint8Array[], recordType: number): Icmpv6Message {
  return {
    kind: 'multicast-listener-report-v2',
    code: 0,
    numberOfRecords: groups.length,
    records: groups.map((group) => ({
      recordType,
      auxDataLength: 0,
      numberOfSources: 0,
      group,
      sources: [],
      auxData: new Uint8Array(),
    })),
  };
}

/** A message with hop limit 1 and Router Alert. RFC 3810 section 5. */
export function listenerPacket(
  message: Icmpv6Message,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  return ipv6Packet({
    source,
    destination,
    hopLimit: 1,
    headers: [hopByHop([{ kind: 'router-alert', value: 0 }])],
    protocol: ICMPV6,
    payload: encodeIcmpv6(message, { source, destination }),
  });
}
