import { describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../../../nodes/node-log.ts';
import type { AssociationState } from '../../../nodes/ipsec/association-state.ts';
import { RESTART_MARGIN } from '../../../nodes/ipsec/association-state.ts';
import { CipherPool } from '../../../nodes/ipsec/cipher-pool.ts';
import type { CipherOwner } from '../../../nodes/ipsec/cipher-pool.ts';
import { IvCounter, RandomOctets } from '../../../nodes/ipsec/initialization-vectors.ts';
import type { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import {
  associationsFor,
  bindingUpdate,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  datagram,
  DECLARATION,
  GCM,
  HOME_ADDRESS,
  ipsecOf,
  keysOf,
  octets,
  OTHER_HOME_ADDRESS,
  pairOf,
  protect,
  receive,
  register,
  send,
  sendTunnelled,
  spiOf,
} from './protected-pair.ts';

const AWAY = { careOfSource: CARE_OF_ADDRESS };
const UPDATE = { ...bindingUpdate(), ...AWAY };
const TWO_32 = 2 ** 32;
const REPLAY = { kind: 'dropped', reason: 'protection refused: replay' };

/** Sequence number of an ESP or AH packet behind a Home Address option. */
function sequenceOf(bytes: Uint8Array): number {
  const at = bytes[40] === 51 ? 72 : 68;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function ivOf(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.slice(72, 72 + length)).toString('hex');
}

/** Lets the associations of one side go on behind a number. */
function goOnFrom(ipsec: NodeIpsec, sequence: number): void {
  const states = ipsec.snapshot().map((state) => ({ ...state, sequence }));
  expect(ipsec.restore(states)).toEqual([]);
}

describe('replays', () => {
  it('IPS-BU-18 a packet that comes again is dropped on an association that looks for it', () => {
    const { mobileNode, homeAgent } = pairOf({}, { keying: 'negotiated' });
    const packets = Array.from({ length: 100 }, () => octets(send(mobileNode, UPDATE)));
    expect(packets.map(sequenceOf)).toEqual(packets.map((_, i) => i + 1));
    const [first, ...rest] = packets;
    if (first === undefined) throw new Error('no packet');
    expect(receive(homeAgent, first).kind).toBe('taken');
    expect(receive(homeAgent, first)).toEqual(REPLAY);
    // Out of order is no replay, within the window of 64.
    for (const bytes of rest.reverse().slice(0, 64)) {
      expect(receive(homeAgent, bytes).kind).toBe('taken');
    }
    for (const bytes of packets) expect(receive(homeAgent, bytes)).toEqual(REPLAY);
    expect(homeAgent.describe()[0]).toMatchObject({ packets: 65, replays: 101 });
  });

  it('IPS-BU-18 a forged packet does not move the window', () => {
    const { mobileNode, homeAgent } = pairOf({}, { keying: 'negotiated' });
    const bytes = octets(send(mobileNode, UPDATE));
    const forged = bytes.slice();
    forged.fill(0xff, 68, 72);
    expect(receive(homeAgent, forged)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: integrity',
    });
    expect(receive(homeAgent, bytes).kind).toBe('taken');
  });

  it('IPS-BU-17 manual keys have no anti-replay unless it is asked for: the sequence of the Binding Update guards', () => {
    const manual = pairOf();
    const bytes = octets(send(manual.mobileNode, UPDATE));
    expect(receive(manual.homeAgent, bytes).kind).toBe('taken');
    expect(receive(manual.homeAgent, bytes).kind).toBe('taken');
    const asked = pairOf({}, { replayWindow: 128 });
    const other = octets(send(asked.mobileNode, UPDATE));
    expect(receive(asked.homeAgent, other).kind).toBe('taken');
    expect(receive(asked.homeAgent, other)).toEqual(REPLAY);
    expect(pairOf({}, { keying: 'negotiated' }).homeAgent.describe()[0]?.replayWindow).toBe(64);
    expect(() => pairOf({}, { replayWindow: 5 })).toThrow('expected 0 or 32 to 4096');
  });
});

describe('sequence numbers', () => {
  it('never come again: at the end nothing leaves, and the log says so', () => {
    const log = vi.fn<(entry: LogEntry) => void>();
    const mobileNode = ipsecOf(DECLARATION, 'mobile-node', {}, { log });
    const homeAgent = ipsecOf(DECLARATION, 'home-agent');
    goOnFrom(mobileNode, TWO_32 - 1 - 3 - RESTART_MARGIN.transport);
    for (let left = 3; left > 0; left--) {
      const bytes = octets(send(mobileNode, UPDATE));
      expect(sequenceOf(bytes)).toBe(TWO_32 - left);
      expect(receive(homeAgent, bytes).kind).toBe('taken');
    }
    const discarded = 'sequence numbers of the association are used up: it needs new keys';
    expect(send(mobileNode, UPDATE)).toEqual({ discarded });
    expect(send(mobileNode, UPDATE)).toEqual({ discarded });
    expect(log.mock.calls.map(([{ level, event }]) => `${level} ${event}`)).toEqual([
      'alarm association-used-up',
    ]);
  });

  it('are told to come to an end long before', () => {
    const log = vi.fn<(entry: LogEntry) => void>();
    const mobileNode = ipsecOf(DECLARATION, 'mobile-node', {}, { log });
    const left = 16_777_216;
    const binding = mobileNode.snapshot().filter(({ direction }) => direction === 'out');
    mobileNode.restore(
      binding.map((state) => ({
        ...state,
        sequence: TWO_32 - 1 - left - RESTART_MARGIN.transport - 1,
      })),
    );
    send(mobileNode, UPDATE);
    expect(log).toHaveBeenCalledExactlyOnceWith({
      level: 'warn',
      event: 'association-nearly-used-up',
      details: { association: 'binding of 2001:db8:1::10 out 0x00001000', remaining: left },
    });
  });

  it('of 64 bits go on beyond 32, for ESP and AH', () => {
    for (const bindingUpdates of ['esp-transport', 'ah-transport'] as const) {
      const { mobileNode, homeAgent } = pairOf(
        { bindingUpdates },
        { extendedSequence: true, keying: 'negotiated' },
      );
      goOnFrom(homeAgent, TWO_32 - 3);
      goOnFrom(mobileNode, TWO_32 - 3 - RESTART_MARGIN.transport);
      const packets = Array.from({ length: 6 }, () => octets(send(mobileNode, UPDATE)));
      expect(packets.map(sequenceOf)).toEqual([TWO_32 - 2, TWO_32 - 1, 0, 1, 2, 3]);
      for (const bytes of packets) expect(receive(homeAgent, bytes).kind).toBe('taken');
      for (const bytes of packets) expect(receive(homeAgent, bytes)).toEqual(REPLAY);
    }
  });

  it('of a negotiated successor start anew; the old one still opens until it is removed', () => {
    const { mobileNode, homeAgent } = pairOf({}, { keying: 'negotiated' });
    const before = octets(send(mobileNode, UPDATE));
    const late = octets(send(mobileNode, UPDATE));
    for (const [ipsec, side] of [
      [mobileNode, 'mobile-node'],
      [homeAgent, 'home-agent'],
    ] as const) {
      for (const each of associationsFor(DECLARATION, side, { keying: 'negotiated', offset: 7 })) {
        ipsec.add(each);
      }
    }
    expect(receive(homeAgent, before).kind).toBe('taken');
    const after = octets(send(mobileNode, UPDATE));
    expect(sequenceOf(after)).toBe(1);
    expect(receive(homeAgent, after).kind).toBe('taken');
    const old = homeAgent.describe().find(({ spi }) => spi === spiOf('binding'));
    expect(homeAgent.remove(old?.name ?? '')).toBe(true);
    expect(homeAgent.remove(old?.name ?? '')).toBe(false);
    expect(receive(homeAgent, late)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: no-association',
    });
    expect(receive(homeAgent, octets(send(mobileNode, UPDATE))).kind).toBe('taken');
  });

  it('of a successor that is used up give way to those of the one before', () => {
    const { mobileNode } = pairOf({}, { keying: 'negotiated' });
    const [, second] = associationsFor(DECLARATION, 'mobile-node', { offset: 7 });
    const [first] = associationsFor(DECLARATION, 'mobile-node', {
      keying: 'negotiated',
      offset: 7,
    });
    if (first === undefined || second === undefined) throw new Error('no associations');
    expect(first.direction).toBe('out');
    mobileNode.add(first);
    expect(() => {
      mobileNode.add({ ...second, keying: 'manual' });
    }).toThrow('manual keys leave no choice');
    const states = mobileNode.snapshot().filter(({ spi }) => spi === first.spi);
    mobileNode.restore(states.map((state) => ({ ...state, sequence: TWO_32 })));
    const bytes = octets(send(mobileNode, UPDATE));
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(64)).toBe(spiOf('binding'));
  });
});

