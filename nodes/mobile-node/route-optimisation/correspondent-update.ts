/**
 * Binding Updates to a correspondent: signed with the binding management key, sent again until they are acknowledged, and
 * the acknowledgements held against them. RFC 6275 sections 5.2.6, 6.2.7, 11.7.2, 11.7.3 and 11.8.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { bindingManagementKey } from '../../../engine/mobility/authenticator.ts';
import { lifetimeField, lifetimeSeconds } from '../../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import {
  encodeAuthorized,
  endsInAuthorizationData,
  isAuthorized,
} from '../../mobility/authorization-data.ts';
import type { Authorization } from '../../mobility/authorization-data.ts';
import type { ReceivedMessage } from '../../mobility/mobility-endpoint.ts';
import type { BindingUpdateListEntry } from '../binding-update-list.ts';
import { MAX_BINDACK_TIMEOUT } from '../constants.ts';
import type { MobileNodeContext } from '../mobile-node-parts.ts';
import { INITIAL_TIMEOUT, STATUS } from './constants.ts';
import type { KeygenToken } from './keygen-test.ts';

/** MH Type of a Binding Update. */
const BINDING_UPDATE = 5;
/** Updates whose keys are remembered; as many as the binding update list remembers. */
const MAX_REMEMBERED = 16;
/** Statuses that come without an authenticator: the correspondent has no key then. RFC 6275 section 11.7.3. */
const WITHOUT_KEY: readonly number[] = [
  STATUS.expiredHomeNonceIndex,
  STATUS.expiredCareOfNonceIndex,
  STATUS.expiredNonces,
];

type Answer = ReceivedMessage<'binding-acknowledgement'>;

/** What an update says, and what it proves it with. */
export interface UpdateContents {
  /** Where it is sent from; undefined = from the home address, at home. */
  readonly careOfAddress: Uint8Array | undefined;
  readonly homeToken: KeygenToken;
  /** Undefined for a deletion. */
  readonly careOfToken: KeygenToken | undefined;
  /** Seconds; 0 = deletion. */
  readonly lifetime: number;
}

/** What an exchange is made of. */
export interface CorrespondentUpdateOptions {
  readonly context: MobileNodeContext;
  readonly entry: BindingUpdateListEntry;
  /** Asked for each transmission; undefined = it cannot be made any more, and whoever was asked acts. */
  readonly contents: () => UpdateContents | undefined;
  /** As with tests. @returns whether to go on */
  readonly onSilence: (transmissions: number) => boolean;
}

/** One exchange. */
export class CorrespondentUpdate {
  readonly #options: CorrespondentUpdateOptions;
  /** By sequence number. */
  readonly #authorizations = new Map<number, Authorization>();
  #timeout = INITIAL_TIMEOUT;
  #transmissions = 0;
  #timer: ScheduledAction | undefined;
  #isOver = false;

  constructor(options: CorrespondentUpdateOptions) {
    this.#options = options;
    // What was asked before is not asked any more: late answers to it do not count.
    options.entry.outstanding = [];
  }

  /** Sends now, or as soon as the rate limit allows. */
  send(): void {
    if (this.#isOver) return;
    const { context, entry } = this.#options;
    const { scheduler } = context.host;
    this.#timer?.cancel();
    // RFC 6275 section 11.8: MAX_UPDATE_RATE, over all home addresses.
    const wait = context.limiter.wait(BINDING_UPDATE, entry.destination);
    if (wait > 0) {
      this.#timer = scheduler.after(wait, () => {
        this.send();
      });
      return;
    }
    const contents = this.#options.contents();
    if (contents === undefined) return;
    context.limiter.note(BINDING_UPDATE, entry.destination);
    this.#transmissions++;
    const timeout = this.#timeout;
    this.#timeout = Math.min(MAX_BINDACK_TIMEOUT, 2 * timeout);
    this.#timer = scheduler.after(timeout, () => {
      const isLast = timeout >= MAX_BINDACK_TIMEOUT;
      if (this.#options.onSilence(isLast ? Infinity : this.#transmissions)) this.send();
    });
    this.#transmit(contents);
  }

  /** Ends it. */
  cancel(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  /** Whether one with this sequence number was sent and is not answered. */
  isAwaiting(sequence: number): boolean {
    return this.#options.entry.outstanding.some((each) => each.sequence === sequence);
  }

  /**
   * Whether an acknowledgement is one to these updates: addressed as it has to be, and signed with the key that it answers.
   * RFC 6275 sections 9.5.4 and 11.7.3.
   */
  isAnswer({ packet, message, options }: Answer): boolean {
    const { entry } = this.#options;
    if (!isSameAddress(packet.destination, entry.homeAddress)) return false;
    const { status, sequence } = message;
    const authorization = this.#authorizationOf(sequence, status);
    if (authorization === undefined) return false;
    // RFC 6275 section 9.5.4: an answer to an update with a Home Address option has the routing header.
    const isRouted = packet.type2RoutingHeader !== undefined;
    if (isRouted === isSameAddress(entry.careOfAddress, entry.homeAddress)) return false;
    if (WITHOUT_KEY.includes(status)) return true;
    return (
      endsInAuthorizationData(packet.payload, options) &&
      isAuthorized(packet.payload, authorization)
    );
  }

  /** The key of the update that is answered; status 135 tells the correspondent's number, and answers the last one. */
  #authorizationOf(sequence: number, status: number): Authorization | undefined {
    const { entry } = this.#options;
    if (status !== STATUS.sequenceOutOfWindow) {
      return this.isAwaiting(sequence) ? this.#authorizations.get(sequence) : undefined;
    }
    const last = entry.outstanding.at(-1);
    return last === undefined ? undefined : this.#authorizations.get(last.sequence);
  }

  #transmit({ careOfAddress, homeToken, careOfToken, lifetime }: UpdateContents): void {
    const { context, entry } = this.#options;
    const { host, bindingUpdateList } = context;
    const { destination, homeAddress } = entry;
    const field = lifetimeField(lifetime);
    const sentFrom = careOfAddress ?? homeAddress;
    const sequence = bindingUpdateList.noteSent(entry, sentFrom, lifetimeSeconds(field));
    const authorization: Authorization = {
      key: bindingManagementKey(homeToken.token, careOfToken?.token),
      // RFC 6275 section 6.2.7: the home address in a de-registration.
      careOfAddress: field === 0 ? homeAddress : sentFrom,
      correspondent: destination,
    };
    this.#remember(sequence, authorization);
    const options: MobilityOption[] = [
      {
        kind: 'nonce-indices',
        homeNonceIndex: homeToken.nonceIndex,
        // RFC 6275 section 11.7.2: zero in a deletion.
        careOfNonceIndex: careOfToken?.nonceIndex ?? 0,
      },
    ];
    const ends = { source: homeAddress, destination };
    const flags = BINDING_UPDATE_FLAGS.acknowledge.mask;
    const octets = encodeAuthorized(
      { kind: 'binding-update', sequence, flags, lifetime: field },
      options,
      ends,
      authorization,
    );
    // At home it goes as everything from the home address goes there: by the tunnel, where that is kept.
    const addresses =
      careOfAddress === undefined
        ? { ...ends, bypassesBindings: false }
        : { ...ends, careOfSource: careOfAddress };
    host.mobility.sendEncoded(octets, addresses);
  }

  #remember(sequence: number, authorization: Authorization): void {
    this.#authorizations.set(sequence, authorization);
    if (this.#authorizations.size <= MAX_REMEMBERED) return;
    const first = this.#authorizations.keys().next();
    if (first.done !== true) this.#authorizations.delete(first.value);
  }
}
