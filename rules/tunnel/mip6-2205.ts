import {
  addressKey,
  bindingUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  isBindingValid,
  isLinkLayerOfRouter,
  isMulticast,
  isSameLinkLayer,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  Link,
  PacketContext,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Nodes remembered. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** A node that goes on speaking is noted again after this time, microseconds. */
const NOTED_AGAIN = 60e6;
/** Seconds in which packets are counted. */
const WINDOW = 60;
/** Hop limits that senders begin with; a packet that a router has passed on has less. */
const FIRST_HOP_LIMITS: ReadonlySet<number> = new Set([64, 128, 255]);
const NONE = 59;

const params = {
  packets: {
    default: 3,
    min: 1,
    max: 1000,
    unit: 'packets',
    doc: 'bare packets of one home address within a minute that are no slip after a start',
  },
} satisfies RuleDefinition['params'];

/** Events of packets that a node away from home sends. */
type AwayEvent = EventOf<'mobility' | 'esp' | 'tunnelled'>;

/** Where a node was seen to be. */
interface Place {
  readonly link: Link;
  linkLayerAddress: Uint8Array;
  packet: PacketReference;
  /** Its `packet` is the last one in the tunnel. */
  told: { readonly packet: PacketReference } | undefined;
  /** When the entry was set, microseconds. */
  readonly since: number;
}

/** The last packet that the node sent from its care-of address. */
function lastOf({ packet, told }: Place): PacketReference {
  return told !== undefined && told.packet.time >= packet.time ? told.packet : packet;
}

function isOneOf(addresses: readonly Uint8Array[], address: Uint8Array): boolean {
  for (const item of addresses) if (isSameLinkLayer(item, address)) return true;
  return false;
}

/** Whether the frame was put on the link by a router of it. */
function isFromRouter({ link, linkSource }: PacketContext, context: RuleContext): boolean {
  if (linkSource === undefined) return false;
  const { outsideLinkLayerAddresses, routers, homeAgents } = context.site;
  if (isOneOf(outsideLinkLayerAddresses, linkSource)) return true;
  for (const told of routers) if (isOneOf(told.linkLayerAddresses, linkSource)) return true;
  for (const told of homeAgents) if (isOneOf(told.linkLayerAddresses, linkSource)) return true;
  for (const router of context.routers(link)) {
    if (isLinkLayerOfRouter(router, linkSource)) return true;
  }
  return false;
}

export default defineRule({
  id: 'MIP6-2205',
  title: 'Home address in clear on a foreign link while it is registered',
  severity: 'high',
  category: 'tunnel',
  references: [
    'RFC 6275 sections 11.3.1 and 15.7',
    'draft-ebalard-mext-hld-security-00 section 2.2',
  ],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'A node that is away sends everything of its home address through the tunnel, or with a Home Address option to ' +
    'correspondents that agreed. Here packets leave a visited link with the bare home address, although the node is ' +
    'registered and has not asked to be taken for at home. Either its policy has a hole and what should be protected is ' +
    'not, or a neighbour sends in its name; the link-layer address tells which. Packets that a router brings onto the link ' +
    'are no finding: their hop limit has fallen.',
  advice:
    'Same link-layer address as the node: check its routes and IPsec policies (there must be one that blocks the bare home ' +
    'address). Another one: somebody on the link forges; let the access router drop sources that are not of the link.',
  on: ['home-address-traffic', 'mobility', 'esp', 'tunnelled'],
  messages: ['binding-update'],
  asksOnly: { esp: ['home-address-option'], tunnelled: ['news-from-care-of-address'] },
  params,
  evaluate(event, context) {
    if (event.kind !== 'home-address-traffic') {
      notePlace(event, context);
      return undefined;
    }
    const { homeAddress, direction, protocol, context: packet } = event;
    const { link, destination, linkSource, hopLimit } = packet;
    if (direction !== 'from' || link.effectiveRole !== 'foreign') return undefined;
    // Groups of the link, and probes without content.
    if (isMulticast(destination) || protocol === NONE || linkSource === undefined) return undefined;
    const binding = context.homeBinding(homeAddress);
    if (binding === undefined || binding.phase !== 'registered') return undefined;
    // A de-registration is under way: rules 1105 and 1112.
    if (binding.pending?.lifetime === 0 || binding.pending?.isHomeStyle === true) return undefined;
    if (!FIRST_HOP_LIMITS.has(hopLimit) || isFromRouter(packet, context)) return undefined;
    const key = `${link.id}/${addressKey(homeAddress)}`;
    const count = context
      .counts('bare', { windowSeconds: WINDOW, maxEntries: BOUNDS.maxEntries })
      .add(key);
    if (count < context.params.packets) return undefined;
    const place = context.tableOf<Place>('places', BOUNDS).get(homeAddress, undefined, link.id);
    const isOwn = place !== undefined && isSameLinkLayer(place.linkLayerAddress, linkSource);
    const home = formatAddress(homeAddress);
    const by = formatMac(linkSource);
    return {
      object: `${key}${isOwn ? '' : ': another'}`,
      message: isOwn
        ? `${home} sends past its tunnel on link ${link.name}, where it is a guest`
        : `${by} sends as ${home} in clear on link ${link.name}`,
      packet: packet.packet,
      evidence: [
        {
          packet: binding.lastChange,
          text: `${home} is registered at ${formatAddress(binding.careOfAddress)}`,
        },
        ...(place === undefined
          ? []
          : [
              {
                packet: lastOf(place),
                text: `the node speaks from its care-of address with link-layer address ${formatMac(place.linkLayerAddress)}`,
                link: place.link,
              },
            ]),
        evidenceOf(
          packet,
          `bare packet from ${home} to ${formatAddress(destination)}, protocol ${protocol}, hop limit ${hopLimit}, link-layer source ${by}, number ${count} within ${WINDOW} s`,
        ),
      ],
      confidence: isOwn ? 'certain' : 'partial',
      stage: 'unprotected-traffic',
      homeAddress,
      homeAgent: binding.peer,
      ...(isOwn ? {} : { attacker: linkSource }),
    };
  },
});

/** Remembers with which link-layer address a node speaks from its care-of address. */
function notePlace(event: AwayEvent, context: RuleContext): void {
  let wire = event.context;
  while (wire.outer !== undefined) wire = wire.outer;
  const { link, linkSource, packet, hopLimit } = wire;
  // A link that somebody named stays what it is; an unknown one may turn out to be a foreign one.
  if (link.effectiveRole === 'home' || link.effectiveRole === 'transit') return;
  if (linkSource === undefined || !FIRST_HOP_LIMITS.has(hopLimit)) return;
  const homeAddress = homeAddressOf(event, context);
  if (homeAddress === undefined) return;
  const { now } = context;
  const told = event.kind === 'tunnelled' ? event.told : undefined;
  const places = context.tableOf<Place>('places', BOUNDS);
  const place = places.get(homeAddress, undefined, link.id);
  const isKnown = place !== undefined && isSameLinkLayer(place.linkLayerAddress, linkSource);
  if (!isKnown && isFromRouter(wire, context)) return;
  if (place === undefined || Math.abs(now - place.since) >= NOTED_AGAIN) {
    const seen = { link, linkLayerAddress: linkSource, packet, told, since: now };
    places.set(seen, homeAddress, undefined, link.id);
    return;
  }
  place.linkLayerAddress = linkSource;
  place.packet = packet;
  place.told = told ?? place.told;
}

/** Home address of the node that an away packet is from, as the packet or the binding says. */
function homeAddressOf(event: AwayEvent, context: RuleContext): Uint8Array | undefined {
  if (event.kind === 'mobility') {
    return bindingUpdateOf(event) === undefined ? undefined : event.context.homeAddressOption;
  }
  if (event.kind === 'esp') return event.context.homeAddressOption;
  const { outer } = event.context;
  const binding = outer === undefined ? undefined : context.careOfBinding(outer.source);
  return binding !== undefined && isBindingValid(binding, context.now)
    ? binding.homeAddress
    : undefined;
}
