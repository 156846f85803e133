/**
 * ESP that a home agent cannot use: counted packet by packet, told once a second. RFC 4303 sections 2.1 and 3.4.2.
 *
 * One entry for each home agent that is known, so that nobody makes entries by sending.
 */
import type { PacketReference } from '../packet.ts';
import { AddressTable } from './address-table.ts';

/** Home agents watched; the one that got nothing for longest goes first. */
const MAX_HOME_AGENTS = 1024;
/** Packets after which a flow is no garbage. */
export const SETTLED_FLOW = 3;

/** ESP towards one home agent since the last such event. At most one a second for each home agent. */
export interface EspRefusalsEvent {
  readonly kind: 'esp-refusals';
  /** Microseconds since 1970. */
  readonly time: number;
  readonly homeAgent: Uint8Array;
  /** Packets whose integrity check failed under an association that opens other packets. */
  readonly failed: number;
  /** Packets with an SPI that was not seen before between these two nodes and that no key fits. */
  readonly fresh: number;
  /** Flows that were fresh once and have come to their third packet, and flows that the home agent began: no garbage. */
  readonly settled: number;
  /** Source of the last of them. */
  readonly source: Uint8Array;
  readonly packet: PacketReference;
}

/** What an ESP packet is counted as. */
export type EspRefusal = 'failed' | 'fresh' | 'settled';

interface Counts {
  readonly homeAgent: Uint8Array;
  failed: number;
  fresh: number;
  settled: number;
  source: Uint8Array;
  packet: PacketReference;
}

/** Counts ESP that is of no use, by home agent. */
export class EspRefusals {
  evictions = 0;
  readonly #byAgent: AddressTable<Counts>;
  readonly #touched = new Set<Counts>();

  /** @param seed makes the table unpredictable to whoever chooses addresses */
  constructor(seed?: number) {
    this.#byAgent = new AddressTable<Counts>({
      maxEntries: MAX_HOME_AGENTS,
      ...(seed === undefined ? {} : { seed }),
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  /** Counts a packet to a home agent. */
  note(
    refusal: EspRefusal,
    homeAgent: Uint8Array,
    source: Uint8Array,
    packet: PacketReference,
  ): void {
    let counts = this.#byAgent.get(homeAgent);
    if (counts === undefined) {
      counts = { homeAgent, failed: 0, fresh: 0, settled: 0, source, packet };
      this.#byAgent.set(homeAgent, 0, counts);
    }
    counts[refusal]++;
    counts.source = source;
    counts.packet = packet;
    this.#touched.add(counts);
  }

  /** Tells of every home agent that got such packets since the last time. @param time microseconds since 1970 */
  flush(time: number, emit: (event: EspRefusalsEvent) => void): void {
    for (const counts of this.#touched) {
      emit({ kind: 'esp-refusals', time, ...counts });
      counts.failed = counts.fresh = counts.settled = 0;
    }
    this.#touched.clear();
  }
}
