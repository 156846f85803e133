/**
 * What a node asks of its IPsec: the policies of RFC 3776 section 4 and the associations behind them.
 */
import type { InboundPacket, Protection, Selectors, TunnelEnds } from './packet.ts';

/** What became of an ESP or AH header. */
export type OpenedProtection =
  | {
      readonly kind: 'opened';
      readonly protection: Protection;
      /** Protocol behind the header: 41 for tunnel mode. */
      readonly protocol: number;
      /** Octets behind the header; the receiver's own. */
      readonly payload: Uint8Array;
    }
  /** Dropped without an answer; `reason` is for the log: no association, wrong ICV, replayed, wrong addresses. */
  | { readonly kind: 'refused'; readonly reason: RefusedProtection };

/** Why an ESP or AH packet was thrown away. RFC 4301 section 5.2, RFC 4303 section 3.4. */
export type RefusedProtection =
  | 'no-association'
  | 'integrity'
  | 'replay'
  | 'malformed'
  | 'other-address'
  | 'not-allowed';

/** What goes behind the headers of a packet that has to be protected. */
export interface SealedProtection {
  /** 50 or 51. */
  readonly protocol: number;
  readonly payload: Uint8Array;
}

/** How an outgoing packet has to be protected. */
export type OutboundDecision =
  | { readonly kind: 'bypass' }
  /** No association, or policy says so: it must not leave. */
  | { readonly kind: 'discard'; readonly reason: string }
  | { readonly kind: 'transport' | 'tunnel'; readonly protect: ProtectOctets };

/**
 * Seals octets with the association that a policy named.
 * @param protocol what the octets are: 135, 58 ... in transport mode, 41 in tunnel mode
 * @param payload transport mode: upper-layer octets; tunnel mode: the inner packet
 * @param wire addresses and headers in front, for AH, whose value covers them
 */
export type ProtectOctets = (
  protocol: number,
  payload: Uint8Array,
  wire: WireHeaders,
) => SealedProtection;

/** What AH covers in front of itself, with the mutable parts as the receiver will see them. RFC 6275 sections 9.3.1, 11.3.2. */
export interface WireHeaders {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly homeAddressOption: Uint8Array | undefined;
  readonly type2RoutingHeader: Uint8Array | undefined;
}

/** Policies and associations of a node. */
export interface IpsecLayer {
  /** How a packet of these selectors leaves. */
  outbound(selectors: Selectors): OutboundDecision;
  /**
   * Opens the ESP or AH header at `offset` of `packet.bytes`. Addresses to compare are `packet.source` and
   * `packet.destination`: home addresses where an option or a routing header says so. RFC 3776 section 4.2.
   */
  open(packet: InboundPacket, protocol: 50 | 51, offset: number): OpenedProtection;
  /** Whether a packet may be taken with the protection that it came with (`undefined` = none). RFC 4301 section 5.2. */
  permits(selectors: Selectors, protection: Protection | undefined): boolean;
  /** Whether an association of this home address for binding messages made the protection: what a home registration has to show. */
  isBindingProtection(homeAddress: Uint8Array, protection: Protection | undefined): boolean;
  /**
   * The tunnel of a home address has moved or gone: called for accepted, protected registrations only
   * (RFC 3776 section 4.3).
   * @param ends undefined = de-registered: tunnel policies rest, associations stay (RFC 3776 section 4.2)
   */
  moveTunnel(homeAddress: Uint8Array, ends: TunnelEnds | undefined): void;
}
