import {
  defineRule,
  evidenceOf,
  formatAddress,
  registrationKey,
  usualHopLimit,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence, RuleContext } from '../../engine/rule-api.ts';

/** Unknown binding for a Home Address option, and unrecognised MH type. RFC 6275 section 6.1.9. */
const UNKNOWN_BINDING = 1;
const UNRECOGNISED_TYPE = 2;
const TESTS: ReadonlySet<string> = new Set([
  'home-test-init',
  'care-of-test-init',
  'home-test',
  'care-of-test',
]);
/** Errors that wait for what the correspondent does next. */
const BOUNDS = { maxEntries: 1024, ttlSeconds: 20 };
/** What was sent to whom lately. */
const SENT_BOUNDS = { maxEntries: 8192, ttlSeconds: 60 };
/** Microseconds in which packets that the error did not stop may still be on their way. */
const IN_FLIGHT = 1e6;

/** An error that contradicts what the correspondent said before. */
interface Contradiction {
  readonly homeAddress: Uint8Array;
  readonly peer: Uint8Array;
  readonly error: Evidence;
  readonly time: number;
}

type Pair = NonNullable<ReturnType<RuleContext['seenUpdates']>>;

/** Whether a node sent a peer a message of return routability lately. */
function hasTested(node: Uint8Array, peer: Uint8Array, context: RuleContext): boolean {
  const since = context.now - SENT_BOUNDS.ttlSeconds * 1e6;
  for (const kind of ['home', 'care-of'] as const) {
    const asked = context.routabilityTests(kind, node, peer);
    if (asked !== undefined && asked.lastInit >= since) return true;
    const answered = context.routabilityTests(kind, peer, node);
    if (answered !== undefined && answered.lastTest >= since) return true;
  }
  return false;
}

/**
 * Whether a node registered with a peer lately, or answered a registration of the peer. Of updates and acknowledgements in
 * which nothing is remarkable the rule is not asked: the engine keeps the updates, which what accepts them follows.
 */
function hasRegistered(node: Uint8Array, peer: Uint8Array, context: RuleContext): boolean {
  const mobile = context.careOfBinding(node)?.homeAddress ?? node;
  if (hasUpdated(context.seenUpdates(mobile, peer), context)) return true;
  const other = context.careOfBinding(peer)?.homeAddress ?? peer;
  const pair = context.seenUpdates(other, node);
  return pair !== undefined && pair.answers > 0 && hasUpdated(pair, context);
}

/** Whether there was an update between two within the time in which the rule remembers what was sent. */
function hasUpdated(pair: Pair | undefined, context: RuleContext): boolean {
  const since = context.now - SENT_BOUNDS.ttlSeconds * 1e6;
  return pair?.updates.some((item) => item.packet.time >= since) === true;
}

/** Whether a correspondent goes on to use a binding that an error denied. */
function stillUsed(context: RuleContext): AlertDraft[] {
  const table = context.table<Contradiction>('denied', BOUNDS);
  const drafts: AlertDraft[] = [];
  if (table.size === 0) return drafts;
  for (const { homeAddress, peer, error, time } of [...table.values()]) {
    if (context.lastOptimised(homeAddress, peer).to - time <= IN_FLIGHT) continue;
    const updates = context.seenUpdates(homeAddress, peer)?.updates ?? [];
    // The node registered again, as after a true error: the binding in use is a new one.
    if (updates.some((item) => item.packet.time > time)) continue;
    table.delete(registrationKey(homeAddress, peer));
    drafts.push({
      object: registrationKey(homeAddress, peer),
      message: `a Binding Error in the name of ${formatAddress(peer)} denies the binding of ${formatAddress(homeAddress)}, which ${formatAddress(peer)} goes on to use`,
      packet: error.packet,
      evidence: [
        error,
        {
          packet: error.packet,
          text: `packets with a type 2 routing header to ${formatAddress(homeAddress)} go on after it`,
        },
      ],
      confidence: 'certain',
      stage: 'denial-of-service',
      homeAddress,
    });
  }
  return drafts;
}

