import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 3600 };
const NODE_BOUNDS = { maxEntries: 65_536, ttlSeconds: 3600 };

/** New nodes of one gateway in the current and the last window. */
interface Count {
  since: number;
  now: number;
  before: number;
}

const params = {
  newNodes: {
    default: 120,
    min: 1,
    max: 60_000,
    unit: 'mobile nodes',
    doc: 'more nodes than this within the time, none of them seen before, make an alert',
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
  id: 'MIP6-2307',
  title: 'One access gateway registers a mass of new mobile nodes',
  severity: 'high',
  category: 'extension',
  references: ['RFC 4832 sections 2.2 and 3.1'],
  needs: ['readable-signalling'],
  verdict: 'rate-limit',
  explanation:
    'Each proxy registration costs the anchor a binding, a prefix and a route. A gateway that was broken into can ' +
    'register nodes that do not exist until the anchor has no room for those that do. Nodes that were registered ' +
    'before do not count, so that a gateway that restarts raises nothing; a crowd that arrives at once does, which ' +
    'is why the finding is partial.',
  advice:
    'Limit the rate of new bindings of one gateway at the anchor. Ask the gateway how many nodes are attached to it, ' +
    'and raise newNodes when crowds are usual there.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['proxy'] },
  params,
  evaluate(event, context) {
    const update = proxyUpdateOf(event);
    if (update?.node === undefined || update.lifetime === 0) return undefined;
    const { gateway, anchor, node } = update;
    const { packet } = event.context;
    // One table for each gateway's nodes would let one gateway push out what is known of the others.
    const nodes = context.table<true>('nodes', NODE_BOUNDS);
    const nodeKey = `${addressKey(anchor)}${node.key}`;
    const isKnown =
      nodes.get(nodeKey) !== undefined || context.proxyBinding(anchor, node.key) !== undefined;
    if (isKnown) return undefined;
    nodes.set(nodeKey, true);
    const counts = context.table<Count>('gateways', BOUNDS);
    const key = `${addressKey(gateway)}${addressKey(anchor)}`;
    const count = counts.get(key) ?? { since: packet.time, now: 0, before: 0 };
    const window = context.params.withinSeconds * 1e6;
    const passed = packet.time - count.since;
    if (passed >= window) {
      count.before = passed < 2 * window ? count.now : 0;
      count.now = 0;
      count.since = packet.time;
    }
    count.now++;
    counts.set(key, count);
    if (count.now <= context.params.newNodes) return undefined;
    const who = formatAddress(gateway);
    return {
      object: `${who} at ${formatAddress(anchor)}`,
      message: `gateway ${who} registered ${count.now} new mobile nodes at anchor ${formatAddress(anchor)} within ${((packet.time - count.since) / 1e6).toFixed(1)} s`,
      packet,
      evidence: [
        evidenceOf(
          event.context,
          `${count.now}th new Mobile Node Identifier: ${node.text}; ${count.before} in the ${context.params.withinSeconds} s before`,
        ),
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      attacker: gateway,
    };
  },
});
