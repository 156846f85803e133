import {
  defineRule,
  evidenceOf,
  formatAddress,
  isProtected,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';

/** MAG_NOT_AUTHORIZED_FOR_PROXY_REG. RFC 5213 section 8.9. */
const NOT_AUTHORIZED = 154;

export default defineRule({
  id: 'MIP6-2301',
  title: 'Proxy Binding Update from a node that is no access gateway of the domain',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5213 sections 5.3.1 and 11', 'RFC 4832 section 2.2'],
  needs: ['access-gateways'],
  verdict: 'drop',
  explanation:
    'In a network-based domain the access gateway registers the mobile nodes, and the anchor sends the traffic of a ' +
    'node to whoever registered it. So only known gateways may send Proxy Binding Updates. This one comes from an ' +
    'address that the site file does not list as a gateway, or the anchor itself refused the sender (status 154). ' +
    'A gateway that was put into service and not yet listed looks the same.',
  advice:
    'If the sender is a new gateway, list it under domain.accessGateways and authorise it at the anchor. If not, find ' +
    'where it is attached, and let the border of the domain drop proxy registrations from everybody else.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event, context) {
    const { site } = context;
    const update = proxyUpdateOf(event);
    if (update !== undefined) {
      const { gateway, anchor, node, lifetime } = update;
      const isJudged = site.domain.accessGateways.length > 0;
      if (!isJudged || context.accessGateway(gateway) === 'site') return undefined;
      const who = formatAddress(gateway);
      const what = lifetime === 0 ? 'de-registers' : 'registers';
      return {
        object: `${who} at ${formatAddress(anchor)}`,
        message: `${who}, which is no access gateway of the domain, ${what} ${node?.text ?? 'a mobile node'} at anchor ${formatAddress(anchor)}`,
        packet: event.context.packet,
        evidence: [
          evidenceOf(
            event.context,
            `Proxy Binding Update from ${who}, sequence ${update.sequence}, lifetime ${lifetime} s; expected one of ${site.domain.accessGateways.length} gateways of the site file`,
          ),
        ],
        confidence: 'certain',
        stage: 'policy-breach',
        attacker: gateway,
      };
    }
    const answer = proxyAcknowledgementOf(event);
    if (answer?.status !== NOT_AUTHORIZED) return undefined;
    const { gateway, anchor, sequence } = answer;
    const request = context.proxyRequest(gateway, anchor, sequence);
    const who = formatAddress(gateway);
    return {
      object: `${who} at ${formatAddress(anchor)}`,
      message: `anchor ${formatAddress(anchor)} refused ${who}: it may not register mobile nodes`,
      packet: event.context.packet,
      evidence: [
        evidenceOf(
          event.context,
          `Proxy Binding Acknowledgement with status ${NOT_AUTHORIZED}, sequence ${sequence}`,
        ),
      ],
      confidence: request !== undefined || isProtected(event.context) ? 'certain' : 'partial',
      // The anchor has kept the harm away.
      severity: 'medium',
      stage: 'policy-breach',
      attacker: gateway,
    };
  },
});
