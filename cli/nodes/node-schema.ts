/**
 * Schema of the configuration of a node: what is checked, what editors complete, and the types of what comes out.
 *
 * The `error` of each part says what is expected there, to follow the word "expected". Loads zod, which start-up must not
 * pay for.
 */
import { z } from 'zod';
import { isLinkLocal, isUnicastRoutable } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import {
  flag,
  list,
  name,
  oneOf,
  parseHomePrefix,
  parseIpv6,
  parsed,
} from '../site-schema-parts.ts';

/** What a node is. */
export const ROLES = ['home-agent', 'mobile-node', 'correspondent-node'] as const;
export type NodeRole = (typeof ROLES)[number];

/** An address of an interface with the length of the prefix that is on its link. */
export interface AddressWithLength {
  readonly address: Uint8Array;
  /** 1..128 */
  readonly length: number;
}

function parseAddressWithLength(text: string): AddressWithLength | undefined {
  const [before = '', after = '', ...more] = text.split('/');
  const address = parseIpv6(before);
  const length = /^[1-9][0-9]{0,2}$/.test(after) ? Number(after) : 0;
  if (address === undefined || length < 1 || length > 128 || more.length > 0) return undefined;
  return isUnicastRoutable(address) ? { address, length } : undefined;
}

const addressWithLength = parsed(
  {
    expected: 'a unicast IPv6 address with the length of its prefix, like 2001:db8:1::1/64',
    description: 'IPv6 address with the length of the prefix that is on the link',
    examples: ['2001:db8:1::1/64'],
  },
  parseAddressWithLength,
);

const routableAddress = (description: string) =>
  parsed(
    {
      expected: 'a unicast IPv6 address that can be routed',
      description,
      format: 'ipv6',
      examples: ['2001:db8:1::10'],
    },
    (text) => {
      const bytes = parseIpv6(text);
      return bytes !== undefined && isUnicastRoutable(bytes) ? bytes : undefined;
    },
  );

const routerAddress = parsed(
  {
    expected: 'the link-local or global IPv6 address of a router on the link',
    description: 'default router, instead of the ones that advertise themselves',
    format: 'ipv6',
    examples: ['fe80::1'],
  },
  (text) => {
    const bytes = parseIpv6(text);
    return bytes !== undefined && (isLinkLocal(bytes) || isUnicastRoutable(bytes))
      ? bytes
      : undefined;
  },
);

const prefixOf = (description: string) =>
  parsed(
    {
      expected: 'an IPv6 prefix with its length and no bits set behind it, like 2001:db8:1::/64',
      description,
      examples: ['2001:db8:1::/64'],
    },
    (text): Prefix | undefined => {
      const prefix = parseHomePrefix(text);
      return prefix === undefined ? undefined : { bytes: prefix.prefix, length: prefix.length };
    },
  );

