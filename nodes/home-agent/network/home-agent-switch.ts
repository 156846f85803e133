/**
 * Home Agent Switch: mobile nodes are asked to go to another home agent. RFC 5142 section 5.
 */
import { addressKey, formatAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { lifetimeField } from '../../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type {
  HomeAgentContext,
  RegistrationExtension,
  RegistrationVerdict,
} from '../home-agent-parts.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import {
  INITIAL_HA_SWITCH_TIMEOUT,
  MAX_HA_SWITCH_TIMEOUT,
  MAX_HA_SWITCH_TRANSMIT_RATE,
  STATUS,
} from './constants.ts';

/** The number of addresses is an octet; more than fit the smallest link are not sent. */
const MAX_ADDRESSES = 32;

/** What mobile nodes are told. */
export interface SwitchOptions {
  /** Other home agents, the best first; default: none, mobile nodes look for one themselves. RFC 5142 section 4. */
  readonly homeAgents?: readonly Uint8Array[];
  /** Seconds for which service goes on; default: no longer. */
  readonly serviceTime?: number;
}

interface Switching extends SwitchOptions {
  readonly homeAddress: Uint8Array;
  /** Milliseconds until the next transmission after this one. */
  timeout: number;
  timer: ScheduledAction | undefined;
}

/** Asks mobile nodes to leave, one a second, until they have. */
export class HomeAgentSwitch implements RegistrationExtension {
  readonly #context: HomeAgentContext;
  readonly #switching = new Map<AddressKey, Switching>();
  /** When the next mobile node may be told for the first time, milliseconds. */
  #nextStart = 0;

  constructor(context: HomeAgentContext) {
    this.#context = context;
    context.extensions.push(this);
    // The deletion of the binding is the answer. RFC 5142 section 6.1.
    context.events.onDeregistered(({ homeAddress }) => {
      this.#end(homeAddress);
    });
  }

  /** Mobile nodes that were asked and have not gone. */
  get size(): number {
    return this.#switching.size;
  }

  /** Asks a registered mobile node to switch. @returns whether it has a binding */
  ask(homeAddress: Uint8Array, options: SwitchOptions = {}): boolean {
    const { host } = this.#context;
    const entry = host.bindings.find(homeAddress);
    if (entry?.isHomeRegistration !== true) return false;
    this.#end(homeAddress);
    const { now } = host.scheduler;
    // MAX-HA-SWITCH-TRANSMIT-RATE: the others are not to be flooded with registrations. RFC 5142 section 7.
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + 1000 / MAX_HA_SWITCH_TRANSMIT_RATE;
    const switching: Switching = {
      ...options,
      homeAddress: entry.homeAddress,
      timeout: INITIAL_HA_SWITCH_TIMEOUT,
      timer: undefined,
    };
    this.#switching.set(addressKey(homeAddress), switching);
    if (start === now) this.#send(switching);
    else {
      switching.timer = host.scheduler.after(start - now, () => {
        this.#send(switching);
      });
    }
    return true;
  }

  /** Asks every registered mobile node. */
  askAll(options: SwitchOptions = {}): void {
    for (const entry of [...this.#context.host.bindings.entries()]) {
      if (entry.isHomeRegistration) this.ask(entry.homeAddress, options);
    }
  }

  /** RFC 5142 section 5.3: bindings of who was asked to go are not extended. */
  examine(update: ReceivedBindingUpdate): RegistrationVerdict | undefined {
    const isAsked = this.#switching.has(addressKey(update.homeAddress));
    return isAsked ? { status: STATUS.administrativelyProhibited } : undefined;
  }

  close(): void {
    for (const { timer } of this.#switching.values()) timer?.cancel();
    this.#switching.clear();
  }

  #end(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    this.#switching.get(key)?.timer?.cancel();
    this.#switching.delete(key);
  }

  #send(switching: Switching): void {
    const { host } = this.#context;
    const { homeAddress, homeAgents = [], serviceTime } = switching;
    const entry = host.bindings.find(homeAddress);
    if (entry === undefined) return;
    const addresses = homeAgents.slice(0, MAX_ADDRESSES);
    const options: MobilityOption[] =
      serviceTime === undefined
        ? []
        : [{ kind: 'binding-refresh-advice', refreshInterval: lifetimeField(serviceTime) }];
    host.tell('info', 'home-agent-switch-sent', { homeAddress: formatAddress(homeAddress) });
    host.mobility.send({
      message: {
        kind: 'home-agent-switch',
        numberOfAddresses: addresses.length,
        homeAgents: addresses.map((address) => ({ address })),
      },
      options,
      source: entry.localAddress,
      destination: homeAddress,
      careOfDestination: entry.careOfAddress,
    });
    this.#retransmit(switching);
  }

  /** RFC 5142 section 5.2: the timeout doubles until it has reached MAX-HA-SWITCH-TIMEOUT; it is not asked any more then. */
  #retransmit(switching: Switching): void {
    const { timeout, serviceTime } = switching;
    if (timeout > MAX_HA_SWITCH_TIMEOUT) return;
    switching.timeout = timeout * 2;
    const half = serviceTime === undefined ? Infinity : serviceTime * 500;
    const isFirst = timeout === INITIAL_HA_SWITCH_TIMEOUT;
    const wait = isFirst ? Math.max(1000, Math.min(timeout, half)) : timeout;
    switching.timer = this.#context.host.scheduler.after(wait, () => {
      this.#send(switching);
    });
  }
}
