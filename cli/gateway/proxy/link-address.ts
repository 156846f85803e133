/** Link-layer addresses of a configuration. */

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** Octets of `02:00:00:00:00:01`; undefined for anything else, and for groups. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!MAC.test(text.toLowerCase())) return undefined;
  const octets = Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
  return ((octets[0] ?? 1) & 1) === 0 ? octets : undefined;
}
