import {
  defineRule,
  formatAddress,
  homeTestExposure,
  protectionText,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1812',
  title: 'Home Test not in the protected tunnel',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.2 and 4.1', 'RFC 6275 section 15.4'],
  needs: ['home-prefixes'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The Home Test carries the token that, together with that of the care-of test, lets a node redirect its ' +
    'traffic at a correspondent. Between home agent and node it goes under ESP. Bare on a visited link it was put ' +
    'there by somebody else than the home agent; in a tunnel without ESP everybody on the link reads the token. ' +
    'RFC 3776 says SHOULD for the latter, so it is reported where the site asks for protected payload.',
  advice:
    'Give home agent and node associations for return routability, and let the visited network drop packets to ' +
    'home addresses that come bare.',
  on: ['mobility'],
  messages: ['home-test'],
  params: {},
  evaluate(event, context) {
    if (event.header.message.kind !== 'home-test') return undefined;
    const found = homeTestExposure(event, event.context.destination, context);
    if (found === undefined) return undefined;
    const { packet, link, source, destination } = event.context;
    const home = formatAddress(destination);
    return {
      object: `${home}: ${found}`,
      message: `a Home Test for ${home} came ${protectionText(event.context)} on link ${link.name}`,
      packet,
      evidence: [
        {
          packet,
          text: `Home Test from ${formatAddress(source)} to ${home} ${protectionText(event.context)}; expected under ESP in the tunnel from the home agent`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress: destination,
    };
  },
});
