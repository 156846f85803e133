/**
 * Child SAs of one IKE SA: made, moved and deleted.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { u32 } from '../../dissectors/core/bytes.ts';
import type { ChildSa } from './child-sa.ts';

/** A child SA of an IKE SA. */
interface Child extends ChildSa {
  /** The exchange that made it was begun by the initiator of the IKE SA. */
  readonly isOriginal: boolean;
}

const hostPrefix = (address: Uint8Array): Prefix => ({
  bytes: address,
  length: 8 * address.length,
});

/** Child SAs that were not deleted. Their number is bounded by that of derived associations. */
export class IkeChildren {
  readonly #children: Child[] = [];

  /** How many there are. */
  get size(): number {
    return this.#children.length;
  }

  /** Whether a child SA with these SPIs is there: the exchange was seen before. */
  has(initiatorSpi: number, responderSpi: number): boolean {
    return this.#children.some(
      (child) => child.initiatorSpi === initiatorSpi && child.responderSpi === responderSpi,
    );
  }

  /** @param isOriginal whether the initiator of the IKE SA began the exchange */
  add(child: ChildSa, isOriginal: boolean): void {
    this.#children.push({ ...child, isOriginal });
  }

  /** Takes over those of an IKE SA that was rekeyed. RFC 7296 section 2.8. */
  adopt(other: IkeChildren, isSameInitiator: boolean): void {
    for (const child of other.#children.splice(0)) {
      this.#children.push({ ...child, isOriginal: child.isOriginal === isSameInitiator });
    }
  }

  /**
   * Forgets those that a Delete payload names. RFC 7296 section 1.4.1: a node names the SPIs that it receives
   * with. Their associations stay: packets may be under way.
   * @param isInitiator whether the initiator of the IKE SA sent it
   */
  delete(spis: readonly Uint8Array[], isInitiator: boolean): void {
    const named = new Set(spis.map((spi) => (spi.length === 4 ? u32(spi, 0) : 0)));
    for (let i = this.#children.length - 1; i >= 0; i--) {
      const child = this.#children[i];
      if (child === undefined) continue;
      const isOwn = child.isOriginal === isInitiator;
      if (named.has(isOwn ? child.initiatorSpi : child.responderSpi)) this.#children.splice(i, 1);
    }
  }

  /** Moves the ends of tunnels. RFC 4555 section 3.5. @param initiator address of the initiator of the IKE SA */
  move(initiator: Uint8Array, responder: Uint8Array): void {
    if (initiator.length !== responder.length || isSameAddress(initiator, responder)) return;
    for (const { isTransport, isOriginal, toInitiator, toResponder } of this.#children) {
      if (isTransport) continue;
      const [out, back] = isOriginal ? [toResponder, toInitiator] : [toInitiator, toResponder];
      out.relocate(hostPrefix(initiator), hostPrefix(responder));
      back.relocate(hostPrefix(responder), hostPrefix(initiator));
    }
  }
}
