/**
 * Binding revocation: this home agent ends a binding, and the mobile node is told. RFC 5846 sections 6 and 7.
 */
import { addressKey, formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import { u16 } from '../../../dissectors/core/bytes.ts';
import { BINDING_REVOCATION_TYPE } from '../../../dissectors/mobility/messages/binding-revocation.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { ReceivedMessage } from '../../mobility/mobility-endpoint.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { BRI_MAX_RETRIES_NUMBER, INIT_MIN_DELAY_BRIS, MAX_BRACK_TIMEOUT } from './constants.ts';

/** Not to be configured to less, milliseconds. RFC 5846 section 11. */
const LEAST_DELAY = 500;
/** Administrative Reason. RFC 5846 section 5.1. */
const ADMINISTRATIVE_REASON = 1;
/** From here on they are about many mobile nodes. RFC 5846 section 5.1. */
const FIRST_GLOBAL_TRIGGER = 128;

interface Revocation {
  readonly homeAddress: Uint8Array;
  readonly sequence: number;
  readonly trigger: number;
  retries: number;
  timeout: number;
  timer: ScheduledAction | undefined;
}

/** Ends bindings with notice. */
export class BindingRevocation {
  readonly #context: HomeAgentContext;
  readonly #maximumRetries: number;
  readonly #initialDelay: number;
  readonly #revocations = new Map<AddressKey, Revocation>();
  #sequence: number;

  constructor(context: HomeAgentContext) {
    const { maximumRetries, initialDelay } = context.options.network?.revocation ?? {};
    this.#context = context;
    this.#maximumRetries = maximumRetries ?? BRI_MAX_RETRIES_NUMBER;
    this.#initialDelay = Math.max(
      LEAST_DELAY,
      initialDelay === undefined ? INIT_MIN_DELAY_BRIS : initialDelay * 1000,
    );
    this.#sequence = u16(context.host.random.octets(2), 0);
    context.host.mobility.handle('binding-revocation', (message) => {
      this.#acknowledged(message);
    });
    // A binding that has ended by other means, or a mobile node that has registered again, needs no more notice.
    context.events.onDeregistered(({ homeAddress }) => {
      this.#forget(homeAddress);
    });
    context.events.onRefreshed(({ homeAddress }) => {
      this.#forget(homeAddress);
    });
  }

  /** Revocations without acknowledgement yet. */
  get size(): number {
    return this.#revocations.size;
  }

  /**
   * Ends the binding of a home address: at the acknowledgement, or when the last indication has drawn none.
   * @param trigger of one mobile node, 0..127; default: administrative reason
   * @returns whether it has a binding
   * @throws RangeError when the trigger is one of many mobile nodes
   */
  revoke(homeAddress: Uint8Array, trigger = ADMINISTRATIVE_REASON): boolean {
    if (!(trigger >= 0 && trigger < FIRST_GLOBAL_TRIGGER)) {
      throw new RangeError(`revocation trigger: expected 0 to 127, got ${trigger}`);
    }
    const entry = this.#context.host.bindings.find(homeAddress);
    if (entry?.isHomeRegistration !== true) return false;
    this.#forget(homeAddress);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const revocation: Revocation = {
      homeAddress: entry.homeAddress,
      sequence: this.#sequence,
      trigger,
      retries: 0,
      timeout: this.#initialDelay,
      timer: undefined,
    };
    this.#revocations.set(addressKey(homeAddress), revocation);
    this.#send(revocation);
    return true;
  }

  close(): void {
    for (const { timer } of this.#revocations.values()) timer?.cancel();
    this.#revocations.clear();
  }

  #send(revocation: Revocation): void {
    const { host } = this.#context;
    const { homeAddress, sequence, trigger } = revocation;
    const entry = host.bindings.find(homeAddress);
    if (entry === undefined) return;
    host.mobility.send({
      message: {
        kind: 'binding-revocation',
        type: BINDING_REVOCATION_TYPE.indication,
        trigger,
        sequence,
        indicationFlags: 0,
      },
      source: entry.localAddress,
      destination: homeAddress,
      // RFC 5846 section 7: with a type 2 routing header, to the care-of address.
      careOfDestination: entry.careOfAddress,
    });
    revocation.timer = host.scheduler.after(revocation.timeout, () => {
      this.#timedOut(revocation);
    });
  }

  /** RFC 5846 section 6.3. */
  #timedOut(revocation: Revocation): void {
    if (revocation.retries >= this.#maximumRetries) {
      this.#end(revocation, 'no-acknowledgement');
      return;
    }
    revocation.retries++;
    revocation.timeout = Math.min(
      revocation.timeout * 2,
      Math.max(MAX_BRACK_TIMEOUT, this.#initialDelay),
    );
    this.#send(revocation);
  }

  /** RFC 5846 section 6.2.2. Whatever the status: the home agent ends the binding. */
  #acknowledged({ packet, message }: ReceivedMessage<'binding-revocation'>): void {
    const { host } = this.#context;
    if (message.type !== BINDING_REVOCATION_TYPE.acknowledgement) return;
    const revocation = this.#revocations.get(addressKey(packet.source));
    const entry = host.bindings.find(packet.source);
    if (revocation === undefined || entry === undefined) return;
    const isOurs =
      revocation.sequence === message.sequence &&
      isSameAddress(packet.destination, entry.localAddress);
    // Section 6.2: protected as Binding Updates are, where there is anything to protect with.
    const isProtected =
      host.ipsec === undefined ||
      packet.protection !== undefined ||
      packet.tunnels.at(-1)?.protection !== undefined;
    if (isOurs && isProtected) this.#end(revocation, `status ${message.status ?? 0}`);
  }

  #end({ homeAddress }: Revocation, answer: string): void {
    const { host } = this.#context;
    this.#forget(homeAddress);
    host.tell('info', 'binding-revoked', { homeAddress: formatAddress(homeAddress), answer });
    host.bindings.remove(homeAddress, 'revoked');
  }

  #forget(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    this.#revocations.get(key)?.timer?.cancel();
    this.#revocations.delete(key);
  }
}
