/**
 * What the words of rule definitions mean, for people.
 */
import type { Need, RuleDefinition, Verdict } from '../../engine/rule-api.ts';

/** What a sensor needs for a rule. */
export const NEED_TEXTS: Readonly<Record<Need, string>> = {
  'link-roles':
    'a site file that says of at least one link whether it is home, foreign or transit (or a relayed packet, which proves it)',
  'home-link': 'a capture of the home link, named so in the site file',
  'foreign-link':
    'a capture of a visited link, named foreign in the site file, or proven to be one',
  'transit-link': 'a capture between the networks, named transit in the site file',
  'home-prefixes':
    'home prefixes: from the site file, or from acknowledged registrations in the capture',
  'home-agents':
    'home agents: from the site file, or from acknowledged registrations in the capture',
  'readable-signalling':
    'protected signalling that can be read: keys (--keys), NULL encryption, or signalling in clear',
  'readable-ike': 'a secret of the IKE SA (--keys), when IKE is encrypted',
  'security-associations': 'security associations from key files (--keys)',
  'access-gateways': 'mobile access gateways in the site file (domain.accessGateways)',
  'mobility-anchors': 'local mobility anchors in the site file (domain.localMobilityAnchors)',
  'mobility-anchor-points': 'mobility anchor points in the site file (domain.mobilityAnchorPoints)',
  perimeter:
    'inside and outside told apart: a transit link or outsideLinkLayerAddresses in the site file',
};

/** What a category of rules is about. */
export const CATEGORY_TEXTS: Readonly<Record<RuleDefinition['category'], string>> = {
  integrity: 'integrity of mobility headers, evasion of parsers',
  'home-link': 'home-link detection and de-registration',
  'forged-binding': 'stolen addresses, forged bindings, man in the middle',
  replay: 'replay, reordering, blocking',
  flooding: 'flooding, redirection to third parties',
  exhaustion: 'exhaustion of resources, forced detours',
  reflection: 'reflection and amplification',
  'return-routability': 'abuse of return routability, tokens and nonces',
  ipsec: 'breaches of the IPsec policy between mobile node and home agent',
  'neighbor-discovery': 'neighbor discovery around home agent and visited router',
  discovery: 'discovery of home agents and prefixes',
  tunnel: 'integrity of tunnel and payload',
  extension: 'Proxy Mobile IPv6, mobile networks, dual stack, fast handovers and others',
  reconnaissance: 'reconnaissance, fingerprints of tools, health of the sensor',
  local: 'rules of your own',
};

/** What the gateway does. */
export const VERDICT_TEXTS: Readonly<Record<Verdict, string>> = {
  drop: 'the packet is dropped',
  alert: 'the packet passes and is reported',
  'rate-limit': 'packets pass up to a rate, the rest is dropped',
};

/** Where several rules describe one fact. */
export const PRECEDENCE_TEXT =
  'where several rules describe one fact of one packet, the first of relay, layout, sequence, ipsec, header speaks and the others become its evidence';
