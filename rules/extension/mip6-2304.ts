import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';

/** TIMESTAMP_MISMATCH and TIMESTAMP_LOWER_THAN_PREV_ACCEPTED. RFC 5213 section 8.9. */
const MISMATCH = 156;
const LOWER = 157;
const BOUNDS = { maxEntries: 4096, ttlSeconds: 600 };
/** Refusals that make an alert, and the time they are counted in, microseconds. */
const REFUSALS = 3;
const REFUSED_WITHIN = 60e6;
/** A second capture of a packet comes within this time, microseconds. */
const COPY_WITHIN = 10e6;

const params = {
  toleranceMilliseconds: {
    default: 300,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    doc: 'a timestamp may be this much older than the last accepted one: gateways differ, packets overtake each other (RFC 5213 section 9 has 300)',
  },
  skewSeconds: {
    default: 10,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    doc: 'a gateway whose timestamps are further from those of the last accepted update than the packets are is reported',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2304',
  title: 'Proxy Binding Update with an old or wrong timestamp',
  severity: 'high',
  category: 'extension',
  references: ['RFC 5213 sections 5.5 and 9'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'Several gateways register one node, so sequence numbers cannot order their messages, and timestamps do. A Proxy ' +
    'Binding Update with a timestamp before the one the anchor accepted last for this node is an old message: ' +
    'recorded and sent again, it moves the node back to a gateway it has left. A gateway whose clock is wrong has all ' +
    'its messages off by the same time, which is reported with less weight and once for the gateway.',
  advice:
    'Check that the anchor refuses such messages (status 156 or 157) and find out who replays them. If all messages ' +
    'of one gateway are off, look at its clock.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params,
  evaluate(event, context) {
    const { packet } = event.context;
    const answer = proxyAcknowledgementOf(event);
    if (answer !== undefined) {
      const { gateway, anchor, status, sequence } = answer;
      const skews = context.table<number>('skews', BOUNDS);
      const request = context.proxyRequest(gateway, anchor, sequence);
      const stamp = request?.update.timestamp;
      if (status < 128 && request !== undefined && stamp !== undefined) {
        skews.set(addressKey(anchor), request.packet.time / 1e6 - stamp);
      }
      if (status !== MISMATCH && status !== LOWER) return undefined;
      const refusals = context.table<number[]>('refusals', BOUNDS);
      const key = addressKey(gateway) + addressKey(anchor);
      const recent = (refusals.get(key) ?? []).filter(
        (time) => packet.time - time < REFUSED_WITHIN,
      );
      recent.push(packet.time);
      refusals.set(key, recent.slice(-REFUSALS));
      if (recent.length < REFUSALS) return undefined;
      return {
        object: `${formatAddress(gateway)} at ${formatAddress(anchor)}: refused`,
        message: `anchor ${formatAddress(anchor)} refuses timestamps of gateway ${formatAddress(gateway)} again and again`,
        packet,
        evidence: [
          evidenceOf(
            event.context,
            `status ${status}, the ${recent.length}th refusal for a timestamp within ${REFUSED_WITHIN / 1e6} s`,
          ),
        ],
        confidence: 'partial',
        severity: 'low',
      };
    }
    const update = proxyUpdateOf(event);
    if (update?.timestamp === undefined) return undefined;
    const { gateway, anchor, node, timestamp, sequence } = update;
    const binding = node === undefined ? undefined : context.proxyBinding(anchor, node.key);
    const last = binding?.timestamp;
    const who = formatAddress(gateway);
    if (binding !== undefined && last !== undefined) {
      const isSame = timestamp === last;
      const isOlder = timestamp < last - context.params.toleranceMilliseconds / 1000;
      // The same packet on another link, or from a mirror port, is no replay.
      const isCopy =
        isSame &&
        sequence === binding.sequence &&
        isSameAddress(gateway, binding.gateway) &&
        packet.time - binding.lastPacket.time < COPY_WITHIN;
      if (isOlder || (isSame && !isCopy)) {
        const by = isSame ? 'the same as' : `${(last - timestamp).toFixed(3)} s before`;
        return {
          object: `${node?.text ?? ''} at ${formatAddress(anchor)}: replay`,
          message: `Proxy Binding Update of ${who} for ${binding.nodeText} carries a timestamp that was overtaken`,
          packet,
          evidence: [
            evidenceOf(
              event.context,
              `timestamp ${timestamp.toFixed(3)}, ${by} the last accepted ${last.toFixed(3)}; sequence ${sequence}`,
            ),
            {
              packet: binding.lastPacket,
              text: `accepted from gateway ${formatAddress(binding.gateway)}`,
            },
          ],
          confidence: 'certain',
          attacker: gateway,
        };
      }
    }
    const usual = context.table<number>('skews', BOUNDS).get(addressKey(anchor));
    if (usual === undefined) return undefined;
    const off = packet.time / 1e6 - timestamp - usual;
    if (Math.abs(off) <= context.params.skewSeconds) return undefined;
    return {
      object: `${who} at ${formatAddress(anchor)}: skew`,
      message: `timestamps of ${who} are ${Math.abs(off).toFixed(1)} s ${off > 0 ? 'behind' : 'ahead of'} those that anchor ${formatAddress(anchor)} accepts`,
      packet,
      evidence: [
        evidenceOf(
          event.context,
          `timestamp ${timestamp.toFixed(3)} in a packet of ${(packet.time / 1e6).toFixed(3)}`,
        ),
      ],
      confidence: 'partial',
      // An unset clock does that too.
      severity: 'low',
    };
  },
});
