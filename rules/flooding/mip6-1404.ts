import {
  addressKey,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  formatMac,
  includesLinkLayer,
  isLinkLayerOfRouter,
  isMadeOf,
  isSameAddress,
  isSameLinkLayer,
  isUnicastRoutable,
  isVirtualRouter,
} from '../../engine/rule-api.ts';
import type { EventOf } from '../../engine/rule-api.ts';

/** The care-of address that a message claims: with Alternate Care-of Address, else its source. */
function claimedAddress({ header, context }: EventOf<'mobility'>): Uint8Array | undefined {
  const { message, options } = header;
  if (message.kind === 'care-of-test-init') return context.source;
  if (message.kind !== 'binding-update') return undefined;
  return findOption(options, 'alternate-care-of-address')?.careOfAddress ?? context.source;
}

export default defineRule({
  id: 'MIP6-1404',
  title: 'Address of a neighbour claimed as care-of address',
  severity: 'medium',
  category: 'flooding',
  references: ['RFC 4225 section 5.3', 'RFC 6275 section 15.4.4'],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'The care-of test proves that a node gets packets at an address. Whoever is on the same link as a victim may see the ' +
    'answer to a test that he sends in its name, and then registers the address of the victim with a valid authenticator: ' +
    'the traffic of a download goes to the neighbour. The link-layer address gives it away: the Care-of Test Init or ' +
    'Binding Update comes from another one than neighbor discovery has shown for the address.',
  advice:
    'Look at who has the link-layer address. Have the switch or access router tie source addresses to ports (RFC 7039, ' +
    'RFC 7513).',
  on: ['mobility'],
  messages: ['care-of-test-init', 'binding-update'],
  asksOnly: { 'binding-update': ['on-foreign-link'], 'care-of-test-init': ['on-foreign-link'] },
  params: {},
  evaluate(event, context) {
    const { context: wire, checksum, header } = event;
    const { link, linkSource, source, outer, encapsulation, packet } = wire;
    if (link.effectiveRole !== 'foreign' || linkSource === undefined) return undefined;
    if (outer !== undefined || encapsulation.length > 0 || checksum === 'wrong') return undefined;
    const address = claimedAddress(event);
    if (address === undefined || !isUnicastRoutable(address)) return undefined;
    // Deletions name the home address.
    const isDeletion =
      header.message.kind === 'binding-update' &&
      (header.message.lifetime === 0 || isSameAddress(address, wire.homeAddressOption));
    if (isDeletion || isVirtualRouter(linkSource)) return undefined;
    const neighbor = context.neighbor(link, address);
    const owner = neighbor?.claims[0];
    if (neighbor === undefined || owner === undefined) return undefined;
    if (isSameLinkLayer(owner.linkLayerAddress, linkSource)) return undefined;
    const addresses = neighbor.claims.map(({ linkLayerAddress }) => linkLayerAddress);
    // One machine with a new link-layer address has said so itself.
    if (includesLinkLayer({ addresses }, linkSource) || isMadeOf(address, linkSource)) {
      return undefined;
    }
    const { lastPacket, linkLayerAddress } = owner;
    // What routers forward has their link-layer address.
    for (const router of context.routers(link)) {
      if (isLinkLayerOfRouter(router, linkSource)) return undefined;
    }
    const name = header.message.kind === 'binding-update' ? 'Binding Update' : 'Care-of Test Init';
    const isAlternate = !isSameAddress(address, source);
    const by = formatMac(linkSource);
    const isAuthenticated = event.authentication === 'right';
    return {
      object: `${link.id}/${addressKey(address)}`,
      message: `${by} on link ${link.name} claims ${formatAddress(address)}, the address of its neighbour ${formatMac(linkLayerAddress)}, as care-of address`,
      packet,
      evidence: [
        {
          packet: lastPacket,
          text: `${formatAddress(address)} is at ${formatMac(linkLayerAddress)}`,
          link,
        },
        evidenceOf(
          wire,
          `${name} from ${by} ${isAlternate ? 'with Alternate Care-of Address' : 'with source'} ${formatAddress(address)}${isAuthenticated ? ', authenticator right' : ''}`,
        ),
      ],
      confidence: isAuthenticated ? 'certain' : 'partial',
      ...(wire.homeAddressOption === undefined ? {} : { homeAddress: wire.homeAddressOption }),
      attacker: linkSource,
    };
  },
});
