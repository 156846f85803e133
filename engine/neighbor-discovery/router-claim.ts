/**
 * Router Advertisements in the name of a router that is known to be elsewhere. RFC 3756 section 4.2.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import { findNdOption } from '../../dissectors/icmpv6/index.ts';
import { isSameLinkLayer } from '../home-link/addresses.ts';
import type { Icmpv6Event } from '../events.ts';
import { isAcceptedOnLink } from '../state/link-state.ts';
import { routerProfileOf } from '../state/routers.ts';
import type { Router, RouterProfile } from '../state/routers.ts';
import { includesLinkLayer, isVirtualRouter, linkLayerOfHomeAgent } from './knowledge.ts';
import type { KnownLinkLayer, LinkKnowledge } from './knowledge.ts';

/** A Router Advertisement and what is known of the router it names. */
export interface RouterClaim {
  readonly message: Icmpv6MessageOf<'router-advertisement'>;
  readonly profile: RouterProfile;
  /** Undefined when this link has not heard of it before. */
  readonly known: Readonly<Router> | undefined;
  /** Its source is an address of a home agent, on the home link. */
  readonly isHomeAgent: boolean;
  /** Link-layer addresses the router has. */
  readonly expected: KnownLinkLayer | undefined;
  /** Of the frame. */
  readonly linkLayerAddress: Uint8Array | undefined;
  /** Sent or signed with a link-layer address that the router does not have: by somebody else in its name. */
  readonly isForeign: boolean;
  /** The address that does not fit. */
  readonly strange: Uint8Array | undefined;
}

/** Reads a Router Advertisement that receivers take; undefined for other messages. */
export function routerClaimOf(
  event: Icmpv6Event,
  knowledge: LinkKnowledge,
): RouterClaim | undefined {
  const { message, context } = event;
  if (message.kind !== 'router-advertisement' || !isAcceptedOnLink(event)) return undefined;
  const { link, source, linkSource } = context;
  const known = knowledge.router(link, source);
  const isHome = link.effectiveRole === 'home';
  const isHomeAgent =
    isHome && (knowledge.isHomeAgent(source) || known?.profile.isHomeAgent === true);
  const expected = linkLayerOfRouter(event, known, knowledge);
  const option = findNdOption(message.options, 'source-link-layer-address')?.address;
  const strange =
    expected === undefined
      ? undefined
      : [linkSource, option].find(
          (item) => item !== undefined && !includesLinkLayer(expected, item),
        );
  return {
    message,
    profile: routerProfileOf(message),
    known,
    isHomeAgent,
    expected,
    linkLayerAddress: linkSource,
    isForeign: strange !== undefined && !(isVirtualRouter(strange) && expected?.isTold !== true),
    strange,
  };
}

/** Link-layer addresses of the router that an advertisement names as its source. */
function linkLayerOfRouter(
  { context }: Icmpv6Event,
  known: Readonly<Router> | undefined,
  knowledge: LinkKnowledge,
): KnownLinkLayer | undefined {
  const { link, source } = context;
  const { site } = knowledge;
  const told = site.routers
    .filter(
      (router) =>
        (router.link === undefined || router.link === link.name) &&
        router.addresses.some((item) => isSameAddress(item, source)),
    )
    .flatMap(({ linkLayerAddresses }) => linkLayerAddresses);
  if (told.length > 0) return { addresses: told, isTold: true };
  if (link.effectiveRole === 'home') {
    const agent = linkLayerOfHomeAgent(link, source, knowledge);
    if (agent?.isTold === true) return agent;
  }
  const { linkLayerAddress } = known ?? {};
  return linkLayerAddress === undefined
    ? undefined
    : { addresses: [linkLayerAddress], isTold: false };
}

/** How an advertisement takes a router out of use. */
export type Withdrawal = 'default-router' | 'home-agent';

/**
 * What an advertisement withdraws: on the home link the service of a home agent (H flag missing or home agent
 * lifetime 0, RFC 6275 sections 7.4 and 10.5.1), else the default router (lifetime 0, RFC 4861 section 6.3.4).
 */
export function withdrawalOf({ profile, isHomeAgent }: RouterClaim): Withdrawal | undefined {
  if (isHomeAgent && (!profile.isHomeAgent || profile.homeAgentLifetime === 0)) {
    return 'home-agent';
  }
  return profile.lifetime === 0 ? 'default-router' : undefined;
}

/** Whether a known router has a link-layer address. */
export function isLinkLayerOfRouter(
  router: Readonly<Router>,
  linkLayerAddress: Uint8Array | undefined,
): boolean {
  return isSameLinkLayer(router.linkLayerAddress, linkLayerAddress);
}
