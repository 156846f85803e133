import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bar, meter, sparkline, squeeze } from '../../ui/components/bars.ts';
import { hexSegments, hexTop } from '../../ui/components/hex.tsx';
import { verdictLines } from '../../ui/components/prompt.tsx';
import { columnWidths, rowSegments } from '../../ui/components/table.tsx';
import { ancestors, pathOfOctet, treeLines, treeText } from '../../ui/components/tree.tsx';
import { windowTop } from '../../ui/hooks/use-list.ts';
import { FIRST_WEIGHTS, paneSizes, resized } from '../../ui/packets/panes.ts';
import { checkSearch, searchQuery } from '../../ui/packets/search.ts';
import { textWidth } from '../../ui/text.ts';
import { fakeDetail } from './fake-packets.ts';

describe('sparklines and bars', () => {
  it('tell nothing from little, and the largest from the rest', () => {
    expect(sparkline([0, 1, 50, 100], 10)).toBe(' ▁▄█');
    expect(sparkline([], 10)).toBe('');
    expect(sparkline([0, Number.NaN, -3], 10)).toBe('   ');
  });

  it('lose no peak when there are more values than cells', () => {
    const values = Array.from({ length: 256 }, (_, i) => (i === 100 ? 9 : 1));
    expect(squeeze(values, 20)).toHaveLength(20);
    expect(sparkline(values, 20)).toContain('█');
  });

  it('take exactly the cells there are', () => {
    fc.assert(
      fc.property(
        fc.double(),
        fc.double(),
        fc.integer({ min: 0, max: 60 }),
        (value, most, width) => {
          expect(textWidth(bar(value, most, width))).toBe(width);
        },
      ),
    );
    expect(bar(1, 1_000_000, 10)).toBe('▏         ');
    expect(bar(5, 5, 4)).toBe('████');
    expect(meter(0.5, 12)).toBe('[#####.....]');
  });
});

describe('the window of a list', () => {
  it('shows the cursor, is full, and moves no further than it must', () => {
    const whole = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(
        whole,
        fc.integer({ min: 1, max: 50 }),
        whole,
        fc.integer({ min: 1, max: 20 }),
        (from, count, at, height) => {
          const cursor = Math.min(at, count - 1);
          const top = windowTop(from, cursor, height, count);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(cursor).toBeGreaterThanOrEqual(top);
          expect(cursor).toBeLessThan(top + height);
          expect(top + height <= count || top === 0).toBe(true);
          expect(windowTop(top, cursor, height, count)).toBe(top);
        },
      ),
    );
  });
});

describe('the tree of fields', () => {
  const { nodes } = fakeDetail(0);

  it('shows children of what is open', () => {
    const closed = treeLines(nodes, () => false);
    expect(closed.map(({ depth }) => depth)).toEqual([0, 0, 0, 0, 0]);
    const open = treeLines(nodes, () => true);
    expect(open.find(({ path }) => path === '/mip6/mip6.bu.flags/mip6.bu.a_flag')?.depth).toBe(2);
    expect(open.map(treeText).join('\n')).toContain('▾ Flags: 0xc000');
  });

  it('has the same path for the same field of another packet, and each path once', () => {
    const [first] = nodes;
    if (first === undefined) throw new Error('there is a node');
    const paths = treeLines([first, first, ...nodes.slice(1)], () => true).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toContain('/frame#1/frame.number');
  });

  it('finds the smallest field of an octet', () => {
    expect(pathOfOctet(nodes, 0, 60)).toBe('/mip6/mip6.bu.seqnr');
    expect(pathOfOctet(nodes, 0, 62)).toBe('/mip6/mip6.bu.flags');
    expect(pathOfOctet(nodes, 0, 15)).toBe('/ipv6');
    expect(pathOfOctet(nodes, 1, 3)).toContain('data.data');
    expect(pathOfOctet(nodes, 0, 5000)).toBeUndefined();
  });

  it('knows what a path lies in', () => {
    expect(ancestors('/a/b/c')).toEqual(['/a', '/a/b']);
    expect(ancestors('/a')).toEqual([]);
  });
});

