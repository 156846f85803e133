import {
  addressKey,
  defineRule,
  findOption,
  formatAddress,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Binding,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 2048, ttlSeconds: 3600 };
/** Home addresses with several care-of addresses at once (RFC 5648): what they do proves nothing. */
const MULTIHOMED_BOUNDS = { maxEntries: 4096, ttlSeconds: 86_400 };

/** What was heard of addresses that were left, when the moves were looked at. */
const LOOKED_BOUNDS = { maxEntries: 1, ttlSeconds: 3600 };

const params = {
  handoverSeconds: {
    default: 20,
    min: 2,
    max: 600,
    unit: 'seconds',
    doc: 'how long after an accepted registration packets may still come from the care-of address before it: make before break',
  },
  aliveSeconds: {
    default: 3,
    min: 2,
    max: 60,
    unit: 'seconds',
    doc: 'different seconds after that in which the old care-of address must be seen to speak',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** A binding that has moved. */
interface Move {
  /** Of the home address. */
  readonly key: string;
  readonly binding: Readonly<Binding>;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly packet: PacketReference;
  /** Seconds in which the old address spoke after the handover. */
  alive: number;
  lastHeard: number;
}

/** Whether a binding is as the move left it, and nothing came through the former tunnel after a time. */
function isUnheard({ binding, to }: Move, time: number): boolean {
  return (
    binding.lastTunnelFromPrevious <= time &&
    binding.phase === 'registered' &&
    isSameAddress(binding.careOfAddress, to)
  );
}

/** Looks whether the address that a binding has left goes on to speak. */
function judgeSilence(context: Context): AlertDraft[] {
  const moves = context.tableOf<Move>('moves', BOUNDS);
  const drafts: AlertDraft[] = [];
  if (moves.entries === 0) return drafts;
  // Mostly no node at all is heard where it was before: then none of the moves has to be looked at.
  const seen = context.table<number>('looked', LOOKED_BOUNDS);
  const heardAt = context.previousHeardAt();
  if (heardAt === seen.get('heard')) return drafts;
  if (heardAt !== Infinity) seen.set('heard', heardAt);
  for (const move of moves.values()) {
    const { key, homeAddress, homeAgent, from, to, packet } = move;
    const silence = Math.max(move.lastHeard, packet.time + context.params.handoverSeconds * 1e6);
    // Nearly all are silent since they moved, and where they moved to.
    if (isUnheard(move, silence)) continue;
    const binding = context.binding(homeAddress, homeAgent);
    if (binding?.phase !== 'registered' || !isSameAddress(binding.careOfAddress, to)) {
      moves.delete(homeAddress);
      continue;
    }
    const heard = binding.lastTunnelFromPrevious;
    const isLate = heard - packet.time > context.params.handoverSeconds * 1e6;
    if (!isLate || heard <= move.lastHeard) continue;
    move.lastHeard = heard;
    move.alive++;
    if (move.alive < context.params.aliveSeconds) continue;
    moves.delete(homeAddress);
    const seconds = Math.round((heard - packet.time) / 1e6);
    drafts.push({
      object: key,
      message: `${formatAddress(homeAddress)} is registered from ${formatAddress(to)}, and ${formatAddress(from)}, where it was before, goes on to use its tunnel`,
      packet,
      evidence: [
        {
          packet,
          text: `the registration that moved the binding from ${formatAddress(from)} to ${formatAddress(to)} was accepted`,
        },
        {
          packet,
          text: `${seconds} s after it packets still come out of ${formatAddress(from)} for home agent ${formatAddress(homeAgent)}`,
        },
      ],
      confidence: binding.lastTunnelFrom > packet.time ? 'certain' : 'partial',
      homeAddress,
      homeAgent,
      attacker: to,
    });
  }
  return drafts;
}

export default defineRule({
  id: 'MIP6-1201',
  title: 'Node in two places: the care-of address before still speaks',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 4225 sections 3.1.1 and 3.1.5', 'RFC 6275 section 11.7.1'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A mobile node is in one place. When its binding has moved and the address that it left goes on to use the tunnel ' +
    'to the home agent long after a handover, two machines claim to be the node: one of them registered in its name and ' +
    'gets its traffic. Nodes with several care-of addresses (RFC 5648) name each with a Binding Identifier and are left ' +
    'alone.',
  advice:
    'Ask the node where it is. Renew its keys if it never was at the new address, and look who had them.',
  on: ['binding', 'mobility', 'tick'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['rare-option'], binding: ['moved', 'ended'] },
  params,
  evaluate(event, context): AlertDraft | readonly AlertDraft[] | undefined {
    if (event.kind === 'tick') return judgeSilence(context);
    if (event.kind === 'mobility') {
      const { header, context: wire } = event;
      if (header.message.kind !== 'binding-update') return undefined;
      if (findOption(header.options, 'binding-identifier') !== undefined) {
        context
          .table<true>('multihomed', MULTIHOMED_BOUNDS)
          .set(addressKey(wire.homeAddressOption ?? wire.source), true);
      }
      return undefined;
    }
    const { binding, change, previousCareOfAddress: from, packet } = event;
    if (change === 'deregistered' || change === 'expired') {
      const moves = context.tableOf<Move>('moves', BOUNDS);
      if (moves.entries > 0 && binding.role === 'home') {
        const { homeAddress } = binding;
        if (moves.get(homeAddress)?.binding === binding) moves.delete(homeAddress);
      }
      return undefined;
    }
    if (change !== 'moved' || binding.role !== 'home' || from === undefined) return undefined;
    const { homeAddress, peer, careOfAddress: to } = binding;
    const key = addressKey(homeAddress);
    const isMultihomed =
      context.table<true>('multihomed', MULTIHOMED_BOUNDS).get(key) !== undefined;
    if (isMultihomed) return undefined;
    const move: Move = {
      key,
      binding,
      homeAddress,
      homeAgent: peer,
      from,
      to,
      packet,
      alive: 0,
      lastHeard: 0,
    };
    context.tableOf<Move>('moves', BOUNDS).set(move, homeAddress);
    return undefined;
  },
});
