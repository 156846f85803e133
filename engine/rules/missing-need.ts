/**
 * What rules need to judge, and why they cannot where it is missing.
 */
import type { Link } from '../events.ts';
import type { Need } from '../rule-api.ts';
import type { Site } from '../site.ts';
import type { ExtensionState } from '../state/extension-state.ts';
import type { HomeNetwork } from '../state/home-network.ts';

/** What the needs of rules are judged by at the end. */
export interface Coverage {
  readonly links: readonly Link[];
  readonly hasPerimeter: boolean;
  /** Security associations that keys were given for. */
  readonly associations: number;
  /** ESP packets in signalling layout that could not be opened, and those that could. */
  readonly unreadableSignalling: number;
  readonly readableSignalling: number;
  /** Encrypted messages of IKE that no secret opened, and those that one did. */
  readonly unreadableIke: number;
  readonly readableIke: number;
  /** Messages between gateways and anchors, between access routers, and about mobility anchor points. */
  readonly extensions: ExtensionState['seen'];
}

/** Why a need of a rule is not met; undefined when it is. */
export function missingNeed(
  need: Need,
  coverage: Coverage,
  home: HomeNetwork,
  site: Site,
): string | undefined {
  const hasRole = (role: Link['role']): boolean =>
    coverage.links.some((link) => link.effectiveRole === role);
  switch (need) {
    case 'link-roles':
      return coverage.links.some((link) => link.effectiveRole !== 'unknown')
        ? undefined
        : 'no link has a known role: name the links in a site file (--config)';
    case 'home-link':
    case 'foreign-link':
    case 'transit-link': {
      const role = need.slice(0, -'-link'.length);
      return hasRole(role as Link['role'])
        ? undefined
        : `no captured link is known to be a ${role} link: name it in a site file (--config)`;
    }
    case 'home-prefixes':
      return home.prefixes.length > 0
        ? undefined
        : 'no home prefix is known: none in a site file, and no acknowledged registration in the capture';
    case 'home-agents':
      return home.homeAgentCount > 0
        ? undefined
        : 'no home agent is known: none in a site file, and no acknowledged registration in the capture';
    case 'readable-signalling':
      return coverage.unreadableSignalling > 0 && coverage.readableSignalling === 0
        ? `${coverage.unreadableSignalling} ESP-protected signalling packets could not be opened: give the keys that fit (--keys)`
        : undefined;
    case 'readable-ike':
      return coverage.unreadableIke > 0 && coverage.readableIke === 0
        ? `no IKE secret: ${coverage.unreadableIke} encrypted messages of IKE could not be opened: give a secret of their IKE SA (--keys)`
        : undefined;
    case 'security-associations':
      return coverage.associations > 0
        ? undefined
        : 'no security association is known: give the keys (--keys)';
    case 'access-gateways':
    case 'mobility-anchors':
    case 'mobility-anchor-points':
      return missingDomain(need, site, coverage.extensions);
    case 'perimeter':
      return hasRole('transit') || coverage.hasPerimeter
        ? undefined
        : 'inside and outside of the home network cannot be told apart: name the transit link or the outside routers in a site file (--config)';
  }
}

/** Why nodes of a domain cannot be told from strangers; undefined when they can, or when none was seen. */
function missingDomain(
  need: Extract<Need, 'access-gateways' | 'mobility-anchors' | 'mobility-anchor-points'>,
  { domain }: Site,
  seen: Coverage['extensions'],
): string | undefined {
  const { accessGateways, localMobilityAnchors, mobilityAnchorPoints } = domain;
  const told = (list: readonly Uint8Array[], count: number, names: string, key: string) =>
    list.length > 0 || count === 0
      ? undefined
      : `${count} messages of ${names}, and the site file names none: list them (domain.${key})`;
  switch (need) {
    case 'access-gateways': {
      const count = seen.proxyMessages + seen.handoverMessages;
      return told(accessGateways, count, 'access gateways', 'accessGateways');
    }
    case 'mobility-anchors':
      return told(
        localMobilityAnchors,
        seen.proxyMessages,
        'local mobility anchors',
        'localMobilityAnchors',
      );
    case 'mobility-anchor-points':
      return told(
        mobilityAnchorPoints,
        seen.anchorPointMessages,
        'mobility anchor points',
        'mobilityAnchorPoints',
      );
  }
}
