import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  testMessageOf,
} from '../../engine/rule-api.ts';

const TARGETS = 4096;

export default defineRule({
  id: 'MIP6-1501',
  title: 'Node driven to return routability with many correspondents',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 4225 section 3.3.1', 'RFC 6275 section 15.4.5'],
  needs: ['foreign-link'],
  verdict: 'rate-limit',
  explanation:
    'A mobile node that gets a packet through its tunnel may start return routability with its sender. Who sends it ' +
    'packets with many made-up sources has it send two messages and keep state for each of them, over its radio link and ' +
    'battery. Here one node starts return routability with many new correspondents within seconds while packets from as ' +
    'many sources come through its tunnel. Where the tunnel cannot be looked into, a node that talks to many peers by ' +
    'itself looks the same, and the alert weighs little.',
  advice:
    'Make the node start route optimisation only with peers it talks to, and limit packets of unknown sources at the home ' +
    'agent.',
  on: ['mobility', 'tunnelled'],
  params: {
    correspondents: {
      default: 20,
      min: 2,
      max: 1000,
      unit: 'correspondents',
      doc: 'different correspondents with which a node may start return routability in the time below',
    },
    seconds: {
      default: 10,
      min: 1,
      max: 60,
      unit: 'seconds',
      doc: 'time in which correspondents and sources are counted',
    },
  },
  evaluate(event, context) {
    const { correspondents, seconds } = context.params;
    const bounds = { maxEntries: TARGETS, windowSeconds: seconds };
    const senders = context.distinct('senders', bounds);
    const wire = event.context;
    if (event.kind === 'tunnelled') {
      const { outer } = wire;
      if (event.direction !== 'from-home-agent' || outer === undefined) return undefined;
      // By care-of address as well: a Care-of Test Init tells no home address.
      const sender = addressKey(wire.source);
      senders.add(addressKey(wire.destination), sender);
      senders.add(addressKey(outer.destination), sender);
      return undefined;
    }
    const message = testMessageOf(event.header.message);
    if (message?.isInit !== true || event.checksum === 'wrong') return undefined;
    if (wire.link.effectiveRole !== 'foreign') return undefined;
    const { source, destination, packet } = wire;
    const key = addressKey(source);
    const started = context.distinct('started', bounds).add(key, addressKey(destination));
    if (started <= correspondents) return undefined;
    const isInduced = senders.count(key) > correspondents;
    return {
      object: `${key}${isInduced ? '' : ' unseen'}`,
      message: isInduced
        ? `packets of more than ${correspondents} sources drive ${formatAddress(source)} to return routability with as many`
        : `${formatAddress(source)} starts return routability with more than ${correspondents} correspondents within ${seconds} seconds`,
      packet,
      evidence: [
        evidenceOf(
          wire,
          `${message.kind === 'home' ? 'Home' : 'Care-of'} Test Init to ${formatAddress(destination)}, the ${correspondents + 1}th correspondent in ${seconds} s${isInduced ? `; more than ${correspondents} sources came through the tunnel in that time` : ''}`,
        ),
      ],
      confidence: 'partial',
      ...(isInduced ? {} : { severity: 'low' }),
      stage: 'denial-of-service',
      ...(message.kind === 'home' ? { homeAddress: source } : {}),
    };
  },
});
