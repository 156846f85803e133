import { defineRule, evidenceOf, formatAddress, pairText } from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1710',
  title: 'Mobile node sends a Home Test directly on a visited link',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 4225 section 5.4', 'RFC 6275 section 15.4.1'],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'The correspondent of a mobile node can be a mobile node itself. When it is away, its Home Tests must go through the ' +
    'tunnel to its own home agent, under ESP. Sent directly on the link that it visits, everybody there reads the token; ' +
    'on a link where both nodes are, the care-of test comes by as well, and a neighbour can make a binding that verifies.',
  advice:
    'Have mobile nodes send everything with their home address as source through the tunnel, tests that they answer ' +
    'included.',
  on: ['mobility'],
  messages: ['home-test'],
  asksOnly: { 'home-test': ['on-foreign-link'] },
  params: {},
  precedence: 'layout',
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    if (header.message.kind !== 'home-test' || event.checksum === 'wrong') return undefined;
    const { link, outer, protection, destination } = wire;
    if (link.effectiveRole !== 'foreign' || outer !== undefined || protection !== 'none') {
      return undefined;
    }
    const correspondent = wire.homeAddressOption ?? wire.source;
    const binding = context.homeBinding(correspondent);
    // Only a node that is away has a home agent in between.
    const isAway = binding?.phase === 'registered' && binding.registeredAt > 0;
    if (!isAway) return undefined;
    return {
      object: pairText(correspondent, destination),
      message: `${formatAddress(correspondent)}, which is away from home, sends ${formatAddress(destination)} a Home Test in clear on link ${link.name}`,
      packet: wire.packet,
      evidence: [
        {
          packet: binding.lastChange,
          text: `${formatAddress(correspondent)} is registered at ${formatAddress(binding.peer)} with care-of address ${formatAddress(binding.careOfAddress)}`,
        },
        evidenceOf(
          wire,
          `Home Test from ${formatAddress(wire.source)} to ${formatAddress(destination)} without tunnel; expected under ESP to ${formatAddress(binding.peer)}`,
        ),
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress: destination,
    };
  },
});
