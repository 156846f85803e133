import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import {
  MAX_RECORDS,
  isServiceAnswer,
  readServiceAnswer,
} from '../../../dissectors/dns/service-answer.ts';

const AGENT = parseAddress('2001:db8::1') ?? new Uint8Array(16);

function labels(...names: readonly string[]): number[] {
  return names.flatMap((name) => [name.length, ...Buffer.from(name, 'latin1')]);
}

const QUESTION = [...labels('_mip6', '_ipv6', 'example', 'net'), 0, 0, 33, 0, 1];

function message(
  records: readonly number[],
  { answers = 1, additional = 0, flags = 0x8180 } = {},
): Uint8Array {
  const counts = [0, 1, 0, answers, 0, 0, 0, additional];
  return Uint8Array.from([1, 2, flags >> 8, flags & 0xff, ...counts, ...QUESTION, ...records]);
}

/** SRV record of the question for a target. */
function srv(target: readonly number[], priority = 10): number[] {
  const length = 6 + target.length;
  return [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, length, 0, priority, 0, 5, 0, 0, ...target];
}

const FULL_TARGET = [...labels('ha', 'example', 'net'), 0];
const AAAA = [...FULL_TARGET, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, ...AGENT];

function read(bytes: Uint8Array) {
  return isServiceAnswer(bytes, 0, bytes.length)
    ? readServiceAnswer(bytes, 0, bytes.length)
    : undefined;
}

describe('an answer for _mip6._ipv6', () => {
  it('names hosts and, when they stand in it, their addresses', () => {
    const bytes = message([...srv(FULL_TARGET), ...AAAA], { additional: 1 });
    expect(read(bytes)).toEqual({
      name: '_mip6._ipv6.example.net',
      targets: [{ priority: 10, weight: 5, port: 0, name: 'ha.example.net', addresses: [AGENT] }],
    });
  });

  it('may have compressed names and another case of letters', () => {
    const target = [...labels('ha'), 0xc0, 24];
    const bytes = message(srv(target));
    bytes[14] = 0x4d;
    expect(read(bytes)?.targets[0]?.name).toBe('ha.example.net');
  });

  it('is no question, no error, and no answer for another service', () => {
    expect(read(message(srv(FULL_TARGET), { flags: 0x0100 }))).toBeUndefined();
    expect(read(message(srv(FULL_TARGET), { flags: 0x8183 }))).toBeUndefined();
    const other = message(srv(FULL_TARGET));
    other.set(Buffer.from('_sip_'), 13);
    expect(read(other)).toBeUndefined();
  });

  it('with pointers in a circle, or forward, is malformed and ends', () => {
    const start = message([]).length;
    const itself = start + 18;
    expect(read(message(srv([0xc0, itself])))).toBeUndefined();
    expect(read(message(srv([...labels('ha'), 0xc0, start + 40])))).toBeUndefined();
  });

  it('is read up to a bound of records', () => {
    const many = Array.from({ length: 200 }, () => srv(FULL_TARGET)).flat();
    expect(read(message(many, { answers: 200 }))?.targets).toHaveLength(MAX_RECORDS);
  });

  it('cut anywhere gives what is whole, and hostile octets never throw', () => {
    const whole = message([...srv(FULL_TARGET), ...AAAA], { additional: 1 });
    for (let end = 0; end < whole.length; end++) {
      const part = whole.slice(0, end);
      const found = isServiceAnswer(part, 0, end) ? readServiceAnswer(part, 0, end) : undefined;
      expect(found?.targets[0]?.addresses ?? []).toEqual([]);
    }
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = whole.slice();
        for (const [at, octet] of list) bytes[at] = octet;
        const answer = readServiceAnswer(bytes, 0, bytes.length);
        expect(answer?.targets.length ?? 0).toBeLessThanOrEqual(MAX_RECORDS);
      }),
    );
  });
});
