/**
 * Binding Refresh Requests: mobile nodes whose home registration is about to end are reminded. RFC 6275 sections 6.1.2 and
 * 9.5.5, with Binding Identifiers RFC 5648 section 6.4.
 */
import { addressKey } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';

/** Once for each registration, and once more when half of the rest has passed. */
const REQUESTS = 2;

/** One timer for all bindings: they are looked at by the second. */
export class RefreshRequests {
  readonly #context: HomeAgentContext;
  /** Milliseconds before the end. */
  readonly #lead: number;
  readonly #due = new Map<number, Set<AddressKey>>();
  readonly #dueAt = new Map<
    AddressKey,
    { second: number; sent: number; homeAddress: Uint8Array }
  >();
  #timer: ScheduledAction | undefined;

  /** @param lead seconds before the end of a binding, more than 0 */
  constructor(context: HomeAgentContext, lead: number) {
    this.#context = context;
    this.#lead = lead * 1000;
    const { events } = context;
    events.onRegistered((entry) => {
      this.#plan(entry, 0);
    });
    events.onRefreshed((entry) => {
      this.#plan(entry, 0);
    });
    events.onDeregistered(({ homeAddress }) => {
      this.#forget(addressKey(homeAddress));
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #plan({ homeAddress, expiresAt, lifetime }: BindingCacheEntry, sent: number): void {
    const key = addressKey(homeAddress);
    this.#forget(key);
    // Not more than half of a lifetime before its end: short ones are not asked for all the time.
    const lead = Math.min(this.#lead, lifetime * 500) / (sent + 1);
    const second = Math.ceil((expiresAt - lead) / 1000);
    this.#dueAt.set(key, { second, sent, homeAddress });
    const keys = this.#due.get(second);
    if (keys === undefined) this.#due.set(second, new Set([key]));
    else keys.add(key);
    this.#wait();
  }

  #forget(key: AddressKey): void {
    const due = this.#dueAt.get(key);
    if (due === undefined) return;
    this.#dueAt.delete(key);
    const keys = this.#due.get(due.second);
    keys?.delete(key);
    if (keys?.size === 0) this.#due.delete(due.second);
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#due.size === 0) return;
    const { scheduler } = this.#context.host;
    this.#timer = scheduler.after(1000 - (scheduler.now % 1000), () => {
      this.#timer = undefined;
      this.#ask(Math.floor(scheduler.now / 1000));
      this.#wait();
    });
  }

  #ask(now: number): void {
    for (const [second, keys] of [...this.#due]) {
      if (second > now) continue;
      for (const key of [...keys]) {
        const due = this.#dueAt.get(key);
        this.#forget(key);
        const entry =
          due === undefined ? undefined : this.#context.host.bindings.find(due.homeAddress);
        if (due === undefined || entry === undefined) continue;
        this.#send(entry);
        if (due.sent + 1 < REQUESTS) this.#plan(entry, due.sent + 1);
      }
    }
  }

  #send({ homeAddress, careOfAddress, localAddress, careOfAddresses }: BindingCacheEntry): void {
    this.#context.host.mobility.send({
      message: { kind: 'binding-refresh-request' },
      options: [...(careOfAddresses?.keys() ?? [])].map((bindingIdentifier) => ({
        kind: 'binding-identifier',
        bindingIdentifier,
        status: 0,
        flags: 0,
      })),
      source: localAddress,
      destination: homeAddress,
      careOfDestination: careOfAddress,
    });
  }
}
