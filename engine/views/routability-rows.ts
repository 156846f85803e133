/**
 * Return routability as rows of a screen: which tests were made for a home address at a correspondent, and what is
 * missing. RFC 6275 section 5.2.
 */
import { addressKey, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { EngineKnowledge } from '../engine-knowledge.ts';
import type { MobilityEvent } from '../events.ts';
import type { Authentication } from '../state/return-routability.ts';
import type { TestPair } from '../state/routability-tests.ts';
import type { RoutabilityLeg, RoutabilityRow } from './model/state.ts';
import { lastOf, secondsAt } from './row-place.ts';
import type { RowPlace } from './row-place.ts';

/** Rows of a view; of more those used last are shown. */
export const MAX_ROUTABILITY_ROWS = 1000;
/** Care-of tests that may belong to them. */
const MAX_CARE_OF_TESTS = 4 * MAX_ROUTABILITY_ROWS;
/** Pairs whose last authenticator is remembered; the one noted longest ago is forgotten. */
const MAX_VERDICTS = 16_384;
/** Home and care-of test of one exchange begin together. RFC 6275 section 11.6.1. Microseconds. */
const TOGETHER = 30e6;

/** What authenticators said of the last Binding Update between a home address and a correspondent. */
export class AuthenticationNotes {
  readonly #verdicts = new Map<string, Authentication>();

  /** Takes note of a message. */
  note({ header, context, authentication }: MobilityEvent): void {
    if (authentication === undefined || header.message.kind !== 'binding-update') return;
    const homeAddress = context.homeAddressOption ?? context.source;
    const key = pairKey(homeAddress, context.routingHomeAddress ?? context.destination);
    this.#verdicts.delete(key);
    this.#verdicts.set(key, authentication);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > MAX_VERDICTS && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  /** Verdict of the last update; undefined without one. */
  of(homeAddress: Uint8Array, correspondent: Uint8Array): Authentication | undefined {
    return this.#verdicts.get(pairKey(homeAddress, correspondent));
  }
}

function pairKey(homeAddress: Uint8Array, peer: Uint8Array): string {
  return `${addressKey(homeAddress)}${addressKey(peer)}`;
}

function latest({ lastInit, lastTest }: Readonly<TestPair>): number {
  return Math.max(lastInit, lastTest);
}

const NO_LEG: RoutabilityLeg = {
  init: undefined,
  test: undefined,
  nonceIndex: undefined,
  seconds: undefined,
};

function legOf(pair: Readonly<TestPair> | undefined, place: RowPlace): RoutabilityLeg {
  if (pair === undefined) return NO_LEG;
  const init = pair.inits.at(-1);
  const issued = pair.issued.findLast(({ isSolicited }) => isSolicited) ?? pair.issued.at(-1);
  return {
    init: init === undefined ? undefined : place.positionOf(init.packet),
    test: issued === undefined ? undefined : place.positionOf(issued.packet),
    nonceIndex: issued?.nonceIndex,
    seconds: issued === undefined ? undefined : secondsAt(issued.lastSeen, place),
  };
}

/** What is missing of a leg, in words. */
function missingOf(name: 'Home' | 'Care-of', pair: Readonly<TestPair> | undefined): string[] {
  if (pair === undefined) return [`no ${name} Test Init and no ${name} Test`];
  const missing: string[] = [];
  if (pair.inits.length === 0) missing.push(`no ${name} Test Init`);
  if (pair.issued.length === 0) missing.push(`no ${name} Test`);
  else if (!pair.issued.some(({ isSolicited }) => isSolicited)) {
    missing.push(`${name} Test without the Init that it answers`);
  }
  return missing;
}

/** Rows of all pairs of home address and correspondent that tests were seen of, the one seen first at the front. */
export function routabilityRows(
  knowledge: EngineKnowledge,
  notes: AuthenticationNotes,
  place: RowPlace,
): RoutabilityRow[] {
  const byPeer = new Map<string, Readonly<TestPair>[]>();
  for (const pair of lastOf(knowledge.tests('care-of'), MAX_CARE_OF_TESTS)) {
    const key = addressKey(pair.peer);
    const known = byPeer.get(key);
    if (known === undefined) byPeer.set(key, [pair]);
    else known.push(pair);
  }
  const used = new Set<Readonly<TestPair>>();
  const rows: { readonly at: number; readonly row: RoutabilityRow }[] = [];
  for (const home of lastOf(knowledge.tests('home'), MAX_ROUTABILITY_ROWS)) {
    const { address, peer } = home;
    const updates = knowledge.updatesOf(address).find((item) => isSameAddress(item.peer, peer));
    const update = updates?.updates.findLast(({ lifetime }) => lifetime > 0);
    const candidates = byPeer.get(addressKey(peer)) ?? [];
    const careOf =
      update === undefined
        ? nearest(candidates, home, used)
        : candidates.find((pair) => isSameAddress(pair.address, update.careOfAddress));
    if (careOf !== undefined) used.add(careOf);
    const careOfAddress = update?.careOfAddress ?? careOf?.address;
    const authentication = notes.of(address, peer);
    const missing = [...missingOf('Home', home), ...missingOf('Care-of', careOf)];
    if (updates === undefined) missing.push('no Binding Update');
    if (authentication === 'wrong')
      missing.push('the authenticator of the Binding Update is wrong');
    rows.push({
      at: home.inits[0]?.packet.time ?? home.issued[0]?.packet.time ?? latest(home),
      row: {
        homeAddress: formatAddress(address),
        careOfAddress: careOfAddress === undefined ? '' : formatAddress(careOfAddress),
        correspondent: formatAddress(peer),
        home: legOf(home, place),
        careOf: legOf(careOf, place),
        authentication,
        missing,
      },
    });
  }
  for (const pair of [...byPeer.values()].flat()) {
    if (used.has(pair) || rows.length >= MAX_ROUTABILITY_ROWS) continue;
    rows.push({
      at: pair.inits[0]?.packet.time ?? pair.issued[0]?.packet.time ?? latest(pair),
      row: {
        homeAddress: '',
        careOfAddress: formatAddress(pair.address),
        correspondent: formatAddress(pair.peer),
        home: NO_LEG,
        careOf: legOf(pair, place),
        authentication: undefined,
        missing: [...missingOf('Home', undefined), ...missingOf('Care-of', pair)],
      },
    });
  }
  return rows.sort((a, b) => a.at - b.at).map(({ row }) => row);
}

/** The care-of test at the same correspondent that lies nearest in time and belongs to no other home address. */
function nearest(
  candidates: readonly Readonly<TestPair>[],
  home: Readonly<TestPair>,
  used: ReadonlySet<Readonly<TestPair>>,
): Readonly<TestPair> | undefined {
  let best: Readonly<TestPair> | undefined;
  let least = TOGETHER;
  for (const pair of candidates) {
    const distance = Math.abs(latest(pair) - latest(home));
    if (distance > least || used.has(pair)) continue;
    least = distance;
    best = pair;
  }
  return best;
}
