import { addressKey, defineRule, formatAddress } from '../../engine/rule-api.ts';

const AGENTS = 1024;

export default defineRule({
  id: 'MIP6-1509',
  title: 'Flood of ESP that a home agent cannot use',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 4303 sections 2.1 and 3.4.2'],
  needs: ['home-agents'],
  verdict: 'alert',
  explanation:
    'ESP under an SPI that nobody negotiated costs the home agent a look-up, ESP that fails its integrity check a hash of ' +
    'the whole packet. Both come in floods to keep it busy. Without keys one sees SPIs that come once and never again, ' +
    'many of them; with keys also packets of a known association whose check fails. Nodes that negotiate new associations ' +
    'at once go on to use them.',
  advice: 'Limit ESP of unknown sources in front of the home agent.',
  on: ['esp-refusals'],
  params: {
    packets: {
      default: 50,
      min: 2,
      max: 1_000_000,
      unit: 'packets in 10 seconds',
      doc: 'packets with an SPI that comes once, or that fail their integrity check, to one home agent',
    },
  },
  evaluate({ homeAgent, failed, fresh, settled, source, packet }, context) {
    const bounds = { maxEntries: AGENTS, windowSeconds: 10 };
    const key = addressKey(homeAgent);
    const { packets } = context.params;
    const failures = context.counts('failed', bounds).add(key, failed);
    const single = context.counts('fresh', bounds).add(key, fresh - settled);
    const isFailure = failures > packets;
    if (!isFailure && single <= packets) return undefined;
    const what = isFailure
      ? `${failures} ESP packets that fail their integrity check`
      : `${single} ESP packets with SPIs that come once`;
    return {
      object: `${key}${isFailure ? 'failed' : 'unknown'}`,
      message: `home agent ${formatAddress(homeAgent)} gets ESP that it cannot use, more than ${packets} packets in 10 seconds`,
      packet,
      evidence: [{ packet, text: `${what} within 10 s, the last from ${formatAddress(source)}` }],
      confidence: isFailure ? 'certain' : 'partial',
      stage: 'denial-of-service',
      homeAgent,
    };
  },
});
