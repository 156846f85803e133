import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ByteSource, FieldNode, NodeValue } from '../../../dissectors/core/node.ts';
import { FilterError, formatFilterError } from '../../../engine/filter/error.ts';
import { compileFilter, filterProblem } from '../../../engine/filter/filter.ts';
import { fieldSource } from '../../../engine/filter/source.ts';
import { packetsOf } from './packets.ts';

/** A node with a value, and nothing under it. */
function leaf(name: string, value: NodeValue, text = String(value)): FieldNode {
  return { label: name, name, text, value, offset: 0, length: 0, source: 0, children: [] };
}

const NO_SOURCES: readonly ByteSource[] = [];

function matches(filter: string, ...nodes: readonly FieldNode[]): boolean {
  return compileFilter(filter).matches(fieldSource(nodes, NO_SOURCES));
}

function problem(filter: string): FilterError {
  const found = filterProblem(filter);
  if (found === undefined) throw new Error(`${filter} has nothing wrong`);
  return found;
}

describe('a filter', () => {
  it('that is blank lets everything through', () => {
    expect(matches('')).toBe(true);
    expect(matches('  \n')).toBe(true);
  });

  it('tells the fields it asks for, names of several fields resolved', () => {
    const { fields, usesState, needsBytes } = compileFilter('ipv6.addr == ::1 && mip6.bu.lifetime');
    expect([...fields]).toEqual(['ipv6.src', 'ipv6.dst', 'mip6.bu.lifetime']);
    expect({ usesState, needsBytes }).toEqual({ usesState: false, needsBytes: false });
    expect(compileFilter('mip6guard.rule').usesState).toBe(true);
    expect(compileFilter('frame contains "a"').needsBytes).toBe(true);
    expect(compileFilter('eth.src[0] == 2').needsBytes).toBe(false);
  });

  it('asks for any field below a prefix that is no field itself', () => {
    expect(matches('mip6.bu', leaf('mip6.bu.lifetime', 4))).toBe(true);
    expect(matches('mip6.bu', leaf('mip6.ba.lifetime', 4))).toBe(false);
    expect(problem('mip6.bu == 3').message).toContain('stands for several fields');
  });

  it('compares no value with a field that is not there', () => {
    expect(matches('mip6.bu.lifetime != 3')).toBe(false);
    expect(matches('!(mip6.bu.lifetime == 3)')).toBe(true);
  });

  it('takes != as no value, and !== as any value, of a field that is there several times', () => {
    const twice = [leaf('ipv6.hlim', 64), leaf('ipv6.hlim', 255)];
    expect(matches('ipv6.hlim != 64', ...twice)).toBe(false);
    expect(matches('ipv6.hlim !== 64', ...twice)).toBe(true);
    expect(matches('ipv6.hlim ~= 64', ...twice)).toBe(true);
    expect(matches('ipv6.hlim === 64', ...twice)).toBe(false);
    expect(matches('all ipv6.hlim >= 64', ...twice)).toBe(true);
    expect(matches('any ipv6.hlim == 255', ...twice)).toBe(true);
  });

  it('knows exclusive or, as later versions of Wireshark do', () => {
    const one = leaf('ipv6.hlim', 1);
    expect(matches('ipv6.hlim == 1 xor ipv6.plen', one)).toBe(true);
    expect(matches('ipv6.hlim == 1 ^^ ipv6.hlim', one)).toBe(false);
  });

  it('takes chains of comparisons', () => {
    expect(matches('ipv6.hlim >= ipv6.plen > 3', leaf('ipv6.hlim', 9), leaf('ipv6.plen', 5))).toBe(
      true,
    );
    expect(matches('ipv6.hlim >= ipv6.plen > 5', leaf('ipv6.hlim', 9), leaf('ipv6.plen', 5))).toBe(
      false,
    );
  });

  it('compares 64-bit numbers and octets of fixed length with hexadecimal numbers', () => {
    const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const node = leaf('mip6.hoti.cookie', cookie);
    expect(matches('mip6.hoti.cookie == 0x0102030405060708', node)).toBe(true);
    expect(matches('mip6.hoti.cookie == 0x0102030405060709', node)).toBe(false);
    expect(matches('mip6.hoti.cookie > 0x0102030405060707', node)).toBe(true);
  });

  it('compares prefixes of fewer octets as addresses', () => {
    const short = leaf('icmpv6.opt.prefix', Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0));
    expect(matches('icmpv6.opt.prefix == 2001:db8::/32', short)).toBe(true);
    expect(matches('icmpv6.opt.prefix == 2001:db8:2::/48', short)).toBe(false);
  });

  it('finds names of values whatever their case, also where a protocol has the name', () => {
    expect(matches('ipv6.nxt == ICMPv6', leaf('ipv6.nxt', 58))).toBe(true);
    expect(matches('ipv6.nxt == icmpv6', leaf('ipv6.nxt', 58))).toBe(true);
    expect(matches('_ws.expert.severity >= warn', leaf('_ws.expert.severity', 0x800000))).toBe(
      true,
    );
    expect(matches('_ws.expert.severity == Note', leaf('_ws.expert.severity', 0x800000))).toBe(
      false,
    );
  });

  it('compares text with quoted and plain words', () => {
    const rule = leaf('mip6guard.rule', 'MIP6-1106');
    expect(matches('mip6guard.rule == "MIP6-1106"', rule)).toBe(true);
    expect(matches('mip6guard.rule == MIP6-1106', rule)).toBe(true);
    expect(matches('mip6guard.rule in {"MIP6-1101", "MIP6-1106"}', rule)).toBe(true);
    expect(matches('mip6guard.rule contains 11', rule)).toBe(true);
    expect(matches('mip6guard.rule matches "^mip6-1[01]\\\\d\\\\d$"', rule)).toBe(true);
    expect(matches('mip6guard.rule[0:4] == "MIP6"', rule)).toBe(true);
    expect(matches('len(mip6guard.rule) == 9', rule)).toBe(true);
    expect(matches('lower(mip6guard.rule) == "mip6-1106"', rule)).toBe(true);
    expect(matches('ipv6.src_host == "::1"', leaf('ipv6.src', bytesOf('::1')))).toBe(true);
  });

  it('reads strings with escapes, and raw ones without', () => {
    const name = leaf('frame.interface_name', 'a\\b"c');
    expect(matches('frame.interface_name == "a\\\\b\\"c"', name)).toBe(true);
    expect(matches('frame.interface_name == "\\x61\\134\\u0062\\"c"', name)).toBe(true);
    expect(matches('frame.interface_name matches r"a\\\\b"', name)).toBe(true);
  });

  it('counts bits of large numbers, divides whole numbers, and has no result for a division by 0', () => {
    const large = leaf('frame.number', 2 ** 40 + 5);
    expect(matches('frame.number & 0x10000000005 == 0x10000000005', large)).toBe(true);
    expect(matches('frame.number / 2 == 3', leaf('frame.number', 7))).toBe(true);
    expect(matches('frame.number / 0 == 3', leaf('frame.number', 7))).toBe(false);
    expect(matches('frame.number % 0 == 3', leaf('frame.number', 7))).toBe(false);
    expect(
      matches(
        'min(frame.number, 3, frame.len) == 2',
        leaf('frame.number', 7),
        leaf('frame.len', 2),
      ),
    ).toBe(true);
  });

  it('takes slices from both ends and in several parts', () => {
    const mac = leaf('eth.src', Uint8Array.of(2, 0, 0, 0xaa, 0xbb, 0xcc));
    expect(matches('eth.src[-2] == bb', mac)).toBe(true);
    expect(matches('eth.src[-3--2] == aa:bb', mac)).toBe(true);
    expect(matches('eth.src[0,5] == 02:cc', mac)).toBe(true);
    expect(matches('eth.src[1:4][2] == aa', mac)).toBe(true);
    expect(matches('eth.src[4-9]', mac)).toBe(false);
  });

  it('slices protocols', () => {
    const [bindingUpdate] = packetsOf(['samples/mobility-messages.pcapng']).filter(({ source }) =>
      compileFilter('mip6.mhtype == 5').matches(source),
    );
    const source = bindingUpdate?.source;
    expect(source).toBeDefined();
    if (source === undefined) return;
    expect(compileFilter('mip6[2] == 5').matches(source)).toBe(true);
    expect(compileFilter('mip6[2:1] == 06').matches(source)).toBe(false);
    expect(compileFilter('len(mip6) >= 8 and mip6[0] == 3b').matches(source)).toBe(true);
  });
});

