import {
  IKEV2_EXCHANGE,
  addressKey,
  defineRule,
  formatAddress,
  ikeEndsOf,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Link, PacketReference } from '../../engine/rule-api.ts';

const HALF_OPEN = { maxEntries: 16_384, ttlSeconds: 30 };
const AGENTS = 1024;
/** Microseconds an initiator may take for its second request. */
const PATIENCE = 3e6;

/** A first message of which nothing came yet. */
interface HalfOpen {
  readonly key: string;
  readonly homeAgent: Uint8Array;
  readonly source: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
}

function isEmpty(spi: Uint8Array): boolean {
  return spi.every((octet) => octet === 0);
}

export default defineRule({
  id: 'MIP6-1508',
  title: 'Flood of half-open IKE at a home agent',
  severity: 'high',
  category: 'exhaustion',
  references: ['RFC 7296 section 2.6', 'RFC 4877'],
  needs: ['home-agents'],
  verdict: 'alert',
  explanation:
    'With the first message of IKE a home agent computes a Diffie-Hellman value and keeps state until the second comes. ' +
    'Who sends first messages only, from made-up addresses, fills that state: mobile nodes get no associations, and ' +
    'without associations they cannot register. Nodes that are all switched on at once go on with the second message.',
  advice:
    'Have the home agent demand cookies (RFC 7296 section 2.6) or puzzles (RFC 8019) under load, and limit first messages ' +
    'by source.',
  on: ['ike', 'tick'],
  params: {
    halfOpen: {
      default: 50,
      min: 2,
      max: 1_000_000,
      unit: 'in 10 seconds',
      doc: 'first messages to one home agent that are not followed by a second within 3 seconds',
    },
  },
  evaluate(event, context): AlertDraft[] {
    const table = context.table<HalfOpen>('half-open', HALF_OPEN);
    if (event.kind === 'ike') {
      const ends = ikeEndsOf(event, context);
      if (ends?.isFromNode !== true) return [];
      const { initiatorSpi, responderSpi, exchange, version } = event;
      const { source, packet, link } = event.context;
      const key = `${addressKey(initiatorSpi)}${addressKey(source)}`;
      if (!isEmpty(responderSpi)) {
        // It has got the answer, so its address is right.
        table.delete(key);
        return [];
      }
      const isFirst = version === 1 || exchange === IKEV2_EXCHANGE.ikeSaInit;
      if (isFirst && table.get(key) === undefined) {
        table.set(key, { key, homeAgent: ends.homeAgent, source, packet, link });
      }
      return [];
    }
    const found: AlertDraft[] = [];
    const counts = context.counts('abandoned', { maxEntries: AGENTS, windowSeconds: 10 });
    const sources = context.distinct('sources', { maxEntries: AGENTS, windowSeconds: 10 });
    for (const item of [...table.values()]) {
      if (event.time - item.packet.time < PATIENCE) break;
      table.delete(item.key);
      const { homeAgent, packet, link, source } = item;
      const agent = addressKey(homeAgent);
      const { halfOpen } = context.params;
      const isOne = sources.add(agent, addressKey(source)) === 1;
      if (counts.add(agent) <= halfOpen) continue;
      found.push({
        object: agent,
        message: `home agent ${formatAddress(homeAgent)} gets first messages of IKE that are not gone on with, more than ${halfOpen} in 10 seconds`,
        packet,
        evidence: [
          {
            packet,
            text: `first message of IKE from ${formatAddress(source)}${isOne ? ', as all of them' : ', one of several sources'}`,
            link,
          },
        ],
        confidence: 'partial',
        stage: 'denial-of-service',
        homeAgent,
        ...(isOne ? { attacker: source } : {}),
      });
    }
    return found;
  },
});
