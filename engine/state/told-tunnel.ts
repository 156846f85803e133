/**
 * What was told last of the payload that goes through the tunnel of a registration: the same again is no news.
 */
import type { Link, PacketReference } from '../packet.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';

/** Microseconds after which the same is told again as if it were new. */
export const TOLD_AGAIN = 60e6;

/** A packet in a tunnel, as far as it may differ from the one before. */
export interface TunnelSighting {
  readonly packet: PacketReference;
  readonly link: Link;
  /** Microseconds since 1970. */
  readonly time: number;
  /** Octets of the frame; the link-layer source is at `linkSource`, -1 = there is none. */
  readonly frame: { readonly bytes: Uint8Array; readonly linkSource: number };
}

/** Payload of one registration on its way from the care-of address, as it was told of first. */
export class ToldTunnel {
  /** The last packet that was told of or would have been. */
  packet: PacketReference;
  readonly #careOfAddress: Uint8Array;
  readonly #link: Link;
  readonly #linkSource: Uint8Array | undefined;
  readonly #hopLimit: number;
  readonly #since: number;

  constructor(seen: TunnelSighting, careOfAddress: Uint8Array, hopLimit: number) {
    const { bytes, linkSource } = seen.frame;
    this.packet = seen.packet;
    this.#careOfAddress = careOfAddress;
    this.#link = seen.link;
    this.#linkSource = linkSource < 0 ? undefined : bytes.slice(linkSource, linkSource + 6);
    this.#hopLimit = hopLimit;
    this.#since = seen.time;
  }

  /** Whether a packet differs from the first one in nothing but its time, which was less than a minute ago. */
  isLike({ link, time, frame }: TunnelSighting, careOfAddress: Uint8Array, hop: number): boolean {
    const own = this.#linkSource;
    const { bytes, linkSource } = frame;
    return (
      Math.abs(time - this.#since) < TOLD_AGAIN &&
      link === this.#link &&
      careOfAddress === this.#careOfAddress &&
      hop === this.#hopLimit &&
      (own === undefined
        ? linkSource < 0
        : linkSource >= 0 && equalBytes(bytes, linkSource, own, 0, own.length))
    );
  }
}
