import { describe, expect, test } from 'vitest';
import { u16 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { NdOption } from '../../../dissectors/icmpv6/index.ts';
import { MAX_HOME_AGENTS } from '../../../nodes/mobile-node/home-agents.ts';
import { ip } from '../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CORRESPONDENT,
  HOME,
  MobileNodeBench,
  OTHER_AGENT,
  text,
} from './bench.ts';
import type { BenchOptions } from './bench.ts';

const ANYCAST = '2001:db8:a:0:fdff:ffff:ffff:fffe';
const CLEAR: BenchOptions = { protection: 'none' };

/** No home agent is configured. */
const DYNAMIC: BenchOptions = {
  protection: 'none',
  agents: [AGENT, OTHER_AGENT],
  configuration: { homeAddresses: [{ address: HOME }] },
};

const requests = (bench: MobileNodeBench) => bench.messages('home-agent-discovery-request');

function reply(
  bench: MobileNodeBench,
  identifier: number,
  addresses: readonly Uint8Array[],
  source = AGENT,
): void {
  bench.sendIcmpv6(
    {
      kind: 'home-agent-discovery-reply',
      code: 0,
      identifier,
      flags: 0,
      homeAgentAddresses: [...addresses],
    },
    { source, destination: bench.careOf, routing: 'none', isProtected: false },
  );
  bench.scheduler.advance(5);
}

function discovering(options: BenchOptions = DYNAMIC): {
  bench: MobileNodeBench;
  identifier: number;
} {
  const bench = new MobileNodeBench(options);
  bench.start(1500);
  const [request] = requests(bench);
  if (request === undefined) throw new Error('no request');
  return { bench, identifier: request.message.identifier };
}

describe('home agent discovery', () => {
  test('MN-DHA-01 without a home agent the anycast address of the home prefix is asked from the care-of address', () => {
    const { bench } = discovering();
    expect(requests(bench)).toMatchObject([
      {
        source: text(CARE_OF_ONE),
        destination: ANYCAST,
        headers: [],
        homeAddressOption: undefined,
      },
    ]);
    expect(bench.updates()).toEqual([]);
  });

  test('MN-RTX-08 the same request again after 3, 6, 12 and 24 s, and no more', () => {
    const { bench, identifier } = discovering();
    bench.scheduler.advance(100_000);
    const sent = requests(bench).slice(0, 5);
    const times = sent.map(({ at }) => (at - (sent[0]?.at ?? 0)) / 1000);
    expect(times).toEqual([0, 3, 9, 21, 45]);
    expect(sent.every(({ message }) => message.identifier === identifier)).toBe(true);
    // A discovery of its own begins only after a while, with another identifier.
    const later = requests(bench)[5];
    expect((later?.at ?? Infinity) - (sent[4]?.at ?? 0)).toBeGreaterThan(48_000);
    expect(bench.events('warn')).toContain('home-agent-not-found');
  });

  test('MN-DHA-02 MN-DHA-03 the reply is kept in its order, and tried in that order', () => {
    const { bench, identifier } = discovering();
    bench.answer = ({ destination }) => (destination === text(AGENT) ? {} : undefined);
    reply(bench, identifier, [OTHER_AGENT, AGENT]);
    bench.scheduler.advance(60_000);
    const to = bench.updates();
    expect(to[0]?.destination).toBe(text(OTHER_AGENT));
    expect(to.at(-1)?.destination).toBe(text(AGENT));
    expect((to.at(-1)?.at ?? 0) - (to.at(-2)?.at ?? 0)).toBeGreaterThanOrEqual(1500);
    expect(bench.home.state).toBe('registered');
  });

  test('MN-DHA-02 a reply with another identifier, or when nobody asked, does not count', () => {
    const { bench, identifier } = discovering();
    reply(bench, (identifier + 1) & 0xffff, [OTHER_AGENT]);
    expect(bench.updates()).toEqual([]);
    reply(bench, identifier, [AGENT]);
    expect(bench.updates().map(({ destination }) => destination)).toEqual([text(AGENT)]);
    bench.scheduler.advance(1000);
    reply(bench, identifier, [OTHER_AGENT]);
    bench.node.refresh();
    bench.scheduler.advance(10);
    expect(bench.updates().at(-1)?.destination).toBe(text(AGENT));
  });

  test('MN-DHA-02 a reply without addresses names its sender', () => {
    const { bench, identifier } = discovering();
    reply(bench, identifier, [], OTHER_AGENT);
    expect(bench.updates()[0]?.destination).toBe(text(OTHER_AGENT));
  });

  test('MN-DHA-02 what is remembered of a reply is bounded and sound', () => {
    const { bench, identifier } = discovering();
    bench.answer = () => undefined;
    const many = Array.from({ length: 70 }, (_, i) => ip(`2001:db8:a::${(i + 16).toString(16)}`));
    reply(bench, identifier, [ip('ff02::1'), ip('::1'), ip('fe80::1'), ...many, ...many]);
    bench.scheduler.advance(3_600_000);
    const tried = new Set(bench.updates().map(({ seen }) => seen.destination));
    expect([...tried].some((each) => each.startsWith('ff') || each.startsWith('fe80'))).toBe(false);
    const all = bench.seen().filter(({ mobility }) => mobility?.message.kind === 'binding-update');
    expect(new Set(all.map(({ destination }) => destination)).size).toBeLessThanOrEqual(
      MAX_HOME_AGENTS,
    );
  });

  test('MN-DHA-04 MN-DHA-05 with a live registration its home agent comes first, then the others', () => {
    const { bench, identifier } = discovering();
    bench.answer = ({ destination }) => (destination === text(OTHER_AGENT) ? {} : undefined);
    reply(bench, identifier, [OTHER_AGENT, AGENT]);
    bench.scheduler.advance(10);
    expect(bench.home.homeAgent).toEqual(OTHER_AGENT);
    bench.take();
    bench.answer = ({ destination }) => (destination === text(AGENT) ? {} : undefined);
    bench.move('two', 40_000);
    const to = bench.updates().map(({ destination }) => destination);
    expect(to.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map(() => text(OTHER_AGENT)));
    expect(to.at(-1)).toBe(text(AGENT));
    expect(bench.home).toMatchObject({ state: 'registered', homeAgent: AGENT });
  });

  test('a move begins discovery anew, from the new care-of address', () => {
    const { bench, identifier } = discovering();
    bench.take();
    bench.move('two', 2000);
    const [request] = requests(bench).filter(({ link }) => link === 'two');
    expect(request?.source).toBe(text(bench.careOf));
    expect(request?.message.identifier).not.toBe(identifier);
  });
});

