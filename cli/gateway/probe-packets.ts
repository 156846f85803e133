/**
 * Ordinary packets that every gateway lets pass: what drops all of one kind locks somebody out.
 */
import { parseAddress } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { build } from '../../dissectors/index.ts';
import { PacketJudge } from '../../engine/inline/index.ts';
import { emptyPacketRecord } from '../../engine/ports.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import { LINKTYPE } from '../../dissectors/walk.ts';
import { discoveryPacket, sourceLinkOptions } from '../../nodes/interface/neighbor-discovery.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import { verdictsOf } from './gateway-configuration.ts';
import { portsOf } from './gateway-site.ts';

/** Kinds of probes. */
export const PROBE_KINDS = ['esp', 'neighbor-discovery'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

interface Probe {
  readonly kind: ProbeKind;
  readonly packet: Uint8Array;
}

/** Packets of each kind and agent. */
const EACH = 8;
/** Agents that are tried. */
const MAX_AGENTS = 4;
const ESP_OCTETS = 92;
/** Seconds since 1970 of the first probe: any time will do. */
const BEGIN = 1_700_000_000;

function addressOf(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`${text} is no address`);
  return octets;
}

/** ESP of nodes that nobody knows, with keys that nobody has: what every tunnel looks like. */
function* espProbes(agents: readonly Uint8Array[]): Generator<Probe> {
  for (const agent of agents.slice(0, MAX_AGENTS)) {
    for (let i = 1; i <= EACH; i++) {
      const node = addressOf(`2001:db8:ffff:${i.toString(16)}::1`);
      const payload = Uint8Array.from(
        { length: ESP_OCTETS },
        (_, at) => (at * 89 + i * 151) & 0xff,
      );
      new DataView(payload.buffer).setUint32(0, 0x1000 + 7919 * i);
      new DataView(payload.buffer).setUint32(4, i);
      const [source, destination] = i % 2 === 0 ? [agent, node] : [node, agent];
      const packet = build.ipv6Packet({ source, destination, protocol: NEXT_HEADER.esp, payload });
      yield { kind: 'esp', packet };
    }
  }
}

/** Neighbours that look for each other. */
function* discoveryProbes(): Generator<Probe> {
  for (let i = 1; i <= EACH; i++) {
    const one = addressOf(`fe80::200:5eff:fe00:53${(0x10 + i).toString(16)}`);
    const other = addressOf(`fe80::200:5eff:fe00:53${(0x80 + i).toString(16)}`);
    const mac = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 0x10 + i);
    const node = other.slice(13);
    const group = addressOf('ff02::1:ff00:0');
    group.set(node, 13);
    const options = sourceLinkOptions(one, mac);
    yield {
      kind: 'neighbor-discovery',
      packet: discoveryPacket(
        { kind: 'neighbor-solicitation', code: 0, targetAddress: other, options },
        one,
        group,
      ),
    };
  }
}

function recordOf(packet: Uint8Array, number: number): PacketRecord {
  return {
    ...emptyPacketRecord(),
    ...{ bytes: packet, end: packet.length, originalLength: packet.length },
    ...{ linkType: LINKTYPE.raw, seconds: BEGIN + number, number },
  };
}

/** A kind of packets that a configuration drops whole, and the rules that do it. */
export interface DroppedKind {
  readonly kind: ProbeKind;
  readonly rules: readonly string[];
}

/** Kinds of ordinary packets that the configuration would drop all of. Judges with all rules, so it takes a moment. */
export function droppedKinds(configuration: GatewayConfiguration): DroppedKind[] {
  const { settings, watched } = configuration;
  const { site, rules, localRules, keys } = watched;
  const [name = 'eth0'] = portsOf(settings.path).outside;
  const interfaces: CaptureInterface[] = [
    { inputIndex: 0, name, description: undefined, linkType: LINKTYPE.raw, snapLength: 0 },
  ];
  const judge = new PacketJudge({
    engine: {
      ...{ site, rules, interfaces, inputs: [{ name: 'probe', packets: 0 }] },
      // Not those of the gateway: what is counted of them must not count probes.
      associations: [],
      matcher: filterMatcher(localRules, { ...keys, associations: [] }, interfaces),
    },
    mode: 'enforce',
    verdicts: verdictsOf(settings),
    dropsPartial: settings.dropPartial,
    rateLimit: settings.rateLimit,
  });
  const passed = new Set<ProbeKind>();
  const rulesOf = new Map<ProbeKind, Set<string>>();
  const probes = [...espProbes(settings.homeAgents), ...discoveryProbes()];
  for (const [number, { kind, packet }] of probes.entries()) {
    if (judge.judge(recordOf(packet, number + 1))) passed.add(kind);
    else if (judge.reason !== undefined) {
      const known = rulesOf.get(kind) ?? new Set();
      rulesOf.set(kind, known.add(judge.reason.ruleId));
    }
  }
  return PROBE_KINDS.flatMap((kind) => {
    const found = rulesOf.get(kind);
    return found === undefined || passed.has(kind) ? [] : [{ kind, rules: [...found] }];
  });
}
