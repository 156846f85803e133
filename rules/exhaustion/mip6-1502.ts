import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  registrationKey,
  testMessageOf,
} from '../../engine/rule-api.ts';

const PEERS = 4096;
/** Packets between the two remembered, so long before return routability. */
const TRAFFIC = { maxEntries: 16_384, ttlSeconds: 60 };

export default defineRule({
  id: 'MIP6-1502',
  title: 'Many nodes driven to return routability with one correspondent',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 4225 section 3.3.1'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'Packets sent to many mobile nodes in the name of one correspondent make all of them start return routability with ' +
    'it: somebody who sends little has others send much. The correspondent itself has sent them nothing. Counted are ' +
    'home addresses that ask for a home test, have no binding there that they may be moving, and got no packet from it ' +
    'that this sensor saw. A popular server is asked by nodes it then answers; where home addresses are not known, that ' +
    'cannot be seen, and the alert weighs little.',
  advice:
    'Let the correspondent limit answers to init messages. Look for packets with its source that it did not send.',
  on: ['mobility', 'home-address-traffic'],
  messages: ['home-test-init'],
  asksOnly: { 'home-test-init': ['remarkable'] },
  params: {
    nodes: {
      default: 30,
      min: 2,
      max: 1000,
      unit: 'home addresses',
      doc: 'home addresses that may start return routability with one correspondent in 10 seconds',
    },
  },
  evaluate(event, context) {
    const wire = event.context;
    const { source, destination, packet } = wire;
    if (event.kind === 'home-address-traffic') {
      if (event.direction !== 'to') return undefined;
      context.table<boolean>('traffic', TRAFFIC).set(registrationKey(destination, source), true);
      return undefined;
    }
    const message = testMessageOf(event.header.message);
    if (message?.isInit !== true || message.kind !== 'home') return undefined;
    // Inside the tunnel it is the same message, on its way to the home agent.
    if (event.checksum === 'wrong' || wire.outer !== undefined) return undefined;
    const binding = context.binding(source, destination);
    if (binding !== undefined && isBindingValid(binding, context.now)) return undefined;
    const traffic = context.table<boolean>('traffic', TRAFFIC);
    if (traffic.get(registrationKey(source, destination)) === true) return undefined;
    const isKnown = context.isHomeAddress(source);
    const { nodes } = context.params;
    const bounds = { maxEntries: PEERS, windowSeconds: 10 };
    const peer = addressKey(destination);
    const known = context.distinct('known', bounds);
    const node = addressKey(source);
    if (isKnown) known.add(peer, node);
    const all = context.distinct('all', bounds).add(peer, node);
    if (all <= nodes) return undefined;
    const isSure = known.count(peer) > nodes;
    return {
      object: `${peer}${isSure ? '' : ' unknown nodes'}`,
      message: `more than ${nodes} home addresses start return routability with ${formatAddress(destination)} at once`,
      packet,
      evidence: [
        evidenceOf(
          wire,
          `Home Test Init of ${formatAddress(source)}, the ${nodes + 1}th home address in 10 s; no packet from ${formatAddress(destination)} to it was seen before`,
        ),
      ],
      confidence: 'partial',
      ...(isSure ? {} : { severity: 'low' }),
      stage: 'denial-of-service',
    };
  },
});
