/**
 * Section `homeAgent` of the configuration of a node. Loads zod, which start-up must not pay for.
 */
import { z } from 'zod';
import { flag, list, name, oneOf } from '../site-schema-parts.ts';
import {
  count,
  deregistration,
  interfaceName,
  moments,
  path,
  prefixOf,
  routableAddress,
  seconds,
  section,
} from './node-schema-parts.ts';
import { ownIpsec, spis } from './protection-schema.ts';

const MAX_LIFETIME = 262_140;
const LONGEST = 4_294_967_294;

const servedNode = section(
  {
    name: name('name of the mobile node, for people').exactOptional(),
    homeAddress: routableAddress('its home address'),
    allowed: flag('false = its registrations are refused with status 129').default(true),
    deregistration: deregistration.exactOptional(),
    maximumLifetime: seconds(4, MAX_LIFETIME, 'longest lifetime that is granted').exactOptional(),
    mobileRouter: flag('may register as a mobile router (RFC 3963)').default(false),
    mobileNetworks: list(
      prefixOf('prefix of its mobile network'),
      'IPv6 prefixes',
      'prefixes behind it (RFC 3963)',
    ),
    severalCareOfAddresses: flag('may register several care-of addresses (RFC 5648)').default(
      false,
    ),
    keepIpsecAtHome: flag(
      'its tunnel stays when it is at home; the mobile node has to say the same',
    ).default(false),
    ipsec: ownIpsec,
    spis,
  },
  'a mobile node with homeAddress',
  'a mobile node that is served',
);

const homePrefix = section(
  {
    prefix: prefixOf('home prefix'),
    interface: interfaceName
      .exactOptional()
      .meta({ description: 'home link; absent = virtual: nobody is on it' }),
    agentAddress: routableAddress('global address of the home agent in the prefix'),
    validLifetime: seconds(4, LONGEST, 'valid lifetime; absent = without end').exactOptional(),
    preferredLifetime: seconds(
      0,
      LONGEST,
      'preferred lifetime; absent = the valid one',
    ).exactOptional(),
    onLink: flag('L of its Prefix Information').default(true),
    autonomous: flag('A of its Prefix Information').default(true),
  },
  'a mapping with prefix and agentAddress',
  'a prefix that home addresses are taken from',
);

const send = section(
  {
    key: path('RSA private key in PEM; the link-local addresses of the home links are made of it'),
    certificates: z
      .array(path('certificates in PEM, or one in DER'), { error: 'a list of paths' })
      .min(1, { error: 'a list of at least one path' })
      .meta({
        description:
          'certificates from the one that the trust anchor has issued down to that of the key; the anchor itself may come first',
      }),
  },
  'a mapping with key and certificates',
  'advertisements are signed (RFC 3971); absent = they are not, and mobile nodes with homeLink: send do not come home',
).exactOptional();

const advertisements = section(
  {
    enabled: flag(
      'false = another router advertises the home link, which mobile nodes cannot tell from a link without a home agent',
    ).default(true),
    maximumInterval: moments(0.07, 1800, 'MaxRtrAdvInterval').default(600),
    minimumInterval: moments(
      0.03,
      1350,
      'MinRtrAdvInterval; default a third of the maximum',
    ).exactOptional(),
    minimumDelay: moments(
      0.03,
      1350,
      'MinDelayBetweenRAs; default 3, or the minimum interval when that is less',
    ).exactOptional(),
    routerLifetime: seconds(
      0,
      9000,
      'lifetime as default router; default three times the maximum interval',
    ).exactOptional(),
    hopLimit: count(0, 255, 'hop limit for hosts of the link, 0 = not said').exactOptional(),
    managed: flag('M: addresses come by DHCPv6').exactOptional(),
    other: flag('O: other settings come by DHCPv6').exactOptional(),
    reachableTime: moments(0, 3600, 'ReachableTime, 0 = not said').exactOptional(),
    retransmissionTimer: moments(0, 4_294_967, 'RetransTimer, 0 = not said').exactOptional(),
    mtu: count(1280, 65_535, 'MTU of the link, octets; absent = not said').exactOptional(),
    interval: flag('Advertisement Interval option (RFC 6275 section 7.3)').default(true),
    unsolicited: flag('they are sent without being asked for').default(true),
    answers: oneOf(['multicast', 'unicast'], 'how solicitations are answered').default('multicast'),
    farewell: flag('hosts are told when the home agent ends').default(true),
    send,
  },
  'a mapping with maximumInterval and the like',
  'router advertisements on the home links (RFC 6275 section 7)',
).prefault({});

