import {
  addressKey,
  defineRule,
  formatAddress,
  isHomeAgentsAnycast,
  messageOf,
  prefixKey,
  senderKey,
} from '../../engine/rule-api.ts';
import type { PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Sources counted. */
const BOUNDS = { maxEntries: 2048, ttlSeconds: 600 };
/** Networks remembered of one source. */
const MAX_NETWORKS = 64;
/** Faster questions are a flood: rule 2103. */
const FASTEST_RETRY = 1e6;

const params = {
  networks: {
    default: 3,
    min: 1,
    max: 60,
    unit: 'networks',
    doc: 'more home networks than this that one source asks within ten minutes',
  },
  tries: {
    default: 5,
    min: 5,
    max: 60,
    unit: 'requests',
    doc: 'more requests than this of one source to one network within a minute; a node makes one and four retries',
  },
} satisfies RuleDefinition['params'];

/** Requests of one source on one link. */
interface Source {
  readonly networks: Set<string>;
  readonly first: PacketReference;
  /** Times of the requests of the last minute to the same network, microseconds. */
  tries: number[];
  lastNetwork: string;
  /** It has registered since: then the discovery was for that. */
  hasRegistered: boolean;
}

export default defineRule({
  id: 'MIP6-2102',
  title: 'Home agents looked for in many networks, or again and again',
  severity: 'medium',
  category: 'discovery',
  references: ['RFC 6275 sections 11.4.1, 12 and 15.5'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'Any node may ask a network for its home agents and learns how many there are, at which addresses and in which order. ' +
    'A mobile node asks one network, its own, at most five times with growing pauses (3, 6, 12, 24 s), and registers ' +
    'then. Who asks several networks, or goes on asking without back-off, and registers nowhere, makes a map of home ' +
    'agents for something else.',
  advice:
    'Limit the rate of such requests at the edge of the home network, and answer only nodes that need it; where nodes ' +
    'have the address by configuration, switch discovery off.',
  on: ['icmpv6', 'mobility'],
  asksOnly: { mobility: ['holding sources'] },
  params,
  evaluate(event, context) {
    const sources = context.table<Source>('sources', BOUNDS);
    // Only who has looked for a home agent is watched for its registration.
    if (event.kind === 'mobility' && sources.size === 0) return undefined;
    const { source, destination, link, packet } = event.context;
    const key = `${link.id}/${addressKey(source)}`;
    if (event.kind === 'mobility') {
      const known = sources.get(key);
      if (known !== undefined) known.hasRegistered = true;
      return undefined;
    }
    const request = messageOf(event, 'home-agent-discovery-request');
    if (request === undefined || event.checksum === 'wrong') return undefined;
    const network = prefixKey(destination, 64);
    const known = sources.get(key) ?? {
      networks: new Set<string>(),
      first: packet,
      tries: [],
      lastNetwork: network,
      hasRegistered: false,
    };
    if (known.networks.size < MAX_NETWORKS) known.networks.add(network);
    if (known.lastNetwork !== network) {
      known.lastNetwork = network;
      known.tries = [];
    }
    const last = known.tries.at(-1) ?? 0;
    if (packet.time - last >= FASTEST_RETRY) known.tries.push(packet.time);
    known.tries = known.tries.filter((time) => packet.time - time <= 60e6).slice(-64);
    sources.set(key, known);
    const { networks, tries } = context.params;
    const isSweep = known.networks.size > networks;
    const isPersistent = known.tries.length > tries && !known.hasRegistered;
    if (!isSweep && !isPersistent) return undefined;
    const from = formatAddress(source);
    const what = isSweep
      ? `${known.networks.size} networks`
      : `the network of ${formatAddress(destination)} ${known.tries.length} times within a minute`;
    const anycast = isHomeAgentsAnycast(destination) ? 'Home-Agents anycast address' : 'address';
    return {
      object: `${isSweep ? 'networks' : 'tries'}/${senderKey(event.context, context)}`,
      message: `${from} asked ${what} for home agents${known.hasRegistered ? '' : ' and registered nowhere'}`,
      packet,
      evidence: [
        { packet: known.first, text: `first request of ${from}`, link },
        {
          packet,
          text: `Home Agent Address Discovery Request from ${from} to the ${anycast} ${formatAddress(destination)}`,
          link,
        },
      ],
      confidence: isSweep ? 'certain' : 'partial',
      stage: 'policy-breach',
      attacker: source,
    };
  },
});
