/**
 * The field tree: what a detail pane, `read -V` and the JSON exports show of one packet.
 */
import type { Diagnostic } from './diagnostic.ts';
import type { Spec } from './spec.ts';

export type { Spec } from './spec.ts';

/** Value of a field: a number (unsigned), octets, or text. */
export type NodeValue = number | Uint8Array | string;

/** One line of the tree. Ranges are octets of `Dissection.sources[source]`. */
export interface FieldNode {
  /** Human name of the field or header. */
  readonly label: string;
  /** Name in display filters and JSON (`mip6.bu.seqnr`); absent for pure groups. */
  readonly name?: string;
  /** Value as shown, sanitised: no control characters whatever the wire held. */
  readonly text: string;
  readonly value?: NodeValue;
  readonly offset: number;
  /** Octets; 0 for generated nodes. */
  readonly length: number;
  /** Bits of the octets this field occupies, as a mask over the whole range; absent = all. */
  readonly mask?: number;
  /** 0 = the frame as captured; others are reassembled or decrypted octets. */
  readonly source: number;
  /** True when no octet says this directly (verification results, normalised addresses). */
  readonly generated?: boolean;
  readonly spec?: Spec;
  readonly children: FieldNode[];
}

/** Octets that field ranges refer to. */
export interface ByteSource {
  /** `Frame`, `Reassembled IPv6`, `Decrypted ESP`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Everything known about one packet's octets. */
export interface Dissection {
  readonly sources: ByteSource[];
  /** Top-level headers in order. */
  readonly nodes: FieldNode[];
  readonly diagnostics: Diagnostic[];
}
