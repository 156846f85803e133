/**
 * Schema of the configuration of a gateway: what is checked, what editors complete, and the types of what comes out.
 *
 * The `error` of each part says what is expected there, to follow the word "expected". Loads zod, which start-up must not
 * pay for.
 */
import { z } from 'zod';
import { parsePrefix } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import {
  count,
  interfaceName,
  path,
  routableAddress,
  section,
} from '../nodes/node-schema-parts.ts';
import { flag, list, oneOf, parseIpv6, parsed } from '../site-schema-parts.ts';
import { siteSchema } from '../site-schema.ts';
import { millisecondsOf } from './durations.ts';
import { schemaKeysAt } from '../schema-keys.ts';

/** What packets meet when nobody judges them. */
export const FAIL_MODES = ['open', 'closed'] as const;
export type FailMode = (typeof FAIL_MODES)[number];

/** What each fail mode means; told to whoever has not chosen. */
export const FAIL_MODE_MEANINGS =
  'open (what nobody could judge passes: an attack may pass, but the gateway is never the outage) or ' +
  'closed (what nobody could judge is dropped: no attack passes, but mobility stops when the gateway does)';

/** What a gateway stands in front of. */
export const PLACES = ['home-agent', 'access-link', 'correspondent'] as const;
export type GatewayPlace = (typeof PLACES)[number];

/** Where in the kernel packets are taken from. */
export const HOOKS = ['routed', 'bridge', 'local'] as const;
export type GatewayHook = (typeof HOOKS)[number];

/** What a rule may lead to. */
export const VERDICTS = ['drop', 'alert', 'rate-limit'] as const;

const MAX_PORT = 65_535;
/** Octets of the longest name that a queue of files has. */
const MAX_FILES = 999;

const span = (least: string, most: string, start: string, description: string) => {
  const error = `a number and ms, s, m, h or d, from ${least} to ${most}`;
  const between = (value: number): boolean =>
    value >= (millisecondsOf(least) ?? 0) && value <= (millisecondsOf(most) ?? 0);
  return parsed({ expected: error, description, examples: [start] }, (text) => {
    const value = millisecondsOf(text);
    return value !== undefined && between(value) ? value : undefined;
  });
};

/** Longer than 1 so that `::/0` is read here, and refused later with what it would do. */
const protectedPrefix = parsed(
  {
    expected: 'an IPv6 prefix with its length and no bits set behind it, like 2001:db8:1::/64',
    description: 'home prefix',
    examples: ['2001:db8:1::/64'],
  },
  (text): Prefix | undefined => {
    const [before = '', length] = text.split('/');
    const address = parseIpv6(before);
    const prefix = length === undefined ? undefined : parsePrefix(text);
    if (address === undefined || prefix?.bytes.length !== 16) return undefined;
    return prefix.bytes.every((octet, i) => octet === address[i]) ? prefix : undefined;
  },
);

const place = z
  .union([z.enum(PLACES), z.array(z.enum(PLACES)).min(1)], {
    error: `one of ${PLACES.join(', ')}, or a list of them`,
  })
  .transform((value): readonly GatewayPlace[] => (typeof value === 'string' ? [value] : value))
  .meta({
    description:
      'what the gateway stands in front of: home agents, the access link of mobile nodes, correspondents',
  });

const ports = section(
  {
    outside: list(interfaceName, 'interfaces', 'interfaces towards the rest of the network'),
    inside: list(
      interfaceName,
      'interfaces',
      'interfaces towards what is protected: home agents, mobile nodes, correspondents',
    ),
  },
  'a mapping with outside and inside',
  'interfaces of this machine; with a bridge, its ports. None = all',
).prefault({});

const queue = section(
  {
    first: count(0, 65_535, 'number of the first queue; no other program may have it').default(600),
    count: count(1, 64, 'queues, each with a process; the first one has all signalling').default(1),
    length: count(
      64,
      1_048_576,
      'packets that wait at the same time; 65536 outlast about half a second at 100,000 a second',
    ).default(65_536),
  },
  'a mapping with first, count and length',
  'queues of the kernel (NFQUEUE)',
).prefault({});

