/**
 * Security associations as rows of a screen: those with keys, and those that were only seen. Keys are in no row.
 */
import { addressKey, formatAddress } from '../../dissectors/core/address.ts';
import type { EspFlowFacts } from '../ipsec/esp-flows.ts';
import { checkReplay, formatSelector } from '../state/security-association.ts';
import type { SecurityAssociation } from '../state/security-association.ts';
import type { AssociationRow } from './model/state.ts';

/** Rows of a view; of more the busiest are shown. */
export const MAX_ASSOCIATION_ROWS = 1000;
/** Sequence numbers below the highest that are marked. */
const WINDOW = 64;
const NO_ROLE = 'unknown';

/** The window below the highest sequence number: `#` seen, `.` not seen, newest first. */
function windowMarks(association: SecurityAssociation): string | undefined {
  const { replay, extendedSequence, isShared } = association;
  // One row for several associations: their numbers say nothing together.
  if (isShared || replay.highest === 0) return undefined;
  let marks = '';
  for (let i = 0; i < Math.min(WINDOW, replay.size) && replay.highest - i > 0; i++) {
    const sequence = replay.highest - i;
    const verdict = extendedSequence
      ? replay.check(sequence, replay.highestHigh)
      : checkReplay(association, sequence);
    marks += verdict === 'replay' ? '#' : '.';
  }
  return marks;
}

function verdictOf(packets: number, icvFailures: number, decryptErrors: number): string {
  if (packets === 0) return 'unused';
  const failed = icvFailures + decryptErrors;
  if (failed === 0) return 'works';
  if (failed < packets) return 'works for some packets';
  // Random octets never have the right ICV; without an ICV a wrong key shows as nonsense after decryption.
  return icvFailures > 0 ? 'wrong key' : 'unreadable';
}

function keyedRow(association: SecurityAssociation, role: string): AssociationRow {
  const { spi, esp, statistics, mode, id } = association;
  const { packets, verified, icvFailures, decryptErrors, highestSequence } = statistics;
  return {
    spi,
    source: formatSelector(association.source),
    destination: formatSelector(association.destination),
    mode,
    encryption: esp.encryption.name,
    integrity: esp.integrity.name,
    origin: id,
    role,
    packets,
    opened: packets - icvFailures - decryptErrors,
    verified,
    icvMismatches: icvFailures,
    malformed: decryptErrors,
    highestSequence: packets === 0 ? undefined : highestSequence,
    replayWindow: windowMarks(association),
    verdict: verdictOf(packets, icvFailures, decryptErrors),
  };
}

function seenRow(flow: EspFlowFacts): AssociationRow {
  const { nullEncryption: found } = flow;
  return {
    spi: flow.spi,
    source: formatAddress(flow.source),
    destination: formatAddress(flow.destination),
    mode: undefined,
    encryption: undefined,
    integrity: undefined,
    origin: undefined,
    role: flow.role,
    packets: flow.packets,
    opened: found?.packets ?? 0,
    verified: 0,
    icvMismatches: 0,
    malformed: 0,
    highestSequence: undefined,
    replayWindow: undefined,
    verdict: found === undefined ? 'no key' : `not encrypted: ${found.proof}`,
  };
}

/**
 * Rows of associations: those with keys in the order they were given or derived, then flows that no key opened, first
 * seen first.
 */
export function associationRows(
  associations: readonly SecurityAssociation[],
  flows: readonly EspFlowFacts[],
): AssociationRow[] {
  const bySpi = new Map<number, EspFlowFacts[]>();
  for (const flow of flows) {
    const known = bySpi.get(flow.spi);
    if (known === undefined) bySpi.set(flow.spi, [flow]);
    else known.push(flow);
  }
  const keyed = busiest(associations, ({ statistics }) => statistics.packets).map((association) => {
    const fitting = bySpi.get(association.spi ?? -1)?.find((flow) => fits(association, flow));
    return keyedRow(association, fitting?.role ?? NO_ROLE);
  });
  const seen = flows.filter(({ openedWithKey }) => openedWithKey === 0);
  const room = MAX_ASSOCIATION_ROWS - keyed.length;
  return [...keyed, ...busiest(seen, ({ packets }) => packets, room).map(seenRow)];
}

/** At most `most` of the items, those of most packets, in their order. */
function busiest<T>(
  items: readonly T[],
  packetsOf: (item: T) => number,
  most = MAX_ASSOCIATION_ROWS,
): readonly T[] {
  if (items.length <= most) return items;
  const sorted = [...items].sort((a, b) => packetsOf(b) - packetsOf(a)).slice(0, Math.max(0, most));
  const chosen = new Set(sorted);
  return items.filter((item) => chosen.has(item));
}

function fits(association: SecurityAssociation, { source, destination }: EspFlowFacts): boolean {
  if (association.addressLength !== 16) return false;
  const both = new Uint8Array(32);
  both.set(source, 0);
  both.set(destination, 16);
  // The ends of a tunnel are found by their SPI alone when its addresses have moved.
  return (
    association.matches(both, 0, 16, 16) ||
    addressKey(association.destination.bytes) === addressKey(destination)
  );
}
