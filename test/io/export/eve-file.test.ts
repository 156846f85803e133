import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EveFile } from '../../../io/export/eve-file.ts';
import type { EveFileOptions } from '../../../io/export/eve-file.ts';
import { OutputError } from '../../../io/output.ts';

let folder = '';
let file = '';
let said: string[] = [];
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-eve-'));
  file = path.join(folder, 'eve.json');
  said = [];
  now = 0;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<EveFileOptions> = {}, name = file): EveFile {
  return new EveFile(name, {
    files: 3,
    say: (text) => said.push(text),
    clock: () => now,
    ...options,
  });
}

const line = (number: number, octets = 20): string =>
  `${JSON.stringify({ number, text: 'x'.repeat(octets) })}\n`;
/** Numbers of the lines of files, each of which has to be whole. */
const numbersIn = (...names: string[]): number[] =>
  names.flatMap((name) => {
    const text = readFileSync(name, 'utf8');
    expect(text === '' || text.endsWith('\n')).toBe(true);
    return text
      .split('\n')
      .filter((item) => item !== '')
      .map((item) => (JSON.parse(item) as { number: number }).number);
  });
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

describe('lines', () => {
  it('are in the file once they are flushed, after what was there', () => {
    writeFileSync(file, line(0));
    const eve = open();
    eve.write(line(1));
    expect(eve.waiting).toBe(1);
    eve.flush();
    expect(numbersIn(file)).toEqual([0, 1]);
    expect(eve.counts).toEqual({ lines: 1, lost: 0, failures: 0, rotations: 0 });
    eve.write(line(2));
    eve.close();
    expect(numbersIn(file)).toEqual([0, 1, 2]);
  });

  it('of any length stay whole', () => {
    const eve = open();
    for (const octets of [10, 200_000, 60_000, 43_690, 131_072, 5]) eve.write(line(octets, octets));
    eve.close();
    expect(numbersIn(file)).toEqual([10, 200_000, 60_000, 43_690, 131_072, 5]);
  });

  it('can be read by the group, and by nobody else', () => {
    open().close();
    expect(statSync(file).mode & 0o777 & ~0o640).toBe(0);
  });
});

