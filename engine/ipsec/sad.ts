/**
 * Rows of a SAD in the notation of RFC 3776 section 5.1, and the associations that keys are known of.
 */
import type { SecurityAssociation } from '../state/security-association.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import { prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { PolicyAddress, PolicyAssociation, PolicyCondition, PolicySection } from './policy.ts';

const ANY: Prefix = { bytes: new Uint8Array(16), length: 0 };

/**
 * Gives associations the selector and mode that a SAD has for their SPI and destination, where their key file has
 * none: a row of Wireshark's table says neither.
 */
export function describeAssociations(
  associations: readonly SecurityAssociation[],
  sections: readonly PolicySection[],
): void {
  const bySpi = new Map<number, PolicyAssociation[]>();
  for (const section of sections) {
    if (section.database !== 'SAD') continue;
    for (const row of section.associations) {
      if (typeof row.spi !== 'number') continue;
      const rows = bySpi.get(row.spi);
      if (rows === undefined) bySpi.set(row.spi, [row]);
      else rows.push(row);
    }
  }
  if (bySpi.size === 0) return;
  for (const association of associations) {
    if (association.spi === undefined || association.addressLength !== 16) continue;
    const row = bySpi.get(association.spi)?.find((item) => isFor(item, association.destination));
    const selector = row === undefined ? undefined : selectorOf(row.selector);
    if (row !== undefined && selector !== undefined) association.describe(selector, row.mode);
  }
}

/** A destination that is a name, such as that of a care-of address, is any. */
function isFor({ destination: { prefix } }: PolicyAssociation, destination: Prefix): boolean {
  if (prefix === undefined) return true;
  const length = Math.min(prefix.length, destination.length);
  return prefixMatches(prefix.bytes, length, destination.bytes, 0);
}

/** Undefined when an address is a name that stands for none: what it selects is not known. */
function selectorOf(condition: PolicyCondition): TrafficSelector | undefined {
  const source = prefixOf(condition.source);
  const destination = prefixOf(condition.destination);
  if (source === undefined || destination === undefined) return undefined;
  const { protocol, type, code } = condition;
  return {
    source,
    destination,
    protocol,
    sourcePort: undefined,
    destinationPort: undefined,
    type,
    code,
    interface: undefined,
  };
}

function prefixOf(address: PolicyAddress | undefined): Prefix | undefined {
  return address === undefined ? ANY : address.prefix;
}
