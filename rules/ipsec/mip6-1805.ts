import {
  defineRule,
  formatAddress,
  homeBindingUpdateOf,
  isSameAddress,
  isUnicastRoutable,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1805',
  title: 'Source differs from the Alternate Care-of Address of a home registration',
  severity: 'high',
  category: 'ipsec',
  references: [
    'RFC 3776 section 4.3',
    'RFC 6275 section 15.3',
    'draft-ebalard-mext-hld-security-00 section 5.3',
  ],
  needs: ['readable-signalling'],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'A node names its care-of address twice: as source of the packet and, under the protection of ESP, in the ' +
    'Alternate Care-of Address option. When the two differ, the packet was rewritten or relayed on the way, or the ' +
    'node registers an address that is not its own, so that the home agent floods a third party. A node with ' +
    'several interfaces may register one address from another; therefore the finding is never certain.',
  advice:
    'Find out whose the registered address is. If it is not of the node, take the binding out of the home agent; ' +
    'if the source is unknown, look for a relay on the link of the node.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-update'] },
  params: {},
  evaluate(event, context) {
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined || !update.isProtected || update.lifetime === 0) return undefined;
    const { homeAddress, homeAgent, wireSource, alternateCareOfAddress } = update;
    if (alternateCareOfAddress === undefined || update.hasBindingIdentifier) return undefined;
    if (isSameAddress(alternateCareOfAddress, wireSource)) return undefined;
    // What no node can have as address, no receiver takes. RFC 6275 section 9.5.1.
    if (!isUnicastRoutable(alternateCareOfAddress)) return undefined;
    // A deletion, for those who still write it so; rules on de-registrations judge it.
    if (isSameAddress(alternateCareOfAddress, homeAddress)) return undefined;
    const home = formatAddress(homeAddress);
    const source = formatAddress(wireSource);
    const careOf = formatAddress(alternateCareOfAddress);
    const { packet, link } = event.context;
    return {
      object: `${home} at ${formatAddress(homeAgent)}: ${source}`,
      message: `${source} registers care-of address ${careOf} for ${home}, which is not where the packet comes from`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update with sequence ${update.sequence}: source ${source}, Alternate Care-of Address ${careOf}; expected the same`,
          link,
        },
      ],
      confidence: 'partial',
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
      attacker: wireSource,
    };
  },
});
