/**
 * The correspondent's part of the return routability procedure. RFC 6275 sections 5.2.5 and 9.4.
 *
 * Stateless: nothing about a sender is kept. One answer to one question, to the address that asked and nowhere else.
 */
import { formatAddress, isUnicastRoutable } from '../../dissectors/core/address.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { Host } from '../ip/host.ts';
import type { InboundPacket } from '../ip/packet.ts';
import type { MessageSender } from './message-sender.ts';
import { tokenOf } from './nonces.ts';
import type { NonceTable } from './nonces.ts';
import type { RequestLimits } from './request-limits.ts';

/** What tests are answered with. */
export interface ReturnRoutabilityParts {
  readonly host: Host;
  readonly nonces: NonceTable;
  readonly limits: RequestLimits;
  readonly sender: MessageSender;
}

/** Answers Home Test Inits and Care-of Test Inits. */
export class ReturnRoutability {
  readonly #parts: ReturnRoutabilityParts;
  /** Tests that the limits left unanswered. */
  suppressed = 0;

  constructor(parts: ReturnRoutabilityParts) {
    this.#parts = parts;
    const { host, nonces } = parts;
    host.mobility.handle('home-test-init', ({ packet, message: { homeInitCookie } }) => {
      this.#answer(packet, (source) => {
        // RFC 6275 section 9.4.3.
        const nonce = nonces.current();
        return {
          kind: 'home-test',
          homeNonceIndex: nonce.index,
          homeInitCookie,
          homeKeygenToken: tokenOf(nonce, source, 'home'),
        };
      });
    });
    host.mobility.handle('care-of-test-init', ({ packet, message: { careOfInitCookie } }) => {
      this.#answer(packet, (source) => {
        // RFC 6275 section 9.4.4.
        const nonce = nonces.current();
        return {
          kind: 'care-of-test',
          careOfNonceIndex: nonce.index,
          careOfInitCookie,
          careOfKeygenToken: tokenOf(nonce, source, 'care-of'),
        };
      });
    });
  }

  #answer(packet: InboundPacket, make: (source: Uint8Array) => MobilityMessage): void {
    const { host, limits, sender } = this.#parts;
    const { wireSource, destination } = packet;
    // RFC 6275 sections 9.4.1 and 9.4.2: silently ignored.
    if (packet.homeAddressOption !== undefined) return;
    // RFC 6275 section 6.1: no message but a Binding Acknowledgement has a type 2 routing header.
    if (packet.type2RoutingHeader !== undefined) return;
    // An answer to a group, to a link or to this node itself proves nothing; nor is a group answered for.
    if (!isUnicastRoutable(wireSource) || host.owns(wireSource)) return;
    if (!host.owns(destination) || !isUnicastRoutable(destination)) return;
    const verdict = limits.take(wireSource);
    if (verdict !== 'granted') {
      this.suppressed++;
      const source = formatAddress(wireSource);
      host.tell('alarm', 'return-routability-limited', { source, limit: verdict });
      return;
    }
    const ends = { source: destination, destination: wireSource };
    sender.send(encodeMobilityHeader(make(wireSource), [], ends), ends);
  }
}
