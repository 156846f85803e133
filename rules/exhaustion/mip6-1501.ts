import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type { Link, RuleContext, RuleDefinition, RuleTable } from '../../engine/rule-api.ts';

const STARTING = 4096;
/** Nodes that got packets of few senders. */
const QUIET_NODES = 16_384;
/** As many senders are remembered of a node before it is busy. */
const FEW = 4;
/** Busy nodes, and the senders remembered of all of them together. */
const BUSY_NODES = 4096;
const BUSY_SENDERS = 98_304;
const FOREIGN = { maxEntries: 1, ttlSeconds: 7 * 86_400 };
/** Microseconds for which a node need not be noted as used again. */
const REFRESH = 1e6;

const params = {
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
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** A node with few senders: the last packet of each, microseconds since 1970. */
interface Quiet {
  readonly senders: string[];
  readonly times: number[];
  notedAt: number;
}

/**
 * Whether senders are of use: where no link is known to be a foreign link, no node is seen to ask from one. A link that
 * a relay proved to be one counts from the first init on it.
 */
function matters({ effectiveRole }: Link, context: Context): boolean {
  if (effectiveRole !== 'unknown') return true;
  for (const { role } of context.site.links) if (role === 'foreign') return true;
  return context.table<true>('foreign', FOREIGN).get('') === true;
}

/** Nodes with few senders, so that packets to many made-up nodes push out none that is busy. */
function quietNodes(context: Context): RuleTable<Quiet> {
  const { seconds } = context.params;
  return context.table('quiet', { maxEntries: QUIET_NODES, ttlSeconds: seconds + REFRESH / 1e6 });
}

/** Nodes with more senders: time of the last packet of each, oldest first. */
function busyNodes(context: Context): RuleTable<Busy> {
  const { seconds, correspondents } = context.params;
  const maxEntries = Math.min(BUSY_NODES, Math.ceil(BUSY_SENDERS / correspondents));
  return context.table('busy', { maxEntries, ttlSeconds: seconds });
}

type Busy = Map<string, number>;

/** Takes note of a packet that a node got through its tunnel. */
function noteSender(node: Uint8Array, sender: string, context: Context): void {
  const nodes = quietNodes(context);
  const key = addressKey(node);
  const { now } = context;
  const quiet = nodes.get(key);
  if (quiet === undefined) {
    const busy = busyNodes(context);
    const known = busy.size === 0 ? undefined : busy.get(key);
    if (known === undefined) nodes.set(key, { senders: [sender], times: [now], notedAt: now });
    else {
      noteBusy(known, sender, now, context.params.correspondents + 1);
      busy.set(key, known);
    }
    return;
  }
  if (now - quiet.notedAt > REFRESH) {
    quiet.notedAt = now;
    nodes.set(key, quiet);
  }
  const { senders, times } = quiet;
  let at = senders.indexOf(sender);
  if (at < 0) at = oldestOf(times, now - context.params.seconds * 1e6);
  if (at < FEW) {
    senders[at] = sender;
    times[at] = now;
    return;
  }
  const order = times.map((_, i) => i).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const busy: Busy = new Map(order.map((i) => [senders[i] ?? '', times[i] ?? 0]));
  noteBusy(busy, sender, now, context.params.correspondents + 1);
  nodes.delete(key);
  busyNodes(context).set(key, busy);
}

/** Place of a time before the window, else the one behind the last. */
function oldestOf(times: readonly number[], since: number): number {
  for (let i = 0; i < times.length; i++) if ((times[i] ?? 0) < since) return i;
  return times.length;
}

/** @param most senders remembered: more tell no more */
function noteBusy(senders: Busy, sender: string, now: number, most: number): void {
  senders.delete(sender);
  senders.set(sender, now);
  if (senders.size <= most) return;
  for (const oldest of senders.keys()) {
    senders.delete(oldest);
    return;
  }
}

/** Senders of a node in the window; of many as many as matter. */
function sendersOf(key: string, context: Context): number {
  const since = context.now - context.params.seconds * 1e6;
  const times = quietNodes(context).get(key)?.times ?? busyNodes(context).get(key)?.values() ?? [];
  let count = 0;
  for (const time of times) if (time >= since) count++;
  return count;
}

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
  messages: ['home-test-init', 'care-of-test-init'],
  asksOnly: {
    'home-test-init': ['on-foreign-link'],
    'care-of-test-init': ['on-foreign-link'],
    tunnelled: ['on-known-link', 'foreign-link-is-told', 'holding foreign'],
  },
  params,
  evaluate(event, context) {
    const wire = event.context;
    if (event.kind === 'tunnelled') {
      const { outer } = wire;
      if (event.direction !== 'from-home-agent' || outer === undefined) return undefined;
      if (!matters(wire.link, context)) return undefined;
      // By care-of address as well: a Care-of Test Init tells no home address.
      const sender = addressKey(wire.source);
      noteSender(wire.destination, sender, context);
      noteSender(outer.destination, sender, context);
      return undefined;
    }
    if (wire.link.effectiveRole !== 'foreign') return undefined;
    if (wire.link.roleKnownBy === 'relay') context.table<true>('foreign', FOREIGN).set('', true);
    const { correspondents, seconds } = context.params;
    const message = testMessageOf(event.header.message);
    if (message?.isInit !== true || event.checksum === 'wrong') return undefined;
    const { source, destination, packet } = wire;
    const key = addressKey(source);
    const started = context
      .distinct('started', { maxEntries: STARTING, windowSeconds: seconds })
      .add(key, addressKey(destination));
    if (started <= correspondents) return undefined;
    const isInduced = sendersOf(key, context) > correspondents;
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
