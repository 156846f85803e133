/**
 * Router solicitations of a host. RFC 4861 section 6.3.7.
 */
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';

/** RFC 4861 section 10; intervals in milliseconds. */
const MAX_RTR_SOLICITATIONS = 3;
const RTR_SOLICITATION_INTERVAL = 4000;
const MAX_RTR_SOLICITATION_DELAY = 1000;

/** What soliciting asks of its interface. */
export interface RouterSolicitationsOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** Random delay before the first; a node that moves may leave it out. RFC 4861 section 6.3.7 */
  readonly usesDelays: boolean;
  readonly send: () => void;
}

/** Up to three solicitations, until a router answers. */
export class RouterSolicitations {
  readonly #options: RouterSolicitationsOptions;
  #left = 0;
  #timer: ScheduledAction | undefined;

  constructor(options: RouterSolicitationsOptions) {
    this.#options = options;
  }

  /** Begins anew. */
  start(): void {
    const { scheduler, random, usesDelays } = this.#options;
    this.stop();
    this.#left = MAX_RTR_SOLICITATIONS;
    const delay = usesDelays ? randomBetween(random, 0, MAX_RTR_SOLICITATION_DELAY) : 0;
    if (delay === 0) {
      this.#send();
      return;
    }
    this.#timer = scheduler.after(delay, () => {
      this.#send();
    });
  }

  /** A router answered, or nobody wants to know any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#left = 0;
  }

  #send(): void {
    this.#left--;
    this.#timer =
      this.#left <= 0
        ? undefined
        : this.#options.scheduler.after(RTR_SOLICITATION_INTERVAL, () => {
            this.#send();
          });
    this.#options.send();
  }
}
