import { describe, expect, it } from 'vitest';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryLinkOptions, MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';

const FRAME_OCTETS = 60;

/** A frame whose last octet tells it from others. */
function frame(last = 0): Uint8Array {
  const octets = new Uint8Array(FRAME_OCTETS);
  octets[FRAME_OCTETS - 1] = last;
  return octets;
}

/** What a port receives: last octets of frames. */
function listen(port: MemoryPort): number[] {
  const heard: number[] = [];
  port.onFrame = (octets) => heard.push(octets.at(-1) ?? -1);
  return heard;
}

function setUp(options: Partial<MemoryLinkOptions> = {}): {
  scheduler: VirtualScheduler;
  link: MemoryLink;
  other: MemoryLink;
} {
  const scheduler = new VirtualScheduler();
  const random = new SeededRandom(3);
  const link = new MemoryLink({ scheduler, random, name: 'one', ...options });
  const other = new MemoryLink({ scheduler, random, name: 'two' });
  return { scheduler, link, other };
}

describe('MemoryLink', () => {
  it('delivers a frame to every other port after its delay, to each its own octets', () => {
    const { scheduler, link } = setUp({ delay: 5 });
    const [a, b, c] = [link.attach('a'), link.attach('b'), link.attach('c')];
    const heard = [listen(a), listen(b)];
    const taken: Uint8Array[] = [];
    b.onFrame = (octets) => {
      taken.push(octets);
      octets.fill(9);
    };
    c.onFrame = (octets) => taken.push(octets);
    a.send(frame(1));
    scheduler.advance(4);
    expect(taken).toHaveLength(0);
    scheduler.advance(1);
    expect(taken).toHaveLength(2);
    expect(taken[1]?.at(-1)).toBe(1);
    expect(heard[0]).toEqual([]);
  });

  it('never delivers during the call that sends', () => {
    const { scheduler, link } = setUp();
    const [a, b] = [link.attach('a'), link.attach('b')];
    const heard = listen(b);
    a.send(frame(1));
    expect(heard).toEqual([]);
    scheduler.advance(0);
    expect(heard).toEqual([1]);
  });

  it('gives ports different link-layer addresses, the same in every run', () => {
    const addresses = (): string[] => {
      const { link, other } = setUp();
      return [link.attach('a'), link.attach('a'), other.attach('a'), link.attach('b')].map((port) =>
        port.linkLayerAddress.join(),
      );
    };
    const first = addresses();
    expect(new Set(first).size).toBe(4);
    expect(addresses()).toEqual(first);
  });

  it('loses, duplicates and reorders as many as it is told to', () => {
    const lossy = setUp({ loss: 0.2 });
    const doubling = setUp({ duplication: 0.2 });
    const mixing = setUp({ reordering: 0.2, reorderingDelay: 50, delay: 1 });
    const results = [lossy, doubling, mixing].map(({ scheduler, link }) => {
      const [a, b] = [link.attach('a'), link.attach('b')];
      const heard = listen(b);
      for (let i = 0; i < 200; i++) {
        a.send(frame(i));
        scheduler.advance(1);
      }
      scheduler.advance(100);
      return heard;
    });
    expect(results[0]?.length).toBeGreaterThan(130);
    expect(results[0]?.length).toBeLessThan(190);
    expect(lossy.link.lost).toBe(200 - (results[0]?.length ?? 0));
    expect(results[1]?.length).toBeGreaterThan(210);
    expect(results[1]?.length).toBeLessThan(270);
    const sorted = Array.from({ length: 200 }, (_, i) => i);
    expect(results[2]).not.toEqual(sorted);
    expect([...(results[2] ?? [])].sort((x, y) => x - y)).toEqual(sorted);
  });

  it('loses what is more than its capacity', () => {
    const { scheduler, link } = setUp({ capacity: 10, delay: 1 });
    const [a, b] = [link.attach('a'), link.attach('b')];
    const heard = listen(b);
    for (let i = 0; i < 100; i++) a.send(frame(i));
    scheduler.advance(1);
    expect(heard).toHaveLength(10);
    expect(link.lost).toBe(90);
  });

  it('shows every frame to taps until they are taken away', () => {
    const { scheduler, link } = setUp({ loss: 1 });
    const a = link.attach('a');
    link.attach('b');
    const seen: [number, number][] = [];
    const stop = link.tap((octets, at) => seen.push([octets.at(-1) ?? -1, at]));
    scheduler.advance(7);
    a.send(frame(1));
    stop();
    a.send(frame(2));
    expect(seen).toEqual([[1, 7]]);
  });

  it('does not carry what is larger than the MTU, or no frame', () => {
    const { scheduler, link } = setUp();
    const [a, b] = [link.attach('a', undefined, 1280), link.attach('b')];
    const heard = listen(b);
    a.send(new Uint8Array(1280 + 14));
    a.send(new Uint8Array(1280 + 15));
    a.send(new Uint8Array(13));
    scheduler.advance(1);
    expect(heard).toHaveLength(1);
  });

  it('refuses an impossible link-layer address or MTU', () => {
    const { link } = setUp();
    expect(() => link.attach('a', new Uint8Array(5))).toThrow(RangeError);
    expect(() => link.attach('a', Uint8Array.of(0x33, 0x33, 0, 0, 0, 1))).toThrow(RangeError);
    expect(() => link.attach('a', undefined, 1279)).toThrow(RangeError);
  });
});

