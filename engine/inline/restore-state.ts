/**
 * Puts the state of an earlier judge into the tables of an engine: all of it is read before any of it is taken.
 */
import type { EngineMemory } from '../engine-memory.ts';
import type { BindingEvent } from '../events.ts';
import { Flow, WINDOW } from '../ipsec/esp-sequence.ts';
import type { Link, PacketReference } from '../packet.ts';
import type { Binding, BindingChange, PendingUpdate } from '../state/binding-cache.ts';
import type { EspSighting } from '../state/esp-ring.ts';
import type { Message } from '../state/seen-messages.ts';
import { JUDGE_STATE_VERSION, STATE_LIMITS } from './judge-state.ts';
import { StateReader, hexOf } from './state-reader.ts';

const PHASES = [
  'requested',
  'registered',
  'deregistration-sent',
  'deregistered',
  'expired',
] as const;
const KNOWLEDGE = ['decrypted', 'authenticated', 'clear', 'null-encryption', 'inferred'] as const;
const LAYOUTS = ['home-address-option', 'type-2-routing-header', 'plain'] as const;
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
const MIN_SIGNED = -0x8000_0000;
const MAX_SIGNED = 0x7fff_ffff;
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
/** Lifetime of 65535 units of 4 seconds. RFC 6275 section 6.1.7. */
const MAX_LIFETIME = 262_140;
/** Longest name of a link, in characters. */
const MAX_NAME = 1024;
/** Octets of the keys of the ring: whole packets, and packets that were cut. */
const RING_KEYS = [20, 14] as const;
/** Numbers of one place of a flow. */
const PLACE = 8;

/** Where a link is asked for before it is there. */
type LinkOf = (index: number) => Link;

/**
 * Restores what `writeState` gave.
 * @returns time of the last packet before, microseconds since 1970
 * @throws JudgeStateError naming the field that is not as it should be; then nothing was taken
 */
export function restoreState(value: unknown, memory: EngineMemory): number {
  const state = new StateReader(value, 'state');
  const version = state.field('version');
  if (version.whole(0, MAX_NUMBER) !== JUDGE_STATE_VERSION) {
    version.fail(`${JUDGE_STATE_VERSION}: it was written by another version of the program`);
  }
  const time = state.field('time').time();
  const links = state.field('links').list(STATE_LIMITS.links, (item) => ({
    name: item.field('name').text(MAX_NAME),
    isForeign: item.field('isForeign').flag(),
  }));
  const indexOf = (item: StateReader): number => item.whole(0, links.length - 1);
  const bindings = state.field('bindings').list(STATE_LIMITS.bindings, readBinding);
  const home = readHome(state.field('home'));
  const ring = state.field('ring').list(STATE_LIMITS.ring, (item) => readRing(item, indexOf));
  const flows = state.field('flows').list(STATE_LIMITS.flows, (item) => readFlow(item, indexOf));
  const associations = state.field('associations').list(STATE_LIMITS.associations, readAssociation);
  const messages = state.field('messages');
  const seed = messages.field('seed').whole(MIN_SIGNED, MAX_SIGNED);
  const seen = messages
    .field('byHomeAddress')
    .list(STATE_LIMITS.seenHomeAddresses, (item) => readMessages(item, indexOf));

  const known = links.map(({ name, isForeign }) => memory.links.remember(name, isForeign));
  const [first] = known;
  // Indices were checked against the list.
  const linkOf: LinkOf = (index) => known[index] ?? first ?? memory.links.remember('', false);
  memory.home.restore(home.agents, home.addresses, home.prefixes);
  for (const binding of bindings) takeBinding(binding, memory);
  for (const { key, sightings } of ring) {
    memory.ring.restore(
      key,
      sightings.map((item): EspSighting => ({ ...item, link: linkOf(item.link) })),
    );
  }
  for (const { link, spi, flow } of flows) memory.sequences.restore(linkOf(link).id, spi, flow);
  takeWindows(associations, memory);
  memory.seen.restore(
    seed,
    seen.map(({ homeAddress, list }) => [
      homeAddress,
      list.map((message): Message => ({
        ...message,
        sightings: message.sightings.map((item) => ({ ...item, link: linkOf(item.link) })),
      })),
    ]),
  );
  return time;
}

/** A binding, and what follows bindings. */
function takeBinding(binding: Binding, memory: EngineMemory): void {
  memory.bindings.restore(binding);
  const isLive = binding.phase === 'registered' || binding.phase === 'deregistration-sent';
  if (!isLive || binding.registeredAt === 0) return;
  const told = (careOfAddress: Uint8Array): BindingEvent => ({
    kind: 'binding',
    change: 'registered',
    binding: careOfAddress === binding.careOfAddress ? binding : { ...binding, careOfAddress },
    previousCareOfAddress: undefined,
    packet: binding.lastChange,
  });
  // The endpoints before as well: packets from there are late, not strange.
  for (const before of binding.previousCareOfAddresses) memory.endpoints.apply(told(before));
  memory.endpoints.apply(told(binding.careOfAddress));
  memory.bindingTraffic.apply(told(binding.careOfAddress));
}

