import {
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  isComplete,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { MobilityOption } from '../../engine/rule-api.ts';

/** Refusals for want of an option. RFC 5213 section 8.9. */
const MISSING: ReadonlyMap<number, string> = new Map([
  [158, 'Home Network Prefix'],
  [160, 'Mobile Node Identifier'],
  [161, 'Handoff Indicator'],
  [162, 'Access Technology Type'],
]);

/** Options that a Proxy Binding Update lacks. */
function missingOptions(options: readonly MobilityOption[]): string[] {
  const has = (kind: MobilityOption['kind']): boolean => findOption(options, kind) !== undefined;
  const missing: string[] = [];
  // A group takes the place of its nodes: RFC 6602 section 5.
  if (has('mobile-node-group-identifier')) return missing;
  if (!has('mobile-node-identifier')) missing.push('Mobile Node Identifier');
  // A node that gets IPv4 alone has no prefix: RFC 5844 section 3.1.
  if (!has('home-network-prefix') && !has('ipv4-home-address-request')) {
    missing.push('Home Network Prefix');
  }
  if (!has('handoff-indicator')) missing.push('Handoff Indicator');
  if (!has('access-technology-type')) missing.push('Access Technology Type');
  return missing;
}

export default defineRule({
  id: 'MIP6-2303',
  title: 'Proxy Binding Update without mandatory options',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 5213 sections 5.3.1, 6.9.1.5 and 8.9'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A Proxy Binding Update says which node it is for, which prefix, over which access technology and why. One ' +
    'without these options cannot come from a complete gateway: it was made by a tool or by a program under test, ' +
    'and an anchor that accepts it may take the binding of one node for that of another.',
  advice:
    'Find the sender. If it is one of your gateways, update it; if not, let the border of the domain drop proxy ' +
    'registrations from it. Check that the anchor refuses them (status 158, 160, 161 or 162).',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['proxy'], 'binding-acknowledgement': ['proxy'] },
  params: {},
  evaluate(event) {
    const update = proxyUpdateOf(event);
    if (update !== undefined) {
      if (!isComplete(event)) return undefined;
      const missing = missingOptions(event.header.options);
      if (missing.length === 0) return undefined;
      const { gateway, anchor, sequence } = update;
      return {
        object: `${formatAddress(gateway)} at ${formatAddress(anchor)}`,
        message: `${formatAddress(gateway)} sends Proxy Binding Updates without ${missing.join(', ')}`,
        packet: event.context.packet,
        evidence: [
          evidenceOf(
            event.context,
            `Proxy Binding Update to ${formatAddress(anchor)}, sequence ${sequence}: options ${event.header.options.map(({ kind }) => kind).join(', ') || 'none'}`,
          ),
        ],
        confidence: 'certain',
        attacker: gateway,
      };
    }
    const answer = proxyAcknowledgementOf(event);
    const name = answer === undefined ? undefined : MISSING.get(answer.status);
    if (answer === undefined || name === undefined) return undefined;
    const { gateway, anchor, status } = answer;
    return {
      object: `${formatAddress(gateway)} at ${formatAddress(anchor)}`,
      message: `anchor ${formatAddress(anchor)} refused ${formatAddress(gateway)}: no ${name} option`,
      packet: event.context.packet,
      evidence: [evidenceOf(event.context, `Proxy Binding Acknowledgement with status ${status}`)],
      confidence: 'partial',
      severity: 'low',
      attacker: gateway,
    };
  },
});
