import {
  defineRule,
  formatAddress,
  isSameAddress,
  registrationKey,
  registrationRequestOf,
  sequenceDistance,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  PacketReference,
  RegistrationRequest,
  RuleContext,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 2 };
/** Microseconds in which numbers are compared. */
const WINDOW = 1e6;
/** Updates of one home address remembered. */
const MAX_UPDATES = 16;

interface Probe {
  readonly sequence: number;
  readonly source: Uint8Array;
  readonly packet: PacketReference;
}

type Pair = NonNullable<ReturnType<RuleContext['seenUpdates']>>;

/**
 * Whether the engine will have the update as the last one of its pair: then a single one needs no entry of its own. It does
 * not keep what is forged, or like one that it has.
 */
function isKept(
  { context, authentication }: EventOf<'mobility'>,
  request: RegistrationRequest,
  pair: Pair | undefined,
): boolean {
  if (authentication === 'wrong') return false;
  if (pair === undefined) return true;
  for (const item of pair.updates) {
    const isKnown =
      item.sequence === request.sequence &&
      item.lifetime === request.lifetime &&
      isSameAddress(item.careOfAddress, request.careOfAddress) &&
      isSameAddress(item.source, (context.outer ?? context).source);
    if (isKnown) return false;
  }
  return true;
}

/**
 * The last update of a pair, when it came lately: it is the only one so far, unless there is an entry. What is no probe
 * makes an entry, so that it is not taken for one.
 */
function lastOf(pair: Pair | undefined, now: PacketReference): Probe | undefined {
  const last = pair?.updates.at(-1);
  return last !== undefined && isRecent(last, now) ? last : undefined;
}

function isRecent({ packet }: Probe, now: PacketReference): boolean {
  return now.time - packet.time <= WINDOW;
}

export default defineRule({
  id: 'MIP6-1303',
  title: 'Sequence numbers tried all over the number space',
  severity: 'high',
  category: 'replay',
  references: ['RFC 6275 section 9.5.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  precedence: 'sequence',
  explanation:
    'A receiver takes half of all sequence numbers for greater than the last one. Who does not know the counter sends ' +
    'a few updates whose numbers lie far apart, so that one of them must be taken: atk6-fake_mipv6 sends 0x0002, ' +
    '0x4002, 0x8002 and 0xC002. No node does that; its own numbers follow each other.',
  advice:
    'Drop updates of this sender. See whether the receiver accepted one of them: where signalling is protected by ' +
    'IPsec it cannot have.',
  on: ['mobility'],
  messages: ['binding-update'],
  params: {
    updates: {
      default: 3,
      min: 2,
      max: 16,
      unit: 'updates in a second',
      doc: 'updates of one home address with numbers far apart',
    },
    distance: {
      default: 8192,
      min: 16,
      max: 32_768,
      unit: 'numbers',
      doc: 'least distance between any two of them, modulo 65536',
    },
  },
  evaluate(event, context) {
    const request = registrationRequestOf(event);
    if (request === undefined) return undefined;
    const { homeAddress, peer, sequence } = request;
    const { packet, link, source } = event.context;
    const { updates, distance } = context.params;
    const recent = context.tableOf<readonly Probe[]>('recent', BOUNDS);
    const own = recent.entries === 0 ? undefined : recent.get(homeAddress, peer);
    // What a gateway does not let pass the engine forgets.
    const pair = context.isInline ? undefined : context.seenUpdates(homeAddress, peer);
    const last = own === undefined ? lastOf(pair, packet) : undefined;
    const mayBeKept = !context.isInline && isKept(event, request, pair);
    if (event.earlier !== undefined || request.hasBindingIdentifier) {
      // No probe: what is known stays known, and the next update does not take this one for a probe.
      if (mayBeKept) recent.set(own ?? (last === undefined ? [] : [last]), homeAddress, peer);
      return undefined;
    }
    // A single one is never enough. In a tunnel its source is another one.
    const isFirst = own === undefined && last === undefined;
    if (isFirst && mayBeKept && event.context.outer === undefined) return undefined;
    const known =
      own?.filter((item) => isRecent(item, packet)) ?? (last === undefined ? [] : [last]);
    // Of numbers that are close together one stands for all.
    if (known.some((item) => sequenceDistance(item.sequence, sequence) < distance)) {
      // More updates may come than the engine keeps.
      if (own === undefined) recent.set(known, homeAddress, peer);
      return undefined;
    }
    const probe: Probe = { sequence, source, packet };
    const all = [...known, probe].slice(-MAX_UPDATES);
    recent.set(all, homeAddress, peer);
    if (all.length < updates) return undefined;
    return {
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(source)} tries sequence numbers all over for ${formatAddress(homeAddress)} at ${formatAddress(peer)}`,
      packet,
      evidence: all.map((item) => ({
        packet: item.packet,
        text: `Binding Update from ${formatAddress(item.source)}, sequence 0x${item.sequence.toString(16).padStart(4, '0')}`,
        link,
      })),
      confidence: 'certain',
      homeAddress,
      ...(request.isHome ? { homeAgent: peer } : {}),
      attacker: source,
    };
  },
});
