import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countText, durationText, octetsText, plural } from '../../../cli/report/numbers.ts';
import { Page, pageWidth, wrap } from '../../../cli/report/page.ts';
import { plainPaint, wantsColour } from '../../../cli/report/palette.ts';
import { progressText, ProgressLine } from '../../../cli/report/progress.ts';
import { safeText } from '../../../cli/report/safe-text.ts';

describe('wrapping', () => {
  it('keeps every word and no line longer than there is room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,40}$/)),
        fc.integer({ min: 1, max: 60 }),
        (words, room) => {
          const lines = wrap(words.join(' '), room);
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(room);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        },
      ),
    );
  });
});

describe('a page', () => {
  it('aligns columns and wraps only the last', () => {
    const page = new Page(40, plainPaint);
    page.table(2, [
      ['a', 'long', 'the last column is wrapped here'],
      ['wide', 'b', 'short'],
    ]);
    expect(page.toString()).toBe(
      [
        '  a     long  the last column is wrapped',
        '              here',
        '  wide  b     short',
        '',
      ].join('\n'),
    );
  });

  it('puts one blank line between sections and none on top', () => {
    const page = new Page(40, plainPaint);
    page.blank();
    page.heading('One');
    page.blank();
    page.blank();
    page.heading('Two');
    expect(page.toString()).toBe('One\n───\n\nTwo\n───\n');
  });

  it.each([
    [undefined, 100],
    [20, 72],
    [80, 80],
    [300, 100],
  ])('is for %s columns %i wide', (columns, width) => {
    expect(pageWidth(columns)).toBe(width);
  });
});

describe('numbers', () => {
  it.each([
    [countText(0), '0'],
    [countText(999), '999'],
    [countText(1_234_567), '1,234,567'],
    [plural(1, 'packet'), '1 packet'],
    [plural(1000, 'packet'), '1,000 packets'],
    [durationText(0), '0 s'],
    [durationText(1.2345), '1.234 s'],
    [durationText(60), '1 min'],
    [durationText(192), '3 min 12 s'],
    [durationText(90_061), '1 d 1 h'],
    [octetsText(1), '1 octet'],
    [octetsText(51_234), '51.2 kB'],
    [octetsText(5e15), '5000.0 TB'],
  ])('read %s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('colour', () => {
  it.each([
    ['auto', true, {}, true],
    ['auto', false, {}, false],
    ['auto', true, { NO_COLOR: '1' }, false],
    ['auto', true, { NO_COLOR: '' }, true],
    ['auto', true, { TERM: 'dumb' }, false],
    ['auto', false, { FORCE_COLOR: '1' }, true],
    ['auto', true, { FORCE_COLOR: '0' }, false],
    ['auto', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['always', false, { NO_COLOR: '1', TERM: 'dumb' }, true],
    ['never', true, { FORCE_COLOR: '1' }, false],
  ] as const)(
    'for --color %s, terminal %s, %o is %s',
    (choice, isTerminal, environment, expected) => {
      expect(wantsColour(choice, isTerminal, environment)).toBe(expected);
    },
  );
});

describe('safe text', () => {
  it('has no character that a terminal obeys, whatever came in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('keeps what people write', () => {
    expect(safeText('Zürich → 東京 🙂')).toBe('Zürich → 東京 🙂');
  });
});

describe('progress', () => {
  it('tells share, packets, alerts, speed and time left', () => {
    const progress = { packets: 1234, octetsRead: 25_000_000, octetsTotal: 100_000_000 };
    expect(progressText(progress, 1, 2000)).toBe(
      '25 %  1,234 packets  1 alert  12.5 MB/s  about 6 s left',
    );
  });

  it('tells no share of a stream', () => {
    const progress = { packets: 5, octetsRead: 1000, octetsTotal: 0 };
    expect(progressText(progress, 0, 1000)).toBe('5 packets  0 alerts  1.0 kB/s');
  });

  it('appears after a second and is wiped out at the end', () => {
    let now = 0;
    let written = '';
    const line = new ProgressLine(
      (text) => {
        written += text;
      },
      () => now,
    );
    const progress = { packets: 5, octetsRead: 1000, octetsTotal: 0 };
    now = 900;
    line.update(progress, 0);
    line.clear();
    expect(written).toBe('');
    now = 1100;
    line.update(progress, 0);
    line.clear();
    line.clear();
    expect(written.startsWith('\r\u001b[K5 packets')).toBe(true);
    expect(written.endsWith('\r\u001b[K')).toBe(true);
    expect(written.split('\r')).toHaveLength(3);
  });
});