describe('octets', () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => i + 0x3c);
  const textOf = (...args: Parameters<typeof hexSegments>): string =>
    hexSegments(...args)
      .map(({ text }) => text)
      .join('');

  it('have brackets around the marked ones, so that they are seen without colours', () => {
    expect(textOf(bytes, 0, 8, { offset: 2, length: 3 }, undefined)).toBe(
      '0000  3c 3d[3e 3f  40]41 42 43   <=>?@ABC',
    );
    expect(textOf(bytes, 16, 8, { offset: 0, length: 0 }, 17)).toBe(
      '0010  4c<4d>4e 4f                LMNO',
    );
  });

  it('mark a field over several lines', () => {
    expect(textOf(bytes, 0, 8, { offset: 6, length: 4 }, undefined)).toContain('41[42 43]');
    expect(textOf(bytes, 8, 8, { offset: 6, length: 4 }, undefined)).toContain('0008 [44 45]46');
  });

  it('are scrolled to what matters and no further', () => {
    expect(hexTop(0, 5, 6, 4, 10)).toBe(3);
    expect(hexTop(3, 5, 6, 4, 10)).toBe(3);
    expect(hexTop(3, 1, 9, 4, 10)).toBe(1);
    expect(hexTop(9, 0, 0, 4, 2)).toBe(0);
  });
});

describe('a table', () => {
  it('fills its cells exactly, and leaves columns out that have no place', () => {
    const columns = [
      { title: 'Name', width: 6, share: 2, cell: (row: string) => row },
      { title: 'Count', width: 5, isRight: true, cell: () => '7' },
      { title: 'More', width: 4, share: 1, from: 60, cell: () => ({ text: 'x\x1b[2J' }) },
    ];
    for (const total of [40, 59, 60, 61, 120]) {
      const widths = columnWidths(columns, total);
      expect(widths).toHaveLength(total >= 60 ? 3 : 2);
      const text = rowSegments(widths, 'a\nb')
        .map((segment) => segment.text)
        .join('');
      expect(textWidth(text)).toBe(total);
      expect(text).not.toMatch(/[\n\x1b]/);
    }
  });
});

describe('what is said of a typed text', () => {
  const wrong = { ok: false, message: 'there is no field x', offset: 4, length: 2 } as const;

  it('stands behind the carets, before them, or above when there is no room', () => {
    expect(verdictLines(wrong, 2, 60)).toEqual({
      above: [],
      below: '      ^^ there is no field x',
    });
    expect(verdictLines({ ...wrong, offset: 30 }, 2, 40)).toEqual({
      above: [],
      below: `${'there is no field x'.padEnd(32)}^^`,
    });
    expect(verdictLines(wrong, 2, 20)).toEqual({
      above: ['there is no field', 'x'],
      below: '      ^^',
    });
  });

  it('is never wider than the screen', () => {
    const place = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(place, place, fc.integer({ min: 30, max: 200 }), (offset, length, width) => {
        const { below } = verdictLines({ ...wrong, offset, length }, 8, width);
        expect(textWidth(below)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('sizes of panes', () => {
  it('fill the screen with a title line for each, whatever the weights', () => {
    const weight = fc.double({ min: 0.5, max: 40, noNaN: true });
    fc.assert(
      fc.property(
        weight,
        weight,
        weight,
        fc.integer({ min: 19, max: 80 }),
        (list, tree, hex, rows) => {
          const weights = { list, tree, hex };
          const sizes = paneSizes({ columns: 100, rows }, weights, undefined);
          const used = (sizes.list?.rows ?? 0) + (sizes.tree?.rows ?? 0) + (sizes.hex?.rows ?? 0);
          expect(used + 3).toBe(rows);
          const wide = paneSizes({ columns: 200, rows }, weights, undefined);
          expect((wide.list?.rows ?? 0) + (wide.tree?.rows ?? 0) + 2).toBe(rows);
          expect((wide.tree?.columns ?? 0) + (wide.hex?.columns ?? 0) + 1).toBe(200);
        },
      ),
    );
  });

  it('change by steps, within bounds', () => {
    expect(resized(FIRST_WEIGHTS, 'hex', 1).hex).toBeGreaterThan(FIRST_WEIGHTS.hex);
    expect(resized(FIRST_WEIGHTS, 'hex', 1000).hex).toBe(40);
    expect(resized(FIRST_WEIGHTS, 'hex', -1000).hex).toBe(0.5);
  });
});

describe('what is searched for', () => {
  it.each([
    ['Binding', { kind: 'text', text: 'Binding' }],
    ['/bind(ing)?/', { kind: 'regex', text: 'bind(ing)?' }],
    ['/bind', { kind: 'regex', text: 'bind' }],
    ['x:de ad:BE', { kind: 'hex', octets: Uint8Array.of(0xde, 0xad, 0xbe) }],
    ['/', { kind: 'text', text: '/' }],
  ])('%s', (text, query) => {
    expect(searchQuery(text)).toEqual(query);
    expect(checkSearch(text).ok).toBe(true);
  });

  it.each(['/(/', 'x:abc', 'x:', 'x:zz', `/${'a'.repeat(300)}/`])('refuses %s', (text) => {
    expect(checkSearch(text).ok).toBe(false);
  });
});
