import {
  PREFIX_INFORMATION_FLAGS,
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  includesLinkLayer,
  isAcceptedOnLink,
  isLinkLocal,
  isSameAddress,
  isSameLinkLayer,
  isVirtualRouter,
  linkLayerOfHomeAgent,
  neighborStatementOf,
  routerClaimOf,
  senderOf,
  withdrawalOf,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf, RuleContext } from '../../engine/rule-api.ts';

/** A statement that a home agent is where it is not. */
interface Hijack {
  readonly homeAgent: Uint8Array;
  readonly linkLayerAddress: Uint8Array;
  readonly text: string;
  readonly isTold: boolean;
}

/** On the home link: the home agent's address with another link-layer address. */
function onHomeLink(event: EventOf<'icmpv6'>, context: RuleContext): Hijack | undefined {
  const { message, context: wire } = event;
  const { link, source } = wire;
  if (message.kind === 'router-advertisement') {
    const claim = routerClaimOf(event, context);
    if (claim === undefined) return undefined;
    if (claim.isHomeAgent) {
      // What takes the home agent out of use is rule 2105.
      if (!claim.isForeign || withdrawalOf(claim) === 'home-agent') return undefined;
      const linkLayerAddress = claim.strange ?? senderOf(wire);
      const text = `Router Advertisement from ${formatAddress(source)}, the home agent`;
      const isTold = claim.expected?.isTold === true;
      return { homeAgent: source, linkLayerAddress, text, isTold };
    }
    for (const option of message.options) {
      if (option.kind !== 'prefix-information') continue;
      const hasAddress = (option.flags & PREFIX_INFORMATION_FLAGS.routerAddress.mask) !== 0;
      if (!hasAddress || !context.isHomeAgent(option.prefix)) continue;
      const expected = linkLayerOfHomeAgent(link, option.prefix, context);
      const linkLayerAddress = wire.linkSource;
      if (expected === undefined || linkLayerAddress === undefined) continue;
      if (includesLinkLayer(expected, linkLayerAddress)) continue;
      const text = `Router Advertisement with ${formatAddress(option.prefix)}, the home agent's address, as its own (R flag)`;
      return { homeAgent: option.prefix, linkLayerAddress, text, isTold: expected.isTold };
    }
    return undefined;
  }
  if (message.kind !== 'neighbor-advertisement') return undefined;
  const said = neighborStatementOf(event);
  if (said === undefined || !context.isHomeAgent(said.address)) return undefined;
  const expected = linkLayerOfHomeAgent(link, said.address, context);
  const { linkLayerAddress, address } = said;
  if (expected === undefined || includesLinkLayer(expected, linkLayerAddress)) return undefined;
  const text = `Neighbor Advertisement: ${formatAddress(address)}, the home agent, is here`;
  return { homeAgent: address, linkLayerAddress, text, isTold: expected.isTold };
}

/** On a visited link no home agent of ours lives; link-local addresses mean nothing there. */
function onForeignLink(event: EventOf<'icmpv6'>, context: RuleContext): Hijack | undefined {
  const { message } = event;
  const isStatement =
    message.kind === 'neighbor-advertisement' || message.kind === 'neighbor-solicitation';
  const said = isStatement ? neighborStatementOf(event) : undefined;
  if (said === undefined || isLinkLocal(said.address) || !context.isHomeAgent(said.address)) {
    return undefined;
  }
  // A home agent that was learned may serve other nodes from here.
  const isOurs = context.site.homeAgents.some(({ addresses }) =>
    addresses.some((item) => isSameAddress(item, said.address)),
  );
  if (!isOurs) return undefined;
  // It also advertises itself as this home agent: rule 1103 has said so.
  for (const { addresses, linkLayerAddress } of context.routers(event.context.link)) {
    if (!isSameLinkLayer(linkLayerAddress, said.linkLayerAddress)) continue;
    if (addresses.some((item) => isSameAddress(item, said.address))) return undefined;
  }
  const name = message.kind === 'neighbor-advertisement' ? 'Advertisement' : 'Solicitation';
  return {
    homeAgent: said.address,
    linkLayerAddress: said.linkLayerAddress,
    text: `Neighbor ${name}: ${formatAddress(said.address)}, the home agent, is on this link`,
    isTold: event.context.link.roleKnownBy === 'site',
  };
}

export default defineRule({
  id: 'MIP6-2004',
  title: 'Address of the home agent taken over on a link',
  severity: 'critical',
  category: 'neighbor-discovery',
  references: ['RFC 3756 sections 4.1.1 and 4.2.1', 'RFC 6275 section 10.5.1'],
  needs: ['link-roles', 'home-agents'],
  verdict: 'drop',
  explanation:
    'The home agent has known link-layer addresses on its home link and is on no other. Who announces its address with ' +
    'another link-layer address there, or announces it at all on a visited link, gets the packets that are for it: on ' +
    'the home link those of all its nodes, on a visited link the de-registration of a node that was made to believe it ' +
    'is at home. The rule looks at Neighbor Advertisements, and on the home link at Router Advertisements; false Router ' +
    'Advertisements on visited links are rule 1103.',
  advice:
    'Find the port behind the link-layer address and shut it. Redundant home agents: put all their link-layer ' +
    'addresses, and the virtual one of VRRP, into the site file.',
  on: ['icmpv6'],
  messages: ['router-advertisement', 'neighbor-solicitation', 'neighbor-advertisement'],
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const { link, packet } = event.context;
    if (!isAcceptedOnLink(event)) return undefined;
    const found =
      link.effectiveRole === 'home'
        ? onHomeLink(event, context)
        : link.effectiveRole === 'foreign'
          ? onForeignLink(event, context)
          : undefined;
    if (found === undefined) return undefined;
    const { homeAgent, linkLayerAddress, isTold } = found;
    const agent = formatAddress(homeAgent);
    const mac = formatMac(linkLayerAddress, 0, linkLayerAddress.length);
    const isVirtual = isVirtualRouter(linkLayerAddress);
    const where = link.effectiveRole === 'home' ? 'its home link' : `link ${link.name}`;
    return {
      object: `${addressKey(homeAgent)}${isVirtual ? '/virtual' : ''}`,
      message: `${mac} takes over the address ${agent} of the home agent on ${where}`,
      packet,
      evidence: [{ packet, text: `${found.text}, at ${mac}`, link }],
      confidence: isTold && !isVirtual ? 'certain' : 'partial',
      ...(isVirtual ? { severity: 'low' } : {}),
      stage: 'denial-of-service',
      homeAgent,
      attacker: linkLayerAddress,
    };
  },
});