function bytesOf(address: '::1'): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[15] = address.length === 3 ? 1 : 0;
  return bytes;
}

describe('what is wrong with a filter', () => {
  it.each([
    ['mip6.bu.lifetme > 3', 'did you mean mip6.bu.lifetime?'],
    ['lifetime > 3', 'mip6.bu.lifetime'],
    ['IPv6.src', 'ipv6.src'],
    ['mip6.mhtype == "Binding Updat"', 'did you mean "Binding Update"?'],
    ['ipv6.hlim = 3', 'write == to compare'],
    ['64 == ipv6.hlim', 'the field comes first'],
    ['ipv6 AND icmpv6', 'write and in small letters'],
    ['ipv6.hlim in {1 2}', 'commas'],
    ['eth.src == 02:00:00', 'slice'],
    ['ipv6.hlim matches "6"', 'string(ipv6.hlim)'],
    ['frame.protocols matches "(?=a)"', 'plain groups'],
    ['count(ipv6.hlim, 3) == 1', 'takes 1 arguments'],
    ['max(eth.src) == 1', 'takes numbers'],
    ['abc(ipv6.hlim) == 1', 'there are len, count'],
  ])('%s is told with what to write instead', (filter, hint) => {
    expect(formatFilterError(problem(filter))).toContain(hint);
  });

  it('is marked at its characters', () => {
    expect(formatFilterError(problem('mip6.bu.lifetme > 3 and ipv6'))).toBe(
      'mip6.bu.lifetme is neither a field nor a protocol; did you mean mip6.bu.lifetime?\n' +
        '  mip6.bu.lifetme > 3 and ipv6\n' +
        '  ^^^^^^^^^^^^^^^',
    );
    expect(formatFilterError(problem('ipv6.hlim == 300'))).toContain(
      '\n  ipv6.hlim == 300\n               ^^^',
    );
    expect(formatFilterError(problem('(ipv6'))).toContain('\n  (ipv6\n       ^');
  });

  it('is marked in the part of a long filter that is shown', () => {
    const filter = `${'ipv6 or '.repeat(40)}nosuch or ${'ipv6 or '.repeat(40)}ipv6`;
    const [, shown = '', carets = ''] = formatFilterError(problem(filter)).split('\n');
    expect(shown.length).toBeLessThan(120);
    expect(shown.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('nosuch');
  });

  it('is free of control characters', () => {
    const shown = formatFilterError(problem('frame.protocols == "a\x1b[31m" ö'));
    expect(shown.split('\n').join('')).toMatch(/^[ -~]*$/);
  });

  it.each([
    ['too long', 'ipv6 or '.repeat(600)],
    ['nested too deep', `${'('.repeat(65)}ipv6${')'.repeat(65)}`],
    ['denied too often', `${'!'.repeat(65)}ipv6`],
    ['of functions too deep', `${'abs('.repeat(65)}ipv6.hlim${')'.repeat(65)} == 1`],
    ['of a set too large', `ipv6.hlim in {${'1,'.repeat(1025)}1}`],
    ['of a pattern too long', 'frame matches "(a{999}){999}"'],
    ['of a calculation too long', `${'ipv6.hlim + '.repeat(100)}1 == 3`],
  ])('%s is refused', (_, filter) => {
    expect(problem(filter)).toBeInstanceOf(FilterError);
  });
});

describe('docs/filters.md', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../../docs/filters.md'), 'utf8');

  it('shows only filters that can be used', () => {
    const [, section = ''] = page.split('## What a packet is asked');
    const shown = [...(section.split('\n## ')[0]?.matchAll(/^\| `([^`]+)` \|/gm) ?? [])];
    expect(shown.length).toBeGreaterThan(10);
    for (const [, filter = ''] of shown) expect(() => compileFilter(filter)).not.toThrow();
  });

  it('shows an error as it is told', () => {
    const [, section = ''] = page.split('## Errors');
    const shown = /```text\n([^`]*)\n```/.exec(section)?.[1];
    expect(shown).toBe(formatFilterError(problem('mip6.bu.lifetme > 3')));
  });
});
