import {
  addressKey,
  defineRule,
  deregistrationLayout,
  formatAddress,
  homeBindingUpdateOf,
  homeStyleSignallingOf,
  isSameAddress,
  prefixKey,
  registeredCareOfAddress,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  Evidence,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 600 };
/** Home addresses remembered of one visited network. */
const MAX_NODES = 256;
/** Length of the prefix that stands for one visited network, bits. */
const VISITED_LENGTH = 64;

const params = {
  homeAddresses: {
    default: 3,
    min: 1,
    max: 200,
    unit: 'home addresses',
    doc: 'more than this many within the time make an alert',
  },
  withinSeconds: {
    default: 10,
    min: 1,
    max: 600,
    unit: 'seconds',
    doc: 'time they are counted in',
  },
} satisfies RuleDefinition['params'];

/** One de-registration that was not sent at home. */
interface Ended {
  readonly homeAddress: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
  /** In the strict layout of a node that gives up its binding from afar. */
  readonly isStrict: boolean;
}

interface Suspicion extends Ended {
  readonly homeAgent: Uint8Array;
  /** Where it came from, for de-registrations of nodes whose care-of address is not known. */
  readonly from: Uint8Array | undefined;
}

/** Reads a de-registration, unless it may be that of a node that has come home. */
function suspicionOf(
  event: EventOf<'esp' | 'mobility' | 'relay'>,
  context: RuleContext,
): Suspicion | undefined {
  if (event.kind === 'relay') {
    if (event.direction !== 'to-home-agent') return undefined;
    const { homeAddress, homeAgent, plain, plainLink } = event;
    return {
      homeAddress,
      homeAgent,
      packet: plain,
      link: plainLink,
      from: undefined,
      isStrict: false,
    };
  }
  const { packet, link } = event.context;
  const style = homeStyleSignallingOf(event, context);
  if (style !== undefined) {
    const isElsewhere = link.effectiveRole === 'foreign' || link.effectiveRole === 'transit';
    if (!isElsewhere || style.isDeregistration === false) return undefined;
    const { homeAddress, homeAgent } = style;
    return { homeAddress, homeAgent, packet, link, from: undefined, isStrict: false };
  }
  if (event.kind === 'esp') return undefined;
  const update = homeBindingUpdateOf(event, context);
  if (update?.lifetime !== 0 || update.via === 'source') return undefined;
  const { homeAddress, homeAgent, wireSource, alternateCareOfAddress } = update;
  const { faults } = deregistrationLayout({
    source: wireSource,
    homeAddress,
    isRemoteStyle: true,
    alternateCareOfAddress,
    registered: registeredCareOfAddress(context.binding(homeAddress, homeAgent), context.now),
  });
  const isStrict = faults.length === 0;
  return { homeAddress, homeAgent, packet, link, from: wireSource, isStrict };
}

export default defineRule({
  id: 'MIP6-1116',
  title: 'Many nodes of one visited network de-registered at once',
  severity: 'critical',
  category: 'home-link',
  references: ['draft-ebalard-mext-hld-security-00 section 4.1'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'One false advertisement reaches all mobile nodes of a link, so one attacker can de-register all of them ' +
    'within seconds. Counted are relayed de-registrations, ones sent as if at home where home is not, and ones ' +
    'from visited networks; nodes that come home together, as on a train, do not count. Nodes that give up their ' +
    'bindings together of their own accord, before a planned outage, look the same: then the alert is partial.',
  advice:
    'Limit the rate of de-registrations from one visited network at the home agent, remove the sender of the home ' +
    'prefix on that network, and let the nodes register again.',
  on: ['esp', 'mobility', 'relay'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['unnamed', 'deletion'], esp: ['plain'] },
  params,
  evaluate(event, context) {
    const suspicion = suspicionOf(event, context);
    if (suspicion === undefined) return undefined;
    const { homeAddress, homeAgent, packet, link, from, isStrict } = suspicion;
    const place =
      registeredCareOfAddress(context.binding(homeAddress, homeAgent), context.now) ?? from;
    const key = place === undefined ? `link ${link.id}` : prefixKey(place, VISITED_LENGTH);
    const table = context.table<Ended[]>('visited', BOUNDS);
    const since = packet.time - context.params.withinSeconds * 1e6;
    const recent = (table.get(key) ?? []).filter(
      (item) => item.packet.time >= since && !isSameAddress(item.homeAddress, homeAddress),
    );
    recent.push({ homeAddress, packet, link, isStrict });
    if (recent.length > MAX_NODES) recent.shift();
    table.set(key, recent);
    if (recent.length <= context.params.homeAddresses) return undefined;
    const object = `${addressKey(homeAgent)}/${key}`;
    // The list of nodes is long: it is made once a second where no packet waits for it.
    const told = context.table<number>('told', BOUNDS);
    const last = told.get(object);
    const isTold = last !== undefined && packet.time >= last && packet.time - last < 1e6;
    if (isTold && !context.isInline) return undefined;
    told.set(object, packet.time);
    const where =
      place === undefined ? `link ${link.name}` : `the network of ${formatAddress(place)}`;
    const seconds = ((packet.time - (recent[0]?.packet.time ?? packet.time)) / 1e6).toFixed(1);
    const home = context.homePrefixOf(homeAddress);
    return {
      object,
      message: `${recent.length} home addresses of home agent ${formatAddress(homeAgent)} were de-registered from ${where} within ${seconds} s, none of them on the home link`,
      packet,
      evidence: recent.map((item): Evidence => ({
        packet: item.packet,
        text: `de-registration of ${formatAddress(item.homeAddress)}`,
        link: item.link,
      })),
      confidence: recent.some((item) => item.isStrict) ? 'partial' : 'certain',
      stage: 'denial-of-service',
      homeAgent,
      ...(home === undefined ? {} : { homePrefix: { prefix: home.prefix, length: home.length } }),
    };
  },
});
