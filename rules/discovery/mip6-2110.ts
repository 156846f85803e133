import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  homeAgentStanding,
  senderKey,
  senderOf,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext } from '../../engine/rule-api.ts';

/** Addresses named in one message. */
const MAX_NAMED = 4;

/** What is offered and belongs to no home network of the site. */
interface Strange {
  readonly texts: readonly string[];
  /** Everything strange is a home network of the visited operator. */
  readonly isVisited: boolean;
  readonly homeAgents: readonly Uint8Array[];
}

function strangeOf(event: EventOf<'bootstrapping'>, context: RuleContext): Strange | undefined {
  const texts: string[] = [];
  const homeAgents: Uint8Array[] = [];
  let isVisited = true;
  for (const { network, homeAgents: offered, prefixes, name } of event.offers) {
    const agents = offered.filter((item) => homeAgentStanding(item, context) === 'strange');
    const others = prefixes.filter(({ prefix }) => context.homePrefixOf(prefix) === undefined);
    if (agents.length === 0 && others.length === 0) continue;
    if (network !== 'visited') isVisited = false;
    homeAgents.push(...agents);
    const kind = name === undefined ? `${network} home network` : name;
    const items = [
      ...agents.map((item) => formatAddress(item)),
      ...others.map(({ prefix, length }) => `${formatAddress(prefix)}/${length}`),
    ];
    texts.push(`${kind}: ${items.slice(0, MAX_NAMED).join(', ')}`);
  }
  return texts.length === 0
    ? undefined
    : { texts: texts.slice(0, MAX_NAMED), isVisited, homeAgents };
}

export default defineRule({
  id: 'MIP6-2110',
  title: 'Foreign home agent told by DHCPv6 or DNS',
  severity: 'high',
  category: 'discovery',
  references: ['RFC 6610 section 5', 'RFC 5026 sections 5.1 and 10', 'RFC 6611'],
  needs: ['home-agents'],
  verdict: 'alert',
  explanation:
    'A node that starts without configuration gets its home agent from DHCPv6, or asks DNS for _mip6._ipv6 of its ' +
    'domain. Whoever can answer faster than the real server sends it to a home agent of his own, with which the node ' +
    'then negotiates keys and through which all its traffic goes. The rule compares what is offered with the home agents ' +
    'and home prefixes of the site file, and judges nothing without one. A home agent of the visited network, offered as ' +
    'such, is allowed by RFC 6611 and is reported as low.',
  advice:
    'Find the sender and shut its port; filter DHCPv6 of servers on ports of hosts (DHCPv6-Shield, RFC 7610), and use ' +
    'DNSSEC. The home agent has to prove who it is by its certificate: check that mobile nodes ask for that.',
  on: ['bootstrapping'],
  params: {},
  evaluate(event, context) {
    if (context.site.homeAgents.length === 0) return undefined;
    const found = strangeOf(event, context);
    if (found === undefined) return undefined;
    const { packet, link, source, destination } = event.context;
    const isDns = event.protocol === 'dns';
    // An answer for a domain that is not told may be about somebody else's home network.
    const sender = senderOf(event.context);
    const by = sender.length === 16 ? '' : ` (${formatMac(sender, 0, sender.length)})`;
    const server = isDns ? `the DNS answer for ${event.question ?? '_mip6._ipv6'}` : 'DHCPv6';
    const [first] = found.homeAgents;
    const offer = first === undefined ? 'prefixes' : addressKey(first);
    const key = found.homeAgents.length > 1 ? senderKey(event.context, context) : offer;
    return {
      object: `${event.protocol}/${found.isVisited ? 'visited/' : ''}${key}`,
      message: `${formatAddress(source)}${by} offers ${formatAddress(destination)} a home network that is not of this site, by ${server}: ${found.texts.join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `${isDns ? 'SRV records' : 'options of RFC 6610'} from ${formatAddress(source)}${by}: ${found.texts.join('; ')}`,
          link,
        },
      ],
      confidence: 'partial',
      ...(found.isVisited ? { severity: 'low' } : { attacker: sender }),
      stage: 'rogue-advertisement',
    };
  },
});
