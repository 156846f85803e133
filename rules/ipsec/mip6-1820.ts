import {
  IKEV1_EXCHANGE,
  addressKey,
  defineRule,
  formatAddress,
  ikeEndsOf,
  isSameAddress,
  mobileNodeAt,
  nodesOfIdentity,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AddressRange,
  AlertDraft,
  Confidence,
  EventOf,
  IkeIdentity,
  PacketReference,
  RuleContext,
  Severity,
} from '../../engine/rule-api.ts';

/** Addresses and identities remembered. */
const MEMORY = { maxEntries: 8192, ttlSeconds: 30 * 86_400 };

/** Authentication methods with a preshared key: RFC 2409 appendix A, and those of extended authentication. */
const PRESHARED: ReadonlySet<number> = new Set([1, 65_001, 65_002]);

/** Who negotiated an address first. */
interface Holder {
  readonly key: string;
  readonly text: string;
  readonly packet: PacketReference;
}

/** Main mode with a preshared key, chosen by the responder. */
interface Preshared {
  readonly packet: PacketReference;
  readonly link: EventOf<'ike'>['context']['link'];
}

/** Why an identity may not have an address. */
interface Fault {
  readonly text: string;
  readonly severity: Severity | undefined;
  readonly confidence: Confidence;
}

function isSingle({ start, end }: AddressRange): boolean {
  return start.length === 16 && end.length === 16 && isSameAddress(start, end);
}

function isWithin({ start, end }: AddressRange, address: Uint8Array): boolean {
  if (start.length !== 16 || end.length !== 16) return false;
  const key = addressKey(address);
  return addressKey(start) <= key && key <= addressKey(end);
}

/** What the site's map of identities says against an address. */
function mapFault(
  identity: IkeIdentity,
  address: Uint8Array,
  event: EventOf<'ike'>,
  { site }: RuleContext,
): Fault | 'allowed' | 'unknown' {
  const owner = site.mobileNodes.find((node) => isSameAddress(node.homeAddress, address));
  const listed = nodesOfIdentity(site, identity);
  if (owner !== undefined && listed.includes(owner)) return 'allowed';
  const isAssigned = event.parties.assigned.some((item) => isSameAddress(item, address));
  // Behind EAP there may be another identity than the one here. RFC 4877 section 8.
  const isSure = !event.parties.usesEap && event.reading === 'verified';
  const weight = {
    severity: isSure ? undefined : 'high',
    confidence: isSure ? 'certain' : 'partial',
  } as const;
  const names = listed.map(({ name }) => name).join(', ');
  if (listed.length > 0 && owner !== undefined) {
    return { text: `the site provisions it for ${names}, not for ${owner.name}`, ...weight };
  }
  if (listed.length > 0) {
    // The home agent chooses addresses out of a pool. RFC 4877 section 9.
    if (isAssigned) return 'allowed';
    const text = `the site provisions it for ${names}, and the address for nobody`;
    return { text, severity: 'medium', confidence: 'partial' };
  }
  if (owner !== undefined && owner.identities.length > 0) {
    return { text: `it is not among the identities of ${owner.name}`, ...weight };
  }
  return 'unknown';
}

/** What the capture says against an address where the site says nothing. */
function historyFault(
  identity: IkeIdentity,
  address: Uint8Array,
  event: EventOf<'ike'>,
  context: RuleContext,
): Fault | undefined {
  const { parties, negotiated } = event;
  const isAssigned = parties.assigned.some((item) => isSameAddress(item, address));
  if (negotiated?.outcome !== 'accepted' || parties.usesEap || isAssigned) return undefined;
  const holders = context.table<Holder>('holders', MEMORY);
  const key = addressKey(address);
  const known = holders.get(key);
  if (known === undefined || known.key === identity.key) {
    const { packet } = event.context;
    holders.set(key, known ?? { key: identity.key, text: identity.text, packet });
    return undefined;
  }
  const text = `${known.text} negotiated it in packet ${known.packet.number}`;
  return { text, severity: 'medium', confidence: 'partial' };
}

