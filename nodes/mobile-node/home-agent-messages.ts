/**
 * What a home agent says beyond acknowledgements: errors, refresh requests, a switch to other home agents (RFC 5142) and
 * revocations (RFC 5846). Messages of correspondents go on to whoever does route optimisation.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import {
  BINDING_REVOCATION_TYPE,
  REVOCATION_INDICATION_FLAGS,
} from '../../dissectors/mobility/messages/binding-revocation.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { InboundPacket } from '../ip/packet.ts';
import type { ReceivedMessage } from '../mobility/mobility-endpoint.ts';
import type { HomeRegistration } from './home-registration.ts';
import { isProtected } from './mobile-node-parts.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Revocation Trigger: the two do not agree about the binding; a new registration settles it. RFC 5846 section 5.1. */
const OUT_OF_SYNC = 7;
/** Binding Revocation Acknowledgement status. RFC 5846 section 5.2. */
const SUCCESS = 0;
const IPV4_OPTION_REQUIRED = 129;
const PROXY_NOT_SUPPORTED = 135;
/** Longest delay of a switch that is obeyed, seconds. */
const LONGEST_DELAY = 86_400;

/** What messages change. */
export interface HomeAgentMessagesOptions {
  readonly context: MobileNodeContext;
  readonly registrations: () => readonly HomeRegistration[];
  readonly interfaceOf: (careOfAddress: Uint8Array) => NetworkInterface | undefined;
}

/** Receives them. */
export class HomeAgentMessages {
  readonly #options: HomeAgentMessagesOptions;
  readonly #switches = new Map<HomeRegistration, ScheduledAction>();

  constructor(options: HomeAgentMessagesOptions) {
    this.#options = options;
    const { context, registrations } = options;
    const { host } = context;
    host.mobility.handle('binding-acknowledgement', (received) => {
      const isTaken = registrations().some((each) => each.acknowledged(received));
      if (isTaken || context.isHomeAgent(received.packet.source)) return;
      context.correspondents?.acknowledgement(received);
    });
    host.mobility.handle('binding-error', (received) => {
      this.#bindingError(received);
    });
    host.mobility.handle('binding-refresh-request', (received) => {
      this.#refreshRequest(received);
    });
    host.mobility.handle('home-agent-switch', (received) => {
      this.#homeAgentSwitch(received);
    });
    host.mobility.handle('binding-revocation', (received) => {
      this.#revocation(received);
    });
    host.icmpv6.onError((packet, message, quoted) => {
      if (!context.isHomeAgent(packet.source)) {
        context.correspondents?.error(packet, message, quoted);
        return;
      }
      // RFC 6275 section 15: nothing protects them, and a home agent that is configured knows the Mobility Header.
      if (context.configuration.ignoresHomeAgentErrors !== false) {
        host.tell('info', 'home-agent-error-ignored', { kind: message.kind });
        return;
      }
      if (message.kind === 'parameter-problem' && message.code === 1) {
        for (const each of this.#of(packet)) each.unsupported();
      }
    });
  }

  close(): void {
    for (const action of this.#switches.values()) action.cancel();
    this.#switches.clear();
  }

  /** Registrations with the home agent that a packet comes from. */
  #of(packet: InboundPacket): HomeRegistration[] {
    return this.#options
      .registrations()
      .filter(({ home }) => isSameAddress(home.homeAgent, packet.source));
  }

  #isTrusted(packet: InboundPacket, event: string): boolean {
    const { context } = this.#options;
    if (context.configuration.requiresProtection === false || isProtected(packet)) return true;
    context.alarm(event, { source: formatAddress(packet.wireSource) });
    return false;
  }

  /** RFC 6275 section 11.3.6. */
  #bindingError(received: ReceivedMessage<'binding-error'>): void {
    const { context } = this.#options;
    const { packet, message } = received;
    if (!context.isHomeAgent(packet.source)) {
      context.correspondents?.bindingError(received);
      return;
    }
    if (message.status !== 1) return;
    for (const each of this.#of(packet)) {
      const isAbout = isSameAddress(each.home.address, message.homeAddress);
      if (isAbout && each.home.state === 'registered') each.refresh();
    }
  }

  /** RFC 6275 section 11.7.4; a home agent asks in the same words. */
  #refreshRequest(received: ReceivedMessage<'binding-refresh-request'>): void {
    const { context } = this.#options;
    const { packet } = received;
    if (!context.isHomeAgent(packet.source)) {
      context.correspondents?.refreshRequest(received);
      return;
    }
    if (!this.#isTrusted(packet, 'refresh-request-unprotected')) return;
    for (const each of this.#of(packet)) {
      if (isSameAddress(each.home.address, packet.destination)) each.refresh();
    }
  }

  /** RFC 5142 section 6.1. */
  #homeAgentSwitch({ packet, message, options }: ReceivedMessage<'home-agent-switch'>): void {
    const { context, interfaceOf } = this.#options;
    if (!context.isHomeAgent(packet.source)) return;
    if (!this.#isTrusted(packet, 'home-agent-switch-unprotected')) return;
    const addresses = message.homeAgents.map(({ address }) => address);
    const advice = findOption(options, 'binding-refresh-advice')?.refreshInterval ?? 0;
    const delay = Math.min(LONGEST_DELAY, lifetimeSeconds(advice)) * 1000;
    for (const each of this.#of(packet)) {
      if (!isSameAddress(each.home.address, packet.destination)) continue;
      context.host.tell('info', 'home-agent-switch', {
        homeAgent: formatAddress(packet.source),
        others: addresses.length,
      });
      this.#switches.get(each)?.cancel();
      const go = (): void => {
        each.switchHomeAgent(addresses, interfaceOf);
      };
      if (delay === 0) go();
      else this.#switches.set(each, context.host.scheduler.after(delay, go));
    }
  }

  /** RFC 5846 section 10. */
  #revocation({ packet, message, options }: ReceivedMessage<'binding-revocation'>): void {
    const { context, registrations } = this.#options;
    if (message.type !== BINDING_REVOCATION_TYPE.indication) return;
    const registration = registrations().find(({ home }) =>
      isSameAddress(home.address, packet.destination),
    );
    const isRouted = packet.type2RoutingHeader !== undefined || packet.tunnels.length > 0;
    if (registration === undefined || !isRouted || !context.isHomeAgent(packet.source)) return;
    const careOfSource = registration.home.tunnelCareOfAddress;
    if (registration.home.state !== 'registered' || careOfSource === undefined) return;
    if (!this.#isTrusted(packet, 'binding-revocation-unprotected')) return;
    const flags = message.indicationFlags ?? 0;
    const { proxyBinding, ipv4HomeAddressOnly } = REVOCATION_INDICATION_FLAGS;
    let status = SUCCESS;
    if ((flags & proxyBinding.mask) !== 0) status = PROXY_NOT_SUPPORTED;
    else if ((flags & ipv4HomeAddressOnly.mask) !== 0) {
      // No IPv4 home address is ever registered by this node.
      const hasOption = findOption(options, 'ipv4-home-address') !== undefined;
      status = hasOption ? 128 : IPV4_OPTION_REQUIRED;
    }
    context.host.mobility.send({
      source: registration.home.address,
      destination: packet.source,
      careOfSource,
      message: {
        kind: 'binding-revocation',
        type: BINDING_REVOCATION_TYPE.acknowledgement,
        status,
        sequence: message.sequence,
        acknowledgementFlags: flags,
      },
    });
    if (status !== SUCCESS) return;
    registration.revoked('revoked', message.trigger === OUT_OF_SYNC);
  }
}
