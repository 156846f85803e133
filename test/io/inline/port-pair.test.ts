import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PacketRecord } from '../../../engine/ports.ts';
import { openPortPair } from '../../../io/inline/port-pair.ts';
import type { PortPair, PortPairOptions } from '../../../io/inline/port-pair.ts';
import { AF_NETLINK, AF_PACKET } from '../../../io/native/linux.ts';
import { FakeKernel } from './fake-kernel.ts';
import type { Arrival, FakeSocket } from './fake-kernel.ts';
import { linkMessage } from './netlink-octets.ts';

const { errno } = constants;
const VIRTIO = 10;
const ADDRESSES = '02000000000102000000000a';

interface FrameShape {
  /** Behind the addresses, hexadecimal. */
  readonly rest?: string;
  /** Of the virtio header, hexadecimal. */
  readonly header?: string;
  readonly control?: string;
}

function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** An IPv6 packet of 48 octets: UDP without payload whose last octets are a number. */
function ipv6(number = 0): string {
  return `6000000000081140${'20010db8'.padEnd(32, '0')}${'20010db8'.padEnd(32, '1')}000100020008${number.toString(16).padStart(4, '0')}`;
}

function arrival({
  rest = `86dd${ipv6()}`,
  header = '00'.repeat(VIRTIO),
  control,
}: FrameShape): Arrival {
  return {
    octets: octets(header + ADDRESSES + rest),
    control: control === undefined ? undefined : octets(control),
  };
}

/** What comes with a frame whose tag was taken off. */
function auxiliary(tci: string, tpid: string, status = '51'): string {
  return `2400000000000000 07010000 08000000 ${status}000000 00000000 00000000 0000 0000 ${tci} ${tpid} 00000000`;
}

function time(seconds: number, nanoseconds: number): string {
  const value = Buffer.alloc(16);
  value.writeUInt32LE(seconds, 0);
  value.writeUInt32LE(nanoseconds, 8);
  return `2000000000000000 01000000 23000000 ${value.toString('hex')}`;
}

/** A pair over a kernel of memory. */
class Rig {
  readonly kernel = new FakeKernel([
    { index: 1, name: 'lo', kind: 772 },
    { index: 2, name: 'out' },
    { index: 3, name: 'in' },
  ]);
  readonly pair: PortPair;
  readonly faults: string[] = [];
  readonly judged: string[] = [];

  constructor(options: Partial<PortPairOptions> = {}) {
    this.pair = openPortPair({
      ports: ['out', 'in'],
      failMode: 'closed',
      kernel: this.kernel,
      ...options,
    });
    this.pair.onFault = (sentence) => this.faults.push(sentence);
    this.pair.onPacket = ({ bytes, offset, end }) => {
      this.judged.push(Buffer.from(bytes.subarray(offset, end)).toString('hex'));
      return true;
    };
  }

  /** Sockets of the ports in the order they were opened. */
  port(index: number): FakeSocket {
    const socket = this.kernel.sockets.filter(({ domain }) => domain === AF_PACKET)[index];
    if (socket === undefined) throw new Error(`no port ${index}`);
    return socket;
  }

  links(index: number): FakeSocket {
    const socket = this.kernel.sockets.filter(({ domain }) => domain === AF_NETLINK)[index];
    if (socket === undefined) throw new Error(`no monitor ${index}`);
    return socket;
  }

  /** What left by a port, hexadecimal with its virtio header. */
  left(index: number): string[] {
    return this.port(index).sent.map((each) => Buffer.from(each).toString('hex'));
  }
}

