import {
  addressKey,
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  isProtected,
  prefixText,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';

/** Gateways that updates were seen of; the least recently seen is forgotten. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** Gateways with answers that nobody asked for, and sequence numbers of these. */
const UNASKED = { maxEntries: 4096, ttlSeconds: 60 };
/** So many within that time are no accident of the capture. */
const REPEATED = 3;

export default defineRule({
  id: 'MIP6-2306',
  title: 'Proxy Binding Acknowledgement that does not come from the anchor',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 4832 section 2.1', 'RFC 5213 sections 6.9.1.2 and 11'],
  needs: ['mobility-anchors'],
  verdict: 'drop',
  explanation:
    'The anchor answers a gateway with the prefix of the node. Whoever can answer in its place gives the node a prefix ' +
    'of his choice and becomes the end of its tunnel. This acknowledgement comes from a node that is no anchor of ' +
    'the site file, or gives a prefix from which the anchors do not assign, or answers no update of this gateway, ' +
    'although the updates of this gateway are seen here. In the last case the update may have been lost to the ' +
    'capture: the finding is partial, and weighs little until the third within a minute.',
  advice:
    'Have gateways take acknowledgements under IPsec alone, and from the anchor they asked. Compare the binding of the ' +
    'gateway with that of the anchor.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event, context) {
    const update = proxyUpdateOf(event);
    if (update !== undefined) {
      context
        .table<number>('asking', BOUNDS)
        .set(addressKey(update.gateway), event.context.packet.time);
      return undefined;
    }
    const answer = proxyAcknowledgementOf(event);
    if (answer === undefined) return undefined;
    const { gateway, anchor, sequence, status, prefixes } = answer;
    const { localMobilityAnchors, homeNetworkPrefixes } = context.site.domain;
    const who = formatAddress(anchor);
    const about = {
      packet: event.context.packet,
      attacker: anchor,
      stage: 'policy-breach',
    } as const;
    const base = `Proxy Binding Acknowledgement to gateway ${formatAddress(gateway)}, sequence ${sequence}, status ${status}`;
    if (localMobilityAnchors.length > 0 && context.mobilityAnchor(anchor) !== 'site') {
      return {
        ...about,
        object: who,
        message: `${who}, which is no anchor of the domain, answers gateway ${formatAddress(gateway)} as one`,
        evidence: [
          evidenceOf(
            event.context,
            `${base}; expected one of ${localMobilityAnchors.length} anchors of the site file`,
          ),
        ],
        confidence: 'certain',
      };
    }
    const foreign = prefixes.find(
      (item) =>
        !homeNetworkPrefixes.some(
          (pool) => covers(pool, item.prefix) && pool.length <= item.length,
        ),
    );
    if (homeNetworkPrefixes.length > 0 && foreign !== undefined && status < 128) {
      return {
        ...about,
        object: `${who}: ${prefixText(foreign)}`,
        message: `acknowledgement of ${who} assigns ${prefixText(foreign)}, which is no prefix of the anchors`,
        evidence: [
          evidenceOf(
            event.context,
            `${base}; anchors assign from ${homeNetworkPrefixes.map(prefixText).join(', ')}`,
          ),
        ],
        confidence: 'certain',
      };
    }
    const asking = context.table<number>('asking', BOUNDS);
    const isCovered = asking.get(addressKey(gateway)) !== undefined;
    if (!isCovered || context.proxyRequest(gateway, anchor, sequence) !== undefined)
      return undefined;
    // One update may be lost to the capture.
    const unasked = context.table<readonly number[]>('unasked', UNASKED);
    const key = `${addressKey(gateway)}${addressKey(anchor)}`;
    const before = unasked.get(key) ?? [];
    const sequences = before.includes(sequence) ? before : [...before, sequence].slice(-REPEATED);
    unasked.set(key, sequences);
    const isRepeated = sequences.length >= REPEATED;
    return {
      ...about,
      object: `${who}: unasked for ${formatAddress(gateway)}${isRepeated ? ', repeated' : ''}`,
      message: `acknowledgement of ${who} answers no update of gateway ${formatAddress(gateway)}`,
      evidence: [
        evidenceOf(
          event.context,
          `${base}; this gateway sent no Proxy Binding Update with this sequence number to ${who}`,
        ),
      ],
      confidence: 'partial',
      // Under ESP only the keys of an anchor make one.
      severity: !isRepeated ? 'low' : isProtected(event.context) ? 'medium' : 'high',
    };
  },
});
