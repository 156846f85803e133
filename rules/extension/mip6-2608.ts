import { defineRule, evidenceOf, formatAddress, isProtected } from '../../engine/rule-api.ts';
import type { MobilityOption } from '../../engine/rule-api.ts';

/** Identifiers that name a person or a device for years. RFC 4283 section 3.1, RFC 8371 section 4. */
const LASTING: ReadonlyMap<number, string> = new Map([
  [1, 'NAI'],
  [3, 'IMSI'],
  [4, 'P-TMSI'],
  [5, 'EUI-48 address'],
  [6, 'EUI-64 address'],
  [7, 'GUTI'],
  [8, 'DUID'],
]);

/** Whether there is any option that may name a node; most messages have none. */
function disclosesIdentity(options: readonly MobilityOption[]): boolean {
  for (const { kind } of options) {
    if (kind === 'mobile-node-identifier' || kind === 'service-selection') return true;
  }
  return false;
}

export default defineRule({
  id: 'MIP6-2608',
  title: 'Identity of mobile nodes disclosed in clear',
  severity: 'info',
  category: 'extension',
  references: ['RFC 4283 section 4', 'RFC 8371 section 5', 'RFC 5149 section 5'],
  needs: [],
  verdict: 'alert',
  explanation:
    'An identifier of the mobile node or the service it uses goes over the wire in clear, beside its present address. ' +
    'Whoever listens learns who is where, and can follow the person from network to network. One alert stands for all ' +
    'nodes of one home agent or anchor. Home and care-of address of route-optimised traffic are visible by design and ' +
    'are not reported.',
  advice:
    'Encrypt registrations, not only authenticate them, and use temporary identifiers where the protocol knows them.',
  on: ['mobility'],
  asksOnly: { mobility: ['rare-option'] },
  params: {},
  evaluate(event) {
    const { header, context, checksum } = event;
    if (!disclosesIdentity(header.options)) return undefined;
    if (checksum === 'wrong' || isProtected(context)) return undefined;
    // Who listens at home can see more than that.
    if (context.link.effectiveRole === 'home') return undefined;
    const names: string[] = [];
    for (const option of header.options) {
      if (option.kind === 'mobile-node-identifier') {
        const name = LASTING.get(option.subtype);
        if (name !== undefined) names.push(name);
      } else if (option.kind === 'service-selection') names.push('selected service');
    }
    if (names.length === 0) return undefined;
    const isAnswer = header.message.kind === 'binding-acknowledgement';
    const server = formatAddress(isAnswer ? context.source : context.destination);
    return {
      object: server,
      message: `mobility messages to and from ${server} disclose identities of mobile nodes`,
      packet: context.packet,
      evidence: [
        evidenceOf(
          context,
          `${header.message.kind.replaceAll('-', ' ')} from ${formatAddress(context.source)} to ${formatAddress(context.destination)} carries in clear: ${[...new Set(names)].join(', ')}`,
        ),
      ],
      confidence: 'certain',
    };
  },
});
