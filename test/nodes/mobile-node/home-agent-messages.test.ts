import { describe, expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { decodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { MobileNode } from '../../../nodes/mobile-node/mobile-node.ts';
import { ip } from '../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CORRESPONDENT,
  HOME,
  MobileNodeBench,
  OTHER_AGENT,
  OTHER_HOME,
  text,
} from './bench.ts';
import type { BenchOptions } from './bench.ts';

const CLEAR: BenchOptions = { protection: 'none' };
const BOTH: BenchOptions = { protection: 'none', agents: [AGENT, OTHER_AGENT] };

function registered(options: BenchOptions = {}): MobileNodeBench {
  const bench = new MobileNodeBench(options);
  bench.register();
  return bench;
}

function bindingError(
  bench: MobileNodeBench,
  status: 1 | 2,
  source = AGENT,
  homeAddress = HOME,
): void {
  bench.sendSignalling({ kind: 'binding-error', status, homeAddress }, [], {
    source,
    destination: bench.careOf,
    routing: 'none',
    isProtected: false,
  });
  bench.scheduler.advance(5);
}

/** A message of the home agent to the home address. */
function say(
  bench: MobileNodeBench,
  message: MobilityMessage,
  fields: {
    source?: Uint8Array;
    isProtected?: boolean;
    routing?: Uint8Array | 'none';
    delay?: number;
  } = {},
): void {
  const { source = AGENT, isProtected, routing = HOME, delay } = fields;
  bench.sendSignalling(
    message,
    delay === undefined ? [] : [{ kind: 'binding-refresh-advice', refreshInterval: delay / 4 }],
    { source, destination: bench.careOf, routing, isProtected },
  );
  bench.scheduler.advance(5);
}

const switchTo = (...addresses: readonly Uint8Array[]): MobilityMessage => ({
  kind: 'home-agent-switch',
  numberOfAddresses: addresses.length,
  homeAgents: addresses.map((address) => ({ address })),
});

const revocation = (trigger: number, indicationFlags = 0): MobilityMessage => ({
  kind: 'binding-revocation',
  type: 1,
  trigger,
  sequence: 77,
  indicationFlags,
});

/** Revocation acknowledgements: their status. */
function revocationAnswers(bench: MobileNodeBench): (number | undefined)[] {
  return bench.packets().flatMap((seen) => {
    const { inbound } = bench.open(seen);
    if (inbound.protocol !== 135) return [];
    const message = decodeMobilityHeader(
      inbound.payload,
      0,
      inbound.payload.length,
      new DiagnosticList(),
    )?.message;
    return message?.kind === 'binding-revocation' && message.sequence === 77
      ? [message.status]
      : [];
  });
}

describe('errors', () => {
  test('MN-BE-02 a Binding Error 1 of the home agent is answered with a registration', () => {
    const bench = registered();
    bindingError(bench, 1);
    expect(bench.updates()).toMatchObject([
      { source: text(CARE_OF_ONE), homeAddressOption: text(HOME) },
    ]);
  });

  test('MN-BE-02 however many there are, three updates a second', () => {
    const bench = registered();
    for (let i = 0; i < 100; i++) bindingError(bench, 1);
    expect(bench.updates().length).toBeLessThanOrEqual(3);
  });

  test('MN-BE-02 one of another node, or about another address, is no reason', () => {
    const bench = registered(CLEAR);
    bindingError(bench, 1, CORRESPONDENT);
    bindingError(bench, 1, AGENT, OTHER_HOME);
    bindingError(bench, 2);
    expect(bench.updates()).toEqual([]);
  });

  const parameterProblem = (bench: MobileNodeBench, source = AGENT): void => {
    const update = bench.updates().at(-1);
    const invokingPacket = update?.seen.bytes ?? new Uint8Array(40);
    const payload = encodeIcmpv6(
      { kind: 'parameter-problem', code: 1, pointer: 6, invokingPacket },
      { source, destination: bench.careOf },
    );
    bench.deliver(ipv6Packet({ source, destination: bench.careOf, protocol: 58, payload }));
  };

  test('MN-BE-13 a Parameter Problem that says to be of the home agent changes nothing', () => {
    const bench = new MobileNodeBench(BOTH);
    bench.answer = () => undefined;
    bench.start(1200);
    parameterProblem(bench);
    bench.scheduler.advance(10_000);
    expect(bench.updates().map(({ destination }) => destination)).toEqual(
      bench.updates().map(() => text(AGENT)),
    );
    expect(bench.updates().length).toBeGreaterThan(2);
  });

  test('MN-BE-13 by option it is believed: no further updates there, the next home agent is tried', () => {
    const bench = new MobileNodeBench({
      ...BOTH,
      configuration: { ignoresHomeAgentErrors: false },
    });
    bench.answer = ({ destination }) => (destination === text(OTHER_AGENT) ? {} : undefined);
    bench.start(1200);
    parameterProblem(bench);
    bench.scheduler.advance(3000);
    expect(bench.updates().map(({ destination }) => destination)).toEqual([
      text(AGENT),
      text(OTHER_AGENT),
    ]);
    expect(bench.home.state).toBe('registered');
  });

  test('MN-BE-09 no error makes an entry of the binding update list', () => {
    const bench = registered();
    parameterProblem(bench, CORRESPONDENT);
    parameterProblem(bench);
    bindingError(bench, 1, CORRESPONDENT);
    expect(bench.node.context.bindingUpdateList.size).toBe(1);
  });

  test('messages of correspondents go to whoever does route optimisation', () => {
    const bench = registered(CLEAR);
    const heard: string[] = [];
    bench.node.context.correspondents = {
      path: () => undefined,
      acknowledgement: () => heard.push('acknowledgement'),
      bindingError: () => heard.push('error'),
      refreshRequest: () => heard.push('refresh'),
      error: (_, message) => heard.push(message.kind),
    };
    bindingError(bench, 1, CORRESPONDENT);
    parameterProblem(bench, CORRESPONDENT);
    say(bench, { kind: 'binding-refresh-request' }, { source: CORRESPONDENT });
    say(
      bench,
      { kind: 'binding-acknowledgement', status: 0, flags: 0, sequence: 1, lifetime: 1 },
      { source: CORRESPONDENT },
    );
    expect(heard).toEqual(['error', 'parameter-problem', 'refresh', 'acknowledgement']);
  });

  test('a refresh request of the home agent is followed by a registration', () => {
    const bench = registered(CLEAR);
    say(bench, { kind: 'binding-refresh-request' });
    expect(bench.updates()).toHaveLength(1);
  });
});

describe('home agent switch (RFC 5142)', () => {
  test('the binding is deleted, and one made with the first of the list', () => {
    const bench = registered(BOTH);
    say(bench, switchTo(OTHER_AGENT));
    bench.scheduler.advance(3000);
    expect(bench.updates().map(({ destination, lifetime }) => [destination, lifetime > 0])).toEqual(
      [
        [text(AGENT), false],
        [text(OTHER_AGENT), true],
      ],
    );
    expect(bench.home).toMatchObject({ state: 'registered', homeAgent: OTHER_AGENT });
  });

  test('those of the home prefix come first', () => {
    const bench = registered(BOTH);
    say(bench, switchTo(ip('2001:db8:f::1'), OTHER_AGENT));
    bench.scheduler.advance(3000);
    expect(bench.updates().at(-1)?.destination).toBe(text(OTHER_AGENT));
  });

  test('an empty list means discovery', () => {
    const bench = registered(BOTH);
    say(bench, switchTo());
    bench.scheduler.advance(3000);
    expect(bench.messages('home-agent-discovery-request')).toHaveLength(1);
  });

  test('with a refresh advice there is time', () => {
    const bench = registered(BOTH);
    say(bench, switchTo(OTHER_AGENT), { delay: 40 });
    bench.scheduler.advance(39_000);
    expect(bench.updates()).toEqual([]);
    bench.scheduler.advance(5000);
    expect(bench.updates().length).toBe(2);
  });

  test('when the old one does not answer, the new one is gone to all the same', () => {
    const bench = registered(BOTH);
    bench.answer = ({ destination }) => (destination === text(OTHER_AGENT) ? {} : undefined);
    say(bench, switchTo(OTHER_AGENT));
    bench.scheduler.advance(60_000);
    expect(bench.home).toMatchObject({ state: 'registered', homeAgent: OTHER_AGENT });
  });

  test('without protection, or from somebody else, it does not count', () => {
    const bench = registered({ agents: [AGENT, OTHER_AGENT] });
    say(bench, switchTo(OTHER_AGENT), { isProtected: false });
    expect(bench.updates()).toEqual([]);
    const clear = registered(BOTH);
    say(clear, switchTo(OTHER_AGENT), { source: CORRESPONDENT });
    expect(clear.updates()).toEqual([]);
  });
});

describe('binding revocation (RFC 5846)', () => {
  test('is acknowledged, and the binding is gone', () => {
    const bench = registered();
    say(bench, revocation(1));
    expect(revocationAnswers(bench)).toEqual([0]);
    const [answer] = bench.packets();
    expect(answer).toMatchObject({
      source: text(CARE_OF_ONE),
      homeAddressOption: text(HOME),
      protocol: 50,
    });
    expect(bench.told('homeRegistrationLost')).toEqual([{ homeAddress: HOME, reason: 'revoked' }]);
    expect(bench.ping(HOME)).toEqual([]);
    bench.take();
    bench.scheduler.advance(100_000);
    expect(bench.updates()).toEqual([]);
  });

  test('a binding that the two do not agree about is made anew', () => {
    const bench = registered();
    say(bench, revocation(7));
    bench.scheduler.advance(3000);
    expect(bench.home.state).toBe('registered');
  });

  test('a proxy revocation and one of an IPv4 home address are refused', () => {
    const bench = registered();
    say(bench, revocation(1, 0x8000));
    say(bench, revocation(1, 0x4000));
    expect(revocationAnswers(bench)).toEqual([135, 129]);
    expect(bench.home.state).toBe('registered');
  });

  test('without protection, without routing header or from somebody else it does not count', () => {
    const bench = registered();
    say(bench, revocation(1), { isProtected: false });
    const clear = registered(CLEAR);
    say(clear, revocation(1), { routing: 'none' });
    say(clear, revocation(1), { source: CORRESPONDENT });
    for (const each of [bench, clear]) {
      expect(revocationAnswers(each)).toEqual([]);
      expect(each.home.state).toBe('registered');
    }
  });
});

describe('the end', () => {
  test('bindings are de-registered, and the node is silent then', () => {
    const bench = registered();
    let isDone = false;
    bench.node.stop(() => {
      isDone = true;
    });
    expect(bench.told('stopping')).toEqual([{ deregisters: true }]);
    bench.scheduler.advance(50);
    expect(isDone).toBe(true);
    expect(bench.updates()).toMatchObject([{ lifetime: 0 }]);
    bench.take();
    bench.scheduler.advance(10_000_000);
    expect(bench.packets()).toEqual([]);
  });

  test('a home agent that does not answer is not waited for long', () => {
    const bench = registered();
    bench.answer = () => undefined;
    let at = 0;
    const from = bench.scheduler.now;
    bench.node.stop(() => {
      at = bench.scheduler.now;
    });
    bench.scheduler.advance(60_000);
    expect(at - from).toBe(7000);
    expect(bench.updates()).toHaveLength(3);
    expect(bench.events('warn')).toContain('de-registration-unanswered');
  });

  test('by option bindings are kept', () => {
    const bench = registered({ configuration: { onStop: 'keep' } });
    let isDone = false;
    bench.node.stop(() => {
      isDone = true;
    });
    bench.scheduler.advance(1);
    expect(isDone).toBe(true);
    expect(bench.updates()).toEqual([]);
  });
});

describe('configuration', () => {
  const bench = new MobileNodeBench();
  test.each([
    ['no home address', { homeAddresses: [] }, /at least one/],
    ['a group as home address', { homeAddresses: [{ address: ip('ff0e::1') }] }, /unicast/],
    ['a home address twice', { homeAddresses: [{ address: HOME }, { address: HOME }] }, /twice/],
    ['a lifetime of nothing', { homeAddresses: [{ address: HOME }], lifetime: 0 }, /8 to 262140/],
    [
      'discovery with a long prefix',
      { homeAddresses: [{ address: HOME, prefixLength: 80 }] },
      /64 bits/,
    ],
  ])('%s is refused', (_, configuration, message) => {
    expect(() => new MobileNode({ host: bench.host, configuration })).toThrow(message);
  });

  test('whoever trusts every advertisement is warned', () => {
    expect(new MobileNodeBench().events('warn')).toContain('home-link-unprotected');
    expect(new MobileNodeBench({ hasDefaultTrust: true }).events('warn')).toEqual([]);
  });
});
