/**
 * What correspondent nodes have shown of themselves in tests that were asked for: nonce indices, hop limits, and on
 * which links the sensor sees both directions.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { PacketContext } from '../events.ts';
import { maskedAddress } from '../home-link/addresses.ts';
import { AddressTable } from './address-table.ts';
import { MAX_RECENT, isBareTest } from './routability-tests.ts';
import type { IssuedToken, TestKind } from './routability-tests.ts';

/** Correspondents remembered. */
export const MAX_CORRESPONDENTS = 4096;
/** Nonce indices, links and ways remembered of one. */
const MAX_INDICES = 16;
const MAX_COVERED_LINKS = 8;
const MAX_WAYS = 16;
/** Home networks remembered of one link. */
const MAX_NETWORKS = 8;
/** Length of a home network, where nobody tells. RFC 4291 section 2.5.4. */
const NETWORK_BITS = 64;

/** A nonce index in use. */
export interface NonceIndex {
  readonly index: number;
  readonly firstSeen: number;
  lastSeen: number;
}

/** Complete tests seen on one link outside tunnels. */
export interface LinkCoverage {
  readonly link: number;
  home: number;
  careOf: number;
  /** Home networks whose home tests were seen there, /64, at most 8. */
  readonly networks: Uint8Array[];
}

/** Hop limit with which its answers come on a link. */
interface Way {
  readonly link: number;
  readonly kind: TestKind;
  readonly isBare: boolean;
  hopLimit: number;
}

/** A correspondent node. */
export interface Correspondent {
  readonly address: Uint8Array;
  /** At most 16, the one used longest ago goes first. */
  readonly indices: NonceIndex[];
  readonly coverage: LinkCoverage[];
  readonly ways: Way[];
  /** Tokens that it issued to those who asked, newest last, at most 16, each once a test; and their low halves. */
  readonly recent: IssuedToken[];
  readonly lows: number[];
  /** A Binding Update went to it. */
  isSettled: boolean;
}

/** Correspondents. When full, the least recently used without registrations goes first. */
export class Correspondents {
  evictions = 0;
  readonly #known: AddressTable<Correspondent>;

  constructor(seed?: number) {
    this.#known = new AddressTable<Correspondent>({
      maxEntries: MAX_CORRESPONDENTS,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: ({ isSettled }) => !isSettled,
      onEvict: () => {
        this.evictions++;
      },
    });
  }

  find(address: Uint8Array): Correspondent | undefined {
    return this.#known.peek(address);
  }

  /**
   * Notes a test that was asked for.
   * @param isBare both directions were seen on its link outside tunnels
   * @param token undefined when the same was issued to the same node before
   */
  test(
    kind: TestKind,
    nonceIndex: number,
    context: PacketContext,
    isBare: boolean,
    token: IssuedToken | undefined,
  ): void {
    const { source, destination, packet, link, hopLimit } = context;
    let item = this.#known.get(source);
    if (item === undefined) {
      item = {
        address: source,
        indices: [],
        coverage: [],
        ways: [],
        recent: [],
        lows: [],
        isSettled: false,
      };
      this.#known.set(source, 0, item);
    }
    if (token !== undefined) issued(item, token);
    const index = item.indices.find((known) => known.index === nonceIndex);
    if (index === undefined) {
      if (item.indices.length >= MAX_INDICES) dropOldest(item.indices);
      item.indices.push({ index: nonceIndex, firstSeen: packet.time, lastSeen: packet.time });
    } else index.lastSeen = packet.time;
    const bare = isBareTest(context);
    const way = item.ways.find(
      (known) => known.link === link.id && known.kind === kind && known.isBare === bare,
    );
    if (way !== undefined) way.hopLimit = hopLimit;
    else if (item.ways.length < MAX_WAYS) {
      item.ways.push({ link: link.id, kind, isBare: bare, hopLimit });
    }
    if (isBare) cover(item, kind, link.id, destination);
  }

  /** A Binding Update went to it. */
  settle(address: Uint8Array): void {
    const item = this.#known.get(address);
    if (item !== undefined) item.isSettled = true;
  }
}

function issued({ recent, lows }: Correspondent, token: IssuedToken): void {
  if (recent.length >= MAX_RECENT) {
    recent.shift();
    lows.shift();
  }
  recent.push(token);
  lows.push(token.low);
}

function cover(item: Correspondent, kind: TestKind, link: number, address: Uint8Array): void {
  let coverage = item.coverage.find((known) => known.link === link);
  if (coverage === undefined) {
    if (item.coverage.length >= MAX_COVERED_LINKS) return;
    coverage = { link, home: 0, careOf: 0, networks: [] };
    item.coverage.push(coverage);
  }
  if (kind === 'care-of') {
    coverage.careOf++;
    return;
  }
  coverage.home++;
  const network = maskedAddress(address, NETWORK_BITS);
  const { networks } = coverage;
  if (networks.length < MAX_NETWORKS && !networks.some((known) => isSameAddress(known, network))) {
    networks.push(network);
  }
}

function dropOldest(indices: NonceIndex[]): void {
  let oldest = 0;
  for (const [i, item] of indices.entries()) {
    if (item.lastSeen < (indices[oldest]?.lastSeen ?? Infinity)) oldest = i;
  }
  indices.splice(oldest, 1);
}

/** Whether a home address is of a network whose home tests were seen on the link. */
export function coversNetwork({ networks }: LinkCoverage, homeAddress: Uint8Array): boolean {
  const network = maskedAddress(homeAddress, NETWORK_BITS);
  return networks.some((known) => isSameAddress(known, network));
}

/** Hop limit that answers of this kind have on a link; undefined when none was seen there. */
export function usualHopLimit(
  item: Readonly<Correspondent> | undefined,
  kind: TestKind,
  context: PacketContext,
): number | undefined {
  const bare = isBareTest(context);
  return item?.ways.find(
    (way) => way.link === context.link.id && way.kind === kind && way.isBare === bare,
  )?.hopLimit;
}
