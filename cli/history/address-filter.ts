/**
 * Rows that are about an address or a prefix.
 */
import { parseAddress, parsePrefix, prefixMatches } from '../../dissectors/core/address.ts';
import type { HistoryRow } from '../../io/store/history.ts';

const IPV6_OCTETS = 16;

/** Columns that hold the addresses that a row is about. */
const COLUMNS = [
  'home_address',
  'care_of_address',
  'previous_care_of_address',
  'peer',
  'home_agent',
  'attacker',
] as const;

/** Addresses of a row; attackers of an incident are a JSON list. */
function addressesOf(row: HistoryRow): string[] {
  const found: string[] = [];
  for (const name of COLUMNS) {
    const value = row[name];
    if (typeof value === 'string') found.push(value);
  }
  const { attackers } = row;
  if (typeof attackers === 'string') found.push(...textsOf(attackers));
  return found;
}

/** Texts of a JSON list; none of anything else. */
export function textsOf(json: string): string[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * A test for rows.
 * @param text IPv6 address, prefix, or link-layer address
 * @returns undefined when the text is none of them
 */
export function addressFilter(text: string): ((row: HistoryRow) => boolean) | undefined {
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    const wanted = text.toLowerCase();
    return (row) => addressesOf(row).includes(wanted);
  }
  const address = parseAddress(text);
  const prefix = address === undefined ? parsePrefix(text) : { bytes: address, length: 128 };
  if (prefix?.bytes.length !== IPV6_OCTETS) return undefined;
  return (row) =>
    addressesOf(row).some((item) => {
      const other = parseAddress(item);
      return other?.length === IPV6_OCTETS && prefixMatches(prefix.bytes, prefix.length, other, 0);
    });
}