/** Home addresses that an exchange was about, held against the identity of the node. */
function unauthorised(event: EventOf<'ike'>, context: RuleContext): AlertDraft[] {
  const { negotiated, parties } = event;
  if (negotiated === undefined) return [];
  const ends = ikeEndsOf(event, context);
  // Where nobody is known as a home agent, the node is who began.
  const isInitiator = ends?.isNodeInitiator ?? true;
  const identity = isInitiator ? parties.initiator : parties.responder;
  if (identity === undefined) return [];
  const ranges = isInitiator ? negotiated.ofInitiator : negotiated.ofResponder;
  const isRefused = negotiated.outcome === 'refused';
  const addresses = [
    ...ranges.filter(isSingle).map(({ start }) => start),
    ...(isInitiator && !isRefused ? parties.assigned.filter(({ length }) => length === 16) : []),
  ];
  const drafts: AlertDraft[] = [];
  const told = new Set<string>();
  for (const address of addresses) {
    const isHome = context.isHomeAddress(address) || context.homePrefixOf(address) !== undefined;
    if (!isHome || context.isHomeAgent(address) || told.has(addressKey(address))) continue;
    told.add(addressKey(address));
    const found = mapFault(identity, address, event, context);
    if (found === 'allowed') continue;
    const fault = found === 'unknown' ? historyFault(identity, address, event, context) : found;
    if (fault !== undefined) drafts.push(draftOf(event, identity, address, fault, isRefused));
  }
  // What a wide selector covers is judged only where it is certain which side the node is.
  if (isRefused || ends?.isNodeInitiator === undefined) return drafts;
  for (const range of ranges) {
    if (isSingle(range)) continue;
    const other = context.site.mobileNodes.find(
      (node) =>
        node.identities.length > 0 &&
        isWithin(range, node.homeAddress) &&
        mapFault(identity, node.homeAddress, event, context) !== 'allowed',
    );
    if (other === undefined) continue;
    drafts.push(
      draftOf(event, identity, other.homeAddress, {
        text: `its traffic selector ${formatAddress(range.start)} to ${formatAddress(range.end)} covers ${other.name} as well`,
        severity: 'high',
        confidence: 'partial',
      }),
    );
  }
  return drafts;
}

function draftOf(
  { context, parties }: EventOf<'ike'>,
  identity: IkeIdentity,
  address: Uint8Array,
  { text, severity, confidence }: Fault,
  isRefused = false,
): AlertDraft {
  const home = formatAddress(address);
  const isAssigned = parties.assigned.some((item) => isSameAddress(item, address));
  const deed = isRefused
    ? 'asked for an association of'
    : isAssigned
      ? 'was given'
      : 'has an association for';
  const weight = isRefused ? 'medium' : severity;
  return {
    object: `${identity.key} for ${home}${isRefused ? ': refused' : ''}`,
    message: `IKE identity ${identity.text} ${deed} home address ${home}, for which it is not authorised`,
    packet: context.packet,
    evidence: [
      {
        packet: context.packet,
        text: `identity ${identity.text}, home address ${home} in ${isAssigned ? 'the configuration payload' : 'its traffic selector'}${isRefused ? ' (refused)' : ''}: ${text}`,
        link: context.link,
      },
    ],
    confidence,
    // The home agent has refused it, as it should: that is its answer.
    ...(isRefused ? { isToPass: true } : {}),
    ...(weight === undefined ? {} : { severity: weight }),
    stage: 'policy-breach',
    homeAddress: address,
  };
}

// --- main mode with a preshared key --------------------------------------------------------------------