const PAIR = 'two interfaces, like [eth0, eth1]';

const dataPath = section(
  {
    hook: oneOf(
      HOOKS,
      'where packets are taken from: routed = this machine forwards them; bridge = it is a transparent bridge; local = the protected node runs on this machine',
    ).exactOptional(),
    ports,
    queue,
    firewall: oneOf(
      ['auto', 'ip6tables', 'nftables'],
      'what sends packets to the queue; auto = nftables where the kernel has its queue, else ip6tables',
    ).default('auto'),
    pair: z
      .tuple([interfaceName, interfaceName], { error: PAIR })
      .meta({
        description:
          'instead of hook: two interfaces, outside then inside, between which the gateway itself carries every frame (AF_PACKET)',
      })
      .exactOptional(),
  },
  'a mapping with hook and ports, or with pair',
  'where the gateway stands in the path of packets',
);

const eve = section(
  {
    file: path('EVE lines are appended to this file'),
    size: count(0, 1_048_576, 'MiB at which a new file is begun, 0 = never').default(0),
    files: count(1, MAX_FILES, 'older files kept: FILE.1 to FILE.n').default(10),
    signalling: flag(
      'also a line for every signalling message (event_type mip6) and anomaly; drops, alerts, incidents and bindings are always written',
    ).default(false),
  },
  'a mapping with file',
  'what happened, as lines of JSON',
);

const db = section(
  {
    file: path('SQLite database with a history, for mip6guard history'),
    retention: span('1m', '3650d', '90d', 'rows that are older are removed').exactOptional(),
  },
  'a mapping with file',
  'history of alerts, incidents and bindings',
);

const keepDropped = section(
  {
    directory: path('folder for captures of dropped packets; the reason is the comment of each'),
    files: count(1, MAX_FILES, 'files kept').default(10),
    size: count(1, 4096, 'MiB of each').default(10),
  },
  'a mapping with directory',
  'dropped packets are kept in a ring of pcapng files; in monitor mode those that would be dropped',
);

const rateLimit = section(
  {
    perSecond: count(1, 1_000_000, 'packets of one rule and object that pass a second').default(10),
    burst: count(1, 1_000_000, 'packets of them that pass at once').default(20),
  },
  'a mapping with perSecond and burst',
  'what rules with the verdict rate-limit let pass',
).prefault({});

const PLACE_TEXT = 'an address and port, like 127.0.0.1:9470';
const listeningAt = (description: string) =>
  z
    .string({ error: PLACE_TEXT })
    .regex(/^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|localhost):\d{1,5}$/, { error: PLACE_TEXT })
    .refine((text) => Number(/\d+$/.exec(text)?.[0]) <= MAX_PORT, { error: PLACE_TEXT })
    .exactOptional()
    .meta({ description });

function verdictsOf(rules: readonly RuleDefinition[]) {
  const each = Object.fromEntries(
    rules.map(({ id, title, verdict }) => [
      id,
      oneOf(VERDICTS, `${title}; default ${verdict}`).exactOptional(),
    ]),
  );
  return z
    .strictObject(each, { error: 'a mapping of rule ids to drop, alert or rate-limit' })
    .prefault({})
    .meta({ description: 'verdicts of single rules, by rule id, instead of their own' });
}

const SITE = 'a path of a site file, or the settings themselves';

/** The settings of a site without the version of the file they are not in. */
export function inlineSite(rules: readonly RuleDefinition[]) {
  return siteSchema(rules)
    .omit({ version: true })
    .meta({ description: 'the site, as a site file has it, without version' });
}

const sitePath = path(SITE);

/** How the site is given. */
export type SiteForm = 'path' | 'inline' | 'either';

function siteOf(rules: readonly RuleDefinition[], form: SiteForm) {
  const inline = inlineSite(rules);
  switch (form) {
    case 'path':
      return sitePath.exactOptional();
    case 'inline':
      return inline.exactOptional();
    case 'either':
      return z.union([sitePath, inline], { error: SITE }).exactOptional();
  }
}

