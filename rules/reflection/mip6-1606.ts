import {
  defineRule,
  evidenceOf,
  formatAddress,
  initOf,
  isBareTest,
  isMirroredAnswer,
  isSameAddress,
  octetsText,
  testMessageOf,
  wayOf,
} from '../../engine/rule-api.ts';
import type { TestWay } from '../../engine/rule-api.ts';

/** Octets by which a test is longer than its init: the keygen token. RFC 6275 sections 6.1.3 to 6.1.6. */
const LONGER = 8;

/** How often a request was sent, on the way where it was seen most. */
function mostSent(first: TestWay): number {
  let most = 0;
  for (let way: TestWay | undefined = first; way !== undefined; way = way.next) {
    most = Math.max(most, way.sent);
  }
  return most;
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
  messages: ['home-test', 'care-of-test'],
  asksOnly: { 'home-test': ['remarkable'], 'care-of-test': ['remarkable'] },
  params: {},
  evaluate(event, context) {
    const { context: wire, header, checksum } = event;
    const test = testMessageOf(header.message);
    if (test === undefined || test.isInit || checksum === 'wrong') return undefined;
    const { source, destination, packet, link } = wire;
    const { kind, cookie } = test;
    const pair = context.routabilityTests(kind, destination, source);
    const known =
      initOf(pair, cookie, packet.time) ?? context.askedTest(kind, source, cookie, packet.time);
    if (known === undefined) return undefined;
    const { address } = known;
    const before = wayOf(known, link.id, isBareTest(wire));
    if (before !== undefined && isMirroredAnswer(before, test, packet.time)) return undefined;
    const count = (before?.answers ?? 0) + 1;
    const what = test.kind === 'home' ? 'Home Test' : 'Care-of Test';
    const requested = mostSent(known.ways);
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
