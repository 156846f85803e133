/**
 * What the parts of a configuration say together, and its schema cannot see.
 */
import { formatAddress, isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { ValuePath } from '../yaml-document.ts';
import type { NodeDocument, NodeRole } from './node-schema.ts';

/** Section that a role cannot be without. */
const SECTIONS: Readonly<Record<NodeRole, 'homeAgent' | 'mobileNode' | undefined>> = {
  'home-agent': 'homeAgent',
  'mobile-node': 'mobileNode',
  'correspondent-node': undefined,
};
/** RFC 2526 section 2: the anycast identifier takes the last 64 bits. */
const LONGEST_DISCOVERED_PREFIX = 64;
/** RFC 4861 section 6.2.1. */
const MIN_INTERVAL_SHARE = 0.75;

/** Something wrong, at a place of the configuration. */
export interface NodeFinding {
  readonly path: ValuePath;
  readonly message: string;
}

type Findings = Generator<NodeFinding>;

/** Everything wrong. @param role what the command asks for; undefined = any */
export function* nodeFindings(settings: NodeDocument, role: NodeRole | undefined): Findings {
  if (role !== undefined && settings.role !== role) {
    yield { path: ['role'], message: `expected ${role} for this command; found ${settings.role}` };
  }
  const section = SECTIONS[settings.role];
  if (section !== undefined && settings[section] === undefined) {
    yield { path: [], message: `missing: a ${settings.role} needs the section ${section}` };
  }
  for (const each of ['homeAgent', 'mobileNode'] as const) {
    if (settings[each] !== undefined && each !== section) {
      yield { path: [each], message: `a ${settings.role} has no section ${each}; remove it` };
    }
  }
  yield* linkFindings(settings);
  yield* prefixFindings(settings);
  yield* servedFindings(settings);
  yield* advertisementFindings(settings);
  yield* mobileNodeFindings(settings);
  yield* homeAddressFindings(settings);
}

function* doubles(
  values: readonly string[],
  path: (index: number) => ValuePath,
  message: string,
): Findings {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) yield { path: path(index), message };
    seen.add(value);
  }
}

function* linkFindings({ links, tun }: NodeDocument): Findings {
  const names = links.map((link) => link.interface);
  yield* doubles(names, (at) => ['links', at, 'interface'], 'this interface is given twice');
  if (tun !== undefined && names.includes(tun.name)) {
    yield { path: ['tun', 'name'], message: 'a link has this name; the device needs its own' };
  }
}

function* prefixFindings({ homeAgent, links }: NodeDocument): Findings {
  if (homeAgent === undefined) return;
  for (const [index, home] of homeAgent.prefixes.entries()) {
    const path = ['homeAgent', 'prefixes', index] as const;
    const { prefix, agentAddress, interface: on, validLifetime, preferredLifetime } = home;
    if (!prefixMatches(prefix.bytes, prefix.length, agentAddress, 0)) {
      yield { path: [...path, 'agentAddress'], message: 'this address is not in the home prefix' };
    }
    if ((preferredLifetime ?? 0) > (validLifetime ?? Infinity)) {
      yield { path: [...path, 'preferredLifetime'], message: 'longer than the valid lifetime' };
    }
    if (on === undefined) continue;
    const link = links.find((each) => each.interface === on);
    if (link === undefined) {
      yield { path: [...path, 'interface'], message: `links has no interface ${on}` };
    } else if (!link.addresses.some(({ address }) => isSameAddress(address, agentAddress))) {
      yield {
        path: [...path, 'agentAddress'],
        message: `the link ${on} has not this address; add it to its addresses`,
      };
    }
  }
}

function* servedFindings({ homeAgent }: NodeDocument): Findings {
  if (homeAgent === undefined) return;
  const { prefixes, mobileNodes, mobileRouters, maximumCareOfAddresses } = homeAgent;
  for (const [index, node] of mobileNodes.entries()) {
    const path = ['homeAgent', 'mobileNodes', index] as const;
    const { homeAddress } = node;
    const isServed = prefixes.some(({ prefix }) =>
      prefixMatches(prefix.bytes, prefix.length, homeAddress, 0),
    );
    if (!isServed) {
      yield {
        path: [...path, 'homeAddress'],
        message: 'this address is in none of the home prefixes',
      };
    }
    if (prefixes.some(({ agentAddress }) => isSameAddress(agentAddress, homeAddress))) {
      yield { path: [...path, 'homeAddress'], message: 'this is the address of the home agent' };
    }
    if (node.mobileNetworks.length > 0 && !node.mobileRouter) {
      yield {
        path: [...path, 'mobileNetworks'],
        message: 'mobile networks are those of a mobile router; say mobileRouter: true',
      };
    }
    if (node.mobileRouter && !mobileRouters) {
      yield {
        path: [...path, 'mobileRouter'],
        message: 'homeAgent.mobileRouters is false; mobile routers are refused with status 140',
      };
    }
    if (node.severalCareOfAddresses && maximumCareOfAddresses === 1) {
      yield {
        path: [...path, 'severalCareOfAddresses'],
        message: 'homeAgent.maximumCareOfAddresses is 1',
      };
    }
  }
  yield* doubles(
    mobileNodes.map(({ homeAddress }) => formatAddress(homeAddress)),
    (index) => ['homeAgent', 'mobileNodes', index, 'homeAddress'],
    'this home address is given twice',
  );
}

