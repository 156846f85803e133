import {
  NEW_ATTACHMENT,
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isSameAddress,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2308',
  title: 'De-registration by a gateway that does not serve the mobile node',
  severity: 'high',
  category: 'extension',
  references: ['RFC 4832 section 2.2', 'RFC 5213 sections 5.3.5 and 6.9.1.4'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'A gateway may end the binding of a node that it serves. This de-registration comes from another gateway than ' +
    'the one that registered the node: an anchor that obeys it cuts the node off. A gateway the node has just left ' +
    'de-registers it late; anchors ignore that, and so does this rule, but for a note. Where the capture began after ' +
    'the node had already moved, nobody can tell the two apart, and the finding weighs less.',
  advice:
    'Check that the anchor compares the sender of a de-registration with the gateway of the binding, and find out why ' +
    'this gateway sends it.',
  on: ['mobility'],
  params: {},
  evaluate(event, context) {
    const update = proxyUpdateOf(event);
    if (update?.node === undefined || update.lifetime !== 0) return undefined;
    const { gateway, anchor, node, sequence } = update;
    const binding = context.proxyBinding(anchor, node.key);
    if (binding?.isRegistered !== true || context.now >= binding.expiresAt) return undefined;
    if (isSameAddress(binding.gateway, gateway)) return undefined;
    const isLate = includesAddress(binding.earlier, gateway);
    const isWhole = binding.firstIndicator === NEW_ATTACHMENT;
    const who = formatAddress(gateway);
    return {
      object: `${node.text} at ${formatAddress(anchor)}: ${isLate ? 'late' : who}`,
      message: isLate
        ? `gateway ${who} de-registers ${node.text} late: it is at ${formatAddress(binding.gateway)} already`
        : `gateway ${who} de-registers ${node.text}, which gateway ${formatAddress(binding.gateway)} serves`,
      packet: event.context.packet,
      evidence: [
        evidenceOf(
          event.context,
          `Proxy Binding Update with lifetime 0 from ${who}, sequence ${sequence}`,
        ),
        {
          packet: binding.lastPacket,
          text: `registered by gateway ${formatAddress(binding.gateway)}`,
        },
      ],
      confidence: isWhole && !isLate ? 'certain' : 'partial',
      ...(isLate ? { severity: 'info' } : isWhole ? {} : { severity: 'low' }),
      ...(isLate ? {} : { stage: 'denial-of-service', attacker: gateway }),
    };
  },
});
