/**
 * Multicast Listener Discovery between a home agent and a mobile node behind its tunnel. RFC 3810, RFC 2710.
 */
import { isMulticast } from '../../../dissectors/core/address.ts';
import { u8 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { ICMPV6, decodeIcmpv6, icmpv6Checksum } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { ALL_NODES } from '../../interface/link-address.ts';
import { listenerPacket } from '../../interface/listener-packet.ts';
import { walkHeaders } from '../../ip/header-walk.ts';
import type { InboundPacket } from '../../ip/packet.ts';
import { QUERY_RESPONSE_INTERVAL, ROBUSTNESS_VARIABLE } from './constants.ts';

/** Of every message. RFC 3810 section 5. */
const HOP_LIMIT = 1;
const ANY_GROUP = new Uint8Array(16);
/** Codes from 128 on have an exponent. RFC 3810 section 5.1.9. */
const MAX_PLAIN_QUERY_INTERVAL = 127;
/** Record types. RFC 3810 section 5.2.12. */
const MODE_IS_INCLUDE = 1;
const CHANGE_TO_INCLUDE_MODE = 3;
const ALLOW_NEW_SOURCES = 5;
const BLOCK_OLD_SOURCES = 6;

/** A group that a mobile node wants to hear from now on, or no longer. Sources are not told apart. */
export interface GroupChange {
  readonly group: Uint8Array;
  readonly isMember: boolean;
}

const NO_QUESTIONS = {
  knowsHomeAddressOption: false,
  hasBinding: () => false,
  isHomeAddress: () => false,
  open: () => ({ kind: 'refused', reason: 'not-allowed' }) as const,
};

/**
 * Version 2 general query, which version 1 listeners understand too (RFC 3810 section 8.2.1).
 * @param source link-local address
 * @param interval seconds
 */
export function generalQuery(source: Uint8Array, interval: number): Uint8Array {
  const message: Icmpv6Message = {
    kind: 'multicast-listener-query-v2',
    code: 0,
    maximumResponseCode: QUERY_RESPONSE_INTERVAL,
    multicastAddress: ANY_GROUP,
    flags: ROBUSTNESS_VARIABLE,
    queryIntervalCode: Math.min(MAX_PLAIN_QUERY_INTERVAL, Math.ceil(interval)),
    numberOfSources: 0,
    sources: [],
  };
  return listenerPacket(message, source, ALL_NODES);
}

/** What a packet from a tunnel says of groups; undefined = it is no listener message, or none that counts. */
export function groupChanges(packet: InboundPacket): readonly GroupChange[] | undefined {
  if (packet.hopLimit !== HOP_LIMIT) return undefined;
  if (walkHeaders(packet, NO_QUESTIONS).kind !== 'upper-layer') return undefined;
  const { payload, protocol } = packet;
  if (protocol !== ICMPV6 || u8(payload, 0) < 131) return undefined;
  const addresses = concatenate([packet.wireSource, packet.wireDestination]);
  if (icmpv6Checksum(addresses, 0, 16, payload, 0, payload.length) !== 0) return undefined;
  const message = decodeIcmpv6(payload, 0, payload.length, new DiagnosticList());
  switch (message?.kind) {
    case 'multicast-listener-report':
      return changes([{ group: message.multicastAddress, isMember: true }]);
    case 'multicast-listener-done':
      return changes([{ group: message.multicastAddress, isMember: false }]);
    case 'multicast-listener-report-v2':
      return changes(
        message.records
          // Sources that are no longer wanted from a group say nothing of the others.
          .filter(({ recordType }) => recordType !== BLOCK_OLD_SOURCES)
          .map(({ recordType, sources, group }) => ({
            group,
            isMember:
              sources.length > 0 ||
              (recordType !== MODE_IS_INCLUDE &&
                recordType !== CHANGE_TO_INCLUDE_MODE &&
                recordType !== ALLOW_NEW_SOURCES),
          })),
      );
    default:
      return undefined;
  }
}

function changes(all: readonly GroupChange[]): readonly GroupChange[] {
  return all.filter(({ group }) => isMulticast(group));
}
