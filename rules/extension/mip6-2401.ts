import {
  BINDING_UPDATE_FLAGS,
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  homeRegistrationOf,
  isProtected,
  isSameAddress,
  mobileNetworkPrefixesOf,
  overlaps,
  prefixText,
} from '../../engine/rule-api.ts';

/** Invalid Prefix and Not Authorized for Prefix. RFC 3963 section 4.2. */
const REFUSED = new Set([141, 142]);

export default defineRule({
  id: 'MIP6-2401',
  title: 'Mobile router claims a prefix that is not its own',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 3963 sections 6.2 and 9'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'A mobile router registers the prefixes of the network behind it, and the home agent sends all their traffic ' +
    'through its tunnel. With a prefix that belongs to somebody else a router takes the traffic of a whole network. ' +
    'This Binding Update names a prefix that the site file does not give to this router, or that another router has ' +
    'registered. That the home agent refused (status 141 or 142) shows the attempt and weighs less.',
  advice:
    'Keep a table of prefixes and home addresses at the home agent (RFC 3963 section 6.2) and give it in the site file ' +
    'as mobileNodes.mobileNetworkPrefixes. Ask the owner of the router why it asks for this prefix.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['home-update'], 'binding-acknowledgement': ['refusal'] },
  params: {},
  evaluate(event, context) {
    const { header } = event;
    const { packet } = event.context;
    const { message } = header;
    if (message.kind === 'binding-acknowledgement') {
      if (!REFUSED.has(message.status) || event.checksum === 'wrong') return undefined;
      const homeAddress = event.context.routingHomeAddress ?? event.context.destination;
      const home = formatAddress(homeAddress);
      return {
        object: `${home}: refused`,
        message: `home agent ${formatAddress(event.context.source)} refused ${home} a mobile network prefix`,
        packet,
        evidence: [
          evidenceOf(event.context, `Binding Acknowledgement with status ${message.status}`),
        ],
        confidence: isProtected(event.context) ? 'certain' : 'partial',
        severity: 'medium',
        homeAddress,
        homeAgent: event.context.source,
      };
    }
    if (message.kind !== 'binding-update') return undefined;
    if ((message.flags & BINDING_UPDATE_FLAGS.mobileRouter.mask) === 0) return undefined;
    const update = homeRegistrationOf(event);
    if (update === undefined || update.lifetime === 0) return undefined;
    const { homeAddress, homeAgent, wireSource } = update;
    const told = context.site.mobileNodes.find((node) =>
      isSameAddress(node.homeAddress, homeAddress),
    );
    const own = told?.mobileNetworkPrefixes ?? [];
    for (const wanted of mobileNetworkPrefixesOf(event)) {
      const isOwn = own.some((item) => item.length <= wanted.length && covers(item, wanted.prefix));
      if (isOwn) continue;
      const other = context.mobileNetworkOwner(wanted, homeAddress);
      const isTaken =
        other !== undefined && context.homeBinding(other.homeAddress)?.phase === 'registered';
      const toldOther = context.site.mobileNodes.find(
        (node) =>
          node !== told && node.mobileNetworkPrefixes.some((item) => overlaps(item, wanted)),
      );
      if (own.length === 0 && !isTaken && toldOther === undefined) continue;
      const owner = toldOther?.homeAddress ?? (isTaken ? other.homeAddress : undefined);
      const home = formatAddress(homeAddress);
      const whose = owner === undefined ? '' : `, which is that of ${formatAddress(owner)}`;
      return {
        object: `${home}: ${prefixText(wanted)}`,
        message: `${home} registers mobile network prefix ${prefixText(wanted)}${whose === '' ? ', which is not its own' : whose}`,
        packet,
        evidence: [
          evidenceOf(
            event.context,
            `Binding Update with R flag, sequence ${update.sequence}, prefix ${prefixText(wanted)}; own prefixes ${own.map(prefixText).join(', ') || 'not told'}`,
          ),
        ],
        confidence: 'certain',
        stage: 'policy-breach',
        homeAddress,
        homeAgent,
        attacker: wireSource,
      };
    }
    return undefined;
  },
});
