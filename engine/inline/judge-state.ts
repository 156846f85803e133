/**
 * What a judge knows, as plain values that JSON can hold: to go on after a restart as if there had been none.
 *
 * Octets are lower-case hexadecimal, times are microseconds since 1970, links are indices into `links`. What is not in it is
 * learned again within minutes, and until then raises nothing: neighbours and routers, return routability tests, proxy
 * bindings, tables of rules.
 */
import type { BindingKnowledge, BindingPhase } from '../state/binding-cache.ts';

/** Version of the shape of `JudgeState`; a state of another version is refused. */
export const JUDGE_STATE_VERSION = 1;

/** Entries kept at most; of what there is more of, the newest. */
export const STATE_LIMITS = {
  links: 4096,
  bindings: 32_768,
  history: 4,
  previous: 16,
  homeAgents: 4096,
  homeAddresses: 32_768,
  homePrefixes: 256,
  ring: 8192,
  flows: 1024,
  window: 64,
  associations: 65_536,
  words: 256,
  seenHomeAddresses: 4096,
  messages: 16,
  sightings: 4,
} as const;

/** A packet of an earlier run: `[input, number, time, nanoseconds]`. */
export type PacketState = readonly [number, number, number, number];

export interface PendingState {
  readonly careOfAddress: string;
  readonly sequence: number | null;
  readonly lifetime: number | null;
  readonly isHomeStyle: boolean;
  readonly relay: string | null;
  readonly packet: PacketState;
}

export interface ChangeState {
  readonly packet: PacketState;
  readonly phase: BindingPhase | 'rejected';
  readonly careOfAddress: string;
  readonly sequence: number | null;
  readonly lifetime: number | null;
  readonly status: number | null;
  readonly knownBy: BindingKnowledge;
}

/** A binding; fields as in `Binding`. */
export interface BindingState {
  readonly homeAddress: string;
  readonly peer: string;
  readonly role: 'home' | 'correspondent';
  readonly phase: BindingPhase;
  readonly careOfAddress: string;
  readonly sequence: number | null;
  readonly lifetime: number | null;
  readonly flags: number | null;
  readonly knownBy: BindingKnowledge;
  readonly firstSeen: number;
  readonly registeredAt: number;
  readonly expiresAt: number;
  readonly lastChange: PacketState;
  readonly previousCareOfAddresses: readonly string[];
  readonly pending: PendingState | null;
  readonly history: readonly ChangeState[];
  readonly historyDropped: number;
  readonly lastTunnelFrom: number;
  readonly lastTunnelTo: number;
  readonly lastTunnelFromPrevious: number;
  readonly tunnelPackets: number;
}

/** One layout of an ESP packet that was seen. */
export interface SightingState {
  readonly layout: 'home-address-option' | 'type-2-routing-header' | 'plain';
  readonly source: string;
  readonly destination: string;
  readonly homeAddress: string | null;
  readonly packet: PacketState;
  readonly link: number;
  readonly isCut: boolean;
}

/** An ESP packet of the ring. @see EspRing */
export interface RingState {
  /** SPI, sequence number and integrity check value, or start, as the ring has them. */
  readonly key: string;
  readonly sightings: readonly SightingState[];
}

/** Sequence numbers of ESP to one destination on one link. */
export interface FlowState {
  readonly link: number;
  readonly spi: number;
  readonly destination: string;
  readonly packets: number;
  readonly highest: number;
  readonly raised: number;
  readonly settled: number;
  readonly candidate: number;
  readonly checked: number;
  /** `[slot, sequence, tail, time, number, input, hop limit, layout]` of each place that is taken. */
  readonly window: readonly (readonly number[])[];
}

/** Replay window of an association, which is known by SPI and addresses; keys are no part of it. */
export interface AssociationWindowState {
  /** Null = a row for any SPI. */
  readonly spi: number | null;
  /** Hexadecimal address, `/`, length: those of the row of the key file. */
  readonly source: string;
  readonly destination: string;
  readonly highest: number;
  readonly highestHigh: number;
  readonly words: readonly number[];
}

/** A message of one home address that was seen. */
export interface MessageState {
  readonly first: number;
  readonly second: number;
  readonly sightings: readonly {
    readonly packet: PacketState;
    readonly link: number;
    readonly source: string;
    readonly linkSource: string | null;
    readonly hopLimit: number;
    readonly lastSeen: number;
  }[];
}

/** State of a judge. */
export interface JudgeState {
  readonly version: typeof JUDGE_STATE_VERSION;
  /** Of the last packet. */
  readonly time: number;
  /** `isForeign`: a relay has shown that the link is not the home link. */
  readonly links: readonly { readonly name: string; readonly isForeign: boolean }[];
  readonly bindings: readonly BindingState[];
  /** What was learned from signalling; what the site says is not in it. */
  readonly home: {
    readonly agents: readonly string[];
    readonly addresses: readonly string[];
    /** `hexadecimal prefix/length`. */
    readonly prefixes: readonly string[];
  };
  readonly ring: readonly RingState[];
  readonly flows: readonly FlowState[];
  readonly associations: readonly AssociationWindowState[];
  readonly messages: {
    /** What the hashes were made with. */
    readonly seed: number;
    readonly byHomeAddress: readonly {
      readonly homeAddress: string;
      readonly messages: readonly MessageState[];
    }[];
  };
}

/** A state that cannot be taken; nothing of it was. The message names the field and what was expected there. */
export class JudgeStateError extends Error {
  override readonly name = 'JudgeStateError';
}
