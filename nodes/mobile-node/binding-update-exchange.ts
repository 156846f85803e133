/**
 * A Binding Update to a home agent, sent again and again until it is acknowledged. RFC 6275 sections 11.7.1 and 11.8.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { lifetimeField, lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { InboundPacket } from '../ip/packet.ts';
import type { BindingUpdateListEntry, OutstandingUpdate } from './binding-update-list.ts';
import {
  INITIAL_BINDACK_TIMEOUT,
  INITIAL_BINDACK_TIMEOUT_FIRST_REG,
  MAX_BINDACK_TIMEOUT,
} from './constants.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** MH Type of a Binding Update. */
const BINDING_UPDATE = 5;

/** Where an update goes out, and what it is about. */
export interface UpdateRoute {
  readonly interface: NetworkInterface;
  /**
   * Away: wire source and Alternate Care-of Address (RFC 3776 section 3.1, and case 2 of the strict de-registrations).
   * Undefined at home: the home address is the source and nothing else is told (case 1).
   */
  readonly careOfAddress: Uint8Array | undefined;
  /** Link-layer address of the home agent, 6 octets, when the node is on its link. RFC 6275 section 11.5.5. */
  readonly linkDestination?: Uint8Array | undefined;
}

/** What an exchange is made of. */
export interface UpdateExchangeOptions {
  readonly context: MobileNodeContext;
  readonly entry: BindingUpdateListEntry;
  readonly route: UpdateRoute;
  /** Seconds to ask for, at each transmission; 0 = de-registration. */
  readonly lifetime: () => number;
  /** Beside A and H. */
  readonly flags: number;
  readonly options: readonly MobilityOption[];
  /** Each time that one is on its way. */
  readonly onSent: () => void;
  /** MAX_BINDACK_TIMEOUT is reached. @returns whether to go on at that rate */
  readonly onCap: () => boolean;
}

/** One exchange. */
export class UpdateExchange {
  readonly #options: UpdateExchangeOptions;
  #timeout: number;
  #timer: ScheduledAction | undefined;
  #isOver = false;

  constructor(options: UpdateExchangeOptions) {
    const { context, entry } = options;
    this.#options = options;
    // RFC 6275 section 11.8: longer while the home agent looks for duplicates.
    this.#timeout = context.bindingUpdateList.isAlive(entry)
      ? INITIAL_BINDACK_TIMEOUT
      : (context.configuration.initialBindackTimeoutFirstReg ?? INITIAL_BINDACK_TIMEOUT_FIRST_REG);
    // What was asked before is not asked any more: late answers to it do not count.
    entry.outstanding = [];
  }

  get route(): UpdateRoute {
    return this.#options.route;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the first, as soon as the rate limit allows. */
  start(): void {
    this.#send();
  }

  /** Sends one more right now, without waiting longer for the next: the sequence number was corrected. */
  sendAgain(): void {
    this.#send();
  }

  /** Ends it. */
  cancel(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  /** The update that an acknowledgement answers; undefined = none. RFC 6275 section 11.7.3. */
  answered(sequence: number): OutstandingUpdate | undefined {
    return this.#options.entry.outstanding.find((each) => each.sequence === sequence);
  }

  /**
   * Whether an acknowledgement came the way that answers to these updates come: by the home address in a type 2 routing
   * header or in a tunnel when away (RFC 6275 section 9.5.4), straight to it at home.
   */
  isAddressed({ type2RoutingHeader, destination, tunnels }: InboundPacket): boolean {
    const { entry, route } = this.#options;
    if (!isSameAddress(destination, entry.homeAddress)) return false;
    return (
      route.careOfAddress === undefined || type2RoutingHeader !== undefined || tunnels.length > 0
    );
  }

  #send(): void {
    if (this.#isOver) return;
    const { context, entry } = this.#options;
    this.#timer?.cancel();
    // RFC 6275 section 11.8: MAX_UPDATE_RATE, over all home addresses.
    const wait = context.limiter.wait(BINDING_UPDATE, entry.destination);
    if (wait > 0) {
      this.#timer = context.host.scheduler.after(wait, () => {
        this.#send();
      });
      return;
    }
    context.limiter.note(BINDING_UPDATE, entry.destination);
    this.#transmit();
    this.#await();
    this.#options.onSent();
  }

  #transmit(): void {
    const { context, entry, route, flags, options } = this.#options;
    const { host, bindingUpdateList } = context;
    const { careOfAddress } = route;
    const lifetime = lifetimeField(this.#options.lifetime());
    const { acknowledge, homeRegistration } = BINDING_UPDATE_FLAGS;
    const sequence = bindingUpdateList.noteSent(
      entry,
      careOfAddress ?? entry.homeAddress,
      lifetimeSeconds(lifetime),
    );
    host.mobility.send({
      source: entry.homeAddress,
      destination: entry.destination,
      careOfSource: careOfAddress,
      interface: route.interface,
      ...(route.linkDestination === undefined
        ? {}
        : { linkDestination: route.linkDestination, nextHop: entry.destination }),
      message: {
        kind: 'binding-update',
        sequence,
        flags: acknowledge.mask | homeRegistration.mask | flags,
        lifetime,
      },
      options: [
        // RFC 3776 section 4.3: ESP does not cover the address on the wire.
        ...(careOfAddress === undefined
          ? []
          : [{ kind: 'alternate-care-of-address', careOfAddress } as const]),
        ...options,
      ],
    });
  }

  /** RFC 6275 section 11.8: twice as long each time, up to MAX_BINDACK_TIMEOUT. */
  #await(): void {
    const timeout = this.#timeout;
    this.#timeout = Math.min(MAX_BINDACK_TIMEOUT, 2 * timeout);
    this.#timer = this.#options.context.host.scheduler.after(timeout, () => {
      if (this.#timeout >= MAX_BINDACK_TIMEOUT && !this.#options.onCap()) return;
      this.#send();
    });
  }
}
