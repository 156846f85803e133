import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  hasCareOf,
  isBindingValid,
  isCareOfNow,
  isFirstSight,
  isProtected,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Binding,
  EventOf,
  PacketContext,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Home addresses with a packet that waits for judgement; those that a home agent sends elsewhere for. */
const BOUNDS = { maxEntries: 1024, ttlSeconds: 60 };

const params = {
  raceSeconds: {
    default: 2,
    min: 0,
    max: 30,
    unit: 'seconds',
    doc: 'a Binding Update may come this much later than the first packet from the new care-of address',
  },
  graceSeconds: {
    default: 10,
    min: 0,
    max: 300,
    unit: 'seconds',
    doc: 'after a handover, packets from the former care-of address are taken for late ones',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** The binding that an unprotected reverse tunnel does not fit, or undefined. */
function misfit(packet: PacketContext, context: Context): Readonly<Binding> | undefined {
  const { outer, source } = packet;
  if (outer === undefined) return undefined;
  const binding = context.homeBinding(source);
  if (binding === undefined || !isBindingValid(binding, context.now)) return undefined;
  if (isCareOfNow(binding, outer.source, context.now, context.params.graceSeconds))
    return undefined;
  return binding;
}

/** Another registered node sends with this source: rule 2202. */
function isOfAnother(outerSource: Uint8Array, context: Context): boolean {
  const owner = context.careOfBinding(outerSource);
  return (
    owner !== undefined &&
    isBindingValid(owner, context.now) &&
    isSameAddress(owner.careOfAddress, outerSource)
  );
}

function draftOf(
  packet: PacketContext,
  binding: Readonly<Binding>,
  context: Context,
): AlertDraft | undefined {
  const { outer, source, destination } = packet;
  if (outer === undefined) return undefined;
  const home = formatAddress(source);
  const from = formatAddress(outer.source);
  const wasCareOf = hasCareOf(binding, outer.source);
  const answered = context.table<Uint8Array>('answered', BOUNDS).get(addressKey(source));
  // The home agent sends there as well: the Binding Update between them was not captured.
  const isAgreed = answered !== undefined && isSameAddress(answered, outer.source);
  // It may be the care-of address of before the capture began.
  const isEarly = isFirstSight(binding, packet.packet.time, context.params.graceSeconds);
  const isDoubtful = wasCareOf || isAgreed || isEarly;
  return {
    object: `${registrationKey(binding.homeAddress, binding.peer)}${wasCareOf ? ': former' : isAgreed ? ': agreed' : isEarly ? ': early' : ''}`,
    message: `${from} tunnels packets of ${home} to ${formatAddress(outer.destination)} without being its care-of address`,
    packet: packet.packet,
    evidence: [
      {
        packet: binding.lastChange,
        text: `binding of ${home}: care-of address ${formatAddress(binding.careOfAddress)}`,
      },
      evidenceOf(
        packet,
        `tunnel from ${from} to ${formatAddress(outer.destination)}, inner packet from ${home} to ${formatAddress(destination)}; expected outer source ${formatAddress(binding.careOfAddress)}${wasCareOf ? ', which it was before' : ''}`,
      ),
    ],
    confidence: isDoubtful || binding.knownBy === 'inferred' ? 'partial' : 'certain',
    // A node with several care-of addresses (RFC 5648) goes on using the former one.
    ...(isDoubtful ? { severity: 'low' } : {}),
    stage: 'policy-breach',
    homeAddress: binding.homeAddress,
    homeAgent: binding.peer,
    attacker: outer.source,
  };
}

/** A packet in a plain reverse tunnel to a home agent. */
function isPlainReverse({ direction, context }: EventOf<'tunnelled'>): boolean {
  return direction === 'to-home-agent' && context.outer !== undefined && !isProtected(context);
}

export default defineRule({
  id: 'MIP6-2201',
  title: 'Reverse tunnel from an address that is not the registered care-of address',
  severity: 'high',
  category: 'tunnel',
  references: ['RFC 6275 sections 10.4.5 and 15.7'],
  needs: ['home-agents'],
  verdict: 'alert',
  explanation:
    'A home agent takes packets of a home address out of a plain tunnel only when the tunnel begins at the care-of ' +
    'address that is registered for it. Otherwise anybody could send with a home address from anywhere, past the filters ' +
    'against forged sources. Tunnels under ESP are exempt: there the key vouches. A packet that is just ahead of its ' +
    'Binding Update, or late from the former care-of address, raises nothing.',
  advice:
    'Check that the home agent compares the outer source with its binding cache. Ask for ESP on the payload tunnel, which ' +
    'ends the guessing.',
  on: ['tunnelled', 'tick'],
  ignoresExpectedTunnels: true,
  params,
  evaluate(event, context) {
    if (event.kind === 'tunnelled') {
      const { context: packet, direction } = event;
      if (direction === 'other') return undefined;
      if (direction === 'from-home-agent' && packet.outer !== undefined) {
        const binding = context.homeBinding(packet.destination);
        const { destination } = packet.outer;
        if (binding !== undefined && !isSameAddress(binding.careOfAddress, destination)) {
          const answered = context.table<Uint8Array>('answered', BOUNDS);
          answered.set(addressKey(packet.destination), destination);
        }
        return undefined;
      }
      if (!isPlainReverse(event)) return undefined;
      const binding = misfit(packet, context);
      if (binding === undefined || packet.outer === undefined) return undefined;
      if (isOfAnother(packet.outer.source, context)) return undefined;
      const waiting = context.table<PacketContext>('waiting', BOUNDS);
      const key = addressKey(packet.source);
      if (waiting.get(key) === undefined) waiting.set(key, packet);
      return undefined;
    }
    const waiting = context.table<PacketContext>('waiting', BOUNDS);
    if (waiting.size === 0) return undefined;
    const drafts: AlertDraft[] = [];
    for (const packet of waiting.values()) {
      if (context.now - packet.packet.time < context.params.raceSeconds * 1e6) continue;
      waiting.delete(addressKey(packet.source));
      const binding = misfit(packet, context);
      const draft = binding === undefined ? undefined : draftOf(packet, binding, context);
      if (draft !== undefined) drafts.push(draft);
    }
    return drafts;
  },
});
