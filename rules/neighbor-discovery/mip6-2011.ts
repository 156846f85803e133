import {
  addressKey,
  defineRule,
  formatAddress,
  isAcceptedOnLink,
  isLinkLocal,
  isUnspecified,
  neighborStatementOf,
} from '../../engine/rule-api.ts';
import type { PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Routers whose solicitations are counted. */
const BOUNDS = { maxEntries: 64, ttlSeconds: 60 };
/** Targets remembered of one router: above every limit that can be set. */
const MAX_TARGETS = 4096;

const params = {
  targets: {
    default: 60,
    min: 8,
    max: 4000,
    unit: 'addresses',
    doc: 'different addresses without answer that a router solicits within the window',
  },
  windowSeconds: {
    default: 10,
    min: 1,
    max: 300,
    unit: 'seconds',
    doc: 'window in which they are counted',
  },
} satisfies RuleDefinition['params'];

/** What a router looks for in vain. */
interface Sweep {
  readonly start: number;
  readonly first: PacketReference;
  readonly targets: Set<string>;
}

export default defineRule({
  id: 'MIP6-2011',
  title: 'Neighbor cache of the home link exhausted by a sweep of addresses',
  severity: 'medium',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.3.2', 'RFC 6583'],
  needs: ['home-link'],
  verdict: 'rate-limit',
  explanation:
    'For every packet to an address of the home prefix that nobody has, the router or home agent keeps an entry and ' +
    'solicits three times. Somebody who sends packets to many addresses of the /64 fills its neighbor cache: real nodes ' +
    'are no longer found, and the home agent has no time for its mobile nodes. Seen from the home link it is one router ' +
    'that solicits many addresses and gets no answer. Slow scans of researchers are below the limit.',
  advice:
    'Limit the rate of neighbor discovery of the router (RFC 6583 section 6), and drop packets to unused parts of the ' +
    'home prefix at the edge. Look at the edge for the source of the sweep.',
  on: ['icmpv6'],
  messages: ['neighbor-solicitation', 'neighbor-advertisement'],
  params,
  evaluate(event, context) {
    const { message, context: wire } = event;
    const { link, source, packet } = wire;
    if (link.effectiveRole !== 'home' || !isAcceptedOnLink(event)) return undefined;
    const sweeps = context.table<Sweep>('sweeps', BOUNDS);
    if (message.kind === 'neighbor-advertisement') {
      const said = neighborStatementOf(event);
      if (said === undefined) return undefined;
      const target = addressKey(said.address);
      for (const { targets } of sweeps.values()) targets.delete(target);
      return undefined;
    }
    if (message.kind !== 'neighbor-solicitation' || isUnspecified(source)) return undefined;
    const { targetAddress } = message;
    if (isLinkLocal(targetAddress)) return undefined;
    const isRouter =
      context.isHomeAgent(source) ||
      context.router(link, source) !== undefined ||
      context.neighbor(link, source)?.isRouter === true;
    if (!isRouter) return undefined;
    const { targets: limit, windowSeconds } = context.params;
    const key = `${link.id}/${addressKey(source)}`;
    const known = sweeps.get(key);
    const isOver = known === undefined || context.now - known.start > windowSeconds * 1e6;
    const sweep = isOver
      ? { start: context.now, first: packet, targets: new Set<string>() }
      : known;
    if (sweep.targets.size < MAX_TARGETS) sweep.targets.add(addressKey(targetAddress));
    sweeps.set(key, sweep);
    const count = sweep.targets.size;
    if (count <= limit) return undefined;
    const router = formatAddress(source);
    return {
      object: addressKey(source),
      message: `${router} had to look for ${count} addresses of link ${link.name} within ${windowSeconds} s, none of which answered`,
      packet,
      evidence: [
        { packet: sweep.first, text: `first Neighbor Solicitation of ${router}`, link },
        {
          packet,
          text: `Neighbor Solicitation for ${formatAddress(targetAddress)}, number ${count} without answer`,
          link,
        },
      ],
      confidence: 'certain',
      // Nodes that are there are to be found meanwhile. RFC 6583 section 6.
      ...(context.neighbor(link, targetAddress) === undefined ? {} : { isToPass: true }),
      stage: 'denial-of-service',
      ...(context.isHomeAgent(source) ? { homeAgent: source } : {}),
    };
  },
});
