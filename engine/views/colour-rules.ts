/**
 * Colour rules: display filters that say how a packet looks in a list. The first that matches decides, as in Wireshark.
 */
import { compileFilter } from '../filter/filter.ts';
import type { CompiledFilter } from '../filter/filter.ts';
import type { FieldSource } from '../filter/source.ts';

/** What a packet is to whoever looks at a list. */
export type PacketEmphasis =
  | 'broken'
  | 'refused'
  | 'deregistration'
  | 'registration'
  | 'signalling'
  | 'plain';

/** One rule. */
export interface ColourRule {
  readonly emphasis: PacketEmphasis;
  readonly filter: string;
}

/** Rules for mobility; what none matches is `plain`. */
export const COLOUR_RULES: readonly ColourRule[] = [
  // Diagnostics that a receiver must not tolerate: checksums, malformed headers, wrong authenticators.
  { emphasis: 'broken', filter: '_ws.expert.severity == error' },
  {
    emphasis: 'refused',
    filter: 'mip6.ba.status >= 128 or mip6.be.status or icmpv6.type == 4',
  },
  { emphasis: 'deregistration', filter: 'mip6.bu.lifetime == 0' },
  { emphasis: 'registration', filter: 'mip6.mhtype in {5, 6}' },
  {
    emphasis: 'signalling',
    filter: 'mip6 or icmpv6.type in {133..137, 144..149, 154} or isakmp',
  },
];

/** Asks the rules about packets. Compiled once. */
export class ColourRules {
  readonly #rules: readonly {
    readonly emphasis: PacketEmphasis;
    readonly filter: CompiledFilter;
  }[];

  /** @throws FilterError for a rule whose filter is wrong */
  constructor(rules: readonly ColourRule[] = COLOUR_RULES) {
    this.#rules = rules.map(({ emphasis, filter }) => ({
      emphasis,
      filter: compileFilter(filter),
    }));
  }

  emphasisOf(source: FieldSource): PacketEmphasis {
    return this.#rules.find(({ filter }) => filter.matches(source))?.emphasis ?? 'plain';
  }
}