const multicast = section(
  {
    enabled: flag('group memberships of mobile nodes are kept through the tunnel').default(true),
    groupsPerMobileNode: count(1, 1024, 'groups of one mobile node').default(32),
    queryInterval: seconds(5, 31_744, 'time between queries into each tunnel').default(125),
  },
  'a mapping with enabled, groupsPerMobileNode and queryInterval',
  'groups of mobile nodes away from home (RFC 6275 section 10.4.3)',
).prefault({});

const revocation = section(
  {
    maximumRetries: count(0, 10, 'repetitions of a Binding Revocation Indication').default(1),
    initialDelay: moments(0.5, 60, 'time before the first repetition').default(1),
  },
  'a mapping with maximumRetries and initialDelay',
  'repetitions of Binding Revocation Indications (RFC 5846 section 11)',
).prefault({});

/** The section. */
export const homeAgent = section(
  {
    prefixes: z
      .array(homePrefix, { error: 'a list of home prefixes' })
      .min(1, { error: 'a list of at least one home prefix' })
      .meta({ description: 'prefixes that home addresses are taken from' }),
    mobileNodes: list(servedNode, 'mobile nodes', 'mobile nodes that are served'),
    deregistration: deregistration.default('strict'),
    deregistrationIngress: oneOf(
      ['refuse', 'alarm'],
      'a de-registration from home that comes in on another link: refuse, or take it and tell an alarm',
    ).default('refuse'),
    alternateCareOfAddress: oneOf(
      ['required', 'required-in-transport', 'optional'],
      'where a registration has to name its care-of address in an option that ESP protects (RFC 3776 section 4.3)',
    ).default('required-in-transport'),
    careOfAtHome: oneOf(
      ['refuse', 'deregister'],
      'care-of address that is the home address: refuse with status 174, or a de-registration as in RFC 3775 for nodes with deregistration: rfc',
    ).default('refuse'),
    maximumLifetime: seconds(4, MAX_LIFETIME, 'longest lifetime that is granted').default(
      MAX_LIFETIME,
    ),
    maximumBindings: count(1, 1_000_000, 'registrations at the same time').default(100_000),
    pendingRegistrations: count(
      1,
      1_000_000,
      'registrations that wait for duplicate address detection; more are refused with status 130',
    ).default(1024),
    refreshAdvice: flag('acknowledgements advise when to refresh').default(true),
    refreshInterval: seconds(
      4,
      MAX_LIFETIME,
      'time after which a refresh is advised; default half of each lifetime; of no effect with state',
    ).exactOptional(),
    refreshRequestLead: seconds(
      0,
      MAX_LIFETIME,
      'a mobile node is asked to refresh its binding this long before the end; 0 = never',
    ).default(0),
    duplicateAddressDetection: count(
      0,
      10,
      'solicitations for each home address before the first registration; 0 = none',
    ).default(1),
    neighborAdvertisements: count(
      1,
      3,
      'unsolicited advertisements for each home address (RFC 6275 section 10.4.1)',
    ).default(3),
    maximumCareOfAddresses: count(
      1,
      32,
      'care-of addresses of one mobile node (RFC 5648); 1 = Binding Identifiers are refused',
    ).default(4),
    preference: count(0, 65_535, 'Home Agent Preference, higher is better').default(0),
    homeAgentLifetime: seconds(
      1,
      65_535,
      'Home Agent Lifetime; default that of the router',
    ).exactOptional(),
    advertisements,
    mobileRouters: flag('mobile routers may register (RFC 3963)').default(false),
    prefixDiscovery: flag('mobile prefix discovery is answered').default(true),
    addressDiscovery: flag('dynamic home agent address discovery is answered').default(true),
    dhcpv6: flag(
      'DHCPv6 reaches mobile nodes through the tunnel by other means: M and O are told to them',
    ).default(false),
    multicast,
    revocation,
  },
  'a mapping with prefixes and mobileNodes',
  'what the home agent serves',
);
