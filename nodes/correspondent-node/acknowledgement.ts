/**
 * Binding Acknowledgements of a correspondent. RFC 6275 sections 6.1.8 and 9.5.4.
 */
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import { lifetimeField } from '../../engine/mobility/lifetime.ts';
import { encodeAuthorized } from '../mobility/authorization-data.ts';
import type { Authorization } from '../mobility/authorization-data.ts';
import type { ReceivedBindingUpdate } from '../mobility/binding-update.ts';
import type { MessageSender } from './message-sender.ts';

/** What an acknowledgement says. */
export interface Verdict {
  readonly status: number;
  /** 0..65535 */
  readonly sequence: number;
  /** Seconds granted; 0 when nothing was. */
  readonly lifetime: number;
  /** undefined = no Binding Authorization Data. */
  readonly authorization: Authorization | undefined;
}

/**
 * Sends an acknowledgement to where the update came from. The binding cache is not asked: the routing header is there when
 * the update had a Home Address option, and not when it came from the home address itself. RFC 6275 section 9.5.4.
 */
export function sendAcknowledgement(
  sender: MessageSender,
  { packet, homeAddress, hasHomeAddressOption }: ReceivedBindingUpdate,
  { status, sequence, lifetime, authorization }: Verdict,
): void {
  const ends = { source: packet.destination, destination: homeAddress };
  const message: MobilityMessage = {
    kind: 'binding-acknowledgement',
    status,
    // K and R are a home agent's to set. RFC 6275 section 6.1.8.
    flags: 0,
    sequence,
    lifetime: lifetimeField(lifetime),
  };
  const octets =
    authorization === undefined
      ? encodeMobilityHeader(message, [], ends)
      : encodeAuthorized(message, [], ends, authorization);
  sender.send(octets, {
    ...ends,
    ...(hasHomeAddressOption ? { careOfDestination: packet.wireSource } : {}),
  });
}
