import {
  defineRule,
  formatAddress,
  isBindingValid,
  isSameAddress,
  prefixKey,
} from '../../engine/rule-api.ts';
import type { PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Seconds in which answers are counted. */
const WINDOW = 10;
/** Networks of victims counted. */
const MAX_NETWORKS = 1024;
/** An attacker who names many addresses of one network hits one network. */
const NETWORK_BITS = 64;

const params = {
  packets: {
    default: 10,
    min: 2,
    max: 10_000,
    unit: 'packets',
    doc: 'answers to one network within ten seconds that make a reflection',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-1602',
  title: 'Reflection by Home Address options in progress',
  severity: 'critical',
  category: 'reflection',
  references: ['RFC 4225 section 3.3.3', 'RFC 6275 section 15.8'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A correspondent sends one packet after another to an address that has asked for nothing: it appears only in Home ' +
    'Address options of packets that somebody else sends. That is the reflection which the check of bindings is there to ' +
    'prevent. The victim sees floods of answers from honest servers, and the attacker stays out of sight. Answers to many ' +
    'addresses of one network count together.',
  advice:
    'Drop packets with Home Address options in front of the reflecting server until its software checks bindings. Tell the ' +
    'network of the victim that the server is not the origin; look for the sender of the options at its access network.',
  on: ['reflected'],
  params,
  evaluate(event, context) {
    const { victim, reflector, requester, packets, packet, link, request, protocol } = event;
    const home = context.homeBinding(victim);
    if (
      home !== undefined &&
      isBindingValid(home, context.now) &&
      isSameAddress(home.careOfAddress, requester)
    ) {
      return undefined;
    }
    const network = prefixKey(victim, NETWORK_BITS);
    const first = context.table<PacketReference>('first', {
      maxEntries: MAX_NETWORKS,
      ttlSeconds: WINDOW,
    });
    const begin = first.get(network) ?? packet;
    first.set(network, begin);
    const answers = context
      .counts('answers', { windowSeconds: WINDOW, maxEntries: MAX_NETWORKS })
      .add(network, packets);
    if (answers < context.params.packets) return undefined;
    const name = formatAddress(victim);
    return {
      object: network,
      message: `${formatAddress(reflector)} floods ${name} with answers that ${formatAddress(requester)} asked for by Home Address options`,
      packet,
      evidence: [
        {
          packet: request,
          text: `Home Address option ${name} from ${formatAddress(requester)}, without a binding`,
          link,
        },
        {
          packet,
          text: `${answers} packets to the network of ${name} within ${WINDOW} s that it did not ask for, the last of protocol ${protocol} from ${formatAddress(reflector)}`,
          link,
        },
      ],
      // Within a home network it may be a node of which the registration was not seen.
      confidence: context.homePrefixOf(victim) === undefined ? 'certain' : 'partial',
      stage: 'denial-of-service',
      homeAddress: victim,
      attacker: requester,
    };
  },
});
