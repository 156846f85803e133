/**
 * Binding Acknowledgements of the legacy home agent: held against the update that they answer, taken into the state of the
 * proxy, and said to the mobile node anew. RFC 6275 sections 9.5.4 and 11.7.3.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import { isSequenceGreater } from '../../engine/mobility/sequence.ts';
import { registrationProtection } from '../home-agent/registration/authorisation.ts';
import { STATUS } from '../home-agent/registration/constants.ts';
import type { InboundPacket } from '../ip/packet.ts';
import type { ReceivedMessage } from '../mobility/mobility-endpoint.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import type { ProxyCore } from './proxy-context.ts';
import type { ProxiedFrame, ProxiedMobileNode } from './proxy-parts.ts';
import type { ProxyRegistrations } from './registrations.ts';
import { detailsOfExchange } from './registrations.ts';

/** What acknowledgements work with. */
export interface ProxyAcknowledgementParts extends ProxyCore {
  readonly exchanges: Exchanges;
  readonly registrations: ProxyRegistrations;
}

/** Verifies and passes on. */
export class ProxyAcknowledgements {
  /** Acknowledgements passed on, by status. */
  readonly passed = new Map<number, number>();
  /** When the legacy home agent has answered last, milliseconds of the scheduler; 0 = never. */
  answeredAt = 0;
  readonly #parts: ProxyAcknowledgementParts;

  constructor(parts: ProxyAcknowledgementParts) {
    this.#parts = parts;
  }

  /** @param node of the home address that the acknowledgement goes to */
  handle(
    { packet, message, options }: ReceivedMessage<'binding-acknowledgement'>,
    node: ProxiedMobileNode,
    { pair, header }: ProxiedFrame,
  ): void {
    const { context, exchanges, registrations } = this.#parts;
    const { homeAddress } = node.policy;
    const protection = registrationProtection(packet);
    if (!node.legacy.isBindingProtection(homeAddress, protection)) {
      context.refuse('legacy-acknowledgement-unprotected', {
        homeAddress: formatAddress(homeAddress),
      });
      return;
    }
    const { status } = message;
    // With status 135 the number is the last that was accepted, not that of the update. RFC 6275 section 9.5.1.
    const exchange =
      status === STATUS.sequenceNumberOutOfWindow
        ? exchanges.latest(homeAddress)
        : exchanges.find(homeAddress, message.sequence);
    if (exchange === undefined) {
      // Said twice, or too late: the mobile node would not take it either.
      context.drop('legacy-acknowledgement-unmatched');
      return;
    }
    if (!isAddressedTo(packet, exchange)) {
      context.refuse('legacy-acknowledgement-elsewhere', {
        ...detailsOfExchange(exchange),
        destination: formatAddress(destinationOnWire(packet)),
      });
      return;
    }
    exchanges.end(exchange);
    this.answeredAt = context.options.scheduler.now;
    // Nobody gets more than what was asked for, nor a refusal with a lifetime.
    const isAccepted = status < STATUS.reasonUnspecified;
    const granted = isAccepted ? Math.min(lifetimeSeconds(message.lifetime), exchange.lifetime) : 0;
    this.#apply(exchange, status, granted);
    this.passed.set(status, (this.passed.get(status) ?? 0) + 1);
    registrations.acknowledge(
      {
        homeAddress,
        answerTo: exchange.answerTo,
        status,
        sequence: message.sequence,
        lifetime: granted,
        options: isAccepted ? adviceOf(options, granted) : [],
      },
      pair,
      header,
    );
  }

  #apply(exchange: Exchange, status: number, granted: number): void {
    const { bindings, context } = this.#parts;
    const { homeAddress, sequence } = exchange;
    const entry = bindings.find(homeAddress);
    // One after it was accepted already.
    if (entry !== undefined && !isSequenceGreater(sequence, entry.sequence)) return;
    if (status >= STATUS.reasonUnspecified) {
      context.tell('info', 'legacy-refused', { status, ...detailsOfExchange(exchange) });
      if (status === STATUS.sequenceNumberOutOfWindow) return;
      const isGone = exchange.lifetime === 0 && status === STATUS.notHomeAgentForThisMobileNode;
      if (isGone) bindings.deregistered(homeAddress, sequence);
      else bindings.refused(homeAddress, sequence);
    } else if (granted > 0) bindings.confirm({ ...exchange, lifetime: granted });
    else bindings.deregistered(homeAddress, sequence);
  }
}

/** Where a packet went on the wire; in tunnel mode the outer destination. */
function destinationOnWire({ tunnels, wireDestination }: InboundPacket): Uint8Array {
  return tunnels[0]?.destination ?? wireDestination;
}

/**
 * Through the type 2 routing header with the home address, or the tunnel, to where the mobile node is; at home neither.
 * RFC 6275 section 9.5.4.
 */
function isAddressedTo(
  packet: InboundPacket,
  { careOfAddress, homeAddress, isAtHome }: Exchange,
): boolean {
  if (!isSameAddress(destinationOnWire(packet), careOfAddress)) return false;
  if (packet.tunnels.length > 0) return isSameAddress(packet.wireDestination, homeAddress);
  return isAtHome
    ? packet.type2RoutingHeader === undefined
    : isSameAddress(packet.type2RoutingHeader, homeAddress);
}

/** The advice to refresh, if it is one: before the end of the lifetime. RFC 6275 section 6.2.4. */
function adviceOf(options: readonly MobilityOption[], granted: number): MobilityOption[] {
  const refreshInterval = findOption(options, 'binding-refresh-advice')?.refreshInterval ?? 0;
  const isAdvice = refreshInterval > 0 && lifetimeSeconds(refreshInterval) < granted;
  return isAdvice ? [{ kind: 'binding-refresh-advice', refreshInterval }] : [];
}
