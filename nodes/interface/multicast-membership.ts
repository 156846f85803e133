/**
 * Groups that an interface listens to, and the reports that tell so: version 2 of Multicast Listener Discovery without
 * sources, and version 1 for a querier that knows no other. RFC 3810 sections 5.2, 6, 8.2.
 */
import { addressKey, addressOfKey, isUnspecified } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { maximumResponseDelay } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';
import { ALL_MLDV2_ROUTERS, ALL_NODES, groupLinkKey } from './link-address.ts';
import { listenerPacket, listenerReport } from './listener-packet.ts';

/** Milliseconds in which a change is reported again, once: Robustness Variable 2. RFC 3810 sections 9.1, 9.11. */
const UNSOLICITED_REPORT_INTERVAL = 1000;
/** Record types. RFC 3810 section 5.2.12. */
const MODE_IS_EXCLUDE = 2;
const CHANGE_TO_INCLUDE_MODE = 3;
const CHANGE_TO_EXCLUDE_MODE = 4;
/** Records of 20 octets in a packet of 1280: IPv6, hop-by-hop options and the report take 56. */
const MAX_RECORDS = 61;
/** Scope up to which groups are not reported. RFC 3810 section 6. */
const INTERFACE_LOCAL = 1;

/** What membership asks of its interface. */
export interface MulticastMembershipOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** Link-local address, `::` while there is none. RFC 3810 section 5.2.13 */
  readonly source: () => Uint8Array;
  /** Sends a packet to a group. */
  readonly send: (packet: Uint8Array, group: Uint8Array) => void;
}

/** Groups of an interface. Who joins twice has to leave twice. */
export class MulticastMembership {
  readonly #options: MulticastMembershipOptions;
  /** How often each group was joined: a home agent is in that of every address that it defends, so no more than that. */
  readonly #groups = new Map<AddressKey, number>();
  /** Groups of each link-layer address. */
  readonly #linkKeys = new Map<number, number>();
  /** Changes that are reported once more. */
  readonly #changes = new Map<AddressKey, { readonly group: Uint8Array; readonly type: number }>();
  #repetition: ScheduledAction | undefined;
  #answer: { readonly action: ScheduledAction; readonly at: number } | undefined;
  /** Groups that a querier asks for; undefined = all. */
  #asked: Set<AddressKey> | undefined = new Set();
  #isVersion1 = false;
  /** A report was sent from `::`. */
  #isUnheard = false;

  constructor(options: MulticastMembershipOptions) {
    this.#options = options;
  }

  /** Takes part in a group. */
  join(group: Uint8Array): void {
    const key = addressKey(group);
    const count = this.#groups.get(key) ?? 0;
    this.#groups.set(key, count + 1);
    if (count > 0) return;
    const linkKey = groupLinkKey(group);
    this.#linkKeys.set(linkKey, (this.#linkKeys.get(linkKey) ?? 0) + 1);
    this.#change(key, group.slice(), CHANGE_TO_EXCLUDE_MODE);
  }

