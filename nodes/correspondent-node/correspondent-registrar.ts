/**
 * Binding Updates to a correspondent: authorized by return routability, or thrown away. RFC 6275 sections 9.5.1 to 9.5.4.
 *
 * The order of the tests: options, nonce indices, authenticator, and only then what the binding cache says, so that a
 * sender without tokens learns nothing of it and changes nothing.
 */
import { formatAddress, isSameAddress, isUnicastRoutable } from '../../dissectors/core/address.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { bindingManagementKey } from '../../engine/mobility/authenticator.ts';
import { MAX_RR_BINDING_LIFETIME } from '../../engine/mobility/constants.ts';
import { isSequenceGreater } from '../../engine/mobility/sequence.ts';
import type { Host } from '../ip/host.ts';
import { endsInAuthorizationData, isAuthorized } from '../mobility/authorization-data.ts';
import type { Authorization } from '../mobility/authorization-data.ts';
import type { ReceivedBindingUpdate, Registrar } from '../mobility/binding-update.ts';
import { sendAcknowledgement } from './acknowledgement.ts';
import type { Verdict } from './acknowledgement.ts';
import type { BindingRoom } from './binding-room.ts';
import { STATUS } from './constants.ts';
import type { MessageSender } from './message-sender.ts';
import { tokenOf } from './nonces.ts';
import type { Nonce, NonceTable } from './nonces.ts';
import type { RefreshRequests } from './refresh-requests.ts';
import type { ReplayMemory } from './replay-memory.ts';
import type { RequestLimits } from './request-limits.ts';

/** What updates are judged with. */
export interface CorrespondentRegistrarParts {
  readonly host: Host;
  readonly nonces: NonceTable;
  readonly replays: ReplayMemory;
  readonly room: BindingRoom;
  readonly limits: RequestLimits;
  readonly refreshRequests: RefreshRequests;
  readonly sender: MessageSender;
}

/** An update with what its own packet says about the binding. */
interface Request {
  readonly update: ReceivedBindingUpdate;
  readonly homeAddress: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly isDeletion: boolean;
}

/** A request whose authenticator is right. */
interface AuthorizedRequest extends Request {
  readonly authorization: Authorization;
  /** Of the youngest nonce that it was made with. */
  readonly generation: number;
}

/** Nonces of a request; a deletion has no care-of nonce. */
type FoundNonces =
  | { readonly home: Nonce; readonly careOf: Nonce | undefined }
  | { readonly status: (typeof STATUS)[keyof typeof STATUS] };

/** Keeps the bindings that return routability authorizes. */
export class CorrespondentRegistrar implements Registrar {
  readonly #parts: CorrespondentRegistrarParts;

  constructor(parts: CorrespondentRegistrarParts) {
    this.#parts = parts;
  }

  handle(update: ReceivedBindingUpdate): void {
    const { host, refreshRequests } = this.#parts;
    const { packet, homeAddress, alternateCareOfAddress } = update;
    // The source inside a tunnel counts: who carried the packet says nothing about a care-of address here.
    const careOfAddress = alternateCareOfAddress ?? packet.wireSource;
    const isAnswerable =
      host.owns(packet.destination) &&
      isUnicastRoutable(packet.destination) &&
      isUnicastRoutable(packet.wireSource);
    const isSound =
      isUnicastRoutable(careOfAddress) && !host.owns(homeAddress) && !host.owns(careOfAddress);
    if (!isAnswerable || !isSound) {
      this.#tell('warn', 'binding-update-unsound-address', update);
      return;
    }
    refreshRequests.stop(homeAddress);
    if (update.isHomeRegistration) {
      this.#refuseHomeRegistration(update);
      return;
    }
    // RFC 3775 sections 5.2.6 and 9.5.1 call a care-of address that is the home address a deletion; RFC 6275 says nothing
    // (open point CN-LIFE-13).
    const isDeletion = update.lifetime === 0 || isSameAddress(careOfAddress, homeAddress);
    const request = this.#authorize({ update, homeAddress, careOfAddress, isDeletion });
    if (request !== undefined) this.#judge(request);
  }

