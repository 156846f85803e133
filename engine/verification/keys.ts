/**
 * Keys for what is not ESP: options of mobility messages, and neighbor discovery.
 */

/** Key of the authentication options of RFC 4285 section 5. */
export interface AuthenticationKey {
  readonly kind: 'mn-ha' | 'mn-aaa';
  readonly spi: number;
  /** Home address it belongs to; undefined = any mobile node that uses the SPI. */
  readonly homeAddress: Uint8Array | undefined;
  readonly key: Uint8Array;
}

/** Key a mobile node shares with an access router. RFC 5568 section 6.4.5. */
export interface HandoverKey {
  readonly kind: 'handover';
  readonly spi: number;
  /** Previous care-of address; undefined = any. */
  readonly homeAddress: Uint8Array | undefined;
  readonly key: Uint8Array;
}

/** Binding management key Kbm of a mobile node and a correspondent. RFC 6275 section 5.2.5, RFC 4449. */
export interface BindingManagementKey {
  readonly kind: 'binding-management';
  readonly homeAddress: Uint8Array;
  readonly correspondent: Uint8Array;
  readonly key: Uint8Array;
}

/** What a mobile node and a correspondent compute all keys from, in place of return routability. RFC 4449 section 3. */
export interface PreconfiguredKey {
  readonly kind: 'preconfigured';
  readonly homeAddress: Uint8Array;
  readonly correspondent: Uint8Array;
  /** Kcn, 20 octets. */
  readonly nodeKey: Uint8Array;
  readonly homeNonce: Uint8Array;
  readonly careOfNonce: Uint8Array;
}

/** A key for mobility options. */
export type MobilityKey = AuthenticationKey | HandoverKey | BindingManagementKey | PreconfiguredKey;

/** Everything a user may supply. */
export interface VerificationKeys {
  readonly mobility: readonly MobilityKey[];
  /** DER SubjectPublicKeyInfo of nodes whose messages carry no key: routers with certificates. */
  readonly publicKeys: readonly Uint8Array[];
}

/** Nothing was supplied. */
export const NO_VERIFICATION_KEYS: VerificationKeys = { mobility: [], publicKeys: [] };
