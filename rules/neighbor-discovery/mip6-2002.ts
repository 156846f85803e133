import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  homeAddressClaimOf,
  includesLinkLayer,
  isAcceptedOnLink,
  isMadeOf,
  isToldHomeAgentLinkLayer,
  isVirtualRouter,
  linkLayerOfHomeAgent,
  neighborStatementOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const params = {
  liveSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'a node at home whose former link-layer address spoke within this time has not simply changed its interface',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** What does not fit the known link-layer address. */
interface Mismatch {
  readonly whose: string;
  readonly expected: readonly Uint8Array[];
  readonly seen: PacketReference | undefined;
  readonly isCertain: boolean;
  readonly isWeak: boolean;
  readonly homeAddress?: Uint8Array;
  readonly homeAgent?: Uint8Array;
}

function ofHomeAgent(
  event: EventOf<'icmpv6'>,
  linkLayerAddress: Uint8Array,
  context: Context,
): Mismatch | undefined {
  const { link, source } = event.context;
  const expected = linkLayerOfHomeAgent(link, source, context);
  if (expected === undefined || includesLinkLayer(expected, linkLayerAddress)) return undefined;
  const isVirtual = isVirtualRouter(linkLayerAddress);
  if (isVirtual && !expected.isTold) return undefined;
  const claim = context.neighbor(link, source)?.claims[0];
  const isAlive =
    claim !== undefined && context.now - claim.lastSeen <= context.params.liveSeconds * 1e6;
  return {
    whose: 'home agent',
    expected: expected.addresses,
    seen: claim?.lastPacket,
    isCertain: expected.isTold && !isVirtual,
    isWeak: !expected.isTold && !isAlive,
    homeAgent: source,
  };
}

function ofHomeAddress(
  event: EventOf<'icmpv6'>,
  linkLayerAddress: Uint8Array,
  context: Context,
): Mismatch | undefined {
  const { link, source } = event.context;
  const away = homeAddressClaimOf(event, context);
  if (away !== undefined) {
    if (away.isOwn || away.isDeregistering) return undefined;
    return {
      whose: 'home address of a node that is away',
      expected: away.expected.addresses,
      seen: away.binding.lastChange,
      isCertain: false,
      isWeak: false,
      homeAddress: source,
      homeAgent: away.binding.peer,
    };
  }
  // At home: the node spoke with another address a moment ago, and still has that one.
  const claims = context.neighbor(link, source)?.claims ?? [];
  const known = claims.find(
    (claim) =>
      !isToldHomeAgentLinkLayer(claim.linkLayerAddress, context.site) &&
      context.now - claim.lastSeen <= context.params.liveSeconds * 1e6 &&
      claim.count > 1,
  );
  if (known === undefined || includesLinkLayer(claimsOf(claims), linkLayerAddress)) {
    return undefined;
  }
  if (isToldHomeAgentLinkLayer(linkLayerAddress, context.site)) return undefined;
  if (isMadeOf(source, linkLayerAddress)) return undefined;
  return {
    whose: 'home address',
    expected: [known.linkLayerAddress],
    seen: known.lastPacket,
    isCertain: false,
    isWeak: !isMadeOf(source, known.linkLayerAddress),
    homeAddress: source,
  };
}

function claimsOf(claims: readonly { readonly linkLayerAddress: Uint8Array }[]): {
  addresses: readonly Uint8Array[];
} {
  return { addresses: claims.map(({ linkLayerAddress }) => linkLayerAddress) };
}

function draftOf(
  event: EventOf<'icmpv6'>,
  linkLayerAddress: Uint8Array,
  found: Mismatch,
): AlertDraft {
  const { source, packet, link } = event.context;
  const address = formatAddress(source);
  const mac = formatMac(linkLayerAddress, 0, linkLayerAddress.length);
  const expected = found.expected.map((item) => formatMac(item, 0, item.length)).join(', ');
  return {
    object: addressKey(source),
    message: `${mac} solicits in the name of ${address}, ${found.whose}, on link ${link.name}: neighbors send to it what is for ${address}`,
    packet,
    evidence: [
      {
        packet,
        text: `solicitation from ${address} with source link-layer address ${mac}; ${address} is at ${expected}`,
        link,
      },
      ...(found.seen === undefined
        ? []
        : [{ packet: found.seen, text: `${address} as it was known` }]),
    ],
    confidence: found.isCertain ? 'certain' : 'partial',
    ...(found.isWeak ? { severity: 'low' } : {}),
    stage: 'denial-of-service',
    ...(found.homeAddress === undefined ? {} : { homeAddress: found.homeAddress }),
    ...(found.homeAgent === undefined ? {} : { homeAgent: found.homeAgent }),
    attacker: linkLayerAddress,
  };
}

export default defineRule({
  id: 'MIP6-2002',
  title: 'Solicitation in the name of a home agent or home address with another link-layer address',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.1.1', 'RFC 4861 sections 6.2.6 and 7.2.3'],
  needs: ['home-link', 'home-agents'],
  verdict: 'drop',
  explanation:
    'Who solicits tells his own link-layer address along, and receivers put it into their neighbor cache. A ' +
    'solicitation that names the home agent, or a home address, as its source and brings another link-layer address ' +
    'poisons the cache of whoever gets it: what goes to the home agent, binding updates and tunnelled packets, goes ' +
    'to the attacker. The link-layer addresses of home agents come from the site file or from what the link showed ' +
    'first. A node that changed its interface is told apart by the silence of the old one.',
  advice:
    'Find the port behind the link-layer address and shut it. Name the link-layer addresses of home agents in the ' +
    'site file, with those of standby machines and VRRP. Source address validation on the switch (RFC 7513, RFC 6620) ' +
    'or SEND keeps it from happening.',
  on: ['icmpv6'],
  messages: [
    'router-solicitation',
    'router-advertisement',
    'neighbor-solicitation',
    'neighbor-advertisement',
  ],
  params,
  evaluate(event, context) {
    const { message } = event;
    const isSolicitation =
      message.kind === 'neighbor-solicitation' || message.kind === 'router-solicitation';
    const { link, source } = event.context;
    if (link.effectiveRole !== 'home') return undefined;
    if (!isSolicitation) {
      // Takes note of what nodes at home say of themselves.
      homeAddressClaimOf(event, context);
      return undefined;
    }
    if (!isAcceptedOnLink(event)) return undefined;
    const said = neighborStatementOf(event);
    if (said === undefined) return undefined;
    const { linkLayerAddress } = said;
    const found = context.isHomeAgent(source)
      ? ofHomeAgent(event, linkLayerAddress, context)
      : context.isHomeAddress(source)
        ? ofHomeAddress(event, linkLayerAddress, context)
        : undefined;
    return found === undefined ? undefined : draftOf(event, linkLayerAddress, found);
  },
});
