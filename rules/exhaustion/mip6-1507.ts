import {
  defineRule,
  formatAddress,
  registrationAnswerOf,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { Evidence } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 600 };
/** Status values for nonces that are no longer valid. RFC 6275 section 6.1.8. */
const EXPIRED_NONCES: ReadonlySet<number> = new Set([136, 137, 138]);

/** How route optimisation between two nodes was broken. */
interface Broken {
  /** The last time, microseconds since 1970. */
  time: number;
  readonly breaks: Evidence[];
}

export default defineRule({
  id: 'MIP6-1507',
  title: 'Route optimisation of two nodes broken again and again',
  severity: 'low',
  category: 'exhaustion',
  references: ['RFC 4225 section 3.3.2', 'RFC 6275 sections 9.3.3 and 15.4.5'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Between one node and one correspondent, route optimisation was set up and broken again several times: by a Binding ' +
    'Error, which says that there is no binding, or by a refusal for old nonces. Each time traffic takes the long way ' +
    'through the home agent, and both sides start over. A forged Binding Error does that with one packet; wrong clocks ' +
    'and short-lived nonces do it without ill will.',
  advice:
    'See whether the Binding Errors come from the correspondent (hop limit, link-layer source). If so, look at how long ' +
    'its nonces live.',
  on: ['mobility'],
  messages: ['binding-error', 'binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['refusal'] },
  params: {
    breaks: {
      default: 3,
      min: 2,
      max: 100,
      unit: 'times in 10 minutes',
      doc: 'how often route optimisation is set up and broken again',
    },
  },
  evaluate(event, context) {
    const { context: wire, header, checksum } = event;
    const { message } = header;
    const isAccepted =
      message.kind === 'binding-acknowledgement' && !EXPIRED_NONCES.has(message.status);
    if (isAccepted || checksum === 'wrong') return undefined;
    let homeAddress: Uint8Array;
    let text: string;
    if (message.kind === 'binding-error') {
      ({ homeAddress } = message);
      text = `Binding Error with status ${message.status} from ${formatAddress(wire.source)}`;
    } else {
      const answer = registrationAnswerOf(event);
      if (answer === undefined) return undefined;
      ({ homeAddress } = answer);
      text = `Binding Acknowledgement with status ${answer.status}`;
    }
    const key = registrationKey(homeAddress, wire.source);
    const { time } = wire.packet;
    const acceptedAt = context.seenUpdates(homeAddress, wire.source)?.acceptedAt ?? 0;
    if (acceptedAt === 0 || time - acceptedAt > BOUNDS.ttlSeconds * 1e6) return undefined;
    const table = context.tableOf<Broken>('broken', BOUNDS);
    const broken = table.get(homeAddress, wire.source) ?? { time: 0, breaks: [] };
    // Copies of one message break what is established once.
    if (acceptedAt <= broken.time) return undefined;
    broken.time = time;
    table.set(broken, homeAddress, wire.source);
    const seen = broken.breaks;
    seen.push({ packet: wire.packet, text, link: wire.link });
    while (wire.packet.time - (seen[0]?.packet.time ?? Infinity) > BOUNDS.ttlSeconds * 1e6) {
      seen.shift();
    }
    const { breaks } = context.params;
    if (seen.length > breaks) seen.shift();
    if (seen.length < breaks) return undefined;
    return {
      object: key,
      message: `route optimisation of ${formatAddress(homeAddress)} with ${formatAddress(wire.source)} was broken ${breaks} times within 10 minutes`,
      packet: wire.packet,
      evidence: [...seen],
      confidence: 'partial',
      stage: 'denial-of-service',
      homeAddress,
    };
  },
});
