/**
 * Message ladder of an incident: a column for each party, an arrow for each packet.
 */
import type { AuditDocument, IncidentRecord } from '../../../io/export/records.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, markup } from './markup.ts';
import type { Markup } from './markup.ts';
import type { PacketFacts } from './packet-facts.ts';
import { packetKey } from './packet-collector.ts';
import { packetLink } from './parts.ts';
import type { PageFacts } from './parts.ts';

type LaneName = 'node' | 'attacker' | 'agent' | 'correspondent' | 'other';

const LANES: readonly LaneName[] = ['node', 'attacker', 'agent', 'correspondent', 'other'];

const TITLES: Readonly<Record<LaneName, readonly [short: string, long: string]>> = {
  node: ['MN', 'Mobile node'],
  attacker: ['ATK', 'Attacker'],
  agent: ['HA', 'Home agent'],
  correspondent: ['CN', 'Correspondent'],
  other: ['others', 'Others'],
};

/** Addresses of the parties. */
type Parties = Readonly<Record<Exclude<LaneName, 'other'>, ReadonlySet<string>>>;

/** An arrow: from a lane to a lane, or to all of them. */
interface Arrow {
  readonly packet: PacketFacts;
  readonly from: LaneName;
  readonly to: LaneName | 'all';
}

/** Section "Messages" of an incident; nothing without packets. */
export function ladderOf(incident: IncidentRecord, facts: PageFacts): Markup {
  const packets = facts.packets.ladders.get(incident.incident_id) ?? [];
  if (packets.length === 0) return NOTHING;
  const parties = partiesOf(incident, facts.document);
  const arrows = packets.map((packet) => arrowOf(packet, parties));
  const used = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const lanes = LANES.filter((lane) => used.has(lane));
  const proofs = new Set(incident.evidence.map(packetKey));
  return markup`<h4>Messages</h4>
    <div class="ladder lanes-${lanes.length}">
      <div class="heads" aria-hidden="true">
        ${lanes.map((lane) => {
          const [short, long] = TITLES[lane];
          return markup`<span class="lane-${lane}" title="${long}"
            ><b>${short}</b><i>${long}</i></span
          >`;
        })}
      </div>
      <ol>
        ${arrows.map((arrow) => row(arrow, lanes, proofs, facts))}
      </ol>
    </div>
    <p class="note">
      ${lanes.map((lane) => markup`<b>${TITLES[lane][0]}</b> ${legend(lane, parties)}. `)}Marked
      packets are evidence. At most ${LIMITS.ladder} packets are drawn: evidence, and signalling of
      the parties from 2 s before to 2 s after.
    </p>`;
}

function legend(lane: LaneName, parties: Parties): string {
  if (lane === 'other') return 'nodes that are none of these';
  const addresses = [...parties[lane]];
  const shown = addresses.slice(0, 4).join(', ');
  return `${TITLES[lane][1].toLowerCase()} ${shown}${addresses.length > 4 ? ', …' : ''}`;
}

function partiesOf(incident: IncidentRecord, document: AuditDocument): Parties {
  const { home_address: home, home_agent: agent } = incident;
  const node = new Set<string>(home === undefined ? [] : [home]);
  const agents = new Set<string>(agent === undefined ? [] : [agent]);
  const correspondents = new Set<string>();
  const attacker = new Set(incident.attackers);
  const bindings = document.bindings.filter(({ home_address }) => home_address === home);
  for (const binding of bindings.slice(0, LIMITS.rows)) {
    (binding.role === 'home' ? agents : correspondents).add(binding.peer);
    for (const change of binding.changes.slice(0, LIMITS.changes)) node.add(change.care_of_address);
    node.add(binding.care_of_address);
  }
  // What the attacker put into a registration is still the attacker's.
  for (const address of attacker) node.delete(address);
  return { node, attacker, agent: agents, correspondent: correspondents };
}

function laneOf(address: string, linkAddress: string | undefined, parties: Parties): LaneName {
  // Whose machine it is says more than whose name it uses.
  if (linkAddress !== undefined && parties.attacker.has(linkAddress)) return 'attacker';
  if (parties.attacker.has(address)) return 'attacker';
  if (parties.agent.has(address)) return 'agent';
  if (parties.node.has(address)) return 'node';
  return parties.correspondent.has(address) ? 'correspondent' : 'other';
}

function arrowOf(packet: PacketFacts, parties: Parties): Arrow {
  const { summary, linkSource, linkDestination } = packet;
  const from = laneOf(summary.source, linkSource, parties);
  const isMulticast = /^ff/i.test(summary.destination);
  const to = isMulticast ? 'all' : laneOf(summary.destination, linkDestination, parties);
  return { packet, from, to };
}

function row(
  { packet, from, to }: Arrow,
  lanes: readonly LaneName[],
  proofs: ReadonlySet<string>,
  facts: PageFacts,
): Markup {
  const { summary, layout, link } = packet;
  const start = lanes.indexOf(from) + 1;
  const end = to === 'all' ? 0 : lanes.indexOf(to) + 1;
  const isProof = proofs.has(packetKey(packet));
  const receiver = to === 'all' ? 'all nodes of the link' : TITLES[to][1];
  return markup`<li class="${isProof ? 'proof' : 'around'}">
    <p class="when">
      <time>${facts.references.time(packet.timestamp)}</time> ${packetLink(packet, facts)}${
        link === undefined ? NOTHING : markup` <span class="link">${link}</span>`
      } <span class="layout">${layout}</span>
    </p>
    <div class="track" aria-hidden="true">
      ${lanes.map((_, i) => markup`<i style="grid-column:${i * 2 + 1} / span 2"></i>`)}<span
        class="arrow ${arrowClass(start, end)} lane-${from}"
        style="grid-column:${columns(start, end, lanes.length)}"
      ></span>
    </div>
    <p class="what">
      <span class="sr">${TITLES[from][1]} to ${receiver}: </span>${summary.protocol}
      ${summary.info}<br /><span class="addresses">${summary.source} → ${summary.destination}</span>
    </p>
  </li>`;
}

function arrowClass(start: number, end: number): string {
  if (end === 0) return 'everyone';
  if (start === end) return 'own';
  return start < end ? 'right' : 'left';
}

/** Grid lines are twice as many as lanes: arrows begin and end in the middle of one. */
function columns(start: number, end: number, lanes: number): string {
  if (end === 0) return `2 / ${lanes * 2}`;
  if (start === end) return `${start * 2} / ${start * 2 + 1}`;
  return `${Math.min(start, end) * 2} / ${Math.max(start, end) * 2}`;
}