function preshared(event: EventOf<'ike'>, context: RuleContext): AlertDraft | undefined {
  const { version, exchange, isInitiator, responderSpi, authenticationMethods } = event;
  if (version !== 1 || exchange !== IKEV1_EXCHANGE.mainMode || isInitiator === true) {
    return undefined;
  }
  const isChoice = responderSpi.some((octet) => octet !== 0);
  const ends = ikeEndsOf(event, context);
  if (!isChoice || ends === undefined) return undefined;
  if (!authenticationMethods.some((method) => PRESHARED.has(method))) return undefined;
  const { node, homeAgent } = ends;
  const key = registrationKey(node, homeAgent);
  const { packet, link } = event.context;
  const seen: Preshared = { packet, link };
  const home = context.isHomeAddress(node)
    ? node
    : mobileNodeAt(node, homeAgent, context, context.tableOf<Uint8Array>('mobile', MEMORY));
  if (home !== undefined) return presharedDraft(seen, home, node, homeAgent, packet);
  // Static addresses may do so; whether this one is a care-of address a registration tells.
  context.table<Preshared>('preshared', MEMORY).set(key, seen);
  return undefined;
}

function registered(
  { change, binding, packet }: EventOf<'binding'>,
  context: RuleContext,
): AlertDraft | undefined {
  const isNew = change === 'registered' || change === 'moved' || change === 'refreshed';
  if (binding.role !== 'home' || !isNew) return undefined;
  const { homeAddress, careOfAddress, peer } = binding;
  if (binding.isCareOfAddressShared !== false) {
    context.tableOf<Uint8Array>('mobile', MEMORY).set(homeAddress, careOfAddress, peer);
  }
  const preshared = context.table<Preshared>('preshared', MEMORY);
  const seen =
    preshared.size === 0 ? undefined : preshared.get(registrationKey(careOfAddress, peer));
  return seen && presharedDraft(seen, homeAddress, careOfAddress, peer, packet);
}

function presharedDraft(
  { packet: choice, link }: Preshared,
  homeAddress: Uint8Array,
  node: Uint8Array,
  homeAgent: Uint8Array,
  packet: PacketReference,
): AlertDraft {
  const home = formatAddress(homeAddress);
  const agent = formatAddress(homeAgent);
  return {
    object: `${home} at ${agent}: preshared key in main mode`,
    message: `mobile node ${home} and home agent ${agent} authenticate with a preshared key in IKEv1 main mode`,
    packet,
    evidence: [
      {
        packet: choice,
        text: `main mode between ${formatAddress(node)} and ${agent}, authentication method preshared key chosen; expected aggressive mode or signatures`,
        link,
      },
    ],
    confidence: 'certain',
    // A weak method is not a forged identity.
    isToPass: true,
    severity: 'medium',
    stage: 'policy-breach',
    homeAddress,
    homeAgent,
  };
}

export default defineRule({
  id: 'MIP6-1820',
  title: 'IKE identity not authorised for the home address',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.4', 'RFC 4877 sections 7.1, 7.3 and 9', 'RFC 6275 section 15.3'],
  needs: ['readable-ike'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'IKE proves who a node is; which home address it may have associations for, the home agent has to look up by ' +
    'that identity. When it does not, every node with good credentials can register the home address of every ' +
    'other. Here an identity negotiated a home address (in a traffic selector or a configuration payload) that the ' +
    'site provisions for others. Credentials that several nodes share are listed at each of them and raise nothing. ' +
    'Without identities in the site file, a home address that two identities negotiate in one capture is reported ' +
    'as medium and partial: a node may have got a new certificate. What the home agent refused is medium. An ' +
    'identity before EAP may stand for another one, so it is partial. This rule also reports (medium) a ' +
    'preshared key in IKEv1 main mode: the home agent then has to choose the key by the address of the peer, a ' +
    'care-of address, and no identity is tied to the home address. RFC 3776 demands aggressive mode there. It is ' +
    'reported only once the peer is known to be a mobile node, because with static addresses it is no problem.',
  advice:
    'Take down the associations of this identity and the binding of the home address. Make the home agent map each ' +
    'identity to its home address (peer authorisation database). If the node may have the address, add the identity ' +
    'to it in the site file. Replace preshared keys in main mode by signatures or by IKEv2.',
  on: ['ike', 'binding'],
  asksOnly: { binding: ['home-accepted'] },
  params: {},
  evaluate(event, context) {
    if (event.kind === 'binding') return registered(event, context);
    const draft = preshared(event, context);
    const drafts = unauthorised(event, context);
    return draft === undefined ? drafts : [draft, ...drafts];
  },
});
