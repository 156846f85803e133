import {
  addressKey,
  defineRule,
  formatAddress,
  registrationAnswerOf,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

const MAX_NODES = 8192;
const FAILURES = { maxEntries: MAX_NODES, windowSeconds: 10 };
const WAITING = { maxEntries: 8192, ttlSeconds: 30 };
/** Receivers whose answers were seen: only of these silence says something. */
const ANSWERING = { maxEntries: 4096, ttlSeconds: 3600 };
/** Microseconds within which an answer comes. */
const ANSWER = 3e6;
/** Status values for nonces and failed authentication: RFC 6275 section 6.1.8, RFC 4285 section 8, RFC 4866 section 5.7. */
const REFUSED: ReadonlySet<number> = new Set([136, 137, 138, 144, 146, 148]);

const params = {
  perSource: {
    default: 10,
    min: 2,
    max: 100_000,
    unit: 'updates in 10 seconds',
    doc: 'Binding Updates of one sender to one receiver that fail',
  },
  perTarget: {
    default: 100,
    min: 2,
    max: 1_000_000,
    unit: 'updates in 10 seconds',
    doc: 'Binding Updates of all senders to one receiver that fail',
  },
};

type Context = RuleContext<Record<keyof typeof params, number>>;

/** An update that was not answered yet. */
interface Waiting {
  readonly homeAddress: Uint8Array;
  readonly sequence: number;
  readonly source: Uint8Array;
  readonly peer: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
}

function failed(
  { source, peer, packet, link }: Waiting,
  why: string,
  context: Context,
): AlertDraft[] {
  const { perSource, perTarget } = context.params;
  const target = addressKey(peer);
  const bySource = context.counts('sources', FAILURES).add(`${addressKey(source)}${target}`);
  const byTarget = context.counts('targets', FAILURES).add(target);
  const found: AlertDraft[] = [];
  const evidence = [{ packet, text: `Binding Update from ${formatAddress(source)}: ${why}`, link }];
  const common = {
    packet,
    evidence,
    confidence: 'partial',
    stage: 'denial-of-service',
    ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
  } as const;
  if (bySource > perSource) {
    found.push({
      ...common,
      object: `${addressKey(source)}${target}`,
      message: `${formatAddress(source)} sends ${formatAddress(peer)} Binding Updates that fail, more than ${perSource} in 10 seconds`,
      attacker: source,
    });
  }
  if (byTarget > perTarget) {
    found.push({
      ...common,
      object: target,
      message: `${formatAddress(peer)} gets Binding Updates that fail, more than ${perTarget} in 10 seconds`,
    });
  }
  return found;
}

function judge(event: EventOf<'mobility'>, context: Context): AlertDraft[] | undefined {
  const waiting = context.tableOf<Waiting>('waiting', WAITING);
  const { packet, link } = event.context;
  if (event.header.message.kind === 'binding-acknowledgement') {
    const answer = registrationAnswerOf(event);
    if (answer === undefined) return undefined;
    const { homeAddress, peer, sequence, status } = answer;
    context.numbersOf('answering', ANSWERING).set(1, peer);
    if (waiting.size === 0) return undefined;
    const update = waiting.get(homeAddress, peer, sequence);
    if (update === undefined) return undefined;
    waiting.delete(homeAddress, peer, sequence);
    if (!REFUSED.has(status)) return undefined;
    return failed(update, `answered with status ${status}`, context);
  }
  // The same octets were counted when they were seen first.
  const request = event.earlier === undefined ? registrationRequestOf(event) : undefined;
  if (request === undefined) return undefined;
  const isWrong = event.authentication === 'wrong';
  if (!isWrong && !request.asksForAnswer) return undefined;
  const { homeAddress, peer, sequence, context: wire } = request;
  const { source } = wire.outer ?? wire;
  const update = { homeAddress, sequence, source, peer, packet, link };
  if (isWrong) return failed(update, 'its authenticator is wrong', context);
  const over = context.isInline ? excess(update, context) : undefined;
  if (waiting.get(homeAddress, peer, sequence) === undefined) {
    waiting.set(update, homeAddress, peer, sequence);
  }
  return over;
}

/** One more update of a sender whose updates fail, before anybody knows whether it does: only in front of the receiver. */
function excess({ source, peer, packet, link }: Waiting, context: Context): AlertDraft[] {
  const key = `${addressKey(source)}${addressKey(peer)}`;
  const count = context.counts('sources', FAILURES).count(key);
  if (count < context.params.perSource) return [];
  const from = formatAddress(source);
  return [
    {
      object: key,
      message: `${from} sends ${formatAddress(peer)} Binding Updates that fail, more than ${context.params.perSource} in 10 seconds`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update from ${from}, after ${count} that failed within 10 s`,
          link,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
      attacker: source,
    },
  ];
}

export default defineRule({
  id: 'MIP6-1504',
  title: 'Flood of Binding Updates that fail',
  severity: 'high',
  category: 'exhaustion',
  references: ['RFC 6275 sections 9.5.1 and 15.4.5'],
  needs: ['readable-signalling'],
  verdict: 'rate-limit',
  explanation:
    'Every Binding Update costs its receiver a look-up and a hash, or a decryption, before it can be dropped. Many that ' +
    'fail, because the authenticator is wrong, the nonces are old (status 136 to 138), or because no answer comes although ' +
    'this receiver answers others, are sent to keep it busy or to guess. A correspondent that was restarted refuses each ' +
    'node once or twice, which is far below the limits.',
  advice:
    'Limit Binding Updates of this source in front of the receiver. Look at whether one of them was accepted.',
  on: ['mobility', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  params,
  evaluate(event, context) {
    if (event.kind === 'mobility') return judge(event, context);
    const waiting = context.tableOf<Waiting>('waiting', WAITING);
    if (waiting.size === 0) return undefined;
    const answering = context.numbersOf('answering', ANSWERING);
    const found: AlertDraft[] = [];
    for (const update of waiting.values()) {
      if (event.time - update.packet.time < ANSWER) break;
      waiting.delete(update.homeAddress, update.peer, update.sequence);
      if (answering.get(update.peer) === undefined) continue;
      found.push(...failed(update, 'not answered, although the receiver answers others', context));
    }
    return found;
  },
});
