import {
  defineRule,
  formatAddress,
  formatSpi,
  homeBindingUpdateOf,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1819',
  title: 'Binding Update inside the payload tunnel',
  severity: 'medium',
  category: 'ipsec',
  references: ['RFC 3776 section 4.2', 'RFC 6275 section 11.7.1'],
  needs: ['security-associations', 'readable-signalling'],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'Home registrations have an association of their own. This one came out of the tunnel whose association ' +
    'carried payload before: the policy of the node chose the wrong association, or somebody walks around the ' +
    'selectors of the right one. RFC 4877 allows registrations in tunnel mode, under an association of their own; ' +
    'that is not reported, nor are Binding Updates for correspondents, which go through the tunnel rightly.',
  advice:
    'Put the entry for Binding Updates before that for payload in the policies (RFC 3776 section 5.2.2: order ' +
    'matters), and let the home agent drop home registrations that come out of the payload tunnel.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['protected'] },
  params: {},
  evaluate(event, context) {
    const { protection, esp, packet, link } = event.context;
    const facts = esp?.security;
    if (protection !== 'esp-tunnel' || esp === undefined || facts === undefined) return undefined;
    if (facts.payloadPackets === 0 || facts.isShared) return undefined;
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined) return undefined;
    const { homeAddress, homeAgent } = update;
    const home = formatAddress(homeAddress);
    return {
      object: `${home} at ${formatAddress(homeAgent)}`,
      message: `a home registration of ${home} came out of its payload tunnel`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update with sequence ${update.sequence} under SPI ${formatSpi(esp.spi)}, which carried ${facts.payloadPackets} packets of payload before; expected the association for Binding Updates`,
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
