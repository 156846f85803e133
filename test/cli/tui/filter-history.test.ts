import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  MAX_FILTERS,
  filterHistoryFile,
  openFilterHistory,
} from '../../../cli/tui/filter-history.ts';

let folder = '';
let file = '';
let told: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-filters-'));
  file = path.join(folder, 'state', 'mip6guard', 'filters');
  told = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(): ReturnType<typeof openFilterHistory> {
  return openFilterHistory(file, (text) => told.push(text));
}

/** Puts something where the filters are. */
function given(text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('filters of earlier sessions', () => {
  it('are those applied, the newest last and each once', () => {
    const first = open();
    expect(first.filters).toEqual([]);
    for (const filter of ['mip6', 'esp', 'ipv6.src == 2001:db8::1', 'mip6']) first.add(filter);
    expect(open().filters).toEqual(['esp', 'ipv6.src == 2001:db8::1', 'mip6']);
    expect(told).toEqual([]);
  });

  it('are kept for their user alone, and nothing else is left beside them', () => {
    open().add('mip6');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o644);
    open().add('esp');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['filters']);
  });

  it('are so many at most: the oldest go', () => {
    const history = open();
    for (let i = 0; i < MAX_FILTERS + 5; i++) history.add(`frame.number == ${i}`);
    const { filters } = open();
    expect(filters).toHaveLength(MAX_FILTERS);
    expect(filters[0]).toBe('frame.number == 5');
    expect(filters.at(-1)).toBe(`frame.number == ${MAX_FILTERS + 4}`);
  });

  it('have those that another session added meanwhile', () => {
    const [one, other] = [open(), open()];
    one.add('mip6');
    other.add('esp');
    one.add('icmpv6');
    expect(open().filters).toEqual(['mip6', 'esp', 'icmpv6']);
  });

  it('are no empty lines, and nothing that would be more than a line or obeyed by a terminal', () => {
    const history = open();
    for (const filter of ['', '  ', 'a\nb', 'mip6 \x1b[2J', '\u202emip6', 'x'.repeat(5000)]) {
      history.add(filter);
    }
    expect(existsSync(file)).toBe(false);
  });

  it('come out of a file of anything as lines that are safe, and that is said once', () => {
    given('mip6\n\x1b]0;owned\x07\r\nesp\n\x9b31m\n\ufeff\n');
    const history = open();
    expect(history.filters).toEqual(['mip6', 'esp']);
    history.add('icmpv6');
    expect(told).toEqual([`${file}: 3 lines are no filter to keep and left out`]);
    expect(readFileSync(file, 'utf8')).toBe('mip6\nesp\nicmpv6\n');
  });

  it('are safe whatever octets the file has', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, octets);
        for (const filter of open().filters) {
          expect(filter).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a folder', () => mkdirSync(file, { recursive: true })],
    [
      'a pipe',
      () => {
        mkdirSync(path.dirname(file), { recursive: true });
        execFileSync('mkfifo', [file]);
      },
    ],
    [
      'a device without end',
      () => {
        mkdirSync(path.dirname(file), { recursive: true });
        symlinkSync('/dev/zero', file);
      },
    ],
    [
      'far too large',
      () => {
        given('mip6\n'.repeat(400_000));
      },
    ],
    [
      'below a file',
      () => {
        writeFileSync(path.join(folder, 'state'), '');
      },
    ],
  ])('stop nothing when the file is %s, which is said once', (_, make) => {
    make();
    const history = open();
    expect(history.filters).toEqual([]);
    history.add('mip6');
    history.add('esp');
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(file);
  });

  it('stop nothing when they cannot be written, which is said once', () => {
    given('mip6\n');
    const history = open();
    // A folder of that name is in the way of what is written first.
    mkdirSync(`${file}.${process.pid}.tmp`);
    history.add('esp');
    history.add('icmpv6');
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('not kept for the next session');
    expect(readFileSync(file, 'utf8')).toBe('mip6\n');
  });

  it('stop nothing without a place', () => {
    const history = openFilterHistory(undefined, (text) => told.push(text));
    history.add('mip6');
    expect(history.filters).toEqual([]);
    expect(told).toHaveLength(1);
  });
});

describe('the place of filters', () => {
  it('is where the environment says, else in the home directory', () => {
    expect(filterHistoryFile({ XDG_STATE_HOME: '/state', HOME: '/home/a' })).toBe(
      '/state/mip6guard/filters',
    );
    expect(filterHistoryFile({ HOME: '/home/a' })).toBe('/home/a/.local/state/mip6guard/filters');
  });

  it('is not below a relative path', () => {
    expect(filterHistoryFile({ XDG_STATE_HOME: 'state', HOME: '/home/a' })).toBe(
      '/home/a/.local/state/mip6guard/filters',
    );
    expect(filterHistoryFile({ HOME: 'home' })).toBeUndefined();
  });
});