/** Seconds from `least` to `most`. */
const seconds = (least: number, most: number, description: string) => {
  const error = `seconds from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ description });
};

const count = (least: number, most: number, description: string) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ description });
};

const path = (description: string) =>
  z.string({ error: 'a path' }).min(1, { error: 'a path' }).meta({ description });

const interfaceName = z
  .string({ error: 'the name of an interface' })
  .regex(/^[^\s/]{1,15}$/, { error: 'the name of an interface, at most 15 characters' })
  .meta({ description: 'interface of this machine; the node takes it over from the kernel' });

const link = z
  .strictObject(
    {
      interface: interfaceName,
      addresses: list(
        addressWithLength,
        'addresses with prefix lengths',
        'addresses of the node on this link; without any it forms its own from advertised prefixes',
      ),
      router: routerAddress.exactOptional(),
    },
    { error: 'a link with interface' },
  )
  .meta({ description: 'a link that the node stands on' });

const protection = {
  bindingUpdates: oneOf(
    ['esp-transport', 'ah-transport', 'esp-tunnel'],
    'protection of Binding Updates and Acknowledgements (RFC 3776 section 3.1, RFC 4877 section 3)',
  ).default('esp-transport'),
  prefixDiscovery: oneOf(
    ['esp', 'none'],
    'protection of mobile prefix discovery (RFC 3776 section 3.3)',
  ).default('esp'),
  homeTests: oneOf(
    ['esp', 'none'],
    'protection of Home Test Init and Home Test in the tunnel (RFC 3776 section 3.2)',
  ).default('esp'),
  payload: oneOf(
    ['esp', 'none'],
    'protection of payload in the tunnel (RFC 3776 section 3.4)',
  ).default('none'),
};

const ipsec = z
  .strictObject(
    {
      ...protection,
      replayProtection: flag(
        'sequence numbers of ESP count; false for manual keys whose counters may start anew (RFC 3776 section 4.4)',
      ).default(false),
    },
    { error: 'a mapping with bindingUpdates and the like' },
  )
  .prefault({})
  .meta({ description: 'what IPsec protects between mobile node and home agent' });

const spi = (description: string) => count(256, 0xffff_ffff, description).exactOptional();

const bothWays = (what: string) =>
  z
    .strictObject(
      {
        toHomeAgent: spi(`SPI of ${what} to the home agent`),
        toMobileNode: spi(`SPI of ${what} to the mobile node`),
      },
      { error: 'a mapping with toHomeAgent and toMobileNode' },
    )
    .exactOptional();

const spis = z
  .strictObject(
    {
      binding: bothWays('Binding Updates and Acknowledgements'),
      'home-tests': bothWays('Home Test Init and Home Test in the tunnel'),
      'prefix-discovery': bothWays('mobile prefix discovery'),
      payload: bothWays('payload in the tunnel'),
    },
    { error: 'a mapping with binding, home-tests, prefix-discovery and payload' },
  )
  .prefault({})
  .meta({
    description:
      'which association of the key files is for what; needed only where a key file does not say it itself (esp_sa)',
  });

const deregistration = oneOf(
  ['strict', 'umip', 'rfc'],
  'layouts in which a de-registration is taken: strict = the two of draft-ebalard section 5.4.2; umip = also the one of UMIP at home; rfc = all that RFC 6275 allows, which a relay attack uses',
);

const servedNode = z
  .strictObject(
    {
      name: name('name of the mobile node in logs').exactOptional(),
      homeAddress: routableAddress('its home address'),
      allowed: flag('false = its registrations are refused with status 129').default(true),
      deregistration: deregistration.exactOptional(),
      maximumLifetime: seconds(4, 262_140, 'longest lifetime that is granted').exactOptional(),
      mobileRouter: flag('may register as a mobile router (RFC 3963)').default(false),
      mobileNetworks: list(
        prefixOf('prefix of its mobile network'),
        'IPv6 prefixes',
        'prefixes behind it (RFC 3963)',
      ),
      severalCareOfAddresses: flag('may register several care-of addresses (RFC 5648)').default(
        false,
      ),
      spis,
    },
    { error: 'a mobile node with homeAddress' },
  )
  .meta({ description: 'a mobile node that is served' });

const homePrefix = z
  .strictObject(
    {
      prefix: prefixOf('home prefix'),
      interface: interfaceName
        .exactOptional()
        .meta({ description: 'home link; absent = virtual: nobody is on it' }),
      agentAddress: routableAddress('global address of the home agent in the prefix'),
      validLifetime: seconds(
        4,
        4_294_967_294,
        'valid lifetime; absent = without end',
      ).exactOptional(),
      preferredLifetime: seconds(
        0,
        4_294_967_294,
        'preferred lifetime; absent = without end',
      ).exactOptional(),
    },
    { error: 'a mapping with prefix and agentAddress' },
  )
  .meta({ description: 'a prefix that home addresses are taken from' });

const advertisements = z
  .strictObject(
    {
      maximumInterval: z
        .number({ error: 'seconds from 0.07 to 1800' })
        .min(0.07, { error: 'seconds from 0.07 to 1800' })
        .max(1800, { error: 'seconds from 0.07 to 1800' })
        .default(600)
        .meta({ description: 'MaxRtrAdvInterval in seconds' }),
      minimumInterval: z
        .number({ error: 'seconds from 0.03 to 1350' })
        .min(0.03, { error: 'seconds from 0.03 to 1350' })
        .max(1350, { error: 'seconds from 0.03 to 1350' })
        .exactOptional()
        .meta({ description: 'MinRtrAdvInterval in seconds; default a third of the maximum' }),
      routerLifetime: seconds(0, 9000, 'lifetime as default router').exactOptional(),
    },
    { error: 'a mapping with maximumInterval' },
  )
  .meta({ description: 'router advertisements on the home link (RFC 6275 section 7)' });

const homeAgent = z
  .strictObject(
    {
      prefixes: z
        .array(homePrefix, { error: 'a list of home prefixes' })
        .min(1, { error: 'a list of at least one home prefix' })
        .meta({ description: 'prefixes that home addresses are taken from' }),
      mobileNodes: list(servedNode, 'mobile nodes', 'mobile nodes that are served'),
      deregistration: deregistration.default('strict'),
      maximumLifetime: seconds(4, 262_140, 'longest lifetime that is granted').default(262_140),
      maximumBindings: count(1, 1_000_000, 'registrations at the same time').default(100_000),
      preference: count(0, 65_535, 'Home Agent Preference, higher is better').default(0),
      advertisements: advertisements.exactOptional(),
      mobileRouters: flag('mobile routers may register (RFC 3963)').default(false),
      prefixDiscovery: flag('mobile prefix discovery is answered').default(true),
      addressDiscovery: flag('dynamic home agent address discovery is answered').default(true),
      multicast: flag('group memberships of mobile nodes are kept through the tunnel').default(
        true,
      ),
    },
    { error: 'a mapping with prefixes and mobileNodes' },
  )
  .meta({ description: 'what the home agent serves' });

const homeAddress = z
  .strictObject(
    {
      address: addressWithLength,
      homeAgents: list(
        routableAddress('address of a home agent'),
        'IPv6 addresses',
        'home agents in the order of trying; none = they are discovered (RFC 6275 section 11.4.1)',
      ),
      spis,
    },
    { error: 'a mapping with address' },
  )
  .meta({ description: 'a home address' });

const mobileNode = z
  .strictObject(
    {
      homeAddresses: z
        .array(homeAddress, { error: 'a list of home addresses' })
        .min(1, { error: 'a list of at least one home address' })
        .meta({ description: 'home addresses; programs use the first' }),
      homeLink: oneOf(
        ['never', 'send', 'prefix'],
        'whether there is a home link and who may say so: never = no advertisement of the home prefix is believed; send = signed ones only (RFC 3971); prefix = any, which lets an attacker pretend it',
      ).default('never'),
      trustAnchors: list(
        path('certificate of a trust anchor in PEM or DER'),
        'paths',
        'certificates that routers of the home link are certified by, for homeLink: send',
      ),
      homeRouters: list(
        routerAddress,
        'IPv6 addresses',
        'link-local addresses of the routers of the home link; others that advertise its prefix are reported',
      ),
      keepIpsecAtHome: flag('the tunnel stays when the node is at home').default(false),
      lifetime: seconds(8, 262_140, 'lifetime that is asked for').default(3600),
      routeOptimisation: flag('correspondents are told where the node is').default(true),
      interfacePreferences: list(interfaceName, 'names of interfaces', 'interfaces, best first'),
      movement: oneOf(['eager', 'lazy'], 'how soon another router is looked at').default('eager'),
      careOfIdentifiers: oneOf(
        ['eui-64', 'random'],
        'interface identifiers of care-of addresses',
      ).default('eui-64'),
      duplicateDetection: oneOf(
        ['before', 'optimistic'],
        'care-of addresses are used after duplicate address detection, or while it goes on',
      ).default('before'),
      onStop: oneOf(
        ['deregister', 'keep'],
        'what happens to bindings when the node is ended',
      ).default('deregister'),
      mobileNetworks: list(
        prefixOf('prefix of the mobile network'),
        'IPv6 prefixes',
        'prefixes behind this node, which makes it a mobile router (RFC 3963)',
      ),
    },
    { error: 'a mapping with homeAddresses' },
  )
  .meta({ description: 'what the mobile node is' });

const correspondent = z
  .strictObject(
    {
      routeOptimisation: flag('return routability is answered and bindings are kept').default(true),
      maximumBindings: count(0, 1_000_000, 'bindings at the same time').default(4096),
    },
    { error: 'a mapping with routeOptimisation' },
  )
  .prefault({})
  .meta({ description: 'the node as correspondent; every node is one' });

const tun = z
  .strictObject(
    {
      name: interfaceName.default('mip0'),
      mtu: count(1280, 65_535, 'octets of a packet').default(1400),
      addresses: list(
        addressWithLength,
        'addresses with prefix lengths',
        'addresses of programs; default: home addresses, or the addresses of the links',
      ),
      routes: list(
        parsed(
          {
            expected: 'an IPv6 prefix with its length, or default',
            description: 'destinations that programs reach through the node',
            examples: ['default', '2001:db8::/32'],
          },
          (text): Prefix | undefined => {
            if (text === 'default') return { bytes: new Uint8Array(16), length: 0 };
            const prefix = parseHomePrefix(text);
            return prefix === undefined
              ? undefined
              : { bytes: prefix.prefix, length: prefix.length };
          },
        ),
        'IPv6 prefixes',
        'destinations that programs of this machine reach through the node',
      ),
    },
    { error: 'a mapping with name, mtu, addresses and routes' },
  )
  .meta({ description: 'device through which programs of this machine use the node' });

/** Schema of the configuration of a node. */
export const nodeSchema = z
  .strictObject(
    {
      version: z
        .literal(1, { error: '1, the version of this format' })
        .meta({ description: 'version of this format' }),
      role: oneOf(ROLES, 'what the node is'),
      name: name('name of the node in logs').exactOptional(),
      links: z
        .array(link, { error: 'a list of links' })
        .min(1, { error: 'a list of at least one link' })
        .meta({ description: 'links that the node stands on' }),
      tun: tun.exactOptional(),
      keys: list(
        path('key file in any format that mip6guard keys formats lists'),
        'paths',
        'files with the security associations',
      ),
      ipsec,
      homeAgent: homeAgent.exactOptional(),
      mobileNode: mobileNode.exactOptional(),
      correspondent,
      control: path('unix socket for mip6guard ctl').exactOptional(),
      metrics: z
        .string({ error: 'an address and port, like 127.0.0.1:9470' })
        .regex(/^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|localhost):\d{1,5}$/, {
          error: 'an address and port, like 127.0.0.1:9470',
        })
        .exactOptional()
        .meta({ description: 'where Prometheus finds the metrics' }),
      state: path(
        'SQLite database in which bindings and sequence numbers outlast a restart',
      ).exactOptional(),
      runDirectory: path(
        'folder for what has to be undone after a kill; default /run/mip6guard',
      ).default('/run/mip6guard'),
    },
    { error: 'a mapping with version, role and links' },
  )
  .meta({ title: 'Configuration of a mip6guard node' });

/** A checked configuration. */
export type NodeDocument = z.output<typeof nodeSchema>;

/** JSON Schema (2020-12) of the configuration, for editors. */
export function nodeJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(nodeSchema, { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of the configuration may have; none when there is no such mapping. */
export function nodeKeysAt(path: readonly (string | number)[]): readonly string[] {
  let part: z.core.JSONSchema.BaseSchema = z.toJSONSchema(nodeSchema, { io: 'input' });
  for (const step of path) {
    const next = typeof step === 'number' ? part.items : part.properties?.[step];
    if (typeof next !== 'object' || Array.isArray(next)) return [];
    part = next;
  }
  return Object.keys(part.properties ?? {});
}
