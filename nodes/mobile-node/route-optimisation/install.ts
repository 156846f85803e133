/**
 * Hangs route optimisation into a mobile node, and lets it be a correspondent of other mobile nodes. RFC 6275 sections 8.1,
 * 8.5 and 11.3.1.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import type { Path, OutboundPacket } from '../../ip/packet.ts';
import type { TunnelQuestion } from '../../correspondent-node/message-sender.ts';
import type { MobileNodeContext } from '../mobile-node-parts.ts';
import { RouteOptimisation } from './route-optimisation.ts';
import type { RouteOptimisationOptions } from './route-optimisation.ts';

/**
 * Puts it in, once, before the node starts.
 * @param node the mobile node
 * @returns undefined with `routeOptimisation: false`: then nothing is ever sent to a correspondent (RFC 6275 section 8.5)
 */
export function installRouteOptimisation(
  { context }: { readonly context: MobileNodeContext },
  options: RouteOptimisationOptions = {},
): RouteOptimisation | undefined {
  const { correspondent } = options;
  const { host } = context;
  if (correspondent !== undefined) {
    // In front of the mobile node's own: towards mobile correspondents from home, and from care-of addresses.
    host.paths.unshift((packet) => {
      if (isTunnelled(context, packet)) return undefined;
      const careOfDestination = correspondent.careOfAddressFor(packet);
      const path: Path = { kind: 'optimised', careOfDestination };
      return careOfDestination === undefined ? undefined : path;
    });
  }
  if (context.configuration.routeOptimisation === false) {
    // Known messages, of no use here: nobody is told of them.
    host.mobility.handle('home-test', () => undefined);
    host.mobility.handle('care-of-test', () => undefined);
    return undefined;
  }
  const routeOptimisation = new RouteOptimisation(context, options);
  context.correspondents = routeOptimisation;
  return routeOptimisation;
}

/** Whether a home address that is not at home, or keeps its tunnel there, is the source. */
function isTunnelled(context: MobileNodeContext, { source, destination }: OutboundPacket): boolean {
  const isOwn = context.homeAddresses.some(({ address }) => isSameAddress(address, destination));
  const home = context.homeAddress(source);
  return isOwn || (home !== undefined && (home.state !== 'home' || home.tunnel !== undefined));
}

/**
 * For the correspondent of a mobile node: its messages from a home address take the tunnel while the node is away.
 * RFC 6275 section 11.3.1.
 */
export function messageTunnel({
  context,
}: {
  readonly context: MobileNodeContext;
}): TunnelQuestion {
  return ({ source }) => context.homeAddress(source)?.tunnel;
}