describe('a last line that a kill has torn', () => {
  it('is cut off when it is no JSON', () => {
    writeFileSync(file, line(1) + line(2) + line(3).slice(0, 9));
    const eve = open();
    expect(eve.repair).toEqual({ kind: 'cut', octets: 9 });
    eve.write(line(4));
    eve.close();
    expect(numbersIn(file)).toEqual([1, 2, 4]);
  });

  it('gets its end when that is all it lacks', () => {
    writeFileSync(file, line(1) + line(2).trimEnd());
    const eve = open();
    expect(eve.repair).toEqual({ kind: 'completed', octets: 0 });
    eve.write(line(3));
    eve.close();
    expect(numbersIn(file)).toEqual([1, 2, 3]);
  });

  it.each([0, 1, 5, 65_535, 65_536, 65_537, 200_000])(
    'is found when %i octets of it are there',
    (octets) => {
      writeFileSync(file, line(1) + line(2, 300_000).slice(0, octets));
      const { repair } = open();
      expect(repair).toEqual(octets === 0 ? undefined : { kind: 'cut', octets });
      expect(numbersIn(file)).toEqual([1]);
    },
  );

  it('is found when it is the only one', () => {
    writeFileSync(file, line(1).slice(0, -5));
    open().close();
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('is repaired at every octet at which a line can be torn', () => {
    const whole = line(1) + line(2);
    for (let octets = 0; octets <= whole.length; octets++) {
      writeFileSync(file, whole.slice(0, octets));
      const eve = open();
      eve.write(line(3));
      eve.close();
      expect(numbersIn(file).at(-1)).toBe(3);
    }
  });
});

describe('rotation by size', () => {
  it('keeps every line, in files of at most that size', () => {
    const eve = open({ size: 400_000, files: 20 });
    const count = 3000;
    for (let i = 0; i < count; i++) eve.write(line(i, 1000));
    eve.close();
    const { rotations } = eve.counts;
    expect(rotations).toBeGreaterThan(5);
    const older = range(1, rotations + 1).map((number) => `${file}.${number}`);
    for (const name of [file, ...older]) {
      expect(statSync(name).size).toBeLessThanOrEqual(400_000);
    }
    expect(numbersIn(...older.reverse(), file)).toEqual(range(0, count));
  });

  it('keeps as many older files as asked for', () => {
    const eve = open({ size: 150_000, files: 2 });
    for (let i = 0; i < 1000; i++) eve.write(line(i, 1000));
    eve.close();
    expect([1, 2, 3].map((number) => existsSync(`${file}.${number}`))).toEqual([true, true, false]);
    expect(numbersIn(file).at(-1)).toBe(999);
  });

  it('goes on in the old file when a new one cannot be begun, and says so once', () => {
    const eve = open({ size: 150_000, files: 1 });
    // A directory is in the way of the older file.
    mkdirSync(path.join(`${file}.1`, 'x'), { recursive: true });
    for (let i = 0; i < 500; i++) eve.write(line(i, 1000));
    eve.close();
    expect(numbersIn(file)).toEqual(range(0, 500));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('lines go to the file as it was opened before');
  });
});

describe('who rotates logs', () => {
  it('renames the file and has it opened anew, and no line is lost', () => {
    const eve = open();
    eve.write(line(1));
    renameSync(file, `${file}.old`);
    eve.write(line(2));
    eve.reopen();
    eve.write(line(3));
    eve.close();
    expect(numbersIn(`${file}.old`)).toEqual([1, 2]);
    expect(numbersIn(file)).toEqual([3]);
  });

  it('may make it shorter', () => {
    const eve = open({ size: 1_000_000 });
    eve.write(line(1));
    eve.flush();
    writeFileSync(file, '');
    eve.write(line(2));
    eve.close();
    expect(numbersIn(file)).toEqual([2]);
  });

  it('cannot take the file away when there is no place for the new one', () => {
    const eve = open();
    eve.write(line(1));
    renameSync(folder, `${folder}-gone`);
    eve.reopen();
    eve.write(line(2));
    eve.close();
    renameSync(`${folder}-gone`, folder);
    expect(numbersIn(file)).toEqual([1, 2]);
    expect(said.join()).toContain(
      'no such directory; lines go to the file as it was opened before',
    );
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk (needs /dev/full)', () => {
  it('is told once, tried again every second, and ends without a loss when it lasts shortly', () => {
    const place = path.join(folder, 'full');
    symlinkSync('/dev/full', place);
    const eve = open({}, place);
    for (let i = 0; i < 100; i++) {
      eve.write(line(i));
      eve.flush();
      now += 10;
    }
    expect(eve.fault).toContain('no space left on the device');
    expect(eve.waiting).toBe(100);
    // The first one, and none in the second after it.
    expect(eve.counts).toMatchObject({ lines: 0, lost: 0, failures: 1 });
    rmSync(place);
    writeFileSync(place, '');
    eve.reopen();
    now += 1000;
    eve.flush();
    expect(eve.fault).toBeUndefined();
    expect(numbersIn(place)).toEqual(range(0, 100));
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('lines are written again; no line was lost');
    eve.close();
  });

  it('loses and counts what does not fit into memory, and keeps what came first', () => {
    const place = path.join(folder, 'full');
    symlinkSync('/dev/full', place);
    const eve = open({}, place);
    for (let i = 0; i < 8000; i++) eve.write(line(i, 1000));
    eve.flush();
    expect(eve.counts.lost).toBeGreaterThan(3000);
    expect(eve.counts.lost + eve.waiting).toBe(8000);
    rmSync(place);
    eve.reopen();
    now += 1000;
    eve.close();
    const kept = 8000 - eve.counts.lost;
    expect(numbersIn(place)).toEqual(range(0, kept));
    expect(eve.counts.lines).toBe(kept);
  });

  it('at the end is counted as lost', () => {
    const eve = open({}, '/dev/full');
    eve.write(line(1));
    eve.close();
    expect(eve.counts).toMatchObject({ lines: 0, lost: 1 });
  });
});

describe('a place that cannot be written', () => {
  it.each([
    ['a directory', () => folder],
    ['a place in no directory', () => path.join(folder, 'none', 'eve.json')],
  ])('is refused: %s', (_, place) => {
    expect(() => open({}, place())).toThrow(OutputError);
  });
});
