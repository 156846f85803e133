/**
 * The Home Address option as every node takes and sends it. RFC 6275 sections 6.3, 8.1, 9.3.1, 9.3.3. AH around it
 * (COM-HAO-13) is tested with the associations.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { destinationOptions, homeAddressOption } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import type { IpsecLayer } from '../../../nodes/ip/ipsec-layer.ts';
import type { InboundPacket } from '../../../nodes/ip/packet.ts';
import { ip } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  HOME,
  NEW_CARE_OF,
  echoPacket,
  echoRequest,
  envelope,
  mobilityPacket,
  only,
} from '../correspondent-node/bench.ts';
import { MobilePeer, statusOf } from '../correspondent-node/mobile-peer.ts';

const HOME_AGENT_GROUP = ip('ff02::1');

/** An IPsec that seals everything with a header of its own. */
function sealing(): IpsecLayer {
  return {
    outbound: () => ({
      kind: 'transport',
      protect: (_, payload) => ({ protocol: NEXT_HEADER.esp, payload: payload.slice() }),
    }),
    open: () => ({ kind: 'refused', reason: 'no-association' }),
    permits: () => true,
    isBindingProtection: () => false,
    moveTunnel: () => undefined,
  };
}

/** Packets that upper layers got, neighbor discovery aside. */
function receivedBy(bench: CorrespondentBench): InboundPacket[] {
  const received: InboundPacket[] = [];
  bench.host.onReceived = (packet) => {
    const isEcho = packet.protocol === NEXT_HEADER.icmpv6 && packet.payload[0] === 128;
    if (isEcho || packet.protocol === NEXT_HEADER.mobility) received.push(packet);
  };
  return received;
}

describe('sending', () => {
  test('COM-HAO-01 it is option 201 of 16 octets at 8n+6, behind a routing header, in front of Fragment and ESP, and once', () => {
    const ends = { source: CORRESPONDENT, destination: HOME };
    const data = new Uint8Array(1600);
    const payload = encodeIcmpv6(
      { kind: 'echo-request', code: 0, identifier: 1, sequence: 1, data },
      ends,
    );
    const out = { ...ends, careOfSource: CARE_OF, protocol: NEXT_HEADER.icmpv6, payload };
    const chains = [
      { ipsec: undefined, careOfDestination: undefined, expected: [60, 44] },
      { ipsec: undefined, careOfDestination: NEW_CARE_OF, expected: [43, 60, 44] },
      { ipsec: sealing(), careOfDestination: NEW_CARE_OF, expected: [43, 60, 44, 50] },
    ];
    for (const { ipsec, careOfDestination, expected } of chains) {
      const bench = new CorrespondentBench({ host: { ipsec } });
      const sent = bench.sendFromNode({ ...out, careOfDestination });
      expect(sent).toHaveLength(2);
      for (const { bytes, headers } of sent) {
        const chain = expected.filter((header) => header !== NEXT_HEADER.esp);
        expect(headers).toEqual(chain);
        const start = expected[0] === 43 ? 64 : 40;
        expect([bytes[start + 1], bytes[start + 6], bytes[start + 7]]).toEqual([2, 201, 16]);
        expect(bytes.slice(start + 8, start + 24)).toEqual(CORRESPONDENT);
        expect((start + 6) % 8).toBe(6);
        // The fragment header says what it has cut: ESP where there is one.
        const isSealed = expected.includes(NEXT_HEADER.esp);
        const fragment = start + 24;
        expect(bytes[fragment]).toBe(isSealed ? NEXT_HEADER.esp : NEXT_HEADER.icmpv6);
      }
      bench.close();
    }
  });
});

describe('receiving without knowing it', () => {
  test('COM-HAO-02 a node without support answers Parameter Problem 2 at the option', () => {
    const bench = new CorrespondentBench({ host: { knowsHomeAddressOption: false } });
    const answer = bench.deliver(echoPacket({ source: CARE_OF, home: HOME }));
    expect(answer).toHaveLength(1);
    expect(answer[0]).toMatchObject({
      destination: formatAddress(CARE_OF),
      icmpv6: { kind: 'parameter-problem', code: 2, pointer: 46 },
    });
    bench.close();
  });

  test('COM-HAO-03 and nothing when it came to a group', () => {
    const bench = new CorrespondentBench({ host: { knowsHomeAddressOption: false } });
    const where = { source: CARE_OF, destination: HOME_AGENT_GROUP };
    expect(bench.deliver(echoPacket({ ...where, home: HOME }))).toEqual([]);
    // The group is there and answers.
    expect(bench.deliver(echoPacket(where))[0]?.icmpv6?.kind).toBe('echo-reply');
    bench.close();
  });
});

