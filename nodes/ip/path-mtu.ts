/**
 * Path MTU of destinations, as routers on the way have told. RFC 8201.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { Scheduler } from '../../engine/ports.ts';

/** Destinations that are remembered; the oldest goes first. */
const MAX_DESTINATIONS = 1024;
/** Milliseconds until a larger packet is tried. RFC 8201 section 4. */
const LIFETIME = 600_000;
const MIN_MTU = 1280;

/** Bounded in destinations and time. */
export class PathMtuTable {
  readonly #scheduler: Scheduler;
  readonly #paths = new Map<AddressKey, { readonly mtu: number; readonly until: number }>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Octets; undefined = nobody has said. */
  of(destination: Uint8Array): number | undefined {
    if (this.#paths.size === 0) return undefined;
    const path = this.#paths.get(addressKey(destination));
    return path === undefined || path.until <= this.#scheduler.now ? undefined : path.mtu;
  }

  /**
   * Takes a Packet Too Big in. Smaller than 1280 counts as 1280 (RFC 8200 section 5).
   * @param quoted the packet that was too big
   */
  note(quoted: Uint8Array, mtu: number): void {
    if (quoted.length < 40) return;
    const key = addressKey(quoted, 24);
    this.#paths.delete(key);
    if (this.#paths.size >= MAX_DESTINATIONS) {
      const oldest = this.#paths.keys().next();
      if (oldest.done !== true) this.#paths.delete(oldest.value);
    }
    this.#paths.set(key, {
      mtu: Math.max(MIN_MTU, mtu),
      until: this.#scheduler.now + LIFETIME,
    });
  }
}
