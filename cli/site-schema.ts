/**
 * Schema of the site file: what is checked, what editors complete, and the types of what comes out.
 *
 * The `error` of each part says what is expected there, to follow the word "expected". Loads zod, which start-up
 * must not pay for: imported by `readSiteFile` when there is a site file.
 */
import { z } from 'zod';
import {
  formatPrefix,
  isLoopback,
  isMulticast,
  isUnicastRoutable,
  isUnspecified,
  parseAddress,
  parsePrefix,
} from '../dissectors/core/address.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { identityKey } from '../engine/ike/identity.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { safeText } from './report/safe-text.ts';
import {
  overrideList,
  rateFilterList,
  ruleSettings,
  suppressionList,
  thresholdList,
} from './site-rule-settings.ts';
import {
  addressOrPrefix,
  flag,
  list,
  name,
  oneOf,
  parseHomePrefix,
  parseIpv6,
  parsed,
} from './site-schema-parts.ts';
import { schemaKeysAt } from './schema-keys.ts';

/** A link-layer address as `02:00:5e:00:53:01` or with hyphens; not a group address, not zero. */
function parseLinkLayer(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return undefined;
  const octets = Uint8Array.from(text.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
  const isGroup = ((octets[0] ?? 0) & 1) !== 0;
  return isGroup || octets.every((octet) => octet === 0) ? undefined : octets;
}

const nodeAddress = parsed(
  {
    expected: 'the IPv6 address of a node',
    description: 'IPv6 address of one of its interfaces, global or link-local',
    format: 'ipv6',
    examples: ['2001:db8:1::1', 'fe80::1'],
  },
  (text) => {
    const bytes = parseIpv6(text);
    const isNode = bytes !== undefined && !isMulticast(bytes) && !isUnspecified(bytes);
    return isNode && !isLoopback(bytes) ? bytes : undefined;
  },
);

const homeAddress = parsed(
  {
    expected: 'a unicast IPv6 address that can be routed',
    description: 'home address',
    format: 'ipv6',
    examples: ['2001:db8:1::10'],
  },
  (text) => {
    const bytes = parseIpv6(text);
    return bytes !== undefined && isUnicastRoutable(bytes) ? bytes : undefined;
  },
);

const homePrefix = parsed(
  {
    expected:
      'an IPv6 prefix with its length from 1 to 128 and no bits set behind it, like 2001:db8:1::/64',
    description: 'home prefix; nothing may be set after its length',
    examples: ['2001:db8:1::/64'],
  },
  parseHomePrefix,
  (text) => {
    const prefix = text.includes('/') ? parsePrefix(text) : undefined;
    return prefix?.bytes.length === 16 && prefix.length > 0 ? formatPrefix(prefix) : undefined;
  },
);

const sitePrefix = homePrefix.meta({
  description: 'IPv6 prefix; nothing may be set after its length',
});

const ipv4Address = parsed(
  {
    expected: 'an IPv4 address',
    description: 'IPv4 home address (RFC 5555)',
    format: 'ipv4',
    examples: ['192.0.2.7'],
  },
  (text) => {
    const bytes = parseAddress(text);
    return bytes?.length === 4 ? bytes : undefined;
  },
);

/** Longest identity, in characters. */
const MAX_IDENTITY = 1024;
/** Most identities of one mobile node. */
const MAX_IDENTITIES = 64;

const ikeIdentity = parsed(
  {
    expected: `an identity of IKE of 1 to ${MAX_IDENTITY} characters on one line: user@host, a host name, a distinguished name, an address, or 0x and hexadecimal digits`,
    description:
      'identity in IKE: user@host, host name, distinguished name (CN=alice, O=example), address, or octets of ID_KEY_ID after 0x',
    examples: ['alice@example.org', 'CN=alice, O=example, C=CH'],
  },
  (text) => {
    const isLine = safeText(text) === text && text.trim() !== '' && text.length <= MAX_IDENTITY;
    return isLine ? identityKey(text) : undefined;
  },
);

const linkLayerAddress = parsed(
  {
    expected: 'the link-layer address of an interface, like 02:00:5e:00:53:01',
    description: 'link-layer address of one interface (not a group address)',
    examples: ['02:00:5e:00:53:01'],
  },
  parseLinkLayer,
);

const homeAgent = z
  .strictObject(
    {
      name: name('name of the home agent in reports'),
      addresses: z
        .array(nodeAddress, { error: 'a list of IPv6 addresses' })
        .min(1, { error: 'a list of at least one IPv6 address' })
        .meta({
          description: 'its addresses: those mobile nodes register at, and the link-local one',
        }),
      homePrefixes: list(
        homePrefix,
        'IPv6 prefixes',
        'prefixes of its home link; learned when absent',
      ),
      linkLayerAddresses: list(
        linkLayerAddress,
        'link-layer addresses',
        'link-layer addresses of its interfaces on the home link',
      ),
    },
    { error: 'a home agent with name and addresses' },
  )
  .meta({ description: 'a home agent and what it serves' });

const link = z
  .strictObject(
    {
      name: name('name of the link in reports'),
      role: oneOf(
        ['home', 'foreign', 'transit'],
        'home = the home link; foreign = a visited link of mobile nodes; transit = between networks, for example the uplink of the home agent',
      ),
      interfaces: list(
        z.string({ error: 'the name of a capture interface' }),
        'capture interface names',
        'names of capture interfaces, as a pcapng file or the system has them',
      ),
      files: list(
        z.string({ error: 'a file name pattern' }),
        'file name patterns',
        'capture files, by path or base name; * stands for any characters, ? for one',
      ),
      vlans: list(
        z
          .int({ error: 'a VLAN identifier from 1 to 4094' })
          .min(1, { error: 'a VLAN identifier from 1 to 4094' })
          .max(4094, { error: 'a VLAN identifier from 1 to 4094' }),
        'VLAN identifiers',
        'outermost VLAN identifiers; none = any. All that is given of interfaces, files and vlans must fit',
      ),
    },
    { error: 'a link with name and role' },
  )
  .meta({ description: 'a link and how what was captured on it is recognised' });

const mobileNode = z
  .strictObject(
    {
      name: name('name of the mobile node in reports'),
      homeAddress,
      identities: z
        .array(ikeIdentity, { error: 'a list of identities of IKE' })
        .max(MAX_IDENTITIES, { error: `a list of at most ${MAX_IDENTITIES} identities of IKE` })
        .default([])
        .meta({
          description:
            'identities that may negotiate associations for its home address in IKE: rule 1820; the same one at several nodes means shared credentials',
        }),
      mobileNetworkPrefixes: list(
        sitePrefix,
        'IPv6 prefixes',
        'prefixes of its mobile network, when it is a mobile router (RFC 3963)',
      ),
      ipv4HomeAddress: ipv4Address.exactOptional(),
    },
    { error: 'a mobile node with name and homeAddress' },
  )
  .meta({ description: 'a mobile node' });

const infrastructure = z
  .strictObject(
    {
      name: name('name in reports'),
      addresses: z
        .array(addressOrPrefix, { error: 'a list of IPv6 addresses or prefixes' })
        .min(1, { error: 'a list of at least one IPv6 address or prefix' })
        .meta({ description: 'their IPv6 addresses or prefixes' }),
    },
    { error: 'a mapping with name and addresses' },
  )
  .meta({
    description:
      'fixed nodes (name servers, routers, servers): never a home address, never a care-of address (RFC 4225 sections 2.1 and 3.2.1)',
  });

const router = z
  .strictObject(
    {
      name: name('name of the router in reports'),
      link: name('name of the link it stands on, as links has it; absent = any').exactOptional(),
      addresses: list(
        nodeAddress,
        'IPv6 addresses',
        'addresses it sends Router Advertisements from, mostly link-local',
      ),
      linkLayerAddresses: list(
        linkLayerAddress,
        'link-layer addresses',
        'link-layer addresses of its interfaces on the link',
      ),
      prefixes: list(
        sitePrefix,
        'IPv6 prefixes',
        'prefixes it may advertise; none = any that is no home prefix',
      ),
    },
    { error: 'a router with name' },
  )
  .meta({ description: 'a router that mobile nodes may believe' });

const domain = z
  .strictObject(
    {
      accessGateways: list(
        nodeAddress,
        'IPv6 addresses',
        'mobile access gateways (RFC 5213) and access routers (RFC 5568)',
      ),
      localMobilityAnchors: list(
        nodeAddress,
        'IPv6 addresses',
        'local mobility anchors (RFC 5213)',
      ),
      mobilityAnchorPoints: list(
        nodeAddress,
        'IPv6 addresses',
        'mobility anchor points (RFC 5380)',
      ),
      homeNetworkPrefixes: list(
        sitePrefix,
        'IPv6 prefixes',
        'prefixes that local mobility anchors assign from',
      ),
    },
    { error: 'a mapping with accessGateways, localMobilityAnchors and the like' },
  )
  .prefault({})
  .meta({
    description:
      'who may speak in Proxy Mobile IPv6, fast handovers and hierarchical mobility; an empty list is not judged',
  });

const needed = ['required', 'optional'] as const;

const ipsec = z
  .strictObject(
    {
      signalling: oneOf(
        needed,
        'whether signalling between mobile nodes and home agents must be protected (RFC 6275 section 5.1, RFC 3776 section 4.1): rules 1801, 1802, 1814; optional also lets tunnels follow registrations in clear (1818)',
      ).default(UNKNOWN_SITE.ipsec.signalling),
      payload: oneOf(
        needed,
        'whether payload must be protected in the tunnel (RFC 3776 section 4.1): rule 1815, and home tests with it: rules 1811, 1812',
      ).default(UNKNOWN_SITE.ipsec.payload),
    },
    { error: 'a mapping with signalling and payload' },
  )
  .prefault({})
  .meta({ description: 'IPsec policy between mobile nodes and home agents (RFC 3776 section 4)' });

const compatibility = z
  .strictObject(
    {
      umipHomeDeregistration: flag(
        'true = a home de-registration with an Alternate Care-of Address equal to the home address, as UMIP sends it, is accepted and reported as information',
      ).default(UNKNOWN_SITE.compatibility.umipHomeDeregistration),
    },
    { error: 'a mapping with umipHomeDeregistration' },
  )
  .prefault({})
  .meta({ description: 'layouts of deployed stacks that are accepted' });

/** Schema of a site file for these rules. What it puts out is a `Site` and the version. */
export function siteSchema(rules: readonly RuleDefinition[]) {
  const settings = Object.fromEntries(rules.map((rule) => [rule.id, ruleSettings(rule)]));
  return z
    .strictObject(
      {
        version: z
          .literal(1, { error: '1, the version of this format' })
          .meta({ description: 'version of this format' }),
        homeAgents: list(homeAgent, 'home agents', 'home agents of the site; learned when absent'),
        links: list(
          link,
          'links',
          'links that captures come from; the first that fits a packet counts',
        ),
        mobileNodes: list(mobileNode, 'mobile nodes', 'mobile nodes; learned when absent'),
        infrastructure: list(
          infrastructure,
          'groups of fixed nodes',
          'addresses that no mobile node may claim',
        ),
        routers: list(router, 'routers', 'routers of the links; learned when absent'),
        domain,
        ipsec,
        compatibility,
        outsideLinkLayerAddresses: list(
          linkLayerAddress,
          'link-layer addresses',
          "routers' link-layer addresses that face the outside of the home network",
        ),
        rules: z
          .strictObject(settings, { error: 'a mapping of rule ids' })
          .prefault({})
          .meta({ description: 'changes to single rules, by rule id' }),
        overrides: overrideList(rules),
        thresholds: thresholdList(rules),
        rateFilters: rateFilterList(rules),
        suppressions: suppressionList(rules),
      },
      { error: 'a mapping with version: 1' },
    )
    .meta({
      title: 'mip6guard site file',
      description:
        'What an observer of Mobile IPv6 cannot know by itself: where each link is, who the home agents are, and what is allowed.',
    });
}

/** JSON Schema (2020-12) of the site file, for editors: every key, every rule, every parameter. */
export function siteJsonSchema(
  rules: readonly RuleDefinition[],
): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(siteSchema(rules), { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of the site file may have; none when there is no such mapping. */
export function keysAt(
  rules: readonly RuleDefinition[],
  path: readonly (string | number)[],
): readonly string[] {
  return schemaKeysAt(siteSchema(rules), path);
}