describe('a restart', () => {
  it('takes no packet twice and sends no number twice', () => {
    const how = { replayWindow: 64 };
    const mobileNode = ipsecOf(DECLARATION, 'mobile-node', how);
    let homeAgent = ipsecOf(DECLARATION, 'home-agent', how);
    const packets = Array.from({ length: 5 }, () => octets(send(mobileNode, UPDATE)));
    for (const bytes of packets) expect(receive(homeAgent, bytes).kind).toBe('taken');
    // Through JSON, as a store has it.
    const kept = JSON.stringify(homeAgent.snapshot());
    homeAgent = ipsecOf(DECLARATION, 'home-agent', how);
    expect(homeAgent.restore(JSON.parse(kept) as AssociationState[])).toEqual([]);
    for (const bytes of packets) expect(receive(homeAgent, bytes)).toEqual(REPLAY);
    expect(receive(homeAgent, octets(send(mobileNode, UPDATE))).kind).toBe('taken');
    // What the mobile node sent since its state was kept is less than the margin.
    const states = mobileNode.snapshot();
    const last = sequenceOf(octets(send(mobileNode, UPDATE)));
    const again = ipsecOf(DECLARATION, 'mobile-node', how);
    again.restore(states);
    const next = octets(send(again, UPDATE));
    expect(sequenceOf(next)).toBe(6 + RESTART_MARGIN.transport + 1);
    expect(sequenceOf(next)).toBeGreaterThan(last);
    expect(receive(homeAgent, next).kind).toBe('taken');
  });

  it('asks for a new state when half of the margin was sent', () => {
    const onSnapshotDue = vi.fn<() => void>();
    const mobileNode = ipsecOf(DECLARATION, 'mobile-node', {}, { onSnapshotDue });
    const half = RESTART_MARGIN.transport / 2;
    for (let i = 0; i < half + 1; i++) send(mobileNode, UPDATE);
    // Nobody keeps states so far.
    expect(onSnapshotDue).not.toHaveBeenCalled();
    const seen: number[] = [];
    onSnapshotDue.mockImplementation(() => {
      seen.push(mobileNode.snapshot().find(({ direction }) => direction === 'out')?.sequence ?? 0);
    });
    mobileNode.snapshot();
    for (let i = 0; i < 2 * half + 5; i++) send(mobileNode, UPDATE);
    expect(seen).toEqual([2 * half + 1, 3 * half + 1]);
  });

  it('passes over states of other associations and numbers that are none, and never goes back', () => {
    const mobileNode = ipsecOf(DECLARATION, 'mobile-node');
    for (let i = 0; i < 2000; i++) send(mobileNode, UPDATE);
    const [state] = mobileNode.snapshot();
    if (state === undefined) throw new Error('no state');
    const wrong = [
      { ...state, name: 'somebody' },
      { ...state, spi: 1 },
      { ...state, direction: 'in' as const },
      { ...state, protocol: 'ah' as const },
      { ...state, sequence: -1 },
      { ...state, sequence: Number.NaN },
      { ...state, sequence: 2 ** 60 },
    ];
    expect(mobileNode.restore(wrong)).toHaveLength(wrong.length);
    mobileNode.restore([{ ...state, sequence: 0 }]);
    expect(sequenceOf(octets(send(mobileNode, UPDATE)))).toBe(2001);
  });
});

