import {
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isSameAddress,
  pairObject,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { EventOf, Evidence, PacketReference, RuleContext } from '../../engine/rule-api.ts';

/** Packets remembered that a node may pass on. */
const BOUNDS = { maxEntries: 2048, ttlSeconds: 10 };
/** MAX_RR_BINDING_LIFETIME in microseconds: no older binding of a correspondent is left. RFC 6275 section 12. */
const BINDING_AGE = 420e6;

/** What else than the missing binding speaks against the sender. */
interface Proof {
  readonly text: string;
  readonly isCertain: boolean;
  readonly isWeak?: boolean;
}

function proofOf(
  event: EventOf<'routing-header'>,
  target: Uint8Array,
  context: RuleContext,
): Proof | undefined {
  const { destination, source, link } = event.context;
  const fixed = context.site.infrastructure.find(({ addresses }) =>
    addresses.some((item) => covers(item, target)),
  );
  if (fixed !== undefined) {
    return {
      text: `the next address is that of ${fixed.name}, which never moves`,
      isCertain: true,
    };
  }
  if (context.isHomeAgent(source)) return undefined;
  const owner = context.careOfBinding(destination);
  if (
    owner !== undefined &&
    isBindingValid(owner, context.now) &&
    isSameAddress(owner.careOfAddress, destination)
  ) {
    const text = `the receiver is the care-of address of home address ${formatAddress(owner.homeAddress)}, not of this one`;
    return { text, isCertain: false };
  }
  // Tests of this link were seen before, so that those of this pair would have been.
  const coverage = context.correspondent(source)?.coverage.find((item) => item.link === link.id);
  if (coverage !== undefined && coverage.careOf > 0 && event.watched >= BINDING_AGE) {
    const text = `for ${Math.floor(event.watched / 1e6)} s, longer than any binding lives, the sender has got none for this pair on this link`;
    return { text, isCertain: false, isWeak: true };
  }
  return undefined;
}

export default defineRule({
  id: 'MIP6-1604',
  title: 'Type 2 routing header used as a source route',
  severity: 'high',
  category: 'reflection',
  references: ['RFC 6275 sections 6.4, 11.3.3 and 15.9'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'The address in a type 2 routing header is the home address of the very node that the packet is sent to: the packet ' +
    'does not leave it any more. Here the address belongs to somebody else. A node that does not check it passes the ' +
    'packet on, from inside its network, past the firewall in front of the victim. A late packet to a care-of address that the ' +
    'node has just left names a home address that is known with it, and raises nothing.',
  advice:
    'Drop the packet in front of the receiver. If the receiver passed it on (the evidence says so), its mobility software ' +
    'does not check the address: update it.',
  on: ['routing-header'],
  params: {},
  evaluate(event, context) {
    const { context: wire, relation, segmentsLeft, protocol, types } = event;
    const { source, destination, routingHomeAddress: target, packet, link } = wire;
    if (target === undefined || (segmentsLeft !== 0 && relation !== 'none')) return undefined;
    if (types.at(-1) !== 2 || event.headers > 1) return undefined;
    const sent = context.table<PacketReference>('sent', BOUNDS);
    const evidence: Evidence[] = [];
    let proof: Proof | undefined;
    let station = destination;
    let victim = target;
    if (segmentsLeft === 0) {
      // The receiver has exchanged the two addresses. RFC 6275 section 6.4: it would be its own home address.
      const before = sent.get(registrationKey(destination, target));
      if (before === undefined || context.isHomeAddress(destination)) return undefined;
      evidence.push({
        packet: before,
        text: `${formatAddress(source)} sent it to ${formatAddress(target)}, with ${formatAddress(destination)} as next address`,
        link,
      });
      proof = {
        text: `${formatAddress(target)} passed it on to ${formatAddress(destination)}`,
        isCertain: true,
      };
      station = target;
      victim = destination;
    } else {
      sent.set(registrationKey(target, destination), packet);
      proof = proofOf(event, target, context);
    }
    if (proof === undefined) return undefined;
    evidence.push(
      evidenceOf(
        wire,
        `type 2 routing header from ${formatAddress(source)} to ${formatAddress(destination)}, address ${formatAddress(target)}, segments left ${segmentsLeft}, protocol ${protocol}`,
      ),
      evidenceOf(wire, proof.text),
    );
    const isWeak = proof.isWeak === true;
    return {
      object: `${pairObject(context, source, station)}${isWeak ? ': by absence' : ''}`,
      message: `${formatAddress(source)} sends through ${formatAddress(station)} to ${formatAddress(victim)}, which is not its home address`,
      packet,
      evidence,
      confidence: proof.isCertain ? 'certain' : 'partial',
      ...(isWeak ? { severity: 'medium' } : {}),
      stage: 'evasion',
      attacker: source,
    };
  },
});
