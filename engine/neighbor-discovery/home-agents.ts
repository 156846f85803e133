/**
 * Whether addresses may be those of home agents of the site, as rules about their discovery ask.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Site } from '../site.ts';

/** What of the engine's knowledge is asked here; every rule context has it. */
export interface HomeAgentKnowledge {
  readonly site: Site;
  isHomeAgent(address: Uint8Array): boolean;
  homePrefixOf(address: Uint8Array): { readonly knownBy: 'site' | 'learned' } | undefined;
}

/**
 * What an address offered as home agent is: `known`, by the site file or from signalling seen; `near`, unknown within
 * a known home prefix, as a new home agent would be; `strange`, elsewhere although the site file names the home
 * agents; `unknown` when nobody has told them.
 */
export type HomeAgentStanding = 'known' | 'near' | 'strange' | 'unknown';

/** Judges an address that is offered as home agent. */
export function homeAgentStanding(
  address: Uint8Array,
  knowledge: HomeAgentKnowledge,
): HomeAgentStanding {
  if (knowledge.isHomeAgent(address)) return 'known';
  if (knowledge.homePrefixOf(address) !== undefined) return 'near';
  return knowledge.site.homeAgents.length > 0 ? 'strange' : 'unknown';
}

/** Whether the site file names this home agent. */
export function isToldHomeAgent(address: Uint8Array, site: Site): boolean {
  return site.homeAgents.some(({ addresses }) =>
    addresses.some((item) => isSameAddress(item, address)),
  );
}

/** Interface identifier of the Home-Agents anycast address: 64 bits with the EUI-64 form. RFC 2526 section 2. */
const ANYCAST_IDENTIFIER = [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe] as const;

/** Whether an address is the Mobile IPv6 Home-Agents anycast address of its /64. RFC 2526 sections 2 and 3. */
export function isHomeAgentsAnycast(address: Uint8Array): boolean {
  return ANYCAST_IDENTIFIER.every((octet, i) => address[8 + i] === octet);
}
