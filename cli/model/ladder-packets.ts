/**
 * Finds the packets of a ladder: through the index, so that it does not depend on how long ago they were.
 */
import { compileFilter } from '../../engine/filter/filter.ts';
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import { ladderFacts } from '../../engine/views/ladder.ts';
import type { LadderPacket } from '../../engine/views/ladder.ts';
import { allNodes } from '../read/packet-view.ts';
import type { FindingsTable } from './findings-table.ts';
import type { PacketCatalogue } from './catalogue.ts';
import type { PacketLooker } from './packet-looker.ts';
import { Slices } from './slices.ts';
import { SEGMENT_PACKETS } from './value-index.ts';
import type { ValueIndex } from './value-index.ts';

/** Steps of a ladder. */
export const MAX_STEPS = 400;
/** Addresses put into a filter. */
const MAX_ADDRESSES = 24;

/** Signalling that says where a node is: neighbor solicitations would hide it. */
const SIGNALLING =
  '(mip6 or isakmp or icmpv6.type in {134, 137, 144..147} or (esp and (ipv6.opt.mipv6.home_address or ipv6.routing.mipv6.home_address) and not tcp and not udp))';

/** What a ladder is of. */
export interface LadderQuery {
  /** Signalling with one of them is in the ladder; IPv6 text. */
  readonly addresses: readonly string[];
  /** Care-of tests with one of them are in it as well. */
  readonly careOfAddresses: readonly string[];
  /** Only what goes to or comes from it; undefined = whatever peer. */
  readonly peer: string | undefined;
  /** Link-layer addresses whose signalling is in it. */
  readonly linkAddresses: readonly string[];
  /** Seconds since the first packet; signalling outside is left out. */
  readonly from: number;
  readonly to: number;
  /** Positions of packets that prove something: always in it. */
  readonly evidence: ReadonlySet<number>;
  /** Evidence of any alert is marked, not that of `evidence` alone. */
  readonly marksAll: boolean;
}

/** Parts of a run. */
export interface LadderParts {
  readonly catalogue: PacketCatalogue;
  readonly looker: PacketLooker;
  readonly index: ValueIndex;
  readonly findings: FindingsTable;
}

/** The filter of a ladder; undefined when there is nothing to look for. */
function filterOf({
  addresses,
  careOfAddresses,
  linkAddresses,
  peer,
}: LadderQuery): CompiledFilter | undefined {
  const listed = (items: readonly string[]): string =>
    `{${[...new Set(items)].slice(0, MAX_ADDRESSES).join(', ')}}`;
  const parts: string[] = [];
  const toPeer = peer === undefined ? '' : ` and ipv6.addr == ${peer}`;
  if (addresses.length > 0) {
    const set = listed(addresses);
    parts.push(
      `${SIGNALLING} and (ipv6.addr in ${set} or ipv6.opt.mipv6.home_address in ${set} or ipv6.routing.mipv6.home_address in ${set})${toPeer}`,
    );
  }
  if (careOfAddresses.length > 0) {
    parts.push(`mip6.mhtype in {2, 4} and ipv6.addr in ${listed(careOfAddresses)}${toPeer}`);
  }
  if (linkAddresses.length > 0) {
    parts.push(`${SIGNALLING} and eth.addr in ${listed(linkAddresses)}`);
  }
  if (parts.length === 0) return undefined;
  return compileFilter(parts.map((part) => `(${part})`).join(' or '));
}

/**
 * Packets of a ladder in order; of more than `MAX_STEPS` evidence and those nearest to it.
 * @returns with how many were left out
 */
export async function ladderPackets(
  query: LadderQuery,
  parts: LadderParts,
): Promise<{ readonly packets: readonly LadderPacket[]; readonly dropped: number }> {
  const slices = new Slices();
  const found = await positionsOf(query, parts, slices);
  const chosen = nearest(found, query.evidence);
  const packets: LadderPacket[] = [];
  for (const position of chosen) {
    const view = parts.looker.view(position);
    if (view !== undefined) {
      packets.push({
        packet: position,
        number: view.record.number,
        seconds: view.sinceFirst,
        facts: ladderFacts(view.dissection),
        isEvidence:
          query.evidence.has(position) ||
          (query.marksAll && parts.findings.at(position).length > 0),
        severity: parts.findings.severityAt(position),
      });
    }
    if (slices.isOver) await slices.pause();
  }
  return { packets, dropped: found.length - chosen.length };
}

async function positionsOf(
  query: LadderQuery,
  { catalogue, looker, index }: LadderParts,
  slices: Slices,
): Promise<number[]> {
  const found = new Set([...query.evidence].filter((position) => catalogue.has(position)));
  const filter = filterOf(query);
  const { first } = looker;
  const isInTime = (position: number): boolean => {
    const { seconds, nanoseconds } = catalogue.time(position);
    const since = seconds - first.seconds + (nanoseconds - first.nanoseconds) / 1e9;
    return since >= query.from && since <= query.to;
  };
  const start = Math.floor(catalogue.first / SEGMENT_PACKETS);
  for (let segment = start; filter !== undefined && segment < index.segments; segment++) {
    const { matched, undecided } = index.evaluate(segment, filter, ['signalling']);
    const base = segment * SEGMENT_PACKETS;
    for (const place of matched) if (isInTime(base + place)) found.add(base + place);
    for (const place of undecided) {
      if (!isInTime(base + place)) continue;
      const view = looker.view(base + place);
      if (view === undefined) continue;
      const source = fieldSource(allNodes(view), view.dissection.sources);
      if (filter.matches(source)) found.add(base + place);
      if (slices.isOver) await slices.pause();
    }
    if (slices.isOver) await slices.pause();
  }
  return [...found].filter((position) => catalogue.has(position)).sort((a, b) => a - b);
}

/** At most `MAX_STEPS` of the positions: evidence, then what lies nearest to it; without evidence the last. */
function nearest(positions: readonly number[], evidence: ReadonlySet<number>): readonly number[] {
  if (positions.length <= MAX_STEPS) return positions;
  const proofs = positions.filter((position) => evidence.has(position)).slice(0, MAX_STEPS);
  if (proofs.length === 0) return positions.slice(-MAX_STEPS);
  const distances = positions.map((position) => {
    const distance = proofs.reduce(
      (least, at) => Math.min(least, Math.abs(at - position)),
      Infinity,
    );
    return { position, distance };
  });
  return distances
    .sort((a, b) => a.distance - b.distance || a.position - b.position)
    .slice(0, MAX_STEPS)
    .map(({ position }) => position)
    .sort((a, b) => a - b);
}
