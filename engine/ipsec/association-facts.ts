/**
 * What rules may know of a security association. Keys are not part of it.
 */
import type { AssociationMode, SecurityAssociation } from '../state/security-association.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';

/** One association, as far as rules are concerned. One object for each association and run. */
export interface AssociationFacts {
  /** SPI and addresses, for people. */
  readonly label: string;
  readonly mode: AssociationMode;
  /** Names of the transforms as in Wireshark. */
  readonly encryption: string;
  readonly integrity: string;
  /** False with NULL encryption, AES-GMAC included. */
  readonly isEncrypted: boolean;
  /** `no` = neither an integrity algorithm nor a combined one; `unknown` = the key file says not to check. */
  readonly isAuthenticated: 'yes' | 'no' | 'unknown';
  /** Traffic it is for, when the key file says so. */
  readonly selector: TrafficSelector | undefined;
  /** It may stand for several associations: any SPI, or any destination. */
  readonly isShared: boolean;
  /** It was recognised in the packets, without a key: nothing about its integrity is known for sure. */
  readonly isInferred?: boolean;
  /** Packets in transport mode it has opened so far that were Mobility Headers, and that were something else. */
  mobilityPackets: number;
  otherPackets: number;
  /** Packets it has opened so far that were payload in a tunnel. */
  payloadPackets: number;
}

/** Facts of associations, made when first asked for. */
export class AssociationRegister {
  readonly #facts = new Map<SecurityAssociation, AssociationFacts>();

  /** Facts of an association. Bounded by the associations of the run. */
  of(association: SecurityAssociation): AssociationFacts {
    let facts = this.#facts.get(association);
    if (facts === undefined) {
      facts = factsOf(association);
      this.#facts.set(association, facts);
    }
    return facts;
  }
}

function factsOf({ label, mode, esp, selector, isShared }: SecurityAssociation): AssociationFacts {
  const { encryption, integrity } = esp;
  // Transforms that authenticate as well have an ICV of their own; AES-GMAC does nothing else. RFC 4543.
  const isCombined = encryption.icvLength > 0;
  const isUnchecked = integrity.icvLength > 0 && integrity.create === undefined;
  return {
    label,
    mode,
    encryption: encryption.name,
    integrity: integrity.name,
    isEncrypted: encryption.rfc !== 2410 && encryption.rfc !== 4543,
    isAuthenticated: isUnchecked ? 'unknown' : isCombined || integrity.icvLength > 0 ? 'yes' : 'no',
    selector,
    isShared,
    mobilityPackets: 0,
    otherPackets: 0,
    payloadPackets: 0,
  };
}