describe('receiving', () => {
  test('COM-HAO-04 with a group in it: dropped in silence, payload and updates alike', () => {
    expectDropped(['ff0e::1', 'ff02::1']);
  });

  test('COM-HAO-05 with an address of a link, of the node itself, or none in it: dropped in silence', () => {
    expectDropped(['fe80::1', '::1', '::']);
  });

  function expectDropped(texts: readonly string[]): void {
    const bench = new CorrespondentBench();
    const received = receivedBy(bench);
    const update = { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 9 } as const;
    for (const text of texts) {
      const where = { source: CARE_OF, home: ip(text) };
      expect(bench.deliver(echoPacket(where))).toEqual([]);
      expect(bench.deliver(mobilityPacket(where, update))).toEqual([]);
    }
    expect(received).toEqual([]);
    expect(bench.host.bindings.correspondents).toBe(0);
    const where = { source: CARE_OF, home: HOME };
    expect(statusOf(bench.deliver(mobilityPacket(where, update)))).toBe(131);
    expect(received).toHaveLength(1);
    bench.close();
  }

  test('COM-HAO-06 with payload and no binding it draws Binding Error 1 with the home address', () => {
    const bench = new CorrespondentBench();
    const received = receivedBy(bench);
    const answer = bench.deliver(echoPacket({ source: CARE_OF, home: HOME }));
    const { status, homeAddress } = only(answer, 'binding-error');
    expect([status, formatAddress(homeAddress)]).toEqual([1, formatAddress(HOME)]);
    expect(answer[0]).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(CARE_OF),
      headers: [],
    });
    expect(received).toEqual([]);
    bench.close();
  });

  test('COM-HAO-07 and the same when the binding names another care-of address', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register();
    const answer = bench.deliver(echoPacket({ source: NEW_CARE_OF, home: HOME }));
    const { status, homeAddress } = only(answer, 'binding-error');
    expect([status, formatAddress(homeAddress)]).toEqual([1, formatAddress(HOME)]);
    expect(answer[0]?.destination).toBe(formatAddress(NEW_CARE_OF));
    bench.close();
  });

  test('COM-HAO-08 with the binding it is accepted, and upper layers see the home address', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register();
    const received = receivedBy(bench);
    const answer = bench.deliver(echoPacket({ source: CARE_OF, home: HOME }));
    expect(answer[0]).toMatchObject({
      icmpv6: { kind: 'echo-reply' },
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
    });
    expect(received).toHaveLength(1);
    expect(formatAddress(received[0]?.source ?? CARE_OF)).toBe(formatAddress(HOME));
    expect(formatAddress(received[0]?.wireSource ?? HOME)).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('COM-HAO-09 in front of ESP, AH and Mobility Headers no binding is asked for', () => {
    const opened: number[] = [];
    const ipsec: IpsecLayer = {
      ...sealing(),
      outbound: () => ({ kind: 'bypass' }),
      open: ({ source }, protocol) => {
        opened.push(protocol);
        const ends = { source, destination: CORRESPONDENT };
        return {
          kind: 'opened',
          protection: { association: 'test', mode: 'transport', isEncrypted: true },
          protocol: NEXT_HEADER.icmpv6,
          payload: encodeIcmpv6(echoRequest(3), ends),
        };
      },
    };
    const bench = new CorrespondentBench({ host: { ipsec } });
    const where = { source: CARE_OF, home: HOME };
    for (const protocol of [50, 51]) {
      const answer = bench.deliver(envelope(where, protocol, new Uint8Array(32)));
      expect(answer.map(({ icmpv6 }) => icmpv6?.kind)).toEqual(['echo-reply']);
    }
    expect(opened).toEqual([50, 51]);
    const update = { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 9 } as const;
    expect(statusOf(bench.deliver(mobilityPacket(where, update)))).toBe(131);
    expect(only(bench.deliver(echoPacket(where)), 'binding-error').status).toBe(1);
    bench.close();
    // Nobody to open it: dropped for that, not for the binding.
    const plain = new CorrespondentBench();
    expect(plain.deliver(envelope(where, 50, new Uint8Array(32)))).toEqual([]);
    expect(plain.host.drops.get('protection refused: no-association')).toBe(1);
    plain.close();
  });

  test('COM-HAO-12 twice, in one header or in two, it makes the packet nothing, binding or not', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register();
    const ends = { source: HOME, destination: CORRESPONDENT };
    const payload = encodeIcmpv6(echoRequest(1), ends);
    const option = homeAddressOption(HOME);
    const twice = [
      [destinationOptions([option, option])],
      [destinationOptions([option]), destinationOptions([option])],
    ];
    for (const headers of twice) {
      expect(bench.deliver(envelope({ source: CARE_OF, headers }, 58, payload))).toEqual([]);
    }
    const once = envelope(
      { source: CARE_OF, headers: [destinationOptions([option])] },
      58,
      payload,
    );
    expect(bench.deliver(once)[0]?.icmpv6?.kind).toBe('echo-reply');
    bench.close();
  });
});
