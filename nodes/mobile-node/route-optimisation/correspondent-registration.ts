/**
 * One correspondent and one home address: return routability, the registration that follows from it, its renewal and its
 * end. RFC 6275 sections 5.2, 11.6 and 11.7.2.
 */
import { formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import { lifetimeSeconds } from '../../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { ReceivedMessage } from '../../mobility/mobility-endpoint.ts';
import type { BindingUpdateListEntry } from '../binding-update-list.ts';
import { MAX_RO_FAILURE, REFRESH_SHARE } from '../constants.ts';
import type { HomeAddressView, MobileNodeContext } from '../mobile-node-parts.ts';
import {
  LEAST_LIFETIME,
  MAX_CORRECTIONS,
  MIN_INTERVAL,
  RECENT_PROGRESS,
  RECENT_USE,
  REFUSAL_PAUSE,
  SHORT_REFUSAL_PAUSE,
  SILENCE_PAUSE,
  STATUS,
  UNSUPPORTED_PAUSE,
} from './constants.ts';
import { CorrespondentUpdate } from './correspondent-update.ts';
import type { UpdateContents } from './correspondent-update.ts';
import { isHomeRegistered, longestLifetime } from './home-binding.ts';
import type { QuotedMessage } from './quoted-message.ts';
import { ReturnRoutability } from './return-routability.ts';
import type { Tokens } from './return-routability.ts';

/** Refusals that may be over soon. */
const SOON: readonly number[] = [STATUS.reasonUnspecified, STATUS.insufficientResources];
/** Updates with tokens from before that stay unanswered; then new tokens are asked for: it may have lost its key. */
const SILENCE_TO_OLD_TOKENS = 2;

/** What a registration is made of. */
export interface CorrespondentRegistrationOptions {
  readonly context: MobileNodeContext;
  /** The correspondent; its home address if it is mobile itself. RFC 6275 section 5.2.9. */
  readonly correspondent: Uint8Array;
  readonly home: HomeAddressView;
  /** Nothing is left of it: no binding, no messages. */
  readonly onIdle: () => void;
}

/** What is on its way. */
type Purpose = 'none' | 'register' | 'delete';

/** One correspondent. */
export class CorrespondentRegistration {
  readonly correspondent: Uint8Array;
  readonly home: HomeAddressView;
  /** Last packet either way; milliseconds of the scheduler. */
  lastUsedAt: number;
  readonly #options: CorrespondentRegistrationOptions;
  readonly #context: MobileNodeContext;
  readonly #routability: ReturnRoutability;
  #purpose: Purpose = 'none';
  #update: CorrespondentUpdate | undefined;
  #entry: BindingUpdateListEntry | undefined;
  /** Correspondent messages stay unanswered: payload goes through the home agent. RFC 6275 section 5.2.9. */
  #isFailing = false;
  #hasOldTokens = false;
  #isRefreshDue = false;
  #corrections = 0;
  #blockedUntil = 0;
  #startedAt = -Infinity;
  #lastProgressAt = -Infinity;
  #timer: ScheduledAction | undefined;

  constructor(options: CorrespondentRegistrationOptions) {
    const { context, correspondent, home } = options;
    this.#options = options;
    this.#context = context;
    this.correspondent = correspondent.slice();
    this.home = home;
    this.lastUsedAt = context.host.scheduler.now;
    this.#routability = new ReturnRoutability({
      context,
      home,
      correspondent: this.correspondent,
      onToken: () => {
        this.#updateWithTokens();
      },
      onSilence: (transmissions) => this.#silence(transmissions),
    });
  }

  /** Care-of address that packets may go out from directly; undefined = they go through the home agent. */
  get usableCareOfAddress(): Uint8Array | undefined {
    const entry = this.#entry;
    if (entry === undefined || this.#isFailing || this.#purpose === 'delete') return undefined;
    if (!this.#context.bindingUpdateList.isAlive(entry)) return undefined;
    // After a move, not before the correspondent has acknowledged the new one. RFC 6275 section 11.3.1.
    const { acknowledgedCareOfAddress } = entry;
    const { primaryCareOfAddress } = this.#context.attachment;
    return isSameAddress(acknowledgedCareOfAddress, primaryCareOfAddress)
      ? acknowledgedCareOfAddress
      : undefined;
  }

  /** Whether a message of this correspondent is waited for. */
  get isBusy(): boolean {
    return this.#purpose !== 'none';
  }

  /** Whether the correspondent has a binding, or may have. */
  get mayBeBound(): boolean {
    return this.#entry !== undefined && this.#context.bindingUpdateList.mayExist(this.#entry);
  }

  /** When the acknowledged binding ends, milliseconds of the scheduler; 0 = there is none. */
  get endsAt(): number {
    return this.#entry?.expiresAt ?? 0;
  }

  /** No messages to it before that; milliseconds of the scheduler. */
  get blockedUntil(): number {
    return this.#blockedUntil;
  }

  /** A packet to or from the correspondent. */
  noteUse(): void {
    this.lastUsedAt = this.#context.host.scheduler.now;
    if (this.#isRefreshDue && !this.isBusy) this.register();
  }

  /** A packet came by the binding. */
  noteProgress(): void {
    this.#lastProgressAt = this.#context.host.scheduler.now;
    this.noteUse();
  }

  /**
   * Registers the present care-of address, with tests where tokens are missing or old. Nothing happens while the home
   * registration is not there: RFC 6275 section 11.7.2.
   */
  register(): void {
    const { attachment, host } = this.#context;
    const { primaryCareOfAddress } = attachment;
    if (primaryCareOfAddress === undefined || !isHomeRegistered(this.#context, this.home)) return;
    if (this.#blockedUntil > host.scheduler.now) return;
    if (longestLifetime(this.#context, this.home) < LEAST_LIFETIME) return;
    this.interrupt();
    this.#routability.careOfAddress = primaryCareOfAddress;
    this.#begin('register');
    if (!this.#updateWithTokens()) this.#routability.start(false);
  }

  /** Asked for by somebody who proves nothing: not over and over. */
  registerAgain(): void {
    const { now } = this.#context.host.scheduler;
    if (this.isBusy || now - this.#startedAt < MIN_INTERVAL) return;
    this.register();
  }

  /** Deletes the binding, at home. RFC 6275 section 11.7.2. */
  deleteAtHome(): void {
    this.interrupt();
    if (!this.mayBeBound) {
      this.#end();
      return;
    }
    this.#routability.careOfAddress = undefined;
    this.#blockedUntil = 0;
    this.#begin('delete');
    if (!this.#updateWithTokens()) this.#routability.start(true);
  }

  /**
   * Deletes the binding from away, if the home keygen token still serves: the tunnel that brings another one is about to go.
   */
  deleteAway(): void {
    const { primaryCareOfAddress } = this.#context.attachment;
    this.interrupt();
    const hasToken = this.#routability.tokens(true) !== undefined;
    if (!this.mayBeBound || !hasToken || primaryCareOfAddress === undefined) return;
    this.#routability.careOfAddress = primaryCareOfAddress;
    this.#begin('delete');
    this.#updateWithTokens();
  }

  /** Ends what is on its way; the binding stays what it is. */
  interrupt(): void {
    this.#purpose = 'none';
    this.#routability.stop();
    this.#update?.cancel();
    this.#update = undefined;
    if (this.#entry !== undefined) this.#entry.outstanding = [];
  }

  /** Whether an answer to a message of this node is waited for. */
  isAwaiting(message: QuotedMessage): boolean {
    return message.kind === 'binding-update'
      ? this.#update?.isAwaiting(message.sequence) === true
      : this.#routability.isAwaiting(message.kind, message.cookie);
  }

  homeTest(received: ReceivedMessage<'home-test'>): void {
    this.#routability.homeTest(received);
  }

  careOfTest(received: ReceivedMessage<'care-of-test'>): void {
    this.#routability.careOfTest(received);
  }

  /** RFC 6275 section 11.7.3. */
  acknowledgement(received: ReceivedMessage<'binding-acknowledgement'>): void {
    const entry = this.#entry;
    const update = this.#update;
    if (entry === undefined || update?.isAnswer(received) !== true) return;
    const { status, sequence, lifetime } = received.message;
    if (status === STATUS.sequenceOutOfWindow) {
      this.#correctSequence(entry, update, sequence);
      return;
    }
    const answered = entry.outstanding.find((each) => each.sequence === sequence);
    if (answered === undefined) return;
    if (status >= 128) {
      this.#refused(entry, status);
      return;
    }
    const wasDeletion = this.#purpose === 'delete';
    this.#context.bindingUpdateList.noteAccepted(entry, answered, lifetimeSeconds(lifetime));
    this.interrupt();
    this.#isFailing = false;
    this.#corrections = 0;
    if (wasDeletion) this.#end();
    else if (this.#context.bindingUpdateList.isAlive(entry)) this.#accepted(entry);
    else this.#pause(SHORT_REFUSAL_PAUSE, 'no-lifetime');
  }

  /** The correspondent does not know the binding. RFC 6275 section 11.3.6. */
  unknownBinding(): void {
    const { bindingUpdateList, host } = this.#context;
    const entry = this.#entry;
    if (entry === undefined || this.#purpose === 'delete') return;
    if (host.scheduler.now - this.#lastProgressAt <= RECENT_PROGRESS) return;
    if (bindingUpdateList.isAlive(entry)) {
      this.#tell('info', 'correspondent-binding-lost');
      this.#timer?.cancel();
      // Updates under way may still be answered.
      if (this.isBusy) entry.isAcknowledged = false;
      else bindingUpdateList.noteGone(entry);
    }
    this.registerAgain();
  }

  /** The correspondent wants to know more. RFC 6275 section 11.7.4. */
  refreshRequested(): void {
    if (this.#entry === undefined || !this.#isWanted) return;
    this.registerAgain();
  }

  /** It does not know the messages of route optimisation. RFC 6275 sections 11.3.5 and 11.3.6. */
  unsupported(): void {
    this.#pause(UNSUPPORTED_PAUSE, 'unsupported');
  }

  /** Stops timers. The entry of the binding update list stays: its sequence numbers go on. */
  close(): void {
    this.interrupt();
    this.#timer?.cancel();
  }

  get #isWanted(): boolean {
    return this.#context.host.scheduler.now - this.lastUsedAt <= RECENT_USE;
  }

  #begin(purpose: Purpose): void {
    this.#purpose = purpose;
    this.#isRefreshDue = false;
    this.#startedAt = this.#context.host.scheduler.now;
    this.#hasOldTokens = this.#tokens !== undefined;
  }

  /** For what is on its way. */
  get #tokens(): Tokens | undefined {
    return this.#routability.tokens(this.#purpose === 'delete');
  }

  /** Sends the update, when nothing is missing. @returns whether */
  #updateWithTokens(): boolean {
    if (!this.isBusy || this.#tokens === undefined) return false;
    const { bindingUpdateList } = this.#context;
    const entry = bindingUpdateList.obtain(this.correspondent, this.home.address, false);
    this.#entry = entry;
    this.#update?.cancel();
    this.#update = new CorrespondentUpdate({
      context: this.#context,
      entry,
      contents: () => this.#contents(),
      onSilence: (transmissions) => this.#updateSilence(transmissions),
    });
    this.#update.send();
    return true;
  }

  /** Of the next update; undefined when a token has grown old meanwhile, and new ones are asked for. */
  #contents(): UpdateContents | undefined {
    const tokens = this.#tokens;
    const isDeletion = this.#purpose === 'delete';
    const lifetime = isDeletion ? 0 : longestLifetime(this.#context, this.home);
    if (tokens !== undefined && (isDeletion || lifetime >= LEAST_LIFETIME)) {
      return { ...tokens, careOfAddress: this.#routability.careOfAddress, lifetime };
    }
    this.#update?.cancel();
    this.#update = undefined;
    if (tokens !== undefined) this.interrupt();
    else this.#routability.start(isDeletion);
    return undefined;
  }

  /** Nothing came back. RFC 6275 section 5.2.9: after MAX_RO_FAILURE retries payload goes through the home agent. */
  #silence(transmissions: number): boolean {
    if (transmissions <= MAX_RO_FAILURE) return true;
    this.#isFailing = true;
    if (this.#purpose === 'delete') this.#end();
    else if (transmissions === Infinity) this.#pause(SILENCE_PAUSE, 'silence');
    return this.isBusy;
  }

  #updateSilence(transmissions: number): boolean {
    if (!this.#silence(transmissions)) return false;
    if (this.#hasOldTokens && transmissions >= SILENCE_TO_OLD_TOKENS) {
      this.#retest({ home: true, careOf: true });
      return false;
    }
    return true;
  }

  /** Asks for tokens anew, and goes on with them. */
  #retest(which: { readonly home: boolean; readonly careOf: boolean }): void {
    this.#hasOldTokens = false;
    this.#update?.cancel();
    this.#update = undefined;
    this.#routability.forget(which);
    this.#routability.start(this.#purpose === 'delete');
  }

  #correctSequence(
    entry: BindingUpdateListEntry,
    update: CorrespondentUpdate,
    sequence: number,
  ): void {
    entry.sequence = sequence;
    entry.outstanding = [];
    if (this.#corrections++ < MAX_CORRECTIONS) update.send();
  }

  #refused(entry: BindingUpdateListEntry, status: number): void {
    const isHomeOld = status === STATUS.expiredHomeNonceIndex || status === STATUS.expiredNonces;
    const isCareOfOld =
      status === STATUS.expiredCareOfNonceIndex || status === STATUS.expiredNonces;
    // RFC 6275 sections 5.2.7 and 11.7.3: what is too old is asked for anew.
    if ((isHomeOld || isCareOfOld) && this.#corrections++ < MAX_CORRECTIONS) {
      entry.outstanding = [];
      this.#retest({ home: isHomeOld, careOf: isCareOfOld });
      return;
    }
    this.#corrections = 0;
    this.#context.bindingUpdateList.noteGone(entry);
    if (this.#purpose === 'delete') this.#end();
    else {
      this.#pause(SOON.includes(status) ? SHORT_REFUSAL_PAUSE : REFUSAL_PAUSE, `status-${status}`);
    }
  }

  #accepted(entry: BindingUpdateListEntry): void {
    const { scheduler } = this.#context.host;
    const remaining = entry.expiresAt - scheduler.now;
    // Binding Errors under way are about what was before.
    this.#lastProgressAt = scheduler.now;
    this.#tell('info', 'correspondent-registered');
    this.#timer?.cancel();
    this.#timer = scheduler.after(remaining * REFRESH_SHARE, () => {
      this.#timer = scheduler.after(Math.max(0, entry.expiresAt - scheduler.now), () => {
        this.#expired();
      });
      // A binding that nobody uses ends by itself; use in the last quarter renews it.
      if (this.#isWanted) this.register();
      this.#isRefreshDue = !this.isBusy;
    });
  }

  #expired(): void {
    if (!this.isBusy && this.#blockedUntil <= this.#context.host.scheduler.now) this.#end();
  }

  /** Leaves the correspondent alone for a while; packets take the tunnel. */
  #pause(milliseconds: number, reason: string): void {
    const { scheduler } = this.#context.host;
    this.interrupt();
    this.#isFailing = true;
    this.#blockedUntil = scheduler.now + milliseconds;
    if (this.#entry !== undefined) this.#entry.blockedUntil = this.#blockedUntil;
    this.#tell('info', 'route-optimisation-stopped', { reason });
    this.#timer?.cancel();
    this.#timer = scheduler.after(milliseconds, () => {
      this.#end();
    });
  }

  #end(): void {
    this.close();
    this.#options.onIdle();
  }

  #tell(level: 'info', event: string, details: Readonly<Record<string, string>> = {}): void {
    this.#context.host.tell(level, event, {
      correspondent: formatAddress(this.correspondent),
      homeAddress: formatAddress(this.home.address),
      ...details,
    });
  }
}
