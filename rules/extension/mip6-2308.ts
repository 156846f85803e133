import {
  NEW_ATTACHMENT,
  REREGISTRATION,
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isSameAddress,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

/** Nodes that a gateway of the site de-registered elsewhere than where they were seen to be. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 600 };

/** Such a de-registration. */
interface Doubtful {
  readonly gateway: Uint8Array;
  readonly served: Uint8Array;
  readonly packet: PacketReference;
}

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
    'the node had already moved, nobody can tell the two apart, and the finding weighs less. ' +
    'It weighs less as well when the gateway is one of the site, whose own registration may not have been captured, ' +
    'until the gateway of before shows that it still serves the node.',
  advice:
    'Check that the anchor compares the sender of a de-registration with the gateway of the binding, and find out why ' +
    'this gateway sends it.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['proxy'] },
  params: {},
  evaluate(event, context) {
    const update = proxyUpdateOf(event);
    if (update?.node === undefined) return undefined;
    const { gateway, anchor, node, sequence } = update;
    const doubtful = context.table<Doubtful>('doubtful', BOUNDS);
    const key = `${node.key} ${formatAddress(anchor)}`;
    if (update.lifetime !== 0) {
      const found = doubtful.get(key);
      doubtful.delete(key);
      if (found === undefined || !isSameAddress(found.served, gateway)) return undefined;
      if (update.handoffIndicator !== REREGISTRATION) return undefined;
      const other = formatAddress(found.gateway);
      return {
        object: `${node.text} at ${formatAddress(anchor)}: ${other}, still served`,
        message: `gateway ${other} de-registered ${node.text}, and gateway ${formatAddress(gateway)} goes on to serve it`,
        packet: event.context.packet,
        evidence: [
          { packet: found.packet, text: `Proxy Binding Update with lifetime 0 from ${other}` },
          evidenceOf(
            event.context,
            `refresh by gateway ${formatAddress(gateway)}, sequence ${sequence}: the node never left it`,
          ),
        ],
        confidence: 'certain',
        stage: 'denial-of-service',
        attacker: found.gateway,
      };
    }
    const binding = context.proxyBinding(anchor, node.key);
    if (binding?.isRegistered !== true || context.now >= binding.expiresAt) return undefined;
    if (isSameAddress(binding.gateway, gateway)) return undefined;
    const isLate = includesAddress(binding.earlier, gateway);
    // The update by which a gateway of the site took the node over may be lost to the capture.
    const isTold = context.accessGateway(gateway) === 'site';
    const isWhole = binding.firstIndicator === NEW_ATTACHMENT && !isTold;
    if (isTold && !isLate) {
      doubtful.set(key, { gateway, served: binding.gateway, packet: event.context.packet });
    }
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
