import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorSink, OutputError, OutputFile } from '../../io/output.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-output-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const inFolder = (name: string): string => path.join(folder, name);

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof OutputError ? error.code : String(error);
  }
}

describe('a sink', () => {
  it('writes everything in order, also text larger than its buffer', () => {
    const file = inFolder('out');
    const descriptor = openSync(file, 'w');
    const sink = new DescriptorSink(descriptor, file);
    const parts = [
      'é→\n',
      'x'.repeat(300_000),
      'end\n',
      ...Array.from({ length: 9999 }, (_, i) => `${i}\n`),
    ];
    for (const part of parts) sink.write(part);
    sink.flush();
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe(parts.join(''));
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full, once (needs /dev/full)', () => {
    const descriptor = openSync('/dev/full', 'w');
    const sink = new DescriptorSink(descriptor, 'report.txt');
    sink.write('text');
    expect(() => {
      sink.flush();
    }).toThrow('cannot write report.txt: no space left on the device');
    sink.write('text');
    sink.flush();
    expect(sink.isClosed).toBe(true);
    closeSync(descriptor);
  });
});

describe('a file that replaces another', () => {
  it('appears complete at the end, with the mode of the one before, and leaves nothing else', () => {
    const file = inFolder('report.txt');
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    const output = new OutputFile(file, 'replace');
    output.sink.write('new');
    output.sink.flush();
    expect(readFileSync(file, 'utf8')).toBe('old');
    output.commit();
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['report.txt']);
  });

  it('leaves the old one alone when it is abandoned', () => {
    const file = inFolder('report.txt');
    writeFileSync(file, 'old');
    const output = new OutputFile(file, 'replace');
    output.sink.write('half');
    output.abandon();
    output.abandon();
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['report.txt']);
  });

  it('replaces what a link leads to, not the link', () => {
    const [file, link] = [inFolder('real'), inFolder('link')];
    writeFileSync(file, 'old');
    symlinkSync(file, link);
    const output = new OutputFile(link, 'replace');
    output.sink.write('new');
    output.commit();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it.skipIf(!existsSync('/dev/null'))('writes a device in place (needs /dev/null)', () => {
    const output = new OutputFile('/dev/null', 'replace');
    output.sink.write('new');
    output.commit();
    expect(statSync('/dev/null').isFile()).toBe(false);
  });

  it.each([
    ['a directory', '.', 'EISDIR'],
    ['a directory that is not there', 'absent/report.txt', 'ENOENT'],
    ['a file in a file', 'file/report.txt', 'ENOTDIR'],
  ])('cannot be %s', (_, name, code) => {
    writeFileSync(inFolder('file'), '');
    expect(codeOf(() => new OutputFile(inFolder(name), 'replace'))).toBe(code);
    expect(codeOf(() => new OutputFile(inFolder(name), 'stream'))).toBe(code);
  });
});

describe('a file that is followed', () => {
  it('grows in place and keeps what it has when it is abandoned', () => {
    const file = inFolder('eve.json');
    writeFileSync(file, 'a longer old text');
    const output = new OutputFile(file, 'stream');
    output.sink.write('one\n');
    output.sink.flush();
    expect(readFileSync(file, 'utf8')).toBe('one\n');
    output.sink.write('two\n');
    output.abandon();
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  });
});
