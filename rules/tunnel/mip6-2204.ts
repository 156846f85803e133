import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isCareOfNow,
  isFirstSight,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Binding,
  PacketContext,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Pairs that wait for judgement; of one binding at most one at a time. */
const BOUNDS = { maxEntries: 2048, ttlSeconds: 60 };

const params = {
  raceSeconds: {
    default: 2,
    min: 0,
    max: 30,
    unit: 'seconds',
    doc: 'a Binding Update may come this much later than the first packet with the new care-of address',
  },
  graceSeconds: {
    default: 10,
    min: 0,
    max: 300,
    unit: 'seconds',
    doc: 'after a handover, packets with the former care-of address are taken for late ones',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** A pair of home address and care-of address that the binding does not say. */
interface Pair {
  readonly homeAddress: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly peer: Uint8Array;
  /** First packet with it from the node and to the node. */
  from: PacketContext | undefined;
  to: PacketContext | undefined;
  readonly since: number;
}

/** The binding that a pair contradicts now: of the peer, else of the home agent. */
function contradicted(pair: Pair, context: Context): Readonly<Binding> | undefined {
  const { homeAddress, careOfAddress, peer } = pair;
  const { graceSeconds } = context.params;
  const binding = context.binding(homeAddress, peer);
  const home = context.homeBinding(homeAddress);
  for (const item of [binding, home]) {
    if (item !== undefined && isCareOfNow(item, careOfAddress, context.now, graceSeconds)) {
      return undefined;
    }
  }
  if (binding !== undefined && isBindingValid(binding, context.now)) return binding;
  return pair.to !== undefined && home !== undefined && isBindingValid(home, context.now)
    ? home
    : undefined;
}

function draftOf(
  pair: Pair,
  binding: Readonly<Binding>,
  graceSeconds: number,
): AlertDraft | undefined {
  const { homeAddress, careOfAddress, peer, from, to } = pair;
  const packet = from ?? to;
  if (packet === undefined) return undefined;
  const home = formatAddress(homeAddress);
  const careOf = formatAddress(careOfAddress);
  const other = formatAddress(peer);
  const evidence: AlertDraft['evidence'][number][] = [
    {
      packet: binding.lastChange,
      text: `binding of ${home} at ${formatAddress(binding.peer)}: care-of address ${formatAddress(binding.careOfAddress)}`,
    },
  ];
  if (from !== undefined) {
    evidence.push(evidenceOf(from, `Home Address option ${home} from ${careOf} to ${other}`));
  }
  if (to !== undefined) {
    evidence.push(evidenceOf(to, `type 2 routing header ${home} from ${other} to ${careOf}`));
  }
  // Both ends agree: the Binding Update between them was not captured.
  const isAgreed = from !== undefined && to !== undefined;
  // It may be the care-of address of before the capture began.
  const isEarly = isFirstSight(binding, pair.since, graceSeconds);
  return {
    object: `${registrationKey(homeAddress, peer)}${isAgreed ? ': agreed' : isEarly ? ': early' : ''}`,
    message: isAgreed
      ? `${other} and ${careOf} use ${home} with a care-of address that no captured Binding Update named`
      : from === undefined
        ? `${other} sends ${careOf} packets for ${home}, which is registered elsewhere`
        : `${careOf} sends ${other} packets in the name of ${home}, which is registered elsewhere`,
    packet: packet.packet,
    evidence,
    confidence: isAgreed || isEarly || binding.knownBy === 'inferred' ? 'partial' : 'certain',
    ...(isAgreed || isEarly ? { severity: 'low' } : {}),
    stage: 'policy-breach',
    homeAddress,
    ...(binding.role === 'home' ? { homeAgent: binding.peer } : {}),
    attacker: from === undefined ? peer : careOfAddress,
  };
}

export default defineRule({
  id: 'MIP6-2204',
  title: 'Route-optimised packet with another care-of address than the binding',
  severity: 'high',
  category: 'tunnel',
  references: ['RFC 6275 sections 9.3.1, 9.3.2 and 11.3.3'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Correspondent and node have agreed which care-of address goes with the home address. A packet that pairs the home ' +
    'address with another one is from somebody else: with the Home Address option he speaks in the name of the node, with ' +
    'the type 2 routing header he reaches past its tunnel. Around a handover both addresses are in use for some seconds; ' +
    'and when both ends use the pair, only the Binding Update was missed.',
  advice:
    'Check that the correspondent compares each Home Address option with its binding cache, and drop the packets in front of ' +
    'it. Look at the access network of the sender.',
  on: ['home-address-option', 'routing-header', 'tick'],
  params,
  evaluate(event, context) {
    if (event.kind === 'tick') {
      const waiting = context.table<Pair>('waiting', BOUNDS);
      if (waiting.size === 0) return undefined;
      const drafts: AlertDraft[] = [];
      for (const pair of waiting.values()) {
        if (context.now - pair.since < context.params.raceSeconds * 1e6) continue;
        waiting.delete(keyOf(pair.homeAddress, pair.peer));
        const binding = contradicted(pair, context);
        const draft =
          binding === undefined ? undefined : draftOf(pair, binding, context.params.graceSeconds);
        if (draft !== undefined) drafts.push(draft);
      }
      return drafts;
    }
    const { context: packet, relation } = event;
    if (relation !== 'other-care-of-address' && relation !== 'previous') return undefined;
    const isFrom = event.kind === 'home-address-option';
    const homeAddress = isFrom ? packet.homeAddressOption : packet.routingHomeAddress;
    if (homeAddress === undefined) return undefined;
    const waiting = context.table<Pair>('waiting', BOUNDS);
    const careOfAddress = isFrom ? packet.source : packet.destination;
    const peer = isFrom ? packet.destination : packet.source;
    const key = keyOf(homeAddress, peer);
    const known = waiting.get(key);
    if (known !== undefined) {
      if (!isSameAddress(known.careOfAddress, careOfAddress)) return undefined;
      if (isFrom) known.from ??= packet;
      else known.to ??= packet;
      return undefined;
    }
    const pair: Pair = {
      homeAddress,
      careOfAddress,
      peer,
      from: isFrom ? packet : undefined,
      to: isFrom ? undefined : packet,
      since: context.now,
    };
    if (contradicted(pair, context) !== undefined) waiting.set(key, pair);
    return undefined;
  },
});

function keyOf(homeAddress: Uint8Array, peer: Uint8Array): string {
  return `${addressKey(homeAddress)}/${addressKey(peer)}`;
}
