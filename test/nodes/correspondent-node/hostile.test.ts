/**
 * Everything that the fuzz corpus has, thrown at a correspondent: it neither breaks nor learns anything from strangers.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { Ipv6View, LINKTYPE, walkIpv6 } from '../../../dissectors/walk.ts';
import { mutate } from '../../fuzz/mutator.ts';
import { Random } from '../../fuzz/random.ts';
import { fixtureFrames } from '../../fuzz/seeds.ts';
import { CARE_OF, CORRESPONDENT, CorrespondentBench, HOME } from './bench.ts';
import { MobilePeer, setChecksum, statusOf } from './mobile-peer.ts';

const IPV6_OCTETS = 40;
const MOBILITY_HEADER = 135;

/** IPv6 packets of the fixtures. */
function corpus(): Uint8Array[] {
  return fixtureFrames()
    .filter(({ linkType, bytes }) => linkType === LINKTYPE.ethernet && u16(bytes, 12) === 0x86dd)
    .map(({ bytes }) => bytes.slice(14))
    .filter(({ length }) => length >= IPV6_OCTETS);
}

/** The packet for the correspondent: the rest stays as its sender made it, with a right checksum of its Mobility Header. */
function redirected(packet: Uint8Array): Uint8Array {
  const out = packet.slice();
  out.set(CORRESPONDENT, 24);
  const view = new Ipv6View();
  if (walkIpv6(out, 0, out.length, false, view) && view.upperProtocol === MOBILITY_HEADER) {
    const octets = out.subarray(view.upperOffset, view.upperEnd);
    const address = (at: number): Uint8Array => out.slice(at, at + 16);
    const source = address(view.effectiveSource);
    const destination = address(view.effectiveDestination);
    if (octets.length >= 8) setChecksum(octets, { source, destination });
  }
  return out;
}

/** What may not grow. */
function stateOf({ node, host }: CorrespondentBench): unknown {
  const { replays, refreshRequests, unreachable, limitOctets } = node.state;
  const bindings = [...host.bindings.entries()].map(({ homeAddress, careOfAddress, sequence }) => [
    formatAddress(homeAddress),
    formatAddress(careOfAddress),
    sequence,
  ]);
  return { replays, refreshRequests, unreachable, limitOctets, bindings };
}

describe('the fuzz corpus at a correspondent', () => {
  const packets = corpus();

  test('has packets of all kinds', () => {
    const mobility = packets.filter((packet) => u8(packet, 6) === MOBILITY_HEADER);
    const types = new Set(mobility.map((packet) => u8(packet, IPV6_OCTETS + 2)));
    expect(packets.length).toBeGreaterThan(500);
    expect([1, 2, 3, 4, 5, 6, 7].every((type) => types.has(type))).toBe(true);
  });

  test('as it is and changed: nothing breaks, no state is gained, answers and alarms are few, and the binding lives', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register())).toBe(0);
    const before = stateOf(bench);
    const random = new Random(20_240);
    const started = bench.scheduler.now;
    let sent = 0;
    bench.log.length = 0;
    const deliver = (packet: Uint8Array): void => {
      bench.peer.send(packet);
      sent++;
      if (sent % 50 === 0) bench.scheduler.advance(20);
    };
    for (const packet of packets) {
      deliver(redirected(packet));
      const other = random.pick(packets) ?? packet;
      const changed = mutate(packet, other, [HOME, CARE_OF, CORRESPONDENT], random);
      if (changed.length >= IPV6_OCTETS) deliver(redirected(changed));
    }
    bench.scheduler.advance(20);
    const seconds = (bench.scheduler.now - started) / 1000;
    expect(sent).toBeGreaterThan(1000);
    expect(stateOf(bench)).toEqual(before);
    // Ten lines of an event at once, then one a second.
    const alarms = new Map<string, number>();
    for (const { level, event } of bench.log) {
      if (level === 'alarm' || level === 'warn') alarms.set(event, (alarms.get(event) ?? 0) + 1);
    }
    for (const [event, count] of alarms) expect(count, event).toBeLessThanOrEqual(11 + seconds);
    // What was decided about by the authenticator is in the log, so the corpus reached it.
    expect(bench.log.some(({ event }) => event === 'correspondent-binding-refused')).toBe(true);
    expect(bench.pingHome()?.destination).toBe(formatAddress(CARE_OF));
    bench.scheduler.advance(3000);
    expect(statusOf(mobile.tests().register())).toBe(0);
    bench.close();
  });

  test('updates that were once good, with one octet changed: none is accepted, and none moves the binding', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const update = mobile.update();
    const headers = 64;
    for (let at = headers; at < update.length; at++) {
      if (at === headers + 4 || at === headers + 5) continue;
      for (const bit of [0x01, 0x80]) {
        const spoiled = update.slice();
        spoiled[at] = u8(spoiled, at) ^ bit;
        setChecksum(spoiled.subarray(headers), { source: HOME, destination: CORRESPONDENT });
        const before = stateOf(bench);
        for (const answer of bench.deliver(spoiled)) {
          const message = answer.mobility?.message;
          if (message?.kind !== 'binding-acknowledgement') continue;
          expect(message.status).toBeGreaterThanOrEqual(128);
        }
        expect(stateOf(bench)).toEqual(before);
        bench.scheduler.advance(500);
      }
    }
    expect(statusOf(mobile.tests().register())).toBe(0);
    bench.close();
  });
});
