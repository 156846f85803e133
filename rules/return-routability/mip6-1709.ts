import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  isSameAddress,
  isSameLinkLayer,
  isLinkLayerOfRouter,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  LastInit,
  Link,
  PacketContext,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

/** Collectors of each kind remembered. */
const MAX_COLLECTORS = 2048;
const FIRST_BOUNDS = { maxEntries: 2048, ttlSeconds: 600 };
/** Hop limits that packets start with: a router has not been between. */
const FRESH = new Set([64, 128, 255]);

/** The end of a tunnel is counted by its address, a machine on a link as text. */
interface Seen {
  readonly count: number;
  readonly first: First | undefined;
}

/** The first init of a collector. */
interface First {
  source: Uint8Array;
  packet: PacketReference;
  link: Link;
}

type Context = RuleContext<{ addresses: number; windowSeconds: number }>;

/** Who sends many inits: the end of a tunnel, or a machine on its own link. */
function collector(
  kind: 'home-test-init' | 'care-of-test-init',
  wire: PacketContext,
  context: RuleContext,
): Uint8Array | undefined {
  const { outer, link, linkSource, hopLimit } = wire;
  if (kind === 'home-test-init' && outer !== undefined) {
    const end = outer.source;
    // A mobile router carries the nodes of its network, a gateway those that visit it.
    const binding = context.careOfBinding(end);
    const isRouter =
      binding !== undefined && context.mobileRouter(binding.homeAddress) !== undefined;
    if (isRouter || context.accessGateway(end) !== undefined) return undefined;
    return end;
  }
  if (outer !== undefined || linkSource === undefined || !FRESH.has(hopLimit)) return undefined;
  const role = kind === 'home-test-init' ? 'home' : 'foreign';
  if (link.effectiveRole !== role) return undefined;
  for (const { linkLayerAddresses } of context.site.homeAgents) {
    for (const item of linkLayerAddresses) if (isSameLinkLayer(item, linkSource)) return undefined;
  }
  for (const item of context.routers(link)) {
    if (isLinkLayerOfRouter(item, linkSource)) return undefined;
  }
  return linkSource;
}

/** The last Home Test Init of an address when it came within the window and through this tunnel. */
function lastThrough(end: Uint8Array, address: Uint8Array, context: Context): LastInit | undefined {
  const last = context.testsOf('home', address)?.last;
  if (last?.tunnelFrom === undefined || !isSameAddress(last.tunnelFrom, end)) return undefined;
  const isOver = context.now - last.packet.time > context.params.windowSeconds * 1e6;
  return isOver ? undefined : last;
}

/** Counts an address of the end of a tunnel; undefined where nothing needs to be counted. */
function seenOfTunnel(
  end: Uint8Array,
  isHome: boolean,
  { source, packet, link }: PacketContext,
  context: Context,
): Seen | undefined {
  const { windowSeconds } = context.params;
  const tag = isHome ? 1 : 0;
  const counter = context.distinctOf<First>('tested', {
    maxEntries: MAX_COLLECTORS,
    windowSeconds,
  });
  if (isHome && counter.noteOf(end, tag) === undefined) {
    const owner = context.careOfBinding(end);
    // The engine keeps the tests of the node whose tunnel it is.
    if (owner !== undefined && isSameAddress(owner.homeAddress, source)) return undefined;
    const own = owner === undefined ? undefined : lastThrough(end, owner.homeAddress, context);
    if (owner !== undefined && own !== undefined) {
      counter.add(end, owner.homeAddress, tag);
      const { packet: before, link: where } = own;
      counter.setNote({ source: owner.homeAddress, packet: before, link: where }, end, tag);
    }
  }
  const count = counter.add(end, source, tag);
  const first = counter.noteOf(end, tag);
  if (first === undefined) counter.setNote({ source, packet, link }, end, tag);
  else if (count === 1) {
    first.source = source;
    first.packet = packet;
    first.link = link;
  }
  return { count, first };
}

/** Counts an address of a machine. */
function seenOfMachine(
  key: string,
  { source, packet, link }: PacketContext,
  context: Context,
): Seen {
  const { windowSeconds } = context.params;
  const count = context
    .distinct('tested', { maxEntries: MAX_COLLECTORS, windowSeconds })
    .add(key, addressKey(source));
  const table = context.table<First>('first', FIRST_BOUNDS);
  const first = table.get(key);
  if (first === undefined || count === 1) table.set(key, { source, packet, link });
  return { count, first };
}

export default defineRule({
  id: 'MIP6-1709',
  title: 'One host tests many addresses',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 4225 section 3.3.1', 'RFC 6275 section 15.4.5'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A mobile node tests its own home address and its own care-of address. One tunnel, or one machine on its link, that ' +
    'sends Home Test Inits for many home addresses or Care-of Test Inits from many care-of addresses collects tokens of ' +
    'others, to bind their addresses later, or keeps correspondents busy. Mobile routers and gateways, which carry the ' +
    'tests of many nodes, are left out as far as they are known.',
  advice:
    'Limit return routability of one host. A home agent should let only home addresses with a binding through a tunnel, ' +
    'and a visited network only addresses that belong to the machine.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init'],
  // A machine is told by its link; tunnels are counted of Home Test Inits alone.
  asksOnly: {
    'home-test-init': ['remarkable', 'holding tested'],
    'care-of-test-init': ['on-foreign-link'],
  },
  params: {
    addresses: {
      default: 8,
      min: 2,
      max: 10_000,
      unit: 'addresses',
      doc: 'more different addresses than this within the window',
    },
    windowSeconds: {
      default: 60,
      min: 1,
      max: 3600,
      unit: 'seconds',
      doc: 'time in which they are counted',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    const { kind } = header.message;
    if (kind !== 'home-test-init' && kind !== 'care-of-test-init') return undefined;
    if (event.checksum === 'wrong') return undefined;
    const attacker = collector(kind, wire, context);
    if (attacker === undefined) return undefined;
    const { addresses } = context.params;
    const { packet, link } = wire;
    const isMachine = attacker === wire.linkSource;
    const machine = isMachine ? `${kind}/${link.id}/${attacker.join(':')}` : undefined;
    const seen =
      machine === undefined
        ? seenOfTunnel(attacker, kind === 'home-test-init', wire, context)
        : seenOfMachine(machine, wire, context);
    if (seen === undefined || seen.count <= addresses) return undefined;
    const { count, first } = seen;
    const name = kind === 'home-test-init' ? 'Home Test Init' : 'Care-of Test Init';
    const by = isMachine
      ? `${formatMac(attacker)} on link ${link.name}`
      : `the tunnel from ${formatAddress(attacker)}`;
    const evidence = [...(first === undefined ? [] : [first]), wire].map((item) => ({
      packet: item.packet,
      text: `${name} from ${formatAddress(item.source)}`,
      link: item.link,
    }));
    return {
      object: machine ?? `${kind}/${addressKey(attacker)}`,
      message: `${by} sends ${name}s for ${count} addresses`,
      packet,
      evidence,
      confidence: 'partial',
      attacker,
    };
  },
});
