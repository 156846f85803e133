/**
 * The Mobility Header that an ICMPv6 error quotes. RFC 6275 section 11.3.5.
 */
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { Ipv6View, walkIpv6 } from '../../../dissectors/walk.ts';
import { COOKIE_OCTETS } from './constants.ts';

const MH_TYPE_AT = 2;
const COOKIE_AT = 8;
const SEQUENCE_AT = 6;

/** A message of this node; addresses are the final ones. */
export type QuotedMessage = { readonly destination: Uint8Array } & (
  | { readonly kind: 'home-test-init' | 'care-of-test-init'; readonly cookie: Uint8Array }
  | { readonly kind: 'binding-update'; readonly sequence: number }
);

/** @returns undefined when it is none of the three messages that correspondents get, or not enough of it */
export function quotedMessage(quoted: Uint8Array): QuotedMessage | undefined {
  const view = new Ipv6View();
  if (!walkIpv6(quoted, 0, quoted.length, true, view)) return undefined;
  if (view.upperProtocol !== NEXT_HEADER.mobility) return undefined;
  const at = view.upperOffset;
  if (at + COOKIE_AT > quoted.length) return undefined;
  const destination = quoted.slice(view.effectiveDestination, view.effectiveDestination + 16);
  const type = u8(quoted, at + MH_TYPE_AT);
  if (type === 5) {
    return { kind: 'binding-update', destination, sequence: u16(quoted, at + SEQUENCE_AT) };
  }
  if ((type !== 1 && type !== 2) || at + COOKIE_AT + COOKIE_OCTETS > quoted.length)
    return undefined;
  const cookie = quoted.slice(at + COOKIE_AT, at + COOKIE_AT + COOKIE_OCTETS);
  return { kind: type === 1 ? 'home-test-init' : 'care-of-test-init', destination, cookie };
}
