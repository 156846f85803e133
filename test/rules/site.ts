/**
 * The ordinary site that tests of rules are about: home agent HOME_AGENT on the home link serves HOME_PREFIX;
 * a mobile node has HOME_ADDRESS there and CARE_OF_ADDRESS on the foreign link; CORRESPONDENT is elsewhere;
 * ATTACKER is nobody.
 */
import { parseAddress, parsePrefix } from '../../dissectors/core/address.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import type { Site, SiteMobileNode } from '../../engine/site.ts';

/** The 16 octets of an IPv6 address in text form. */
export function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return bytes;
}

/** The 6 octets of a link-layer address in text form. */
export function linkLayer(text: string): Uint8Array {
  return Uint8Array.from(text.split(':').map((octet) => Number.parseInt(octet, 16)));
}

/** A prefix in text form. */
export function prefix(text: string): { prefix: Uint8Array; length: number } {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return { prefix: parsed.bytes, length: parsed.length };
}

export const HOME_AGENT = address('2001:db8:1::1');
export const HOME_ADDRESS = address('2001:db8:1::10');
export const OTHER_HOME_ADDRESS = address('2001:db8:1::11');
export const HOME_PREFIX = prefix('2001:db8:1::/64');
export const CARE_OF_ADDRESS = address('2001:db8:3::99');
export const OTHER_CARE_OF_ADDRESS = address('2001:db8:4::99');
export const CORRESPONDENT = address('2001:db8:9::5');
export const ATTACKER = address('2001:db8:6::66');

/** Capture time of second 0, microseconds since 1970. */
export const START_TIME = 1_700_000_000_000_000;

/** A site with HOME_AGENT and HOME_PREFIX told. */
export function makeSite(overrides: Partial<Site> = {}): Site {
  const agent = {
    name: 'agent',
    addresses: [HOME_AGENT],
    homePrefixes: [HOME_PREFIX],
    linkLayerAddresses: [],
  };
  return { ...UNKNOWN_SITE, homeAgents: [agent], ...overrides };
}

/** A mobile node of which no more than its home address is told. */
export function mobileNode(name: string, homeAddress: Uint8Array): SiteMobileNode {
  return { name, homeAddress, identities: [], mobileNetworkPrefixes: [] };
}