describe('MemoryPort', () => {
  it('moves to another link and tells so; what was under way is lost', () => {
    const { scheduler, link, other } = setUp({ delay: 5 });
    const [a, b, far] = [link.attach('a'), link.attach('b'), other.attach('far')];
    const heard = listen(b);
    const states: boolean[] = [];
    b.onStateChange = (isUp) => states.push(isUp);
    a.send(frame(1));
    b.moveTo(other);
    scheduler.advance(10);
    expect(heard).toEqual([]);
    expect(states).toEqual([false, true]);
    a.send(frame(2));
    far.send(frame(3));
    scheduler.advance(10);
    expect(heard).toEqual([3]);
    expect([link.ports, other.ports]).toEqual([1, 2]);
  });

  it('has no link during the gap of a move', () => {
    const { scheduler, link, other } = setUp();
    const b = link.attach('b');
    const far = other.attach('far');
    const heard = listen(far);
    const states: [boolean, number][] = [];
    b.onStateChange = (isUp) => states.push([isUp, scheduler.now]);
    b.moveTo(other, { gap: 50 });
    b.send(frame(1));
    scheduler.advance(49);
    expect(b.isUp).toBe(false);
    scheduler.advance(1);
    b.send(frame(2));
    scheduler.advance(0);
    expect(heard).toEqual([2]);
    expect(states).toEqual([
      [false, 0],
      [true, 50],
    ]);
  });

  it('moves without a word when asked to', () => {
    const { link, other } = setUp();
    const b = link.attach('b');
    let calls = 0;
    b.onStateChange = () => calls++;
    b.moveTo(other, { isNoticed: false });
    expect(calls).toBe(0);
    expect(b.link).toBe(other);
    expect(b.isUp).toBe(true);
  });

  it('neither sends nor receives while it is down', () => {
    const { scheduler, link } = setUp();
    const [a, b] = [link.attach('a'), link.attach('b')];
    const heard = [listen(a), listen(b)];
    const states: boolean[] = [];
    b.onStateChange = (isUp) => states.push(isUp);
    b.setUp(false);
    b.setUp(false);
    a.send(frame(1));
    b.send(frame(2));
    scheduler.advance(1);
    b.setUp(true);
    a.send(frame(3));
    scheduler.advance(1);
    expect(heard).toEqual([[], [3]]);
    expect(states).toEqual([false, true]);
  });
});
