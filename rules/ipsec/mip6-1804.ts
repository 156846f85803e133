import {
  defineRule,
  formatAddress,
  homeBindingUpdateOf,
  isSameAddress,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1804',
  title: 'Home registration without Alternate Care-of Address',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.1 and 4.3', 'RFC 6275 section 11.7.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'ESP does not cover the IPv6 header in front of it. The care-of address is therefore repeated inside, in the ' +
    'Alternate Care-of Address option, and RFC 3776 demands that of every registration from away. Without it the ' +
    'home agent takes the source of the outer header, which anybody on the way can exchange: the traffic of the ' +
    'node then goes where they want.',
  advice:
    'Update or configure the mobile node to send the option, and let the home agent refuse registrations without ' +
    'it. Compare the registered care-of address with the link the node is on.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-update'] },
  params: {},
  evaluate(event, context) {
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined || !update.isProtected || update.lifetime === 0) return undefined;
    if (update.alternateCareOfAddress !== undefined) return undefined;
    const { homeAddress, homeAgent, wireSource } = update;
    // A node at home needs none. RFC 3776 section 4.3.
    if (update.via === 'source' || isSameAddress(wireSource, homeAddress)) return undefined;
    const home = formatAddress(homeAddress);
    const { packet, link } = event.context;
    return {
      object: `${home} at ${formatAddress(homeAgent)}`,
      message: `${home} registers from ${formatAddress(wireSource)} without Alternate Care-of Address: its care-of address is not protected`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update with sequence ${update.sequence}, lifetime ${update.lifetime * 4} s, without Alternate Care-of Address option; care-of address taken from the source ${formatAddress(wireSource)}`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
    };
  },
});
