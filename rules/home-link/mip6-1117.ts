import { defineRule, formatAddress, registrationKey } from '../../engine/rule-api.ts';
import type { Evidence, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 600 };
/** Changes remembered of one binding. */
const MAX_CHANGES = 64;

const params = {
  changes: {
    default: 4,
    min: 1,
    max: 60,
    unit: 'changes',
    doc: 'more changes between registered and de-registered than this within the time make an alert',
  },
  withinSeconds: {
    default: 60,
    min: 1,
    max: 600,
    unit: 'seconds',
    doc: 'time they are counted in',
  },
} satisfies RuleDefinition['params'];

/** A change between home and away. */
interface Change {
  readonly isAway: boolean;
  readonly packet: PacketReference;
}

export default defineRule({
  id: 'MIP6-1117',
  title: 'Node changes between home and away again and again',
  severity: 'medium',
  category: 'home-link',
  references: ['RFC 6275 section 11.5', 'RFC 3756 section 4.2.6'],
  needs: [],
  verdict: 'alert',
  explanation:
    'The home agent registers and de-registers the same node several times a minute. Nobody travels like that: ' +
    'either two routers contradict each other on the link of the node, one of them advertising the home prefix ' +
    'now and then, or the node stands at the edge of the radio cell of its home network. Each change costs both ' +
    'sides signalling and loses packets.',
  advice:
    'See where the node is and which routers it hears. If it is not near its home network, look for the sender of ' +
    'the home prefix (rules 1101 to 1104). Limit the rate of registrations for one home address.',
  on: ['binding'],
  asksOnly: { binding: ['home'] },
  params,
  evaluate({ binding, change, packet }, context) {
    if (binding.role !== 'home') return undefined;
    const isAway = change === 'registered' || change === 'moved' || change === 'refreshed';
    if (!isAway && change !== 'deregistered' && change !== 'deregistration-sent') return undefined;
    const { homeAddress, peer } = binding;
    const table = context.tableOf<Change[]>('changes', BOUNDS);
    const known = table.get(homeAddress, peer);
    if (known === undefined) {
      // Where the node was found is no change.
      table.set([{ isAway, packet }], homeAddress, peer);
      return undefined;
    }
    if (known.at(-1)?.isAway === isAway) return undefined;
    const changes = [...known, { isAway, packet }].slice(-MAX_CHANGES);
    table.set(changes, homeAddress, peer);
    const since = packet.time - context.params.withinSeconds * 1e6;
    const recent = changes.filter((item) => item.packet.time >= since);
    // The first entry of all is where the node was found, not a change.
    const count = recent.length === changes.length ? recent.length - 1 : recent.length;
    if (count <= context.params.changes) return undefined;
    const seconds = ((packet.time - (recent[0]?.packet.time ?? packet.time)) / 1e6).toFixed(1);
    return {
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(binding.homeAddress)} changed ${count} times between home and away within ${seconds} s, at home agent ${formatAddress(binding.peer)}`,
      packet,
      evidence: recent.map((item): Evidence => ({
        packet: item.packet,
        text: item.isAway ? 'registered from away' : 'de-registered',
      })),
      confidence: 'certain',
      stage: 'denial-of-service',
      homeAddress: binding.homeAddress,
      homeAgent: binding.peer,
    };
  },
});
