import { mkdirSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandGlob, isGlob, matchSegment } from '../../../io/capture/glob.ts';
import { Scratch } from './scratch.ts';

describe('matchSegment', () => {
  for (const [pattern, name, expected] of [
    ['*', 'anything', true],
    ['*', '', true],
    ['*', '.hidden', false],
    ['.*', '.hidden', true],
    ['*.pcap', 'a.pcap', true],
    ['*.pcap', 'a.pcapng', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['a*b*c', 'abcbc', true],
    ['?', 'a', true],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['[abc]x', 'bx', true],
    ['[abc]x', 'dx', false],
    ['[!abc]x', 'dx', true],
    ['[^abc]x', 'ax', false],
    ['[0-9][0-9]', '42', true],
    ['[0-9]', 'a', false],
    ['[]]', ']', true],
    ['[a-]', '-', true],
    ['[', '[', true],
    ['a[', 'a[', true],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['', '', true],
  ] as const) {
    it(`says ${expected} for pattern "${pattern}" and name "${name}"`, () => {
      expect(matchSegment(pattern, name)).toBe(expected);
    });
  }

  it('needs little time for many stars', () => {
    const name = 'a'.repeat(250);
    expect(matchSegment('*a'.repeat(60) + 'b', name)).toBe(false);
    expect(matchSegment('*a'.repeat(60), name)).toBe(true);
  });
});

describe('expandGlob', () => {
  const scratch = new Scratch();
  for (const name of ['b.pcap', 'a.pcap', 'c.txt', 'x/d.pcap', 'x/y/e.pcap', '.h/f.pcap']) {
    scratch.write(name, 'x');
  }
  mkdirSync(scratch.path('empty'));
  symlinkSync(scratch.directory, scratch.path('x/loop'));

  /** Matches, relative to the directory of the test. */
  function matches(pattern: string): string[] {
    return expandGlob(scratch.path(pattern)).map((path) => relative(scratch.directory, path));
  }

  it('gives matches sorted by name', () => {
    expect(matches('*.pcap')).toEqual(['a.pcap', 'b.pcap']);
  });

  it('matches directories on the way', () => {
    expect(matches('?/*.pcap')).toEqual(['x/d.pcap']);
    expect(matches('[w-z]/y/e.pcap')).toEqual(['x/y/e.pcap']);
  });

  it('looks into all directories for **, hidden ones and links aside', () => {
    expect(matches('**/*.pcap')).toEqual(['a.pcap', 'b.pcap', 'x/d.pcap', 'x/y/e.pcap']);
    expect(matches('x/**')).toEqual(['x/d.pcap', 'x/y/e.pcap']);
    expect(matches('**/**/**/e.pcap')).toEqual(['x/y/e.pcap']);
  });

  it('gives nothing where nothing matches', () => {
    expect(matches('*.cap')).toEqual([]);
    expect(matches('nowhere/*.pcap')).toEqual([]);
    expect(matches('empty/*')).toEqual([]);
  });

  it('works relative to the current directory', () => {
    expect(expandGlob('package*.json')).toContain('package.json');
    expect(isGlob('package.json')).toBe(false);
  });
});
