import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { PATIENCE } from '../patience.ts';
import { TmuxTerminal, hasTmux } from './tmux.ts';
import { transpile } from './transpiled.ts';
import type { Transpiled } from './transpiled.ts';

let program: Transpiled;
let folder: string;
let terminal: TmuxTerminal | undefined;

beforeAll(() => {
  program = transpile('test/ui/terminal-entry.ts');
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-terminal-'));
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});

/** Says how the command before ended. */
const SAY_END = 'echo "ended with $?"';

function commandLine(mode: string, input = ''): string {
  return `${process.execPath} ${program.file} ${mode} ${input}`;
}

/** A terminal with the interface in it. */
async function started(
  mode = 'file',
  options: { columns?: number; rows?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<TmuxTerminal> {
  const { columns = 80, rows = 24, env } = options;
  terminal = new TmuxTerminal(columns, rows, env);
  await terminal.waitFor('$');
  terminal.line(`stty -g > ${folder}/before; ${commandLine(mode)}`);
  await terminal.waitFor(/Fields of packet \d/);
  await terminal.waitFor('q quit');
  expect(terminal.state).toEqual({ isAlternate: true, isCursorShown: false });
  return terminal;
}

/** Process of the interface. */
function processId(): string {
  const { stdout } = spawnSync('pgrep', ['-f', program.file], { encoding: 'utf8' });
  const [id] = stdout.trim().split('\n');
  if (id === undefined || id === '') throw new Error('the interface does not run');
  return id;
}

/** Holds that the terminal is as it was before, and says how the program ended. */
async function restored(shown: TmuxTerminal): Promise<string> {
  await expect.poll(() => shown.state.isAlternate, { timeout: PATIENCE }).toBe(false);
  shown.line(SAY_END);
  const screen = await shown.waitFor(/ended with \d+/);
  expect(shown.state).toEqual({ isAlternate: false, isCursorShown: true });
  shown.line(`stty -g > ${folder}/after; echo done with stty`);
  await shown.waitFor(/^done with stty/m);
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  expect(read('after')).toBe(read('before'));
  expect(screen).not.toContain('[1 Packets]');
  return screen;
}

describe.skipIf(!hasTmux || !IS_ENDURANCE)('the terminal (needs tmux; npm run endurance)', () => {
  it('is given back by q', async () => {
    const shown = await started();
    shown.press('q');
    expect(await restored(shown)).toContain('ended with 0');
  });

  it('is given back by ctrl-c twice', async () => {
    const shown = await started();
    shown.press('C-c');
    await shown.waitFor('ctrl-c again leaves');
    shown.press('C-c');
    expect(await restored(shown)).toContain('ended with 0');
  });

  it.each([
    ['throw', 'thrown on purpose'],
    ['reject', 'rejected on purpose'],
  ])('is given back after a failure that nobody caught: %s', async (mode, message) => {
    const shown = await started(mode);
    shown.press('s');
    const screen = await restored(shown);
    expect(screen).toContain(message);
    expect(screen).toContain('ended with 5');
  });

  it.each(['TERM', 'HUP', 'INT'])('is given back on SIG%s', async (signal) => {
    const shown = await started();
    spawnSync('kill', [`-${signal}`, processId()]);
    expect(await restored(shown)).toContain('ended with 0');
  });

  it('is lent to the shell by ctrl-z, and taken again by fg as it was', async () => {
    const shown = await started();
    shown.press('j', 'j');
    await shown.waitFor(/^> +3 /m);
    shown.press('C-z');
    await shown.waitFor('Stopped');
    expect(shown.state).toEqual({ isAlternate: false, isCursorShown: true });
    shown.line('echo still $((40 + 2)) here');
    await shown.waitFor('still 42 here');
    shown.line('fg');
    await shown.waitFor(/^> +3 /m);
    shown.press('j');
    await shown.waitFor(/^>C- +4 /m);
    expect(shown.state).toEqual({ isAlternate: true, isCursorShown: false });
    shown.press('q');
    await restored(shown);
  });

  it('is lent to the shell when somebody else stops the process', async () => {
    const shown = await started();
    spawnSync('kill', ['-TSTP', processId()]);
    await shown.waitFor('Stopped');
    expect(shown.state.isAlternate).toBe(false);
    shown.line('fg');
    await shown.waitFor('q quit');
    shown.press('q');
    expect(await restored(shown)).toContain('ended with 0');
  });

  it('shows everything again after a stop that could not be seen coming', async () => {
    const shown = await started();
    spawnSync('kill', ['-STOP', processId()]);
    await shown.waitFor('Stopped');
    shown.line('clear; fg');
    await shown.waitFor('q quit');
    shown.press('j');
    await shown.waitFor(/^> \+ +2 /m);
    shown.press('q');
    expect(await restored(shown)).toContain('ended with 0');
  });

  it('keeps what was in it before, and nothing of the screens is scrolled into it', async () => {
    const shown = await started();
    const before = shown.scrolled;
    shown.press('G');
    await shown.waitFor(/^> +\S* +200 /m);
    for (const key of ['2', ']', ']', '[', '1', 'Tab', 'Tab', '\\', '\\']) shown.press(key);
    shown.press('q');
    const screen = await restored(shown);
    expect(screen).toContain('mip6guard: loading sample.pcapng');
    expect(shown.scrolled).toBe(before);
  });

  it('may be resized as often as it wants, below the least size as well', async () => {
    const shown = await started();
    shown.press('j', 'j', 'j');
    await shown.waitFor('Fields of packet 4');
    for (let i = 0; i < 25; i++) shown.resize(50 + ((i * 37) % 150), 10 + ((i * 13) % 50));
    shown.resize(60, 15);
    await shown.waitFor('mip6guard needs a larger terminal');
    shown.resize(120, 40);
    const screen = await shown.waitFor(/Fields of packet 4 ─{40}/);
    expect(screen).toContain('q quit');
    expect(screen.split('\n').filter((line) => line.startsWith('[1 Packets]'))).toHaveLength(1);
    shown.press('q');
    await restored(shown);
  });

  it('is drawn anew by ctrl-l when something else wrote into it', async () => {
    const shown = await started();
    const before = shown.screen();
    spawnSync('bash', ['-c', `printf 'NOISE\\r\\nNOISE' > /proc/${processId()}/fd/1`]);
    await shown.waitFor('NOISE');
    shown.press('C-l');
    await expect.poll(() => shown.screen(), { timeout: PATIENCE }).toBe(before);
    shown.press('q');
    await restored(shown);
  });

  it('gives keys when the capture comes through standard input', async () => {
    terminal = new TmuxTerminal(80, 24);
    await terminal.waitFor('$');
    terminal.line(`stty -g > ${folder}/before; cat /dev/null | ${commandLine('file', '-')}`);
    await terminal.waitFor('q quit');
    terminal.press('j');
    await terminal.waitFor(/^> \+ +2 /m);
    terminal.press('q');
    expect(await restored(terminal)).toContain('ended with 0');
  });

  it('gets no colour codes with NO_COLOR', async () => {
    const shown = await started('file', { env: { NO_COLOR: '1' } });
    shown.press('j', 'Tab');
    await shown.waitFor('══ Fields of packet 2');
    expect(shown.screen(true)).not.toMatch(/\x1b\[[\d;]*m/);
    shown.press('q');
    await restored(shown);
  });

  it('gets no more than its 16 colours without it, in a CI job as well', async () => {
    const shown = await started('file', { env: { CI: 'true', COLORTERM: 'truecolor' } });
    const codes = [...shown.screen(true).matchAll(/\x1b\[([\d;]*)m/g)].map(
      ([, code]) => code ?? '',
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => /[34]8/.test(code))).toEqual([]);
    shown.press('q');
    await restored(shown);
  });

  it('that is dumb is refused, with what to use instead', async () => {
    terminal = new TmuxTerminal(80, 24);
    await terminal.waitFor('$');
    terminal.line(`TERM=dumb ${commandLine('file')}; ${SAY_END}`);
    const screen = await terminal.waitFor(/ended with \d/);
    expect(screen).toContain('TERM=dumb: this terminal cannot show screens');
    expect(screen).toContain('mip6guard read FILE');
  });
});

describe('a capture without a command', () => {
  let main: Transpiled;
  let capture: string;
  beforeAll(() => {
    main = transpile('cli/main.ts');
    capture = path.join(folder, 'capture.pcap');
    writeFileSync(capture, '');
  });
  afterAll(() => {
    main.remove();
  });

  it.skipIf(!hasTmux)('is shown on screens where there is a terminal (needs tmux)', async () => {
    terminal = new TmuxTerminal(80, 24);
    await terminal.waitFor('$');
    terminal.line(`TERM=dumb ${process.execPath} ${main.file} ${capture}; ${SAY_END}`);
    const screen = await terminal.waitFor(/ended with \d/);
    expect(screen).toContain('this terminal cannot show screens');
    expect(screen).toContain('ended with 4');
  });

  it('is no command elsewhere', () => {
    const run = spawnSync(process.execPath, [main.file, capture], { encoding: 'utf8' });
    expect(run.stderr).toContain('unknown command');
    expect(run.stderr).toContain(`mip6guard audit ${capture}`);
    expect(run.status).toBe(2);
  });
});

describe('without a terminal', () => {
  it('it is said what to use instead', () => {
    const run = spawnSync(process.execPath, [program.file, 'file'], { encoding: 'utf8' });
    expect(run.stderr).toContain('standard output must be a terminal');
    expect(run.stderr).toContain('Without one: mip6guard read FILE');
    expect(run.stdout).toBe('');
  });
});

it('files of a program are all made', () => {
  const file = path.join(folder, 'probe.mjs');
  writeFileSync(
    file,
    `await import(${JSON.stringify(path.join(path.dirname(program.file), '../../ui/start.js'))});`,
  );
  const run = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});
