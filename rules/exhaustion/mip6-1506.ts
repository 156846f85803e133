import {
  defineRule,
  evidenceOf,
  formatAddress,
  registrationKey,
  registrationRequestOf,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type { EventOf } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 2 };
/** Microseconds of a second, less what captures are off by. */
const SECOND = 0.98e6;

/** Links and kinds of messages between two nodes remembered; the oldest goes first. */
const MAX_WAYS = 32;

/** When messages of one kind were seen on one link, inside of a tunnel or outside. */
interface Way {
  readonly name: string;
  readonly link: number;
  readonly isInTunnel: boolean;
  /** The only time as long as there are no `times`. */
  time: number;
  times: number[] | undefined;
  /** Further ways hang on the first: most have few. */
  next: Way | undefined;
}

function newWay(name: string, link: number, isInTunnel: boolean, time: number): Way {
  return { name, link, isInTunnel, time, times: undefined, next: undefined };
}

/** Notes a time on a way. @returns how many there were within a second, at most `most` */
function countOn(way: Way, now: number, most: number): number {
  if (way.times !== undefined) return noteTime(way.times, now, most).length;
  if (Math.abs(now - way.time) >= SECOND) {
    way.time = now;
    return 1;
  }
  way.times = [way.time, now];
  return 2;
}

function isOn(way: Way, name: string, link: number, isInTunnel: boolean): boolean {
  return way.link === link && way.isInTunnel === isInTunnel && way.name === name;
}

/** Adds a time; forgets those that are a second or more off, and the oldest of more than `most`. */
function noteTime(times: number[], now: number, most: number): readonly number[] {
  let kept = 0;
  for (const time of times) if (Math.abs(now - time) < SECOND) times[kept++] = time;
  times.length = kept;
  times.push(now);
  if (times.length > most) times.shift();
  return times;
}

/** What a mobile node sends at a limited rate. */
function limitedOf(
  event: EventOf<'mobility'>,
): { readonly name: string; readonly node: Uint8Array } | undefined {
  const { context, header, earlier, checksum } = event;
  if (checksum === 'wrong') return undefined;
  const message = testMessageOf(header.message);
  if (message?.isInit === true) {
    const name = message.kind === 'home' ? 'Home Test Init' : 'Care-of Test Init';
    return { name, node: context.source };
  }
  const request = registrationRequestOf(event);
  if (request === undefined) return undefined;
  // A mirror port shows an update twice.
  if (earlier?.link.id === context.link.id && context.packet.time - earlier.lastSeen < 20_000) {
    return undefined;
  }
  return { name: 'Binding Update', node: request.homeAddress };
}

export default defineRule({
  id: 'MIP6-1506',
  title: 'Node sends mobility messages faster than it may',
  severity: 'low',
  category: 'exhaustion',
  references: ['RFC 6275 sections 11.8 and 12'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A mobile node sends at most three messages of one kind a second to one home agent or correspondent ' +
    '(MAX_UPDATE_RATE), and waits longer each time that no answer comes. More is a stack that does not wait, a node that ' +
    'moves back and forth, or somebody who sends in its name.',
  advice: 'Update the stack of the node. If the node is sound, look for who uses its address.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init', 'binding-update'],
  params: {
    perSecond: {
      default: 3,
      min: 1,
      max: 1000,
      unit: 'messages per second',
      doc: 'messages of one kind from one node to one receiver: MAX_UPDATE_RATE',
    },
  },
  evaluate(event, context) {
    const limited = limitedOf(event);
    if (limited === undefined) return undefined;
    const { name, node } = limited;
    const { context: wire } = event;
    const { packet, destination, link, outer } = wire;
    // Each link for itself, and inside and behind a tunnel apart: one message may be seen on several.
    const isInTunnel = outer !== undefined;
    const table = context.tableOf<Way>('sent', BOUNDS);
    const first = table.get(node, destination);
    if (first === undefined) {
      table.set(newWay(name, link.id, isInTunnel, packet.time), node, destination);
      return undefined;
    }
    let known = 1;
    let way = first;
    let isKnown = isOn(way, name, link.id, isInTunnel);
    while (!isKnown && way.next !== undefined) {
      way = way.next;
      known++;
      isKnown = isOn(way, name, link.id, isInTunnel);
    }
    if (!isKnown) way.next = newWay(name, link.id, isInTunnel, packet.time);
    const isFull = !isKnown && known === MAX_WAYS;
    table.set(isFull ? (first.next ?? first) : first, node, destination);
    if (!isKnown) return undefined;
    const { perSecond } = context.params;
    const count = countOn(way, packet.time, perSecond + 1);
    if (count <= perSecond) return undefined;
    return {
      object: `${registrationKey(node, destination)}${name}`,
      message: `${formatAddress(node)} sends ${formatAddress(destination)} more than ${perSecond} ${name} messages a second`,
      packet,
      evidence: [evidenceOf(wire, `${name}, the ${count}th within a second`)],
      confidence: 'certain',
      ...(name === 'Care-of Test Init' ? {} : { homeAddress: node }),
    };
  },
});