export default defineRule({
  id: 'MIP6-1212',
  title: 'Binding Error that nothing gave rise to',
  severity: 'medium',
  category: 'forged-binding',
  references: ['RFC 6275 sections 6.1.9, 9.3.3 and 11.3.6'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Binding Error is not protected. With status 1 it says that the correspondent knows no binding for the Home Address ' +
    'option it got, with status 2 that it does not understand a message; the mobile node then gives up route optimisation. ' +
    'Here nothing was sent that could give rise to it, or the correspondent goes on to use the binding that it is said ' +
    'not to have: the error was made by somebody else. A correspondent that has restarted sends true ones, which weigh ' +
    'little here until it is seen to use the binding.',
  advice:
    'Mobile nodes may ignore errors while the correspondent uses the binding (RFC 6275 section 11.3.6). Drop errors whose ' +
    'source cannot come from where they do.',
  on: ['mobility', 'tick'],
  asksOnly: {
    'home-test-init': ['home-address-option'],
    'care-of-test-init': ['home-address-option'],
    'home-test': ['home-address-option'],
    'care-of-test': ['home-address-option'],
    'binding-update': ['remarkable'],
    'binding-acknowledgement': ['remarkable'],
  },
  params: {},
  evaluate(event, context): AlertDraft | readonly AlertDraft[] | undefined {
    if (event.kind === 'tick') return stillUsed(context);
    const { header, context: wire } = event;
    const { message } = header;
    if (event.checksum === 'wrong') return undefined;
    const { packet, source: peer, destination, hopLimit } = wire;
    const sent = context.numbersOf('sent', SENT_BOUNDS);
    if (message.kind !== 'binding-error') {
      // Of tests the engine keeps the times.
      if (!TESTS.has(message.kind)) sent.set(packet.time, peer, destination);
      if (wire.homeAddressOption !== undefined) {
        sent.set(packet.time, wire.homeAddressOption, destination);
      }
      return undefined;
    }
    const { status, homeAddress: named } = message;
    if (status !== UNKNOWN_BINDING && status !== UNRECOGNISED_TYPE) return undefined;
    const isNamed = named.some((octet) => octet !== 0);
    const homeAddress = isNamed ? named : (wire.routingHomeAddress ?? destination);
    const pair = context.seenUpdates(homeAddress, peer);
    const binding = context.binding(homeAddress, peer);
    const usual =
      usualHopLimit(context.correspondent(peer), 'care-of', wire) ??
      usualHopLimit(context.correspondent(peer), 'home', wire);
    const isElsewhere = usual !== undefined && usual !== hopLimit;
    const wrongWay = isElsewhere
      ? `; its hop limit is ${hopLimit}, messages of ${formatAddress(peer)} come with ${usual}`
      : '';
    const error = evidenceOf(
      wire,
      `Binding Error with status ${status} for ${formatAddress(homeAddress)} from ${formatAddress(peer)}${wrongWay}`,
    );
    const draft = (why: string, isStrong: boolean): AlertDraft => ({
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(destination)} got a Binding Error in the name of ${formatAddress(peer)}: ${why}`,
      packet,
      evidence: [
        ...(binding === undefined
          ? []
          : [
              {
                packet: binding.lastChange,
                text: `binding of ${formatAddress(homeAddress)} at ${formatAddress(peer)}, ${binding.phase}`,
              },
            ]),
        error,
      ],
      confidence: 'partial',
      ...(isStrong ? {} : { severity: 'low' }),
      stage: 'denial-of-service',
      homeAddress,
    });
    const isLive =
      binding?.role === 'correspondent' &&
      binding.phase === 'registered' &&
      binding.expiresAt > packet.time;
    const isCovered = pair?.isCovered === true || (pair?.answers ?? 0) > 0;
    const hasSent =
      sent.get(homeAddress, peer) !== undefined ||
      sent.get(destination, peer) !== undefined ||
      hasUpdated(pair, context) ||
      hasTested(homeAddress, peer, context) ||
      hasTested(destination, peer, context) ||
      hasRegistered(homeAddress, peer, context) ||
      hasRegistered(destination, peer, context);
    if (status === UNRECOGNISED_TYPE) {
      if (!isCovered || hasSent) return undefined;
      return draft('no message was sent to it in the last minute', true);
    }
    if (isLive) {
      const denied = context.table<Contradiction>('denied', BOUNDS);
      const key = registrationKey(homeAddress, peer);
      const earlier = denied.get(key);
      // Several errors for packets that were on their way together: the first one says since when, as the node may
      // have registered again before the last one comes.
      if (earlier === undefined || packet.time - earlier.time > IN_FLIGHT) {
        denied.set(key, { homeAddress, peer, error, time: packet.time });
      }
      return isElsewhere
        ? draft('it denies a binding that was accepted, and comes another way', true)
        : {
            ...draft('it denies a binding that was accepted', false),
            object: `${registrationKey(homeAddress, peer)} denied`,
          };
    }
    const lastOption = context.lastOptimised(homeAddress, peer).from;
    const isQuiet = packet.time - lastOption > SENT_BOUNDS.ttlSeconds * 1e6 && !hasSent;
    if (!isCovered || !isQuiet) return undefined;
    return draft('no Home Address option was sent to it in the last minute', true);
  },
});
