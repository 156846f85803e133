/**
 * Cookies in evidence. Tokens are keys and are never shown.
 */

/** Octets as hexadecimal digits. */
export function octetsText(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
