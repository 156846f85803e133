import {
  addressKey,
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  defineRule,
  formatAddress,
  isPlausibleIndex,
  isSameAddress,
  prefixKey,
  testLeg,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  CorrespondentUpdate,
  Link,
  RoutabilityCoverage,
  RuleContext,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 60 };
/** Microseconds after which an update that should be answered was not accepted. RFC 6275 section 12. */
const ANSWER_WITHIN = 3e6;

/** An update of which one test was not seen, and which waits for its answer. */
interface Waiting {
  readonly update: CorrespondentUpdate;
  readonly link: Link;
  readonly coverage: RoutabilityCoverage;
  readonly missing: readonly string[];
}

/** What is missing, in words. */
function missingTests(update: CorrespondentUpdate, context: RuleContext): string[] | undefined {
  const { homeAddress, careOfAddress, peer, nonces } = update;
  const home = testLeg('home', homeAddress, peer, nonces?.home ?? -1, context);
  const careOf = testLeg('care-of', careOfAddress, peer, nonces?.careOf ?? -1, context);
  const missing: string[] = [];
  if (home.state === 'absent') missing.push(`home test of ${formatAddress(homeAddress)}`);
  if (careOf.state === 'absent') missing.push(`care-of test of ${formatAddress(careOfAddress)}`);
  return missing.length === 0 ? undefined : missing;
}

function draftOf(
  { update, link, coverage, missing }: Waiting,
  grade: 'proved' | 'unanswered' | 'weak',
  context: RuleContext,
): AlertDraft {
  const { homeAddress, peer, careOfAddress, nonces, sequence } = update;
  const { packet, source } = update.context;
  const isCovered = coverage === 'pair' || coverage === 'network';
  const named =
    nonces === undefined ? 'no nonce indices' : `nonce indices ${nonces.home} and ${nonces.careOf}`;
  const isWeak = grade === 'weak' || !isCovered;
  const known =
    coverage === 'pair'
      ? context
          .seenUpdates(homeAddress, peer)
          ?.updates.find((item) => item.lifetime > 0 && item.packet.time < packet.time)
      : undefined;
  return {
    // Addresses that were never seen to register are the attacker's choice: one alert for their network.
    object: `${
      coverage === 'pair'
        ? correspondentKey(update)
        : `${prefixKey(homeAddress, 64)} at ${addressKey(peer)}`
    }${isWeak ? ' perhaps' : ''}`,
    message: `${formatAddress(source)} registers ${formatAddress(homeAddress)} from ${formatAddress(careOfAddress)} at ${formatAddress(peer)} without return routability`,
    packet,
    evidence: [
      ...(known === undefined
        ? []
        : [{ packet: known.packet, text: 'an earlier registration of the two' }]),
      {
        packet,
        text: `Binding Update, sequence ${sequence}, ${named}; in the 240 s before it no ${missing.join(' and no ')} with ${formatAddress(peer)} was seen${grade === 'unanswered' ? ', and it was not accepted' : ''}`,
        link,
      },
    ],
    confidence: grade === 'proved' && isCovered ? 'certain' : 'partial',
    ...(isWeak ? { severity: 'low' } : {}),
    homeAddress,
    attacker: source,
  };
}

export default defineRule({
  id: 'MIP6-1202',
  title: 'Correspondent binding without return routability',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 4225 sections 3.1.1 and 4.1', 'RFC 6275 sections 5.2 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A correspondent may redirect the traffic of a home address only after two tests: one that reaches the node at its ' +
    'home address, one at its care-of address. This Binding Update came without one or both of them in the last 240 ' +
    'seconds, on a link where the sensor has seen such tests before. Whoever sent it tries to take over the traffic of ' +
    'the home address. When one test alone is missing and the index would fit, the sensor may have missed a packet: ' +
    'then it is judged by whether the correspondent accepted. Keys from elsewhere (RFC 4449, RFC 4866) need no tests.',
  advice:
    'See whether the correspondent accepted it; one that does has to be repaired. Find the sender by its care-of address.',
  on: ['mobility', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['unproved'], 'binding-acknowledgement': ['holding waiting'] },
  params: {},
  evaluate(event, context): AlertDraft | readonly AlertDraft[] | undefined {
    if (event.kind === 'tick') {
      const table = context.table<Waiting>('waiting', BOUNDS);
      const drafts: AlertDraft[] = [];
      if (table.size === 0) return drafts;
      for (const item of [...table.values()]) {
        if (event.time - item.update.context.packet.time < ANSWER_WITHIN) continue;
        table.delete(correspondentKey(item.update));
        drafts.push(draftOf(item, item.update.asksForAnswer ? 'unanswered' : 'weak', context));
      }
      return drafts;
    }
    const { message } = event.header;
    const wire = event.context;
    if (message.kind === 'binding-acknowledgement') {
      const table = context.table<Waiting>('waiting', BOUNDS);
      if (table.size === 0) return undefined;
      const homeAddress = wire.routingHomeAddress ?? wire.destination;
      const key = correspondentKey({ homeAddress, peer: wire.homeAddressOption ?? wire.source });
      const item = table.get(key);
      if (item?.update.sequence !== message.sequence) return undefined;
      table.delete(key);
      // An accepted update had the tokens: what is missing is in the capture.
      return draftOf(item, message.status < 128 ? 'weak' : 'unanswered', context);
    }
    if (event.authentication === 'right' || event.authentication === 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update === undefined || update.lifetime === 0 || update.hasOtherKeys) return undefined;
    const { homeAddress, peer, careOfAddress, nonces } = update;
    const missing = missingTests(update, context);
    if (missing === undefined) return undefined;
    // A token of that index which is too old is the business of MIP6-1707.
    if (nonces !== undefined) {
      const states = [
        testLeg('home', homeAddress, peer, nonces.home, context).state,
        testLeg('care-of', careOfAddress, peer, nonces.careOf, context).state,
      ];
      if (states.includes('expired')) return undefined;
    }
    const { link } = wire;
    const coverage = coverageOf(homeAddress, peer, link, context);
    if (coverage === 'none') return undefined;
    const registered = context.homeBinding(homeAddress);
    const isElsewhere =
      registered?.phase === 'registered' && !isSameAddress(registered.careOfAddress, careOfAddress);
    const isPlausible =
      nonces !== undefined &&
      isPlausibleIndex(peer, nonces.home, context) &&
      isPlausibleIndex(peer, nonces.careOf, context);
    const item: Waiting = { update, link, coverage, missing };
    if (missing.length === 2 || !isPlausible || isElsewhere) {
      return draftOf(item, 'proved', context);
    }
    context.table<Waiting>('waiting', BOUNDS).set(correspondentKey(update), item);
    return undefined;
  },
});
