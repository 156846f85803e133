/**
 * Nodes, links and tunnels that are known.
 */
import {
  addressKey,
  formatAddress,
  formatMac,
  formatPrefix,
  isSameAddress,
} from '../../dissectors/core/address.ts';
import type { EngineKnowledge } from '../engine-knowledge.ts';
import type { Link } from '../packet.ts';
import type { Binding } from '../state/binding-cache.ts';
import { partyText } from './incident-rows.ts';
import { lastOf } from './row-place.ts';
import type { TopologyLink, TopologyNode, TopologyView } from './model/state.ts';

/** Nodes and tunnels of a view. */
export const MAX_TOPOLOGY_NODES = 1000;
/** Links of a view. */
const MAX_LINKS = 256;
/** Prefixes of a link. */
const MAX_PREFIXES = 16;

type Role = TopologyNode['roles'][number];

interface Draft {
  readonly address: string;
  readonly roles: Set<Role>;
  link: string | undefined;
  linkLayerAddress: string | undefined;
  careOfAddress: string | undefined;
  knownBy: 'site' | 'learned';
}

/** Collects what is said of nodes. */
class Nodes {
  readonly drafts = new Map<string, Draft>();
  dropped = 0;
  readonly #knowledge: EngineKnowledge;

  constructor(knowledge: EngineKnowledge) {
    this.#knowledge = knowledge;
  }

  /** Notes a role of an address. @returns the node, unless there are too many */
  add(address: Uint8Array, role: Role, isOfSite: boolean): Draft | undefined {
    const text = partyText(address);
    let draft = this.drafts.get(text);
    if (draft === undefined) {
      if (this.drafts.size >= MAX_TOPOLOGY_NODES) {
        this.dropped++;
        return undefined;
      }
      draft = {
        address: text,
        roles: new Set(),
        link: undefined,
        linkLayerAddress: undefined,
        careOfAddress: undefined,
        knownBy: isOfSite ? 'site' : 'learned',
      };
      this.drafts.set(text, draft);
      if (address.length === 16) this.#attach(draft, address);
      else draft.linkLayerAddress = text;
    }
    draft.roles.add(role);
    if (isOfSite) draft.knownBy = 'site';
    return draft;
  }

  /** Says on which link an address was heard of. */
  #attach(draft: Draft, address: Uint8Array): void {
    for (const link of this.#knowledge.links) {
      const claim = this.#knowledge.neighbor(link, address)?.claims.at(-1);
      if (claim === undefined) continue;
      draft.link = link.name;
      const mac = claim.linkLayerAddress;
      draft.linkLayerAddress = formatMac(mac, 0, mac.length);
      return;
    }
  }
}

function linkOf(link: Link, knowledge: EngineKnowledge): TopologyLink {
  const prefixes = new Set<string>();
  if (link.effectiveRole === 'home') {
    for (const { prefix: bytes, length } of knowledge.homePrefixes) {
      prefixes.add(formatPrefix({ bytes, length }));
    }
  }
  for (const router of knowledge.routers(link)) {
    for (const { prefix: bytes, length } of router.prefixes) {
      prefixes.add(formatPrefix({ bytes, length }));
    }
  }
  return {
    name: link.name,
    role: link.effectiveRole,
    roleKnownBy: link.roleKnownBy,
    prefixes: [...prefixes].slice(0, MAX_PREFIXES),
  };
}

function addSite(nodes: Nodes, { site }: EngineKnowledge): void {
  for (const agent of site.homeAgents) {
    for (const address of agent.addresses) nodes.add(address, 'home-agent', true);
  }
  for (const node of site.mobileNodes) nodes.add(node.homeAddress, 'mobile-node', true);
  for (const router of site.routers) {
    for (const address of router.addresses) {
      const draft = nodes.add(address, 'router', true);
      if (draft !== undefined) draft.link ??= router.link;
    }
  }
}

function addBinding(nodes: Nodes, binding: Readonly<Binding>, knowledge: EngineKnowledge): void {
  const { homeAddress, careOfAddress, peer, role, phase } = binding;
  const isAgent = role === 'home';
  nodes.add(peer, isAgent ? 'home-agent' : 'correspondent', false);
  const node = nodes.add(homeAddress, 'mobile-node', false);
  if (node === undefined || !isAgent || isSameAddress(homeAddress, careOfAddress)) return;
  if (phase !== 'registered' && phase !== 'deregistration-sent') return;
  node.careOfAddress = formatAddress(careOfAddress);
  for (const link of knowledge.links) {
    const claim = knowledge.neighbor(link, careOfAddress)?.claims.at(-1);
    if (claim === undefined) continue;
    node.link = link.name;
    const mac = claim.linkLayerAddress;
    node.linkLayerAddress = formatMac(mac, 0, mac.length);
    return;
  }
}

/**
 * Joins an attacker of whom only the link-layer address is known with the router that he plays from it: one node, and not
 * the home agent that it says to be.
 */
function joinAttackers({ drafts }: Nodes): void {
  for (const [key, attacker] of drafts) {
    if (attacker.linkLayerAddress !== attacker.address) continue;
    for (const draft of drafts.values()) {
      const isPlayed = draft.roles.has('router') && draft.knownBy === 'learned';
      if (draft === attacker || !isPlayed) continue;
      if (draft.linkLayerAddress !== attacker.linkLayerAddress) continue;
      draft.roles.delete('home-agent');
      draft.roles.add('attacker');
      drafts.delete(key);
    }
  }
}

/** The network as far as it is known: attackers and what the site tells first, then by what changed last. */
export function topologyView(knowledge: EngineKnowledge): TopologyView {
  const nodes = new Nodes(knowledge);
  for (const { draft } of knowledge.alerts) {
    if (draft.attacker !== undefined) nodes.add(draft.attacker, 'attacker', false);
  }
  addSite(nodes, knowledge);
  for (const link of knowledge.links.slice(0, MAX_LINKS)) {
    for (const router of knowledge.routers(link)) {
      const draft = nodes.add(router.address, 'router', false);
      if (draft === undefined) break;
      draft.link = link.name;
      const mac = router.linkLayerAddress;
      if (mac !== undefined) draft.linkLayerAddress = formatMac(mac, 0, mac.length);
      if (router.profile.isHomeAgent) draft.roles.add('home-agent');
    }
  }
  // Used last first: those stay when there are too many.
  const bindings = lastOf(knowledge.bindings(), 2 * MAX_TOPOLOGY_NODES).reverse();
  const tunnels: { from: string; to: string; homeAddress: string; packets: number }[] = [];
  const seen = new Set<string>();
  for (const binding of bindings) {
    addBinding(nodes, binding, knowledge);
    const { homeAddress, careOfAddress, peer, role, tunnelPackets } = binding;
    const isTunnel = role === 'home' && !isSameAddress(homeAddress, careOfAddress);
    if (!isTunnel || tunnelPackets === 0 || tunnels.length >= MAX_TOPOLOGY_NODES) continue;
    const key = `${addressKey(homeAddress)}${addressKey(peer)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    tunnels.push({
      from: formatAddress(careOfAddress),
      to: formatAddress(peer),
      homeAddress: formatAddress(homeAddress),
      packets: tunnelPackets,
    });
  }
  joinAttackers(nodes);
  return {
    links: knowledge.links.slice(0, MAX_LINKS).map((link) => linkOf(link, knowledge)),
    nodes: [...nodes.drafts.values()].map((draft) => ({ ...draft, roles: [...draft.roles] })),
    tunnels,
    dropped: nodes.dropped,
  };
}
