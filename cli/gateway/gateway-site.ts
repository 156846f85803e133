/**
 * The site of a gateway: what its site settings say, and what follows from where it stands.
 */
import { isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import type { LinkRole, Site, SiteHomeAgent, SiteLink } from '../../engine/site.ts';
import type { GatewayDocument } from './gateway-schema.ts';

/** What of a configuration says where the gateway stands. */
export type Standing = Pick<
  GatewayDocument,
  'place' | 'homeAgents' | 'homePrefixes' | 'homeLink' | 'path'
>;

/** Roles of the two sides. */
interface Sides {
  readonly outside: LinkRole;
  readonly inside: LinkRole;
}

/** Interfaces of the two sides; for a pair those it joins. */
export function portsOf({ ports, pair }: GatewayDocument['path']): {
  readonly outside: readonly string[];
  readonly inside: readonly string[];
} {
  return pair === undefined ? ports : { outside: [pair[0]], inside: [pair[1]] };
}

/**
 * The site with what follows from the place: home agents that it does not name, and links for ports that it gives no role.
 * @param given settings of the site; undefined = none
 */
export function siteFor(standing: Standing, given: Site = UNKNOWN_SITE): Site {
  return {
    ...given,
    homeAgents: [...withPrefixes(standing, given), ...unnamedAgents(standing, given)],
    links: [...given.links, ...linksFor(standing, given)],
  };
}

/** Home agents of the site; one without prefixes has those of the configuration that it is in. */
function withPrefixes({ homePrefixes }: Standing, { homeAgents }: Site): SiteHomeAgent[] {
  return homeAgents.map((agent) =>
    agent.homePrefixes.length > 0
      ? agent
      : { ...agent, homePrefixes: prefixesOf(homePrefixes, agent.addresses) },
  );
}

function unnamedAgents({ homeAgents, homePrefixes }: Standing, given: Site): SiteHomeAgent[] {
  const known = given.homeAgents.flatMap(({ addresses }) => addresses);
  return homeAgents
    .filter((address) => !known.some((other) => isSameAddress(other, address)))
    .map((address, index) => ({
      name: `home agent ${given.homeAgents.length + index + 1}`,
      addresses: [address],
      homePrefixes: prefixesOf(homePrefixes, [address]),
      linkLayerAddresses: [],
    }));
}

/** Prefixes that the addresses are in, or all when they are in none. */
function prefixesOf(
  prefixes: Standing['homePrefixes'],
  addresses: readonly Uint8Array[],
): SiteHomeAgent['homePrefixes'] {
  const around = prefixes.filter(({ bytes, length }) =>
    addresses.some((address) => prefixMatches(bytes, length, address, 0)),
  );
  return (around.length > 0 ? around : prefixes).map(({ bytes, length }) => ({
    prefix: bytes,
    length,
  }));
}

/** Roles by place; undefined where nothing follows. */
function sidesOf({ place, homeLink, path }: Standing): Sides | undefined {
  if (place.includes('home-agent')) {
    switch (homeLink) {
      case 'inside':
        return { outside: 'transit', inside: 'home' };
      case 'outside':
        return { outside: 'home', inside: 'home' };
      case 'elsewhere':
        return { outside: 'transit', inside: 'transit' };
      case undefined:
        return undefined;
    }
  }
  if (place.includes('access-link')) {
    // A bridge is within the link; a router ends it.
    const outside = path.hook === 'routed' ? 'transit' : 'foreign';
    return { outside, inside: 'foreign' };
  }
  return { outside: 'transit', inside: 'transit' };
}

function linksFor(standing: Standing, { links }: Site): SiteLink[] {
  const sides = sidesOf(standing);
  if (sides === undefined) return [];
  const told = new Set(links.flatMap(({ interfaces }) => interfaces));
  const names = new Set(links.map(({ name }) => name));
  const free = (ports: readonly string[]): string[] => ports.filter((port) => !told.has(port));
  const { outside, inside } = portsOf(standing.path);
  const link = (name: string, role: LinkRole, interfaces: readonly string[]): SiteLink[] =>
    interfaces.length === 0
      ? []
      : [
          {
            name: names.has(name) ? `${name} of the gateway` : name,
            role,
            interfaces,
            files: [],
            vlans: [],
          },
        ];
  const isOneLink = standing.path.hook !== 'routed' && sides.outside === sides.inside;
  if (isOneLink && sides.inside !== 'transit') {
    const name = sides.inside === 'home' ? 'home link' : 'access link';
    return link(name, sides.inside, free([...outside, ...inside]));
  }
  return [
    ...link('outside', sides.outside, free(outside)),
    ...link('inside', sides.inside, free(inside)),
  ];
}
