import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  registrationAnswerOf,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, windowSeconds: 60 };
/** INSUFFICIENT_RESOURCES. RFC 6275 section 6.1.8. */
const NO_RESOURCES = 130;
/** Octets of the networks that home addresses are counted by. */
const SUBNET_OCTETS = 8;

export default defineRule({
  id: 'MIP6-1505',
  title: 'Binding cache filled up',
  severity: 'high',
  category: 'exhaustion',
  references: ['RFC 4225 section 3.3.2', 'RFC 6275 sections 9.5.2 and 15.4.5'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A binding cache has an end. Who owns a prefix has as many home addresses as he likes, can pass return routability ' +
    'with all of them, and fills the cache of a correspondent: others fall back on the way through their home agents. ' +
    'Here a correspondent got bindings of many new home addresses of one network within a minute, or somebody refuses ' +
    'updates again and again for want of room (status 130). Nodes that a home agent was seen to serve do not count. A home agent that starts anew gets many registrations at ' +
    'once, and is judged by its refusals alone.',
  advice:
    'Limit bindings by prefix at the correspondent, and keep those that carry traffic. Give the home agent more room.',
  on: ['binding', 'mobility'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['refusal'], binding: ['registered'] },
  params: {
    homeAddresses: {
      default: 64,
      min: 2,
      max: 1_000_000,
      unit: 'home addresses in a minute',
      doc: 'new bindings of home addresses in one /64 at one correspondent',
    },
    refusals: {
      default: 3,
      min: 2,
      max: 1000,
      unit: 'home addresses in a minute',
      doc: 'different home addresses that one node refuses for want of room',
    },
  },
  evaluate(event, context) {
    if (event.kind === 'mobility') {
      const { message } = event.header;
      if (message.kind !== 'binding-acknowledgement') return undefined;
      if (message.status !== NO_RESOURCES) return undefined;
      const answer = registrationAnswerOf(event);
      if (answer === undefined) return undefined;
      const { peer, homeAddress, context: wire } = answer;
      const refused = context.distinct('refused', BOUNDS);
      const count = refused.add(addressKey(peer), addressKey(homeAddress));
      if (count < context.params.refusals) return undefined;
      const isAgent = context.isHomeAgent(peer);
      return {
        object: `${addressKey(peer)}refuses`,
        message: `${formatAddress(peer)} has no room for further bindings`,
        packet: wire.packet,
        evidence: [
          evidenceOf(
            wire,
            `Binding Acknowledgement with status 130 for ${formatAddress(homeAddress)}, the ${context.params.refusals}th home address or later within a minute`,
          ),
        ],
        confidence: 'partial',
        stage: 'denial-of-service',
        ...(isAgent ? { homeAgent: peer } : {}),
      };
    }
    const { change, binding, packet } = event;
    if (change !== 'registered' || binding.role !== 'correspondent') return undefined;
    const { peer, homeAddress } = binding;
    // A node that a home agent serves as well is no made-up address.
    const home = context.homeBinding(homeAddress);
    if (home !== undefined && isBindingValid(home, context.now)) return undefined;
    const prefix = new Uint8Array(16);
    prefix.set(homeAddress.subarray(0, SUBNET_OCTETS));
    const key = addressKey(peer) + addressKey(prefix);
    const { homeAddresses } = context.params;
    const count = context.distinct('bound', BOUNDS).add(key, addressKey(homeAddress));
    if (count <= homeAddresses) return undefined;
    const network = `${formatAddress(prefix)}/${SUBNET_OCTETS * 8}`;
    return {
      object: key,
      message: `${formatAddress(peer)} got bindings of more than ${homeAddresses} home addresses in ${network} within a minute`,
      packet,
      evidence: [
        {
          packet,
          text: `binding of ${formatAddress(homeAddress)} with care-of address ${formatAddress(binding.careOfAddress)}`,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homePrefix: { prefix, length: SUBNET_OCTETS * 8 },
    };
  },
});
