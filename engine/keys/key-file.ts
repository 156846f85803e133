/**
 * What key files hold, whatever their format.
 */
import type { AssociationOrigin, SecurityAssociation } from '../state/security-association.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { PolicySection } from '../ipsec/policy.ts';
import type { KeyMaterial } from './key-material.ts';
import type { KeyProblem } from './key-problem.ts';

/** A security association as a file has it: what the engine uses, and what only some formats can say. */
export interface AssociationEntry {
  readonly association: SecurityAssociation;
  /** Salt or nonce at the end. Empty when the transform takes no key. */
  readonly encryptionKey: KeyMaterial;
  readonly integrityKey: KeyMaterial;
  /** Name the file gives it; `undefined` when it gives none. */
  readonly name: string | undefined;
  /** Replay window as written, sequence numbers; 0 = not checked; `undefined` = not said. */
  readonly replayWindow: number | undefined;
  /** Upper half of the first extended sequence number. */
  readonly initialSequenceHigh: number;
  /** Care-of address that the kernel puts into the Home Address option or type 2 routing header. */
  readonly careOfAddress: Uint8Array | undefined;
  /** Number that ties policies to associations (`reqid`, `-u`); `undefined` or 0 = none. */
  readonly requestId: number | undefined;
  /** UDP ports of ESP in UDP (RFC 3948); `undefined` = plain ESP. */
  readonly encapsulation:
    | { readonly sourcePort: number; readonly destinationPort: number }
    | undefined;
}

/** One protocol that a policy asks for. */
export interface PolicyTemplate {
  readonly protocol: 'esp' | 'ah' | 'ipcomp';
  readonly mode: 'transport' | 'tunnel';
  /** Tunnel endpoints; length 0 = that of the packet. */
  readonly source: Prefix | undefined;
  readonly destination: Prefix | undefined;
  readonly requestId: number | undefined;
  /** `use`: protected when there is an association, in clear otherwise. */
  readonly level: 'require' | 'use';
}

/** A rule of the security policy database (RFC 4301 section 4.4.1). */
export interface PolicyEntry {
  readonly origin: AssociationOrigin;
  readonly direction: 'in' | 'out' | 'forward';
  readonly action: 'protect' | 'bypass' | 'discard';
  readonly selector: TrafficSelector;
  /** As the file has it; smaller goes first in Linux, larger in KAME. */
  readonly priority: number | undefined;
  /** Empty unless `protect`. */
  readonly templates: readonly PolicyTemplate[];
}

/** Keys of one IKE security association. */
export type IkeKey = Ikev1Key | Ikev2Key;

/** Row of Wireshark's `ikev1_decryption_table`. */
export interface Ikev1Key {
  readonly version: 1;
  readonly origin: AssociationOrigin;
  /** 8 octets (RFC 2408 section 3.1). */
  readonly initiatorCookie: Uint8Array;
  readonly encryptionKey: KeyMaterial;
}

/** Row of Wireshark's `ikev2_decryption_table`, or the `ikev2` lines of tcpdump for one IKE association. */
export interface Ikev2Key {
  readonly version: 2;
  readonly origin: AssociationOrigin;
  /** 8 octets each (RFC 7296 section 3.1). */
  readonly initiatorSpi: Uint8Array;
  readonly responderSpi: Uint8Array;
  /** SK_e and SK_a of both directions; `undefined` when the file has no line for the direction. */
  readonly initiatorEncryption: KeyMaterial | undefined;
  readonly responderEncryption: KeyMaterial | undefined;
  readonly initiatorIntegrity: KeyMaterial | undefined;
  readonly responderIntegrity: KeyMaterial | undefined;
  /** Names as `engine/keys/ike-algorithms.ts` has them. */
  readonly encryption: string;
  readonly integrity: string;
}

/** One direction of a child association in a listing without keys. */
export interface ListedChild {
  readonly origin: AssociationOrigin;
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly spi: number;
  readonly mode: 'transport' | 'tunnel' | 'any';
  /** As listed, for example `AES_CBC-128/HMAC_SHA2_256_128`. */
  readonly algorithms: string;
  /** Addresses of the IKE association, on which a tunnel runs. */
  readonly localAddress: Uint8Array | undefined;
  readonly remoteAddress: Uint8Array | undefined;
  /** Traffic selectors, as listed. */
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
}

/** Something in a file that was understood and is of no use here, or was read in one of several ways. */
export interface KeyNote {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** Everything one key file gave. */
export interface KeyFileContent {
  readonly entries: AssociationEntry[];
  readonly policies: PolicyEntry[];
  /** Databases in the notation of RFC 3776 and RFC 4877, which name keys nowhere. */
  readonly sections: PolicySection[];
  readonly ikeKeys: IkeKey[];
  readonly children: ListedChild[];
  readonly problems: KeyProblem[];
  readonly notes: KeyNote[];
}
