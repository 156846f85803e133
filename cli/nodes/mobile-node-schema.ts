/**
 * Section `mobileNode` of the configuration of a node. Loads zod, which start-up must not pay for.
 */
import { z } from 'zod';
import { flag, list, oneOf } from '../site-schema-parts.ts';
import {
  addressWithLength,
  count,
  interfaceName,
  moments,
  path,
  prefixOf,
  routableAddress,
  routerAddress,
  seconds,
  section,
} from './node-schema-parts.ts';
import { ownIpsec, spis } from './protection-schema.ts';

const homeAddress = section(
  {
    address: addressWithLength,
    homeAgents: list(
      routableAddress('address of a home agent'),
      'IPv6 addresses',
      'the home agent; none = it is discovered (RFC 6275 section 11.4.1), and keysWith says whose keys there are',
    ),
    keysWith: routableAddress(
      'home agent that the associations are with, when homeAgents is empty',
    ).exactOptional(),
    temporary: flag('its interface identifier is temporary: L is never set').default(false),
    ipsec: ownIpsec,
    spis,
  },
  'a mapping with address',
  'a home address',
);

/** The section. */
export const mobileNode = section(
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
      routerAddress('router of the home link'),
      'IPv6 addresses',
      'link-local addresses of the routers of the home link; others that advertise its prefix are reported',
    ),
    keepIpsecAtHome: flag(
      'the tunnel stays when the node is at home; the home agent has to say the same',
    ).default(false),
    lifetime: seconds(8, 262_140, 'lifetime that is asked for').default(3600),
    firstRegistrationTimeout: moments(
      1,
      32,
      'wait for the first acknowledgement (InitialBindackTimeoutFirstReg)',
    ).default(1.5),
    optimistic: flag(
      'payload leaves through the tunnel before the first registration is acknowledged',
    ).default(false),
    routeOptimisation: flag('correspondents are told where the node is').default(true),
    interfacePreferences: list(interfaceName, 'names of interfaces', 'interfaces, best first'),
    movement: oneOf(
      ['eager', 'lazy'],
      'eager = another router prompts a question to the present one; lazy = another is looked at when it is lost',
    ).default('eager'),
    missedAdvertisements: count(
      1,
      20,
      'advertisements of the router that may be missed before it is asked',
    ).default(2),
    routerAnswerTime: moments(
      0.02,
      10,
      'time that the router has for its answer when another one is there already',
    ).default(0.2),
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
    followsRenumbering: flag(
      'new home prefixes make new home addresses (RFC 6275 section 11.4.3)',
    ).default(false),
    ignoresHomeAgentErrors: flag(
      'Parameter Problems that claim to come from the home agent are discarded (RFC 6275 section 15)',
    ).default(true),
    mobileRouter: oneOf(
      ['implicit', 'explicit'],
      'registers as a mobile router; explicit = tells mobileNetworks to the home agent; default explicit when there are some (RFC 3963)',
    ).exactOptional(),
    mobileNetworks: list(
      prefixOf('prefix of the mobile network'),
      'IPv6 prefixes',
      'prefixes behind this node, which makes it a mobile router (RFC 3963)',
    ),
  },
  'a mapping with homeAddresses',
  'what the mobile node is',
);
