import { expect, test } from 'vitest';
import { Nonces, PeerClocks } from '../../../nodes/send/freshness.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip } from '../wire-peer.ts';

test('the clocks of 256 senders are remembered; the one heard longest ago goes', () => {
  const scheduler = new VirtualScheduler();
  const clocks = new PeerClocks(scheduler);
  const sender = (number: number) => ip(`fe80::${(number + 1).toString(16)}`);
  const { wallClock } = scheduler;
  for (let i = 0; i < 256; i++) clocks.accepted(sender(i), wallClock, false);
  // Heard again, so that the second one is the oldest.
  clocks.accepted(sender(0), wallClock, false);
  clocks.accepted(sender(256), wallClock, false);
  expect(clocks.size).toBe(256);
  // Within the window of a stranger, and too old for one that is known.
  const old = wallClock - 100;
  expect(clocks.fault(sender(0), old)).toBe('the timestamp is that of an old message');
  expect(clocks.fault(sender(2), old)).toBe('the timestamp is that of an old message');
  expect(clocks.fault(sender(1), old)).toBeUndefined();
});

test('a clock that was set back is believed by an answer alone', () => {
  const scheduler = new VirtualScheduler();
  const clocks = new PeerClocks(scheduler);
  const sender = ip('fe80::1');
  const { wallClock } = scheduler;
  clocks.accepted(sender, wallClock, false);
  const back = wallClock - 3600;
  clocks.accepted(sender, back, false);
  expect(clocks.fault(sender, back)).toBeDefined();
  clocks.accepted(sender, back, true);
  expect(clocks.fault(sender, back)).toBeUndefined();
});

test('eight nonces count at the same time, each for ten seconds', () => {
  const scheduler = new VirtualScheduler();
  const nonces = new Nonces(scheduler, new SeededRandom(1));
  const sent = Array.from({ length: 9 }, () => nonces.next());
  expect(sent.map((nonce) => nonces.has(nonce))).toEqual([
    false,
    ...Array.from({ length: 8 }, () => true),
  ]);
  const last = sent[8] ?? new Uint8Array();
  expect(nonces.has(last.slice(0, 5))).toBe(false);
  scheduler.advance(10_000);
  expect(nonces.has(last)).toBe(true);
  scheduler.advance(1);
  expect(nonces.has(last)).toBe(false);
});
