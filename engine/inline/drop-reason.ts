/**
 * Why a packet is dropped: what is written down of it, and what an operator reads.
 */
import type { PacketReference } from '../events.ts';
import type { Confidence, Evidence, Severity, Stage } from '../rule-api.ts';

/** The finding that speaks for a packet that is dropped. Octets in it are copies and stay valid. */
export interface DropReason {
  /** `MIP6-1106`. */
  readonly ruleId: string;
  readonly title: string;
  readonly severity: Severity;
  /** `rate-limit`: it was more than the rule lets pass about this object. */
  readonly verdict: 'drop' | 'rate-limit';
  readonly confidence: Confidence;
  /** What the finding is about, as in alerts: one alert per rule and object. */
  readonly object: string;
  /** One sentence: who did what to whom. */
  readonly message: string;
  /** The packet that was judged. */
  readonly packet: PacketReference;
  readonly evidence: readonly Evidence[];
  readonly stage: Stage | undefined;
  /** Address (16 octets) or link-layer address (6 octets) that acts. */
  readonly attacker: Uint8Array | undefined;
  readonly homeAddress: Uint8Array | undefined;
  readonly homeAgent: Uint8Array | undefined;
  readonly homePrefix: { readonly prefix: Uint8Array; readonly length: number } | undefined;
  /** What else rules found in the packet, whatever their verdict; each rule once. */
  readonly related: readonly { readonly ruleId: string; readonly message: string }[];
  /** Monitor mode: the packet passes, in enforce mode it would not. */
  readonly wouldDrop: boolean;
}
