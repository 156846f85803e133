/**
 * Multicast groups joined through the home agent. RFC 6275 section 11.3.4, RFC 3810.
 */
import { ALL_MLDV2_ROUTERS } from '../interface/link-address.ts';
import { listenerPacket, listenerReport } from '../interface/listener-packet.ts';
import type { HomeAddress } from './home-address.ts';
import { GroupCounts } from './home-traffic.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Record types. RFC 3810 section 5.2.12. */
const MODE_IS_EXCLUDE = 2;
const CHANGE_TO_INCLUDE = 3;
const CHANGE_TO_EXCLUDE = 4;
/** Records in a packet that fits the smallest link. */
const MAX_RECORDS = 60;
/** Groups of a home address. */
const MAX_GROUPS = 256;

/** Groups of one home address. */
export class TunnelledGroups {
  readonly #context: MobileNodeContext;
  readonly #home: HomeAddress;
  readonly #groups = new GroupCounts();
  /**
   * The home agent has asked through the tunnel of this registration: it knows groups. RFC 6275 section 11.3.4: true as
   * long as the binding does not end.
   */
  #isAsked = false;

  constructor(context: MobileNodeContext, home: HomeAddress) {
    this.#context = context;
    this.#home = home;
  }

  has(group: Uint8Array): boolean {
    return this.#groups.has(group);
  }

  /** @returns false when there are too many */
  join(group: Uint8Array): boolean {
    if (!this.#groups.has(group) && this.#groups.groups.length >= MAX_GROUPS) return false;
    if (this.#groups.add(group)) this.#report([group], CHANGE_TO_EXCLUDE);
    return true;
  }

  leave(group: Uint8Array): void {
    if (this.#groups.remove(group)) this.#report([group], CHANGE_TO_INCLUDE);
  }

  /** A query came through the tunnel. */
  queried(): void {
    this.#isAsked = true;
    this.#report(this.#groups.groups, MODE_IS_EXCLUDE);
  }

  /** The binding is gone, and with it what the home agent knew. */
  unbound(): void {
    this.#isAsked = false;
  }

  /** RFC 6275 section 11.3.4: not before there is a binding and the home agent has asked. */
  #report(groups: readonly Uint8Array[], recordType: number): void {
    const { tunnel, state } = this.#home;
    if (!this.#isAsked || state !== 'registered' || tunnel === undefined) return;
    // RFC 3810 section 5.2.13, RFC 6275 section 10.4.3: link-local, although the home agent tells senders by their tunnels.
    const source = this.#context.attachment.interface?.linkLocal;
    if (source === undefined) return;
    for (let from = 0; from < groups.length; from += MAX_RECORDS) {
      const report = listenerReport(groups.slice(from, from + MAX_RECORDS), recordType);
      this.#context.host.sendTunnelled(listenerPacket(report, source, ALL_MLDV2_ROUTERS), tunnel);
    }
  }
}
