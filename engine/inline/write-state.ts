/**
 * The state of a judge, from the tables of its engine.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import type { EngineMemory } from '../engine-memory.ts';
import type { Flow } from '../ipsec/esp-sequence.ts';
import type { Link, PacketReference } from '../packet.ts';
import type { Binding } from '../state/binding-cache.ts';
import type { EspSighting } from '../state/esp-ring.ts';
import type { Message } from '../state/seen-messages.ts';
import { JUDGE_STATE_VERSION, STATE_LIMITS } from './judge-state.ts';
import type {
  BindingState,
  FlowState,
  JudgeState,
  MessageState,
  PacketState,
  RingState,
} from './judge-state.ts';
import { hexOf } from './state-reader.ts';

/** State of an engine, at most as much as `STATE_LIMITS` says: the newest of each. */
export function writeState(memory: EngineMemory): JudgeState {
  const { home, bindings, ring, sequences, seen, associations } = memory;
  const links = new LinkList();
  const flows = [...sequences.entries()]
    .filter(({ linkId }) => memory.links.all[linkId] !== undefined)
    .sort((a, b) => a.flow.raised - b.flow.raised)
    .slice(-STATE_LIMITS.flows);
  const state = {
    version: JUDGE_STATE_VERSION,
    time: memory.time,
    bindings: newest(bindings.all(), STATE_LIMITS.bindings).map(bindingState),
    home: {
      agents: home.learnedAgents().slice(-STATE_LIMITS.homeAgents).map(hexOf),
      addresses: home.learnedAddresses().slice(-STATE_LIMITS.homeAddresses).map(hexOf),
      prefixes: home.prefixes
        .filter(({ knownBy }) => knownBy === 'learned')
        .map(({ prefix, length }) => `${hexOf(prefix)}/${length}`),
    },
    ring: newest(ring.entries(), STATE_LIMITS.ring).map(([key, sightings]): RingState => ({
      key: hexOf(octetsOf(key)),
      sightings: Object.values(sightings).map((item) => sightingState(item, links)),
    })),
    flows: flows.map(({ linkId, spi, flow }) => flowState(links.ofId(memory, linkId), spi, flow)),
    associations: associations
      .filter(({ replay }) => replay.highest > 0 || replay.highestHigh > 0)
      .map(({ spi, source, destination, replay }) => ({
        spi: spi ?? null,
        source: prefixText(source),
        destination: prefixText(destination),
        highest: replay.highest,
        highestHigh: replay.highestHigh,
        words: replay.words,
      })),
    messages: {
      seed: seen.seed,
      byHomeAddress: newest(seen.entries(), STATE_LIMITS.seenHomeAddresses).map(
        ([homeAddress, messages]) => ({
          homeAddress: hexOf(homeAddress),
          messages: messages.map((item) => messageState(item, links)),
        }),
      ),
    },
  } as const;
  for (const link of memory.links.all) if (link.roleKnownBy === 'relay') links.of(link);
  return { ...state, links: links.states };
}

/** Links in the order in which they are asked for. */
class LinkList {
  readonly states: { name: string; isForeign: boolean }[] = [];
  readonly #indices = new Map<Link, number>();

  /** Index of a link. */
  of(link: Link): number {
    const known = this.#indices.get(link);
    if (known !== undefined) return known;
    const index = this.states.length;
    this.#indices.set(link, index);
    this.states.push({ name: link.name, isForeign: link.roleKnownBy === 'relay' });
    return index;
  }

  ofId({ links }: EngineMemory, id: number): number {
    const link = links.all[id];
    return link === undefined ? 0 : this.of(link);
  }
}

function newest<T>(all: Iterable<T>, most: number): T[] {
  return [...all].slice(-most);
}

function packetState({ input, number, time, nanoseconds }: PacketReference): PacketState {
  return [input, number, time, nanoseconds];
}

