/**
 * Opens ESP for the field tree of one packet.
 */
import { copyOctets, u32 } from '../dissectors/core/bytes.ts';
import type { OpenEsp, OpenedEsp } from '../dissectors/index.ts';
import { createEspResult, EspScratch, isOpen, openEsp } from '../engine/crypto/esp.ts';
import { SecurityAssociationTable } from '../engine/state/security-association.ts';
import type { SecurityAssociation } from '../engine/state/security-association.ts';

/** SPI and sequence number. */
const HEADER_OCTETS = 8;
/** Associations tried on one packet. */
const MAX_CANDIDATES = 8;

/**
 * A function that opens ESP packets with the associations.
 *
 * A single packet does not tell which care-of address a tunnel has moved to, so an association of the same SPI
 * with other addresses is tried as well, but believed only when it verifies the packet.
 */
export function espOpener(associations: readonly SecurityAssociation[]): OpenEsp {
  return espOpenerOf(new SecurityAssociationTable(associations));
}

/** As {@link espOpener}, with a table that may grow between packets. */
export function espOpenerOf(table: SecurityAssociationTable): OpenEsp {
  const result = createEspResult();
  const scratch = new EspScratch();
  const fitting: SecurityAssociation[] = [];
  const addresses = new Uint8Array(32);

  return (bytes, offset, end, source, destination) => {
    if (end - offset < HEADER_OCTETS) return undefined;
    const spi = u32(bytes, offset);
    addresses.set(source, 0);
    addresses.set(destination, 16);
    const count = table.candidates(spi, addresses, 0, 16, source.length, fitting, MAX_CANDIDATES);
    const chosen = fitting.slice(0, count);
    const others = table.findBySpi(spi).filter((other) => !chosen.includes(other));
    for (const association of [...chosen, ...others.slice(0, MAX_CANDIDATES)]) {
      openEsp(association, bytes, offset, end, scratch, result);
      const isChosen = chosen.includes(association);
      if (result.integrityVerified || (isChosen && isOpen(result))) {
        const { encryption, integrity } = association.esp;
        const around = HEADER_OCTETS + encryption.ivLength + encryption.icvLength;
        // Not by the Pad Length, which a broken sender may have wrong: the tree shows that.
        const length = end - offset - around - integrity.icvLength;
        return opened(
          association,
          // The scratch buffer is used again for the packet inside.
          copyOctets(result.bytes, result.payloadOffset, result.payloadOffset + length),
          result.integrityVerified ? 'good' : 'not-checked',
        );
      }
    }
    // Associations meant for this packet whose keys do not fit: worth saying. An ICV that nobody can check is not wrong.
    const first = chosen.find(checksIntegrity);
    return first === undefined ? undefined : opened(first, new Uint8Array(0), 'bad');
  };
}

/** Whether a wrong key of the association shows. */
function checksIntegrity({ esp }: SecurityAssociation): boolean {
  return esp.integrity.create !== undefined || esp.encryption.icvLength > 0;
}

function opened(
  association: SecurityAssociation,
  bytes: Uint8Array,
  icv: OpenedEsp['icv'],
): OpenedEsp {
  const { encryption, integrity } = association.esp;
  return {
    bytes,
    ivLength: encryption.ivLength,
    icvLength: encryption.icvLength + integrity.icvLength,
    icv,
    association: association.label,
  };
}