interface WindowState {
  readonly name: string;
  readonly highest: number;
  readonly highestHigh: number;
  readonly words: readonly number[];
}

function nameOf(spi: number | undefined, source: string, destination: string): string {
  return `${spi ?? '*'} ${source} ${destination}`;
}

/** Rows with the same SPI and addresses are told apart by their order in the key file. */
function takeWindows(states: readonly WindowState[], { associations }: EngineMemory): void {
  const byName = new Map<string, WindowState[]>();
  for (const state of states) {
    const list = byName.get(state.name);
    if (list === undefined) byName.set(state.name, [state]);
    else list.push(state);
  }
  for (const { spi, source, destination, replay } of associations) {
    const from = `${hexOf(source.bytes)}/${source.length}`;
    const to = `${hexOf(destination.bytes)}/${destination.length}`;
    const state = byName.get(nameOf(spi, from, to))?.shift();
    if (state !== undefined) replay.restore(state.highest, state.highestHigh, state.words);
  }
}

function readPacket(item: StateReader): PacketReference {
  const [input = 0, number = 0, time = 0, nanoseconds = 0] = item.numbers(4);
  const isRight = input >= 0 && number >= 0 && time >= 0 && nanoseconds >= 0 && nanoseconds < 1000;
  return isRight
    ? { input, number, time, nanoseconds }
    : item.fail('a packet: [input, number, time, nanoseconds below 1000]');
}

function readNumber(item: StateReader): number | undefined {
  return item.optional((value) => value.whole(0, MAX_16));
}

function readLifetime(item: StateReader): number | undefined {
  return item.optional((value) => value.whole(0, MAX_LIFETIME));
}

function readPending(item: StateReader): PendingUpdate {
  return {
    careOfAddress: item.field('careOfAddress').address(),
    sequence: readNumber(item.field('sequence')),
    lifetime: readLifetime(item.field('lifetime')),
    isHomeStyle: item.field('isHomeStyle').flag(),
    relay: item.field('relay').optional((value) => value.address()),
    packet: readPacket(item.field('packet')),
  };
}

function readChange(item: StateReader): BindingChange {
  return {
    packet: readPacket(item.field('packet')),
    phase: item.field('phase').one([...PHASES, 'rejected']),
    careOfAddress: item.field('careOfAddress').address(),
    sequence: readNumber(item.field('sequence')),
    lifetime: readLifetime(item.field('lifetime')),
    status: item.field('status').optional((value) => value.whole(0, 255)),
    knownBy: item.field('knownBy').one(KNOWLEDGE),
  };
}

function readBinding(item: StateReader): Binding {
  const binding: Binding = {
    homeAddress: item.field('homeAddress').address(),
    peer: item.field('peer').address(),
    role: item.field('role').one(['home', 'correspondent']),
    phase: item.field('phase').one(PHASES),
    careOfAddress: item.field('careOfAddress').address(),
    sequence: readNumber(item.field('sequence')),
    lifetime: readLifetime(item.field('lifetime')),
    flags: readNumber(item.field('flags')),
    knownBy: item.field('knownBy').one(KNOWLEDGE),
    firstSeen: item.field('firstSeen').time(),
    registeredAt: item.field('registeredAt').time(),
    expiresAt: item.field('expiresAt').time(),
    lastChange: readPacket(item.field('lastChange')),
    previousCareOfAddresses: item
      .field('previousCareOfAddresses')
      .list(STATE_LIMITS.previous, (value) => value.address()),
    pending: item.field('pending').optional(readPending),
    history: item.field('history').list(STATE_LIMITS.history, readChange),
    historyDropped: item.field('historyDropped').whole(0, MAX_NUMBER),
    lastTunnelFrom: item.field('lastTunnelFrom').time(),
    lastTunnelTo: item.field('lastTunnelTo').time(),
    lastTunnelFromPrevious: item.field('lastTunnelFromPrevious').time(),
    tunnelPackets: item.field('tunnelPackets').whole(0, MAX_NUMBER),
  };
  // A registration does not outlive the longest lifetime there is.
  if (binding.expiresAt > binding.registeredAt + MAX_LIFETIME * 1e6) {
    item.field('expiresAt').fail(`at most ${MAX_LIFETIME} s after registeredAt`);
  }
  return binding;
}

function readPrefix(
  item: StateReader,
  mostOctets: number,
): { readonly prefix: Uint8Array; readonly length: number; readonly text: string } {
  const text = item.text(2 * mostOctets + 4);
  const [digits = '', bits = '', ...more] = text.split('/');
  const isRight =
    more.length === 0 &&
    /^(?:[0-9a-f]{32}|[0-9a-f]{8})$/.test(digits) &&
    digits.length <= 2 * mostOctets &&
    /^(?:0|[1-9][0-9]{0,2})$/.test(bits) &&
    Number(bits) <= digits.length * 4;
  if (!isRight) item.fail('a prefix: octets in lower-case hexadecimal, /, length');
  const prefix = new StateReader(digits, 'prefix').octets(digits.length / 2);
  return { prefix, length: Number(bits), text };
}