describe('initialization vectors', () => {
  it('of CBC are octets of the random source, each used once', () => {
    const { mobileNode } = pairOf();
    const ivs = Array.from({ length: 600 }, () => ivOf(octets(send(mobileNode, UPDATE)), 16));
    expect(new Set(ivs).size).toBe(600);
    const source = new SeededRandom(2);
    source.octets(4);
    expect(ivs[0]).toBe(Buffer.from(source.octets(4096).slice(0, 16)).toString('hex'));
  });

  it('of counter modes count from a random start, which another start of the node has not', () => {
    const how = { transforms: GCM };
    const pair = pairOf({}, how);
    const ivs = [1, 2, 3].map(() => BigInt(`0x${ivOf(octets(send(pair.mobileNode, UPDATE)), 8)}`));
    expect(ivs.map((iv) => iv - (ivs[0] ?? 0n))).toEqual([0n, 1n, 2n]);
    const again = ipsecOf(DECLARATION, 'mobile-node', how, { random: new SeededRandom(77) });
    const other = BigInt(`0x${ivOf(octets(send(again, UPDATE)), 8)}`);
    const distance = other > (ivs[0] ?? 0n) ? other - (ivs[0] ?? 0n) : (ivs[0] ?? 0n) - other;
    expect(distance > 2n ** 40n).toBe(true);
  });

  it('of counter modes carry over into the upper half, and begin again after the last', () => {
    const start = (octet: number): IvCounter =>
      new IvCounter(new RandomOctets({ octets: (count) => new Uint8Array(count).fill(octet) }));
    const iv = new Uint8Array(8);
    start(0xff).next(iv);
    expect([...iv]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const octetsOf = { octets: (count: number) => new Uint8Array(count).fill(0xff, 4) };
    const counter = new IvCounter(new RandomOctets(octetsOf));
    counter.next(iv);
    expect([...iv]).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
  });
});

describe('ciphers', () => {
  it('are bounded however many associations there are, and made again when needed', () => {
    const homeAgent = ipsecOf(DECLARATION, 'home-agent', {}, { ciphers: 2 });
    const nodes = [1, 2, 3, 4, 5].map((offset) => {
      const homeAddress = OTHER_HOME_ADDRESS.slice();
      homeAddress[15] = 0x20 + offset;
      const declaration = { ...DECLARATION, homeAddress };
      protect(homeAgent, declaration, 'home-agent', { offset });
      return {
        homeAddress,
        ipsec: ipsecOf(declaration, 'mobile-node', { offset }, { ciphers: 1 }),
      };
    });
    for (let round = 0; round < 3; round++) {
      for (const { homeAddress, ipsec } of nodes) {
        const bytes = octets(send(ipsec, { ...bindingUpdate(homeAddress), ...AWAY }));
        expect(receive(homeAgent, bytes).kind).toBe('taken');
      }
    }
  });

  it('give way in the order of their last use', () => {
    const dropped: string[] = [];
    const owner = (name: string): CipherOwner => ({
      wasUsed: true,
      dropCiphers: () => dropped.push(name),
    });
    const pool = new CipherPool(2);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(owner);
    if (a === undefined || b === undefined || c === undefined || d === undefined) return;
    pool.admit(a);
    pool.admit(b);
    pool.admit(c);
    expect(dropped).toEqual(['a']);
    c.wasUsed = true;
    b.wasUsed = false;
    pool.admit(d);
    expect(dropped).toEqual(['a', 'b']);
    expect(pool.size).toBe(2);
    pool.release(c);
    pool.release(a);
    expect(pool.size).toBe(1);
    pool.admit(a);
    pool.admit(b);
    expect(pool.size).toBe(2);
  });

  it('of one key stay apart from those of another with the same SPI at another node', () => {
    const pair = pairOf({ payload: 'esp' }, { transforms: GCM });
    register(pair);
    const bytes = octets(sendTunnelled(pair.mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT)));
    const stranger = ipsecOf({ ...DECLARATION, payload: 'esp' }, 'home-agent');
    expect(receive(stranger, bytes)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: integrity',
    });
    expect(keysOf(GCM, 1).isCounterMode).toBe(true);
  });
});
