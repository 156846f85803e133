/**
 * Turns flows of ESP into records.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { EspFlowFacts } from '../../engine/ipsec/esp-flows.ts';
import type { EspFlowRecord } from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';

/** What the packets told of one security association. */
export function flowRecord(flow: EspFlowFacts): EspFlowRecord {
  const { nullEncryption: found } = flow;
  return {
    spi: flow.spi,
    source: formatAddress(flow.source),
    destination: formatAddress(flow.destination),
    packets: flow.packets,
    octets: flow.octets,
    opened_with_key: flow.openedWithKey,
    first_packet: eveTimestamp(flow.firstTime),
    last_packet: eveTimestamp(flow.lastTime),
    role: flow.role,
    basis: flow.basis,
    reason: flow.reason,
    ...(found === undefined
      ? {}
      : {
          null_encryption: {
            proof: found.proof,
            packets: found.packets,
            misfits: found.misfits,
            iv_octets: found.ivLength,
            icv_octets: found.icvLength,
          },
        }),
  };
}
