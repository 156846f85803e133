/**
 * Map keys of tests of return routability.
 */
import { u16 } from '../../dissectors/core/bytes.ts';
import type { TestKind } from '../state/routability-tests.ts';

/** Above the length of any cookie, so that both fit into one unit of a key. */
const CARE_OF = 0x100;

/**
 * Map key of an init and of the test that answers it: kind, correspondent (16 octets) and cookie (8 octets, fewer when
 * the message was cut). Made in one piece, without a text to put together. RFC 6275 sections 6.1.3 to 6.1.6.
 */
export function testKey(kind: TestKind, peer: Uint8Array, cookie: Uint8Array): string {
  return String.fromCharCode(
    kind === 'home' ? cookie.length : CARE_OF + cookie.length,
    u16(peer, 0),
    u16(peer, 2),
    u16(peer, 4),
    u16(peer, 6),
    u16(peer, 8),
    u16(peer, 10),
    u16(peer, 12),
    u16(peer, 14),
    u16(cookie, 0),
    u16(cookie, 2),
    u16(cookie, 4),
    u16(cookie, 6),
  );
}
