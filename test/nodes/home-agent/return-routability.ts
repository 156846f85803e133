/**
 * Return routability of a mobile node with its own home agent as correspondent, computed with node:crypto.
 */
import { createHash, createHmac } from 'node:crypto';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { encodePacket, encodePlain } from '../../../nodes/ip/wire.ts';
import { readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import { AGENT, CARE_OF } from './bench.ts';
import type { HomeAgentBench } from './bench.ts';

const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const AUTHENTICATOR_OCTETS = 12;

/** What both tests gave. */
export interface Tokens {
  readonly home: Uint8Array;
  readonly homeIndex: number;
  readonly careOf: Uint8Array;
  readonly careOfIndex: number;
}

function mobilityPacket(source: Uint8Array, message: MobilityMessage): Uint8Array {
  const payload = encodeMobilityHeader(message, [], { source, destination: AGENT });
  return ipv6Packet({
    source,
    destination: AGENT,
    hopLimit: 60,
    protocol: NEXT_HEADER.mobility,
    payload,
  });
}

/** Both tests of a mobile node. The home test goes through the tunnel of one that is registered. */
export function homeKeygen(bench: HomeAgentBench, number = 1): Tokens {
  const init = mobilityPacket(bench.mobile(number).home, {
    kind: 'home-test-init',
    homeInitCookie: COOKIE,
  });
  const messages: (WirePacket['mobility'] | undefined)[] = [];
  const isAway = bench.careOf(number) !== undefined;
  const answers = bench.deliver(
    isAway ? encodePlain(CARE_OF, AGENT, NEXT_HEADER.ipv6, init, 60) : init,
  );
  for (const { packet } of answers) {
    const isTunnelled = packet.protocol === NEXT_HEADER.ipv6;
    messages.push(isTunnelled ? readPacket(packet.payload).mobility : packet.mobility);
  }
  const direct = bench.deliver(
    mobilityPacket(CARE_OF, { kind: 'care-of-test-init', careOfInitCookie: COOKIE }),
  );
  for (const { packet } of direct) messages.push(packet.mobility);
  const home = messages.map((each) => each?.message).find((each) => each?.kind === 'home-test');
  const careOf = messages
    .map((each) => each?.message)
    .find((each) => each?.kind === 'care-of-test');
  if (home?.kind !== 'home-test' || careOf?.kind !== 'care-of-test') {
    throw new Error('the tests had no answers');
  }
  return {
    home: home.homeKeygenToken,
    homeIndex: home.homeNonceIndex,
    careOf: careOf.careOfKeygenToken,
    careOfIndex: careOf.careOfNonceIndex,
  };
}

/** An update without H, protected by the association and by return routability. */
export function returnRoutabilityUpdate(
  bench: HomeAgentBench,
  tokens: Tokens,
  how: {
    readonly sequence: number;
    readonly lifetime?: number;
    readonly homeIndex?: number;
    /** Spoils the authenticator. */
    readonly isForged?: boolean;
    /** Leaves Nonce Indices and Binding Authorization Data out. */
    readonly isBare?: boolean;
    readonly number?: number;
  },
): Uint8Array {
  const mobile = bench.mobile(how.number);
  const { sequence, lifetime = 100 } = how;
  const ends = { source: mobile.home, destination: AGENT };
  const message = {
    kind: 'binding-update',
    sequence,
    flags: 0x8000,
    lifetime: lifetime / 4,
  } as const;
  const options: MobilityOption[] =
    how.isBare === true
      ? []
      : [
          {
            kind: 'nonce-indices',
            homeNonceIndex: how.homeIndex ?? tokens.homeIndex,
            careOfNonceIndex: tokens.careOfIndex,
          },
          {
            kind: 'binding-authorization-data',
            authenticator: new Uint8Array(AUTHENTICATOR_OCTETS),
          },
        ];
  const blank = encodeMobilityHeader(message, options, { ...ends, checksum: 0 });
  const data = blank.subarray(0, blank.length - AUTHENTICATOR_OCTETS);
  const hash = createHash('sha1').update(tokens.home);
  if (lifetime > 0) hash.update(tokens.careOf);
  const careOf = lifetime > 0 ? CARE_OF : mobile.home;
  const authenticator = new Uint8Array(
    createHmac('sha1', hash.digest()).update(careOf).update(AGENT).update(data).digest(),
  ).slice(0, AUTHENTICATOR_OCTETS);
  if (how.isForged === true) authenticator[0] = (authenticator[0] ?? 0) ^ 1;
  const signed = options.map((each) =>
    each.kind === 'binding-authorization-data' ? { ...each, authenticator } : each,
  );
  const payload = encodeMobilityHeader(message, signed, ends);
  const wire = {
    source: CARE_OF,
    destination: AGENT,
    homeAddressOption: mobile.home,
    type2RoutingHeader: undefined,
  };
  const decision = mobile.ipsec.outbound({
    ...ends,
    protocol: NEXT_HEADER.mobility,
    type: 5,
    isTunnelled: false,
  });
  if (decision.kind !== 'transport') throw new Error('not protected');
  const sealed = decision.protect(NEXT_HEADER.mobility, payload, wire);
  return encodePacket(wire, sealed.protocol, sealed.payload, 60);
}
