/**
 * Fragments, put together to the packets that their receiver gets.
 */
import { walkIpv6 } from '../dissectors/walk.ts';
import type { EngineCounters } from './engine.ts';
import type { Admission } from './inline/admission.ts';
import type { Level, PacketState } from './packet-state.ts';
import { Reassembly, fragmentKey } from './state/reassembly.ts';

/** Puts fragments together. */
export class FragmentStage {
  readonly reassembly = new Reassembly();
  readonly #packet: PacketState;
  readonly #counters: EngineCounters;
  readonly #admission: Admission | undefined;

  constructor(parts: {
    packet: PacketState;
    counters: EngineCounters;
    admission?: Admission | undefined;
  }) {
    this.#packet = parts.packet;
    this.#counters = parts.counters;
    this.#admission = parts.admission;
  }

  /** Adds a fragment. @returns true when its packet is complete and now in the view. */
  add(level: Level): boolean {
    const { view } = level;
    this.#counters.fragments++;
    if (view.isCut) return false;
    const link = this.#packet.link.id;
    // Once one fragment is refused, those that come again, or late, may not complete the packet behind the gateway.
    if (this.#admission !== undefined) this.#admission.isPartOf(fragmentKey(view, link));
    const result = this.reassembly.add(view, link, this.#packet.time);
    switch (result.kind) {
      case 'overlap':
        view.diagnostics.add('FRAGMENT_OVERLAP', view.fragment, 8);
        return false;
      case 'malformed':
        view.diagnostics.add('FRAGMENT_LENGTH', view.fragment, 8, result.detail);
        return false;
      case 'pending':
        return false;
      case 'complete': {
        this.#counters.reassembled++;
        const { bytes } = result;
        // What is wrong with the fragment that came last is wrong with the packet.
        const found = view.diagnostics.items.slice();
        const isIpv6 = walkIpv6(bytes, 0, bytes.length, false, view);
        for (const item of found) {
          view.diagnostics.add(item.code, item.offset, item.length, item.detail);
        }
        view.isReassembled = true;
        return isIpv6;
      }
    }
  }
}
