import {
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  defineRule,
  formatAddress,
  testLeg,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  CorrespondentUpdate,
  Evidence,
  Link,
  TestPair,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 60 };
/** Microseconds after which an update without A flag was accepted: a refusal would have come. */
const REFUSED_WITHIN = 3e6;
/** MAX_NONCE_LIFETIME in seconds. RFC 6275 section 12. */
const NONCE_SECONDS = 240;

/** An update on old tokens that waits for its answer. */
interface Waiting {
  readonly update: CorrespondentUpdate;
  readonly evidence: readonly Evidence[];
  readonly age: number;
  readonly link: Link;
}

function draftOf({ update, evidence, age }: Waiting, isAnswered: boolean): AlertDraft {
  const { homeAddress, peer, context } = update;
  return {
    object: `${correspondentKey(update)}${isAnswered ? '' : ' unanswered'}`,
    message: `${formatAddress(peer)} accepts a registration of ${formatAddress(homeAddress)} on a token that is ${age} s old`,
    packet: context.packet,
    evidence,
    confidence: isAnswered ? 'certain' : 'partial',
    ...(isAnswered ? {} : { severity: 'low' }),
    homeAddress,
  };
}

/** Whether the last token of an index that was asked for was issued before a time, microseconds since 1970. */
function isIssuedBefore(
  pair: Readonly<TestPair> | undefined,
  nonceIndex: number,
  time: number,
): boolean {
  if (pair === undefined) return false;
  let last = 0;
  for (const item of pair.issued) {
    if (item.isSolicited && item.nonceIndex === nonceIndex) last = Math.max(last, item.lastSeen);
  }
  return last > 0 && last < time;
}

export default defineRule({
  id: 'MIP6-1707',
  title: 'Keygen token used beyond its lifetime',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.7 and 12'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A token may be used for 210 seconds, and a correspondent must not take it after 240: whoever once read it could ' +
    'otherwise register for ever. Here a Binding Update rests on a token that was issued longer ago, and the correspondent ' +
    'accepted it. A refusal with status 136 to 138 is the right answer and raises nothing. Times are those of the ' +
    'capture, so that a clock which was set between the two makes this wrong.',
  advice:
    'Repair the correspondent: it keeps nonces too long. Look whether the binding points to the node.',
  on: ['mobility', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  // What proves an update are tokens that are not older than this rule allows.
  asksOnly: {
    'binding-update': ['remarkable'],
    'binding-acknowledgement': ['holding waiting'],
  },
  params: {
    toleranceSeconds: {
      default: 10,
      min: 0,
      max: 600,
      unit: 'seconds',
      doc: 'added to the 240 seconds for clocks that differ between captures',
    },
  },
  evaluate(event, context): AlertDraft | readonly AlertDraft[] | undefined {
    const table = context.table<Waiting>('waiting', BOUNDS);
    if (event.kind === 'tick') {
      const drafts: AlertDraft[] = [];
      if (table.size === 0) return drafts;
      for (const item of [...table.values()]) {
        const { update } = item;
        if (event.time - update.context.packet.time < REFUSED_WITHIN) continue;
        table.delete(correspondentKey(update));
        if (!update.asksForAnswer) drafts.push(draftOf(item, false));
      }
      return drafts;
    }
    const { message } = event.header;
    const wire = event.context;
    if (message.kind === 'binding-acknowledgement') {
      if (table.size === 0 || event.checksum === 'wrong') return undefined;
      const key = correspondentKey({
        homeAddress: wire.routingHomeAddress ?? wire.destination,
        peer: wire.homeAddressOption ?? wire.source,
      });
      const item = table.get(key);
      if (item?.update.sequence !== message.sequence) return undefined;
      table.delete(key);
      if (message.status >= 128) return undefined;
      const text = `Binding Acknowledgement with status ${message.status}: accepted`;
      const answer = { packet: wire.packet, text, link: wire.link };
      return draftOf({ ...item, evidence: [...item.evidence, answer] }, true);
    }
    if (event.authentication === 'wrong' || context.isProvedByTokens(wire)) return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update?.nonces === undefined || update.hasOtherKeys) return undefined;
    const { homeAddress, careOfAddress, peer, nonces, sequence } = update;
    const limit = NONCE_SECONDS + context.params.toleranceSeconds;
    // Nearly all tokens are young: that costs no more than to look at them.
    const before = context.now - limit * 1e6;
    const isOld =
      isIssuedBefore(context.routabilityTests('home', homeAddress, peer), nonces.home, before) ||
      isIssuedBefore(
        context.routabilityTests('care-of', careOfAddress, peer),
        nonces.careOf,
        before,
      );
    if (!isOld) return undefined;
    const old = [
      { name: 'home', leg: testLeg('home', homeAddress, peer, nonces.home, context) },
      ...(update.lifetime === 0
        ? []
        : [
            {
              name: 'care-of',
              leg: testLeg('care-of', careOfAddress, peer, nonces.careOf, context),
            },
          ]),
    ].filter(({ leg }) => leg.state === 'expired' && leg.age > limit);
    if (old.length === 0) return undefined;
    if (coverageOf(homeAddress, peer, wire.link, context) === 'none') return undefined;
    // Copies on other links wait for the same answer.
    const key = correspondentKey(update);
    if (table.get(key)?.update.sequence === sequence) return undefined;
    const age = Math.round(Math.max(...old.map(({ leg }) => leg.age)));
    const texts = old.map(
      ({ name, leg }) => `${name} token issued ${Math.round(leg.age)} s before`,
    );
    table.set(key, {
      update,
      age,
      link: wire.link,
      evidence: [
        {
          packet: wire.packet,
          text: `Binding Update, sequence ${sequence}, nonce indices ${nonces.home} and ${nonces.careOf}: ${texts.join(', ')}`,
          link: wire.link,
        },
      ],
    });
    return undefined;
  },
});
