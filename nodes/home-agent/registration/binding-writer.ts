/**
 * Writes accepted registrations: cache, defence, tunnel, key management, store, acknowledgement, events, in this order.
 */
import { formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { refreshAdvice } from './acknowledgements.ts';
import type { AddressDefence } from './address-defence.ts';
import type { Answers } from './answers.ts';
import { moveKeyManagement } from './key-management.ts';
import type { SoundRegistration } from './registration-judge.ts';
import type { StoredBindings } from './stored-bindings.ts';

/** What a writer works with. */
export interface BindingWriterParts {
  readonly context: HomeAgentContext;
  readonly defence: AddressDefence;
  readonly stored: StoredBindings;
  readonly answers: Answers;
}

/** Creates and changes bindings. */
export class BindingWriter {
  readonly #parts: BindingWriterParts;

  constructor(parts: BindingWriterParts) {
    this.#parts = parts;
  }

  /** @param existing the binding that is changed; undefined = a new one, whose addresses are known to be unique */
  write(registration: SoundRegistration, existing: BindingCacheEntry | undefined): void {
    const { context, defence, stored, answers } = this.#parts;
    const { host, extensions, events, options } = context;
    const { update, grant, status } = registration;
    const entry = existing ?? this.#newEntry(registration);
    const { careOfAddress: previous, localAddress, hasLinkLocal, isMobileRouter } = entry;
    if (existing !== undefined) this.#change(existing, registration);
    for (const extension of extensions) extension.accepted?.(update, entry);
    const hasMoved =
      existing !== undefined &&
      !(isSameAddress(previous, entry.careOfAddress) && localAddress === entry.localAddress);
    entry.hasKeyMobility = moveKeyManagement(options.keyManagement, {
      homeAddress: entry.homeAddress,
      isRequested: update.hasKeyMobility,
      peer: entry.careOfAddress,
      previousPeer: existing === undefined ? entry.homeAddress : previous,
    });
    host.bindings.set(entry);
    if (existing === undefined) defence.start(entry);
    else defence.change(entry, hasLinkLocal, isMobileRouter);
    // Here and nowhere else does the tunnel follow: an accepted, protected registration. RFC 3776 section 4.3.
    if (existing === undefined || hasMoved) this.#moveTunnel(entry);
    stored.save(entry);
    host.tell('info', existing === undefined ? 'binding-registered' : 'binding-refreshed', {
      homeAddress: formatAddress(entry.homeAddress),
      careOfAddress: formatAddress(entry.careOfAddress),
      sequence: entry.sequence,
      lifetime: entry.lifetime,
    });
    answers.answer(update, status, {
      lifetime: grant.seconds,
      hasKeyMobility: entry.hasKeyMobility,
      isMobileRouter: entry.isMobileRouter,
      options: this.#advice(grant.seconds),
    });
    if (existing === undefined) events.tellRegistered(entry);
    else events.tellRefreshed(entry, previous, hasMoved);
  }

  /**
   * A binding is about to end by a de-registration: its key management goes home. RFC 6275 section 10.3.2.
   * @returns K of the acknowledgement
   */
  leave(update: ReceivedBindingUpdate, { homeAddress, careOfAddress }: BindingCacheEntry): boolean {
    return moveKeyManagement(this.#parts.context.options.keyManagement, {
      homeAddress,
      isRequested: update.hasKeyMobility,
      peer: homeAddress,
      previousPeer: careOfAddress,
    });
  }

  /** An addition has taken care-of addresses of a binding away: the tunnel may have another end. RFC 5648 section 6.2. */
  follow(entry: BindingCacheEntry, previous: Uint8Array): void {
    const hasMoved = !isSameAddress(previous, entry.careOfAddress);
    if (hasMoved) this.#moveTunnel(entry);
    this.#parts.context.events.tellRefreshed(entry, previous, hasMoved);
  }

  #newEntry({ update, grant }: SoundRegistration): BindingCacheEntry {
    const { host, mobileNodes } = this.#parts.context;
    const { now } = host.scheduler;
    // Octets of the packet are not kept alive by what is cut out of them.
    return {
      homeAddress: mobileNodes.find(update.homeAddress)?.homeAddress ?? update.homeAddress.slice(),
      careOfAddress: update.careOfAddress.slice(),
      isHomeRegistration: true,
      localAddress: this.#localAddress(update),
      sequence: update.sequence,
      lifetime: grant.seconds,
      registeredAt: now,
      expiresAt: now + grant.seconds * 1000,
      hasLinkLocal: update.hasLinkLocal,
      hasKeyMobility: false,
      isMobileRouter: update.isMobileRouter,
      usedAt: 0,
    };
  }

  #change(entry: BindingCacheEntry, { update, grant }: SoundRegistration): void {
    const { now } = this.#parts.context.host.scheduler;
    if (!isSameAddress(entry.careOfAddress, update.careOfAddress)) {
      entry.careOfAddress = update.careOfAddress.slice();
    }
    if (!isSameAddress(entry.localAddress, update.packet.destination)) {
      entry.localAddress = this.#localAddress(update);
    }
    entry.sequence = update.sequence;
    entry.lifetime = grant.seconds;
    entry.registeredAt = now;
    entry.expiresAt = now + grant.seconds * 1000;
    entry.hasLinkLocal = update.hasLinkLocal;
    entry.isMobileRouter = update.isMobileRouter;
  }

  /** One object for all bindings of an address of this node. */
  #localAddress({ packet: { destination } }: ReceivedBindingUpdate): Uint8Array {
    for (const { agentAddress } of this.#parts.context.prefixes.all) {
      if (isSameAddress(agentAddress, destination)) return agentAddress;
    }
    return destination.slice();
  }

  #moveTunnel({
    homeAddress,
    localAddress: local,
    careOfAddress: remote,
  }: BindingCacheEntry): void {
    this.#parts.context.host.ipsec?.moveTunnel(homeAddress, { local, remote, homeAddress });
  }

  #advice(lifetime: number): ReturnType<typeof refreshAdvice> {
    const { advisesRefresh = true, refreshInterval } =
      this.#parts.context.options.registration ?? {};
    // Whoever forgets nothing needs no reminder. RFC 6275 section 10.3.1.
    return advisesRefresh && !this.#parts.stored.isNonVolatile
      ? refreshAdvice(lifetime, refreshInterval)
      : [];
  }
}
