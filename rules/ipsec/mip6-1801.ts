import {
  defineRule,
  findOption,
  formatAddress,
  homeBindingUpdateOf,
  protectionText,
} from '../../engine/rule-api.ts';

/** Protocol number of the Mobility Header and type of the Binding Update. RFC 6275 section 6.1. */
const MOBILITY_HEADER = 135;
const BINDING_UPDATE = 5;

export default defineRule({
  id: 'MIP6-1801',
  title: 'Unprotected home Binding Update',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.1', 'RFC 6275 sections 5.1 and 15.3'],
  needs: [],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'A home registration decides where all traffic of a node goes, so RFC 3776 has it protected by IPsec without ' +
    'exception. One in clear can be made by anybody who knows a home address: whoever sends it either tests ' +
    'whether the home agent takes it, or belongs to a site that does not protect its nodes. The authentication ' +
    'option of RFC 4285 is another way to protect it; with that option the finding weighs less.',
  advice:
    'Drop Binding Updates with the H flag that come without ESP before they reach the home agent, and check in ' +
    'its policy that it drops them too. If the site works without IPsec on purpose, say ipsec.signalling: optional ' +
    'in the site file.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-update'] },
  params: {},
  evaluate(event, context) {
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined || update.isProtected) return undefined;
    if (event.context.hasAuthenticationHeader === true) return undefined;
    const { homeAddress, homeAgent, wireSource, lifetime } = update;
    const policy = context.policyOf({
      source: homeAddress,
      destination: homeAgent,
      protocol: MOBILITY_HEADER,
      type: BINDING_UPDATE,
      ...(update.via === 'tunnel' ? { tunnel: { homeAddress, homeAgent } } : {}),
    });
    if (policy.kind !== 'protect') return undefined;
    const hasOption = findOption(event.header.options, 'message-authentication') !== undefined;
    const home = formatAddress(homeAddress);
    const agent = formatAddress(homeAgent);
    const what = lifetime === 0 ? 'de-registration' : 'registration';
    return {
      object: `${home} at ${agent}${hasOption ? ': RFC 4285' : ''}`,
      message: `${what} of ${home} at home agent ${agent} came ${protectionText(event.context)} from ${formatAddress(wireSource)}`,
      packet: event.context.packet,
      evidence: [
        {
          packet: event.context.packet,
          text: `Binding Update with H flag, sequence ${update.sequence}, ${protectionText(event.context)}; expected ESP${hasOption ? '; it carries an authentication option of RFC 4285' : ''}`,
          link: event.context.link,
        },
      ],
      confidence: hasOption ? 'partial' : 'certain',
      ...(hasOption ? { severity: 'medium' } : {}),
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
      attacker: wireSource,
    };
  },
});
