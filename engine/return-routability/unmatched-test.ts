/**
 * Home Tests and Care-of Tests that answer no init that went out. RFC 6275 sections 11.6.2 and 15.4.6.
 */
import { u32 } from '../../dissectors/core/bytes.ts';
import { registrationKey } from '../home-link/addresses.ts';
import type { Store } from '../home-link/episode.ts';
import type { MobilityEvent, PacketReference } from '../events.ts';
import { coversNetwork, usualHopLimit } from '../state/correspondents.ts';
import {
  TOKEN_AGE,
  initOf,
  isBareTest,
  testMessageOf,
  wasSentOn,
} from '../state/routability-tests.ts';
import type { TestInit, TestKind } from '../state/routability-tests.ts';
import { hasForgotten } from './registration.ts';
import type { RoutabilityKnowledge } from './registration.ts';

/** Microseconds in which several answers without question are counted together. */
const WINDOW = 60e6;
const BOUNDS = { maxEntries: 4096, ttlSeconds: 60 };

/** What is asked of the engine and the rule. */
interface TestKnowledge extends RoutabilityKnowledge {
  table<V>(name: string, bounds: { maxEntries: number; ttlSeconds: number }): Store<V>;
}

interface Unmatched {
  readonly start: number;
  readonly cookies: Set<string>;
}

/** A test that nobody asked for. */
export interface UnmatchedTest {
  readonly kind: TestKind;
  /** Home address or care-of address that it is for. */
  readonly address: Uint8Array;
  readonly peer: Uint8Array;
  readonly cookie: Uint8Array;
  readonly nonceIndex: number;
  /** An init with another cookie that is out; undefined when there is none. */
  readonly outstanding: TestInit | undefined;
  /** Packet with the token that the correspondent really issued for that index, when this one differs. */
  readonly otherToken: PacketReference | undefined;
  /** Hop limit with which answers of the correspondent come here, when this one differs. */
  readonly usualHopLimit: number | undefined;
  /** Different unasked answers to the pair within a minute, this one included. */
  readonly count: number;
}

/**
 * Finds a test that answers nothing; undefined where the sensor may have missed the question, because it never saw both
 * directions of such tests on this link, or because the token is the one that the correspondent issues anyway.
 */
export function unmatchedTestOf(
  event: MobilityEvent,
  kind: TestKind,
  knowledge: TestKnowledge,
): UnmatchedTest | undefined {
  const { header, context, checksum } = event;
  const message = testMessageOf(header.message);
  if (message?.kind !== kind || message.isInit || checksum === 'wrong') return undefined;
  const { source: peer, destination: address, packet, link, hopLimit } = context;
  const pair = knowledge.routabilityTests(kind, address, peer);
  if (initOf(pair, message.cookie, packet.time) !== undefined) return undefined;
  if (pair === undefined && hasForgotten(knowledge)) return undefined;
  if (pair !== undefined && pair.gapAt > 0 && packet.time - pair.gapAt <= TOKEN_AGE) {
    return undefined;
  }
  const correspondent = knowledge.correspondent(peer);
  const coverage = correspondent?.coverage.find((item) => item.link === link.id);
  const isLinkCovered =
    coverage !== undefined &&
    isBareTest(context) &&
    (kind === 'care-of' ? coverage.careOf > 0 : coversNetwork(coverage, address));
  const isPairCovered =
    pair?.issued.some(({ isSolicited }) => isSolicited) === true &&
    pair.inits.some((item) => wasSentOn(item, link.id));
  if (!isLinkCovered && !isPairCovered) return undefined;

  const issued = pair?.issued.filter(
    (item) => item.isSolicited && item.nonceIndex === message.nonceIndex,
  );
  const isOwn = issued?.some(
    ({ high, low }) => high >>> 0 === u32(message.token, 0) && low >>> 0 === u32(message.token, 4),
  );
  if (isOwn === true) return undefined;
  const usual = usualHopLimit(correspondent, kind, context);
  const recent = knowledge.table<Unmatched>('unmatched', BOUNDS);
  const key = registrationKey(address, peer);
  const known = recent.get(key);
  const isOver = known === undefined || packet.time - known.start > WINDOW;
  const current = isOver ? { start: packet.time, cookies: new Set<string>() } : known;
  if (current.cookies.size < 16) current.cookies.add(message.cookie.join(','));
  if (isOver) recent.set(key, current);
  return {
    kind,
    address,
    peer,
    cookie: message.cookie,
    nonceIndex: message.nonceIndex,
    outstanding: pair?.inits.findLast(
      (item) => item.answeredAt === 0 && packet.time - item.packet.time <= TOKEN_AGE,
    ),
    otherToken: issued?.at(-1)?.packet,
    usualHopLimit: usual === hopLimit ? undefined : usual,
    count: current.cookies.size,
  };
}
