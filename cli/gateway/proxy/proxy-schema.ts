/**
 * Schema of the configuration of a gateway that stands for a home agent (`as: proxy`). Loads zod, which start-up must not
 * pay for.
 */
import { z } from 'zod';
import { parseMac } from './link-address.ts';
import {
  count,
  interfaceName,
  path,
  routableAddress,
  seconds,
  section,
} from '../../nodes/node-schema-parts.ts';
import { ipsec, ownIpsec, spis } from '../../nodes/protection-schema.ts';
import { flag, list, name, oneOf, parsed } from '../../site-schema-parts.ts';
import { schemaKeysAt } from '../../schema-keys.ts';

const MAX_LIFETIME = 262_140;
const MAX_PORT = 65_535;
/** Mobile nodes of one proxy: each has an IPsec of its own towards the home agent. */
const MAX_MOBILE_NODES = 10_000;

const keyFiles = (description: string) =>
  list(path('key file in any format that mip6guard keys formats lists'), 'paths', description);

/** `rfc` is what a relay attack uses: there is no proxy for that. */
const deregistration = oneOf(
  ['strict', 'umip'],
  'layouts in which a de-registration is taken: strict = the two of draft-ebalard section 5.4.2; umip = also the one of UMIP at home',
);

const ownLegacy = section(
  {
    keys: keyFiles('files with its associations towards the legacy home agent'),
    ipsec: ownIpsec,
    spis,
  },
  'a mapping with keys, ipsec and spis',
  'how the proxy speaks for this mobile node, where it differs; with keys, its associations there are others',
).exactOptional();

const mobileNode = section(
  {
    name: name('name of the mobile node, for people').exactOptional(),
    homeAddress: routableAddress('its home address'),
    allowed: flag('false = its registrations are refused with status 129').default(true),
    deregistration: deregistration.exactOptional(),
    maximumLifetime: seconds(4, MAX_LIFETIME, 'longest lifetime that is asked for').exactOptional(),
    keys: keyFiles('files with its associations, besides those of the section proxy'),
    ipsec: ownIpsec,
    spis,
    legacy: ownLegacy,
  },
  'a mobile node with homeAddress',
  'a mobile node of the home agent',
);

const second = section(
  {
    outside: interfaceName.meta({ description: 'interface towards the other link' }),
    inside: interfaceName.meta({ description: 'interface of the home agent for it' }),
  },
  'a mapping with outside and inside',
  'a second pair of interfaces, for a home agent that stands on two links',
);

const linkAddress = parsed(
  {
    expected: 'a link-layer address, like 02:00:00:00:00:01',
    description: 'link-layer address of a router',
    examples: ['02:00:00:00:00:01'],
  },
  parseMac,
);

const legacy = section(
  {
    keys: keyFiles(
      'files with the associations towards the legacy home agent; none = they are those of the mobile nodes',
    ),
    ipsec: ownIpsec,
  },
  'a mapping with keys and ipsec',
  'how the proxy speaks to the legacy home agent, where it differs from how mobile nodes speak to it',
).prefault({});

/** The section. */
export const proxySection = section(
  {
    homeAgent: routableAddress('address of the legacy home agent, which mobile nodes register at'),
    otherAddresses: list(
      routableAddress('further address of the legacy home agent'),
      'IPv6 addresses',
      'its further addresses: no signalling and no tunnel reaches it there',
    ),
    outside: interfaceName.meta({ description: 'interface towards mobile nodes' }),
    inside: interfaceName.meta({ description: 'interface towards the legacy home agent' }),
    second: second.exactOptional(),
    homeLink: oneOf(
      ['outside', 'second', 'elsewhere'],
      'which outside is the home link, where mobile nodes de-register at home; elsewhere = none: such de-registrations are refused',
    ).default('outside'),
    routers: list(
      linkAddress,
      'link-layer addresses',
      'routers of the home link that do not advertise themselves: what they pass on does not come from the home link',
    ),
    keys: keyFiles('files with the associations of the mobile nodes'),
    ipsec,
    legacy,
    mobileNodes: z
      .array(mobileNode, { error: 'a list of mobile nodes' })
      .min(1, { error: 'a list of at least one mobile node' })
      .max(MAX_MOBILE_NODES, { error: `a list of at most ${MAX_MOBILE_NODES} mobile nodes` })
      .meta({ description: 'mobile nodes whose signalling is taken; of all others none is' }),
    deregistration: deregistration.default('strict'),
    deregistrationIngress: oneOf(
      ['refuse', 'alarm'],
      'a de-registration from home that comes in from elsewhere: refuse, or take it and tell an alarm',
    ).default('refuse'),
    alternateCareOfAddress: oneOf(
      ['required', 'required-in-transport', 'optional'],
      'where a registration has to name its care-of address in an option that ESP protects (RFC 3776 section 4.3)',
    ).default('required-in-transport'),
    maximumLifetime: seconds(4, MAX_LIFETIME, 'longest lifetime that is asked for').default(
      MAX_LIFETIME,
    ),
    otherProtection: oneOf(
      ['discard', 'pass'],
      'ESP and AH of associations that are not configured: discard, or pass it between home agent and others as it is',
    ).default('discard'),
    updateRate: count(
      1,
      1000,
      'updates of one mobile node a second that are passed on; RFC 6275 section 12 allows it 3',
    ).default(3),
  },
  'a mapping with homeAgent, outside, inside and mobileNodes',
  'the legacy home agent that the gateway stands for',
);

const METRICS = 'an address and port, like 127.0.0.1:9470';

/** The whole configuration of a gateway with `as: proxy`: it needs none of the path of packets in the kernel. */
export const proxyDocumentSchema = z
  .strictObject(
    {
      version: z
        .literal(1, { error: '1, the version of this format' })
        .meta({ description: 'version of this format' }),
      as: z.literal('proxy', { error: 'proxy' }).meta({ description: 'what the gateway is' }),
      failMode: z
        .literal('closed', {
          error: 'closed: the proxy itself carries every packet, without it nothing passes',
        })
        .meta({
          description:
            'what happens while the proxy does not run: nothing passes, and there is no other choice',
        }),
      proxy: proxySection,
      control: path('unix socket for mip6guard ctl').exactOptional(),
      metrics: z
        .string({ error: METRICS })
        .regex(/^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|localhost):\d{1,5}$/, { error: METRICS })
        .refine((text) => Number(/\d+$/.exec(text)?.[0]) <= MAX_PORT, { error: METRICS })
        .exactOptional()
        .meta({ description: 'where Prometheus finds the metrics' }),
      state: path(
        'SQLite database in which bindings and sequence numbers outlast a restart; without it the proxy knows no binding after one, until each mobile node registers again',
      ).exactOptional(),
      runDirectory: path('folder for what has to be undone after a kill').default(
        '/run/mip6guard-gateway',
      ),
    },
    { error: 'a mapping with version, as, failMode and proxy' },
  )
  .meta({ title: 'Configuration of a mip6guard gateway that stands for a home agent' });

/** A checked configuration. */
export type ProxyDocument = z.output<typeof proxyDocumentSchema>;
/** Its section `proxy`. */
export type ProxySettings = ProxyDocument['proxy'];

/** JSON Schema (2020-12) of the configuration, for editors. */
export function proxyJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(proxyDocumentSchema, { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of the configuration may have; none when there is no such mapping. */
export function proxyKeysAt(at: readonly (string | number)[]): readonly string[] {
  return schemaKeysAt(proxyDocumentSchema, at);
}
