import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  isAcceptedOnLink,
  isLinkLayerOfRouter,
  isLinkLocal,
  isSameAddress,
  isSameLinkLayer,
  senderOf,
} from '../../engine/rule-api.ts';
import type { EventOf, Link, Router, RuleContext } from '../../engine/rule-api.ts';

/** Routers looked through for the sender. */
const MAX_ROUTERS = 256;

/** What gives a Redirect away. */
interface Reason {
  readonly text: string;
  readonly isCertain: boolean;
}

/** Routers of a link: those that advertise, and those of the site file. */
interface KnownRouters {
  readonly seen: readonly Readonly<Router>[];
  /** Addresses and link-layer addresses of the site file. */
  readonly addresses: readonly Uint8Array[];
  readonly linkLayer: readonly Uint8Array[];
}

function routersOf(link: Link, context: RuleContext): KnownRouters {
  const seen: Readonly<Router>[] = [];
  for (const router of context.routers(link)) {
    // One advertisement alone may be the attacker's.
    if (seen.length < MAX_ROUTERS) seen.push(router);
  }
  const { site } = context;
  const told = site.routers.filter((item) => item.link === undefined || item.link === link.name);
  const agents = link.effectiveRole === 'home' ? site.homeAgents : [];
  return {
    seen,
    addresses: [...told, ...agents].flatMap(({ addresses }) => addresses),
    linkLayer: [...told, ...agents].flatMap(({ linkLayerAddresses }) => linkLayerAddresses),
  };
}

function isRouter(address: Uint8Array, { seen, addresses }: KnownRouters): boolean {
  return (
    addresses.some((item) => isSameAddress(item, address)) ||
    seen.some((item) => isSameAddress(item.address, address))
  );
}

function reasonOf(
  event: EventOf<'icmpv6'>,
  target: Uint8Array,
  destination: Uint8Array,
  context: RuleContext,
): Reason | undefined {
  const { link, source, linkSource } = event.context;
  // RFC 4861 section 8.1: a host takes none from another address.
  if (!isLinkLocal(source)) return { text: 'its source is not link-local', isCertain: true };
  const known = routersOf(link, context);
  if (known.seen.length === 0 && known.addresses.length === 0) return undefined;
  const hasLinkLayer =
    known.linkLayer.some((item) => isSameLinkLayer(item, linkSource)) ||
    known.seen.some((item) => isLinkLayerOfRouter(item, linkSource));
  if (!isRouter(source, known)) {
    // A router may have several link-local addresses.
    if (hasLinkLayer) return undefined;
    return { text: 'its source is no router of this link', isCertain: known.addresses.length > 0 };
  }
  const router = context.router(link, source);
  const ownsIt =
    linkSource === undefined ||
    known.linkLayer.some((item) => isSameLinkLayer(item, linkSource)) ||
    (router !== undefined && isLinkLayerOfRouter(router, linkSource));
  if (!ownsIt && (router !== undefined || known.linkLayer.length > 0)) {
    return { text: 'it was not sent by the link-layer address of that router', isCertain: true };
  }
  const isMobility =
    context.isHomeAgent(destination) ||
    context.isHomeAddress(destination) ||
    context.homePrefixOf(destination) !== undefined;
  if (!isMobility || link.effectiveRole === 'home') return undefined;
  if (isSameAddress(target, destination)) {
    return { text: 'it says that a node of the home network is on this link', isCertain: false };
  }
  return isRouter(target, known)
    ? undefined
    : {
        text: 'it leads packets for the home network to a node that is no router',
        isCertain: false,
      };
}

export default defineRule({
  id: 'MIP6-2006',
  title: 'Redirect from a node that is not the router, or that leads mobility traffic astray',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.2.4', 'RFC 4861 sections 8.1 and 8.2'],
  needs: ['link-roles'],
  verdict: 'drop',
  explanation:
    'A router tells a host with a Redirect that there is a better first hop for a destination. Hosts believe it when it ' +
    'comes from the address of their router, which anybody on the link can write. The traffic of a mobile node to its ' +
    'home agent or correspondent then goes through the attacker. The rule compares source and link-layer address with ' +
    'the routers that the site file names or that advertise on the link; a router with a second link-local address is ' +
    'told by its link-layer address.',
  advice:
    'Find the port behind the link-layer address and shut it. Let hosts ignore Redirects where no router sends any ' +
    '(on Linux net.ipv6.conf.*.accept_redirects), and let switches drop those that do not come from a router port.',
  on: ['icmpv6'],
  messages: ['redirect'],
  params: {},
  evaluate(event, context) {
    const { message, context: wire } = event;
    if (message.kind !== 'redirect' || !isAcceptedOnLink(event)) return undefined;
    const { link, packet, source, destination: victim } = wire;
    if (link.effectiveRole !== 'home' && link.effectiveRole !== 'foreign') return undefined;
    const { targetAddress, destinationAddress } = message;
    const reason = reasonOf(event, targetAddress, destinationAddress, context);
    if (reason === undefined) return undefined;
    const sender = senderOf(wire);
    const mac = sender.length === 16 ? '' : ` (${formatMac(sender, 0, sender.length)})`;
    const destination = formatAddress(destinationAddress);
    const isHome = context.isHomeAddress(destinationAddress);
    return {
      object: addressKey(victim),
      message: `a forged Redirect from ${formatAddress(source)}${mac} leads packets of ${formatAddress(victim)} for ${destination} to ${formatAddress(targetAddress)}`,
      packet,
      evidence: [
        {
          packet,
          text: `Redirect from ${formatAddress(source)}${mac}: ${destination} by way of ${formatAddress(targetAddress)}; ${reason.text}`,
          link,
        },
      ],
      confidence: reason.isCertain ? 'certain' : 'partial',
      stage: 'denial-of-service',
      ...(isHome ? { homeAddress: destinationAddress } : {}),
      ...(context.isHomeAgent(destinationAddress) ? { homeAgent: destinationAddress } : {}),
      attacker: sender,
    };
  },
});
