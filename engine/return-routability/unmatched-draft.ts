/**
 * Alert about a test that nobody asked for: the same for home tests and care-of tests.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { MobilityEvent, PacketReference } from '../events.ts';
import type { PacketEvidence } from '../extension/rule-queries.ts';
import { registrationKey } from '../home-link/addresses.ts';
import { octetsText } from './octets-text.ts';
import type { UnmatchedTest } from './unmatched-test.ts';

/** What an alert of MIP6-1701 and 1702 is made of. */
interface UnmatchedDraft {
  readonly object: string;
  readonly message: string;
  readonly packet: PacketReference;
  readonly evidence: readonly (Omit<PacketEvidence, 'link'> & Partial<PacketEvidence>)[];
  readonly confidence: 'certain' | 'partial';
  readonly severity?: 'low';
  readonly homeAddress?: Uint8Array;
}

/**
 * The alert. A single answer without question and without further sign can be one whose question the sensor missed: it
 * is low.
 * @param repeats answers without question in a minute from which on it is no loss
 */
export function unmatchedTestDraft(
  event: MobilityEvent,
  found: UnmatchedTest,
  repeats: number,
): UnmatchedDraft {
  const { packet, link, hopLimit } = event.context;
  const { kind, address, peer, cookie, nonceIndex, outstanding, otherToken, count } = found;
  const name = kind === 'home' ? 'Home Test' : 'Care-of Test';
  const evidence: (Omit<PacketEvidence, 'link'> & Partial<PacketEvidence>)[] = [];
  if (outstanding !== undefined) {
    evidence.push({
      packet: outstanding.packet,
      text: `${name} Init of ${formatAddress(address)} with cookie ${octetsText(outstanding.cookie)}`,
    });
  }
  if (otherToken !== undefined) {
    evidence.push({
      packet: otherToken,
      text: `${name} that was asked for, with another token for nonce index ${nonceIndex}`,
    });
  }
  const signs = [
    ...(found.usualHopLimit === undefined
      ? []
      : [
          `its hop limit is ${hopLimit}, those of ${formatAddress(peer)} come with ${found.usualHopLimit}`,
        ]),
    ...(count >= repeats ? [`it is the ${count}th within a minute`] : []),
  ];
  evidence.push({
    packet,
    text: `${name} with nonce index ${nonceIndex} and cookie ${octetsText(cookie)}, which ${formatAddress(address)} did not send${signs.length === 0 ? '' : `; ${signs.join('; ')}`}`,
    link,
  });
  const isWeak = otherToken === undefined && signs.length === 0;
  const isCertain = otherToken !== undefined && found.usualHopLimit !== undefined;
  return {
    // What may be a loss must not hide what is none.
    object: `${registrationKey(address, peer)}${isWeak ? ' single' : ''}`,
    message: `${formatAddress(address)} got a ${name} in the name of ${formatAddress(peer)} that it did not ask for`,
    packet,
    evidence,
    confidence: isCertain ? 'certain' : 'partial',
    ...(isWeak ? { severity: 'low' } : {}),
    ...(kind === 'home' ? { homeAddress: address } : {}),
  };
}