/** Octets of a key of the ring, whose characters are 16 bits each. */
function octetsOf(key: string): Uint8Array {
  const bytes = new Uint8Array(2 * key.length);
  for (let i = 0; i < key.length; i++) {
    bytes[2 * i] = key.charCodeAt(i) >>> 8;
    bytes[2 * i + 1] = key.charCodeAt(i) & 0xff;
  }
  return bytes;
}

function prefixText({ bytes, length }: Prefix): string {
  return `${hexOf(bytes)}/${length}`;
}

function bindingState(binding: Readonly<Binding>): BindingState {
  const { pending } = binding;
  return {
    homeAddress: hexOf(binding.homeAddress),
    peer: hexOf(binding.peer),
    role: binding.role,
    phase: binding.phase,
    careOfAddress: hexOf(binding.careOfAddress),
    sequence: binding.sequence ?? null,
    lifetime: binding.lifetime ?? null,
    flags: binding.flags ?? null,
    knownBy: binding.knownBy,
    firstSeen: binding.firstSeen,
    registeredAt: binding.registeredAt,
    expiresAt: binding.expiresAt,
    lastChange: packetState(binding.lastChange),
    previousCareOfAddresses: binding.previousCareOfAddresses.map(hexOf),
    pending:
      pending === undefined
        ? null
        : {
            careOfAddress: hexOf(pending.careOfAddress),
            sequence: pending.sequence ?? null,
            lifetime: pending.lifetime ?? null,
            isHomeStyle: pending.isHomeStyle,
            relay: pending.relay === undefined ? null : hexOf(pending.relay),
            packet: packetState(pending.packet),
          },
    history: binding.history.slice(-STATE_LIMITS.history).map((change) => ({
      packet: packetState(change.packet),
      phase: change.phase,
      careOfAddress: hexOf(change.careOfAddress),
      sequence: change.sequence ?? null,
      lifetime: change.lifetime ?? null,
      status: change.status ?? null,
      knownBy: change.knownBy,
    })),
    historyDropped:
      binding.historyDropped + Math.max(0, binding.history.length - STATE_LIMITS.history),
    lastTunnelFrom: binding.lastTunnelFrom,
    lastTunnelTo: binding.lastTunnelTo,
    lastTunnelFromPrevious: binding.lastTunnelFromPrevious,
    tunnelPackets: binding.tunnelPackets,
  };
}

function sightingState(sighting: EspSighting, links: LinkList): RingState['sightings'][number] {
  const { layout, source, destination, homeAddress, packet, link, isCut } = sighting;
  return {
    layout,
    source: hexOf(source),
    destination: hexOf(destination),
    homeAddress: homeAddress === undefined ? null : hexOf(homeAddress),
    packet: packetState(packet),
    link: links.of(link),
    isCut: isCut === true,
  };
}

function flowState(link: number, spi: number, flow: Readonly<Flow>): FlowState {
  const window: number[][] = [];
  for (let slot = 0; slot < flow.numbers.length; slot++) {
    const number = flow.numbers[slot] ?? 0;
    if (number === 0) continue;
    const { sequences, tails, times, inputs, hops, layouts } = flow;
    const place = [sequences, tails, times].map((values) => values[slot] ?? 0);
    const rest = [inputs, hops, layouts].map((values) => values[slot] ?? 0);
    window.push([slot, ...place, number, ...rest]);
  }
  const { destination, packets, highest, raised, settled, candidate, checked } = flow;
  return {
    link,
    spi,
    destination: hexOf(destination),
    packets,
    highest,
    raised,
    settled,
    candidate,
    checked,
    window,
  };
}

function messageState({ first, second, sightings }: Message, links: LinkList): MessageState {
  return {
    first,
    second,
    sightings: sightings.map(({ packet, link, source, linkSource, hopLimit, lastSeen }) => ({
      packet: packetState(packet),
      link: links.of(link),
      source: hexOf(source),
      linkSource: linkSource === undefined ? null : hexOf(linkSource),
      hopLimit,
      lastSeen,
    })),
  };
}
