import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PacketRecord } from '../../../engine/ports.ts';
import { openPacketQueue } from '../../../io/inline/packet-queue.ts';
import type { PacketQueue, PacketQueueOptions } from '../../../io/inline/packet-queue.ts';
import type { QueueRow } from '../../../io/inline/packet-queue-table.ts';
import { NETLINK_NETFILTER } from '../../../io/native/linux.ts';
import { FakeKernel } from './fake-kernel.ts';
import type { Arrival, FakeSocket } from './fake-kernel.ts';
import { errorMessage, linkMessage, packetMessage, verdictsIn } from './netlink-octets.ts';
import type { QueuedPacket, SentVerdict } from './netlink-octets.ts';

const { errno } = constants;

/** An IPv6 packet with a number behind its header. */
function packet(number: number): Uint8Array {
  const octets = new Uint8Array(44);
  octets.set([0x60, 0, 0, 0, 0, 4, 59, 64]);
  octets[24] = 0x20;
  new DataView(octets.buffer).setUint32(40, number);
  return octets;
}

/** A queue over a kernel of memory. */
class Rig {
  readonly kernel = new FakeKernel([3, 4, 5].map((index) => ({ index, name: `eth${index}` })));
  readonly queue: PacketQueue;
  readonly socket: FakeSocket;
  readonly faults: string[] = [];
  row: QueueRow = { number: 7, port: 99, waiting: 0, dropped: 0, notTaken: 0, lastId: 0 };

  constructor(options: Partial<PacketQueueOptions> = {}) {
    this.queue = openPacketQueue({
      number: 7,
      failMode: 'closed',
      kernel: this.kernel,
      table: () => this.row,
      ...options,
    });
    const socket = this.kernel.sockets.find(({ protocol }) => protocol === NETLINK_NETFILTER);
    if (socket === undefined) throw new Error('no socket');
    this.socket = socket;
    this.queue.onFault = (sentence) => this.faults.push(sentence);
  }

  /** Packets with these identifiers come. */
  arrive(ids: readonly number[], more: Partial<QueuedPacket> = {}): void {
    this.socket.arrive(
      ...ids.map((id) => ({ octets: packetMessage({ id, payload: packet(id), ...more }) })),
    );
  }

  verdicts(): SentVerdict[] {
    return verdictsIn(this.socket.sent);
  }

  /** What became of packets 1..count, as the kernel does it. */
  fates(count: number): string {
    let from = 1;
    let fates = '';
    for (const { lastId, mayPass } of this.verdicts()) {
      for (; from <= lastId; from++) fates += mayPass ? 'p' : 'd';
    }
    return fates.padEnd(count, '?');
  }
}

const numberOf = ({ bytes, offset }: PacketRecord): number =>
  new DataView(bytes.buffer).getUint32(offset + 54);

function idsTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

