import {
  REREGISTRATION,
  addressKey,
  defineRule,
  findOption,
  formatAddress,
  isSameAddress,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { Link, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 16_384, ttlSeconds: 3600 };
/** Changes remembered of one node. */
const MAX_CHANGES = 32;

/** A gateway took a node over that another one had not given up. */
interface Takeover {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
  readonly isRefresh: boolean;
}

const params = {
  takeovers: {
    default: 2,
    min: 1,
    max: 30,
    unit: 'changes',
    doc: 'more changes of gateway than this within the time, none of them given up by the gateway before, make an alert',
  },
  withinSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'time they are counted in',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2305',
  title: 'Two access gateways register one mobile node in turn',
  severity: 'high',
  category: 'extension',
  references: ['RFC 4832 section 3.1', 'RFC 5213 section 6.9.1'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A node is at one gateway at a time; when it leaves, that gateway gives its binding up. Here the binding goes to ' +
    'and fro between gateways that do not give it up: each believes the node is attached to it. Either somebody ' +
    'impersonates the node at the other gateway, or a gateway that was broken into registers nodes that it does not ' +
    'have. A node at the border of two cells changes gateways too, but then the one it left de-registers it.',
  advice:
    'Ask both gateways where and how the node is attached, and whether its authentication at the link layer was ' +
    'complete. Block the port or the gateway at which it is not.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['proxy'] },
  params,
  evaluate(event, context) {
    const update = proxyUpdateOf(event);
    if (update?.node === undefined) return undefined;
    const { gateway, anchor, node, lifetime } = update;
    const { packet, link } = event.context;
    const key = `${addressKey(anchor)}${node.key}`;
    const table = context.table<Takeover[]>('takeovers', BOUNDS);
    const since = packet.time - context.params.withinSeconds * 1e6;
    const recent = (table.get(key) ?? []).filter((item) => item.packet.time >= since);
    if (lifetime === 0) {
      // Late, but in order: the gateway knows that the node is gone.
      const left = recent.filter(({ from }) => !isSameAddress(from, gateway));
      if (left.length < recent.length) table.set(key, left);
      return undefined;
    }
    const binding = context.proxyBinding(anchor, node.key);
    const isTransient = findOption(event.header.options, 'transient-binding') !== undefined;
    if (binding?.isRegistered !== true || isTransient) return undefined;
    if (isSameAddress(binding.gateway, gateway)) return undefined;
    recent.push({
      from: binding.gateway,
      to: gateway,
      packet,
      link,
      isRefresh: update.handoffIndicator === REREGISTRATION,
    });
    table.set(key, recent.slice(-MAX_CHANGES));
    if (recent.length <= context.params.takeovers) return undefined;
    const gateways = [
      ...new Set(recent.flatMap(({ from, to }) => [from, to].map((it) => formatAddress(it)))),
    ];
    return {
      object: `${node.text} at ${formatAddress(anchor)}`,
      message: `gateways ${gateways.join(' and ')} register ${node.text} in turn, ${recent.length} times within ${((packet.time - (recent[0]?.packet.time ?? packet.time)) / 1e6).toFixed(1)} s, and neither gives it up`,
      packet,
      evidence: recent.map((item) => ({
        packet: item.packet,
        text: `${formatAddress(item.to)} takes the node from ${formatAddress(item.from)}${item.isRefresh ? ', as if it had been there already (Handoff Indicator 5)' : ''}`,
        link: item.link,
      })),
      confidence: 'partial',
      attacker: gateway,
    };
  },
});
