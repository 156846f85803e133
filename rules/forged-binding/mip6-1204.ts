import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  homeRegistrationOf,
  isComplete,
  isSameAddress,
  isUnicastRoutable,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Link, PacketReference, RuleContext } from '../../engine/rule-api.ts';

/** NOT_HOME_SUBNET and NOT_HA_FOR_THIS_MOBILE_NODE. RFC 6275 section 6.1.8. */
const REFUSALS = new Map([
  [132, 'not home subnet'],
  [133, 'not home agent for this mobile node'],
]);
const MOBILE_ROUTER = BINDING_UPDATE_FLAGS.mobileRouter.mask;
const BOUNDS = { maxEntries: 2048, ttlSeconds: 60 };

/** A home registration that was asked for. */
interface Asked {
  readonly sequence: number;
  readonly homeAddress: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
}

function textOf({ sequence, homeAddress }: Asked): string {
  return `Binding Update, sequence ${sequence}, for home address ${formatAddress(homeAddress)}`;
}

/** The home agent of the site file, when its home prefixes are told and none of them has the address. */
function outsideOf(
  homeAddress: Uint8Array,
  homeAgent: Uint8Array,
  { site }: RuleContext,
): string | undefined {
  if (site.homeAgents.length === 0) return undefined;
  const agent = site.homeAgents.find(({ addresses }) =>
    addresses.some((item) => isSameAddress(item, homeAgent)),
  );
  if (agent === undefined || agent.homePrefixes.length === 0) return undefined;
  if (agent.homePrefixes.some((item) => covers(item, homeAddress))) return undefined;
  // A mobile router may take its home address from the network it carries. RFC 3963 section 3.
  const isOfNetwork = site.mobileNodes.some(
    (node) =>
      isSameAddress(node.homeAddress, homeAddress) ||
      node.mobileNetworkPrefixes.some((item) => covers(item, homeAddress)),
  );
  return isOfNetwork ? undefined : agent.name;
}

export default defineRule({
  id: 'MIP6-1204',
  title: 'Home registration for an address outside the home prefixes',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 6275 sections 6.1.8 and 10.3.1'],
  needs: ['home-agents'],
  verdict: 'drop',
  explanation:
    'A home agent takes over addresses of its own home link and no others. A home registration for an address elsewhere ' +
    'asks it to intercept the traffic of a stranger, or looks for one that does not check. Where the site file does not ' +
    'tell the home prefixes, the answer of the home agent does: status 132 or 133. A single refusal can be a node whose ' +
    'home network was renumbered, and weighs little.',
  advice:
    'If the node is yours, correct its home address. If not, look for the sender; a home agent that accepts such a ' +
    'registration does not check what it must.',
  on: ['mobility', 'esp'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['home-update'],
    'binding-acknowledgement': ['refusal'],
    esp: ['home-address-option'],
  },
  params: {
    refusals: {
      default: 3,
      min: 2,
      max: 1000,
      unit: 'home addresses in 10 minutes',
      doc: 'different home addresses that a home agent refuses as not its own, from which on it is no stale configuration',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    // Of what nobody can read only the site file tells what is outside.
    if (event.kind === 'esp' && context.site.homeAgents.length === 0) return undefined;
    const { packet, link } = wire;
    const draft = (
      homeAddress: Uint8Array,
      homeAgent: Uint8Array,
      name: string,
      text: string,
    ): AlertDraft => ({
      // The attacker chooses the address: one alert for each home agent.
      object: addressKey(homeAgent),
      message: `${formatAddress(wire.source)} registers ${formatAddress(homeAddress)} at home agent ${formatAddress(homeAgent)}, which has no such home prefix`,
      packet,
      evidence: [evidenceOf(wire, `${text}: no home prefix of ${name} covers it`)],
      confidence: 'certain',
      homeAddress,
      homeAgent,
      attacker: wire.source,
    });
    if (event.kind === 'esp') {
      const home = wire.homeAddressOption;
      if (event.layout !== 'home-address-option' || home === undefined) return undefined;
      if (event.outcome === 'opened' || !isUnicastRoutable(home)) return undefined;
      const name = outsideOf(home, wire.destination, context);
      return name === undefined
        ? undefined
        : draft(
            home,
            wire.destination,
            name,
            `ESP behind a Home Address option with ${formatAddress(home)}`,
          );
    }
    const update = homeRegistrationOf(event);
    if (update !== undefined) {
      const { homeAddress, homeAgent, sequence, flags, lifetime } = update;
      if (!isComplete(event) || !isUnicastRoutable(homeAddress) || lifetime === 0) return undefined;
      const request: Asked = { sequence, homeAddress, packet, link };
      context.table<Asked>('asked', BOUNDS).set(registrationKey(homeAddress, homeAgent), request);
      const name = outsideOf(homeAddress, homeAgent, context);
      // Without the option it is a layout fault: MIP6-1813.
      const isNamed = wire.homeAddressOption !== undefined || wire.outer !== undefined;
      if (name === undefined || !isNamed || (flags & MOBILE_ROUTER) !== 0) return undefined;
      return draft(homeAddress, homeAgent, name, textOf(request));
    }
    const { message } = event.header;
    if (message.kind !== 'binding-acknowledgement' || event.checksum === 'wrong') return undefined;
    const refusal = REFUSALS.get(message.status);
    if (refusal === undefined) return undefined;
    const homeAddress = wire.routingHomeAddress ?? wire.destination;
    const homeAgent = wire.source;
    const request = context
      .table<Asked>('asked', BOUNDS)
      .get(registrationKey(homeAddress, homeAgent));
    if (request === undefined) return undefined;
    const count = context
      .distinct('refused', { maxEntries: 1024, windowSeconds: 600 })
      .add(addressKey(homeAgent), addressKey(homeAddress));
    const isMany = count >= context.params.refusals;
    return {
      object: `${addressKey(homeAgent)} refused${isMany ? ' many' : ''}`,
      message: isMany
        ? `home agent ${formatAddress(homeAgent)} refused registrations of ${count} home addresses that are not its own`
        : `home agent ${formatAddress(homeAgent)} refused to register ${formatAddress(homeAddress)}: ${refusal}`,
      packet,
      evidence: [
        { packet: request.packet, text: textOf(request), link: request.link },
        evidenceOf(wire, `Binding Acknowledgement with status ${message.status}: ${refusal}`),
      ],
      confidence: 'partial',
      // The answer of the home agent, which did what is right.
      isToPass: true,
      severity: isMany ? 'medium' : 'low',
      homeAddress,
      homeAgent,
    };
  },
});