  /** Takes no part any more, unless others still do. */
  leave(group: Uint8Array): void {
    const key = addressKey(group);
    const count = this.#groups.get(key);
    if (count === undefined) return;
    if (count > 1) {
      this.#groups.set(key, count - 1);
      return;
    }
    this.#groups.delete(key);
    this.#asked?.delete(key);
    const linkKey = groupLinkKey(group);
    const left = (this.#linkKeys.get(linkKey) ?? 1) - 1;
    if (left > 0) this.#linkKeys.set(linkKey, left);
    else this.#linkKeys.delete(linkKey);
    this.#change(key, group.slice(), CHANGE_TO_INCLUDE_MODE);
  }

  /** Whether packets to the group are taken. */
  has(group: Uint8Array): boolean {
    return this.#groups.has(addressKey(group));
  }

  /** Whether frames to the last four octets of 33:33 are taken. */
  hasLinkKey(linkKey: number): boolean {
    return this.#linkKeys.has(linkKey);
  }

  /** Tells all groups if some were told from `::`: not every router hears that. RFC 3810 section 5.2.13, RFC 3590. */
  reportUnheard(): void {
    if (this.#isUnheard) this.reportAll();
  }

  /** Tells all groups: the link may be another one. */
  reportAll(): void {
    this.#send(this.#reportable(undefined), CHANGE_TO_EXCLUDE_MODE);
  }

  /** A query that has passed the checks of RFC 3810 section 6.2. */
  query(
    message: Icmpv6MessageOf<'multicast-listener-query' | 'multicast-listener-query-v2'>,
  ): void {
    const { scheduler, random } = this.#options;
    const isVersion1 = message.kind === 'multicast-listener-query';
    const most = isVersion1
      ? message.maximumResponseDelay
      : maximumResponseDelay(message.maximumResponseCode);
    const group = message.multicastAddress;
    if (isUnspecified(group)) {
      this.#asked = undefined;
    } else {
      const key = addressKey(group);
      if (!this.#groups.has(key)) return;
      this.#asked?.add(key);
    }
    this.#isVersion1 = isVersion1;
    // One answer at the earliest of the times for all that is asked until then.
    const at = scheduler.now + randomBetween(random, 0, most);
    if (this.#answer !== undefined && this.#answer.at <= at) return;
    this.#answer?.action.cancel();
    const action = scheduler.after(at - scheduler.now, () => {
      this.#reply();
    });
    this.#answer = { action, at };
  }

  /** Stops everything. */
  close(): void {
    this.#repetition?.cancel();
    this.#answer?.action.cancel();
    this.#changes.clear();
  }

  #reply(): void {
    const groups = this.#reportable(this.#asked);
    this.#answer = undefined;
    this.#asked = new Set();
    if (!this.#isVersion1) {
      this.#send(groups, MODE_IS_EXCLUDE);
      return;
    }
    // RFC 3810 section 8.2.1: the querier would not understand the other ones.
    for (const multicastAddress of groups) {
      const report: Icmpv6Message = {
        kind: 'multicast-listener-report',
        code: 0,
        maximumResponseDelay: 0,
        multicastAddress,
      };
      this.#options.send(this.#packet(report, multicastAddress), multicastAddress);
    }
  }

  /** Groups that are reported, of those or of all. */
  #reportable(keys: ReadonlySet<AddressKey> | undefined): Uint8Array[] {
    const groups: Uint8Array[] = [];
    for (const key of this.#groups.keys()) {
      if (keys?.has(key) === false) continue;
      const group = addressOfKey(key);
      if (isReported(group)) groups.push(group);
    }
    return groups;
  }

  #change(key: AddressKey, group: Uint8Array, type: number): void {
    if (!isReported(group)) return;
    this.#send([group], type);
    this.#changes.set(key, { group, type });
    const { scheduler, random } = this.#options;
    const wait = randomBetween(random, 0, UNSOLICITED_REPORT_INTERVAL);
    if (this.#repetition?.isPending === true) return;
    this.#repetition = scheduler.after(wait, () => {
      const changes = [...this.#changes.values()];
      this.#changes.clear();
      for (const of of [CHANGE_TO_EXCLUDE_MODE, CHANGE_TO_INCLUDE_MODE]) {
        this.#send(
          changes.filter((change) => change.type === of).map((change) => change.group),
          of,
        );
      }
    });
  }

  #send(groups: readonly Uint8Array[], recordType: number): void {
    for (let from = 0; from < groups.length; from += MAX_RECORDS) {
      const report = listenerReport(groups.slice(from, from + MAX_RECORDS), recordType);
      this.#options.send(this.#packet(report, ALL_MLDV2_ROUTERS), ALL_MLDV2_ROUTERS);
    }
  }

  #packet(message: Icmpv6Message, destination: Uint8Array): Uint8Array {
    const source = this.#options.source();
    this.#isUnheard = isUnspecified(source);
    return listenerPacket(message, source, destination);
  }
}

/** Whether queriers are told of the group: not of all nodes, nor of what stays in the node. RFC 3810 section 6. */
function isReported(group: Uint8Array): boolean {
  return (u8(group, 1) & 0x0f) > INTERFACE_LOCAL && addressKey(group) !== addressKey(ALL_NODES);
}