/** Mobile Prefix Solicitations of the node, opened. */
function solicitations(bench: MobileNodeBench) {
  return bench.seen().flatMap((seen) => {
    const { inbound, isProtected } = bench.open(seen);
    const message = decodeIcmpv6(inbound.payload, 0, inbound.payload.length, new DiagnosticList());
    return inbound.protocol === 58 && message?.kind === 'mobile-prefix-solicitation'
      ? [{ seen, inbound, isProtected, message }]
      : [];
  });
}

const prefixOption = (
  prefix: string,
  validLifetime: number,
  preferredLifetime = validLifetime,
): NdOption => ({
  kind: 'prefix-information',
  prefixLength: 64,
  flags: 0xc0,
  validLifetime,
  preferredLifetime,
  prefix: ip(prefix),
});

interface AdvertisementFields {
  readonly identifier?: number;
  readonly options?: readonly NdOption[];
  readonly source?: Uint8Array;
  readonly routing?: Uint8Array | 'none';
  readonly destination?: Uint8Array;
  readonly isProtected?: boolean;
}

function advertise(bench: MobileNodeBench, fields: AdvertisementFields): void {
  bench.sendIcmpv6(
    {
      kind: 'mobile-prefix-advertisement',
      code: 0,
      identifier: fields.identifier ?? 0,
      flags: 0,
      options: [...(fields.options ?? [prefixOption('2001:db8:a::', 5000)])],
    },
    {
      source: fields.source ?? AGENT,
      destination: fields.destination ?? bench.careOf,
      routing: fields.routing ?? HOME,
      isProtected: fields.isProtected,
    },
  );
  bench.scheduler.advance(5);
}

/** A node that has solicited prefixes. */
function soliciting(options: BenchOptions = {}): { bench: MobileNodeBench; identifier: number } {
  const bench = new MobileNodeBench(options);
  bench.answer = () => ({ status: 1 });
  bench.start(1500);
  const [sent] = solicitations(bench);
  if (sent === undefined) throw new Error('no solicitation');
  return { bench, identifier: sent.message.identifier };
}

const validUntil = (bench: MobileNodeBench): number => bench.home.validUntil;

