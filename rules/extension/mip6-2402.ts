import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  homeRegistrationOf,
  isComplete,
  mobileNetworkPrefixesOf,
} from '../../engine/rule-api.ts';
import type { Link, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Mobile Router Operation not permitted, and Forwarding Setup failed. RFC 3963 section 4.2. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [140, 'it may not be a mobile router'],
  [143, 'its prefixes are missing'],
]);
const BOUNDS = { maxEntries: 8192, ttlSeconds: 86_400 };

/** R flag of the last registration, and its changes. */
interface Flag {
  readonly isRouter: boolean;
  readonly changes: readonly { packet: PacketReference; link: Link; isRouter: boolean }[];
}

const params = {
  changes: {
    default: 2,
    min: 1,
    max: 30,
    unit: 'changes',
    doc: 'this many changes of the R flag within the time make an alert: a node may serve as host today and as router tomorrow',
  },
  withinSeconds: {
    default: 600,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    doc: 'time they are counted in',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2402',
  title: 'Mobile Router flag misused',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 3963 sections 4, 5.2 and 6.1.1'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'With the R flag a node says that it is a router with a network behind it. The flag may not change while a binding ' +
    'lasts (RFC 3963 section 6.1.1), and prefixes come with the flag alone. Here the flag changes to and fro, or ' +
    'prefixes come without it, or the home agent refused the node as a router: two senders speak for one home ' +
    'address, or a host tries to become a router.',
  advice:
    'Check in the profile of the home address whether it is a router. If it is a host, let the home agent refuse the R ' +
    'flag, and find out who sends it.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['home-update'], 'binding-acknowledgement': ['refusal'] },
  params,
  evaluate(event, context) {
    const { message } = event.header;
    const { packet, link } = event.context;
    if (message.kind === 'binding-acknowledgement') {
      const why = REFUSED.get(message.status);
      if (why === undefined || event.checksum === 'wrong') return undefined;
      const homeAddress = event.context.routingHomeAddress ?? event.context.destination;
      return {
        object: `${formatAddress(homeAddress)}: refused`,
        message: `home agent ${formatAddress(event.context.source)} refused ${formatAddress(homeAddress)}: ${why}`,
        packet,
        evidence: [
          evidenceOf(event.context, `Binding Acknowledgement with status ${message.status}`),
        ],
        confidence: 'partial',
        ...(message.status === 143 ? { severity: 'low' } : {}),
        homeAddress,
        homeAgent: event.context.source,
      };
    }
    const update = homeRegistrationOf(event);
    // A de-registration may have either. RFC 3963 section 6.1.1.
    if (update === undefined || update.lifetime === 0) return undefined;
    const { homeAddress, homeAgent, wireSource } = update;
    const isRouter = (update.flags & BINDING_UPDATE_FLAGS.mobileRouter.mask) !== 0;
    const about = { packet, homeAddress, homeAgent, attacker: wireSource } as const;
    if (!isRouter && isComplete(event) && mobileNetworkPrefixesOf(event).length > 0) {
      const home = formatAddress(homeAddress);
      return {
        ...about,
        object: `${home}: prefixes`,
        message: `${home} registers mobile network prefixes and is no mobile router`,
        evidence: [
          evidenceOf(
            event.context,
            `Binding Update without R flag, sequence ${update.sequence}, with a Mobile Network Prefix option`,
          ),
        ],
        confidence: 'certain',
      };
    }
    const flags = context.table<Flag>('flags', BOUNDS);
    const key = `${addressKey(homeAddress)}${addressKey(homeAgent)}`;
    const known = flags.get(key);
    if (known === undefined || known.isRouter === isRouter) {
      flags.set(key, known ?? { isRouter, changes: [] });
      return undefined;
    }
    const since = packet.time - context.params.withinSeconds * 1e6;
    const recent = known.changes.filter((item) => item.packet.time >= since);
    const changes = [...recent.slice(-31), { packet, link, isRouter }];
    flags.set(key, { isRouter, changes });
    if (changes.length < context.params.changes || changes.length === recent.length)
      return undefined;
    const home = formatAddress(homeAddress);
    return {
      ...about,
      object: `${home}: flag`,
      message: `${home} registers as router and as host in turn, ${changes.length} changes within ${context.params.withinSeconds} s`,
      evidence: changes.map((item) => ({
        packet: item.packet,
        text: `Binding Update ${item.isRouter ? 'with' : 'without'} R flag`,
        link: item.link,
      })),
      confidence: 'partial',
    };
  },
});
