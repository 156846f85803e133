import {
  addressKey,
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  defineRule,
  evidenceOf,
  formatAddress,
  isPlausibleIndex,
  testLeg,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence } from '../../engine/rule-api.ts';

/** Expired home nonce index, care-of nonce index, nonces. RFC 6275 section 6.1.8. */
const FIRST_EXPIRED = 136;
const LAST_EXPIRED = 138;
const BOUNDS = { maxEntries: 4096, ttlSeconds: 60 };

/** Refusals of one home address. */
interface Refusals {
  readonly start: number;
  readonly sequences: Set<number>;
  readonly first: Evidence;
}

export default defineRule({
  id: 'MIP6-1703',
  title: 'Binding Update with a nonce index that was not issued',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.7, 6.2.6 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Binding Update to a correspondent names the nonces that its two tokens were made of, by the indices that came with ' +
    'them. This one names an index that the correspondent did not give to this node in the last 240 seconds: the sender ' +
    'guesses, or has tokens that he did not ask for. An index that the correspondent may well have issued can be of a ' +
    'test which the sensor missed, and is low. Refusals with status 136, 137 or 138 happen when tokens grow old; three ' +
    'within a minute do not.',
  advice:
    'The correspondent refuses such updates. Look for the sender by its care-of address, and for other attempts in the ' +
    'name of the same home address.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['unproved'], 'binding-acknowledgement': ['refusal'] },
  params: {
    refusals: {
      default: 3,
      min: 2,
      max: 100,
      unit: 'refusals in 60 s',
      doc: 'updates of one home address that a correspondent refuses for their nonce indices',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const { message } = event.header;
    const wire = event.context;
    if (message.kind === 'binding-acknowledgement') {
      const isExpired = message.status >= FIRST_EXPIRED && message.status <= LAST_EXPIRED;
      if (!isExpired || event.checksum === 'wrong') return undefined;
      const homeAddress = wire.routingHomeAddress ?? wire.destination;
      const key = addressKey(homeAddress);
      const table = context.table<Refusals>('refusals', BOUNDS);
      const here = evidenceOf(
        wire,
        `Binding Acknowledgement with status ${message.status} and sequence ${message.sequence} from ${formatAddress(wire.source)}`,
      );
      const known = table.get(key);
      const isOver = known === undefined || wire.packet.time - known.start > 60e6;
      const current: Refusals = isOver
        ? { start: wire.packet.time, sequences: new Set(), first: here }
        : known;
      if (current.sequences.size < 64) current.sequences.add(message.sequence);
      if (isOver) table.set(key, current);
      if (current.sequences.size < context.params.refusals) return undefined;
      return {
        object: `refused/${key}`,
        message: `registrations of ${formatAddress(homeAddress)} are refused again and again for their nonce indices: ${current.sequences.size} in a minute`,
        packet: wire.packet,
        evidence: [current.first, here],
        confidence: 'partial',
        homeAddress,
      };
    }
    if (event.authentication === 'right' || event.authentication === 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update?.nonces === undefined || update.lifetime === 0 || update.hasOtherKeys) {
      return undefined;
    }
    const { homeAddress, peer, careOfAddress, nonces, sequence } = update;
    const home = testLeg('home', homeAddress, peer, nonces.home, context);
    const careOf = testLeg('care-of', careOfAddress, peer, nonces.careOf, context);
    // Without any test at all it is MIP6-1202.
    if (home.state === 'absent' || careOf.state === 'absent') return undefined;
    const wrong = [
      ...(home.state === 'other-index'
        ? [{ name: 'home', index: nonces.home, indices: home.indices }]
        : []),
      ...(careOf.state === 'other-index'
        ? [{ name: 'care-of', index: nonces.careOf, indices: careOf.indices }]
        : []),
    ];
    if (wrong.length === 0) return undefined;
    if (coverageOf(homeAddress, peer, wire.link, context) === 'none') return undefined;
    const isPlausible = wrong.every(({ index }) => isPlausibleIndex(peer, index, context));
    const texts = wrong.map(
      ({ name, index, indices }) =>
        `${name} nonce index ${index}, issued were ${indices.join(', ')}`,
    );
    return {
      object: `${correspondentKey(update)}${isPlausible ? ' plausible' : ''}`,
      message: `${formatAddress(wire.source)} registers ${formatAddress(homeAddress)} at ${formatAddress(peer)} with a nonce index that was not issued to it`,
      packet: wire.packet,
      evidence: [evidenceOf(wire, `Binding Update, sequence ${sequence}: ${texts.join('; ')}`)],
      confidence: isPlausible ? 'partial' : 'certain',
      ...(isPlausible ? { severity: 'low' } : {}),
      homeAddress,
    };
  },
});
