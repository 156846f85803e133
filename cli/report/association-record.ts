/**
 * Turns security associations into records. What has no field here, above all the keys, reaches no output.
 */
import { formatSelector } from '../../engine/state/security-association.ts';
import type { SecurityAssociation } from '../../engine/state/security-association.ts';
import type { AssociationRecord } from '../../io/export/records.ts';

/** How an association fared in the run. */
export function associationRecord(association: SecurityAssociation): AssociationRecord {
  const { spi, esp, statistics } = association;
  const { packets, verified, icvFailures, decryptErrors } = statistics;
  return {
    label: association.label,
    origin: association.id,
    ...(spi === undefined ? {} : { spi }),
    mode: association.mode,
    source: formatSelector(association.source),
    destination: formatSelector(association.destination),
    encryption: esp.encryption.name,
    integrity: esp.integrity.name,
    packets,
    opened: packets - icvFailures - decryptErrors,
    verified,
    icv_mismatches: icvFailures,
    malformed: decryptErrors,
    verdict: verdictOf(packets, icvFailures, decryptErrors),
  };
}

function verdictOf(
  packets: number,
  icvFailures: number,
  decryptErrors: number,
): AssociationRecord['verdict'] {
  if (packets === 0) return 'unused';
  const failed = icvFailures + decryptErrors;
  if (failed === 0) return 'works';
  if (failed < packets) return 'mixed';
  // Random octets never have the right ICV; without an ICV a wrong key shows as nonsense after decryption.
  return icvFailures > 0 ? 'wrong-key' : 'unreadable';
}
