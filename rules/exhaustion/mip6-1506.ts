import {
  defineRule,
  evidenceOf,
  formatAddress,
  isSecondsApart,
  registrationKey,
  registrationRequestOf,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type { EventOf, RoutabilityQueries, TestPair, UpdatePair } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 2 };
/** Microseconds of a second, less what captures are off by. */
const SECOND = 0.98e6;

/** Links and kinds of messages between two nodes remembered; the oldest goes first. */
const MAX_WAYS = 32;
/** Before any packet. */
const NEVER = -Infinity;

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

/** The way among those that hang on the first, made when it is new; and whether there are too many now. */
function openWay(
  first: Way,
  name: string,
  link: number,
  isInTunnel: boolean,
  time: number,
): { readonly way: Way; readonly isNew: boolean; readonly isFull: boolean } {
  let known = 1;
  let way = first;
  while (!isOn(way, name, link, isInTunnel)) {
    if (way.next === undefined) {
      way.next = newWay(name, link, isInTunnel, time);
      return { way: way.next, isNew: true, isFull: known >= MAX_WAYS };
    }
    way = way.next;
    known++;
  }
  return { way, isNew: false, isFull: false };
}

/** Notes the message before, unless it was noted when it came. */
function noteBefore(first: Way, name: string, before: Before, most: number): boolean {
  const { time, link, isInTunnel } = before;
  const { way, isNew, isFull } = openWay(first, name, link, isInTunnel, time);
  if (!isNew && (way.times?.at(-1) ?? way.time) < time) countOn(way, time, most);
  return isFull;
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

/** The message of the same kind before, as the engine keeps it. */
interface Before {
  readonly time: number;
  readonly link: number;
  readonly isInTunnel: boolean;
}

/** What a mobile node sends at a limited rate. */
interface Limited {
  readonly name: string;
  readonly node: Uint8Array;
  /** Undefined when there was none. */
  readonly before: Before | undefined;
  /** Whether the engine will keep this one as well. */
  readonly isKept: boolean;
}

function beforeOfUpdate(pair: Readonly<UpdatePair> | undefined): Before | undefined {
  if (pair === undefined || pair.lastTime === 0) return undefined;
  return { time: pair.lastTime, link: pair.lastLink, isInTunnel: pair.lastInTunnel };
}

function beforeOfInit(pair: Readonly<TestPair> | undefined): Before | undefined {
  if (pair === undefined || pair.lastInit === 0) return undefined;
  return { time: pair.lastInit, link: pair.lastLink, isInTunnel: pair.lastInTunnel };
}

function limitedOf(event: EventOf<'mobility'>, queries: RoutabilityQueries): Limited | undefined {
  const { context, header, earlier, checksum, authentication } = event;
  if (checksum === 'wrong') return undefined;
  const message = testMessageOf(header.message);
  if (message?.isInit === true) {
    const { kind } = message;
    const name = kind === 'home' ? 'Home Test Init' : 'Care-of Test Init';
    const node = context.source;
    const pair = queries.routabilityTests(kind, node, context.destination);
    return { name, node, before: beforeOfInit(pair), isKept: true };
  }
  const request = registrationRequestOf(event);
  if (request === undefined) return undefined;
  // A mirror port shows an update twice.
  if (earlier?.link.id === context.link.id && context.packet.time - earlier.lastSeen < 20_000) {
    return undefined;
  }
  const { homeAddress } = request;
  return {
    name: 'Binding Update',
    node: homeAddress,
    before: beforeOfUpdate(queries.seenUpdates(homeAddress, context.destination)),
    isKept: context.routingHomeAddress === undefined && authentication !== 'wrong',
  };
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
  asksOnly: {
    'home-test-init': ['remarkable', 'holding sent'],
    'care-of-test-init': ['remarkable', 'holding sent'],
    'binding-update': ['remarkable', 'holding sent'],
  },
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
    const limited = limitedOf(event, context);
    if (limited === undefined) return undefined;
    const { name, node, before, isKept } = limited;
    const { context: wire } = event;
    const { packet, destination, link, outer } = wire;
    // Each link for itself, and inside and behind a tunnel apart: one message may be seen on several.
    const isInTunnel = outer !== undefined;
    const table = context.tableOf<Way>('sent', BOUNDS);
    const known = table.size === 0 ? undefined : table.get(node, destination);
    const isAlone = before === undefined || isSecondsApart(packet.time, before.time);
    // The engine keeps it: the next one finds it there.
    if (known === undefined && isAlone && isKept) return undefined;
    const { perSecond } = context.params;
    const first =
      known ??
      (isAlone
        ? newWay(name, link.id, isInTunnel, NEVER)
        : newWay(name, before.link, before.isInTunnel, before.time));
    let isFull = !isAlone && noteBefore(first, name, before, perSecond + 1);
    const current = openWay(first, name, link.id, isInTunnel, packet.time);
    isFull ||= current.isFull;
    table.set(isFull ? (first.next ?? first) : first, node, destination);
    if (current.isNew) return undefined;
    const count = countOn(current.way, packet.time, perSecond + 1);
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
