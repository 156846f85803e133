/**
 * The binding cache as an observer can infer it: per home agent and per correspondent node.
 * RFC 6275 sections 9.1 and 10.1.
 */
import type { PacketReference } from '../packet.ts';

/** How a binding is known, best first. */
export type BindingKnowledge =
  /** The Binding Update or Acknowledgement was decrypted with a supplied key. */
  | 'decrypted'
  /** Its Binding Authorization Data was verified from a return routability exchange in the capture. */
  | 'authenticated'
  /** The messages were in clear and nothing vouches for them. */
  | 'clear'
  /** They were read in ESP that was recognised, without a key, as not encrypted; nothing vouches for them. */
  | 'null-encryption'
  /** Only the layout of encrypted packets says so. */
  | 'inferred';

/** `requested` and `deregistration-sent` wait for an acknowledgement. */
export type BindingPhase =
  | 'requested'
  | 'registered'
  | 'deregistration-sent'
  | 'deregistered'
  | 'expired';

/** One Binding Update that waits for its acknowledgement. */
export interface PendingUpdate {
  readonly careOfAddress: Uint8Array;
  /** Undefined when the update could not be read. */
  readonly sequence: number | undefined;
  /** Seconds; 0 asks for deletion; undefined when the update could not be read. */
  readonly lifetime: number | undefined;
  /** The update went without Home Address option from the home address: sent as at home. */
  readonly isHomeStyle: boolean;
  /** Wire address of a relay that was caught carrying this update; the acknowledgement will go there. */
  readonly relay: Uint8Array | undefined;
  readonly packet: PacketReference;
}

/** One change in the life of a binding. */
export interface BindingChange {
  readonly packet: PacketReference;
  /** Phase after the change; `rejected` = the update was refused and the phase stayed. */
  readonly phase: BindingPhase | 'rejected';
  readonly careOfAddress: Uint8Array;
  readonly sequence: number | undefined;
  readonly lifetime: number | undefined;
  readonly status: number | undefined;
  readonly knownBy: BindingKnowledge;
}

/** Binding of a home address at one home agent or correspondent node. */
export interface Binding {
  readonly homeAddress: Uint8Array;
  /** Home agent or correspondent node. */
  readonly peer: Uint8Array;
  /** Of an acknowledgement alone it is a guess, which a later Binding Update corrects. */
  role: 'home' | 'correspondent';
  phase: BindingPhase;
  /** Care-of address of the last accepted registration; the home address after a de-registration. */
  careOfAddress: Uint8Array;
  /** Last accepted sequence number; undefined when no readable message told. */
  sequence: number | undefined;
  /** Granted lifetime in seconds; undefined when no readable message told. */
  lifetime: number | undefined;
  /** Flags of the Binding Update as on the wire; undefined when it could not be read. */
  flags: number | undefined;
  knownBy: BindingKnowledge;
  /** How the last accepted registration is known, and the packet that accepted it; absent = none, or before this run. */
  acceptedBy?: BindingKnowledge | undefined;
  acceptedIn?: PacketReference | undefined;
  /** Microseconds since 1970; `registeredAt` 0 = never registered, `expiresAt` 0 = lifetime not known. */
  firstSeen: number;
  registeredAt: number;
  expiresAt: number;
  lastChange: PacketReference;
  /** Care-of addresses accepted before, newest last; at most `MAX_PREVIOUS`. */
  readonly previousCareOfAddresses: Uint8Array[];
  /** Another home address was registered with the same care-of address since this one has it; absent = not known. */
  isCareOfAddressShared?: boolean;
  pending: PendingUpdate | undefined;
  /** Changes, oldest first; at most `MAX_HISTORY`, then the oldest but the first is dropped and counted. */
  readonly history: BindingChange[];
  historyDropped: number;
  /** Capture time of the last tunnel packet from and to the care-of address, microseconds; 0 = none seen. */
  lastTunnelFrom: number;
  lastTunnelTo: number;
  /** The same for packets from a care-of address that is no longer the registered one. */
  lastTunnelFromPrevious: number;
  /** `lastTunnelFrom` of the care-of address before, as of the move; 0 or absent = none seen there. */
  lastTunnelFromBeforeMove?: number;
  tunnelPackets: number;
}

/** Care-of addresses remembered of one binding. */
export const MAX_PREVIOUS = 16;
/** Changes remembered of one binding. */
export const MAX_HISTORY = 32;
/** Changes remembered of all bindings together; past that each binding keeps its first and last. */
export const MAX_TOTAL_HISTORY = 100_000;
/** Home addresses tracked. */
export const MAX_HOME_ADDRESSES = 32_768;
/** Bindings of one home address: its home agents and correspondents. */
export const MAX_BINDINGS_PER_HOME_ADDRESS = 64;
