import {
  defineRule,
  formatAddress,
  homeTestExposure,
  protectionText,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1811',
  title: 'Home Test Init not in the protected tunnel',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.2 and 4.1', 'RFC 6275 section 11.6.1'],
  needs: ['home-prefixes'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'A node away from home sends its Home Test Init through the tunnel to its home agent, under ESP. Bare on a ' +
    'visited link, with the home address as source, it is either of a node that has lost its tunnel or of somebody ' +
    'who wants to redirect its traffic. In a tunnel without ESP the answer can be read on the link; RFC 3776 says ' +
    'SHOULD there, so it is reported where the site asks for protected payload. At home it is bare, and right.',
  advice:
    'Let the visited network drop packets whose source is not of its own prefixes. Give the node associations for ' +
    'return routability.',
  on: ['mobility'],
  messages: ['home-test-init'],
  params: {},
  evaluate(event, context) {
    if (event.header.message.kind !== 'home-test-init') return undefined;
    const found = homeTestExposure(event, event.context.source, context);
    if (found === undefined) return undefined;
    const { packet, link, source, destination } = event.context;
    const home = formatAddress(source);
    return {
      object: `${home}: ${found}`,
      message: `${home} sent a Home Test Init ${protectionText(event.context)} on link ${link.name}`,
      packet,
      evidence: [
        {
          packet,
          text: `Home Test Init from ${home} to ${formatAddress(destination)} ${protectionText(event.context)}; expected under ESP in the tunnel to the home agent`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress: source,
    };
  },
});
