/**
 * Who is answered that solicits an address: owners, anycast members and proxies answer differently.
 * RFC 4861 sections 7.2.3, 7.2.4, 7.2.7, 7.2.8; RFC 6275 section 10.4.1.
 */
import { addressKey, isUnspecified } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';
import { ALL_NODES } from './link-address.ts';
import type { AdvertisementFields, NetworkInterface } from './network-interface.ts';

/** MAX_ANYCAST_DELAY_TIME, milliseconds. RFC 4861 section 10. */
const MAX_ANYCAST_DELAY_TIME = 1000;
/** Answers for anycast addresses that wait at one time; what comes on top is not answered. */
const MAX_DELAYED = 64;

/** What a responder asks of its interface. */
export interface SolicitationResponderOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** The node is a router. */
  readonly isRouter: boolean;
  readonly link: Pick<NetworkInterface, 'owns' | 'advertise'>;
  readonly listen: (address: Uint8Array) => void;
  readonly stopListening: (address: Uint8Array) => void;
}

/** A solicitation that passed its checks. */
export interface Asked {
  readonly target: Uint8Array;
  readonly source: Uint8Array;
  /** Where its sender is. */
  readonly linkSource: Uint8Array | undefined;
}

/** Addresses that are answered for without being assigned, and the answers. */
export class SolicitationResponder {
  readonly #options: SolicitationResponderOptions;
  /** Defended addresses, and whether their nodes are routers. */
  readonly #defended = new Map<AddressKey, boolean>();
  readonly #anycast = new Set<AddressKey>();
  #delayed = 0;
  #isClosed = false;

  constructor(options: SolicitationResponderOptions) {
    this.#options = options;
  }

  /** Answers for a node that is away. */
  defend(address: Uint8Array, isRouter: boolean): void {
    const key = addressKey(address);
    // A proxy joins the solicited-node group of the address. RFC 4861 section 7.2.8.
    if (!this.#defended.has(key)) this.#options.listen(address);
    this.#defended.set(key, isRouter);
  }

  stopDefending(address: Uint8Array): void {
    if (this.#defended.delete(addressKey(address))) this.#options.stopListening(address);
  }

  isDefending(address: Uint8Array): boolean {
    return this.#defended.has(addressKey(address));
  }

  addAnycast(address: Uint8Array): void {
    const key = addressKey(address);
    if (this.#anycast.has(key)) return;
    this.#anycast.add(key);
    this.#options.listen(address);
  }

  removeAnycast(address: Uint8Array): void {
    if (this.#anycast.delete(addressKey(address))) this.#options.stopListening(address);
  }

  isAnycast(address: Uint8Array): boolean {
    return this.#anycast.has(addressKey(address));
  }

  /** Whether the node answers for the address. */
  answersFor(address: Uint8Array): boolean {
    return this.#options.link.owns(address) || this.isDefending(address) || this.isAnycast(address);
  }

  /** Answers a solicitation for an address that is answered for. */
  answer({ target, source, linkSource }: Asked): void {
    const { link, isRouter, scheduler, random } = this.#options;
    const isProbe = isUnspecified(source);
    const isOwn = link.owns(target);
    const defendedAsRouter = this.#defended.get(addressKey(target));
    const fields: AdvertisementFields = {
      target,
      // RFC 4861 section 7.2.4: who has no address yet hears it as one of all nodes.
      destination: isProbe ? ALL_NODES : source,
      ...(isProbe || linkSource === undefined ? {} : { linkDestination: linkSource }),
      isSolicited: !isProbe,
      // The node itself, if it is there, takes precedence. RFC 4861 sections 7.2.7 and 7.2.8.
      isOverride: isOwn,
      isRouter: isOwn ? isRouter : (defendedAsRouter ?? isRouter),
    };
    if (isOwn || defendedAsRouter !== undefined) {
      link.advertise(fields);
      return;
    }
    if (this.#delayed >= MAX_DELAYED) return;
    this.#delayed++;
    scheduler.after(randomBetween(random, 0, MAX_ANYCAST_DELAY_TIME), () => {
      this.#delayed--;
      if (!this.#isClosed && this.isAnycast(target)) link.advertise(fields);
    });
  }

  /** Answers nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#defended.clear();
    this.#anycast.clear();
  }
}
