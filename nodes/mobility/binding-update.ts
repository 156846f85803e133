/**
 * Binding Updates as whoever keeps bindings sees them, and which of its roles judges one. RFC 6275 section 9.5.1.
 */
import { formatAddress, isUnicastRoutable } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import { isUnanswerable } from '../ip/header-walk.ts';
import type { Host } from '../ip/host.ts';
import type { InboundPacket } from '../ip/packet.ts';
import type { ReceivedMessage } from './mobility-endpoint.ts';

/** A Binding Update with what its packet says. */
export interface ReceivedBindingUpdate {
  readonly packet: InboundPacket;
  /** Mobility Header as received, for authenticators. */
  readonly octets: Uint8Array;
  readonly options: readonly MobilityOption[];
  /** From the Home Address option, or the source. */
  readonly homeAddress: Uint8Array;
  readonly hasHomeAddressOption: boolean;
  /** Alternate Care-of Address, or the wire source. */
  readonly careOfAddress: Uint8Array;
  readonly alternateCareOfAddress: Uint8Array | undefined;
  /** 0..65535 */
  readonly sequence: number;
  /** Seconds asked for; 0 = de-registration. */
  readonly lifetime: number;
  readonly isAcknowledgeRequested: boolean;
  readonly isHomeRegistration: boolean;
  readonly hasLinkLocal: boolean;
  readonly hasKeyMobility: boolean;
  readonly isMobileRouter: boolean;
  /** The flags as received: those of further documents. */
  readonly flags: number;
}

/** A role that keeps bindings. */
export interface Registrar {
  /** Judges an update whose addresses are sound. */
  handle(update: ReceivedBindingUpdate): void;
}

/** The roles of a node that keep bindings. */
export interface Registrars {
  /** undefined = not a home agent: status 131 (RFC 6275 section 10.3.1). */
  readonly home: Registrar | undefined;
  readonly correspondent: Registrar;
}

function received({
  packet,
  message,
  options,
}: ReceivedMessage<'binding-update'>): ReceivedBindingUpdate {
  const isHome = (message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0;
  // With Binding Identifiers the care-of address is in the first of them, not in an option of its own. RFC 5648 section 5.2.
  const alternate =
    findOption(options, 'alternate-care-of-address')?.careOfAddress ??
    (isHome ? findOption(options, 'binding-identifier')?.careOfAddress : undefined);
  const has = (flag: keyof typeof BINDING_UPDATE_FLAGS): boolean =>
    (message.flags & BINDING_UPDATE_FLAGS[flag].mask) !== 0;
  return {
    packet,
    octets: packet.payload,
    options,
    homeAddress: packet.source,
    hasHomeAddressOption: packet.homeAddressOption !== undefined,
    careOfAddress: alternate ?? outermostSource(packet),
    alternateCareOfAddress: alternate,
    sequence: message.sequence,
    lifetime: lifetimeSeconds(message.lifetime),
    isAcknowledgeRequested: has('acknowledge'),
    isHomeRegistration: isHome,
    hasLinkLocal: has('linkLocalAddressCompatibility'),
    hasKeyMobility: has('keyManagementMobilityCapability'),
    isMobileRouter: has('mobileRouter'),
    flags: message.flags,
  };
}

/** Where an update came from: in tunnel mode the outer source (RFC 4877 section 3). */
export function outermostSource(packet: InboundPacket): Uint8Array {
  return packet.tunnels[0]?.source ?? packet.wireSource;
}

/**
 * Takes Binding Updates and hands them to the role that judges them: by the H flag (RFC 6275 section 9.5.1). Unsound
 * addresses end here without an answer.
 */
export function receiveBindingUpdates(
  host: Pick<Host, 'mobility' | 'tell'>,
  registrars: Registrars,
): void {
  host.mobility.handle('binding-update', (message) => {
    const update = received(message);
    const { packet, homeAddress, careOfAddress, isHomeRegistration } = update;
    const isSound =
      !isUnanswerable(packet.wireSource) &&
      isUnicastRoutable(homeAddress) &&
      isUnicastRoutable(careOfAddress);
    if (!isSound) {
      host.tell('warn', 'binding-update-unsound-address', {
        source: formatAddress(packet.wireSource),
      });
      return;
    }
    if (isHomeRegistration && registrars.home !== undefined) registrars.home.handle(update);
    else registrars.correspondent.handle(update);
  });
}
