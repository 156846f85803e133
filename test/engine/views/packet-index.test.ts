import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldNode } from '../../../dissectors/core/node.ts';
import { compileFilter } from '../../../engine/filter/filter.ts';
import { fieldSource } from '../../../engine/filter/source.ts';
import { stateNode } from '../../../engine/filter/state-fields.ts';
import { PacketIndex } from '../../../engine/views/packet-index.ts';
import { PacketSet } from '../../../engine/views/packet-set.ts';
import { packetsOf } from '../filter/packets.ts';

const PACKETS = packetsOf([
  'samples/mobility-messages.pcapng',
  'samples/icmpv6-messages.pcapng',
  'samples/link-vlan.pcap',
  'normal-life.pcapng',
]);

function indexed(options: ConstructorParameters<typeof PacketIndex>[0] = {}): PacketIndex {
  const index = new PacketIndex(options);
  for (const { nodes, sources } of PACKETS) index.add(nodes, sources);
  return index;
}

/** Packets that a filter chooses when it is asked of the whole packets. */
function chosen(filter: string): number[] {
  const { matches } = compileFilter(filter);
  return PACKETS.flatMap(({ source }, i) => (matches(source) ? [i] : []));
}

const FILTERS = [
  '',
  'mip6',
  '!mip6',
  'mip6.mhtype == "Binding Update"',
  'mip6.bu && mip6.bu.lifetime > 4',
  'ipv6.addr == 2001:db8:1::/48 and not icmpv6',
  'ipv6.src == ipv6.dst or ipv6.hlim != 64',
  'ipv6.hlim in {1, 64..70} xor frame.len > 100',
  'frame.protocols contains "icmp"',
  'frame.protocols matches "mip|udp"',
  'frame.time_relative > 2.5 && frame.number < 50',
  'eth.src[5] == 1 || eth.dst[0] & 1',
  'count(ipv6.src) == 2',
  'string(ipv6.hlim) == "64"',
  'icmpv6.opt.prefix == 2001:db8::/32',
  'mip6.hoti.cookie',
  'mip6.bad.auth contains 00',
  'esp.spi > 0x100 && esp.sequence == 3',
  'ipv6.dst_host matches "^ff02"',
  'tcp.flags.syn == 1 || udp.port == 546',
  '_ws.expert.severity >= warn',
];

