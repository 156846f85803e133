import { addressKey, defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';
import type { EventOf, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Receivers counted. */
const MAX_RECEIVERS = 2048;
/** Parameter Problem. RFC 4443 section 3.4. */
const PARAMETER_PROBLEM = 4;

const params = {
  errors: {
    default: 20,
    min: 4,
    max: 10_000,
    unit: 'errors',
    doc: 'more Binding Errors and Parameter Problems than this to one address within the window',
  },
  windowSeconds: {
    default: 10,
    min: 1,
    max: 300,
    unit: 'seconds',
    doc: 'window in which they are counted',
  },
} satisfies RuleDefinition['params'];

function errorText(event: EventOf<'mobility' | 'icmpv6-notice'>): string {
  if (event.kind === 'icmpv6-notice') return `ICMPv6 Parameter Problem with code ${event.code}`;
  const { message } = event.header;
  if (message.kind !== 'binding-error') return message.kind;
  return `Binding Error with status ${message.status}, home address ${formatAddress(message.homeAddress)}`;
}

export default defineRule({
  id: 'MIP6-1607',
  title: 'Backscatter of Binding Errors and Parameter Problems',
  severity: 'low',
  category: 'reflection',
  references: ['RFC 6275 sections 9.3.3 and 11.3.6', 'RFC 4443 section 2.4'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A correspondent answers a Home Address option without binding, or a mobility message it does not know, with an error ' +
    'to the sender. Many errors to one address in a few seconds mean that somebody sends such packets with this address as ' +
    'his own, and it pays for them. A mobile node gets a handful of errors after a restart of its correspondent, and then ' +
    'goes through its home agent.',
  advice:
    'Limit the rate of Binding Errors and ICMPv6 errors at the nodes that send them, as the specifications ask for. Look ' +
    'behind the victim for the sender of the packets that the errors answer.',
  on: ['mobility', 'icmpv6-notice'],
  messages: ['binding-error'],
  params,
  evaluate(event, context) {
    const { context: wire } = event;
    let amount = 1;
    if (event.kind === 'mobility') {
      const { message } = event.header;
      if (message.kind !== 'binding-error' || event.checksum === 'wrong') return undefined;
    } else {
      if (event.type !== PARAMETER_PROBLEM) return undefined;
      amount = event.packets;
    }
    const { errors, windowSeconds } = context.params;
    const { source, destination, packet, link } = wire;
    const key = addressKey(destination);
    const first = context.table<PacketReference>('first', {
      maxEntries: MAX_RECEIVERS,
      ttlSeconds: windowSeconds,
    });
    const begin = first.get(key) ?? packet;
    first.set(key, begin);
    // A sensor that sees one packet on two links counts it twice.
    const count = context
      .counts('errors', { windowSeconds, maxEntries: MAX_RECEIVERS })
      .add(`${link.id}/${key}`, amount);
    if (count <= errors) return undefined;
    const victim = formatAddress(destination);
    return {
      object: key,
      message: `${victim} gets Binding Errors or Parameter Problems at a rate that no node causes by itself`,
      packet,
      evidence: [
        { packet: begin, text: `first error to ${victim}`, link },
        evidenceOf(
          wire,
          `${errorText(event)} from ${formatAddress(source)}, number ${count} within ${windowSeconds} s`,
        ),
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
    };
  },
});
