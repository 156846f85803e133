import {
  bindingUpdateOf,
  defineRule,
  findOption,
  formatAddress,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  prefixMatches,
} from '../../engine/rule-api.ts';
import type { Confidence, Severity } from '../../engine/rule-api.ts';

/** `::ffff:0:0/96`, RFC 4291 section 2.5.5.2. */
const IPV4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
/** Interface identifiers kept for anycast groups: the last 128, with the universal bit clear. RFC 2526 section 2. */
const ANYCAST_IDENTIFIER = Uint8Array.of(0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80);
/** Subnet-router anycast of a /64. RFC 4291 section 2.6.1. */
const ROUTER_IDENTIFIER = new Uint8Array(8);

interface Verdict {
  readonly kind: string;
  readonly confidence: Confidence;
  readonly severity?: Severity;
}

export default defineRule({
  id: 'MIP6-1011',
  title: 'Care-of address is not a unicast routable address',
  severity: 'high',
  category: 'integrity',
  references: ['RFC 6275 section 6.2.5', 'RFC 6275 section 9.5.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A Binding Update asks the home agent or a correspondent node to send all traffic of a mobile node to its ' +
    'care-of address. Here that is an address no single interface can have: a multicast or anycast group, ' +
    'link-local, loopback or none. Accepting it would send the traffic to a whole group, around in the home agent ' +
    'itself, or nowhere. A home agent refuses it with status 174.',
  advice:
    'Check that the home agent refused (no acknowledgement, or status 174). If it accepted, it does not validate ' +
    'care-of addresses: update it. A link-local source right after a node changed networks is a fault in its ' +
    'software, not an attack.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['unusual-care-of-address'] },
  params: {},
  evaluate(event) {
    const { context, header } = event;
    if (bindingUpdateOf(event) === undefined) return undefined;
    const alternate = findOption(header.options, 'alternate-care-of-address')?.careOfAddress;
    const careOfAddress = alternate ?? context.source;
    const verdict = judge(careOfAddress, alternate !== undefined);
    if (verdict === undefined) return undefined;
    const homeAddress = context.homeAddressOption ?? context.source;
    const home = formatAddress(homeAddress);
    const careOf = formatAddress(careOfAddress);
    const place =
      alternate === undefined ? 'source of the Binding Update' : 'Alternate Care-of Address option';
    const { kind, ...judgement } = verdict;
    return {
      object: `${home} at ${formatAddress(context.destination)}: ${kind}`,
      message: `${formatAddress(context.source)} asked ${formatAddress(context.destination)} to bind ${home} to ${careOf}, which is ${kind}`,
      packet: context.packet,
      evidence: [
        {
          packet: context.packet,
          text: `${place} is ${careOf} (${kind}), expected a unicast routable address`,
          link: context.link,
        },
      ],
      ...judgement,
      attacker: context.source,
      homeAddress,
    };
  },
});

/** What is wrong with a care-of address; undefined when nothing is. */
function judge(address: Uint8Array, isOption: boolean): Verdict | undefined {
  if (isMulticast(address)) return { kind: 'a multicast group', confidence: 'certain' };
  if (isUnspecified(address)) return { kind: 'the unspecified address', confidence: 'certain' };
  if (isLoopback(address)) return { kind: 'the loopback address', confidence: 'certain' };
  if (isLinkLocal(address)) {
    const kind = 'a link-local address';
    // Without the option it is what a node sends whose interface is not up yet.
    return isOption
      ? { kind, confidence: 'certain' }
      : { kind, confidence: 'partial', severity: 'medium' };
  }
  if (prefixMatches(IPV4_MAPPED, 96, address, 0)) {
    // The source of a DSMIPv6 Binding Update over IPv4: RFC 5555 section 4. As an option it is nothing.
    return isOption ? { kind: 'an IPv4-mapped address', confidence: 'certain' } : undefined;
  }
  if (prefixMatches(ANYCAST_IDENTIFIER, 57, address, 8)) {
    return { kind: 'a reserved anycast address', confidence: 'certain' };
  }
  if (prefixMatches(ROUTER_IDENTIFIER, 64, address, 8)) {
    // On a link with another prefix length than 64 it may be one interface.
    return {
      kind: 'the anycast address of all routers of a subnet',
      confidence: 'partial',
      severity: 'medium',
    };
  }
  return undefined;
}
