import {
  addressKey,
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isComplete,
  isSameAddress,
  isUnicastRoutable,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type { Confidence, RuleContext } from '../../engine/rule-api.ts';

/** Octets of an address before its interface identifier. RFC 4291 section 2.5.4. */
const SUBNET_OCTETS = 8;

/** Subnet-router anycast (RFC 4291 section 2.6.1) and reserved anycast identifiers (RFC 2526), in a /64. */
function isAnycast(address: Uint8Array): boolean {
  const first = address[SUBNET_OCTETS];
  if (first === 0) return isFilledWith(address, 0, SUBNET_OCTETS + 1, 16);
  // Reserved: six octets of ones behind the first, and 7 bits of anycast ID. RFC 2526 section 2.
  return first === 0xfd && isFilledWith(address, 0xff, 9, 15) && ((address[15] ?? 0) & 0x80) !== 0;
}

function isFilledWith(address: Uint8Array, octet: number, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (address[i] !== octet) return false;
  return true;
}

/** Why an address cannot be where a mobile node is; undefined when it can. */
function reasonOf(
  careOfAddress: Uint8Array,
  peer: Uint8Array,
  context: RuleContext,
): { readonly text: string; readonly confidence: Confidence } | undefined {
  const { site } = context;
  if (isSameAddress(careOfAddress, peer)) {
    return { text: 'it is the address of the receiver itself', confidence: 'certain' };
  }
  const agent = site.homeAgents.find(({ addresses }) => includesAddress(addresses, careOfAddress));
  if (agent !== undefined) {
    return { text: `it is the home agent ${agent.name}`, confidence: 'certain' };
  }
  const fixed = site.infrastructure.find(({ addresses }) =>
    addresses.some((item) => covers(item, careOfAddress)),
  );
  if (fixed !== undefined) {
    return { text: `the site file lists it under ${fixed.name}`, confidence: 'certain' };
  }
  const router = site.routers.find(({ addresses }) => includesAddress(addresses, careOfAddress));
  if (router !== undefined) {
    return { text: `it is the router ${router.name}`, confidence: 'certain' };
  }
  if (context.isHomeAgent(careOfAddress)) {
    return { text: 'it acts as a home agent', confidence: 'partial' };
  }
  return isAnycast(careOfAddress)
    ? { text: 'it is an anycast address', confidence: 'partial' }
    : undefined;
}

export default defineRule({
  id: 'MIP6-1406',
  title: 'Care-of address is that of infrastructure',
  severity: 'high',
  category: 'flooding',
  references: ['RFC 4225 section 3.2.1', 'RFC 6275 section 9.5.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'A care-of address is where a mobile node is. Routers, name servers, home agents and the correspondent itself are ' +
    'no mobile nodes: a binding to one of them sends a stream at it, or into a loop. Which addresses these are, the site ' +
    'file tells (infrastructure, routers, homeAgents); the receiver itself and anycast addresses are known without it.',
  advice:
    'Refuse the binding. When the address has become that of a mobile node, take it off the list in the site file.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['remarkable'] },
  params: {},
  evaluate(event, context) {
    const request = registrationRequestOf(event);
    if (request === undefined || request.lifetime === 0 || !isComplete(event)) return undefined;
    const { homeAddress, peer, careOfAddress, isHome, context: wire } = request;
    // What is no address of a node at all is the business of MIP6-1011.
    if (!isUnicastRoutable(careOfAddress)) return undefined;
    const reason = reasonOf(careOfAddress, peer, context);
    if (reason === undefined) return undefined;
    return {
      // The attacker chooses home addresses: one alert for each victim and receiver.
      object: `${addressKey(careOfAddress)}${addressKey(peer)}`,
      message: `${formatAddress(wire.source)} asks ${formatAddress(peer)} to send traffic of ${formatAddress(homeAddress)} to ${formatAddress(careOfAddress)}: ${reason.text}`,
      packet: wire.packet,
      evidence: [
        evidenceOf(
          wire,
          `Binding Update with care-of address ${formatAddress(careOfAddress)}: ${reason.text}`,
        ),
      ],
      confidence: reason.confidence,
      stage: 'denial-of-service',
      homeAddress,
      ...(isHome ? { homeAgent: peer } : {}),
      ...(isSameAddress(wire.source, careOfAddress) ? {} : { attacker: wire.source }),
    };
  },
});
