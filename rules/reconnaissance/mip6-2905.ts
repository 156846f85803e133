import { addressKey, defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';
import type { DiagnosticCode, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Senders and receivers counted. */
const MAX_NODES = 1024;
/**
 * What ordinary networks have as well: fragments that are lost, checksums that an interface fills in, abolished but
 * harmless forms, extensions this program does not know.
 */
const ORDINARY: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'FRAGMENT_ATOMIC',
  'FRAGMENT_PENDING',
  'MH_CHECKSUM',
  'ICMPV6_CHECKSUM',
  'CAPTURE_CUT',
]);

const params = {
  kinds: {
    default: 5,
    min: 3,
    max: 50,
    unit: 'kinds of faults',
    doc: 'different faults of packets of one sender, or to one receiver, within the window',
  },
  packets: {
    default: 8,
    min: 3,
    max: 1000,
    unit: 'packets',
    doc: 'faulty packets that these come in, at least',
  },
  windowSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'window in which both are counted',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2905',
  title: 'Header chains broken in many ways by one sender',
  severity: 'medium',
  category: 'reconnaissance',
  references: ['RFC 8200 section 4', 'RFC 6275 section 9.2'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A broken device breaks its packets in one way, again and again. Here the packets of one sender, or those that reach one ' +
    'receiver, are wrong in many ways within a minute: lengths, places of headers, options, fragments. That is a fuzzer, ' +
    'which looks for the packet that makes the receiver (or this sensor) fall over, or for the form that gets past a filter.',
  advice:
    'Ask whether a test is going on. Otherwise block the sender, and look at the receiver for crashes since the first of ' +
    'these packets; keep the capture, it holds the packet that did it.',
  on: ['malformed', 'mobility', 'icmpv6'],
  asksOnly: { mobility: ['faulty'] },
  params,
  evaluate({ context: packet, diagnostics }, context) {
    if (diagnostics.length === 0) return undefined;
    const faults = diagnostics.filter(({ code }) => !ORDINARY.has(code));
    if (faults.length === 0) return undefined;
    const { kinds, packets: least, windowSeconds } = context.params;
    const bounds = { windowSeconds, maxEntries: MAX_NODES };
    const codes = context.distinct('codes', bounds);
    const counts = context.counts('packets', bounds);
    const { source, destination } = packet;
    const first = context.table<PacketReference>('first', {
      maxEntries: MAX_NODES,
      ttlSeconds: windowSeconds,
    });
    const sides = [
      { name: 'from', address: source },
      { name: 'to', address: destination },
    ] as const;
    for (const { name, address } of sides) {
      const key = `${name} ${addressKey(address)}`;
      const begin = first.get(key) ?? packet.packet;
      first.set(key, begin);
      // Of one packet one fault counts as new: one wrong length often makes several.
      const [fault] = faults;
      const known = codes.count(key);
      const found = fault === undefined ? known : codes.add(key, fault.code);
      const total = counts.add(key);
      if (found < kinds || total < least) continue;
      const node = formatAddress(address);
      const isFrom = name === 'from';
      return {
        object: key,
        message: isFrom
          ? `${node} sends packets that are broken in many ways`
          : `${node} gets packets that are broken in many ways`,
        packet: packet.packet,
        evidence: [
          { packet: begin, text: 'the first of them', link: packet.link },
          evidenceOf(
            packet,
            `fault ${faults.map(({ code }) => code).join(', ')} from ${formatAddress(source)} to ${formatAddress(destination)}: ${total} faulty packets with ${found} kinds of faults within ${windowSeconds} s`,
          ),
        ],
        confidence: 'certain',
        stage: 'evasion',
        ...(isFrom ? { attacker: source } : {}),
      };
    }
    return undefined;
  },
});
