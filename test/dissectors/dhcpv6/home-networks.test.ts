import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { readHomeNetworks, tellsHomeNetwork } from '../../../dissectors/dhcpv6/home-networks.ts';

const AGENT = parseAddress('2001:db8::1') ?? new Uint8Array(16);
const PREFIX = parseAddress('2001:db8:7::') ?? new Uint8Array(16);

function option(code: number, data: readonly number[]): number[] {
  return [code >> 8, code & 0xff, data.length >> 8, data.length & 0xff, ...data];
}

function message(type: number, ...options: readonly number[][]): Uint8Array {
  return Uint8Array.from([type, 1, 2, 3, ...options.flat()]);
}

const AGENT_OPTION = option(72, [...AGENT]);
const PREFIX_OPTION = option(71, [64, ...PREFIX]);

function read(bytes: Uint8Array) {
  return tellsHomeNetwork(bytes, 0, bytes.length) ? readHomeNetworks(bytes, 0, bytes.length) : [];
}

describe('home networks in DHCPv6', () => {
  it.each([
    [50, 'visited'],
    [69, 'identified'],
    [70, 'unrestricted'],
  ] as const)('of option %i are %s', (code, kind) => {
    const bytes = message(7, option(1, [0, 3]), option(code, [...PREFIX_OPTION, ...AGENT_OPTION]));
    expect(read(bytes)).toEqual([
      { kind, homeAgents: [AGENT], prefixes: [{ prefix: PREFIX, length: 64 }] },
    ]);
  });

  it('may stand alone in the message', () => {
    expect(read(message(2, AGENT_OPTION))).toEqual([
      { kind: 'none', homeAgents: [AGENT], prefixes: [] },
    ]);
  });

  it('are not told by clients, nor by messages without such options', () => {
    expect(read(message(3, AGENT_OPTION))).toEqual([]);
    expect(read(message(7, option(23, [...AGENT])))).toEqual([]);
  });

  it('of hostile octets never throw and are few', () => {
    const many = Array.from({ length: 300 }, () => option(69, AGENT_OPTION));
    expect(read(message(7, ...many)).length).toBeLessThanOrEqual(16);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const bytes = Uint8Array.from([7, 0, 0, 0, 0, 69, 0, 40, ...data]);
        expect(read(bytes).length).toBeLessThanOrEqual(16);
      }),
    );
  });
});
