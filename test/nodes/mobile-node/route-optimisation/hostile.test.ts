import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipv6Packet } from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import { mobilityChecksum } from '../../../../dissectors/mobility/header.ts';
import { concatenate } from '../../../../dissectors/core/layout.ts';
import { quotedMessage } from '../../../../nodes/mobile-node/route-optimisation/quoted-message.ts';
import { ip } from '../../wire-peer.ts';
import { CARE_OF_ONE, CORRESPONDENT, HOME, echoPacket } from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';

const STRANGER = ip('2001:db8:e::666');
/** All but Binding Updates, which are for the correspondent that the node is itself. */
const TYPES = [0, 1, 2, 3, 4, 6, 7];

const octets = fc.uint8Array({ minLength: 0, maxLength: 80 });

/** A Mobility Header of whatever contents, with the right length and checksum. */
function mobilityHeader(
  source: Uint8Array,
  destination: Uint8Array,
  type: number,
  rest: Uint8Array,
): Uint8Array {
  const payload = new Uint8Array(Math.ceil((6 + rest.length) / 8) * 8);
  payload.set([59, payload.length / 8 - 1, type, 0, 0, 0]);
  payload.set(rest, 6);
  const addresses = concatenate([source, destination]);
  const sum = mobilityChecksum(addresses, 0, 16, payload, 0, payload.length);
  payload.set([sum >> 8, sum & 0xff], 4);
  return payload;
}

const messages = fc.record({
  source: fc.constantFrom(CORRESPONDENT, STRANGER),
  isTunnelled: fc.boolean(),
  type: fc.constantFrom(...TYPES),
  rest: octets,
});

describe('what anybody may send to a mobile node', () => {
  test('messages of whatever contents end no binding, begin no registration and break nothing', () => {
    const bench = RouteBench.optimised();
    bench.advance(60_000);
    let delivered = 0;
    bench.node.host.onReceived = ((before) => (packet) => {
      if (packet.protocol === NEXT_HEADER.mobility) delivered++;
      before?.(packet);
    })(bench.node.host.onReceived);
    fc.assert(
      fc.property(messages, ({ source, isTunnelled, type, rest }) => {
        const destination = isTunnelled ? HOME : CARE_OF_ONE;
        const payload = mobilityHeader(source, destination, type, rest);
        const protocol = NEXT_HEADER.mobility;
        const packet = ipv6Packet({ source, destination, hopLimit: 60, protocol, payload });
        // A Binding Error of the correspondent itself is believed: it is the one thing that nobody signs.
        if (type === 7 && source === CORRESPONDENT) return;
        if (isTunnelled) bench.tunnel(packet);
        else bench.put(packet);
        bench.advance(5);
        expect(bench.routes?.state.correspondents).toBe(1);
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(delivered).toBeGreaterThan(100);
    expect(bench.way()).toBe('optimised');
  });

  test('errors that quote whatever they like end nothing', () => {
    const bench = RouteBench.away();
    bench.answerHome = () => undefined;
    bench.trigger();
    bench.advance(5);
    fc.assert(
      fc.property(octets, fc.boolean(), (rest, isMobility) => {
        const head = isMobility ? echoPacket(HOME, CORRESPONDENT).slice(0, 40) : new Uint8Array();
        if (isMobility) head[6] = NEXT_HEADER.mobility;
        const invokingPacket = concatenate([head, rest]);
        const error = { kind: 'parameter-problem', code: 1, pointer: 6, invokingPacket } as const;
        const ends = { source: CORRESPONDENT, destination: HOME };
        const payload = encodeIcmpv6(error, ends);
        const protocol = NEXT_HEADER.icmpv6;
        bench.tunnel(ipv6Packet({ ...ends, hopLimit: 60, protocol, payload }));
        bench.advance(1);
      }),
      { numRuns: 300, seed: 8 },
    );
    bench.answerHome = () => ({});
    bench.advance(40_000);
    expect(bench.updates).toHaveLength(1);
  });

  test('a quotation is read without looking beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (quoted) => {
        expect(() => quotedMessage(quoted)).not.toThrow();
      }),
      { seed: 9 },
    );
    const bench = RouteBench.away();
    bench.trigger();
    bench.advance(5);
    const [init] = bench.of('care-of-test-init');
    const bytes = init?.packet.bytes ?? new Uint8Array();
    expect(quotedMessage(bytes)).toMatchObject({
      kind: 'care-of-test-init',
      destination: CORRESPONDENT,
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(quotedMessage(bytes.slice(0, length))).toBeUndefined();
    }
  });
});
