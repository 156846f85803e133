/**
 * The Key Management Mobility Capability (K) and what follows from it. RFC 6275 section 10.3.1.
 */
import type { KeyManagement } from '../home-agent-parts.ts';

/** Ends of a key management connection, before and after an update. */
export interface KeyManagementMove {
  readonly homeAddress: Uint8Array;
  /** K of the update. */
  readonly isRequested: boolean;
  /** Where the mobile node is now; the home address when it has de-registered (section 10.3.2). */
  readonly peer: Uint8Array;
  /** Where it was; the home address without a binding. */
  readonly previousPeer: Uint8Array;
}

/** @returns K of the acknowledgement. Manual keys (`keys` undefined) never have it. */
export function moveKeyManagement(
  keys: KeyManagement | undefined,
  { homeAddress, isRequested, peer, previousPeer }: KeyManagementMove,
): boolean {
  if (keys === undefined) return false;
  if (isRequested && keys.canMove(homeAddress)) {
    keys.moveEndpoint(homeAddress, peer);
    return true;
  }
  keys.discard(homeAddress, previousPeer);
  return false;
}
