/**
 * The security policy database as an observer uses it: what protection a packet ought to have.
 *
 * Entries are in order and the first that fits decides (RFC 4301 section 4.4.1, RFC 3776 section 5.2.2). Both
 * directions of both nodes describe the same packets on the wire, so an observer looks at all of them alike.
 */
import { isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { PolicyEntry } from '../keys/key-file.ts';
import type { SiteIpsecPolicy } from '../site.ts';
import { ICMPV6, MOBILITY_HEADER } from '../state/traffic-selector.ts';
import { ANY_ADDRESS, ANY_CONDITION } from './policy-entry.ts';
import type {
  PolicyAddress,
  PolicyCondition,
  PolicyDocument,
  PolicyMode,
  PolicyRule,
  PolicySection,
} from './policy.ts';

/**
 * A packet as policies see it. The address of a Home Address option is its source, that of a type 2 routing header
 * its destination (RFC 3776 section 4.2).
 */
export interface PolicyPacket {
  /** 16 octets each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Upper-layer protocol, 0..255. */
  readonly protocol: number;
  /** Mobility Header or ICMPv6 type and ICMPv6 code, where there is one. */
  readonly type?: number | undefined;
  readonly code?: number | undefined;
  /** Goes through the tunnel between this home address and this home agent; undefined = through none. */
  readonly tunnel?:
    | { readonly homeAddress: Uint8Array; readonly homeAgent: Uint8Array }
    | undefined;
  /** Who asks wants to know what must be protected: what merely should may be answered as if nothing was asked for. */
  readonly isAboutDemands?: true;
}

/** How much it is asked for: `should` may have its reasons to be otherwise. */
export type PolicyDemand = 'must' | 'should';

/** What a policy says about a packet. */
export type PolicyVerdict =
  | { readonly kind: 'protect'; readonly mode: PolicyMode; readonly demand: PolicyDemand }
  | { readonly kind: 'bypass' | 'discard' };

/** An entry in the database. */
export interface DatabaseEntry {
  readonly condition: PolicyCondition;
  /** Source and destination may be swapped, then `remoteType` counts. RFC 4877 section 7.2. */
  readonly isSymmetric: boolean;
  readonly verdict: PolicyVerdict;
}

const BYPASS: PolicyVerdict = { kind: 'bypass' };

/** Which tunnels stand; `TunnelEndpoints` knows. */
export interface KnownTunnels {
  peek(
    bytes: Uint8Array,
    offset: number,
  ): { readonly homeAgent: Uint8Array; readonly isActive: boolean } | undefined;
}

/** Ordered entries. */
export class PolicyDatabase {
  #entries: readonly DatabaseEntry[] = [];
  /** Entries that say `must`. */
  #demands: readonly DatabaseEntry[] = [];
  #protectsPayload = false;
  readonly #tunnels: KnownTunnels | undefined;

  /** @param tunnels entries of the interface are inactive for tunnels that were taken down; without it none was. */
  constructor(entries: readonly DatabaseEntry[], tunnels?: KnownTunnels) {
    this.#tunnels = tunnels;
    this.replace(entries);
  }

  get entries(): readonly DatabaseEntry[] {
    return this.#entries;
  }

  /** Whether an entry asks for the protection of payload in tunnels. */
  get protectsPayload(): boolean {
    return this.#protectsPayload;
  }

  /** Other entries from the next look-up on. */
  replace(entries: readonly DatabaseEntry[]): void {
    this.#entries = entries;
    this.#demands = entries.filter(
      ({ verdict }) => verdict.kind === 'protect' && verdict.demand === 'must',
    );
    this.#protectsPayload = entries.some(
      ({ condition, verdict }) =>
        verdict.kind === 'protect' &&
        condition.interface !== undefined &&
        condition.protocol !== MOBILITY_HEADER,
    );
  }

  /** What the first entry that fits says; a packet that none fits passes. No allocation. */
  lookup(packet: PolicyPacket): PolicyVerdict {
    if (packet.isAboutDemands === true && !this.#isDemanded(packet)) return BYPASS;
    const isTakenDown = this.#isTakenDown(packet);
    for (const entry of this.#entries) {
      if (isTakenDown && entry.condition.interface !== undefined) continue;
      if (fits(entry, packet)) return entry.verdict;
    }
    return BYPASS;
  }

  /** Whether a message of this type must be protected between some addresses. Looks nothing up. */
  #isDemanded({ protocol, type, tunnel }: PolicyPacket): boolean {
    for (const { condition } of this.#demands) {
      if (condition.protocol !== undefined && condition.protocol !== protocol) continue;
      if ((condition.interface === undefined) !== (tunnel === undefined)) continue;
      if (condition.type === undefined || condition.type === type) return true;
      if (condition.remoteType !== undefined && condition.remoteType === type) return true;
    }
    return false;
  }

  /**
   * RFC 3776 section 4.3: once the node is back home, policies of tunnelled traffic are inactive. Those of Binding
   * Updates, Acknowledgements and prefix discovery do not depend on the care-of address and stay.
   */
  #isTakenDown({ tunnel, protocol, type }: PolicyPacket): boolean {
    if (tunnel === undefined || this.#tunnels === undefined) return false;
    const isRegistration =
      protocol === MOBILITY_HEADER &&
      (type === MESSAGE_TYPES.bindingUpdate || type === MESSAGE_TYPES.acknowledgement);
    const isDiscovery =
      protocol === ICMPV6 && type !== undefined && MOBILE_PREFIX_TYPES.includes(type);
    if (isRegistration || isDiscovery) return false;
    const known = this.#tunnels.peek(tunnel.homeAddress, 0);
    return known?.isActive === false && isSameAddress(known.homeAgent, tunnel.homeAgent);
  }
}

