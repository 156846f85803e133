/**
 * Second reading of the inputs, for the page: packets that are evidence, with their octets, and the signalling around
 * incidents, for the ladders. What is evidence is known only when the first reading has ended.
 */
import type { PacketRecord } from '../../../engine/ports.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import type { AuditDocument, IncidentRecord, PacketPointer } from '../../../io/export/records.ts';
import { eveTimestamp } from '../../../io/export/timestamp.ts';
import { CliError } from '../../exit-codes.ts';
import { packetOpeners } from '../../openers.ts';
import { requireFiles } from '../../read/once.ts';
import { PacketViews } from '../../read/packet-view.ts';
import type { PacketView } from '../../read/packet-view.ts';
import { PlainPackets } from '../../read/plain-packets.ts';
import type { Session } from '../../session.ts';
import { LIMITS } from './limits.ts';
import { packetFacts } from './packet-facts.ts';
import type { PacketFacts } from './packet-facts.ts';

/** Packets of the page. */
export interface CollectedPackets {
  /** By `packetKey`. */
  readonly evidence: ReadonlyMap<string, PacketFacts>;
  /** Packets of each ladder in order of time, by number of the incident. */
  readonly ladders: ReadonlyMap<number, readonly PacketFacts[]>;
  /** Why packets are missing; undefined when the inputs were read. */
  readonly missing: string | undefined;
}

/** Seconds around an incident in which signalling belongs to its ladder. */
const AROUND = 2;
/** Protocols of signalling, told from the headers. */
const SIGNALLING: ReadonlySet<string> = new Set(['mip6', 'icmpv6', 'esp', 'isakmp']);

/** Key of a packet in `CollectedPackets.evidence`. */
export function packetKey({ pcap_filename, pcap_cnt }: PacketPointer): string {
  return `${pcap_cnt} ${pcap_filename}`;
}

/** Packets whose octets the page shows: those of incidents first, then those of other findings. */
function wantedPackets(document: AuditDocument): Set<string> {
  const wanted = new Set<string>();
  const add = (pointers: readonly PacketPointer[], limit: number): void => {
    const keys = [...new Set(pointers.map(packetKey))].slice(0, limit);
    for (const key of keys) if (wanted.size < LIMITS.packets) wanted.add(key);
  };
  for (const incident of document.incidents.slice(0, LIMITS.incidents)) {
    add([...incident.evidence, ...incident.alerts], LIMITS.packetsOfIncident);
  }
  const others = document.alerts.filter(({ incident_id: id }) => id === undefined);
  for (const alert of others.slice(0, LIMITS.findings)) {
    add([...alert.evidence, alert.packet], LIMITS.packetsOfIncident);
  }
  return wanted;
}

/** A ladder being filled. */
interface Ladder {
  readonly incident: IncidentRecord;
  readonly from: string;
  readonly to: string;
  /** Addresses that make a packet one of this ladder. */
  readonly addresses: ReadonlySet<string>;
  /** Packets that are evidence of the incident. */
  readonly evidence: ReadonlySet<string>;
  readonly packets: PacketFacts[];
  /** How many of them are no evidence. */
  around: number;
}

function laddersOf(document: AuditDocument): Ladder[] {
  return document.incidents.slice(0, LIMITS.incidents).map((incident) => ({
    incident,
    from: shifted(incident.first.timestamp, -AROUND),
    to: shifted(incident.last.timestamp, AROUND),
    addresses: new Set([
      ...incident.attackers,
      ...(incident.home_address === undefined ? [] : [incident.home_address]),
    ]),
    evidence: new Set([...incident.evidence, ...incident.alerts].map(packetKey)),
    packets: [],
    around: 0,
  }));
}

function shifted(timestamp: string, seconds: number): string {
  const time = Date.parse(`${timestamp.slice(0, 23)}Z`);
  return Number.isFinite(time) ? eveTimestamp((time + seconds * 1000) * 1000) : timestamp;
}

/**
 * Reads the inputs again. Never throws for what they hold; an input that can be read only once, or has gone by, is told
 * in `missing`.
 * @param signal ends the reading early
 */
