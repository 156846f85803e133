import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK, HARMLESS, bash, capture, hasProgram, mip6guard, start } from './command.ts';

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);
const MANY = 5000;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-streams-'));
  const packets = Array.from({ length: MANY }, (_, i) => (i % 2 === 0 ? HARMLESS : ATTACK));
  writeFileSync(inFolder('many.pcap'), capture(packets));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a reader that goes away', () => {
  it.each([
    ['read many.pcap'],
    ['read -V many.pcap'],
    ['read -T json many.pcap'],
    ['read -T fields -e frame.number many.pcap'],
    ['read -w - many.pcap'],
    ['audit --format eve many.pcap'],
  ])('ends `%s` with 0 and without a word', (command) => {
    const script = `set -o pipefail; mip6guard ${command} | head -n 1 >first; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = bash(script, folder);
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
    expect(statSync(inFolder('first')).size).toBeGreaterThan(0);
  });

  it.each(['text', 'json'])('of the %s result is no error either', (format) => {
    const script = `mip6guard audit --format ${format} many.pcap | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = bash(script, folder);
    expect(stderr).toBe('');
    // The report may have gone into the pipe before its reader ended.
    expect(['0\n', '1\n']).toContain(stdout);
  });
});

describe('standard output', () => {
  it.skipIf(!existsSync('/dev/full'))('that is full ends with 4 (needs /dev/full)', () => {
    for (const command of ['audit', 'audit --format eve', 'audit --format json', 'read']) {
      const { stdout, stderr } = bash(
        `mip6guard ${command} many.pcap >/dev/full; echo "$?"`,
        folder,
      );
      expect(stdout).toBe('4\n');
      expect(stderr).toContain('cannot write standard output: no space left on the device');
      // An audit still says what it found.
      expect(stderr.includes('MIP6-1009')).toBe(command !== 'read');
    }
  });

  it.skipIf(!hasProgram('python3'))(
    'that is a non-blocking pipe gets everything (needs python3)',
    () => {
      const script = `
import fcntl, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, fcntl.fcntl(w, fcntl.F_GETFL) | os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
total = 0
while True:
    data = os.read(r, 3000)
    if not data: break
    total += len(data)
print(total, child.wait())
`;
      writeFileSync(inFolder('slow.py'), script);
      const whole = mip6guard(['read', inFolder('many.pcap')]).stdout;
      const { stdout } = bash(
        `python3 slow.py "$(command -v node || echo node)" "${path.join(import.meta.dirname, '../../dist/cli/main.js')}" read many.pcap`,
        folder,
      );
      expect(stdout.trim()).toBe(`${Buffer.byteLength(whole.replaceAll(folder, ''))} 0`);
    },
  );
});

/** Runs an audit of a stream that does not end, and gives it a signal when the first event has come out. */
async function interrupted(signal: NodeJS.Signals): Promise<{ code: number; lines: string[] }> {
  const child = start(['audit', '--format', 'eve', '-']);
  let stdout = '';
  let isSignalled = false;
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    stdout += text;
    if (isSignalled || !stdout.includes('"event_type":"alert"')) return;
    isSignalled = true;
    child.kill(signal);
  });
  // The pipe stays open: only the signal can end the run.
  child.stdin.write(capture([HARMLESS, ATTACK]));
  const code = await new Promise<number>((resolve) => {
    child.on('close', (ended) => {
      resolve(ended ?? -1);
    });
  });
  return { code, lines: stdout.trimEnd().split('\n') };
}

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the run in good order: events, incidents, numbers, exit code of the findings',
    async (signal) => {
      const { code, lines } = await interrupted(signal);
      expect(code).toBe(1);
      const last: unknown = JSON.parse(lines.at(-1) ?? '');
      expect(last).toMatchObject({
        event_type: 'stats',
        stats: { decoder: { pkts: 2 }, mip6: { is_stopped: true } },
      });
      expect(lines.some((line) => line.includes('"event_type":"incident"'))).toBe(true);
    },
  );
});

/** Runs a reading of a stream that does not end, and interrupts it when something has come out. */
async function interruptedRead(args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const child = start(['read', ...args, '-']);
  let stdout = '';
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    if (stdout === '') child.kill('SIGINT');
    stdout += text;
  });
  child.stdin.write(capture([HARMLESS, ATTACK]));
  const code = await new Promise<number>((resolve) => {
    child.on('close', (ended) => {
      resolve(ended ?? -1);
    });
  });
  return { code, stdout };
}

describe('Ctrl-C', () => {
  it('leaves a whole JSON document of what was read', async () => {
    const { code, stdout } = await interruptedRead(['-T', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
  });

  it('leaves a whole capture where -w writes, and says that it is not all', async () => {
    const out = inFolder('stopped.pcapng');
    const { code } = await interruptedRead(['-w', out, '--no-findings', '-P']);
    expect(code).toBe(0);
    const { stdout } = mip6guard(['read', out]);
    expect(stdout.split('\n')).toHaveLength(3);
  });
});

describe.skipIf(!hasProgram('script'))('a terminal (needs script)', () => {
  const onTerminal = (command: string, env = ''): string => {
    const log = inFolder('typescript');
    bash(
      `${env} script -qec "node ${path.join(import.meta.dirname, '../../dist/cli/main.js')} ${command}" ${log} >/dev/null </dev/null`,
      folder,
    );
    return readFileSync(log, 'utf8');
  };

  it('gets colour', () => {
    expect(onTerminal('audit many.pcap')).toContain('\u001b[1m');
  });

  it.each([['NO_COLOR=1'], ['TERM=dumb']])('gets none with %s', (env) => {
    expect(onTerminal('audit many.pcap', env)).not.toContain('\u001b[1m');
  });
});
