import {
  defineRule,
  evidenceOf,
  formatAddress,
  initOf,
  octetsText,
  registrationKey,
  testMessageOf,
  wasSentOn,
} from '../../engine/rule-api.ts';

/** A node waits at least this long before it asks again, microseconds: what comes sooner is one packet, seen twice. */
const RETRY = 1e6;

export default defineRule({
  id: 'MIP6-1308',
  title: 'Cookie of a Home Test Init or Care-of Test Init used again',
  severity: 'low',
  category: 'replay',
  references: ['RFC 6275 sections 11.6.1 and 11.8'],
  needs: [],
  verdict: 'alert',
  explanation:
    'The cookie in an init ties the answer to the question. Each new init, a repeated one too, must carry a new cookie: ' +
    'with an old one an answer that somebody has kept is taken for the answer to this question. The same cookie a second ' +
    'or more later on the same link is a node with a poor source of random numbers, or a recorded packet.',
  advice: 'Update the stack of the node. If it is sound, look for who plays packets back.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init'],
  asksOnly: { 'home-test-init': ['remarkable'], 'care-of-test-init': ['remarkable'] },
  params: {},
  evaluate(event, context) {
    const message = testMessageOf(event.header.message);
    if (message?.isInit !== true || event.checksum === 'wrong') return undefined;
    const { context: wire } = event;
    const { source, destination, packet, link } = wire;
    const pair = context.routabilityTests(message.kind, source, destination);
    const earlier = initOf(pair, message.cookie, context.now);
    if (earlier === undefined || !wasSentOn(earlier, link.id)) return undefined;
    if (packet.time - earlier.packet.time < RETRY) return undefined;
    const name = message.kind === 'home' ? 'Home Test Init' : 'Care-of Test Init';
    return {
      object: `${registrationKey(source, destination)}${message.kind}`,
      message: `${formatAddress(source)} used the cookie of an earlier ${name} again`,
      packet,
      evidence: [
        {
          packet: earlier.packet,
          text: `${name} to ${formatAddress(destination)} with cookie ${octetsText(message.cookie)}`,
        },
        evidenceOf(wire, 'the same cookie in a later one'),
      ],
      confidence: 'certain',
      ...(message.kind === 'home' ? { homeAddress: source } : {}),
    };
  },
});
