import {
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  includesAddress,
  isSameLinkLayer,
} from '../../engine/rule-api.ts';

/** Option-Code of the address of the next access router. RFC 5568 section 6.4.1. */
const NEXT_ROUTER = 3;
/** A neighbor sends with it; a router would have lowered it. */
const HOP_LIMIT = 255;

export default defineRule({
  id: 'MIP6-2602',
  title: 'Proxy Router Advertisement of an unknown router, or one that names a rogue next router',
  severity: 'high',
  category: 'extension',
  references: ['RFC 5568 sections 6.1.2 and 10'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Proxy Router Advertisement tells a node to which access point and router it may move and which address it will ' +
    'have there. Whoever sends one in the place of the access router leads the node to a network of his own. This one ' +
    'comes from a node that is no router of this link, by the site file or by the Router Advertisements seen, or ' +
    'names a next router that the site file does not know.',
  advice:
    'Find the sender by its link-layer address. List the access routers in the site file (routers, ' +
    'domain.accessGateways), and use SEND (RFC 3971) where nodes support it.',
  on: ['icmpv6'],
  messages: ['proxy-router-advertisement'],
  params: {},
  evaluate(event, context) {
    const { message, checksum } = event;
    if (message.kind !== 'proxy-router-advertisement' || checksum === 'wrong') return undefined;
    const { source, destination, packet, link, linkSource, hopLimit, outer } = event.context;
    // From farther away no node takes it.
    if (hopLimit !== HOP_LIMIT || outer !== undefined) return undefined;
    const who = `${formatAddress(source)}${linkSource === undefined ? '' : ` (${formatMac(linkSource)})`}`;
    const about = {
      packet,
      attacker: linkSource ?? source,
      stage: 'rogue-advertisement',
    } as const;
    const base = `Proxy Router Advertisement to ${formatAddress(destination)}, code ${message.code}`;
    const told = context.site.routers.filter(
      (router) => router.link === undefined || router.link === link.name,
    );
    const known = [...context.routers(link)].length;
    const isTold = told.some(
      (router) =>
        includesAddress(router.addresses, source) ||
        router.linkLayerAddresses.some((item) => isSameLinkLayer(item, linkSource)),
    );
    const isStranger =
      told.length > 0 ? !isTold : known > 0 && context.router(link, source) === undefined;
    if (isStranger) {
      return {
        ...about,
        object: formatAddress(source),
        message: `${who}, which is no router of link ${link.name}, sends Proxy Router Advertisements`,
        evidence: [
          evidenceOf(
            event.context,
            `${base}; ${told.length > 0 ? `${told.length} routers of the site file` : `${known} routers advertised themselves on this link`}, and it is none of them`,
          ),
        ],
        confidence: told.length > 0 ? 'certain' : 'partial',
      };
    }
    const { accessGateways } = context.site.domain;
    if (accessGateways.length === 0) return undefined;
    for (const option of message.options) {
      if (option.kind !== 'ip-address-or-prefix' || option.optionCode !== NEXT_ROUTER) continue;
      if (includesAddress(accessGateways, option.address)) continue;
      return {
        ...about,
        object: `${formatAddress(source)}: ${formatAddress(option.address)}`,
        message: `${who} sends nodes to next access router ${formatAddress(option.address)}, which the site does not know`,
        evidence: [
          evidenceOf(
            event.context,
            `${base}, with address of the new access router ${formatAddress(option.address)}; expected one of ${accessGateways.length} access routers of the site file`,
          ),
        ],
        confidence: 'certain',
      };
    }
    return undefined;
  },
});
