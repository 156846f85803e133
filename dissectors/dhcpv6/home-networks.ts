/**
 * What a DHCPv6 server tells about home agents: options of RFC 6610 in its messages.
 */
import { addressKey } from '../core/address.ts';
import { u16, u8 } from '../core/bytes.ts';
import { dhcpv6Options } from './options.ts';

/** Which home network is meant: that of the visited operator, one that the client asked for by name, or any. */
export type HomeNetworkKind = 'visited' | 'identified' | 'unrestricted' | 'none';

/** Home network of one option. */
export interface OfferedHomeNetwork {
  readonly kind: HomeNetworkKind;
  /** 16 octets each; at most 16. */
  readonly homeAgents: readonly Uint8Array[];
  /** Home network prefixes, 16 octets and a length of 0..128; at most 16. */
  readonly prefixes: readonly { readonly prefix: Uint8Array; readonly length: number }[];
}

/** Messages of a server: Advertise, Reply. RFC 8415 section 7.3. */
const SERVER_MESSAGES = [2, 7];
const HEADER_OCTETS = 4;
const OPTION_HEADER = 4;
/** Options of RFC 6610 sections 3.2.1 to 3.2.3 and 3.3, 3.4. */
const HOME_NETWORK_CODES = new Set([50, 69, 70, 71, 72]);
/** Options looked at before the message is given up. */
const MAX_OPTIONS = 256;
const MAX_ITEMS = 16;

/** Whether the message at `[offset, end)` is of a server and has an option that tells a home network. */
export function tellsHomeNetwork(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < HEADER_OCTETS || !SERVER_MESSAGES.includes(u8(bytes, offset))) return false;
  let at = offset + HEADER_OCTETS;
  for (let i = 0; i < MAX_OPTIONS && at + OPTION_HEADER <= end; i++) {
    if (HOME_NETWORK_CODES.has(u16(bytes, at))) return true;
    at += OPTION_HEADER + u16(bytes, at + 2);
  }
  return false;
}

/** The home networks of a message for which `tellsHomeNetwork` holds. Never throws. */
export function readHomeNetworks(
  bytes: Uint8Array,
  offset: number,
  end: number,
): OfferedHomeNetwork[] {
  const found: OfferedHomeNetwork[] = [];
  const options = dhcpv6Options.decode(bytes, offset + HEADER_OCTETS, end);
  const alone = collect('none', options);
  if (alone !== undefined) found.push(alone);
  for (const option of options) {
    if (found.length >= MAX_ITEMS) break;
    const kind = kindOf(option.kind);
    if (kind === undefined || !('options' in option)) continue;
    const network = collect(kind, option.options);
    if (network !== undefined) found.push(network);
  }
  return found;
}

function kindOf(option: string): HomeNetworkKind | undefined {
  switch (option) {
    case 'visited-home-network':
      return 'visited';
    case 'identified-home-network':
      return 'identified';
    case 'unrestricted-home-network':
      return 'unrestricted';
    default:
      return undefined;
  }
}

function collect(
  kind: HomeNetworkKind,
  options: readonly unknown[],
): OfferedHomeNetwork | undefined {
  const homeAgents = new Map<string, Uint8Array>();
  const prefixes: { prefix: Uint8Array; length: number }[] = [];
  for (const option of options) {
    if (typeof option !== 'object' || option === null || !('kind' in option)) continue;
    if ('homeAgent' in option && option.homeAgent instanceof Uint8Array) {
      const { homeAgent } = option;
      if (homeAgents.size < MAX_ITEMS) homeAgents.set(addressKey(homeAgent), homeAgent);
    } else if (option.kind === 'home-network-prefix' && 'prefix' in option) {
      const { prefix } = option;
      const length = 'prefixLength' in option ? option.prefixLength : undefined;
      if (!(prefix instanceof Uint8Array) || typeof length !== 'number' || length > 128) continue;
      if (prefixes.length < MAX_ITEMS) prefixes.push({ prefix, length });
    }
  }
  if (homeAgents.size === 0 && prefixes.length === 0) return undefined;
  return { kind, homeAgents: [...homeAgents.values()], prefixes };
}
