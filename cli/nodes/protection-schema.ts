/**
 * What IPsec protects between mobile node and home agent, and with which associations. Loads zod, which start-up must not
 * pay for.
 */
import { flag, oneOf } from '../site-schema-parts.ts';
import { count, section } from './node-schema-parts.ts';

const protections = {
  bindingUpdates: oneOf(
    ['esp-transport', 'ah-transport', 'esp-tunnel'],
    'protection of Binding Updates and Acknowledgements (RFC 3776 section 3.1, RFC 4877 section 3)',
  ),
  prefixDiscovery: oneOf(
    ['esp', 'esp-tunnel', 'none'],
    'protection of mobile prefix discovery (RFC 3776 section 3.3)',
  ),
  homeTests: oneOf(
    ['esp', 'none'],
    'protection of Home Test Init and Home Test in the tunnel (RFC 3776 section 3.2)',
  ),
  payload: oneOf(
    ['esp', 'groups', 'none'],
    'protection in the tunnel: esp = all payload (RFC 3776 section 3.4); groups = group membership and DHCPv6 alone',
  ),
  granularity: oneOf(
    ['message-type', 'protocol'],
    'how fine the policies of the peer are: protocol = it protects every Mobility Header and every ICMPv6 message between the two (RFC 3776 section 5.2)',
  ),
};

const keying = oneOf(
  ['manual', 'negotiated'],
  'where keys come from; negotiated = by IKE, out of a key file: several of one purpose may follow each other, and replays are refused',
);

const replayProtection = flag(
  'sequence numbers of IPsec count; false for manual keys whose counters may start anew (RFC 3776 section 4.4)',
);

const replayWindow = count(32, 4096, 'sequence numbers that may come late');

/** For all home addresses. */
export const ipsec = section(
  {
    bindingUpdates: protections.bindingUpdates.default('esp-transport'),
    prefixDiscovery: protections.prefixDiscovery.default('esp'),
    homeTests: protections.homeTests.default('esp'),
    payload: protections.payload.default('none'),
    granularity: protections.granularity.default('message-type'),
    keying: keying.default('manual'),
    replayProtection: replayProtection.default(false),
    replayWindow: replayWindow.default(64),
  },
  'a mapping with bindingUpdates and the like',
  'what IPsec protects between mobile node and home agent',
).prefault({});

/** For one home address, where it differs. */
export const ownIpsec = section(
  {
    bindingUpdates: protections.bindingUpdates.exactOptional(),
    prefixDiscovery: protections.prefixDiscovery.exactOptional(),
    homeTests: protections.homeTests.exactOptional(),
    payload: protections.payload.exactOptional(),
    granularity: protections.granularity.exactOptional(),
    keying: keying.exactOptional(),
    replayProtection: replayProtection.exactOptional(),
    replayWindow: replayWindow.exactOptional(),
  },
  'a mapping with bindingUpdates and the like',
  'where the protection of this home address differs from the section ipsec',
).prefault({});

const spi = (description: string) => count(256, 0xffff_ffff, description).exactOptional();

const bothWays = (what: string) =>
  section(
    {
      toHomeAgent: spi(`SPI of ${what} to the home agent`),
      toMobileNode: spi(`SPI of ${what} to the mobile node`),
    },
    'a mapping with toHomeAgent and toMobileNode',
    what,
  ).exactOptional();

/** SPIs by purpose. */
export const spis = section(
  {
    binding: bothWays('Binding Updates and Acknowledgements'),
    'home-tests': bothWays('Home Test Init and Home Test in the tunnel'),
    'prefix-discovery': bothWays('mobile prefix discovery'),
    payload: bothWays('payload in the tunnel'),
  },
  'a mapping with binding, home-tests, prefix-discovery and payload',
  'which association of the key files is for what; needed only where a key file does not say it itself (esp_sa)',
).prefault({});
