/**
 * Duplicate address detection: for addresses that a node wants to have, and for those that a home agent takes care of.
 * RFC 4862 section 5.4, RFC 6275 section 10.3.1.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { ScheduledAction, Scheduler } from '../../engine/ports.ts';
import type { DuplicateProbe } from './network-interface.ts';

/** Addresses that are asked for at one time; one more is not found unique. */
export const MAX_PROBES = 65_536;

/** What detection asks of its interface. */
export interface DuplicateDetectionOptions {
  readonly scheduler: Scheduler;
  /** Milliseconds between solicitations, and after the last. */
  readonly retransTimer: () => number;
  /** Sends a solicitation for the address from `::`. */
  readonly solicit: (address: Uint8Array) => void;
  /** Joins and leaves the solicited-node group of the address: others' solicitations have to be heard. */
  readonly listen: (address: Uint8Array) => void;
  readonly stopListening: (address: Uint8Array) => void;
}

type Listener = (isUnique: boolean) => void;

interface Probe {
  readonly key: AddressKey;
  readonly address: Uint8Array;
  readonly listeners: Set<Listener>;
  isListening: boolean;
  left: number;
  timer: ScheduledAction | undefined;
}

/** Addresses of one interface that are asked for. */
export class DuplicateDetection {
  readonly #options: DuplicateDetectionOptions;
  readonly #probes = new Map<AddressKey, Probe>();

  constructor(options: DuplicateDetectionOptions) {
    this.#options = options;
  }

  /**
   * Asks whether anybody has the address. Who asks for one that is being asked for gets the same answer.
   * @param transmits DupAddrDetectTransmits; 0 = it is unique without asking
   * @param delay milliseconds before the group of the address is joined and the first solicitation. RFC 4862 section 5.4.2
   */
  start(address: Uint8Array, transmits: number, delay: number, onResult: Listener): DuplicateProbe {
    const key = addressKey(address);
    const running = this.#probes.get(key);
    // An own function for each caller: each can give up alone.
    const listener: Listener = (isUnique) => {
      onResult(isUnique);
    };
    if (running !== undefined) {
      running.listeners.add(listener);
      return this.#handle(running, listener);
    }
    if (transmits <= 0) return this.#answer(true, onResult);
    if (this.#probes.size >= MAX_PROBES) return this.refuse(onResult);
    const probe: Probe = {
      key,
      address: address.slice(),
      listeners: new Set([listener]),
      isListening: false,
      left: transmits,
      timer: undefined,
    };
    this.#probes.set(key, probe);
    if (delay > 0) {
      probe.timer = this.#options.scheduler.after(delay, () => {
        this.#solicit(probe);
      });
    } else {
      this.#solicit(probe);
    }
    return this.#handle(probe, listener);
  }

  /** An address that is known not to be unique, without asking. */
  refuse(onResult: Listener): DuplicateProbe {
    return this.#answer(false, onResult);
  }

  /**
   * Somebody else has the address, or wants it too. RFC 4862 sections 5.4.3, 5.4.4.
   * @returns whether it was being asked for
   */
  conflict(key: AddressKey): boolean {
    const probe = this.#probes.get(key);
    if (probe === undefined) return false;
    this.#end(probe, false);
    return true;
  }

  /** Stops everything; nobody is told. */
  close(): void {
    for (const { timer } of this.#probes.values()) timer?.cancel();
    this.#probes.clear();
  }

  /** Tells without asking, and never during the call. */
  #answer(isUnique: boolean, onResult: Listener): DuplicateProbe {
    const answer = this.#options.scheduler.after(0, () => {
      onResult(isUnique);
    });
    return {
      cancel: () => {
        answer.cancel();
      },
    };
  }

  #handle(probe: Probe, listener: Listener): DuplicateProbe {
    return {
      cancel: () => {
        probe.listeners.delete(listener);
        if (probe.listeners.size === 0 && this.#probes.get(probe.key) === probe) {
          this.#stop(probe);
        }
      },
    };
  }

  #solicit(probe: Probe): void {
    const { scheduler, retransTimer, solicit, listen } = this.#options;
    if (probe.left === 0) {
      this.#end(probe, true);
      return;
    }
    if (!probe.isListening) {
      probe.isListening = true;
      listen(probe.address);
    }
    probe.left--;
    probe.timer = scheduler.after(retransTimer(), () => {
      this.#solicit(probe);
    });
    solicit(probe.address);
  }

  #stop(probe: Probe): void {
    probe.timer?.cancel();
    this.#probes.delete(probe.key);
    if (probe.isListening) this.#options.stopListening(probe.address);
  }

  #end(probe: Probe, isUnique: boolean): void {
    const listeners = [...probe.listeners];
    probe.listeners.clear();
    if (!isUnique) {
      this.#stop(probe);
      for (const listener of listeners) listener(false);
      return;
    }
    // Who takes the address joins its group before this leaves it: no report that says otherwise.
    this.#probes.delete(probe.key);
    for (const listener of listeners) listener(true);
    if (probe.isListening) this.#options.stopListening(probe.address);
  }
}
