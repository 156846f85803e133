/**
 * Schema of the configuration of a node: what is checked, what editors complete, and the types of what comes out.
 *
 * The `error` of each part says what is expected there, to follow the word "expected". Loads zod, which start-up must not
 * pay for.
 */
import { z } from 'zod';
import { flag, list, name, oneOf } from '../site-schema-parts.ts';
import { homeAgent } from './home-agent-schema.ts';
import { mobileNode } from './mobile-node-schema.ts';
import {
  addressWithLength,
  count,
  interfaceName,
  path,
  prefixOf,
  routeOf,
  routerAddress,
  section,
} from './node-schema-parts.ts';
import { ipsec } from './protection-schema.ts';
import { schemaKeysAt } from '../schema-keys.ts';

export type { AddressWithLength } from './node-schema-parts.ts';

/** What a node is. */
export const ROLES = ['home-agent', 'mobile-node', 'correspondent-node'] as const;
export type NodeRole = (typeof ROLES)[number];

const route = section(
  {
    prefix: prefixOf('destinations'),
    via: routerAddress('router on the link; absent = the prefix is on the link').exactOptional(),
  },
  'a mapping with prefix and via',
  'a route',
);

const link = section(
  {
    interface: interfaceName,
    addresses: list(
      addressWithLength,
      'addresses with prefix lengths',
      'addresses of the node on this link; without any it forms its own from advertised prefixes',
    ),
    router: routerAddress(
      'default router, instead of the ones that advertise themselves',
    ).exactOptional(),
    routes: list(
      route,
      'routes',
      'prefixes that are on this link, or behind a router of it that is not the default router',
    ),
  },
  'a link with interface',
  'a link that the node stands on',
);

const rate = (what: string) =>
  section(
    {
      burst: count(1, 1_000_000, 'requests at once'),
      perSecond: count(1, 1_000_000, 'requests a second'),
    },
    'a mapping with burst and perSecond',
    what,
  ).exactOptional();

const limits = section(
  {
    perSource: rate('of one address; default 12 at once, 6 a second'),
    perPrefix: rate('of a /64; default 400 at once, 200 a second'),
    total: rate('of all; default 2000 at once, 1000 a second'),
  },
  'a mapping with perSource, perPrefix and total',
  'what senders may ask for that have proved nothing',
).prefault({});

const correspondent = section(
  {
    routeOptimisation: flag('return routability is answered and bindings are kept').default(true),
    maximumBindings: count(0, 1_000_000, 'bindings at the same time').default(4096),
    replayMemory: count(
      1,
      4_000_000,
      'home addresses whose last update is remembered against replay; default twice the bindings',
    ).exactOptional(),
    refreshRequests: flag('bindings in use are asked for near their end').default(true),
    limits,
  },
  'a mapping with routeOptimisation',
  'the node as correspondent; every node is one',
).prefault({});

const tun = section(
  {
    name: interfaceName.default('mip0').meta({ description: 'name of the device' }),
    mtu: count(1280, 65_535, 'octets of a packet').default(1400),
    addresses: list(
      addressWithLength,
      'addresses with prefix lengths',
      'addresses of programs; default: home addresses, or the addresses of the links',
    ),
    routes: list(
      routeOf('destinations that programs reach through the node'),
      'IPv6 prefixes',
      'destinations that programs of this machine reach through the node',
    ),
  },
  'a mapping with name, mtu, addresses and routes',
  'device through which programs of this machine use the node',
);

const MAX_PORT = 65_535;
const METRICS = 'an address and port, like 127.0.0.1:9470';

/** Schema of the configuration of a node. */
export const nodeSchema = z
  .strictObject(
    {
      version: z
        .literal(1, { error: '1, the version of this format' })
        .meta({ description: 'version of this format' }),
      role: oneOf(ROLES, 'what the node is'),
      name: name('name of the node, for people').exactOptional(),
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
        .string({ error: METRICS })
        .regex(/^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|localhost):\d{1,5}$/, { error: METRICS })
        .refine((text) => Number(/\d+$/.exec(text)?.[0]) <= MAX_PORT, { error: METRICS })
        .exactOptional()
        .meta({ description: 'where Prometheus finds the metrics' }),
      state: path(
        'SQLite database in which bindings and sequence numbers outlast a restart',
      ).exactOptional(),
      runDirectory: path('folder for what has to be undone after a kill').default('/run/mip6guard'),
    },
    { error: 'a mapping with version, role and links' },
  )
  .meta({ title: 'Configuration of a mip6guard node' });

/** A checked configuration. */
export type NodeDocument = z.output<typeof nodeSchema>;
export type HomeAgentSettings = NonNullable<NodeDocument['homeAgent']>;
export type MobileNodeSettings = NonNullable<NodeDocument['mobileNode']>;
export type CorrespondentSettings = NodeDocument['correspondent'];

/** JSON Schema (2020-12) of the configuration, for editors. */
export function nodeJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(nodeSchema, { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of the configuration may have; none when there is no such mapping. */
export function nodeKeysAt(path: readonly (string | number)[]): readonly string[] {
  return schemaKeysAt(nodeSchema, path);
}
