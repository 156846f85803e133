import {
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  prefixText,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';

/** NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX and BCE_PBU_PREFIX_SET_DO_NOT_MATCH. RFC 5213 section 8.9. */
const REFUSED = new Set([155, 159]);

export default defineRule({
  id: 'MIP6-2309',
  title: 'Proxy registration claims the home network prefix of another node',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5213 sections 5.1, 5.3.1 and 8.9'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'In a proxy domain every node has prefixes of its own. A Proxy Binding Update that asks for a prefix which the ' +
    'anchor gave to another node, and which that node still has, takes that node’s traffic; one that asks for a ' +
    'prefix outside those of the domain takes traffic of somebody else. That the anchor refused a prefix (status ' +
    '155 or 159) shows the attempt, but a wrong profile gives the same answer.',
  advice:
    'Check that the anchor compares requested prefixes with the profile of the node. Find out who made the gateway ' +
    'ask for this prefix.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event, context) {
    const { packet } = event.context;
    const answer = proxyAcknowledgementOf(event);
    if (answer !== undefined) {
      if (!REFUSED.has(answer.status)) return undefined;
      const { gateway, anchor, status, sequence } = answer;
      const asked = context.proxyRequest(gateway, anchor, sequence)?.update.prefixes ?? [];
      return {
        object: `${formatAddress(gateway)} at ${formatAddress(anchor)}: refused`,
        message: `anchor ${formatAddress(anchor)} refused gateway ${formatAddress(gateway)} a home network prefix`,
        packet,
        evidence: [
          evidenceOf(
            event.context,
            `status ${status}, sequence ${sequence}${asked.length > 0 ? `; asked for ${asked.map(prefixText).join(', ')}` : ''}`,
          ),
        ],
        confidence: 'partial',
        severity: 'low',
      };
    }
    const update = proxyUpdateOf(event);
    if (update === undefined || update.lifetime === 0) return undefined;
    const { gateway, anchor, node, prefixes, sequence } = update;
    const pools = context.site.domain.homeNetworkPrefixes;
    for (const wanted of prefixes) {
      const owner = context.proxyPrefixOwner(anchor, wanted, node?.key);
      const isOutside =
        pools.length > 0 &&
        !pools.some((pool) => pool.length <= wanted.length && covers(pool, wanted.prefix));
      if (owner === undefined && !isOutside) continue;
      const who = node?.text ?? 'a node without identifier';
      const claim = `Proxy Binding Update from gateway ${formatAddress(gateway)}, sequence ${sequence}, asks for ${prefixText(wanted)} for ${who}`;
      return {
        object: `${prefixText(wanted)} at ${formatAddress(anchor)}`,
        message:
          owner === undefined
            ? `gateway ${formatAddress(gateway)} asks for ${prefixText(wanted)}, which is no prefix of the domain`
            : `gateway ${formatAddress(gateway)} asks for ${prefixText(wanted)} for ${who}; it is that of ${owner.nodeText}`,
        packet,
        evidence: [
          evidenceOf(event.context, claim),
          ...(owner === undefined
            ? []
            : [
                {
                  packet: owner.lastPacket,
                  text: `assigned to ${owner.nodeText} at gateway ${formatAddress(owner.gateway)}`,
                },
              ]),
        ],
        confidence: 'certain',
        stage: 'policy-breach',
        attacker: gateway,
        homePrefix: wanted,
      };
    }
    return undefined;
  },
});
