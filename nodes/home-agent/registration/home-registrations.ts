/**
 * Home registrations: the registrar of a home agent. RFC 6275 sections 10.3.1 and 10.3.2.
 *
 * Order of the tests: what nobody answers (protection, form, layout of a de-registration), the sequence number, the type of
 * the registration, then what is answered with a reason. Nothing is kept for an update that is not authorised.
 */
import { formatAddress, isSameAddress, prefixMatches } from '../../../dissectors/core/address.ts';
import { isSequenceGreater } from '../../../engine/mobility/sequence.ts';
import type { BindingCacheEntry, RemovalReason } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate, Registrar } from '../../mobility/binding-update.ts';
import type {
  DeregistrationMode,
  HomeAgentContext,
  MobileNodePolicy,
  RegistrationOptions,
} from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import { AddressDefence, linkLocalOfHome } from './address-defence.ts';
import { Answers } from './answers.ts';
import { authorisationFault } from './authorisation.ts';
import { BindingWriter } from './binding-writer.ts';
import { STATUS } from './constants.ts';
import { Deregistrations } from './deregistrations.ts';
import { FormerBindings } from './former-bindings.ts';
import { PendingRegistrations } from './pending-registrations.ts';
import { RegistrationJudge, formFault } from './registration-judge.ts';
import type { Judgement } from './registration-judge.ts';
import { restoreBindings } from './restored-bindings.ts';
import { StoredBindings } from './stored-bindings.ts';

/** Registrations that wait for duplicate address detection at most, unless configured. */
const PENDING_CAPACITY = 1024;

const refused = (status: number): Judgement => ({ kind: 'refused', status });

/** Judges and keeps home registrations. */
export class HomeRegistrations implements Registrar {
  /** New mobile nodes are refused with status 128 while this is set: before the node is stopped. */
  isDraining = false;
  readonly answers: Answers;
  readonly #context: HomeAgentContext;
  readonly #options: RegistrationOptions;
  readonly #judge: RegistrationJudge;
  readonly #defence: AddressDefence;
  readonly #stored: StoredBindings;
  readonly #former: FormerBindings;
  readonly #pending: PendingRegistrations;
  readonly #writer: BindingWriter;
  readonly #deregistrations: Deregistrations;

