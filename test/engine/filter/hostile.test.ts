import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterError, formatFilterError } from '../../../engine/filter/error.ts';
import { filterFields } from '../../../engine/filter/fields.ts';
import { compileFilter } from '../../../engine/filter/filter.ts';
import { Pattern } from '../../../engine/filter/pattern.ts';
import { enduranceRuns } from '../../endurance.ts';
import { packetsOf } from './packets.ts';

const PACKETS = packetsOf(['samples/mobility-messages.pcapng', 'samples/icmpv6-messages.pcapng']);

/** Words that filters are made of, so that nonsense gets past the first token. */
const WORDS = [
  ...['==', '!=', '===', '!==', '~=', '<', '<=', '>', '>=', '&&', '||', '^^', '!', '~', '&', '-'],
  ...['and', 'or', 'xor', 'not', 'in', 'contains', 'matches', 'any', 'all', '(', ')', '{', '}'],
  ...[',', '..', '[0]', '[1:2]', '[-1]', '[0-1,3]', '[:4]', '+', '*', '/', '%', '0', '1', '0x20'],
  ...['255', '1.5', '2001:db8::/32', '::1', '10.0.0.1', '02:00:00:00:00:01', 'aa:bb', 'True'],
  ...[
    '"Binding Update"',
    '"a.*b"',
    'r"\\d+"',
    "'a'",
    'len(',
    'count(',
    'max(',
    'string(',
    'lower(',
  ],
  ...['frame', 'eth.src', 'ipv6', 'ipv6.addr', 'ipv6.hlim', 'mip6', 'mip6.mhtype', 'mip6.bu'],
  ...['icmpv6.type', 'frame.protocols', 'mip6guard.rule', 'mip6.bad.auth', 'frame.time_epoch'],
];

/** Compiles, and asks packets when it is a filter. Anything but FilterError is a fault. */
function tryFilter(text: string): boolean {
  try {
    const { matches } = compileFilter(text);
    for (const { source } of PACKETS) matches(source);
    return true;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { offset, length } = error;
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(length).toBeGreaterThanOrEqual(0);
    expect(offset + length).toBeLessThanOrEqual(Math.max(text.length, offset));
    expect(offset).toBeLessThanOrEqual(text.length);
    expect(formatFilterError(error).split('\n').join('')).toMatch(/^[ -~]*$/);
    return false;
  }
}

describe('text that nobody meant as a filter', () => {
  it('gives a FilterError at characters of it, or a filter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        tryFilter(text);
      }),
      { numRuns: enduranceRuns(2000), seed: 1 },
    );
  });

  it('also when it is made of the words of filters', () => {
    let filters = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }), (words) => {
        if (tryFilter(words.join(' '))) filters++;
      }),
      { numRuns: enduranceRuns(5000), seed: 2 },
    );
    expect(filters).toBeGreaterThan(50);
  });

  it('also when a field meets every operator and value', () => {
    const operators = ['==', '<', 'contains', 'matches', 'in', '&'];
    const values = ['1', '"a"', '::1', 'aa:bb', 'True', '{1, 2}', '{"a".."b"}', 'eth.src', 'frame'];
    let filters = 0;
    for (const [i, name] of [...filterFields().keys()].entries()) {
      if (!tryFilter(name) || !tryFilter(`!${name}`)) throw new Error(`${name} is no filter`);
      // Every fifth field: the types take turns.
      if (i % 5 !== 0) continue;
      for (const operator of operators) {
        for (const value of values) {
          try {
            compileFilter(`${name} ${operator} ${value}`);
            filters++;
          } catch (error) {
            if (!(error instanceof FilterError)) throw error;
          }
        }
      }
    }
    expect(filters).toBeGreaterThan(1000);
  });
});

/** What is not linear takes hours; what is takes milliseconds, on a busy machine a second. */
const SECONDS = 60_000;

describe('a pattern', () => {
  const place = { filter: '', offset: 0, length: 0 };
  const find = (pattern: string, text: string): boolean =>
    new Pattern(pattern, place).isInText(text);

  it('finds what JavaScript finds', () => {
    const atom = fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        'c',
        '.',
        '[ab]',
        '[^a]',
        '\\d',
        '\\w',
        '^',
        '$',
        '(a|bc)',
        '(?:ab)',
      ),
      fc.constantFrom('a*', 'b+', 'c?', 'a{2}', '(ab)*', '(a|b)+', '[a-c]{1,2}', '(a|)', '(b$|^a)'),
    );
    const pattern = fc.oneof(
      fc.array(atom, { maxLength: 5 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.array(atom, { maxLength: 3 }), fc.array(atom, { maxLength: 3 }))
        .map(([a, b]) => `${a.join('')}|${b.join('')}`),
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '1', '-'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(find(source, subject)).toBe(new RegExp(source, 'is').test(subject));
      }),
      { numRuns: enduranceRuns(5000), seed: 3 },
    );
  });

  it('is told to mind case, and takes octets', () => {
    expect(find('ABC', 'xabcx')).toBe(true);
    expect(find('(?-i)ABC', 'xabcx')).toBe(false);
    const octets = Uint8Array.of(0x00, 0xff, 0x20, 0x01);
    expect(new Pattern('\\xff.\\x01$', place).isIn(octets, 0, 4)).toBe(true);
    expect(new Pattern('[[:xdigit:]]', place).isIn(octets, 0, 4)).toBe(false);
  });

  it.each(['(a+)+$', '^(a|a)*$', '(a*)*b', '^(.*)*x', '^a{0,200}a{0,200}$', '(a|aa)+$'])(
    '%s costs the same for every octet, where others take years',
    (pattern) => {
      const subject = new Uint8Array(200_000).fill(0x61);
      subject[subject.length - 1] = 0x21;
      expect(new Pattern(pattern, place).isIn(subject, 0, subject.length)).toBe(false);
    },
    SECONDS,
  );

  it(
    'costs the same for contains of text that almost fits',
    () => {
      const bytes = new Uint8Array(500_000).fill(0x61);
      const node = { label: '', text: '', offset: 0, source: 0, children: [] };
      const frame = { ...node, name: 'frame', length: bytes.length };
      const { matches } = compileFilter(`frame contains "${'a'.repeat(4000)}b"`);
      const source = {
        has: () => true,
        collect: (_name: string, _form: string, into: { pushOctets: PushOctets }) => {
          into.pushOctets(bytes, frame.offset, frame.length);
        },
      };
      expect(matches(source)).toBe(false);
    },
    SECONDS,
  );

  it.each([
    '(',
    ')',
    '[a',
    'a**',
    '*a',
    'a{3,1}',
    'a{2000}',
    '\\',
    '\\q',
    '(?<a>b)',
    '(?=a)',
    'a++',
  ])('%s is refused', (pattern) => {
    expect(() => new Pattern(pattern, place)).toThrow(FilterError);
  });
});

type PushOctets = (bytes: Uint8Array, start: number, length: number) => void;
