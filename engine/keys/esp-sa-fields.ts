/**
 * Single fields of an `esp_sa` row: addresses, SPI, keys.
 */
import {
  IPV4_LENGTH,
  IPV6_LENGTH,
  parsePrefix,
  type Prefix,
} from '../../dissectors/core/address.ts';

/**
 * Address field: `*`, an address, a prefix, or groups that end in wildcards (`192.0.2.*`, `2001:db8:1:*`,
 * `2001:db8::*`), which become prefixes. `undefined` when it is none of that family.
 * @param addressLength 16 for IPv6, 4 for IPv4.
 */
export function parseSelector(text: string, addressLength: number): Prefix | undefined {
  if (text === '*') return { bytes: new Uint8Array(addressLength), length: 0 };
  if (text.length > 50) return undefined;
  const plain = text.includes('*') ? withoutWildcards(text) : text;
  const prefix = plain === undefined ? undefined : parsePrefix(plain);
  return prefix?.bytes.length === addressLength ? prefix : undefined;
}

/** A text with wildcard groups at its end as a prefix text. */
function withoutWildcards(text: string): string | undefined {
  const octets = /^((?:[0-9]{1,3}\.){1,3})(?:\*\.){0,2}\*$/.exec(text)?.[1];
  if (octets !== undefined) {
    const known = octets.split('.').length - 1;
    if (text.split('.').length !== IPV4_LENGTH) return undefined;
    return `${octets}${'0.'.repeat(IPV4_LENGTH - known).slice(0, -1)}/${8 * known}`;
  }
  const groups = /^((?:[0-9a-fA-F]{1,4}:){1,7})(?:\*:){0,6}\*$/.exec(text)?.[1];
  if (groups !== undefined) {
    const known = groups.split(':').length - 1;
    return `${groups}:/${16 * known}`;
  }
  if (/^[0-9a-fA-F:]*::\*$/.test(text)) return `${text.slice(0, -1)}0/${8 * IPV6_LENGTH - 16}`;
  return undefined;
}

/** SPI field: decimal or `0x` hexadecimal 1..0xffffffff, `*` for any; `undefined` when it is neither. */
export function parseSpi(text: string): number | '*' | undefined {
  if (text === '*') return '*';
  if (!/^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text)) return undefined;
  const spi = Number(text);
  return spi >= 1 && spi <= 0xffff_ffff ? spi : undefined;
}

/** A key, or what keeps the text from being one. */
export interface ParsedKey {
  readonly bytes: Uint8Array;
  /** `hex`: `0x` with other characters than hex digits; `characters`: text beyond one octet a character. */
  readonly fault?: 'hex' | 'characters';
  /** The number of hex digits was odd; the first octet got a 0 in front, as Wireshark does. */
  readonly isOdd?: boolean;
}

/** Key field: `0x` and hex digits, or the key's own characters, one octet each. */
export function parseKey(text: string): ParsedKey {
  const none = new Uint8Array(0);
  if (!/^0[xX]/.test(text)) {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) > 0xff) return { bytes: none, fault: 'characters' };
    }
    return { bytes };
  }
  const isOdd = text.length % 2 === 1;
  const digits = isOdd ? `0${text.slice(2)}` : text.slice(2);
  if (!/^[0-9a-fA-F]*$/.test(digits)) return { bytes: none, fault: 'hex' };
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return { bytes, isOdd };
}
