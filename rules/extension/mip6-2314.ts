import {
  defineRule,
  domainRole,
  evidenceOf,
  findOption,
  formatAddress,
  includesAddress,
  proxyAcknowledgementOf,
  tellsDomain,
} from '../../engine/rule-api.ts';
import type { MobilityHeader } from '../../engine/rule-api.ts';

/** Messages that move traffic between gateways, or tell a gateway to do something. */
const MOVING: ReadonlyMap<MobilityHeader['message']['kind'], string> = new Map<
  MobilityHeader['message']['kind'],
  string
>([
  ['localized-routing-initiation', 'Localized Routing Initiation'],
  ['localized-routing-acknowledgment', 'Localized Routing Acknowledgment'],
  ['update-notification', 'Update Notification'],
  ['update-notification-acknowledgement', 'Update Notification Acknowledgement'],
]);

export default defineRule({
  id: 'MIP6-2314',
  title: 'Redirection to an anchor or gateway outside the domain',
  severity: 'high',
  category: 'extension',
  references: ['RFC 6463 section 8', 'RFC 6705 sections 9 and 13', 'RFC 7077 section 8'],
  needs: ['mobility-anchors', 'access-gateways'],
  verdict: 'drop',
  explanation:
    'An anchor may hand a gateway over to another anchor (Redirect option), have two gateways exchange the traffic of ' +
    'their nodes directly (localized routing), or tell a gateway to register again (Update Notification). Each of ' +
    'them moves traffic to the address it names. This message names, or comes from, a node that does not belong to ' +
    'the domain. Domains that work together redirect to each other: their nodes have to be listed too.',
  advice:
    'List anchors and gateways of partner domains in the site file. If the address is nobody’s, take these messages ' +
    'under IPsec alone and look at what the gateway did with it.',
  on: ['mobility'],
  messages: [
    'binding-acknowledgement',
    'localized-routing-initiation',
    'localized-routing-acknowledgment',
    'update-notification',
    'update-notification-acknowledgement',
  ],
  asksOnly: { 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event, context) {
    const { header } = event;
    const answer = proxyAcknowledgementOf(event);
    const name = MOVING.get(header.message.kind);
    if (event.checksum === 'wrong' || (answer === undefined && name === undefined)) {
      return undefined;
    }
    const { source, destination, packet } = event.context;
    const { accessGateways, localMobilityAnchors } = context.site.domain;
    const draft = (name: Uint8Array, what: string, text: string, isCertain = true) =>
      ({
        object: `${formatAddress(name)}: ${what}`,
        message: `${what} ${formatAddress(name)}, which is no node of the domain`,
        packet,
        evidence: [evidenceOf(event.context, text)],
        confidence: isCertain ? 'certain' : 'partial',
        stage: 'policy-breach',
        attacker: source,
      }) as const;
    if (answer !== undefined) {
      const anchor = findOption(header.options, 'redirect')?.anchorAddress;
      if (anchor === undefined || localMobilityAnchors.length === 0) return undefined;
      if (includesAddress(localMobilityAnchors, anchor)) return undefined;
      return draft(
        anchor,
        `${formatAddress(source)} redirects gateway ${formatAddress(destination)} to`,
        `Proxy Binding Acknowledgement with Redirect option, status ${answer.status}, sequence ${answer.sequence}`,
      );
    }
    if (name === undefined) return undefined;
    if (tellsDomain(context.site)) {
      if (domainRole(source, context) !== 'site') {
        return draft(source, `${name} from`, `${name} to ${formatAddress(destination)}`);
      }
    } else {
      // Nobody told the domain: a stranger is who has no part in it, writing to somebody who has.
      const isStranger =
        domainRole(destination, context) !== undefined && domainRole(source, context) === undefined;
      return isStranger
        ? draft(source, `${name} from`, `${name} to ${formatAddress(destination)}`, false)
        : undefined;
    }
    const gateway = findOption(header.options, 'mag-ipv6-address')?.gatewayAddress;
    if (gateway === undefined || accessGateways.length === 0) return undefined;
    if (includesAddress(accessGateways, gateway)) return undefined;
    return draft(
      gateway,
      `${name} sends traffic to`,
      `MAG IPv6 Address option in a ${name} to ${formatAddress(destination)}`,
    );
  },
});