describe('the index of packets', () => {
  const index = indexed();

  it.each(FILTERS)('chooses what the whole packets choose: %s', (filter) => {
    const { matched, undecided } = index.evaluate(compileFilter(filter));
    expect([...matched]).toEqual(chosen(filter));
    expect([...undecided]).toEqual([]);
  });

  it.each(FILTERS)('is prepared piece by piece, and then chooses the same: %s', (filter) => {
    const compiled = compileFilter(filter);
    const many = indexed();
    while (many.length < 2000) for (const packet of PACKETS) many.add(packet.nodes, packet.sources);
    const whole = many.evaluate(compiled);
    const other = indexed();
    while (other.length < 2000) {
      for (const packet of PACKETS) other.add(packet.nodes, packet.sources);
    }
    let pieces = 0;
    while (!other.prepare(compiled, () => true)) pieces++;
    // A test of 2000 packets is not answered at once.
    if (filter !== '') expect(pieces).toBeGreaterThanOrEqual(7);
    expect(other.prepare(compiled, () => true)).toBe(true);
    const { matched, undecided } = other.evaluate(compiled);
    expect([[...matched], [...undecided]]).toEqual([[...whole.matched], [...whole.undecided]]);
  });

  it('leaves a filter of more tests than it remembers to be evaluated at once', () => {
    const few = indexed({ maxTests: 2 });
    const filter = 'mip6 or icmpv6 or udp.port == 546';
    expect(few.prepare(compileFilter(filter), () => true)).toBe(true);
    expect([...few.evaluate(compileFilter(filter)).matched]).toEqual(chosen(filter));
  });

  it('keeps a packet in few octets', () => {
    const many = new PacketIndex();
    for (let round = 0; round < 20; round++) {
      for (const { nodes, sources } of PACKETS) expect(many.add(nodes, sources)).toBe(true);
    }
    const octets = many.memory / many.length;
    expect(octets).toBeLessThan(250);
    console.info(`packet index: ${Math.round(octets)} octets for each of ${many.length} packets`);
  });

  it.each([
    'frame contains "a"',
    'ipv6[6] == 3a',
    'mip6 && mip6[2] == 5',
    '!(frame contains 20:01)',
    'icmpv6.type == 134 && frame[100:]',
    'data.data contains 00:00 or esp.encrypted_data contains ff',
    'len(ipv6) > 40 xor mip6',
  ])('says of which packets it needs the octets, and takes them: %s', (filter) => {
    const fresh = indexed();
    const compiled = compileFilter(filter);
    const { matched, undecided } = fresh.evaluate(compiled);
    expect(undecided.size).toBeGreaterThan(0);
    for (const packet of [...undecided]) {
      const source = PACKETS[packet]?.source;
      if (source !== undefined && fresh.settle(compiled, packet, source)) matched.add(packet);
    }
    expect([...matched]).toEqual(chosen(filter));
    // What was settled is known from now on.
    const again = fresh.evaluate(compiled);
    expect([...again.undecided]).toEqual([]);
    expect([...again.matched]).toEqual(chosen(filter));
  });

  it('needs no octets of packets that another part of the filter rules out', () => {
    const { undecided } = index.evaluate(compileFilter('mip6.mhtype == 5 && frame contains "a"'));
    expect([...undecided]).toEqual(chosen('mip6.mhtype == 5'));
    const { undecided: rest } = index.evaluate(compileFilter('ipv6 or frame contains "a"'));
    expect([...rest]).toEqual(chosen('!ipv6'));
  });

  it('asks for each test once, however the filter around it grows', () => {
    const fresh = indexed();
    let asked = 0;
    const counting = (filter: string) => {
      const compiled = compileFilter(filter);
      const { root } = compiled;
      if (root === undefined) throw new Error('an empty filter');
      const visit = (part: typeof root): typeof root => {
        if (part.kind === 'not') return { ...part, of: visit(part.of) };
        if (part.kind !== 'test') return { ...part, parts: part.parts.map(visit) };
        return {
          ...part,
          matches: (source) => {
            asked++;
            return part.matches(source);
          },
        };
      };
      return { ...compiled, root: visit(root) };
    };
    fresh.evaluate(counting('ipv6.hlim == 64'));
    const first = asked;
    expect(first).toBeGreaterThan(100);
    fresh.evaluate(counting('!ipv6.hlim==64 or ipv6.hlim eq 64'));
    expect(asked).toBe(first);
    fresh.evaluate(counting('ipv6.hlim == 64 and mip6.bu.lifetime'));
    // Only packets that may have the field.
    expect(asked - first).toBeLessThan(40);
  });

  it('answers for packets that come while a filter is shown', () => {
    const live = new PacketIndex();
    const filter = compileFilter('mip6 or icmpv6.type == 134');
    for (const [i, { nodes, sources }] of PACKETS.entries()) {
      live.add(nodes, sources);
      if (i % 50 === 0) live.evaluate(filter);
    }
    expect([...live.evaluate(filter).matched]).toEqual(chosen('mip6 or icmpv6.type == 134'));
  });

  it('stops keeping when its memory is used up, and leaves the rest undecided', () => {
    const small = indexed({ maxMemory: 300_000 });
    for (let round = 0; round < 20; round++) {
      for (const { nodes, sources } of PACKETS) small.add(nodes, sources);
    }
    expect(small.length).toBe(PACKETS.length * 21);
    expect(small.kept).toBeLessThan(small.length);
    expect(small.kept).toBeGreaterThan(0);
    expect(small.memory).toBeLessThan(600_000);
    const { matched, undecided } = small.evaluate(compileFilter('mip6'));
    expect(undecided.size).toBe(small.length - small.kept);
    const kept = chosen('mip6').filter((packet) => !undecided.has(packet));
    expect(kept.length).toBeGreaterThan(0);
    expect([...matched].filter((packet) => packet < PACKETS.length)).toEqual(kept);
  });

  it('forgets the test that was asked longest ago', () => {
    const few = indexed({ maxTests: 2 });
    for (const filter of ['mip6', 'icmpv6', 'udp', 'mip6', 'tcp']) {
      expect([...few.evaluate(compileFilter(filter)).matched]).toEqual(chosen(filter));
    }
  });

  it('answers anew when the engine finds something', () => {
    const fresh = indexed();
    const filter = compileFilter(
      'mip6guard.rule == "MIP6-1106" && mip6guard.binding.coa == ipv6.src',
    );
    expect(fresh.evaluate(filter).matched.size).toBe(0);
    const packet = 5;
    const source = PACKETS[packet]?.source;
    const address = PACKETS[packet]?.nodes
      .flatMap(allNodes)
      .find(({ name }) => name === 'ipv6.src');
    expect(source).toBeDefined();
    const finding = (rule: string): FieldNode => ({
      ...stateNode({ alerts: [], incidents: [], bindings: [] }),
      name: 'mip6guard',
      children: [
        leaf('mip6guard.rule', rule),
        leaf('mip6guard.binding.coa', address?.value ?? new Uint8Array(16)),
      ],
    });
    expect(fresh.setState(packet, finding('MIP6-1106'))).toBe(true);
    expect([...fresh.evaluate(filter).matched]).toEqual([packet]);
    expect([...fresh.evaluate(compileFilter('mip6guard')).matched]).toEqual([packet]);
    expect([...fresh.evaluate(compileFilter('!mip6guard && mip6.bu')).matched]).not.toContain(
      packet,
    );
    fresh.setState(packet, finding('MIP6-1101'));
    expect(fresh.evaluate(filter).matched.size).toBe(0);
    expect(fresh.setState(PACKETS.length, finding('MIP6-1101'))).toBe(false);
    const one = indexed({ maxStates: 1 });
    expect([one.setState(0, finding('a')), one.setState(1, finding('b'))]).toEqual([true, false]);
  });

  it('leaves out what is too long, and says so instead of guessing', () => {
    const long = new PacketIndex();
    const nodes = [
      leaf('frame.comment', 'x'.repeat(200)),
      leaf('mip6.bad.auth', new Uint8Array(40)),
    ];
    long.add(nodes, []);
    long.add([leaf('frame.comment', 'short')], []);
    expect([...long.evaluate(compileFilter('frame.comment')).matched]).toEqual([0, 1]);
    const { matched, undecided } = long.evaluate(compileFilter('frame.comment contains "x"'));
    expect([[...matched], [...undecided]]).toEqual([[], [0]]);
    const source = fieldSource(nodes, []);
    expect(long.settle(compileFilter('frame.comment contains "x"'), 0, source)).toBe(true);
    expect([...long.evaluate(compileFilter('frame.comment contains "x"')).matched]).toEqual([0]);
  });

  it('keeps numbers of every size', () => {
    const numbers = [0, 127, 128, 16_383, 2 ** 31, 2 ** 32 - 1, 2 ** 52 + 1, -1, 0.25];
    const index = new PacketIndex();
    for (const value of numbers) index.add([leaf('frame.time_epoch', value)], []);
    numbers.forEach((value, i) => {
      const filter = compileFilter(`frame.time_epoch == ${value}`);
      expect([...index.evaluate(filter).matched]).toEqual([i]);
    });
  });
});

