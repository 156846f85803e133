import {
  defineRule,
  equalBytes,
  evidenceOf,
  formatAddress,
  isBareTest,
  isSameAddress,
  octetsText,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

/** Outstanding requests; MAX_TOKEN_LIFETIME in seconds. RFC 6275 section 12. */
const BOUNDS = { maxEntries: 8192, ttlSeconds: 210 };
/** Octets by which a test is longer than its init: the keygen token. RFC 6275 sections 6.1.3 to 6.1.6. */
const LONGER = 8;
/** A mirror port shows a frame twice within this time, microseconds. */
const MIRROR_TIME = 20_000;
/** Ways (link, inside or outside of tunnels) on which answers are counted. */
const MAX_WAYS = 16;

/** Above the length of any cookie, so that both fit into one number. */
const CARE_OF = 0x100;

/** On which link, and whether outside of tunnels. */
interface Way {
  readonly link: number;
  readonly isBare: boolean;
}

/** Inits on one way. Further ways hang on the first: most have one. */
interface Sent extends Way {
  count: number;
  next: Sent | undefined;
}

/** Answers on one way; of the last one what tells a copy. */
interface Answers extends Way {
  count: number;
  last: PacketReference;
  nonceIndex: number;
  token: Uint8Array;
  next: Answers | undefined;
}

/** A request, by kind, correspondent and cookie: the first way it was sent on. */
interface Request extends Sent {
  readonly address: Uint8Array;
  readonly packet: PacketReference;
  readonly length: number;
  answers: Answers | undefined;
}

/** A way among those that hang on the first. */
function onWay<W extends Way & { next: W | undefined }>(
  first: W | undefined,
  link: number,
  isBare: boolean,
): W | undefined {
  for (let way = first; way !== undefined; way = way.next) {
    if (way.link === link && way.isBare === isBare) return way;
  }
  return undefined;
}

/** The last of the ways that hang on the first; undefined when there is no room for another. */
function lastWay<W extends { next: W | undefined }>(first: W): W | undefined {
  let last = first;
  let count = 1;
  while (last.next !== undefined) {
    last = last.next;
    count++;
  }
  return count < MAX_WAYS ? last : undefined;
}

/** How often a request was sent, on the way where it was seen most. */
function mostSent(first: Sent): number {
  let most = 0;
  for (let way: Sent | undefined = first; way !== undefined; way = way.next) {
    most = Math.max(most, way.count);
  }
  return most;
}

function isSameToken(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}

export default defineRule({
  id: 'MIP6-1606',
  title: 'Return routability answered more, longer or elsewhere than asked',
  severity: 'medium',
  category: 'reflection',
  references: ['RFC 4225 sections 3.3.3 and 4.1', 'RFC 6275 sections 9.4 and 15.4'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Return routability is made so that nobody can be hit with it: one answer for each request, of about its size, to the ' +
    'address it came from. A correspondent that answers twice, with a longer message or to another address turns the small ' +
    'requests of an attacker into traffic for a victim, or hands the token of one node to another. An answer with the cookie ' +
    'of a request shows which request it belongs to. Copies of one frame are not counted.',
  advice:
    'Look at the correspondent: its mobility software answers wrong, or somebody else answers in its name (compare hop ' +
    'limits and link-layer addresses of the answers).',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init', 'home-test', 'care-of-test'],
  params: {},
  evaluate(event, context) {
    const { context: wire, header, checksum } = event;
    const test = testMessageOf(header.message);
    if (test === undefined || checksum === 'wrong') return undefined;
    const { source, destination, packet, link } = wire;
    const requests = context.tableOf<Request>('requests', BOUNDS);
    const { cookie } = test;
    const peer = test.isInit ? destination : source;
    const tag = (test.kind === 'home' ? 0 : CARE_OF) + cookie.length;
    const known = requests.get(peer, cookie, tag);
    if (known === undefined && !test.isInit) return undefined;
    const isBare = isBareTest(wire);
    if (test.isInit) {
      const { length } = header;
      if (known === undefined) {
        requests.set(
          {
            address: source,
            packet,
            length,
            answers: undefined,
            link: link.id,
            isBare,
            count: 1,
            next: undefined,
          },
          peer,
          cookie,
          tag,
        );
        return undefined;
      }
      const way = onWay<Sent>(known, link.id, isBare);
      if (way !== undefined) way.count++;
      else {
        const last = lastWay<Sent>(known);
        if (last !== undefined) last.next = { link: link.id, isBare, count: 1, next: undefined };
      }
      requests.set(known, peer, cookie, tag);
      return undefined;
    }
    if (known === undefined) return undefined;
    const { address } = known;
    const { nonceIndex, token } = test;
    const before = onWay(known.answers, link.id, isBare);
    const isCopy =
      before !== undefined &&
      packet.time - before.last.time < MIRROR_TIME &&
      before.nonceIndex === nonceIndex &&
      isSameToken(before.token, token);
    if (isCopy) return undefined;
    const count = (before?.count ?? 0) + 1;
    if (before !== undefined) {
      before.count = count;
      before.last = packet;
      before.nonceIndex = nonceIndex;
      before.token = token;
    } else {
      const way = {
        link: link.id,
        isBare,
        count,
        last: packet,
        nonceIndex,
        token,
        next: undefined,
      };
      const last = known.answers === undefined ? undefined : lastWay(known.answers);
      if (known.answers === undefined) known.answers = way;
      else if (last !== undefined) last.next = way;
    }
    const what = test.kind === 'home' ? 'Home Test' : 'Care-of Test';
    const requested = mostSent(known);
    const fault = !isSameAddress(address, destination)
      ? {
          kind: 'elsewhere',
          text: `${what} to ${formatAddress(destination)}; expected ${formatAddress(address)}, from where the cookie came`,
        }
      : count > requested
        ? {
            kind: 'more',
            text: `${what} number ${count} on this link for ${requested} ${what} Init with this cookie`,
          }
        : header.length > known.length + LONGER
          ? {
              kind: 'longer',
              text: `${what} of ${header.length} octets for an init of ${known.length}; expected at most ${known.length + LONGER}`,
            }
          : undefined;
    if (fault === undefined) return undefined;
    const who = formatAddress(source);
    const wrong =
      fault.kind === 'elsewhere'
        ? 'another address than the one that asked'
        : fault.kind === 'more'
          ? 'one request more than once'
          : 'a request with more than was asked';
    return {
      object: `${who}: ${fault.kind}`,
      message: `${who} answered ${wrong} in return routability`,
      packet,
      evidence: [
        {
          packet: known.packet,
          text: `${what} Init from ${formatAddress(address)} to ${who}`,
          link,
        },
        evidenceOf(wire, `${fault.text}, cookie ${octetsText(test.cookie)}`),
      ],
      confidence: fault.kind === 'more' ? 'partial' : 'certain',
      ...(test.kind === 'home' ? { homeAddress: address } : {}),
      attacker: source,
    };
  },
});
