import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  isSameLinkLayer,
  isLinkLayerOfRouter,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence, PacketContext, RuleContext } from '../../engine/rule-api.ts';

const FIRST_BOUNDS = { maxEntries: 2048, ttlSeconds: 600 };
/** Hop limits that packets start with: a router has not been between. */
const FRESH = new Set([64, 128, 255]);

/** Who sends many inits: a tunnel, or a machine on its own link. */
function collector(
  kind: 'home-test-init' | 'care-of-test-init',
  wire: PacketContext,
  context: RuleContext,
): { readonly key: string; readonly text: string; readonly attacker: Uint8Array } | undefined {
  const { outer, link, linkSource, hopLimit } = wire;
  if (kind === 'home-test-init' && outer !== undefined) {
    const end = outer.source;
    // A mobile router carries the nodes of its network, a gateway those that visit it.
    const binding = context.careOfBinding(end);
    const isRouter =
      binding !== undefined && context.mobileRouter(binding.homeAddress) !== undefined;
    if (isRouter || context.accessGateway(end) !== undefined) return undefined;
    return { key: addressKey(end), text: `the tunnel from ${formatAddress(end)}`, attacker: end };
  }
  if (outer !== undefined || linkSource === undefined || !FRESH.has(hopLimit)) return undefined;
  const role = kind === 'home-test-init' ? 'home' : 'foreign';
  if (link.effectiveRole !== role) return undefined;
  const isAgent = context.site.homeAgents.some(({ linkLayerAddresses }) =>
    linkLayerAddresses.some((item) => isSameLinkLayer(item, linkSource)),
  );
  const isRouter = [...context.routers(link)].some((item) => isLinkLayerOfRouter(item, linkSource));
  if (isAgent || isRouter) return undefined;
  return {
    key: `${link.id}/${linkSource.join(':')}`,
    text: `${formatMac(linkSource)} on link ${link.name}`,
    attacker: linkSource,
  };
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
    const found = collector(kind, wire, context);
    if (found === undefined) return undefined;
    const { addresses, windowSeconds } = context.params;
    const { source, packet } = wire;
    const key = `${kind}/${found.key}`;
    const name = kind === 'home-test-init' ? 'Home Test Init' : 'Care-of Test Init';
    const count = context
      .distinct('tested', { maxEntries: 2048, windowSeconds })
      .add(key, addressKey(source));
    const here = evidenceOf(wire, `${name} from ${formatAddress(source)}`);
    const table = context.table<Evidence>('first', FIRST_BOUNDS);
    const first = table.get(key);
    if (first === undefined || count === 1) table.set(key, here);
    if (count <= addresses) return undefined;
    return {
      object: key,
      message: `${found.text} sends ${name}s for ${count} addresses`,
      packet,
      evidence: [...(first === undefined ? [] : [first]), here],
      confidence: 'partial',
      attacker: found.attacker,
    };
  },
});
