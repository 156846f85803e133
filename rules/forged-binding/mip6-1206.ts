import {
  correspondentUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
  pairText,
} from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1206',
  title: 'Both directions between two nodes redirected to one address',
  severity: 'critical',
  category: 'forged-binding',
  references: ['RFC 4225 section 3.1.4'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Two nodes that both are mobile keep a binding of each other, each with the place where the other one is. Here both ' +
    'bindings name one and the same address: what either sends to the other goes to a third node, which reads it and ' +
    'passes it on. Two nodes that visit one link share its prefix, but never an address.',
  advice:
    'Delete both bindings and keep the two nodes from route optimisation until the sender of the Binding Updates is found: ' +
    'he sits at the care-of address.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['remarkable'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    const other = context.binding(
      wire.routingHomeAddress ?? wire.destination,
      wire.homeAddressOption ?? wire.source,
    );
    const isLive =
      other?.role === 'correspondent' &&
      other.phase === 'registered' &&
      other.expiresAt > wire.packet.time;
    if (!isLive || event.authentication === 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update === undefined || update.lifetime === 0) return undefined;
    const { homeAddress, peer, careOfAddress } = update;
    if (isSameAddress(homeAddress, peer)) return undefined;
    if (!isSameAddress(other.careOfAddress, careOfAddress)) return undefined;
    return {
      object: pairText(homeAddress, peer),
      message: `everything between ${formatAddress(peer)} and ${formatAddress(homeAddress)} is redirected to ${formatAddress(careOfAddress)}`,
      packet: wire.packet,
      evidence: [
        {
          packet: other.lastChange,
          text: `binding of ${formatAddress(peer)} at ${formatAddress(homeAddress)}: care-of address ${formatAddress(careOfAddress)}`,
        },
        evidenceOf(
          wire,
          `Binding Update for ${formatAddress(homeAddress)} to ${formatAddress(peer)}: the same care-of address`,
        ),
      ],
      confidence: 'certain',
      homeAddress,
      attacker: careOfAddress,
    };
  },
});
