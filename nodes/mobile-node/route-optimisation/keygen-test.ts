/**
 * One half of the return routability procedure: an Init with a cookie, sent again until a test with that cookie brings a
 * keygen token. RFC 6275 sections 5.2.5, 11.6.1, 11.6.2 and 11.8.
 */
import { MAX_TOKEN_LIFETIME } from '../../../engine/mobility/constants.ts';
import { constantTimeEqual } from '../../../engine/crypto/constant-time.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import { MAX_BINDACK_TIMEOUT } from '../constants.ts';
import type { MobileNodeContext } from '../mobile-node-parts.ts';
import { COOKIE_OCTETS, INITIAL_TIMEOUT } from './constants.ts';

/** A keygen token. */
export interface KeygenToken {
  /** 8 octets. */
  readonly token: Uint8Array;
  /** 0..65535 */
  readonly nonceIndex: number;
  /** When the Init that brought it was sent; milliseconds of the scheduler. */
  readonly askedAt: number;
}

/** What a test is made of. */
export interface KeygenTestOptions {
  readonly context: MobileNodeContext;
  /** MH Type of the Init: 1 home, 2 care-of. */
  readonly mhType: 1 | 2;
  readonly correspondent: Uint8Array;
  readonly send: (cookie: Uint8Array) => void;
  readonly onToken: () => void;
  /**
   * An Init was not answered in time.
   * @param transmissions that were sent so far; Infinity = the longest timeout is over
   * @returns whether to go on; whoever says no stops the test
   */
  readonly onSilence: (transmissions: number) => boolean;
}

/** A home test or a care-of test. Each has its own back-off. RFC 6275 section 11.8. */
export class KeygenTest {
  readonly #options: KeygenTestOptions;
  #cookie: Uint8Array | undefined;
  #sentAt = 0;
  #token: KeygenToken | undefined;
  #timeout = INITIAL_TIMEOUT;
  #transmissions = 0;
  #timer: ScheduledAction | undefined;
  #isRunning = false;

  constructor(options: KeygenTestOptions) {
    this.#options = options;
  }

  /** The token, while it may be used: for MAX_TOKEN_LIFETIME, counted from its question. RFC 6275 section 5.2.7. */
  get token(): KeygenToken | undefined {
    const { now } = this.#options.context.host.scheduler;
    const token = this.#token;
    return token !== undefined && now - token.askedAt < MAX_TOKEN_LIFETIME * 1000
      ? token
      : undefined;
  }

  /** Asks, unless it is asking already. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#token = undefined;
    this.#timeout = INITIAL_TIMEOUT;
    this.#transmissions = 0;
    this.#send();
  }

  /** Asks no more; answers under way do not count. A token that is there stays. */
  stop(): void {
    this.#isRunning = false;
    this.#cookie = undefined;
    this.#timer?.cancel();
  }

  /** The token is of no use any more. */
  forget(): void {
    this.#token = undefined;
  }

  /** Whether this is the cookie of the Init sent last, and its answer is waited for. */
  isAwaiting(cookie: Uint8Array): boolean {
    const own = this.#cookie;
    return (
      own !== undefined &&
      cookie.length === COOKIE_OCTETS &&
      constantTimeEqual(own, 0, cookie, 0, COOKIE_OCTETS)
    );
  }

  /** A test has come; one with another cookie, or a second one, is passed over. */
  answered(cookie: Uint8Array, token: Uint8Array, nonceIndex: number): void {
    if (!this.isAwaiting(cookie)) return;
    this.stop();
    this.#token = { token: token.slice(), nonceIndex, askedAt: this.#sentAt };
    this.#options.onToken();
  }

  #send(): void {
    const { context, mhType, correspondent, send } = this.#options;
    const { scheduler, random } = context.host;
    // RFC 6275 section 11.8: MAX_UPDATE_RATE, over all home addresses.
    const wait = context.limiter.wait(mhType, correspondent);
    if (wait > 0) {
      this.#timer = scheduler.after(wait, () => {
        this.#send();
      });
      return;
    }
    context.limiter.note(mhType, correspondent);
    // RFC 6275 section 11.8: a new cookie each time.
    const cookie = random.octets(COOKIE_OCTETS);
    this.#cookie = cookie;
    this.#sentAt = scheduler.now;
    this.#transmissions++;
    const timeout = this.#timeout;
    this.#timeout = Math.min(MAX_BINDACK_TIMEOUT, 2 * timeout);
    this.#timer = scheduler.after(timeout, () => {
      const isLast = timeout >= MAX_BINDACK_TIMEOUT;
      if (this.#options.onSilence(isLast ? Infinity : this.#transmissions)) this.#send();
    });
    send(cookie);
  }
}
