/**
 * Packets as a list, and one of them in detail.
 */
import type { ByteSource, FieldNode } from '../../../dissectors/core/node.ts';
import type { Severity } from '../../rule-api.ts';
import type { PacketEmphasis } from '../colour-rules.ts';

/** One line of the packet list. */
export interface PacketRow {
  /** 0-based position among all packets of the run, filtered or not: the identity of a packet in this model. */
  readonly packet: number;
  /** 1-based number within its input, as other tools count. */
  readonly number: number;
  /** Index into `ModelStatus.inputs`. */
  readonly input: number;
  /** Seconds since the first packet. */
  readonly seconds: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly info: string;
  /** Octets on the wire. */
  readonly length: number;
  readonly emphasis: PacketEmphasis;
  /** Worst severity of the alerts that have this packet as evidence. */
  readonly severity: Severity | undefined;
}

/** Everything known of one packet. */
export interface PacketDetail {
  readonly row: PacketRow;
  /** Frame, headers, what is wrong, what was found: as `read -V` shows it. */
  readonly nodes: readonly FieldNode[];
  /** Octets that the ranges of nodes refer to; the first is the frame. */
  readonly sources: readonly ByteSource[];
  /** Capture time, seconds since 1970 and nanoseconds. */
  readonly time: { readonly seconds: number; readonly nanoseconds: number };
  /** Ids of the alerts that have this packet as evidence. */
  readonly alerts: readonly number[];
  /** Home addresses it speaks about: *follow binding* goes on with the first. */
  readonly homeAddresses: readonly string[];
}

/** What a display filter did. */
export type FilterOutcome =
  | { readonly ok: true; readonly matched: number }
  | {
      readonly ok: false;
      readonly message: string;
      /** Octets of the text that are wrong, for a caret. */
      readonly offset: number;
      readonly length: number;
      readonly hint: string | undefined;
    };

/** What to look for. */
export type SearchQuery =
  | { readonly kind: 'text' | 'regex'; readonly text: string }
  | { readonly kind: 'hex'; readonly octets: Uint8Array };
