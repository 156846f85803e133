import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  pairText,
} from '../../engine/rule-api.ts';
import type { EventOf, PacketContext, RuleDefinition } from '../../engine/rule-api.ts';

const params = {
  levels: {
    default: 4,
    min: 2,
    max: 7,
    unit: 'tunnels',
    doc: 'more tunnels than this around one packet; the default of the tunnel encapsulation limit',
  },
} satisfies RuleDefinition['params'];

/** Tunnel headers around a packet, outermost first. */
function tunnelsOf({ outer }: PacketContext): readonly PacketContext[] {
  const tunnels: PacketContext[] = [];
  for (let at = outer; at !== undefined; at = at.outer) tunnels.unshift(at);
  return tunnels;
}

/** The tunnel that stands twice in a packet: it leads into itself. */
function repeated(tunnels: readonly PacketContext[]): PacketContext | undefined {
  const seen = new Set<string>();
  return tunnels.find(({ source, destination }) => {
    const key = `${addressKey(source)}/${addressKey(destination)}`;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

function chainText(tunnels: readonly PacketContext[]): string {
  return tunnels
    .map(({ source, destination }) => `${formatAddress(source)} to ${formatAddress(destination)}`)
    .join(', in it ');
}

function faultOf(
  event: EventOf<'tunnelled' | 'tunnel-loop'>,
  levels: number,
): { readonly kind: string; readonly text: string } | undefined {
  // Nearly all are in one tunnel: it cannot stand twice.
  const isNested = event.context.outer?.outer !== undefined;
  if (event.kind === 'tunnelled' && !isNested && event.depth <= levels) return undefined;
  const tunnels = tunnelsOf(event.context);
  if (event.kind === 'tunnel-loop') {
    const { sightings, firstHopLimit, firstDepth, depth, context } = event;
    const text =
      depth > firstDepth
        ? `came ${sightings} times, inside ${firstDepth} tunnels first and ${depth} now`
        : `came ${sightings} times with a falling hop limit, ${firstHopLimit} first and ${context.hopLimit} now`;
    return { kind: 'loop', text: `one packet ${text}; tunnels now: ${chainText(tunnels)}` };
  }
  const twice = repeated(tunnels);
  if (twice !== undefined) {
    return {
      kind: 'loop',
      text: `the tunnel ${chainText([twice])} stands twice in one packet: ${chainText(tunnels)}`,
    };
  }
  if (event.depth <= levels) return undefined;
  return {
    kind: 'nesting',
    text: `${event.depth} tunnels in one packet, expected at most ${levels}: ${chainText(tunnels)}`,
  };
}

export default defineRule({
  id: 'MIP6-1608',
  title: 'Tunnel loop or excessive nesting',
  severity: 'high',
  category: 'reflection',
  references: ['RFC 2473 sections 4.1.1 and 4.1.2', 'RFC 6275 section 15.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Two home agents that are made to take each other for the care-of address of a node tunnel its packets to each other ' +
    'again and again; every round costs both, and in the worst case wraps another header around. A false registration at ' +
    'each is enough. Here one packet holds the same tunnel twice, or more tunnels than the limit, or came round with a hop ' +
    'limit that falls. Mobile networks inside each other make two or three levels.',
  advice:
    'Drop such packets, and look at the bindings of the tunnel ends: a care-of address must never be a home agent or a home ' +
    'address. Turn the tunnel encapsulation limit of the home agents on.',
  on: ['tunnelled', 'tunnel-loop'],
  ignoresExpectedTunnels: true,
  asksOnly: { tunnelled: ['nested'] },
  params,
  evaluate(event, context) {
    const fault = faultOf(event, context.params.levels);
    if (fault === undefined) return undefined;
    const { context: inner } = event;
    const { source, destination, packet, outer } = inner;
    const ends =
      outer === undefined ? 'IPv4 tunnel ends' : pairText(outer.source, outer.destination);
    const isLoop = fault.kind === 'loop';
    return {
      object: `${ends}: ${fault.kind}`,
      message: isLoop
        ? `packets go round in tunnels between ${ends}`
        : `a packet between ${ends} is wrapped in ${event.depth} tunnels`,
      packet,
      evidence: [
        evidenceOf(
          inner,
          `inner packet from ${formatAddress(source)} to ${formatAddress(destination)}, hop limit ${inner.hopLimit}`,
        ),
        evidenceOf(inner, fault.text),
      ],
      confidence: 'certain',
      stage: 'denial-of-service',
      ...(outer === undefined ? {} : { attacker: outer.source }),
    };
  },
});
