/**
 * Follows what happens after a node has signalled as at home: whether it is answered, whether a relay was
 * caught with its signalling, whether it registers from away again.
 *
 * Several rules ask this of the same events; each keeps its own bounded table.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type {
  BindingEvent,
  EspEvent,
  Link,
  MobilityEvent,
  PacketReference,
  RelayEvent,
} from '../events.ts';
import { isSameAddress } from './addresses.ts';
import { homeStyleAnswerOf, homeStyleSignallingOf, isSamePacket } from './signalling.ts';
import type { HomeKnowledge, HomeStyleSignalling } from './signalling.ts';

/** Table a rule keeps; every rule table is one. */
export interface Store<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  values(): Iterable<V>;
  readonly size: number;
}

/** Bounds of a table of episodes: an episode ends by itself when nothing was heard of it for an hour. */
export const EPISODE_BOUNDS = { maxEntries: 1024, ttlSeconds: 3600 } as const;

/** Transmissions remembered of one episode. */
const MAX_TRANSMISSIONS = 8;
/** Microseconds of silence after which another home-style update starts a new episode. */
const NEW_EPISODE_AFTER = 300e6;

/** One home-style signalling packet. */
export interface Transmission {
  readonly packet: PacketReference;
  /** ESP sequence number, or that of the Binding Update in clear. */
  readonly sequence: number;
}

/** What followed a home-style de-registration of one home address. */
export interface HomeStyleEpisode {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly link: Link;
  readonly first: PacketReference;
  last: PacketReference;
  /** Newest last, without copies of one packet; at most 8. */
  readonly transmissions: Transmission[];
  /** How many there were. */
  count: number;
  /** Link-layer source of the first one: the node itself, where the sensor is on its link. */
  readonly mobileNode: Uint8Array | undefined;
  /** Set when a relay was caught carrying the signalling of this episode. */
  relay:
    | {
        readonly address: Uint8Array;
        readonly packet: PacketReference;
        /** Both copies came over one captured link: several links may have been captured as one. */
        readonly isOneLink: boolean;
      }
    | undefined;
  /** Answer sent as to a node at home that no relay was caught with. */
  answer: { readonly packet: PacketReference; readonly status: number | undefined } | undefined;
  /** Answer that was caught with its routing header stripped. */
  stripped:
    | {
        readonly packet: PacketReference;
        readonly linkSource: Uint8Array | undefined;
        /** ESP sequence number, by which further copies are known: of mirror ports, or of the next link. */
        readonly sequence: number;
      }
    | undefined;
  /** Signalling from a care-of address seen since: with an answer to that address the node is away again. */
  awayAgain: Uint8Array | undefined;
  /** Clear traffic seen before it was proved that the link is not the home link. */
  earlyOutbound: PacketReference | undefined;
  earlyInbound: PacketReference | undefined;
}

/** How it is known that an episode happens away from home, best first. */
export type AwayProof =
  /** The site file gives the link the role `foreign`. */
  | 'site'
  /** A relay was caught with the signalling of this home address. */
  | 'relay'
  /** A relay was caught with that of another home address of the same link. */
  | 'neighbour';

/** Why the link of an episode is not the home link; undefined when that is not known. */
export function awayProofOf(episode: HomeStyleEpisode): AwayProof | undefined {
  const { link } = episode;
  if (link.roleKnownBy === 'site') {
    if (link.role === 'foreign') return 'site';
    if (link.role === 'home') return undefined;
  }
  if (episode.relay !== undefined) return 'relay';
  return link.effectiveRole === 'foreign' ? 'neighbour' : undefined;
}

/** The episode of a home address, if there is one. */
export function episodeOf(
  store: Store<HomeStyleEpisode>,
  homeAddress: Uint8Array,
): HomeStyleEpisode | undefined {
  return store.get(addressKey(homeAddress));
}

/** Events an episode is made of. */
export type EpisodeEvent = EspEvent | MobilityEvent | RelayEvent | BindingEvent;

/**
 * Takes an event into account.
 * @returns the episode when the event is a home-style de-registration (or unreadable home-style signalling)
 *   that is no copy of one seen before
 */
export function observeEpisode(
  store: Store<HomeStyleEpisode>,
  event: EpisodeEvent,
  knowledge: HomeKnowledge,
): HomeStyleEpisode | undefined {
  switch (event.kind) {
    case 'relay':
      noteRelay(store, event);
      return undefined;
    case 'binding':
      noteBinding(store, event);
      return undefined;
    default: {
      if (event.kind === 'mobility') {
        const { kind } = event.header.message;
        if (kind !== 'binding-update' && kind !== 'binding-acknowledgement') return undefined;
      }
      const signalling = homeStyleSignallingOf(event, knowledge);
      if (signalling !== undefined) {
        return signalling.isDeregistration === false
          ? undefined
          : noteTransmission(store, signalling);
      }
      // Whatever else there is belongs to an episode that has begun.
      if (store.size === 0) return undefined;
      noteAnswer(store, event, knowledge);
      if (event.kind === 'esp') noteAway(store, event);
      return undefined;
    }
  }
}

