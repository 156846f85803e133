/**
 * What a packet must have to match a filter, as far as the filter's form tells: packets without it need not be
 * dissected.
 */
import type { FilterPart } from './filter.ts';

/** `mip6` of `mip6.bu.seqnr`. */
function protocolOf(field: string): string {
  const dot = field.indexOf('.');
  return dot < 0 ? field : field.slice(0, dot);
}

/**
 * Protocols of which a packet must have at least one, by the first word of its fields.
 * @returns undefined when the filter may match a packet whatever it holds
 */
export function neededProtocols(part: FilterPart | undefined): ReadonlySet<string> | undefined {
  switch (part?.kind) {
    case 'test':
      return new Set(part.fields.map(protocolOf));
    case 'and': {
      // Every part must hold, so what any of them needs is needed; the fewest say most.
      const all = part.parts.map(neededProtocols).filter((found) => found !== undefined);
      return all.sort((a, b) => a.size - b.size)[0];
    }
    case 'or': {
      const all = part.parts.map(neededProtocols);
      const known = all.filter((found) => found !== undefined);
      return known.length < all.length ? undefined : new Set(known.flatMap((found) => [...found]));
    }
    case 'not':
    case 'xor':
    case undefined:
      return undefined;
  }
}
