/**
 * What somebody with keys can say of authenticators and signatures in a message. The dissectors hold no keys
 * and no state: a caller hands in a `Verifier`, as with ESP.
 */
import type { DiagnosticCode } from './core/diagnostic.ts';
import type { MobilityHeader } from './mobility/header.ts';

/** The verdict on one option. */
export interface Verification {
  /** Offset of the option's Type octet. */
  readonly offset: number;
  readonly label: string;
  /** Filter field of the verdict; the value is 1 right, 0 wrong, 2 not verified, as for checksums. */
  readonly name: string;
  readonly status: 'right' | 'wrong' | 'not-verified';
  /** With what it was verified, or why not. Never a key. */
  readonly detail: string;
  /** Finding to report when it is wrong. */
  readonly code: DiagnosticCode;
}

/** Octets of a message and the addresses it went between. */
interface MessageToVerify {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly end: number;
  /** Addresses of the IPv6 header. */
  readonly wireSource: Uint8Array;
  readonly wireDestination: Uint8Array;
}

/** A Mobility Header to verify. */
export interface MobilityToVerify extends MessageToVerify {
  readonly header: MobilityHeader;
  /** Home addresses where a Home Address option or a type 2 routing header says so. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** A neighbor discovery message to verify, with its options at `[optionsOffset, end)`. */
export interface NeighborDiscoveryToVerify extends MessageToVerify {
  readonly optionsOffset: number;
}

/** Verifies what it has keys for; remembers what later messages need. */
export interface Verifier {
  mobility(message: MobilityToVerify): readonly Verification[];
  neighborDiscovery(message: NeighborDiscoveryToVerify): readonly Verification[];
}