describe('a queue of the packet filter', () => {
  it('is bound and set up by one message: whole packets, its length, and whether it fails open', () => {
    const hex = (failMode: 'open' | 'closed'): string =>
      Buffer.from(new Rig({ failMode, length: 300 }).socket.sent[0] ?? []).toString('hex');
    // Header; family, version, queue 7; bind; copy range 65531, packets; length 300; flags; which flags count.
    const setUp = (flags: string): string =>
      [
        '40000000 0203 0100 01000000 00000000 0000 0007',
        '0800 0100 01 00 0000 0900 0200 0000fffb 02 000000 0800 0300 0000012c',
        `0800 0500 ${flags} 0800 0400 00000005`,
      ]
        .join('')
        .replaceAll(' ', '');
    expect(hex('open')).toBe(setUp('00000001'));
    expect(hex('closed')).toBe(setUp('00000000'));
  });

  it('asks for times, for room, and for no errors about losses', () => {
    const { socket } = new Rig({ length: 1000 });
    expect(Object.fromEntries(socket.options)).toEqual({
      '270/5': 1,
      '1/35': 1,
      '1/33': 2_048_000,
    });
  });

  it('gives every packet the verdict of the judge, a message for each run', () => {
    const rig = new Rig();
    const seen: number[] = [];
    rig.queue.onPacket = (record) => {
      seen.push(numberOf(record));
      return !'347'.includes(String(numberOf(record)));
    };
    rig.arrive(idsTo(8));
    expect(seen).toEqual(idsTo(8));
    expect(rig.fates(8)).toBe('ppddppdp');
    expect(rig.verdicts()).toHaveLength(5);
    expect(rig.queue.counts()).toMatchObject({ judged: 8, passed: 5, dropped: 3 });
  });

  it('leaves no packet without a verdict, whatever the verdicts and however many come', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), (verdicts) => {
        const rig = new Rig();
        rig.queue.onPacket = (record) => verdicts[numberOf(record) - 1] ?? false;
        rig.arrive(idsTo(verdicts.length));
        expect(rig.fates(verdicts.length)).toBe(
          verdicts.map((pass) => (pass ? 'p' : 'd')).join(''),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('takes what comes soon after in the same turn, and gives each its verdict before it waits', () => {
    const rig = new Rig();
    const before: string[] = [];
    rig.queue.onPacket = (record) => {
      before.push(rig.fates(3));
      return numberOf(record) !== 2;
    };
    const later = (id: number): Arrival[] => [
      { octets: packetMessage({ id, payload: packet(id) }) },
    ];
    rig.socket.awaited.push(later(2), later(3));
    rig.arrive([1]);
    expect(before).toEqual(['???', 'p??', 'pd?']);
    expect(rig.fates(3)).toBe('pdp');
  });

  it('does not wait for ever: timers and signals have their turn', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const rig = new Rig();
      rig.queue.onPacket = () => {
        vi.advanceTimersByTime(1);
        return true;
      };
      const [first = 1, ...ids] = idsTo(20);
      rig.socket.awaited.push(
        ...ids.map((id): Arrival[] => [{ octets: packetMessage({ id, payload: packet(id) }) }]),
      );
      rig.arrive([first]);
      expect(rig.queue.counts().judged).toBeLessThan(10);
      expect(rig.queue.counts().judged).toBeGreaterThan(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('holds no verdict back for packets behind whose judge is slow', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const rig = new Rig();
      const known: number[] = [];
      rig.queue.onPacket = () => {
        known.push(rig.verdicts().at(-1)?.lastId ?? 0);
        vi.advanceTimersByTime(1);
        return true;
      };
      rig.arrive(idsTo(20));
      expect(known).toEqual(idsTo(20).map((id) => 8 * Math.floor((id - 1) / 8)));
      expect(rig.fates(20)).toBe('p'.repeat(20));
    } finally {
      vi.useRealTimers();
    }
  });

  it('sends verdicts again that the kernel did not take, before it reads on', () => {
    vi.useFakeTimers();
    try {
      const rig = new Rig();
      rig.queue.onPacket = () => true;
      rig.socket.sendResults.push(-errno.ENOBUFS, -errno.EAGAIN);
      rig.arrive([1]);
      rig.arrive([2]);
      expect(rig.verdicts()).toEqual([]);
      vi.advanceTimersByTime(2);
      expect(rig.verdicts()).toEqual([{ lastId: 1, mayPass: true }]);
      rig.arrive([3]);
      expect(rig.fates(3)).toBe('ppp');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    { failMode: 'open', fates: 'pdpp', unjudged: { passedUnjudged: 1, droppedUnjudged: 0 } },
    { failMode: 'closed', fates: 'pddp', unjudged: { passedUnjudged: 0, droppedUnjudged: 1 } },
  ] as const)(
    'treats a packet whose judge throws as unjudged, and tells it once: $failMode',
    ({ failMode, fates, unjudged }) => {
      const rig = new Rig({ failMode });
      rig.queue.onPacket = (record) => {
        if (numberOf(record) === 3) throw new Error('out of order');
        return numberOf(record) !== 2;
      };
      rig.arrive(idsTo(4));
      expect(rig.fates(4)).toBe(fates);
      expect(rig.queue.counts()).toMatchObject({ judged: 3, passed: 2, dropped: 1, ...unjudged });
      const fate = failMode === 'open' ? 'passed' : 'was dropped';
      expect(rig.faults).toEqual([
        `queue 7: the judge failed on packet 3, which ${fate} unjudged: out of order`,
      ]);
      rig.arrive([7]);
      expect(rig.faults).toHaveLength(1);
    },
  );

  it('treats packets as unjudged while there is no judge', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.arrive([1, 2]);
    expect(rig.fates(2)).toBe('pp');
    expect(rig.queue.counts()).toMatchObject({ judged: 0, passedUnjudged: 2 });
  });

  it('counts packets that passed a full socket by the identifiers that are missing', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.queue.onPacket = () => true;
    rig.arrive([1, 2, 6, 7, 10]);
    expect(rig.queue.counts()).toMatchObject({ judged: 5, passed: 5, passedUnjudged: 5 });
  });

  it('goes on when identifiers begin again', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.queue.onPacket = () => true;
    rig.arrive([2 ** 31 - 1]);
    const { passedUnjudged } = rig.queue.counts();
    rig.arrive([2 ** 32 - 2, 2 ** 32 - 1, 0, 1]);
    expect(rig.queue.counts()).toMatchObject({
      judged: 5,
      passedUnjudged: passedUnjudged + 2 ** 31 - 2,
    });
    expect(rig.verdicts().at(-1)).toEqual({ lastId: 1, mayPass: true });
  });

  it('counts what the kernel dropped in closed mode, also when its counters begin again', () => {
    const rig = new Rig();
    rig.row = { ...rig.row, waiting: 5, dropped: 2 ** 32 - 2, notTaken: 3 };
    expect(rig.queue.counts()).toMatchObject({ droppedUnjudged: 2 ** 32 + 1, waiting: 5 });
    rig.row = { ...rig.row, waiting: 0, dropped: 4 };
    expect(rig.queue.counts()).toMatchObject({ droppedUnjudged: 2 ** 32 + 7, waiting: 0 });
  });

  it('counts what passed a full queue as what the rules counted less what was queued', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.row = { ...rig.row, lastId: 100 };
    rig.queue.account(130);
    expect(rig.queue.queued()).toBe(100);
    expect(rig.queue.counts().passedUnjudged).toBe(30);
    // Packets that the rules had not counted yet are no reason to take any back.
    rig.row = { ...rig.row, lastId: 110 };
    rig.queue.account(130);
    expect(rig.queue.counts().passedUnjudged).toBe(30);
    rig.queue.account(145);
    expect(rig.queue.counts().passedUnjudged).toBe(35);
  });

  it('drops what passed nobody in closed mode: the rules tell nothing more', () => {
    const rig = new Rig();
    rig.queue.account(130);
    expect(rig.queue.counts()).toMatchObject({ passedUnjudged: 0, droppedUnjudged: 0 });
  });

  it('makes a frame of what the kernel tells: sender, a group as receiver, the interface that it came in by', () => {
    const rig = new Rig();
    const frames: string[] = [];
    const times: string[] = [];
    const places: number[] = [];
    rig.queue.onPacket = (record) => {
      frames.push(
        Buffer.from(record.bytes.subarray(record.offset, record.offset + 15)).toString('hex'),
      );
      times.push(`${record.seconds}.${record.nanoseconds}`);
      places.push(record.interfaceIndex);
      expect(record).toMatchObject({ linkType: 1, inputIndex: 0, originalLength: 1514 });
      return true;
    };
    const hardware = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 1);
    const group = packet(1);
    group.set([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0x16], 24);
    rig.arrive([1], { hardware, capturedOf: 1500, inIndex: 3, arrival: [1_700_000_000, 5] });
    rig.arrive([2], { payload: group, hardware, capturedOf: 1500, inIndex: 9, portIndex: 4 });
    rig.arrive([3], { capturedOf: 1500, inIndex: 3, protocol: 0x800 });
    expect(frames).toEqual([
      '00000000000002005e00530186dd60',
      '3333ff00001602005e00530186dd60',
      '000000000000000000000000080060',
    ]);
    expect(times[0]).toBe('1700000000.5000');
    expect(places.map((place) => rig.queue.interfaces[place]?.name)).toEqual([
      'eth3',
      'eth4',
      'eth3',
    ]);
  });

  it('asks once for the name of an interface, and again when it has changed', () => {
    const rig = new Rig();
    const names: (string | undefined)[] = [];
    rig.queue.onPacket = ({ interfaceIndex }) => {
      names.push(rig.queue.interfaces[interfaceIndex]?.name);
      return true;
    };
    const route = rig.kernel.sockets.find(
      ({ domain, protocol }) => domain === 16 && protocol === 0,
    );
    const questions = (): number => route?.sent.length ?? 0;
    rig.arrive([1, 2, 3], { inIndex: 3 });
    expect(questions()).toBe(1);
    // An interface that nobody knows, and packets of this machine itself.
    rig.arrive([4, 5], { inIndex: 77 });
    rig.arrive([6]);
    expect(questions()).toBe(2);
    rig.kernel.links.splice(0, 1, { index: 3, name: 'eth5' });
    route?.arrive({ octets: linkMessage(16, { index: 3, name: 'eth5' }) });
    rig.arrive([7], { inIndex: 3 });
    route?.arrive({ octets: linkMessage(17, { index: 3, name: 'eth5' }) });
    rig.arrive([8], { inIndex: 5 });
    const unknown = undefined;
    expect(rig.queue.interfaces.map(({ description }) => description)).toContain('this machine');
    expect(names).toEqual([
      ...['eth3', 'eth3', 'eth3', unknown, unknown],
      ...[unknown, 'eth5', 'eth5'],
    ]);
    expect(rig.queue.interfaces).toHaveLength(4);
  });

  it('hands over times that never go back', () => {
    const rig = new Rig();
    const times: number[] = [];
    rig.queue.onPacket = (record) => {
      times.push(record.seconds * 1e6 + record.nanoseconds / 1e3);
      return true;
    };
    rig.arrive([1], { arrival: [1_700_000_000, 10] });
    rig.arrive([2], { arrival: [1_699_990_000, 10] });
    rig.arrive([3], { arrival: [1_700_000_001, 0] });
    expect(times[0]).toBe(1_700_000_000_000_010);
    expect(times[1]).toBeGreaterThanOrEqual(times[0] ?? 0);
    expect(times[1]).toBeLessThan(1_700_000_001_000_000);
    expect(times[2]).toBe(1_700_000_001_000_000);
  });

  describe('with a deadline', () => {
    function late(failMode: 'open' | 'closed', ids: readonly number[], ago: number): Rig {
      vi.useFakeTimers({ toFake: ['performance', 'Date'], now: 1_700_000_100_000 });
      const rig = new Rig({ failMode, deadline: 100 });
      rig.queue.onPacket = () => false;
      // Nothing is read for a second.
      vi.advanceTimersByTime(1000);
      const at = Date.now() - ago;
      const arrival = [Math.floor(at / 1000), (at % 1000) * 1000] as const;
      rig.arrive(ids, ago === 0 ? {} : { arrival });
      vi.useRealTimers();
      return rig;
    }

    it('lets packets pass unjudged that have waited longer, in open mode', () => {
      const rig = late('open', [1, 2], 101);
      expect(rig.fates(2)).toBe('pp');
      expect(rig.queue.counts()).toMatchObject({ judged: 0, passedUnjudged: 2 });
    });

    it('judges those that have not, however long the others waited', () => {
      expect(late('open', [1, 2], 99).queue.counts()).toMatchObject({ judged: 2, dropped: 2 });
    });

    it('takes for late what the kernel tells no time of', () => {
      expect(late('open', [1], 0).queue.counts()).toMatchObject({ judged: 0, passedUnjudged: 1 });
    });

    it('judges them late in closed mode', () => {
      expect(late('closed', [1, 2], 900).queue.counts()).toMatchObject({ judged: 2, dropped: 2 });
    });

    it('is not taken in by a clock that was set forward', () => {
      vi.useFakeTimers({ toFake: ['performance', 'Date'], now: 1_700_000_100_000 });
      const rig = new Rig({ failMode: 'open', deadline: 100 });
      rig.queue.onPacket = () => true;
      vi.setSystemTime(1_700_009_000_000);
      rig.arrive([1], { arrival: [1_700_000_100, 0] });
      vi.useRealTimers();
      expect(rig.queue.counts()).toMatchObject({ judged: 1, passedUnjudged: 0 });
    });
  });

  it('lets what waits pass when it is closed in open mode, after the verdicts that stand', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.queue.onPacket = (record) => {
      if (numberOf(record) === 3) {
        rig.row = { ...rig.row, waiting: 8, lastId: 10 };
        rig.queue.close();
      }
      return numberOf(record) !== 2;
    };
    rig.arrive([1, 2, 3, 4]);
    expect(rig.fates(10)).toBe('pdpppppppp');
    expect(rig.queue.counts()).toEqual({
      judged: 2,
      passed: 1,
      dropped: 1,
      passedUnjudged: 8,
      droppedUnjudged: 0,
      waiting: 0,
    });
    expect(rig.kernel.sockets.every(({ isClosed }) => isClosed)).toBe(true);
    rig.queue.close();
  });

  it('drops what waits when it is closed in closed mode', () => {
    const rig = new Rig();
    rig.row = { ...rig.row, waiting: 3, lastId: 3 };
    rig.queue.close();
    expect(rig.verdicts()).toEqual([]);
    expect(rig.queue.counts()).toMatchObject({ droppedUnjudged: 3, waiting: 0 });
  });

  it('says who holds a queue that it cannot have', () => {
    const kernel = new FakeKernel();
    const socket = kernel.socket.bind(kernel);
    kernel.socket = (domain, type, protocol) => {
      const descriptor = socket(domain, type, protocol);
      if (protocol === NETLINK_NETFILTER) {
        kernel.sockets[descriptor]?.arrivals.push({ octets: errorMessage(-errno.EPERM) });
      }
      return descriptor;
    };
    const row = { number: 7, port: 4_294_963_200, waiting: 0, dropped: 0, notTaken: 0, lastId: 0 };
    const open = (table: () => QueueRow | undefined) => (): unknown =>
      openPacketQueue({ number: 7, failMode: 'closed', kernel, table });
    expect(open(() => row)).toThrow(
      /^queue 7 belongs to another program: netlink port 4294963200$/,
    );
    expect(open(() => undefined)).toThrow(/this process may not open queue 7/);
    expect(kernel.sockets.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it.each([
    [{ number: 65_536 }, /^number of the queue: 65536; expected 0 to 65535$/],
    [{ length: 0 }, /^length of the queue: 0; expected 1 to/],
    [{ copyRange: 65_532 }, /^copy range: 65532; expected 40 to 65531$/],
    [{ deadline: 0 }, /^deadline: 0; expected milliseconds above 0$/],
  ])('refuses options out of range: %j', (options, message) => {
    expect(() => new Rig(options)).toThrow(message);
  });

  it('tells that verdicts are refused, but not for packets that are gone', () => {
    const rig = new Rig();
    rig.socket.arrive({ octets: errorMessage(-errno.ENOENT) }, { octets: errorMessage(0) });
    expect(rig.faults).toEqual([]);
    rig.socket.arrive({ octets: errorMessage(-errno.EPERM) });
    expect(rig.faults).toEqual([expect.stringContaining('refuses a verdict: EPERM')]);
  });

  it.each([
    { failMode: 'open', fates: 'ppppd' },
    { failMode: 'closed', fates: 'pdddd' },
  ] as const)(
    'treats packets whose messages cannot be read as unjudged, and counts them: $failMode',
    ({ failMode, fates }) => {
      const rig = new Rig({ failMode });
      rig.queue.onPacket = (record) => numberOf(record) === 1;
      rig.arrive([1]);
      const cut = packetMessage({ id: 2, payload: packet(2) }).subarray(0, 30);
      new DataView(cut.buffer, cut.byteOffset).setUint32(0, 30, true);
      rig.socket.arrive({ octets: cut }, { octets: cut }, { octets: cut });
      rig.arrive([5]);
      expect(rig.fates(5)).toBe(fates);
      const unjudged = failMode === 'open' ? 'passedUnjudged' : 'droppedUnjudged';
      expect(rig.queue.counts()).toMatchObject({ judged: 2, [unjudged]: 3 });
      expect(rig.faults).toHaveLength(1);
    },
  );

  it('takes whatever octets come from the kernel', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Messages of which some octets are others.
      fc
        .tuple(
          fc.integer({ min: 0, max: 50 }),
          fc.uint8Array({ maxLength: 80 }),
          fc.array(fc.tuple(fc.nat(150), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        )
        .map(([id, payload, changes]) => {
          const octets = packetMessage({
            id,
            payload,
            hardware: Uint8Array.of(2, 0, 0, 0, 0, 1),
            inIndex: 1,
            arrival: [1_700_000_000, 1],
          });
          for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
          return octets;
        }),
    );
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 40 }),
        fc.constantFrom('open', 'closed'),
        (all, failMode) => {
          const rig = new Rig({ failMode });
          let judged = 0;
          rig.queue.onPacket = ({ bytes, offset, end, originalLength, nanoseconds }) => {
            judged++;
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(end).toBeGreaterThanOrEqual(offset + 14);
            expect(end).toBeLessThanOrEqual(bytes.length);
            expect(originalLength).toBeGreaterThanOrEqual(end - offset);
            expect(nanoseconds).toBeGreaterThanOrEqual(0);
            expect(nanoseconds).toBeLessThan(1e9);
            return judged % 2 === 0;
          };
          for (const octets of all) rig.socket.arrive({ octets });
          expect(rig.queue.counts().judged).toBe(judged);
        },
      ),
      { numRuns: 300 },
    );
  });
});
