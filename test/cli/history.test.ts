import { describe, expect, it } from 'vitest';
import { addressFilter } from '../../cli/history/address-filter.ts';
import { writeHistory } from '../../cli/history/history-output.ts';
import type { HistoryFormat } from '../../cli/history/history-output.ts';
import { timestampOf } from '../../cli/history/time-range.ts';
import type { HistoryRow, Subject } from '../../io/store/history.ts';
import type { TextSink } from '../../io/output.ts';

describe('a time of the command line', () => {
  it.each([
    ['2026-03-02', false, '2026-03-02T00:00:00.000000+0000'],
    ['2026-03-02', true, '2026-03-02T23:59:59.999999+0000'],
    ['2026-03-02T08:01', true, '2026-03-02T08:01:59.999999+0000'],
    ['2026-03-02 08:01:02.5Z', false, '2026-03-02T08:01:02.500000+0000'],
    ['2026-03-02T08:01:02.123456+0000', true, '2026-03-02T08:01:02.123456+0000'],
  ])('%s (end: %s) is %s', (text, isEnd, timestamp) => {
    expect(timestampOf(text, isEnd)).toBe(timestamp);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-03-02T25:00',
    '2026-03-02T08:01+0100',
  ])('%j is none', (text) => {
    expect(timestampOf(text, false)).toBeUndefined();
  });
});

describe('a filter of addresses', () => {
  const row: HistoryRow = {
    home_address: '2001:db8::10',
    attackers: '["00:11:22:aa:bb:cc","2001:db8:6::66"]',
    peer: null,
  };

  it.each(['2001:DB8:0::10', '2001:db8::/32', '2001:db8:6::66', '00:11:22:AA:BB:CC'])(
    '%s finds what is about it',
    (text) => {
      expect(addressFilter(text)?.(row)).toBe(true);
    },
  );

  it.each(['2001:db8::11', '2001:db8:7::/48', '00:11:22:aa:bb:cd'])(
    '%s finds nothing else',
    (text) => {
      expect(addressFilter(text)?.(row)).toBe(false);
    },
  );

  it.each(['', 'home', '10.0.0.1', '2001:db8::/129'])('%j is no address', (text) => {
    expect(addressFilter(text)).toBeUndefined();
  });
});

function shown(subject: Subject, rows: readonly HistoryRow[], format: HistoryFormat): string {
  let text = '';
  const sink: TextSink = {
    name: 'test',
    isClosed: false,
    write: (more) => {
      text += more;
    },
    flush: () => undefined,
  };
  writeHistory(sink, subject, rows, format);
  return text;
}

describe('rows of a database', () => {
  const row: HistoryRow = {
    first_time: '2026-03-02T08:01:00.000001+0000',
    last_time: '2026-03-02T08:01:09.000000+0000',
    severity: 'high',
    assessment: null,
    title: 'a "title", with\n\u001b[31m\u202e',
    attackers: '["::1","::2"]',
    run_id: 3,
  };

  it('are a table in text, where nothing reaches the terminal', () => {
    const [head, line = '', ...more] = shown('incidents', [row], 'text').trimEnd().split('\n');
    expect(head).toMatch(/^FIRST +LAST +SEVERITY +ASSESSMENT +RUN +TITLE$/);
    expect(line).toContain('2026-03-02 08:01:00.000  2026-03-02 08:01:09.000  high');
    expect(line).toContain('with\\x0a\\x1b[31m\\u{202e}');
    expect(more).toEqual([]);
  });

  it('are objects in JSON, without what is not known, lists as lists', () => {
    const [value] = JSON.parse(shown('incidents', [row], 'json')) as Record<string, unknown>[];
    expect(value).not.toHaveProperty('assessment');
    expect(value).toMatchObject({ attackers: ['::1', '::2'], run_id: 3, title: row['title'] });
  });

  it('are quoted in CSV where they must be (RFC 4180)', () => {
    const [head, line] = shown('incidents', [row], 'csv').split('\n');
    expect(head).toBe('first_time,last_time,severity,assessment,title,attackers,run_id');
    expect(line).toContain(',high,,"a ""title"", with\\x0a\\x1b[31m\\u{202e}",::1 ::2,3');
  });

  it('are nothing but the head of a table when there are none', () => {
    expect(shown('runs', [], 'text')).toMatch(/^RUN .*INPUTS\n$/);
    expect(shown('runs', [], 'json')).toBe('[]\n');
    expect(shown('runs', [], 'csv')).toBe('');
  });
});