function start(fields: {
  homeAddress: Uint8Array;
  homeAgent: Uint8Array;
  link: Link;
  packet: PacketReference;
  sequence: number;
  mobileNode: Uint8Array | undefined;
}): HomeStyleEpisode {
  const { homeAddress, homeAgent, link, packet, sequence, mobileNode } = fields;
  return {
    homeAddress,
    homeAgent,
    link,
    first: packet,
    last: packet,
    transmissions: [{ packet, sequence }],
    count: 1,
    mobileNode,
    relay: undefined,
    answer: undefined,
    stripped: undefined,
    awayAgain: undefined,
    earlyOutbound: undefined,
    earlyInbound: undefined,
  };
}

function noteTransmission(
  store: Store<HomeStyleEpisode>,
  signalling: HomeStyleSignalling,
): HomeStyleEpisode | undefined {
  const { context, homeAddress, homeAgent, sequence } = signalling;
  const { link, packet } = context;
  const key = addressKey(homeAddress);
  const known = store.get(key);
  // A copy of one packet: a mirror port, or the same packet on the next link of its way.
  if (known?.transmissions.some((item) => item.sequence === sequence) === true) return undefined;
  if (link.role === 'home') {
    // It has reached its home link: what was before is over.
    store.delete(key);
    return undefined;
  }
  const isOver =
    known === undefined ||
    known.link.id !== link.id ||
    known.answer !== undefined ||
    packet.time - known.last.time > NEW_EPISODE_AFTER;
  if (isOver) {
    const mobileNode = context.linkSource;
    const episode = start({ homeAddress, homeAgent, link, packet, sequence, mobileNode });
    store.set(key, episode);
    return episode;
  }
  known.last = packet;
  known.count++;
  known.transmissions.push({ packet, sequence });
  if (known.transmissions.length > MAX_TRANSMISSIONS) known.transmissions.shift();
  known.awayAgain = undefined;
  store.set(key, known);
  return known;
}

function noteRelay(store: Store<HomeStyleEpisode>, event: RelayEvent): void {
  const { homeAddress, homeAgent, plainLink, plain, context } = event;
  const key = addressKey(homeAddress);
  const known = store.get(key);
  if (event.direction === 'from-home-agent') {
    if (known === undefined) return;
    if (known.answer !== undefined && isSamePacket(known.answer.packet, plain)) {
      known.answer = undefined;
    }
    const isPlain = context.routingHomeAddress === undefined;
    known.stripped ??= {
      packet: plain,
      linkSource: isPlain ? context.linkSource : undefined,
      sequence: event.sequence,
    };
    store.set(key, known);
    return;
  }
  const isPlainCopy = context.homeAddressOption === undefined;
  let episode = known;
  const isOfEpisode =
    episode?.link.id === plainLink.id &&
    // The clocks of two captures may put the stripped answer before the relayed update.
    (episode.answer === undefined ||
      episode.transmissions.some(({ sequence }) => sequence === event.sequence));
  if (episode === undefined || !isOfEpisode) {
    episode = start({
      homeAddress,
      homeAgent,
      link: plainLink,
      packet: plain,
      sequence: event.sequence,
      mobileNode: isPlainCopy ? context.linkSource : undefined,
    });
  }
  episode.relay ??= {
    address: event.relay,
    packet: event.extended,
    isOneLink: event.plainLink.id === event.extendedLink.id,
  };
  episode.awayAgain = undefined;
  store.set(key, episode);
}

function noteAnswer(
  store: Store<HomeStyleEpisode>,
  event: EspEvent | MobilityEvent,
  knowledge: HomeKnowledge,
): void {
  const answer = homeStyleAnswerOf(event, knowledge);
  if (answer === undefined) return;
  const episode = store.get(addressKey(answer.homeAddress));
  const { packet } = answer.context;
  if (episode === undefined || !isSameAddress(episode.homeAgent, answer.homeAgent)) return;
  const { stripped } = episode;
  const sequence = event.kind === 'esp' ? event.sequence : event.context.esp?.sequence;
  if (stripped?.sequence === sequence && sequence !== undefined) return;
  if (stripped !== undefined && isSamePacket(stripped.packet, packet)) return;
  episode.answer ??= { packet, status: answer.status };
}

/** Encrypted signalling in the layout of a node that is away: update and answer end the episode. */
function noteAway(store: Store<HomeStyleEpisode>, event: EspEvent): void {
  const { context, layout } = event;
  const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
  if (homeAddress === undefined || event.outcome === 'opened') return;
  const key = addressKey(homeAddress);
  const episode = store.get(key);
  if (episode === undefined) return;
  if (layout === 'home-address-option') {
    const isRelay =
      isSameAddress(episode.relay?.address, context.source) ||
      episode.transmissions.some(({ sequence }) => sequence === event.sequence);
    if (!isRelay) episode.awayAgain = context.source;
  } else if (isSameAddress(episode.awayAgain, context.destination)) store.delete(key);
}

function noteBinding(store: Store<HomeStyleEpisode>, event: BindingEvent): void {
  const { binding, change } = event;
  if (change !== 'registered' && change !== 'moved' && change !== 'refreshed') return;
  if (binding.role !== 'home' || store.size === 0) return;
  const key = addressKey(binding.homeAddress);
  const episode = store.get(key);
  if (episode === undefined) return;
  const isAway =
    !isSameAddress(binding.careOfAddress, binding.homeAddress) &&
    !isSameAddress(binding.careOfAddress, episode.relay?.address);
  if (isAway && event.packet.time >= episode.last.time) store.delete(key);
}