export async function collectPackets(
  session: Session,
  document: AuditDocument,
  signal: AbortSignal,
): Promise<CollectedPackets> {
  const wanted = wantedPackets(document);
  const evidence = new Map<string, PacketFacts>();
  const ladders = laddersOf(document);
  const result = (missing: string | undefined): CollectedPackets => ({
    evidence,
    ladders: new Map(ladders.map(({ incident, packets }) => [incident.incident_id, packets])),
    missing,
  });
  if (wanted.size === 0) return result(undefined);
  try {
    requireFiles(session.inputs);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return result('an input can be read only once (standard input or a pipe); save it to a file');
  }
  const { source } = await openCaptures(session.inputs, { recursive: session.recursive });
  const { associations, ike, verification } = session;
  const openers = packetOpeners(associations, ike);
  const views = new PacketViews(openers, source.interfaces, undefined, verification);
  // Negotiations of keys must be followed from the first packet on; other packets are looked at where they are wanted.
  const negotiations = new PlainPackets(
    new Set(['isakmp']),
    openers.opensEsp !== true && openers.opensEsp,
  );
  const signalling = new PlainPackets(SIGNALLING, openers.opensEsp);
  const onPacket = (record: PacketRecord): void => {
    const file = source.inputs[record.inputIndex]?.name ?? '';
    const timestamp = eveTimestamp(record.seconds * 1e6 + Math.floor(record.nanoseconds / 1000));
    const key = packetKey({ pcap_filename: file, pcap_cnt: record.number, timestamp });
    const isWanted = wanted.has(key);
    const near =
      signalling.lacks(record) && !isWanted
        ? []
        : ladders.filter((l) => hasRoom(l, key, timestamp));
    if (!isWanted && near.length === 0 && negotiations.lacks(record)) {
      views.passOver(record);
      return;
    }
    const view = views.next(record);
    if (!isWanted && near.length === 0) return;
    const link = source.interfaces[record.interfaceIndex]?.name;
    const facts = packetFacts(view, { file, link, timestamp }, isWanted);
    if (isWanted) evidence.set(key, facts);
    for (const ladder of near) addTo(ladder, key, facts, view);
  };
  try {
    await source.run(onPacket, { signal });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return result(`the inputs could not be read a second time: ${reason}`);
  }
  return result(
    signal.aborted ? 'the run was stopped before the inputs were read again' : undefined,
  );
}

/** Whether a packet may belong to a ladder. Half of the room is for evidence. */
function hasRoom(ladder: Ladder, key: string, timestamp: string): boolean {
  if (ladder.evidence.has(key)) return ladder.packets.length < LIMITS.ladder;
  return timestamp >= ladder.from && timestamp <= ladder.to && ladder.around < LIMITS.ladder / 2;
}

function addTo(ladder: Ladder, key: string, facts: PacketFacts, view: PacketView): void {
  if (ladder.packets.length >= LIMITS.ladder) return;
  if (!ladder.evidence.has(key)) {
    if (!isSignalling(facts) || !concerns(ladder, facts, view)) return;
    ladder.around++;
  }
  ladder.packets.push(facts);
}

/** Signalling that says where a node is: neighbor solicitations would hide it. */
function isSignalling({ layout }: PacketFacts): boolean {
  return /\b(BU|BA|BE|BRR|HoTI|CoTI|HoT|CoT|MH \d+|RA|Redirect|HAAD|MPS|MPA|IKE)\b/.test(layout);
}

function concerns({ addresses }: Ladder, facts: PacketFacts, { dissection }: PacketView): boolean {
  const { summary, linkSource, linkDestination } = facts;
  const named = [summary.source, summary.destination, linkSource, linkDestination];
  if (named.some((item) => item !== undefined && addresses.has(item))) return true;
  // Home Address options and routing headers: the summary names them.
  const [header] = dissection.nodes.filter(({ name }) => name === 'ipv6');
  const normalised = header?.children.filter(({ generated }) => generated === true) ?? [];
  return normalised.some(({ text }) => addresses.has(text));
}
