import {
  defineRule,
  domainRole,
  evidenceOf,
  findOption,
  formatAddress,
  isProtected,
  pairText,
  proxyAcknowledgementOf,
  proxyUpdateOf,
  tellsDomain,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2302',
  title: 'Proxy Binding Update or Acknowledgement without protection',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5213 sections 4 and 11'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Gateway and anchor must protect their signalling with IPsec (RFC 5213 section 4): it moves the traffic of every ' +
    'node of the domain. This message came without ESP, so whoever can send to the anchor can forge the like. In a ' +
    'domain whose links are protected below IP that may be on purpose; where the site file names no nodes of the ' +
    'domain nobody can tell, and the finding weighs less.',
  advice:
    'Turn on IPsec between gateways and anchors and let the anchor drop what comes without. If the domain is ' +
    'protected otherwise, say ipsec.signalling: optional in the site file.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event, context) {
    if (context.site.ipsec.signalling !== 'required' || isProtected(event.context))
      return undefined;
    const update = proxyUpdateOf(event);
    const message = update ?? proxyAcknowledgementOf(event);
    if (message === undefined) return undefined;
    const { gateway, anchor, sequence } = message;
    const isTold = tellsDomain(context.site);
    const sender = update === undefined ? anchor : gateway;
    const isMember = domainRole(sender, context) === 'site';
    const hasOption = findOption(event.header.options, 'message-authentication') !== undefined;
    const name = update === undefined ? 'Proxy Binding Acknowledgement' : 'Proxy Binding Update';
    return {
      object: `${pairText(gateway, anchor)}${hasOption ? ': RFC 4285' : ''}`,
      message: `${name} from ${formatAddress(sender)} came without ESP`,
      packet: event.context.packet,
      evidence: [
        evidenceOf(
          event.context,
          `${name}, sequence ${sequence}, in clear; expected ESP${hasOption ? '; it carries an authentication option of RFC 4285' : ''}`,
        ),
      ],
      confidence: isTold && !hasOption ? 'certain' : 'partial',
      ...(isTold && !hasOption ? {} : { severity: 'medium' }),
      stage: 'policy-breach',
      // Of a member of the domain only the configuration is wrong.
      ...(isTold && !isMember ? { attacker: sender } : {}),
    };
  },
});