describe('a pair of ports', () => {
  it('hears all protocols, what was taken off, when it came, and not what it sends itself', () => {
    const { options } = new Rig().port(0);
    // Virtio header, no frames that leave, auxiliary data; times.
    for (const name of ['263/15', '263/23', '263/8', '1/35']) expect(options.get(name)).toBe(1);
  });

  it('passes frames both ways, each with where it came in', () => {
    const rig = new Rig();
    const places: number[] = [];
    rig.pair.onPacket = ({ interfaceIndex, linkType, inputIndex, originalLength, end, offset }) => {
      places.push(interfaceIndex);
      expect({ linkType, inputIndex, length: originalLength }).toEqual({
        linkType: 1,
        inputIndex: 0,
        length: end - offset,
      });
      return true;
    };
    rig.port(0).arrive(arrival({}), arrival({ rest: `86dd${ipv6(2)}` }));
    rig.port(1).arrive(arrival({ rest: `86dd${ipv6(3)}` }));
    expect(places).toEqual([0, 0, 1]);
    const frame = (number: number): string =>
      `${'00'.repeat(VIRTIO)}${ADDRESSES}86dd${ipv6(number)}`;
    expect(rig.left(1)).toEqual([frame(0), frame(2)]);
    expect(rig.left(0)).toEqual([frame(3)]);
    expect(rig.pair.interfaces.map(({ name }) => name)).toEqual(['out', 'in']);
    expect(rig.pair.counts()).toMatchObject({ judged: 3, passed: 3, dropped: 0 });
  });

  it('drops what the judge says, and asks nobody about other protocols', () => {
    const rig = new Rig();
    let asked = 0;
    rig.pair.onPacket = () => asked++ % 2 === 1;
    const arp = '08060001080006040001';
    rig
      .port(0)
      .arrive(
        arrival({}),
        arrival({ rest: arp }),
        arrival({ rest: `86dd${ipv6(1)}` }),
        arrival({}),
      );
    expect(rig.left(1).map((frame) => frame.slice(2 * (VIRTIO + 12), 2 * (VIRTIO + 14)))).toEqual([
      '0806',
      '86dd',
    ]);
    expect(rig.pair.counts()).toMatchObject({ judged: 3, passed: 1, dropped: 2 });
    expect(rig.pair.pairCounts()).toEqual({ unconcerned: 1, notSent: 0 });
  });

  it('asks nobody about packets that do not need it, behind tags as well', () => {
    const nextHeaders: number[] = [];
    const rig = new Rig({
      needsJudging: (bytes, packet, end) => {
        nextHeaders.push(bytes[packet + 6] ?? 0);
        return end - packet > 48;
      },
    });
    rig
      .port(0)
      .arrive(
        arrival({ rest: `8100000786dd${ipv6()}` }),
        arrival({ rest: `88a8000781000008 86dd${ipv6()}00` }),
      );
    expect(nextHeaders).toEqual([17, 17]);
    expect(rig.left(1)).toHaveLength(2);
    expect(rig.judged).toHaveLength(1);
    expect(rig.pair.pairCounts().unconcerned).toBe(1);
  });

  it('judges what calls itself IPv6 however short it is', () => {
    const rig = new Rig();
    rig.port(0).arrive(arrival({ rest: '86dd' }), arrival({ rest: '8100000786dd60' }));
    expect(rig.judged).toHaveLength(2);
  });

  it('puts tags back that the kernel took off', () => {
    const rig = new Rig();
    // A checksum is left to the hardware 54 octets behind the start, segments of 1000 octets are not cut.
    const header = '01 04 4a00 e803 3600 1000';
    const rest = `86dd${ipv6()}`;
    rig.port(0).arrive(
      arrival({ header, rest, control: auxiliary('0760', '0081') }),
      arrival({ rest, control: auxiliary('0800', 'a888') }),
      // The kind of tag is not told; there is none.
      arrival({ rest, control: auxiliary('0900', 'ffff', '10') }),
      arrival({ rest, control: auxiliary('0900', '0081', '01') }),
    );
    expect(rig.left(1)).toEqual([
      `01044e00e8033a001000${ADDRESSES}81006007${rest}`,
      `${'00'.repeat(VIRTIO)}${ADDRESSES}88a80008${rest}`,
      `${'00'.repeat(VIRTIO)}${ADDRESSES}81000009${rest}`,
      `${'00'.repeat(VIRTIO)}${ADDRESSES}${rest}`,
    ]);
    expect(rig.judged[1]).toBe(`${ADDRESSES}88a80008${rest}`);
  });

  it('shows the judge a finished checksum, and leaves it to the hardware all the same', () => {
    const rig = new Rig();
    // The sum of the pseudo header is in the field: addresses, length 8, next header 17.
    const words = (ipv6().slice(16, 80).match(/.{4}/g) ?? []).map((word) => parseInt(word, 16));
    let sum = words.reduce((total, word) => total + word, 8 + 17);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    const frame = `86dd${ipv6(sum)}`;
    const header = '01 00 0000 0000 3600 0600'.replaceAll(' ', '');
    rig.port(0).arrive(arrival({ header, rest: frame }));
    const checksum = parseInt(rig.judged[0]?.slice(-4) ?? '', 16);
    let whole = sum + checksum + 1 + 2 + 8;
    while (whole > 0xffff) whole = (whole & 0xffff) + (whole >>> 16);
    expect(whole).toBe(0xffff);
    expect(rig.left(1)).toEqual([`${header}${ADDRESSES}${frame}`]);
  });

  it('gives packets the time of their arrival', () => {
    const rig = new Rig();
    const times: string[] = [];
    rig.pair.onPacket = ({ seconds, nanoseconds }) => {
      times.push(`${seconds}.${String(nanoseconds).padStart(9, '0')}`);
      return true;
    };
    rig.port(0).arrive(
      arrival({
        control: `${auxiliary('0000', '0000', '01')}${time(1_700_000_000, 123_456_789)}`,
      }),
    );
    expect(times).toEqual(['1700000000.123456000']);
  });

  it.each([
    { failMode: 'open', left: 2, counts: { passedUnjudged: 1, droppedUnjudged: 0 } },
    { failMode: 'closed', left: 1, counts: { passedUnjudged: 0, droppedUnjudged: 1 } },
  ] as const)(
    'treats a frame whose judge throws by its mode: $failMode',
    ({ failMode, left, counts }) => {
      const rig = new Rig({ failMode });
      let asked = 0;
      rig.pair.onPacket = () => {
        if (asked++ === 0) throw new Error('out of order');
        return true;
      };
      rig.port(0).arrive(arrival({}), arrival({}));
      expect(rig.left(1)).toHaveLength(left);
      expect(rig.pair.counts()).toMatchObject({ judged: 1, ...counts });
      expect(rig.faults).toEqual([expect.stringContaining('out of order')]);
    },
  );

  it('passes what has waited too long unjudged, in open mode', () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'], now: 1_700_000_100_000 });
    const rig = new Rig({ failMode: 'open', deadline: 100 });
    vi.advanceTimersByTime(1000);
    rig
      .port(0)
      .arrive(
        arrival({ control: time(1_700_000_100, 800_000_000) }),
        arrival({ control: time(1_700_000_100, 950_000_000) }),
      );
    vi.useRealTimers();
    expect(rig.left(1)).toHaveLength(2);
    expect(rig.pair.counts()).toMatchObject({ judged: 1, passedUnjudged: 1 });
  });

  it('goes on behind frames that a link does not take, and counts them', () => {
    const rig = new Rig();
    // The second of five is too long, the link goes down at the fifth.
    rig.port(1).sendResults.push(1, -errno.EMSGSIZE, 2, -errno.ENETDOWN);
    rig
      .port(0)
      .arrive(...[1, 2, 3, 4, 5].map((number) => arrival({ rest: `86dd${ipv6(number)}` })));
    expect(rig.left(1).map((frame) => frame.slice(-1))).toEqual(['1', '3', '4']);
    expect(rig.pair.pairCounts()).toMatchObject({ notSent: 2 });
    expect(rig.pair.counts()).toMatchObject({ passed: 5 });
  });

  it('drops and counts what is not there as a whole', () => {
    const rig = new Rig();
    const long = new Uint8Array(70_000);
    rig
      .port(0)
      .arrive({ octets: long }, { octets: new Uint8Array(20) }, -errno.EINVAL, arrival({}));
    // What is behind an error is read in the next turn.
    rig.port(0).arrive();
    rig.port(0).arrive();
    expect(rig.left(1)).toHaveLength(1);
    expect(rig.pair.counts()).toMatchObject({ judged: 1, droppedUnjudged: 3 });
  });

  it('tells that a port is down, gone and back, and uses it then', () => {
    const rig = new Rig();
    const states: string[] = [];
    rig.pair.onStateChange = (isUp, sentence) => states.push(`${isUp}: ${sentence}`);
    const inside = { index: 3, name: 'in' };
    rig.links(1).arrive({ octets: linkMessage(16, { ...inside, isUp: false }) });
    rig.links(1).arrive({ octets: linkMessage(17, inside) });
    expect(rig.pair.isUp).toBe(false);
    rig.kernel.links[2] = { index: 9, name: 'in' };
    rig.links(1).arrive({ octets: linkMessage(16, { index: 9, name: 'in' }) });
    expect(states).toEqual([
      'false: port in is down: nothing passes',
      'false: port in is gone: nothing passes',
      'true: port in is up again',
    ]);
    expect(rig.faults).toEqual(states.slice(0, 2).map((state) => state.slice('false: '.length)));
    rig.port(0).arrive(arrival({}));
    // The third socket of a port is the new one.
    expect(rig.left(2)).toHaveLength(1);
    expect(rig.port(1).isClosed).toBe(true);
  });

  it('takes no frame any more that it has in hand when it is closed, and counts it', () => {
    const rig = new Rig({ failMode: 'open' });
    rig.pair.onPacket = () => {
      rig.pair.close();
      return true;
    };
    rig.port(0).arrive(arrival({}), arrival({}), arrival({}));
    expect(rig.port(1).sent).toEqual([]);
    expect(rig.pair.counts()).toMatchObject({ judged: 0, passed: 0, droppedUnjudged: 3 });
    expect(rig.kernel.sockets.every(({ isClosed }) => isClosed)).toBe(true);
    rig.pair.close();
  });

  it.each([
    [{ ports: ['out', 'out'] }, /^ports: 'out' twice/],
    [{ ports: ['out', 'nowhere'] }, /^there is no interface 'nowhere'/],
    [{ ports: ['lo', 'in'] }, /^lo: not an Ethernet interface/],
    [{ deadline: -1 }, /^deadline: -1;/],
  ] as const)('refuses %j', (options, message) => {
    expect(() => new Rig(options)).toThrow(message);
  });

  it('takes whatever octets come from the kernel', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ minLength: 30, maxLength: 30 }).map((noise) => {
        const frame = octets(`${'00'.repeat(VIRTIO)}${ADDRESSES}86dd${ipv6()}`);
        // Anything may be in the virtio header and where a checksum is said to be.
        frame.set(noise.subarray(0, VIRTIO));
        return frame;
      }),
    );
    const beside = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 120 }),
      fc.tuple(fc.nat(80), fc.nat(255)).map(([at, value]) => {
        const control = octets(`${auxiliary('0760', '0081')}${time(1_700_000_000, 1)}`);
        if (at < control.length) control[at] = value;
        return control;
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, beside), { maxLength: 20 }), (all) => {
        const rig = new Rig();
        rig.pair.onPacket = (record: PacketRecord) => {
          expect(record.end).toBeLessThanOrEqual(record.bytes.length);
          expect(record.end - record.offset).toBeGreaterThanOrEqual(14);
          expect(record.nanoseconds).toBeLessThan(1e9);
          return true;
        };
        rig.port(0).arrive(...all.map(([frame, control]) => ({ octets: frame, control })));
        const { passed, droppedUnjudged } = rig.pair.counts();
        expect(passed + droppedUnjudged + rig.pair.pairCounts().unconcerned).toBe(all.length);
        expect(rig.port(1).sent).toHaveLength(all.length - droppedUnjudged);
      }),
      { numRuns: 60 },
    );
  });
});
