/**
 * Parts that writers of key files share.
 */
import { formatAddress, formatIpv4, type Prefix } from '../../dissectors/core/address.ts';
import { formatSelector } from '../state/security-association.ts';
import type { AssociationEntry } from './key-file.ts';

/** One thing in the format, or why it cannot be. */
export type WrittenItem =
  | {
      readonly text: string;
      /** What was lost, in words: `mode`, `replay window`. */
      readonly lost: readonly string[];
    }
  | { readonly impossible: string };

/** Text of an address of 16 or 4 octets. */
export function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(bytes) : formatAddress(bytes);
}

/** Text of one address; `undefined` for a prefix. The unspecified address stands for any, where that is allowed. */
export function endpointText(prefix: Prefix): string | undefined {
  if (prefix.length !== 0 && prefix.length !== 8 * prefix.bytes.length) return undefined;
  return addressText(prefix.bytes);
}

/** `0x00000100`. */
export function spiText(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** Text of a selector with a length in any case: `2001:db8::1/128`. */
export function prefixText({ bytes, length }: Prefix): string {
  return `${addressText(bytes)}/${length}`;
}

/** A line of comment for the name of an association; empty without a name. */
export function commentText(name: string | undefined): string {
  return name === undefined ? '' : `# ${name.replace(/\p{C}/gu, '?')}\n`;
}

/** Ends of an association that a format cannot write because it takes single addresses; `undefined` if it can. */
export function endpointProblem(entry: AssociationEntry, tool: string): string | undefined {
  const { association } = entry;
  const { source, destination, spi } = association;
  if (spi === undefined) return `${tool} takes one SPI; this one is for any`;
  if (destination.length !== 8 * destination.bytes.length) {
    return `${tool} takes one destination; this one is for ${formatSelector(destination)}`;
  }
  if (endpointText(source) === undefined) {
    return `${tool} takes one source; this one is for ${formatSelector(source)}`;
  }
  return undefined;
}

/** What only some formats can say of an association, in words, with whether it is there. */
export function extras(entry: AssociationEntry): Readonly<Record<Extra, boolean>> {
  const { association } = entry;
  return {
    mode: association.mode !== 'any',
    'replay window': entry.replayWindow !== undefined,
    selector: association.selector !== undefined,
    'care-of address': entry.careOfAddress !== undefined,
    'request id': entry.requestId !== undefined,
    'UDP encapsulation': entry.encapsulation !== undefined,
    'extended sequence numbers': association.extendedSequence,
    'upper sequence number': entry.initialSequenceHigh !== 0,
    source: association.source.length > 0,
    'authentication key': entry.integrityKey.length > 0,
  };
}

/** See {@link extras}. */
export type Extra =
  | 'mode'
  | 'replay window'
  | 'selector'
  | 'care-of address'
  | 'request id'
  | 'UDP encapsulation'
  | 'extended sequence numbers'
  | 'upper sequence number'
  | 'source'
  | 'authentication key';

/** Those of the extras that are there and that the format has no place for. */
export function lostOf(entry: AssociationEntry, without: readonly Extra[]): string[] {
  const present = extras(entry);
  return without.filter((extra) => present[extra]);
}