function fits({ condition, isSymmetric }: DatabaseEntry, packet: PolicyPacket): boolean {
  const { protocol, code, type, remoteType, source, destination } = condition;
  if (protocol !== undefined && protocol !== packet.protocol) return false;
  if (code !== undefined && code !== packet.code) return false;
  if (!fitsInterface(condition, packet)) return false;
  if (
    (type === undefined || type === packet.type) &&
    fitsAddress(source, packet.source) &&
    fitsAddress(destination, packet.destination)
  ) {
    return true;
  }
  const received = remoteType ?? type;
  return (
    isSymmetric &&
    (received === undefined || received === packet.type) &&
    fitsAddress(source, packet.destination) &&
    fitsAddress(destination, packet.source)
  );
}

function fitsAddress(wanted: PolicyAddress | undefined, address: Uint8Array): boolean {
  if (wanted === undefined) return true;
  // A name that nobody has given an address to fits nothing.
  const { prefix } = wanted;
  return prefix !== undefined && prefixMatches(prefix.bytes, prefix.length, address, 0);
}

/** Entries of an interface are for packets that enter the tunnel, the others for those that do not. RFC 3776 section 4.2. */
function fitsInterface({ interface: tunnel }: PolicyCondition, packet: PolicyPacket): boolean {
  if (tunnel === undefined) return packet.tunnel === undefined;
  const { address } = tunnel;
  return (
    packet.tunnel !== undefined &&
    (fitsAddress(address, packet.tunnel.homeAddress) ||
      fitsAddress(address, packet.tunnel.homeAgent))
  );
}

/** A rule of a document with the entry it is. */
export interface RuleEntry {
  readonly section: PolicySection;
  readonly rule: PolicyRule;
  readonly entry: DatabaseEntry;
}

/**
 * Entries of a document, in its order. What an association or pattern protects in the direction it names; names of
 * associations are looked up in the SADs of the document, and those that are in none count as protection of any mode
 * by the interface of the entry.
 */
export function documentEntries(document: PolicyDocument): DatabaseEntry[] {
  return ruleEntries(document).map(({ entry }) => entry);
}

/** The same with the rules that they come from. */
export function ruleEntries({ sections }: PolicyDocument): RuleEntry[] {
  const modes = new Map<string, PolicyMode>();
  for (const section of sections) {
    if (section.database !== 'SAD') continue;
    for (const { name, mode } of section.associations) modes.set(name, mode);
  }
  const verdictOf = ({ action, condition }: PolicyRule): PolicyVerdict => {
    if (action.kind === 'dynamic') return { kind: 'protect', mode: action.mode, demand: 'must' };
    if (action.kind !== 'association') return { kind: action.kind };
    const byInterface = condition.interface === undefined ? 'transport' : 'tunnel';
    return { kind: 'protect', mode: modes.get(action.name) ?? byInterface, demand: 'must' };
  };
  return sections.flatMap((section) =>
    'rules' in section
      ? section.rules.map((rule) => ({
          section,
          rule,
          entry: {
            condition: rule.condition,
            isSymmetric: section.database === 'SPD-S',
            verdict: verdictOf(rule),
          },
        }))
      : [],
  );
}

