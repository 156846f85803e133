/**
 * Binding Updates seen lately, for what answers them, replays them or does without what they rest on.
 * RFC 6275 sections 5.2.8, 9.5.1, 9.5.3 and 11.7.3.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { PacketReference } from '../events.ts';
import { AddressTable } from './address-table.ts';

/** Home addresses of which updates are remembered. */
export const MAX_UPDATED_ADDRESSES = 16_384;
/** Home agents and correspondents remembered of one home address. */
const MAX_PEERS = 32;
/** Updates remembered of one pair. */
const MAX_UPDATES = 8;
const MAX_LINKS = 8;

/** A Binding Update as it was seen. */
export interface SeenUpdate {
  readonly sequence: number;
  readonly isHomeRegistration: boolean;
  /** A flag: an answer is due. */
  readonly asksForAnswer: boolean;
  /** Seconds; 0 deletes. */
  readonly lifetime: number;
  readonly careOfAddress: Uint8Array;
  /** Source on the wire. */
  readonly source: Uint8Array;
  /** Undefined without Nonce Indices option. */
  readonly homeNonceIndex: number | undefined;
  readonly careOfNonceIndex: number | undefined;
  readonly packet: PacketReference;
  /** Links it was seen on. */
  readonly links: number[];
}

/** Updates between a home address and a home agent or correspondent. */
export interface UpdatePair {
  readonly homeAddress: Uint8Array;
  readonly peer: Uint8Array;
  /** Newest last, at most 8. */
  readonly updates: SeenUpdate[];
  /** An update from away was seen whose two tests both were seen outside tunnels: the sensor sees what there is. */
  isCovered: boolean;
  /** The two have other keys: CGA (RFC 4866) or none from return routability (RFC 4449). */
  hasOtherKeys: boolean;
  /**
   * The last update straight to the peer, copies of a mirror port left out: microseconds since 1970 (0 = none), its link,
   * and whether a tunnel was around it.
   */
  lastTime: number;
  lastLink: number;
  lastInTunnel: boolean;
  /** When the binding was made, refreshed or moved last, microseconds since 1970; 0 = never. */
  acceptedAt: number;
  /** Acknowledgements that answered one of the updates. */
  answers: number;
  /** Binding that was removed, and the updates it rested on. */
  removed:
    | {
        readonly time: number;
        readonly packet: PacketReference;
        readonly updates: readonly SeenUpdate[];
      }
    | undefined;
}

/** Updates by home address. When full, the least recently used without covered pair goes first. */
export class SeenUpdates {
  evictions = 0;
  readonly #pairs: AddressTable<UpdatePair[]>;

  constructor(seed?: number) {
    this.#pairs = new AddressTable<UpdatePair[]>({
      maxEntries: MAX_UPDATED_ADDRESSES,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: (list) => !list.some(({ isCovered, answers }) => isCovered || answers > 0),
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  find(homeAddress: Uint8Array, peer: Uint8Array): UpdatePair | undefined {
    const list = this.#pairs.peek(homeAddress);
    if (list === undefined) return undefined;
    for (const pair of list) if (isSameAddress(pair.peer, peer)) return pair;
    return undefined;
  }

  /** All peers of a home address. */
  of(homeAddress: Uint8Array): readonly UpdatePair[] {
    return this.#pairs.peek(homeAddress) ?? NONE;
  }

  /** Notes an update; a copy of one that is known adds its link. */
  update(
    homeAddress: Uint8Array,
    peer: Uint8Array,
    link: number,
    update: Omit<SeenUpdate, 'links'>,
  ): UpdatePair {
    const pair = this.open(homeAddress, peer);
    const known = pair.updates.find(
      (item) =>
        item.sequence === update.sequence &&
        item.lifetime === update.lifetime &&
        isSameAddress(item.careOfAddress, update.careOfAddress) &&
        isSameAddress(item.source, update.source),
    );
    if (known === undefined) {
      if (pair.updates.length >= MAX_UPDATES) pair.updates.shift();
      pair.updates.push({ ...update, links: [link] });
    } else if (known.links.length < MAX_LINKS && !known.links.includes(link)) {
      known.links.push(link);
    }
    return pair;
  }

  /** A binding of the pair was removed: remembers what it rested on. */
  remove(homeAddress: Uint8Array, peer: Uint8Array, packet: PacketReference): void {
    const pair = this.find(homeAddress, peer);
    if (pair === undefined) return;
    const updates = pair.updates.filter(({ lifetime }) => lifetime > 0);
    if (updates.length > 0) pair.removed = { time: packet.time, packet, updates };
  }

  /** The pair, made when it is new. */
  open(homeAddress: Uint8Array, peer: Uint8Array): UpdatePair {
    let list = this.#pairs.get(homeAddress);
    if (list === undefined) {
      list = [];
      this.#pairs.set(homeAddress, 0, list);
    }
    const known = list.find((pair) => isSameAddress(pair.peer, peer));
    if (known !== undefined) return known;
    if (list.length >= MAX_PEERS) {
      const loose = list.findIndex(({ isCovered, answers }) => !isCovered && answers === 0);
      list.splice(Math.max(0, loose), 1);
      this.evictions++;
    }
    const pair: UpdatePair = {
      homeAddress,
      peer,
      updates: [],
      isCovered: false,
      hasOtherKeys: false,
      lastTime: 0,
      lastLink: 0,
      lastInTunnel: false,
      acceptedAt: 0,
      answers: 0,
      removed: undefined,
    };
    list.push(pair);
    return pair;
  }
}

const NONE: readonly UpdatePair[] = [];
