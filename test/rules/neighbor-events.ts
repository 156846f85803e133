/**
 * Neighbor discovery for tests of rules: who says what on which link, with the link-layer addresses that it is about.
 */
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Event, Link, PacketContext } from '../../engine/events.ts';
import type { Site } from '../../engine/site.ts';
import { icmpv6Event, makeLink, packetAt } from './event-builders.ts';
import { HOME_AGENT, HOME_PREFIX, address, linkLayer, makeSite } from './site.ts';

export const AGENT_MAC = linkLayer('00:00:5e:00:53:01');
export const NODE_MAC = linkLayer('00:00:5e:00:53:10');
export const HOST_MAC = linkLayer('00:00:5e:00:53:25');
export const ROUTER_MAC = linkLayer('00:00:5e:00:53:31');
export const ROGUE_MAC = linkLayer('02:00:00:00:66:66');
export const AGENT_LINK_LOCAL = address('fe80::1');
export const ROUTER = address('fe80::31');
export const ROGUE = address('fe80::66');
export const HOST = address('2001:db8:1::25');
export const ALL_NODES = address('ff02::1');
export const UNSPECIFIED = address('::');
export const HOME = makeLink('home');
export const FOREIGN = makeLink('foreign');

/** The ordinary site with the link-layer address of its home agent. */
export function toldSite(overrides: Partial<Site> = {}): Site {
  return makeSite({
    homeAgents: [
      {
        name: 'agent',
        addresses: [HOME_AGENT, AGENT_LINK_LOCAL],
        homePrefixes: [HOME_PREFIX],
        linkLayerAddresses: [AGENT_MAC],
      },
    ],
    ...overrides,
  });
}

/** Where and when something is said; default: by ROGUE_MAC on the home link. */
export interface Said {
  readonly at?: number;
  readonly link?: Link;
  readonly mac?: Uint8Array;
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  /** Link-layer address in the option; default: of the frame. */
  readonly option?: Uint8Array;
  readonly context?: Partial<PacketContext>;
}

function contextOf(said: Said, source: Uint8Array): Partial<PacketContext> {
  return {
    packet: packetAt(Math.max(1, Math.round((said.at ?? 1) * 1000)), said.at ?? 1),
    link: said.link ?? HOME,
    linkSource: said.mac ?? ROGUE_MAC,
    source: said.source ?? source,
    destination: said.destination ?? ALL_NODES,
    ...said.context,
  };
}

/** Neighbor Advertisement; `flags` default: override. */
export function neighborAdvertisement(
  targetAddress: Uint8Array,
  said: Said & { readonly flags?: number } = {},
): Icmpv6Event {
  return icmpv6Event(
    {
      kind: 'neighbor-advertisement',
      code: 0,
      flags: said.flags ?? 0x20000000,
      targetAddress,
      options: [
        { kind: 'target-link-layer-address', address: said.option ?? said.mac ?? ROGUE_MAC },
      ],
    },
    { context: contextOf(said, targetAddress) },
  );
}

/** Neighbor Solicitation; from `::` it has no option. */
export function neighborSolicitation(targetAddress: Uint8Array, said: Said = {}): Icmpv6Event {
  const isProbe = (said.source ?? UNSPECIFIED) === UNSPECIFIED;
  return icmpv6Event(
    {
      kind: 'neighbor-solicitation',
      code: 0,
      targetAddress,
      options: isProbe
        ? []
        : [{ kind: 'source-link-layer-address', address: said.option ?? said.mac ?? ROGUE_MAC }],
    },
    { context: contextOf(said, UNSPECIFIED) },
  );
}

/** What a Router Advertisement says besides. */
export type RouterFields = Partial<
  Omit<Icmpv6MessageOf<'router-advertisement'>, 'kind' | 'options'>
> & { readonly options?: readonly NdOption[] };

/** Router Advertisement; default: a plain router with lifetime 1800 s. */
export function routerAdvertisement(said: Said = {}, fields: RouterFields = {}): Icmpv6Event {
  return icmpv6Event(
    {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags: 0,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      ...fields,
      options: [
        { kind: 'source-link-layer-address', address: said.option ?? said.mac ?? ROGUE_MAC },
        ...(fields.options ?? []),
      ],
    },
    { context: contextOf(said, ROUTER) },
  );
}

/** H flag of a Router Advertisement. */
export const HOME_AGENT_FLAG = 0x20;

/** Home Agent Information option. */
export function homeAgentInformation(preference: number, lifetime = 1800): NdOption {
  return { kind: 'home-agent-information', flags: 0, preference, lifetime };
}

/** Prefix Information option. */
export function prefixInformation(
  prefix: Uint8Array,
  { flags = 0xc0, length = 64, validLifetime = 86_400 } = {},
): NdOption {
  return {
    kind: 'prefix-information',
    prefixLength: length,
    flags,
    validLifetime,
    preferredLifetime: Math.min(14_400, validLifetime),
    prefix,
  };
}