/** Names of IPv6 tunnels in Linux, of which UMIP makes one for each home agent or mobile node. */
const TUNNEL_INTERFACE = /^ip6tnl[0-9]/;

/**
 * A policy of a `setkey` or `ip xfrm policy` file as the database has it; undefined when signalling of Mobile IPv6 and
 * its tunnels cannot be what it is for: selectors of IPv4 and of ports, and compression alone. What asks for a tunnel
 * is for packets in the tunnel.
 */
export function keyFileEntry(policy: PolicyEntry): DatabaseEntry | undefined {
  const { action, selector, templates } = policy;
  const { source, destination, protocol, type, code, sourcePort, destinationPort } = selector;
  const hasPorts = sourcePort !== undefined || destinationPort !== undefined;
  if (source.bytes.length !== 16 || destination.bytes.length !== 16 || hasPorts) return undefined;
  const template = templates.find((item) => item.protocol !== 'ipcomp');
  if (action === 'protect' && template === undefined) return undefined;
  const mode = template?.mode ?? 'transport';
  const isOfTunnel = mode === 'tunnel' || TUNNEL_INTERFACE.test(selector.interface ?? '');
  const condition: PolicyCondition = {
    interface: isOfTunnel ? { direction: 'to', address: ANY_ADDRESS } : undefined,
    source: { name: '', prefix: source },
    destination: { name: '', prefix: destination },
    protocol,
    type,
    remoteType: undefined,
    code,
  };
  const demand = template?.level === 'use' ? 'should' : 'must';
  const verdict: PolicyVerdict =
    action === 'protect' ? { kind: 'protect', mode, demand } : { kind: action };
  return { condition, isSymmetric: false, verdict };
}

/**
 * Policies of `setkey` and `ip xfrm policy` files, in the order of the file: priorities grow one way in Linux and the
 * other way in KAME, and the order of both listings is that of the look-up. Others are left out, see
 * {@link keyFileEntry}.
 */
export function keyFileEntries(policies: readonly PolicyEntry[]): DatabaseEntry[] {
  return policies.flatMap((policy) => keyFileEntry(policy) ?? []);
}

const MESSAGE_TYPES = { homeTestInit: 1, homeTest: 3, bindingUpdate: 5, acknowledgement: 6 };
const MOBILE_PREFIX_TYPES = [146, 147];

/**
 * What RFC 3776 section 4.1 asks for between any mobile node and its home agent, for sites that give no policy of
 * their own: Binding Updates and Acknowledgements MUST, return routability and prefix discovery SHOULD be protected;
 * payload MAY, so the site file decides. Addresses are wildcards (RFC 4877 section 7.2.1 calls such entries generic):
 * whoever asks knows that the packet is between a home address and its home agent.
 */
export function defaultEntries({ signalling, payload }: SiteIpsecPolicy): DatabaseEntry[] {
  const entries: DatabaseEntry[] = [];
  const add = (
    condition: Partial<PolicyCondition>,
    mode: PolicyMode,
    demand: PolicyDemand,
  ): void => {
    entries.push({
      condition: { ...ANY_CONDITION, ...condition },
      isSymmetric: false,
      verdict: { kind: 'protect', mode, demand },
    });
  };
  const tunnel = { interface: { direction: 'to', address: ANY_ADDRESS } } as const;
  if (signalling === 'required') {
    for (const type of [MESSAGE_TYPES.bindingUpdate, MESSAGE_TYPES.acknowledgement]) {
      add({ protocol: MOBILITY_HEADER, type }, 'transport', 'must');
      // Registrations in tunnel mode: RFC 4877 section 3.
      add({ ...tunnel, protocol: MOBILITY_HEADER, type }, 'tunnel', 'must');
    }
    for (const type of MOBILE_PREFIX_TYPES) add({ protocol: ICMPV6, type }, 'transport', 'should');
  }
  const tests = signalling === 'required' || payload === 'required';
  for (const type of [MESSAGE_TYPES.homeTestInit, MESSAGE_TYPES.homeTest]) {
    const demand = payload === 'required' ? 'must' : 'should';
    if (tests) add({ ...tunnel, protocol: MOBILITY_HEADER, type }, 'tunnel', demand);
  }
  if (payload === 'required') add(tunnel, 'tunnel', 'must');
  return entries;
}
