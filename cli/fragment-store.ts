/**
 * Puts fragments together for the field tree.
 */
import type { PacketRecord } from '../engine/ports.ts';
import { Reassembly } from '../engine/state/reassembly.ts';
import { FrameView, Ipv6View, walkIpv6, walkLink } from '../dissectors/index.ts';

/** Collects the fragments of a capture; bounded as the engine's table is. */
export class FragmentStore {
  readonly #reassembly = new Reassembly();
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();

  /** The whole packet that a fragment completes; undefined for any other packet. */
  add(record: PacketRecord): Uint8Array | undefined {
    const { bytes, offset, end, originalLength } = record;
    if (end - offset < originalLength) return undefined;
    const frame = this.#frame;
    walkLink(bytes, offset, end, record.linkType, false, frame);
    if (frame.ipVersion !== 6) return undefined;
    const view = this.#view;
    if (!walkIpv6(bytes, frame.ipOffset, end, false, view)) return undefined;
    const isFragment = view.fragment >= 0 && (view.fragmentOffset !== 0 || view.moreFragments);
    if (!isFragment) return undefined;
    const time = record.seconds * 1e6 + Math.floor(record.nanoseconds / 1000);
    const result = this.#reassembly.add(view, record.interfaceIndex, time);
    return result.kind === 'complete' ? result.bytes : undefined;
  }
}