/** As `advertisedConfiguration` wants it, with places. */
function* advertisementFindings({ homeAgent }: NodeDocument): Findings {
  if (homeAgent?.advertisements.enabled !== true) return;
  const { maximumInterval, minimumInterval, minimumDelay, routerLifetime } =
    homeAgent.advertisements;
  const path = ['homeAgent', 'advertisements'] as const;
  const most = MIN_INTERVAL_SHARE * maximumInterval;
  if (minimumInterval !== undefined && minimumInterval > most) {
    yield {
      path: [...path, 'minimumInterval'],
      message: `expected at most three quarters of maximumInterval, ${most}`,
    };
  }
  const least = minimumInterval ?? maximumInterval / 3;
  if (minimumDelay !== undefined && minimumDelay > least) {
    yield {
      path: [...path, 'minimumDelay'],
      message: `expected at most the minimum interval, ${least}`,
    };
  }
  if (routerLifetime !== undefined && routerLifetime > 0 && routerLifetime < maximumInterval) {
    yield {
      path: [...path, 'routerLifetime'],
      message: `expected 0, or at least maximumInterval, ${maximumInterval}`,
    };
  }
  if (routerLifetime === 0 && homeAgent.homeAgentLifetime === undefined) {
    yield {
      path: [...path, 'routerLifetime'],
      message: 'no default router: homeAgentLifetime has to be given (RFC 6275 section 7.4)',
    };
  }
}

function* mobileNodeFindings({ mobileNode, links }: NodeDocument): Findings {
  if (mobileNode === undefined) return;
  for (const [index, preferred] of mobileNode.interfacePreferences.entries()) {
    if (!links.some((link) => link.interface === preferred)) {
      const path = ['mobileNode', 'interfacePreferences', index];
      yield { path, message: `links has no interface ${preferred}` };
    }
  }
  if (mobileNode.homeLink === 'send' && mobileNode.trustAnchors.length === 0) {
    yield {
      path: ['mobileNode', 'homeLink'],
      message:
        'send needs trustAnchors: certificates that routers of the home link are certified by',
    };
  }
  if (mobileNode.homeLink !== 'send' && mobileNode.trustAnchors.length > 0) {
    yield { path: ['mobileNode', 'trustAnchors'], message: 'they are for homeLink: send' };
  }
  if (mobileNode.mobileRouter === 'explicit' && mobileNode.mobileNetworks.length === 0) {
    yield {
      path: ['mobileNode', 'mobileRouter'],
      message: 'explicit needs mobileNetworks; implicit = the home agent knows them',
    };
  }
}

function* homeAddressFindings({ mobileNode }: NodeDocument): Findings {
  if (mobileNode === undefined) return;
  const { homeAddresses } = mobileNode;
  yield* doubles(
    homeAddresses.map(({ address }) => formatAddress(address.address)),
    (index) => ['mobileNode', 'homeAddresses', index, 'address'],
    'this home address is given twice',
  );
  for (const [index, { address, homeAgents, keysWith }] of homeAddresses.entries()) {
    const path = ['mobileNode', 'homeAddresses', index] as const;
    const [first, second] = homeAgents;
    if (first === undefined && keysWith === undefined) {
      yield {
        path,
        message: 'missing: homeAgents, or keysWith when the home agent is discovered',
      };
    }
    if (first !== undefined && keysWith !== undefined && !isSameAddress(first, keysWith)) {
      yield { path: [...path, 'keysWith'], message: 'homeAgents names another one' };
    }
    if (second !== undefined) {
      // What goes to the second would find no policy, and leave in clear.
      yield {
        path: [...path, 'homeAgents', 1],
        message: 'associations of a home address are with one home agent (RFC 3776 section 4.2)',
      };
    }
    if (first === undefined && address.length > LONGEST_DISCOVERED_PREFIX) {
      yield {
        path: [...path, 'address'],
        message: `discovery of home agents needs a prefix of up to ${LONGEST_DISCOVERED_PREFIX} bits`,
      };
    }
  }
}
