import { describe, expect, test } from 'vitest';
import { addressKey } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { AdvertisementLimit } from '../../../nodes/interface/advertisement-limit.ts';
import { ip } from '../wire-peer.ts';

const ALL_NODES = ip('ff02::1');
const ROUTER = ip('fe80::1');
const STRANGER = ip('fe80::66');

/** A frame of an ICMPv6 message behind extension headers. */
function frameOf(
  kind: 'router-advertisement' | 'router-solicitation',
  source: Uint8Array,
  headers: readonly { readonly protocol: number; readonly bytes: Uint8Array }[] = [],
): Uint8Array {
  const ends = { source, destination: ALL_NODES };
  const payload =
    kind === 'router-solicitation'
      ? encodeIcmpv6({ kind, code: 0, options: [] }, ends)
      : encodeIcmpv6(
          {
            kind,
            code: 0,
            currentHopLimit: 64,
            flags: 0,
            routerLifetime: 1800,
            reachableTime: 0,
            retransTimer: 0,
            options: [],
          },
          ends,
        );
  // Extension headers by hand: each names the next one in its first octet.
  const protocols = [...headers.map(({ protocol }) => protocol), 58];
  const chain = headers.map(({ bytes }, i) => {
    const header = bytes.slice();
    header[0] = protocols[i + 1] ?? 0;
    return [...header];
  });
  return ethernetFrame({
    destination: Uint8Array.of(0x33, 0x33, 0, 0, 0, 1),
    source: Uint8Array.of(2, 0, 0, 0, 0, 1),
    payload: ipv6Packet({
      ...ends,
      hopLimit: 255,
      protocol: protocols[0] ?? 58,
      payload: Uint8Array.from([...chain.flat(), ...payload]),
    }),
  });
}

const OPTIONS = Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0);
const FRAGMENT = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1);
const LATER_FRAGMENT = Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 1);

function limitThatKnows(...routers: readonly Uint8Array[]): AdvertisementLimit {
  const keys = new Set(routers.map((router) => addressKey(router)));
  return new AdvertisementLimit((router) => keys.has(router), 0);
}

/** How many of a thousand frames are worked on. */
function admitted(limit: AdvertisementLimit, frame: Uint8Array, now = 0): number {
  let count = 0;
  for (let i = 0; i < 1000; i++) if (limit.admits(frame, now)) count++;
  return count;
}

describe('limit of router advertisements', () => {
  test('a flood is worked on at two hundred at once and two hundred a second', () => {
    const limit = limitThatKnows();
    const flood = frameOf('router-advertisement', STRANGER);
    expect(admitted(limit, flood)).toBe(200);
    expect(admitted(limit, flood, 500)).toBe(100);
  });

  test('a flood takes nothing away from routers that have answered lately, and those have their limit, too', () => {
    const limit = limitThatKnows(ROUTER);
    admitted(limit, frameOf('router-advertisement', STRANGER));
    expect(admitted(limit, frameOf('router-advertisement', ROUTER))).toBe(200);
  });

  test.each([
    ['a Hop-by-Hop Options header', [{ protocol: 0, bytes: OPTIONS }]],
    ['a Destination Options header', [{ protocol: 60, bytes: OPTIONS }]],
    ['a Fragment header', [{ protocol: 44, bytes: FRAGMENT }]],
    [
      'several of them',
      [
        { protocol: 0, bytes: OPTIONS },
        { protocol: 44, bytes: FRAGMENT },
        { protocol: 60, bytes: OPTIONS },
      ],
    ],
  ])('%s does not hide an advertisement', (_, headers) => {
    expect(admitted(limitThatKnows(), frameOf('router-advertisement', STRANGER, headers))).toBe(
      200,
    );
  });

  test('other messages, later fragments and frames that are cut are not limited', () => {
    const later = [{ protocol: 44, bytes: LATER_FRAGMENT }];
    for (const frame of [
      frameOf('router-solicitation', STRANGER),
      frameOf('router-advertisement', STRANGER, later),
      frameOf('router-advertisement', STRANGER).slice(0, 54),
      new Uint8Array(),
    ]) {
      expect(admitted(limitThatKnows(), frame)).toBe(1000);
    }
  });
});
