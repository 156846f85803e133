/**
 * Numbers of a run over time, counted while it goes on. Memory does not depend on its length.
 */
import { MH_TYPES } from '../../dissectors/mobility/header.ts';
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import { BINDING_ACKNOWLEDGEMENT_STATUS } from '../../dissectors/mobility/status.ts';
import type { EngineCounters } from '../engine.ts';
import type { BindingEvent, EngineEvent } from '../events.ts';
import type { Histogram, StatisticsView } from './model/state.ts';

/** Slots of a series. */
export const SLOTS = 256;
/** Seconds of a slot when a run begins; doubled when the run is longer than all slots. */
const FIRST_SLOT = 0.25;
const SERIES = ['packets', 'octets', 'signalling', 'ESP', 'binding changes', 'alerts'] as const;
type SeriesName = (typeof SERIES)[number];

/** Handovers under way that are remembered; the one that began first is forgotten. */
const MAX_HANDOVERS = 16_384;
/** A handover that takes longer is none, microseconds. */
const LONGEST_HANDOVER = 300e6;
/** Upper ends of the classes of handover latency, milliseconds. */
const LATENCY_CLASSES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

const MH_NAMES = new Map(MH_TYPES.map(({ value, name }) => [value, name]));
const STATUS_NAMES = new Map(
  BINDING_ACKNOWLEDGEMENT_STATUS.flatMap((item) =>
    'value' in item ? [[item.value, item.name] as const] : [],
  ),
);