  constructor(context: HomeAgentContext) {
    const { host, options, prefixes } = context;
    this.#context = context;
    this.#options = options.registration ?? {};
    this.answers = new Answers(context);
    this.#judge = new RegistrationJudge(context);
    this.#defence = new AddressDefence(context);
    const stored = new StoredBindings(options.store, host.scheduler);
    this.#stored = stored;
    this.#former = new FormerBindings(host.scheduler, host.bindings.homeCapacity, (address) => {
      stored.remove(address);
    });
    this.#pending = new PendingRegistrations({
      capacity: this.#options.pendingCapacity ?? PENDING_CAPACITY,
      transmits: this.#options.duplicateAddressDetectionTransmits,
      onUnique: (update) => {
        this.#afterDetection(update);
      },
      onDuplicate: (update) => {
        this.#duplicate(update);
      },
    });
    const { answers } = this;
    this.#writer = new BindingWriter({ context, defence: this.#defence, stored, answers });
    this.#deregistrations = new Deregistrations({
      context,
      answers,
      stored,
      writer: this.#writer,
      former: this.#former,
      pending: this.#pending,
    });
    host.bindings.onRemoval((entry, reason) => {
      if (entry.isHomeRegistration) this.#removed(entry, reason);
    });
    prefixes.onChange((prefix) => {
      this.#shorten(prefix);
    });
  }

  /** Registrations that wait for duplicate address detection. */
  get pending(): number {
    return this.#pending.size;
  }

  /** De-registered bindings whose sequence numbers still count. */
  get former(): number {
    return this.#former.size;
  }

  handle(update: ReceivedBindingUpdate): void {
    const { host, mobileNodes } = this.#context;
    // To an address of its own only: not to the anycast address of home agents, not to a group.
    if (!host.owns(update.packet.destination)) {
      this.answers.discard(update, 'not-to-this-node');
      return;
    }
    const policy = mobileNodes.find(update.homeAddress);
    const fault =
      authorisationFault(host.ipsec, update, policy) ??
      formFault(update, this.#options.alternateCareOfAddress ?? 'required-in-transport');
    if (fault !== undefined) {
      this.answers.discard(update, fault);
      return;
    }
    const mode = this.#modeOf(policy);
    if (this.#isDeregistration(update, mode)) this.#deregistrations.handle(update, mode);
    else this.#register(update);
  }

  /**
   * Mobile routers register at home only: status 140 for an authorised update with R and without H. RFC 3963 section 6.2.
   * @returns whether the update was one
   */
  refuseMobileRouter(update: ReceivedBindingUpdate): boolean {
    if (!update.isMobileRouter || update.isHomeRegistration) return false;
    const { host, mobileNodes } = this.#context;
    const policy = mobileNodes.find(update.homeAddress);
    if (authorisationFault(host.ipsec, update, policy) !== undefined) return false;
    this.answers.answer(update, STATUS.mobileRouterOperationNotPermitted);
    return true;
  }

  /** Takes up what a store has kept. To be called once, when all parts of the home agent listen. */
  restore(): void {
    restoreBindings({
      context: this.#context,
      stored: this.#stored,
      former: this.#former,
      defence: this.#defence,
    });
    for (const prefix of this.#context.prefixes.all) this.#shorten(prefix);
  }

  /** Stops timers. Bindings stay as they are, in the cache and in the store. */
  close(): void {
    this.#pending.close();
    this.#former.close();
    this.#defence.close();
  }

  #modeOf(policy: MobileNodePolicy | undefined): DeregistrationMode {
    return policy?.deregistration ?? this.#options.deregistration ?? 'strict';
  }

  #isDeregistration(update: ReceivedBindingUpdate, mode: DeregistrationMode): boolean {
    if (update.lifetime === 0) return true;
    // RFC 3775 section 9.5.1 knew this one; RFC 6275 does not.
    const isKnown = this.#options.careOfAtHome === 'deregister' && mode === 'rfc';
    return isKnown && isSameAddress(update.careOfAddress, update.homeAddress);
  }

  #register(update: ReceivedBindingUpdate): void {
    const { homeAddress, sequence } = update;
    const existing = this.#context.host.bindings.find(homeAddress);
    const pending = this.#pending.find(homeAddress);
    if (pending !== undefined) {
      const { sequence: last } = pending.update;
      // Sent again while duplicate address detection runs: one answer for all of them, to the latest.
      if (!isSequenceGreater(sequence, last)) {
        this.answers.discard(update, 'superseded');
        return;
      }
    } else {
      const last = (existing ?? this.#former.find(homeAddress))?.sequence;
      if (last !== undefined && !isSequenceGreater(sequence, last)) {
        // The number accepted last. RFC 6275 section 9.5.1.
        this.answers.answer(update, STATUS.sequenceNumberOutOfWindow, { sequence: last });
        return;
      }
    }
    const judgement = this.#judgeNew(update, existing, pending !== undefined);
    if (judgement.kind === 'refused') {
      this.#refuse(update, judgement.status, existing);
      return;
    }
    if (pending !== undefined) {
      if (pending.update.hasLinkLocal === update.hasLinkLocal) {
        pending.update = judgement.update;
        return;
      }
      this.#pending.cancel(homeAddress);
    }
    const { interface: link } = judgement.prefix;
    const addresses = addressesToProbe(update, existing);
    const isProbed = this.#options.duplicateAddressDetectionTransmits !== 0;
    if (link === undefined || !isProbed || addresses.length === 0) {
      this.#accept(judgement, existing);
    } else if (!link.port.isUp) {
      // Nobody can be asked: "any other reason".
      this.#refuse(update, STATUS.reasonUnspecified, existing);
    } else if (!this.#pending.hasRoom()) {
      this.#refuse(update, STATUS.insufficientResources, existing);
    } else {
      this.#pending.start(judgement.update, link, addresses);
    }
  }

  /** Tests of {@link RegistrationJudge}, and whether there is room for one more. */
  #judgeNew(
    update: ReceivedBindingUpdate,
    existing: BindingCacheEntry | undefined,
    isPending: boolean,
  ): Judgement {
    if (existing?.isHomeRegistration === false) {
      return refused(STATUS.registrationTypeChangeDisallowed);
    }
    const judgement = this.#judge.judge(update, existing);
    if (judgement.kind === 'refused' || existing !== undefined || isPending) return judgement;
    if (this.isDraining) return refused(STATUS.reasonUnspecified);
    const { homeRegistrations, homeCapacity } = this.#context.host.bindings;
    return homeRegistrations + this.#pending.size < homeCapacity
      ? judgement
      : refused(STATUS.insufficientResources);
  }

  #afterDetection(update: ReceivedBindingUpdate): void {
    const existing = this.#context.host.bindings.find(update.homeAddress);
    // A second has passed: prefixes and policies may be others.
    const judgement = this.#judgeNew(update, existing, true);
    if (judgement.kind === 'refused') this.#refuse(update, judgement.status, existing);
    else this.#accept(judgement, existing);
  }

  #duplicate(update: ReceivedBindingUpdate): void {
    const { host } = this.#context;
    host.tell('warn', 'home-address-duplicate', {
      homeAddress: formatAddress(update.homeAddress),
      hasLinkLocal: update.hasLinkLocal,
    });
    const existing = host.bindings.find(update.homeAddress);
    this.#refuse(update, STATUS.duplicateAddressDetectionFailed, existing);
  }

  #accept(
    judgement: Extract<Judgement, { kind: 'sound' }>,
    existing: BindingCacheEntry | undefined,
  ): void {
    const { homeAddress } = judgement.update;
    if (existing === undefined) {
      // One that is past its end and not yet swept away goes first, with all that hangs on it.
      this.#context.host.bindings.remove(homeAddress, 'expired');
      this.#former.forget(homeAddress);
    }
    this.#writer.write(judgement, existing);
  }

  /** Refuses with a reason; the number of a valid update counts all the same. RFC 6275 section 9.5.1. */
  #refuse(
    update: ReceivedBindingUpdate,
    status: number,
    existing: BindingCacheEntry | undefined,
  ): void {
    if (existing?.isHomeRegistration === true) {
      existing.sequence = update.sequence;
      this.#stored.save(existing);
    }
    this.answers.answer(update, status);
  }

  /** Whatever ended a binding, this is what follows. */
  #removed(entry: BindingCacheEntry, reason: RemovalReason): void {
    const { host, events } = this.#context;
    const { homeAddress, sequence } = entry;
    this.#defence.stop(entry);
    if (reason === 'deregistered') {
      this.#former.remember(homeAddress, sequence);
      this.#stored.saveDeleted(entry);
    } else this.#stored.remove(homeAddress);
    host.ipsec?.moveTunnel(homeAddress, undefined);
    host.tell('info', 'binding-removed', { homeAddress: formatAddress(homeAddress), reason });
    events.tellDeregistered(entry, reason);
  }

  /** A binding ends with the valid lifetime of its prefix at the latest. RFC 6275 section 10.3.1. */
  #shorten({ validUntil, prefix: { bytes, length } }: HomePrefix): void {
    if (validUntil === Infinity) return;
    const { prefixes, host } = this.#context;
    for (const entry of [...host.bindings.entries()]) {
      const { homeAddress } = entry;
      if (!entry.isHomeRegistration || entry.expiresAt <= validUntil) continue;
      if (!prefixMatches(bytes, length, homeAddress, 0)) continue;
      // Of prefixes that hold each other the longest counts.
      const until = prefixes.of(homeAddress)?.validUntil ?? validUntil;
      if (entry.expiresAt <= until) continue;
      entry.expiresAt = until;
      host.bindings.set(entry);
    }
  }
}

/** Addresses that have not been found unique yet. RFC 6275 section 10.3.1. */
function addressesToProbe(
  { homeAddress, hasLinkLocal }: ReceivedBindingUpdate,
  existing: BindingCacheEntry | undefined,
): Uint8Array[] {
  const addresses = existing === undefined ? [homeAddress] : [];
  if (hasLinkLocal && existing?.hasLinkLocal !== true) addresses.push(linkLocalOfHome(homeAddress));
  return addresses;
}
