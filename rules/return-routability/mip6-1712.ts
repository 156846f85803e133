import {
  NONCE_AGE,
  correspondentKey,
  correspondentUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

/** Microseconds within which a second packet on one link is a copy of a mirror port. */
const MIRROR = 20e3;
/** Microseconds after a removal from which on clocks of several captures explain nothing. */
const CLOCKS = 10e6;

export default defineRule({
  id: 'MIP6-1712',
  title: 'Registration replayed after its binding was removed',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.8, 9.5.3 and 15.4.4'],
  needs: [],
  verdict: 'drop',
  explanation:
    'While a correspondent has a binding, its sequence number keeps old Binding Updates out. When the binding is gone, so ' +
    'is the number, and for as long as the nonces are valid an old update would be accepted again. This one has the same ' +
    'sequence number, nonce indices and addresses as an update of a binding that was removed less than 240 seconds ago: ' +
    'somebody sends it a second time, to direct the traffic to where the node was. A node that comes back uses a new ' +
    'sequence number.',
  advice:
    'A correspondent must remember removed registrations until their nonces have expired (RFC 6275 section 9.5.3). ' +
    'Delete the binding if it was accepted.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['remarkable'] },
  params: {},
  precedence: 'sequence',
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    const { packet, link, source } = wire;
    const removed = context.seenUpdates(
      wire.homeAddressOption ?? source,
      wire.routingHomeAddress ?? wire.destination,
    )?.removed;
    if (removed === undefined || packet.time - removed.time > NONCE_AGE) return undefined;
    if (packet.time <= removed.time || event.authentication === 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update?.nonces === undefined || update.lifetime === 0) return undefined;
    const { homeAddress, peer, careOfAddress, nonces, sequence } = update;
    const earlier = removed.updates.find(
      (item) =>
        item.sequence === sequence &&
        item.homeNonceIndex === nonces.home &&
        item.careOfNonceIndex === nonces.careOf &&
        isSameAddress(item.careOfAddress, careOfAddress),
    );
    if (earlier === undefined || packet.time - earlier.packet.time <= MIRROR) return undefined;
    // On another link it may be the first copy, late by the difference of two clocks.
    const isSameLink = earlier.links.includes(link.id);
    if (!isSameLink && packet.time - removed.time < CLOCKS) return undefined;
    const seconds = Math.round((packet.time - removed.time) / 1e6);
    return {
      object: correspondentKey(update),
      message: `a registration of ${formatAddress(homeAddress)} at ${formatAddress(peer)} comes again ${seconds} s after its binding was removed`,
      packet,
      evidence: [
        {
          packet: earlier.packet,
          text: `Binding Update, sequence ${sequence}, nonce indices ${nonces.home} and ${nonces.careOf}, care-of address ${formatAddress(careOfAddress)}`,
        },
        { packet: removed.packet, text: 'the binding was removed' },
        evidenceOf(
          wire,
          `the same sequence number, nonce indices and addresses again, from ${formatAddress(source)}`,
        ),
      ],
      confidence: isSameLink ? 'certain' : 'partial',
      homeAddress,
    };
  },
});
