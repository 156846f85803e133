import {
  bindingUpdateOf,
  defineRule,
  formatAddress,
  formatMac,
  homeStyleSignallingOf,
  isBare,
  isSameLinkLayer,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext } from '../../engine/rule-api.ts';

/** Home address and agent of signalling that has a home address as wire source. */
function homeSourced(
  event: EventOf<'esp' | 'mobility'>,
  context: RuleContext,
): { homeAddress: Uint8Array; homeAgent: Uint8Array } | undefined {
  const style = homeStyleSignallingOf(event, context);
  if (style !== undefined || event.kind === 'esp') return style;
  const { source, destination, homeAddressOption } = event.context;
  if (bindingUpdateOf(event) === undefined || homeAddressOption !== undefined) return undefined;
  if (!isBare(event.context) || !context.isHomeAgent(destination)) return undefined;
  if (context.isHomeAgent(source)) return undefined;
  return context.isHomeAddress(source) || context.homePrefixOf(source) !== undefined
    ? { homeAddress: source, homeAgent: destination }
    : undefined;
}

export default defineRule({
  id: 'MIP6-1110',
  title: 'Signalling with a home address as source comes from outside',
  severity: 'high',
  category: 'home-link',
  references: ['draft-ebalard-mext-hld-security-00 section 4.1', 'RFC 6275 section 15.7', 'BCP 38'],
  needs: ['perimeter'],
  verdict: 'drop',
  explanation:
    'A home address belongs to the home link. A packet that has one as source and comes to the home agent from ' +
    'outside cannot be what it says: a node that is away uses its care-of address. It is what becomes of a ' +
    'de-registration that a misled node sends on a foreign link, or that an attacker passes on unchanged from a ' +
    'network without ingress filtering. The home agent cannot tell it from a node at home.',
  advice:
    'Drop packets with sources of the home prefix on outside interfaces of the home network (BCP 38, BCP 84), and ' +
    'let the home agent accept home-style Binding Updates only from its home link.',
  on: ['esp', 'mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['unnamed'], esp: ['plain'] },
  params: {},
  evaluate(event, context) {
    const { link, linkSource, packet } = event.context;
    if (event.kind === 'esp' && event.layout !== 'plain') return undefined;
    const isOutside =
      link.effectiveRole === 'transit' ||
      context.site.outsideLinkLayerAddresses.some((mac) => isSameLinkLayer(mac, linkSource));
    if (!isOutside) return undefined;
    const found = homeSourced(event, context);
    if (found === undefined) return undefined;
    const { homeAddress, homeAgent } = found;
    const what = event.kind === 'esp' ? 'ESP' : 'Binding Update';
    const by = linkSource === undefined ? '' : ` from ${formatMac(linkSource)}`;
    return {
      object: registrationKey(homeAddress, homeAgent),
      message: `signalling of ${formatAddress(homeAddress)} to home agent ${formatAddress(homeAgent)} came from outside, on link ${link.name}, with the home address as source`,
      packet,
      evidence: [
        {
          packet,
          text: `${what} ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)} without Home Address option${by}, hop limit ${event.context.hopLimit}`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'binding-update-relayed',
      homeAddress,
      homeAgent,
      ...(linkSource === undefined ? {} : { attacker: linkSource }),
    };
  },
});