describe('prefix discovery', () => {
  test('MN-DHA-11 the solicitation has the home address in its option, a random identifier, and ESP', () => {
    const { bench, identifier } = soliciting();
    const [sent] = solicitations(bench);
    expect(sent?.seen).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(AGENT),
      homeAddressOption: text(HOME),
      protocol: 50,
    });
    expect(sent?.isProtected).toBe(true);
    bench.scheduler.advance(4000);
    const identifiers = solicitations(bench).map(({ message }) => message.identifier);
    expect(new Set([identifier, ...identifiers]).size).toBeGreaterThan(1);
  });

  test('MN-RTX-07 unanswered it is sent again after 3, 6, 12, 24 and then every 32 s', () => {
    const { bench } = soliciting();
    bench.scheduler.advance(150_000);
    const times = solicitations(bench).map(({ seen }) => seen.at);
    const between = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000);
    expect(between.slice(0, 6)).toEqual([3, 6, 12, 24, 32, 32]);
  });

  test('MN-DHA-09 the first advertisement for the identifier counts, and ends it', () => {
    const { bench } = soliciting();
    bench.scheduler.advance(4000);
    const latest = solicitations(bench).at(-1)?.message.identifier ?? 0;
    advertise(bench, { identifier: latest });
    expect(validUntil(bench)).toBeCloseTo(bench.scheduler.now + 5_000_000 - 5, -2);
    expect(bench.told('homePrefixChanged')).toHaveLength(1);
    bench.take();
    bench.scheduler.advance(100_000);
    expect(solicitations(bench)).toEqual([]);
    advertise(bench, { identifier: latest, options: [prefixOption('2001:db8:a::', 100)] });
    expect(validUntil(bench)).toBeGreaterThan(bench.scheduler.now + 1_000_000);
  });

  test.each([
    ['MN-DHA-06 from another address', { source: OTHER_AGENT, isProtected: false }, CLEAR],
    ['MN-DHA-06 from a correspondent', { source: CORRESPONDENT, isProtected: false }, CLEAR],
    ['MN-DHA-07 without a type 2 routing header', { routing: 'none' }, CLEAR],
    ['without protection', { isProtected: false }, {}],
  ] as const)('%s: silence', (_, fields, options) => {
    const { bench, identifier } = soliciting(options);
    advertise(bench, { identifier, ...fields });
    expect(validUntil(bench)).toBe(Infinity);
    advertise(bench, { identifier });
    expect(validUntil(bench)).toBeLessThan(Infinity);
  });

  test('MN-DHA-07 also not straight to the home address', () => {
    const { bench, identifier } = soliciting(CLEAR);
    advertise(bench, { identifier, routing: 'none', destination: HOME });
    expect(validUntil(bench)).toBe(Infinity);
  });

  test('MN-DHA-08 one that nobody asked for is not believed, but a reason to ask, once in a while', () => {
    const bench = new MobileNodeBench();
    bench.register();
    advertise(bench, { identifier: 7 });
    expect(validUntil(bench)).toBe(Infinity);
    expect(solicitations(bench)).toHaveLength(1);
    const [sent] = solicitations(bench);
    advertise(bench, { identifier: sent?.message.identifier ?? 0 });
    for (let i = 0; i < 20; i++) advertise(bench, { identifier: i });
    expect(solicitations(bench)).toHaveLength(1);
  });

  test('MN-DHA-10 before a home agent is known none is accepted', () => {
    const bench = new MobileNodeBench(DYNAMIC);
    bench.start(1500);
    advertise(bench, { identifier: 0, destination: CARE_OF_ONE });
    expect(validUntil(bench)).toBe(Infinity);
    expect(solicitations(bench)).toEqual([]);
  });

  test('MN-DHA-12 before the home address ends, prefixes are solicited; at its end it is not used any more', () => {
    const { bench, identifier } = soliciting();
    advertise(bench, { identifier, options: [prefixOption('2001:db8:a::', 1000)] });
    bench.answer = () => ({});
    bench.take();
    bench.scheduler.advance(700_000);
    expect(solicitations(bench)).toEqual([]);
    bench.scheduler.advance(200_000);
    expect(solicitations(bench).length).toBeGreaterThan(0);
    expect(bench.home.state).toBe('registered');
    bench.scheduler.advance(200_000);
    expect(bench.home.state).toBe('refused');
    expect(bench.told('homeRegistrationLost')).toMatchObject([{ reason: 'home-prefix-expired' }]);
    expect(bench.ping(HOME)).toEqual([]);
  });

  test('MN-DHA-13 unknown options are passed over', () => {
    const { bench, identifier } = soliciting();
    const unknown: NdOption = { kind: 'unknown', type: 250, data: new Uint8Array(6) };
    advertise(bench, { identifier, options: [unknown, prefixOption('2001:db8:a::', 5000)] });
    expect(validUntil(bench)).toBeLessThan(Infinity);
  });

  test('a new home prefix makes a new home address, where that is wanted', () => {
    for (const followsRenumbering of [false, true]) {
      const { bench, identifier } = soliciting({
        protection: 'none',
        configuration: { followsRenumbering },
      });
      bench.take();
      bench.answer = () => ({});
      advertise(bench, {
        identifier,
        options: [prefixOption('2001:db8:a::', 5000), prefixOption('2001:db8:aa::', 5000)],
      });
      bench.scheduler.advance(2000);
      const formed = '2001:db8:aa::ff:fe00:1001';
      expect(bench.updates().some(({ homeAddress }) => text(homeAddress) === formed)).toBe(
        followsRenumbering,
      );
      expect(bench.node.homeAddresses.map(({ state }) => state)).toEqual(
        followsRenumbering ? ['registered', 'registered'] : ['registered'],
      );
    }
  });

  test('identifiers are two octets of the random source', () => {
    const { bench, identifier } = soliciting();
    expect(identifier).toBe(u16(solicitations(bench)[0]?.inbound.payload ?? new Uint8Array(8), 4));
  });
});
