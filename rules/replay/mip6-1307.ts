import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  isAcceptedOnLink,
  isBindingValid,
  isLinkLayerOfRouter,
  isMadeOf,
  isSameAddress,
  isSameLinkLayer,
  neighborStatementOf,
} from '../../engine/rule-api.ts';
import type {
  Binding,
  EventOf,
  Link,
  PacketContext,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

/** MAX_RR_BINDING_LIFETIME, seconds: as long bindings at correspondents may stay. RFC 6275 section 12. */
const BINDING_LIFETIME = 420;
const BOUNDS = { maxEntries: 4096, ttlSeconds: BINDING_LIFETIME };
/** Correspondents remembered of one care-of address. */
const MAX_PEERS = 16;

/** Who had a care-of address on a link. */
interface Owner {
  readonly linkLayer: Uint8Array;
  readonly packet: PacketReference;
}

/** A care-of address that its node has left. */
interface Left {
  readonly homeAddress: Uint8Array;
  readonly packet: PacketReference;
}

function ownerKey(link: Link, address: Uint8Array): string {
  return `${link.id}/${addressKey(address)}`;
}

/** Whether a packet on this link came from its sender directly: not out of a tunnel and not from a router. */
function isFromSender(
  { outer, encapsulation, link, linkSource }: PacketContext,
  context: RuleContext,
) {
  if (outer !== undefined || encapsulation.length > 0 || linkSource === undefined) return false;
  for (const router of context.routers(link)) {
    if (isLinkLayerOfRouter(router, linkSource)) return false;
  }
  return true;
}

/** Takes note of what becomes of bindings. */
function follow(
  { binding, change, previousCareOfAddress, packet }: EventOf<'binding'>,
  context: RuleContext,
): void {
  const isRegistered = change === 'registered' || change === 'refreshed' || change === 'moved';
  const { homeAddress, careOfAddress } = binding;
  if (binding.role === 'correspondent' && isRegistered) {
    const bound = context.tableOf<Readonly<Binding>[]>('bound', BOUNDS);
    const peers = bound.get(careOfAddress) ?? [binding];
    if (peers.at(-1) !== binding) {
      const at = peers.indexOf(binding);
      if (at >= 0) peers.splice(at, 1);
      peers.push(binding);
      if (peers.length > MAX_PEERS) peers.shift();
    }
    bound.set(peers, careOfAddress);
  }
  const isGone = change === 'moved' || change === 'deregistered';
  if (!isGone || previousCareOfAddress === undefined) return;
  if (isSameAddress(previousCareOfAddress, careOfAddress)) return;
  context
    .table<Left>('left', BOUNDS)
    .set(addressKey(previousCareOfAddress), { homeAddress, packet });
}

/** The address that a message claims for its sender, and how. */
function claimOf(
  event: EventOf<'mobility' | 'icmpv6'>,
):
  | { readonly address: Uint8Array; readonly linkLayer: Uint8Array; readonly text: string }
  | undefined {
  const { context: wire } = event;
  const { linkSource, source } = wire;
  if (linkSource === undefined || event.checksum === 'wrong') return undefined;
  if (event.kind === 'icmpv6') {
    if (!isAcceptedOnLink(event)) return undefined;
    const { message } = event;
    if (message.kind === 'neighbor-solicitation' && source.every((octet) => octet === 0)) {
      const text = 'duplicate address detection for it';
      return { address: message.targetAddress, linkLayer: linkSource, text };
    }
    const said = neighborStatementOf(event);
    if (said === undefined) return undefined;
    const { address, linkLayerAddress } = said;
    return { address, linkLayer: linkLayerAddress, text: `${message.kind} for it` };
  }
  const { message } = event.header;
  if (message.kind !== 'binding-update' && message.kind !== 'care-of-test-init') return undefined;
  const text =
    message.kind === 'binding-update' ? 'Binding Update from it' : 'Care-of Test Init from it';
  return { address: source, linkLayer: linkSource, text };
}

export default defineRule({
  id: 'MIP6-1307',
  title: 'Care-of address taken over by a neighbour after its node has left',
  severity: 'high',
  category: 'replay',
  references: ['RFC 4225 section 3.1.6'],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'For some seconds after a node has moved, correspondents still send to its old care-of address, because they have ' +
    'not been told, or because somebody keeps the update from them. A neighbour on the link it left that takes this ' +
    'address gets what they send, answers the care-of test for it, and can prolong the binding. Here another link-layer ' +
    'address than the one the node had asks for, defends or uses the address while a binding at a correspondent still ' +
    'names it.',
  advice:
    'Look at who has the link-layer address. Let the link tie addresses to ports (RFC 7513). Make the node delete its ' +
    'old bindings when it moves.',
  on: ['mobility', 'icmpv6', 'binding'],
  messages: [
    'binding-update',
    'care-of-test-init',
    'neighbor-solicitation',
    'neighbor-advertisement',
    'router-solicitation',
    'router-advertisement',
  ],
  asksOnly: {
    'binding-update': ['on-foreign-link'],
    'care-of-test-init': ['on-foreign-link'],
    // What correspondents have matters once somebody is known to be at an address of a foreign link.
    binding: ['holding owners', 'moved', 'ended'],
  },
  params: {},
  evaluate(event, context) {
    if (event.kind === 'binding') {
      follow(event, context);
      return undefined;
    }
    const { context: wire } = event;
    const { link, packet } = wire;
    if (link.effectiveRole !== 'foreign') return undefined;
    const claim = claimOf(event);
    if (claim === undefined || !isFromSender(wire, context)) return undefined;
    const { address, linkLayer, text } = claim;
    const owners = context.table<Owner>('owners', BOUNDS);
    const key = ownerKey(link, address);
    const owner = owners.get(key);
    const left = context.table<Left>('left', BOUNDS).get(addressKey(address));
    if (owner === undefined || isSameLinkLayer(owner.linkLayer, linkLayer)) {
      if (left === undefined) owners.set(key, { linkLayer, packet });
      return undefined;
    }
    if (left === undefined || isMadeOf(address, linkLayer)) return undefined;
    const bound = context.tableOf<Readonly<Binding>[]>('bound', BOUNDS).get(address);
    const alive = bound?.find(
      (binding) =>
        isSameAddress(binding.careOfAddress, address) && isBindingValid(binding, context.now),
    );
    if (alive === undefined) return undefined;
    const { homeAddress } = left;
    const careOf = formatAddress(address);
    return {
      object: key,
      message: `${formatMac(linkLayer)} on link ${link.name} takes over ${careOf}, the care-of address that ${formatAddress(homeAddress)} has left`,
      packet,
      evidence: [
        { packet: owner.packet, text: `${careOf} was at ${formatMac(owner.linkLayer)}`, link },
        { packet: left.packet, text: `${formatAddress(homeAddress)} has left ${careOf}` },
        evidenceOf(
          wire,
          `${text}, from ${formatMac(linkLayer)}; ${formatAddress(alive.peer)} still has a binding to it`,
        ),
      ],
      confidence: 'partial',
      homeAddress,
      attacker: linkLayer,
    };
  },
});