/**
 * Schema of the configuration.
 * @param rules loaded rules: verdicts and site may only speak of these
 * @param form of the site; problems are told better when it is known
 */
export function gatewaySchema(rules: readonly RuleDefinition[], form: SiteForm = 'either') {
  return z
    .strictObject(
      {
        as: z.literal('inline', { error: 'inline, proxy or home-agent' }).default('inline').meta({
          description:
            'inline = in front of nodes of others; proxy and home-agent have settings of their own (docs/gateway.md)',
        }),
        version: z
          .literal(1, { error: '1, the version of this format' })
          .meta({ description: 'version of this format' }),
        failMode: z.enum(FAIL_MODES, { error: FAIL_MODE_MEANINGS }).meta({
          description: `what happens to packets that nobody could judge: ${FAIL_MODE_MEANINGS}`,
        }),
        mode: oneOf(
          ['monitor', 'enforce'],
          'monitor = nothing is dropped, what would be is told; enforce = it is dropped',
        ).default('monitor'),
        place,
        homeAgents: list(
          routableAddress('address of a home agent, as mobile nodes register at it'),
          'IPv6 addresses',
          'addresses of the home agents that are protected, or that mobile nodes of the access link have',
        ),
        homePrefixes: list(
          protectedPrefix,
          'IPv6 prefixes',
          'prefixes of the home links: home addresses are in them',
        ),
        correspondents: list(
          routableAddress('address of a correspondent'),
          'IPv6 addresses',
          'addresses of the correspondents that are protected',
        ),
        homeLink: oneOf(
          ['inside', 'outside', 'elsewhere'],
          'of a gateway in front of home agents: on which side mobile nodes are at home. inside = behind the gateway, with the home agent; outside = the gateway is between the home link and the home agent; elsewhere = at neither port',
        ).exactOptional(),
        path: dataPath,
        deadline: span(
          '1ms',
          '10s',
          '50ms',
          'a packet that waited longer is not judged any more, and treated by failMode',
        ).prefault('50ms'),
        site: siteOf(rules, form),
        keys: list(
          path('key file in any format that mip6guard keys formats lists'),
          'paths',
          'files with keys; with them content is judged, without them layout, ring and state',
        ),
        rules: list(
          path('folder or file of rules, *.rule.yaml'),
          'paths',
          'rules of your own (docs/custom-rules.md)',
        ),
        verdicts: verdictsOf(rules),
        rateLimit,
        dropPartial: flag(
          'also findings that are not certain are dropped; false = they are told only',
        ).default(false),
        eve,
        db: db.exactOptional(),
        state: path(
          'SQLite database in which bindings, rings and replay windows outlast a restart: without it each start opens a window for replays',
        ).exactOptional(),
        metrics: listeningAt('where Prometheus finds the metrics; /healthz is there too'),
        health: listeningAt('where /healthz is served besides'),
        control: path('unix socket for mip6guard ctl').exactOptional(),
        watchdog: span(
          '500ms',
          '10m',
          '5s',
          'when the gateway hangs for longer, it ends itself, so that the kernel treats packets by failMode',
        ).prefault('5s'),
        keepDropped: keepDropped.exactOptional(),
        stats: count(0, 86_400, 'seconds between two stats lines, 0 = none but the last').default(
          60,
        ),
        runDirectory: path('folder for what has to be undone after a kill').default(
          '/run/mip6guard-gateway',
        ),
      },
      { error: 'a mapping with version, failMode, place and path' },
    )
    .meta({ title: 'Configuration of a mip6guard gateway' });
}

/** A checked configuration; `site` is a path, or what the site's schema gives. */
export type GatewayDocument = z.output<ReturnType<typeof gatewaySchema>>;

/** JSON Schema (2020-12) of the configuration, for editors. */
export function gatewayJsonSchema(
  rules: readonly RuleDefinition[],
): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(gatewaySchema(rules), { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of the configuration may have; none when there is no such mapping. */
export function gatewayKeysAt(
  rules: readonly RuleDefinition[],
  at: readonly (string | number)[],
): readonly string[] {
  return schemaKeysAt(gatewaySchema(rules, 'inline'), at);
}
