/**
 * Dynamic home agent address discovery, the mobile node's side. RFC 6275 sections 6.5, 6.6 and 11.4.1.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { u16 } from '../../dissectors/core/bytes.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { InboundPacket } from '../ip/packet.ts';
import { DHAAD_RETRIES, INITIAL_DHAAD_TIMEOUT } from './constants.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Interface identifier of the Mobile IPv6 Home-Agents anycast address of a /64. RFC 2526 sections 2 and 3. */
const ANYCAST_IDENTIFIER = Uint8Array.of(0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe);
const MOBILE_ROUTER = 0x8000;

/** Home-Agents anycast address of a prefix of up to 64 bits. */
export function homeAgentsAnycast({ bytes }: Prefix): Uint8Array {
  const address = bytes.slice();
  address.set(ANYCAST_IDENTIFIER, 8);
  return address;
}

/** What discovery is made of. */
export interface HomeAgentDiscoveryOptions {
  readonly context: MobileNodeContext;
  readonly prefix: () => Prefix;
  readonly onList: (addresses: readonly Uint8Array[]) => void;
  /** Nobody answered. */
  readonly onSilence: () => void;
}

/** Discovery for one home prefix. */
export class HomeAgentDiscovery {
  readonly #options: HomeAgentDiscoveryOptions;
  #identifier: number | undefined;
  #anycast: Uint8Array | undefined;
  #timer: ScheduledAction | undefined;
  #retries = 0;
  #timeout = 0;

  constructor(options: HomeAgentDiscoveryOptions) {
    this.#options = options;
  }

  get isUnderWay(): boolean {
    return this.#identifier !== undefined;
  }

  /** Asks, from the primary care-of address. One discovery at a time. */
  start(): void {
    const { context, prefix } = this.#options;
    if (this.isUnderWay || context.attachment.primaryCareOfAddress === undefined) return;
    this.#identifier = u16(context.host.random.octets(2), 0);
    this.#anycast = homeAgentsAnycast(prefix());
    this.#retries = 0;
    this.#timeout = INITIAL_DHAAD_TIMEOUT;
    this.#send();
  }

  stop(): void {
    this.#identifier = undefined;
    this.#timer?.cancel();
  }

  /** @returns whether the reply was to this discovery */
  receive(
    packet: InboundPacket,
    { identifier, homeAgentAddresses }: Icmpv6MessageOf<'home-agent-discovery-reply'>,
  ): boolean {
    const { context } = this.#options;
    const isToCareOf = context.attachment.careOfAddresses.some((each) =>
      isSameAddress(each, packet.wireDestination),
    );
    if (identifier !== this.#identifier || !isToCareOf || packet.tunnels.length > 0) return false;
    this.stop();
    const list = homeAgentAddresses;
    // RFC 6275 section 10.5: a home agent that is alone need not name itself.
    this.#options.onList(list.length === 0 ? [packet.wireSource] : list);
    return true;
  }

  #send(): void {
    const { context, onSilence } = this.#options;
    const { host, attachment, configuration } = context;
    const source = attachment.primaryCareOfAddress;
    const destination = this.#anycast;
    if (this.#identifier === undefined || source === undefined || destination === undefined) {
      this.stop();
      return;
    }
    host.tell('debug', 'home-agent-discovery', { destination: formatAddress(destination) });
    host.icmpv6.send(
      {
        kind: 'home-agent-discovery-request',
        code: 0,
        identifier: this.#identifier,
        flags: configuration.mobileRouter === undefined ? 0 : MOBILE_ROUTER,
      },
      { source, destination, bypassesBindings: true, interface: attachment.interface },
    );
    this.#timer = host.scheduler.after(this.#timeout, () => {
      // RFC 6275 section 11.4.1: the same request again, each time after twice the time.
      if (this.#retries++ < DHAAD_RETRIES) {
        this.#timeout *= 2;
        this.#send();
        return;
      }
      this.stop();
      onSilence();
    });
  }
}
