/**
 * The two layouts in which a home de-registration may come when layouts are strict.
 *
 * RFC 6275 lets a de-registration come in several layouts (sections 6.1.7, 9.5.1, 10.3.2 and 11.7.1 do not
 * agree), and ESP in transport mode protects neither the wire source nor a Home Address option, so that a
 * Binding Update caught where the home prefix is falsely advertised can be relayed.
 * draft-ebalard-mext-hld-security-00 section 5.4.2 leaves two layouts, and nothing between them:
 *
 * | case | lifetime | source | Home Address option | Alternate Care-of Address |
 * |---|---|---|---|---|
 * | 1 home | 0 | home address | absent | absent |
 * | 2 remote | 0 | registered care-of address | home address | registered care-of address |
 */
import { isSameAddress } from '../../dissectors/core/address.ts';

/** What the layout test looks at; nothing else of the message matters. Addresses are 16 octets. */
export interface DeregistrationShape {
  /** Wire source; with tunnel-mode signalling (RFC 4877 section 3) that of the outer header. */
  readonly source: Uint8Array;
  readonly homeAddress: Uint8Array;
  /** The home address was told by a Home Address option, or by the inner header of a tunnel. */
  readonly isRemoteStyle: boolean;
  readonly alternateCareOfAddress: Uint8Array | undefined;
  /** Care-of address registered now; undefined when the observer does not know it. */
  readonly registered: Uint8Array | undefined;
}

/** What is wrong with a layout. */
export type LayoutFault =
  /** Case 1 with a Home Address option: source and option both are the home address. */
  | 'home-address-option-at-home'
  /** Case 1 with an Alternate Care-of Address that is the home address, as UMIP sends it. */
  | 'alternate-is-home-address-at-home'
  /** Case 1 with any other Alternate Care-of Address. */
  | 'alternate-at-home'
  /** Case 2 without Alternate Care-of Address. */
  | 'alternate-missing'
  /** Case 2 with the home address as Alternate Care-of Address. */
  | 'alternate-is-home-address'
  /** Case 2 with an Alternate Care-of Address that is not the source. */
  | 'alternate-is-not-source'
  /** Case 2 from an address that is not the registered care-of address. */
  | 'source-is-not-registered';

/** Which case a de-registration claims to be, and what is wrong with it as such. */
export interface DeregistrationLayout {
  readonly case: 'home' | 'remote';
  /** In order of the checks; empty = strict layout, as far as the observer can tell. */
  readonly faults: readonly LayoutFault[];
}

/** Holds a home de-registration (lifetime 0) against the two strict layouts. */
export function deregistrationLayout(shape: DeregistrationShape): DeregistrationLayout {
  const { source, homeAddress, isRemoteStyle, alternateCareOfAddress: alternate } = shape;
  const faults: LayoutFault[] = [];
  if (!isRemoteStyle || isSameAddress(source, homeAddress)) {
    if (isRemoteStyle) faults.push('home-address-option-at-home');
    if (alternate !== undefined) {
      faults.push(
        isSameAddress(alternate, homeAddress)
          ? 'alternate-is-home-address-at-home'
          : 'alternate-at-home',
      );
    }
    return { case: 'home', faults };
  }
  if (shape.registered !== undefined && !isSameAddress(source, shape.registered)) {
    faults.push('source-is-not-registered');
  }
  if (alternate === undefined) faults.push('alternate-missing');
  else if (isSameAddress(alternate, homeAddress)) faults.push('alternate-is-home-address');
  else if (!isSameAddress(alternate, source)) faults.push('alternate-is-not-source');
  return { case: 'remote', faults };
}
