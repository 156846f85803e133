/**
 * Whether a Binding Update may touch the binding of its home address. RFC 6275 sections 5.1 and 10.3.1.
 *
 * The host has asked its policies already. They are asked again here, with the home address that the update is about, and
 * an update without protection is never taken, whatever a configuration says.
 */
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { bindingUpdate } from '../../../dissectors/mobility/messages/binding.ts';
import type { IpsecLayer } from '../../ip/ipsec-layer.ts';
import type { InboundPacket, Protection } from '../../ip/packet.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { MobileNodePolicy } from '../home-agent-parts.ts';

/** Why an update is thrown away without a word. */
export type AuthorisationFault =
  /** Nothing protects it, or a nesting that no document describes. */
  | 'unprotected'
  /** Not by an association of this home address. */
  | 'other-association';

/**
 * What protects an update: ESP or AH in transport mode (RFC 3776 section 3.1), or one ESP tunnel (RFC 4877 section 3).
 * Transport mode within a tunnel and a Home Address option within a tunnel are neither.
 */
export function registrationProtection({
  tunnels,
  protection,
  homeAddressOption,
}: InboundPacket): Protection | undefined {
  if (tunnels.length === 0) return protection?.mode === 'transport' ? protection : undefined;
  if (tunnels.length > 1 || protection !== undefined || homeAddressOption !== undefined) {
    return undefined;
  }
  const outer = tunnels[0]?.protection;
  return outer?.mode === 'tunnel' ? outer : undefined;
}

/** @returns undefined = it may. "The home address unequivocally identif[ies] the security association." */
export function authorisationFault(
  ipsec: IpsecLayer | undefined,
  update: ReceivedBindingUpdate,
  policy: MobileNodePolicy | undefined,
): AuthorisationFault | undefined {
  const { packet, homeAddress: source } = update;
  const protection = registrationProtection(packet);
  if (ipsec === undefined || protection === undefined) return 'unprotected';
  const selectors = {
    source,
    destination: packet.destination,
    protocol: NEXT_HEADER.mobility,
    type: bindingUpdate.mhType,
    isTunnelled: packet.tunnels.length > 0,
  };
  if (!ipsec.permits(selectors, protection)) return 'other-association';
  if (!ipsec.isBindingProtection(source, protection)) return 'other-association';
  const named = policy?.associations;
  return named === undefined || named.includes(protection.association)
    ? undefined
    : 'other-association';
}