function leaf(name: string, value: NonNullable<FieldNode['value']>): FieldNode {
  return { label: name, name, text: '', value, offset: 0, length: 0, source: 0, children: [] };
}

function allNodes(node: FieldNode): FieldNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

describe('a set of packets', () => {
  it('does what a set of numbers does', () => {
    const numbers = fc.uniqueArray(fc.nat(200), { maxLength: 40 });
    const setOf = (items: readonly number[]): PacketSet => {
      const set = new PacketSet();
      for (const item of items) set.add(item);
      return set;
    };
    const sorted = (items: Iterable<number>): number[] => [...items].sort((a, b) => a - b);
    fc.assert(
      fc.property(numbers, numbers, fc.nat(200), (a, b, n) => {
        const both = setOf(a);
        both.and(setOf(b));
        expect([...both]).toEqual(sorted(a.filter((item) => b.includes(item))));
        const any = setOf(a);
        any.or(setOf(b));
        expect([...any]).toEqual(sorted(new Set([...a, ...b])));
        const one = setOf(a);
        one.xor(setOf(b));
        expect(one.size).toBe(any.size - both.size);
        const rest = setOf(a);
        rest.subtract(setOf(b));
        expect([...rest]).toEqual(sorted(a.filter((item) => !b.includes(item))));
        rest.delete(n);
        expect(rest.has(n)).toBe(false);
        const all = new PacketSet();
        all.fill(n);
        expect(all.size).toBe(n);
        expect(all.has(n)).toBe(false);
        expect(all.next(n)).toBe(-1);
        expect(setOf(a).copy().size).toBe(a.length);
      }),
    );
  });
});