/** Counts a run. */
export class StatisticsCounter {
  #start = Number.NaN;
  #slot = FIRST_SLOT;
  #used = 0;
  readonly #series = new Map<SeriesName, Float64Array>(
    SERIES.map((name) => [name, new Float64Array(SLOTS)]),
  );
  readonly #icmpv6 = new Map<string, number>();
  readonly #status = new Map<number, number>();
  readonly #latency = new Float64Array(LATENCY_CLASSES.length + 1);
  /** Time of the first update that asked for another care-of address, by binding and that address. */
  readonly #handovers = new Map<string, number>();

  /** Counts a packet. @param time seconds since 1970 */
  packet(time: number, octets: number): void {
    this.#add('packets', time, 1);
    this.#add('octets', time, octets);
  }

  /** Counts an alert. @param time microseconds since 1970 */
  alert(time: number): void {
    this.#add('alerts', time / 1e6, 1);
  }

  /** Counts an event. */
  event(event: EngineEvent): void {
    switch (event.kind) {
      case 'mobility': {
        const { message } = event.header;
        this.#add('signalling', event.context.packet.time / 1e6, 1);
        if (message.kind === 'binding-acknowledgement') bump(this.#status, message.status);
        break;
      }
      case 'icmpv6':
        this.#add('signalling', event.context.packet.time / 1e6, 1);
        bump(this.#icmpv6, event.message.kind);
        break;
      case 'esp':
        this.#add('ESP', event.context.packet.time / 1e6, 1);
        break;
      case 'binding':
        this.#add('binding changes', event.packet.time / 1e6, 1);
        this.#handover(event);
        break;
      default:
    }
  }

  /** The numbers so far. */
  view(counters: EngineCounters): StatisticsView {
    const series = SERIES.map((name) => ({
      name,
      values: [...(this.#series.get(name) ?? [])].slice(0, this.#used),
    }));
    return {
      slotSeconds: this.#slot,
      series,
      messages: [
        ...counters.mobilityByType.flatMap((packets, type) =>
          packets === 0 ? [] : [{ name: MH_NAMES.get(type) ?? `MH Type ${type}`, packets }],
        ),
        ...[...this.#icmpv6].map(([kind, packets]) => ({
          name: kind.replaceAll('-', ' '),
          packets,
        })),
      ].sort((a, b) => b.packets - a.packets || (a.name < b.name ? -1 : 1)),
      statusCodes: [...this.#status]
        .sort(([a], [b]) => a - b)
        .map(([status, packets]) => ({
          status,
          name: STATUS_NAMES.get(status) ?? 'not assigned',
          packets,
        })),
      handoverLatency: this.#histogram(),
      counters: countersOf(counters),
    };
  }

  #histogram(): Histogram {
    const classes = [...this.#latency].map((count, i) => {
      const end = LATENCY_CLASSES[i];
      const label = end === undefined ? `> ${LATENCY_CLASSES.at(-1) ?? 0}` : `<= ${end}`;
      return { label, count };
    });
    return { name: 'Handover latency', unit: 'ms', classes };
  }

  /** From the first Binding Update with another care-of address to the Acknowledgement that accepts it. */
  #handover({ change, binding, previousCareOfAddress, packet }: BindingEvent): void {
    const { homeAddress, peer, pending, careOfAddress } = binding;
    const key = (address: Uint8Array): string =>
      `${addressKey(homeAddress)}${addressKey(peer)}${addressKey(address)}`;
    if (change === 'requested') {
      const asked = pending?.careOfAddress;
      if (asked === undefined || isSameAddress(asked, careOfAddress)) return;
      const name = key(asked);
      if (this.#handovers.has(name)) return;
      this.#handovers.set(name, packet.time);
      const [oldest] = this.#handovers.keys();
      if (this.#handovers.size > MAX_HANDOVERS && oldest !== undefined) {
        this.#handovers.delete(oldest);
      }
      return;
    }
    const name = key(careOfAddress);
    const began = this.#handovers.get(name);
    if (began === undefined) return;
    if (change === 'moved' || change === 'registered' || change === 'refreshed') {
      this.#handovers.delete(name);
      // The first registration of a node is no handover.
      const isMove = change === 'moved' && previousCareOfAddress !== undefined;
      const latency = packet.time - began;
      if (isMove && latency >= 0 && latency <= LONGEST_HANDOVER) this.#addLatency(latency / 1000);
    }
  }

  #addLatency(milliseconds: number): void {
    const found = LATENCY_CLASSES.findIndex((end) => milliseconds <= end);
    const at = found < 0 ? LATENCY_CLASSES.length : found;
    this.#latency[at] = (this.#latency[at] ?? 0) + 1;
  }

  #add(name: SeriesName, time: number, count: number): void {
    if (Number.isNaN(this.#start)) this.#start = time;
    // A packet from before the first counts as the first.
    const since = Math.max(0, time - this.#start);
    while (since >= this.#slot * SLOTS) this.#fold();
    const at = Math.floor(since / this.#slot);
    if (at >= this.#used) this.#used = at + 1;
    const values = this.#series.get(name);
    if (values !== undefined) values[at] = (values[at] ?? 0) + count;
  }

  #fold(): void {
    this.#slot *= 2;
    this.#used = Math.ceil(this.#used / 2);
    for (const values of this.#series.values()) {
      for (let i = 0; i < SLOTS; i++) {
        values[i] = i < SLOTS / 2 ? (values[2 * i] ?? 0) + (values[2 * i + 1] ?? 0) : 0;
      }
    }
  }
}

function bump<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function countersOf(counters: EngineCounters): StatisticsView['counters'] {
  const named: readonly (readonly [name: string, value: number])[] = [
    ['packets', counters.packets],
    ['octets', counters.octets],
    ['IPv6 packets', counters.ipv6],
    ['IPv4 packets', counters.ipv4],
    ['packets of another kind', counters.undecoded],
    ['packets cut by the capture', counters.cut],
    ['fragments', counters.fragments],
    ['reassembled', counters.reassembled],
    ['mobility messages', counters.mobility],
    ['ICMPv6 signalling', counters.icmpv6Signalling],
    ['Home Address options', counters.homeAddressOptions],
    ['type 2 routing headers', counters.type2RoutingHeaders],
    ['tunnelled packets', counters.tunnelled],
    ['ESP packets', counters.esp],
    ['ESP opened', counters.espOpened],
    ['ESP without a key', counters.espNoKey],
    ['ESP read in the clear', counters.espReadAsNull],
    ['ESP that no key fits', counters.espIcvMismatch],
    ['ESP malformed', counters.espMalformed],
  ];
  return [
    ...named.map(([name, value]) => ({ name, value })),
    ...[...counters.evictions].map(([table, value]) => ({ name: `forgotten: ${table}`, value })),
  ];
}
