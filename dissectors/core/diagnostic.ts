/**
 * Findings about one packet's octets: a closed list of codes, each with a severity, a group and its source.
 */
import type { DiagnosticDefinition } from './diagnostics/definition.ts';
import { icmpv6Diagnostics } from './diagnostics/icmpv6.ts';
import { internetDiagnostics } from './diagnostics/internet.ts';
import { ipsecDiagnostics } from './diagnostics/ipsec.ts';
import { mobilityDiagnostics } from './diagnostics/mobility.ts';
import { upperLayerDiagnostics } from './diagnostics/upper-layer.ts';

export type { DiagnosticGroup, DiagnosticSeverity } from './diagnostics/definition.ts';

/** Every diagnostic a dissector can make. Codes are stable: exports and filters carry them. */
export const DIAGNOSTICS = {
  ...internetDiagnostics,
  ...mobilityDiagnostics,
  ...icmpv6Diagnostics,
  ...ipsecDiagnostics,
  ...upperLayerDiagnostics,
} as const satisfies Record<string, DiagnosticDefinition>;

/** Stable code of a diagnostic. */
export type DiagnosticCode = keyof typeof DIAGNOSTICS;

/** One finding. `offset` and `length` are octets of `sources[source]`. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly length: number;
  readonly source: number;
  /** What was found here, for example `length 15, expected 16`. */
  readonly detail?: string;
}

/** Collects diagnostics of one packet; at most `MAX_DIAGNOSTICS`, the rest is counted. */
export class DiagnosticList {
  /** More than this from one packet tells nothing new and would let a packet cost memory. */
  static readonly MAX_DIAGNOSTICS = 64;
  readonly items: Diagnostic[] = [];
  dropped = 0;
  /** Source that offsets refer to; set by whoever moves on to decrypted or reassembled octets. */
  source = 0;

  add(code: DiagnosticCode, offset: number, length: number, detail?: string): void {
    if (this.items.length >= DiagnosticList.MAX_DIAGNOSTICS) {
      this.dropped++;
      return;
    }
    const base = { code, offset, length, source: this.source };
    this.items.push(detail === undefined ? base : { ...base, detail });
  }

  has(code: DiagnosticCode): boolean {
    return this.items.some((item) => item.code === code);
  }

  clear(): void {
    this.items.length = 0;
    this.dropped = 0;
    this.source = 0;
  }
}
