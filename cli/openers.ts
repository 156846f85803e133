/**
 * What opens packets for their field trees: ESP with associations that were given or derived, IKE with secrets.
 */
import type { Ipv6View, OpenEsp, OpenIke } from '../dissectors/index.ts';
import type { IkeNotice } from '../engine/ike/notices.ts';
import type { AnyIkeSecret } from '../engine/ike/secret.ts';
import { IkeSessions } from '../engine/ike/sessions.ts';
import { SecurityAssociationTable } from '../engine/state/security-association.ts';
import type { SecurityAssociation } from '../engine/state/security-association.ts';
import { espOpenerOf } from './esp-opener.ts';
import { NullOpener } from './null-opener.ts';

/** Functions for one reading of packets, in their order: IKE adds what ESP is opened with. */
export interface PacketOpeners {
  readonly openEsp: OpenEsp;
  /** True when keys may open any ESP packet, else what tells which are in the clear. */
  readonly opensEsp: true | ((view: Ipv6View) => boolean);
  readonly openIke?: OpenIke;
  /** What keeps IKE sessions from being followed, so far. */
  readonly notices: () => readonly IkeNotice[];
}

/** Openers with what key files hold. */
export function packetOpeners(
  associations: readonly SecurityAssociation[],
  secrets: readonly AnyIkeSecret[],
): PacketOpeners {
  const inClear = new NullOpener();
  if (associations.length === 0 && secrets.length === 0) {
    return {
      openEsp: inClear.openEsp,
      opensEsp: (view) => inClear.isReadable(view),
      notices: () => [],
    };
  }
  const table = new SecurityAssociationTable(associations);
  const withKeys = espOpenerOf(table);
  const openEsp: OpenEsp = (...packet) => withKeys(...packet) ?? inClear.openEsp(...packet);
  const opensEsp = true;
  if (secrets.length === 0) return { openEsp, opensEsp, notices: () => [] };
  const sessions = new IkeSessions(secrets, (association) => {
    table.add(association);
  });
  const openIke: OpenIke = (bytes, offset, end, source, destination) =>
    sessions.open(bytes, offset, end, source, destination);
  return { openEsp, opensEsp, openIke, notices: () => sessions.notices.all };
}
