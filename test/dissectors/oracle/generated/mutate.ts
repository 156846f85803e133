/**
 * Packets with one bit wrong, or cut: by their sender, or by the capture.
 */
import { putU16 } from '../../../../dissectors/core/bytes.ts';
import { LINKTYPE } from '../../../../dissectors/walk.ts';
import type { SamplePacket } from './sample.ts';

const IPV6_OCTETS = 40;
const PAYLOAD_LENGTH = 4;

/** Numbers from 0 up to a limit, the same ones in every run. */
function numbers(): (limit: number) => number {
  let state = 0x2545f491;
  return (limit) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/**
 * Mutated packets, about `count` of them and at least one of every second: behind the IPv6 header one bit, or the end.
 */
export function mutated(packets: readonly SamplePacket[], count: number): SamplePacket[] {
  const draw = numbers();
  const whole = packets.filter(
    ({ make, linkType, bytes }) =>
      make === 'valid' &&
      linkType === LINKTYPE.raw &&
      (bytes[0] ?? 0) >> 4 === 6 &&
      bytes.length > IPV6_OCTETS,
  );
  const rounds = Math.ceil(count / whole.length);
  const chosen =
    rounds > 1
      ? Array.from({ length: rounds }, () => whole).flat()
      : whole.filter((_, i) => i % 2 === 0);
  return chosen.map((original, i): SamplePacket => {
    const { bytes, subject } = original;
    const room = bytes.length - IPV6_OCTETS;
    const rest = { ...original, make: 'mutated' as const };
    if (i % 4 === 2) {
      const cut = bytes.slice(0, IPV6_OCTETS + draw(room));
      putU16(cut, PAYLOAD_LENGTH, cut.length - IPV6_OCTETS);
      return { ...rest, bytes: cut, subject: `${subject}, cut by its sender` };
    }
    if (i % 4 === 3) {
      const cut = bytes.slice(0, IPV6_OCTETS + draw(room));
      const named = `${subject}, cut by the capture`;
      return { ...rest, bytes: cut, subject: named, originalLength: bytes.length };
    }
    const changed = bytes.slice();
    const bit = draw(8 * room);
    const at = IPV6_OCTETS + (bit >> 3);
    changed[at] = (changed[at] ?? 0) ^ (0x80 >> (bit & 7));
    return { ...rest, bytes: changed, subject: `${subject}, bit ${bit & 7} of octet ${at}` };
  });
}