function readHome(item: StateReader) {
  const addresses = (value: StateReader): Uint8Array => value.address();
  return {
    agents: item.field('agents').list(STATE_LIMITS.homeAgents, addresses),
    addresses: item.field('addresses').list(STATE_LIMITS.homeAddresses, addresses),
    prefixes: item.field('prefixes').list(STATE_LIMITS.homePrefixes, (value) => {
      const { prefix, length } = readPrefix(value, 16);
      // A prefix of everything would make every address a home address.
      return prefix.length === 16 && length > 0
        ? { prefix, length }
        : value.fail('a prefix of IPv6 that is longer than 0');
    }),
  };
}

function readRing(item: StateReader, indexOf: (item: StateReader) => number) {
  const octets = item.field('key').octets(...RING_KEYS);
  let key = '';
  for (let i = 0; i < octets.length; i += 2) {
    key += String.fromCharCode(((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0));
  }
  return {
    key,
    sightings: item.field('sightings').list(LAYOUTS.length, (value) => ({
      layout: value.field('layout').one(LAYOUTS),
      source: value.field('source').address(),
      destination: value.field('destination').address(),
      homeAddress: value.field('homeAddress').optional((address) => address.address()),
      packet: readPacket(value.field('packet')),
      link: indexOf(value.field('link')),
      isCut: value.field('isCut').flag(),
    })),
  };
}

function readFlow(item: StateReader, indexOf: (item: StateReader) => number) {
  const flow = new Flow(item.field('destination').address());
  flow.packets = item.field('packets').whole(1, MAX_NUMBER);
  flow.highest = item.field('highest').whole(0, MAX_32);
  flow.raised = item.field('raised').time();
  flow.settled = item.field('settled').whole(0, MAX_32);
  flow.candidate = item.field('candidate').whole(0, MAX_32);
  flow.checked = item.field('checked').time();
  item.field('window').list(STATE_LIMITS.window, (place) => {
    const [
      slot = 0,
      sequence = 0,
      tail = 0,
      time = 0,
      number = 0,
      input = 0,
      hops = 0,
      layout = 0,
    ] = place.numbers(PLACE);
    const isRight =
      slot >= 0 &&
      slot < WINDOW &&
      isWithin(sequence, MAX_32) &&
      (sequence & (WINDOW - 1)) === slot &&
      isWithin(time, MAX_NUMBER) &&
      isWithin(number, MAX_32) &&
      number > 0 &&
      isWithin(input, MAX_16) &&
      isWithin(hops, 255) &&
      isWithin(layout, 2);
    if (!isRight) place.fail('a place of the window with its sequence number');
    flow.sequences[slot] = sequence;
    flow.tails[slot] = tail;
    flow.times[slot] = time;
    flow.numbers[slot] = number;
    flow.inputs[slot] = input;
    flow.hops[slot] = hops;
    flow.layouts[slot] = layout;
  });
  return {
    link: indexOf(item.field('link')),
    spi: item.field('spi').whole(0, MAX_32),
    flow,
  };
}

function isWithin(value: number, most: number): boolean {
  return value >= 0 && value <= most;
}

function readAssociation(item: StateReader): WindowState {
  const spi = item.field('spi').optional((value) => value.whole(0, MAX_32));
  const { text: source } = readPrefix(item.field('source'), 16);
  const { text: destination } = readPrefix(item.field('destination'), 16);
  return {
    name: nameOf(spi, source, destination),
    highest: item.field('highest').whole(0, MAX_32),
    highestHigh: item.field('highestHigh').whole(0, MAX_32),
    words: item
      .field('words')
      .list(STATE_LIMITS.words, (value) => value.whole(MIN_SIGNED, MAX_SIGNED)),
  };
}

function readMessages(item: StateReader, indexOf: (item: StateReader) => number) {
  return {
    homeAddress: item.field('homeAddress').address(),
    list: item.field('messages').list(STATE_LIMITS.messages, (message) => ({
      first: message.field('first').whole(MIN_SIGNED, MAX_SIGNED),
      second: message.field('second').whole(MIN_SIGNED, MAX_SIGNED),
      sightings: message.field('sightings').list(STATE_LIMITS.sightings, (value) => ({
        packet: readPacket(value.field('packet')),
        link: indexOf(value.field('link')),
        source: value.field('source').address(),
        linkSource: value.field('linkSource').optional((address) => address.octets(6)),
        hopLimit: value.field('hopLimit').whole(0, 255),
        lastSeen: value.field('lastSeen').time(),
      })),
    })),
  };
}
