/**
 * Binding Updates and Acknowledgements that were seen, to recognise one that comes again octet by octet.
 * RFC 4225 section 3.1.6.
 *
 * Remembered by home address, a few of each: a flood about one home address forgets nothing about another, and of a full
 * table the home addresses with a single message go first.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import type { PacketContext } from '../packet-context.ts';
import type { Link, PacketReference } from '../packet.ts';
import { AddressTable } from './address-table.ts';

/** Home addresses remembered. */
const MAX_HOME_ADDRESSES = 8192;
/** Messages remembered of one home address; the oldest goes first. */
const MAX_MESSAGES = 16;
/** Links on which one message is remembered. */
const MAX_LINKS = 4;
/** Was not seen on a link. */
const NEVER = -1;

/** A message as it was seen before. */
export interface MessageSighting {
  readonly packet: PacketReference;
  readonly link: Link;
  /** Source of the IPv6 header in front of it; a tunnel around it may differ from link to link. */
  readonly source: Uint8Array;
  readonly linkSource: Uint8Array | undefined;
  readonly hopLimit: number;
  /** Last copy on this link before, microseconds since 1970. */
  readonly lastSeen: number;
}

/** A message by two hashes of its octets. */
export interface Message {
  readonly first: number;
  readonly second: number;
  readonly sightings: (MessageSighting & { lastSeen: number })[];
}

/** Messages by home address. */
export class SeenMessages {
  evictions = 0;
  /** What the last `note` changed: a message of a list, or a sighting of a message. */
  #lastMessages: Message[] | undefined;
  #lastMessage: Message | undefined;
  #lastSighting: (MessageSighting & { lastSeen: number }) | undefined;
  #lastSeenBefore = 0;
  readonly #byHomeAddress: AddressTable<Message[]>;
  #seed: number;

  /** @param seed makes the hashes unpredictable to whoever writes messages */
  constructor(seed = 0x5bd1e995) {
    this.#seed = seed | 0;
    this.#byHomeAddress = new AddressTable<Message[]>({
      maxEntries: MAX_HOME_ADDRESSES,
      seed,
      mayEvict: (messages) => messages.length === 1,
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  /** What the hashes are made with. */
  get seed(): number {
    return this.#seed;
  }

  /** Messages by home address, least recently seen first. */
  entries(): Iterable<readonly [Uint8Array, readonly Message[]]> {
    return this.#byHomeAddress.entries();
  }

  /** Takes messages of an earlier run. @param seed what their hashes were made with; before anything is noted */
  restore(seed: number, all: readonly (readonly [Uint8Array, Message[]])[]): void {
    this.#seed = seed | 0;
    for (const [homeAddress, messages] of all) this.#byHomeAddress.set(homeAddress, 0, messages);
  }

  /**
   * Notes a message.
   * @param offset Mobility Header in `bytes`, @param end its end.
   * @returns the same octets as seen before: on this link when there were any, else where they were seen first.
   */
  note(
    homeAddress: Uint8Array,
    bytes: Uint8Array,
    offset: number,
    end: number,
    context: PacketContext,
  ): MessageSighting | undefined {
    let first = this.#seed;
    let second = ~this.#seed;
    for (let at = offset; at < end; at++) {
      const octet = u8(bytes, at);
      first = Math.imul(first ^ octet ^ (first >>> 15), 0x85ebca6b);
      second = Math.imul(second ^ octet ^ (second >>> 13), 0xc2b2ae35);
    }
    let messages = this.#byHomeAddress.get(homeAddress);
    if (messages === undefined) {
      messages = [];
      this.#byHomeAddress.set(homeAddress, 0, messages);
    }
    const known = messages.find((item) => item.first === first && item.second === second);
    const { packet, link, linkSource, source, hopLimit } = context;
    const now = { packet, link, source, linkSource, hopLimit, lastSeen: packet.time };
    this.#lastMessages = messages;
    this.#lastMessage = known;
    this.#lastSighting = undefined;
    if (known === undefined) {
      if (messages.length >= MAX_MESSAGES) messages.shift();
      messages.push({ first, second, sightings: [now] });
      return undefined;
    }
    const { sightings } = known;
    const here = sightings.find((item) => item.link.id === link.id);
    if (here === undefined) {
      if (sightings.length < MAX_LINKS) {
        sightings.push(now);
        this.#lastSighting = now;
        this.#lastSeenBefore = NEVER;
      }
      return sightings[0];
    }
    const before = { ...here };
    this.#lastSighting = here;
    this.#lastSeenBefore = here.lastSeen;
    here.lastSeen = packet.time;
    return before;
  }

  /** Takes the message noted last back: its packet did not arrive. A message that made room for it stays forgotten. */
  undo(): void {
    const sighting = this.#lastSighting;
    const message = this.#lastMessage;
    if (message === undefined) this.#lastMessages?.pop();
    else if (sighting !== undefined && this.#lastSeenBefore === NEVER) message.sightings.pop();
    else if (sighting !== undefined) sighting.lastSeen = this.#lastSeenBefore;
    this.#lastMessages = undefined;
    this.#lastMessage = undefined;
    this.#lastSighting = undefined;
  }
}