  /** For nodes that are no home agent. RFC 6275 sections 9.5.1 and 10.3.1. No Kbm, so no Binding Authorization Data. */
  #refuseHomeRegistration(update: ReceivedBindingUpdate): void {
    if (findOption(update.options, 'nonce-indices') !== undefined) return;
    const isKnown = this.#parts.host.bindings.find(update.homeAddress) !== undefined;
    this.#answerStranger(
      update,
      isKnown ? STATUS.registrationTypeChange : STATUS.homeRegistrationNotSupported,
    );
  }

  /** @returns undefined when it ends here: silently, or with 136 to 138 */
  #authorize(request: Request): AuthorizedRequest | undefined {
    const { update, homeAddress, careOfAddress, isDeletion } = request;
    const { octets, options, packet } = update;
    const indices = findOption(options, 'nonce-indices');
    if (indices === undefined || !endsInAuthorizationData(octets, options)) {
      this.#tell('warn', 'binding-update-not-authorized', update);
      return undefined;
    }
    const nonces = this.#noncesOf(indices, isDeletion);
    if ('status' in nonces) {
      this.#answerStranger(update, nonces.status);
      return undefined;
    }
    const { home, careOf } = nonces;
    const key = bindingManagementKey(
      tokenOf(home, homeAddress, 'home'),
      careOf === undefined ? undefined : tokenOf(careOf, careOfAddress, 'care-of'),
    );
    const correspondent = packet.destination;
    // RFC 6275 section 6.2.7: the home address in a de-registration. Section 11.7.2 reads as if it were the care-of
    // address, and there are nodes that send that: both are taken (open point).
    const addresses = isDeletion ? [homeAddress, careOfAddress] : [careOfAddress];
    for (const address of addresses) {
      const authorization = { key, careOfAddress: address, correspondent };
      if (isAuthorized(octets, authorization)) {
        const generation = Math.max(home.generation, careOf?.generation ?? 0);
        return { ...request, authorization, generation };
      }
    }
    this.#tell('alarm', 'binding-update-forged', update);
    return undefined;
  }

  /** RFC 6275 section 9.5.1: the care-of nonce index is not looked at in a deletion. */
  #noncesOf(
    indices: { readonly homeNonceIndex: number; readonly careOfNonceIndex: number },
    isDeletion: boolean,
  ): FoundNonces {
    const { nonces } = this.#parts;
    const home = nonces.find(indices.homeNonceIndex);
    const careOf = isDeletion ? undefined : nonces.find(indices.careOfNonceIndex);
    const isCareOfMissing = careOf === undefined && !isDeletion;
    if (home === undefined) {
      return { status: isCareOfMissing ? STATUS.expiredNonces : STATUS.expiredHomeNonceIndex };
    }
    return isCareOfMissing ? { status: STATUS.expiredCareOfNonceIndex } : { home, careOf };
  }

  #judge(request: AuthorizedRequest): void {
    const { host, replays } = this.#parts;
    const { update, homeAddress, isDeletion, generation } = request;
    const { sequence } = update;
    const entry = host.bindings.find(homeAddress);
    if (entry?.isHomeRegistration === true) {
      this.#refuse(request, STATUS.registrationTypeChange);
      return;
    }
    if (entry !== undefined && !isSequenceGreater(sequence, entry.sequence)) {
      this.#refuse(request, STATUS.sequenceOutOfWindow, entry.sequence);
      return;
    }
    const freshness = replays.judge({ homeAddress, sequence, generation });
    if (freshness.kind !== 'fresh') {
      // The last update once more may be the network's doing.
      const isDuplicate = freshness.kind === 'sequence' && freshness.last === sequence;
      this.#tell(isDuplicate ? 'info' : 'alarm', 'binding-update-replayed', update);
      if (freshness.kind === 'sequence') {
        this.#refuse(request, STATUS.sequenceOutOfWindow, freshness.last);
      } else {
        this.#answerStranger(
          update,
          isDeletion ? STATUS.expiredHomeNonceIndex : STATUS.expiredNonces,
        );
      }
      return;
    }
    if (isDeletion) this.#delete(request);
    else this.#register(request, entry === undefined);
  }

  /** RFC 6275 section 9.5.3. What is not there counts as deleted (open point CN-LIFE-10). */
  #delete(request: AuthorizedRequest): void {
    const { host } = this.#parts;
    host.bindings.remove(request.homeAddress, 'deregistered');
    this.#remember(request);
    this.#tell('info', 'correspondent-binding-deleted', request.update);
    this.#accept(request, 0);
  }

  /** RFC 6275 section 9.5.2. */
  #register(request: AuthorizedRequest, isNew: boolean): void {
    const { host, room } = this.#parts;
    const { update, homeAddress, careOfAddress } = request;
    // An entry that has ended and is still there gives its place up first, so that it is counted once.
    if (isNew) host.bindings.remove(homeAddress, 'expired');
    if (isNew && !room.hasRoomFor(homeAddress)) {
      this.#refuse(request, STATUS.insufficientResources);
      return;
    }
    // RFC 6275 section 5.2.6.
    const lifetime = Math.min(update.lifetime, MAX_RR_BINDING_LIFETIME);
    const { now } = host.scheduler;
    const before = isNew ? undefined : host.bindings.find(homeAddress);
    // Octets of the packet are its receiver's only until it is done.
    host.bindings.set({
      homeAddress: homeAddress.slice(),
      careOfAddress: careOfAddress.slice(),
      isHomeRegistration: false,
      localAddress: update.packet.destination.slice(),
      sequence: update.sequence,
      lifetime,
      registeredAt: now,
      expiresAt: now + lifetime * 1000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: before?.usedAt ?? 0,
    });
    if (isNew) room.noteNew(homeAddress);
    this.#remember(request);
    this.#tell('info', 'correspondent-binding-accepted', update);
    this.#accept(request, lifetime);
  }

  #remember({ homeAddress, update, generation }: AuthorizedRequest): void {
    const { host, replays } = this.#parts;
    const { sequence } = update;
    if (replays.accept({ homeAddress, sequence, generation })) {
      host.tell('warn', 'nonces-invalidated', { reason: 'replay memory full' });
    }
  }

  /** RFC 6275 section 9.5.4: without the A bit, acceptance is not acknowledged. */
  #accept({ update, authorization }: AuthorizedRequest, lifetime: number): void {
    if (!update.isAcknowledgeRequested) return;
    const { sequence } = update;
    this.#acknowledge(update, { status: STATUS.accepted, sequence, lifetime, authorization });
  }

  /** RFC 6275 section 9.5.4: refusals are acknowledged, A bit or not. */
  #refuse(
    { update, authorization }: AuthorizedRequest,
    status: number,
    sequence = update.sequence,
  ): void {
    this.#tell('info', 'correspondent-binding-refused', update, { status });
    this.#acknowledge(update, { status, sequence, lifetime: 0, authorization });
  }

  /** To somebody who has proved nothing: limited as the tests are, and never larger than the update. */
  #answerStranger(update: ReceivedBindingUpdate, status: number): void {
    const { host, limits } = this.#parts;
    const { packet, sequence } = update;
    const verdict = limits.take(packet.wireSource);
    if (verdict !== 'granted') {
      const source = formatAddress(packet.wireSource);
      host.tell('alarm', 'binding-refusals-limited', { source, limit: verdict });
      return;
    }
    this.#tell('info', 'correspondent-binding-refused', update, { status });
    this.#acknowledge(update, { status, sequence, lifetime: 0, authorization: undefined });
  }

  #acknowledge(update: ReceivedBindingUpdate, verdict: Verdict): void {
    sendAcknowledgement(this.#parts.sender, update, verdict);
  }

  #tell(
    level: 'info' | 'warn' | 'alarm',
    event: string,
    { packet, homeAddress, sequence, lifetime }: ReceivedBindingUpdate,
    more: Readonly<Record<string, number>> = {},
  ): void {
    this.#parts.host.tell(level, event, {
      homeAddress: formatAddress(homeAddress),
      source: formatAddress(packet.wireSource),
      sequence,
      lifetime,
      ...more,
    });
  }
}
