import { describe, expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../../dissectors/ipv6/build.ts';
import { ip } from '../../wire-peer.ts';
import { CARE_OF_ONE, CORRESPONDENT, HOME, OTHER_HOME, echoPacket } from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';

const SECOND = 1000;
const ICMPV6 = 58;
const OTHER = ip('2001:db8:e::5');

/** Optimised for a while: nothing has just been started. */
function settled(): RouteBench {
  const bench = RouteBench.optimised();
  bench.advance(60 * SECOND);
  expect(bench.way()).toBe('optimised');
  bench.advance(10 * SECOND);
  bench.forget();
  return bench;
}

describe('Binding Errors', () => {
  test('MN-BE-01 of a node that is not in the list, or about another home address, change nothing', () => {
    const bench = settled();
    bench.bindingError(1, HOME, OTHER);
    bench.bindingError(2, HOME, OTHER);
    bench.bindingError(1, OTHER_HOME);
    bench.advance(SECOND);
    expect(bench.messages).toEqual([]);
    expect(bench.routes?.state.correspondents).toBe(1);
    expect(bench.way()).toBe('optimised');
  });

  test('MN-BE-03 MN-BE-04 status 1 ends the binding, unless packets came by it a moment ago', () => {
    const bench = settled();
    bench.answerUpdate = () => undefined;
    bench.sendRouted();
    bench.advance(SECOND);
    bench.bindingError(1);
    expect(bench.messages).toEqual([]);
    expect(bench.way()).toBe('optimised');
    bench.advance(5 * SECOND);
    bench.bindingError(1);
    expect(bench.way()).toBe('tunnel');
    // Return routability begins anew, with the tokens that are still good.
    expect(bench.updates).toMatchObject([{ isAuthentic: true }]);
    bench.answerUpdate = () => ({});
    bench.advance(2 * SECOND);
    expect(bench.way()).toBe('optimised');
  });

  test('MN-BE-04 one that was under way while the correspondent accepted the update again changes nothing', () => {
    const bench = settled();
    bench.bindingError(1);
    expect(bench.updates).toHaveLength(1);
    bench.bindingError(1);
    expect(bench.way()).toBe('optimised');
    bench.advance(3 * SECOND);
    bench.answerUpdate = () => undefined;
    bench.bindingError(1);
    expect(bench.way()).toBe('tunnel');
  });

  test('MN-BE-04 however many there are, three updates a second', () => {
    const bench = settled();
    for (let i = 0; i < 200; i++) {
      bench.bindingError(1);
      bench.advance(20);
    }
    expect(bench.updates.length).toBeLessThanOrEqual(3 * 6);
    expect(bench.updates.length).toBeGreaterThan(0);
  });

  test('MN-BE-05 status 2 is passed over when nothing is waited for', () => {
    const bench = settled();
    bench.bindingError(2);
    expect(bench.way()).toBe('optimised');
  });

  test('MN-BE-06 status 2 while an answer is waited for ends route optimisation with that node', () => {
    const bench = RouteBench.away();
    bench.answerHome = () => undefined;
    bench.trigger();
    bench.trigger(OTHER);
    bench.advance(50);
    bench.bindingError(2);
    bench.forget();
    bench.answerHome = () => ({});
    bench.advance(300 * SECOND);
    bench.trigger();
    bench.advance(SECOND);
    for (const { packet } of bench.messages) expect(packet.ends.destination).toEqual(OTHER);
    expect(bench.way(OTHER)).toBe('optimised');
    expect(bench.way()).toBe('tunnel');
  });
});

describe('ICMPv6 errors', () => {
  test('MN-BE-07 Parameter Problem 2 about the Home Address option is logged and discarded', () => {
    const bench = settled();
    const [sent] = bench.node.ping(HOME);
    if (sent === undefined) throw new Error('nothing sent');
    bench.sendError(
      { kind: 'parameter-problem', code: 2, pointer: 42, invokingPacket: sent.bytes },
      CARE_OF_ONE,
    );
    expect(bench.node.events('warn')).toContain('home-address-option-refused');
    expect(bench.way()).toBe('optimised');
    expect(bench.messages).toEqual([]);
  });

  test('MN-BE-09 no error begins a registration, through the tunnel or not', () => {
    const bench = RouteBench.away();
    const invokingPacket = echoPacket(HOME, OTHER);
    const errors = [
      { kind: 'destination-unreachable', code: 3, length: 0, invokingPacket },
      { kind: 'packet-too-big', code: 0, mtu: 1400, invokingPacket },
      { kind: 'time-exceeded', code: 0, length: 0, invokingPacket },
      { kind: 'parameter-problem', code: 1, pointer: 6, invokingPacket },
    ] as const;
    for (const error of errors) {
      const payload = encodeIcmpv6(error, { source: OTHER, destination: HOME });
      bench.tunnel(
        ipv6Packet({ source: OTHER, destination: HOME, hopLimit: 60, protocol: ICMPV6, payload }),
      );
      bench.sendError(error, CARE_OF_ONE, { source: OTHER });
    }
    bench.advance(SECOND);
    expect(bench.messages).toEqual([]);
    expect(bench.routes?.state.correspondents).toBe(0);
    bench.trigger(OTHER);
    bench.advance(5);
    expect(bench.routes?.state.correspondents).toBe(1);
  });
});

describe('Binding Refresh Requests', () => {
  test('MN-BE-10 one of a correspondent in the list is answered with tests and an update', () => {
    const bench = RouteBench.optimised();
    bench.advance(250 * SECOND);
    expect(bench.way()).toBe('optimised');
    bench.forget();
    const before = bench.node.node.context.bindingUpdateList.find(CORRESPONDENT, HOME)?.expiresAt;
    bench.refreshRequest();
    bench.advance(50);
    expect(bench.messages.map(({ kind }) => kind).sort()).toEqual([
      'binding-update',
      'care-of-test-init',
      'home-test-init',
    ]);
    const after = bench.node.node.context.bindingUpdateList.find(CORRESPONDENT, HOME)?.expiresAt;
    expect(after).toBeGreaterThan(before ?? Infinity);
  });

  test('MN-BE-11 one for a binding that nobody has used for two minutes is passed over', () => {
    const bench = RouteBench.optimised();
    bench.advance(200 * SECOND);
    bench.forget();
    bench.refreshRequest();
    bench.advance(5 * SECOND);
    expect(bench.messages).toEqual([]);
  });

  test('MN-BE-12 one of a node that is not in the list is not answered', () => {
    const bench = settled();
    bench.refreshRequest(OTHER);
    bench.advance(5 * SECOND);
    expect(bench.messages).toEqual([]);
    bench.refreshRequest();
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-BE-10 a flood of them makes three updates a second at most', () => {
    const bench = settled();
    for (let i = 0; i < 400; i++) bench.refreshRequest();
    expect(bench.updates.length).toBeLessThanOrEqual(3 * 3);
    expect(bench.updates.length).toBeGreaterThan(0);
  });
});
