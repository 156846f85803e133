import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isLive,
  isSameAddress,
  prefixText,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** PROXY_REG_NOT_ENABLED and NOT_LMA_FOR_THIS_MOBILE_NODE. RFC 5213 section 8.9. */
const REFUSED = new Set([152, 153]);
const BOUNDS = { maxEntries: 8192, ttlSeconds: 86_400 };
/** Conflicts that wait for one side to give up. */
const OPEN_BOUNDS = { maxEntries: 256, ttlSeconds: 600 };
/** A tunnel in use this long after the second registration is no leftover, microseconds. */
const STILL_USED = 5e6;
/** Home network prefixes have 64 bits, four units of an address key. RFC 5213 section 5.1. */
const PREFIX_UNITS = 4;

/** Both kinds of registration for one home address. */
interface Conflict {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly node: string;
  readonly anchor: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
  readonly text: string;
}

/** A client registration that may be in the way of a proxy's. */
interface Client {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
}

const params = {
  settleSeconds: {
    default: 15,
    min: 1,
    max: 300,
    unit: 'seconds',
    doc: 'time in which one of the two registrations may be given up, as when a node leaves its proxy domain or comes back to it (RFC 6612)',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ settleSeconds: number }>;

/** Map key of the network of an address. */
function networkKey(address: Uint8Array): string {
  return addressKey(address).slice(0, PREFIX_UNITS);
}

/** Conflicts that nobody has settled in time. */
function unsettled(context: Context, time: number): AlertDraft[] {
  const open = context.table<Conflict>('open', OPEN_BOUNDS);
  const drafts: AlertDraft[] = [];
  for (const conflict of [...open.values()]) {
    const { homeAddress, homeAgent, node, anchor, packet, link, text } = conflict;
    if (time - packet.time < context.params.settleSeconds * 1e6) continue;
    const client = context.binding(homeAddress, homeAgent);
    const proxy = context.proxyBinding(anchor, node);
    const isBoth =
      client?.phase === 'registered' && proxy !== undefined && isLive(proxy, context.now);
    // A de-registration that nobody can read looks like a refresh: then only the tunnel tells that the node stays.
    const isUsed =
      client?.knownBy !== 'inferred' || client.lastTunnelFrom > packet.time + STILL_USED;
    if (isBoth && !isUsed) continue;
    open.delete(addressKey(homeAddress));
    if (!isBoth) continue;
    drafts.push({
      object: formatAddress(homeAddress),
      message: `${formatAddress(homeAddress)} is registered by itself from ${formatAddress(client.careOfAddress)} and by gateway ${formatAddress(proxy.gateway)} as ${proxy.nodeText}`,
      packet,
      evidence: [
        { packet, text, link },
        { packet: client.lastChange, text: `Mobile IPv6 binding at ${formatAddress(client.peer)}` },
        { packet: proxy.lastPacket, text: `proxy binding at anchor ${formatAddress(anchor)}` },
      ],
      confidence: 'partial',
      homeAddress,
      homeAgent,
    });
  }
  return drafts;
}

/** Remembers client registrations by the prefix of their home address. */
function noteClient({ binding, change }: EventOf<'binding'>, context: Context): void {
  if (binding.role !== 'home') return;
  const isAccepted = change === 'registered' || change === 'refreshed' || change === 'moved';
  if (!isAccepted && binding.phase !== 'deregistered') return;
  const { homeAddress, peer } = binding;
  const clients = context.table<Client>('clients', BOUNDS);
  const key = networkKey(homeAddress);
  if (isAccepted) clients.set(key, { homeAddress, homeAgent: peer });
  else if (isSameAddress(clients.get(key)?.homeAddress, homeAddress)) clients.delete(key);
}

export default defineRule({
  id: 'MIP6-2310',
  title: 'One node registered by itself and by an access gateway',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 5213 section 5.3.1', 'RFC 6612 section 4'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A node of a proxy domain is registered by its gateway and needs no Mobile IPv6 of its own; when it leaves the ' +
    'domain it registers itself, and the gateway gives up. Here both registrations last: the node would be in two ' +
    'places, so one of them is not made by whom it names. An anchor that answers a gateway with status 152 or 153 ' +
    'is no anchor for this node at all: a gateway that is set up wrongly, or a guess.',
  advice:
    'Compare both bindings at the home agent. Ask the gateway whether the node is attached; if it is, the Mobile IPv6 ' +
    'registration is the forged one.',
  on: ['mobility', 'binding', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['proxy', 'home-update'],
    'binding-acknowledgement': ['proxy'],
    binding: ['home'],
  },
  params,
  evaluate(event, context) {
    if (event.kind === 'tick') return unsettled(context, event.time);
    if (event.kind === 'binding') {
      noteClient(event, context);
      return undefined;
    }
    const { packet, link } = event.context;
    const answer = proxyAcknowledgementOf(event);
    if (answer !== undefined) {
      if (!REFUSED.has(answer.status)) return undefined;
      const { gateway, anchor, status } = answer;
      return {
        object: `${formatAddress(gateway)} at ${formatAddress(anchor)}: refused`,
        message: `${formatAddress(anchor)} refused gateway ${formatAddress(gateway)}: it is no anchor for that node`,
        packet,
        evidence: [
          evidenceOf(event.context, `Proxy Binding Acknowledgement with status ${status}`),
        ],
        confidence: 'certain',
        severity: 'low',
      };
    }
    const update = proxyUpdateOf(event);
    if (update !== undefined) {
      const open = context.table<Conflict>('open', OPEN_BOUNDS);
      if (update.node === undefined || update.lifetime === 0) return undefined;
      const { node, anchor, gateway } = update;
      const known = context.proxyBinding(anchor, node.key)?.prefixes ?? [];
      for (const prefix of [...update.prefixes, ...known]) {
        const client = context.table<Client>('clients', BOUNDS).get(networkKey(prefix.prefix));
        if (client === undefined || open.get(addressKey(client.homeAddress)) !== undefined)
          continue;
        open.set(addressKey(client.homeAddress), {
          ...client,
          node: node.key,
          anchor,
          packet,
          link,
          text: `Proxy Binding Update of gateway ${formatAddress(gateway)} for ${node.text} with ${prefixText(prefix)}`,
        });
      }
      return undefined;
    }
    const { message } = event.header;
    const isHome =
      message.kind === 'binding-update' &&
      event.checksum !== 'wrong' &&
      message.lifetime > 0 &&
      (message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0;
    if (!isHome) return undefined;
    const homeAddress = event.context.homeAddressOption ?? event.context.source;
    const homeAgent = event.context.destination;
    const proxy = context.proxyBindingAt(homeAgent, homeAddress);
    if (proxy === undefined) return undefined;
    const open = context.table<Conflict>('open', OPEN_BOUNDS);
    if (open.get(addressKey(homeAddress)) !== undefined) return undefined;
    open.set(addressKey(homeAddress), {
      homeAddress,
      homeAgent,
      node: proxy.node,
      anchor: homeAgent,
      packet,
      link,
      text: `Binding Update of ${formatAddress(homeAddress)} itself, without P flag`,
    });
    return undefined;
  },
});
