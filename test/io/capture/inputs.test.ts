import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodePcap, encodePcapng } from '../../../dissectors/capture-file/index.ts';
import { inputErrorFrom } from '../../../io/capture/input-error.ts';
import { expandInputs, type ExpandOptions } from '../../../io/capture/inputs.ts';
import { samplePackets, START } from '../../dissectors/capture-file/samples.ts';
import { Scratch } from './scratch.ts';

const PCAP = encodePcap(samplePackets(3), { linkType: 1 });
const PCAPNG = encodePcapng(samplePackets(3, START + 100), [{ linkType: 1 }]);

describe('expandInputs', () => {
  const scratch = new Scratch();
  scratch.write('one.pcap', PCAP);
  scratch.write('text.pcap', '# Notes about the capture\nnothing else\n');
  scratch.write('empty.pcap', '');
  scratch.write('dir/b.pcapng', PCAPNG);
  scratch.write('dir/a-without-extension', PCAP);
  scratch.write('dir/c.gz', gzipSync(PCAP));
  scratch.write('dir/README', 'no capture');
  scratch.write('dir/empty', '');
  scratch.write('dir/log.gz', gzipSync('a log file, not a capture'));
  scratch.write('dir/.hidden.pcap', PCAP);
  scratch.write('dir/below/d.pcap', PCAP);
  scratch.write('none/README', 'no capture');
  scratch.write('none/below/deep.pcap', PCAP);
  scratch.write('[x].pcap', PCAP);

  async function expand(
    names: readonly string[],
    options?: ExpandOptions,
  ): Promise<{ names: string[]; codes: string[]; messages: string[] }> {
    const args = names.map((name) => (name === '-' ? name : scratch.path(name)));
    const { inputs, errors } = await expandInputs(args, options);
    return {
      names: inputs.map(({ name }) => (name === '-' ? name : relative(scratch.directory, name))),
      codes: errors.map((error) => error.code),
      messages: errors.map((error) => error.message),
    };
  }

  it('takes a file and says when it begins and how large it is', async () => {
    const { inputs, errors } = await expandInputs([scratch.path('one.pcap')]);
    expect(errors).toEqual([]);
    expect(inputs).toEqual([
      {
        name: scratch.path('one.pcap'),
        kind: 'file',
        size: PCAP.length,
        first: { seconds: START, nanoseconds: 7000 },
      },
    ]);
  });

  it('takes the captures of a directory by their octets, sorted by name', async () => {
    expect(await expand(['dir'])).toEqual({
      names: ['dir/a-without-extension', 'dir/b.pcapng', 'dir/c.gz'],
      codes: [],
      messages: [],
    });
  });

  it('looks below a directory when asked for', async () => {
    const { names, codes } = await expand(['dir'], { recursive: true });
    expect(names).toEqual([
      'dir/a-without-extension',
      'dir/b.pcapng',
      'dir/c.gz',
      'dir/below/d.pcap',
    ]);
    expect(codes).toEqual([]);
  });

  it('reports a directory without captures, unless there are some below', async () => {
    expect((await expand(['none'])).codes).toEqual(['ERR_INPUT_NO_CAPTURES']);
    expect(await expand(['none'], { recursive: true })).toMatchObject({
      names: ['none/below/deep.pcap'],
      codes: [],
    });
  });

  it('does not follow a link to a directory into a loop', async () => {
    mkdirSync(scratch.path('ring'));
    symlinkSync(scratch.path('ring'), scratch.path('ring/again'));
    scratch.write('ring/r.pcap', PCAP);
    expect((await expand(['ring'], { recursive: true })).names).toEqual(['ring/r.pcap']);
  });

  it('expands a pattern, and reports what in it is no capture', async () => {
    const { names, codes } = await expand(['*.pcap']);
    expect(names).toEqual(['[x].pcap', 'one.pcap']);
    expect(codes.sort()).toEqual(['ERR_INPUT_EMPTY', 'ERR_INPUT_NOT_A_CAPTURE']);
    expect((await expand(['d?r'])).names).toHaveLength(3);
  });

  it('takes a name with pattern characters literally when there is such a file', async () => {
    expect((await expand(['[x].pcap'])).names).toEqual(['[x].pcap']);
  });

  it('reports what cannot be read and takes the others', async () => {
    const { names, codes, messages } = await expand([
      'missing.pcap',
      'one.pcap',
      'text.pcap',
      'empty.pcap',
      'nothing*.pcap',
      'dir/b.pcapng',
    ]);
    expect(names).toEqual(['one.pcap', 'dir/b.pcapng']);
    expect(codes).toEqual([
      'ERR_INPUT_NOT_FOUND',
      'ERR_INPUT_NOT_A_CAPTURE',
      'ERR_INPUT_EMPTY',
      'ERR_INPUT_NO_MATCH',
    ]);
    expect(messages[1]).toContain('printable text ("# Notes about the capture nothin")');
    for (const message of messages) expect(message.startsWith(scratch.directory)).toBe(true);
  });

  it('says what a compressed file holds when that is no capture', async () => {
    const { codes, messages } = await expand(['dir/log.gz']);
    expect(codes).toEqual(['ERR_INPUT_NOT_A_CAPTURE']);
    expect(messages[0]).toContain('the compressed data holds printable text ("a log file');
  });

  it('reports gzip within gzip and gzip data that is cut before anything comes out', async () => {
    scratch.write('twice.gz', gzipSync(gzipSync(PCAP)));
    scratch.write('stub.gz', gzipSync(PCAP).subarray(0, 12));
    const { codes, messages } = await expand(['twice.gz', 'stub.gz']);
    expect(codes).toEqual(['ERR_INPUT_NOT_A_CAPTURE', 'ERR_INPUT_NOT_A_CAPTURE']);
    expect(messages[0]).toContain('gzip data again');
    expect(messages[1]).toContain('cut off');
  });

  it('takes a file once, whatever names lead to it', async () => {
    symlinkSync(scratch.path('one.pcap'), scratch.path('latest.pcap'));
    linkSync(scratch.path('one.pcap'), scratch.path('same.pcap'));
    const { names, codes } = await expand(['one.pcap', 'latest.pcap', 'same.pcap', 'one.pcap']);
    expect(names).toEqual(['one.pcap']);
    expect(codes).toEqual([]);
    expect(await expand(['dir', 'dir'])).toMatchObject({ codes: [] });
  });

  it('takes standard input once, and not from a terminal', async () => {
    expect(await expand(['-', 'one.pcap'])).toMatchObject({ names: ['-', 'one.pcap'], codes: [] });
    expect((await expand(['-', '-'])).codes).toEqual(['ERR_INPUT_REPEATED']);
    expect((await expand(['-'], { stdinIsTerminal: true })).codes).toEqual(['ERR_INPUT_TERMINAL']);
  });

  it('takes a named pipe as a stream without opening it', async () => {
    execFileSync('mkfifo', [scratch.path('pipe')]);
    const { inputs } = await expandInputs([scratch.path('pipe')]);
    expect(inputs.map((input) => input.kind)).toEqual(['stream']);
  });

  for (const [systemCode, code] of [
    ['EACCES', 'ERR_INPUT_PERMISSION'],
    ['EPERM', 'ERR_INPUT_PERMISSION'],
    ['ENOENT', 'ERR_INPUT_NOT_FOUND'],
    ['ENOTDIR', 'ERR_INPUT_NOT_FOUND'],
    ['EIO', 'ERR_INPUT_READ'],
  ] as const) {
    it(`makes ${code} of ${systemCode}`, () => {
      const error = inputErrorFrom(Object.assign(new Error('x'), { code: systemCode }), 'a.pcap');
      expect([error.code, error.input, error.message.startsWith('a.pcap: ')]).toEqual([
        code,
        'a.pcap',
        true,
      ]);
    });
  }
});
