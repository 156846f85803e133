import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');
const IS_ROOT = process.getuid?.() === 0;

/** Stands for tsc: copies sources to dist/ and fails when one holds "ERROR". */
const COMPILER = `
const { readdirSync, readFileSync, mkdirSync, writeFileSync, appendFileSync } = require('node:fs');
const path = require('node:path');
appendFileSync('log', 'tsc\\n');
for (const folder of ['cli', 'engine']) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    const text = readFileSync(path.join(folder, name), 'utf8');
    if (text.includes('ERROR')) process.exitCode = 2;
    mkdirSync(path.join('dist', folder), { recursive: true });
    writeFileSync(path.join('dist', folder, name.replace('.ts', '.js')), text);
  }
}`;

/** Stands for npm: notes its arguments and installs the lock file's packages by name only. */
const NPM = `
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync('log', 'npm ' + args.join(' ') + '\\n');
if (existsSync('fail-' + args[0]) || (args[0] === 'run' && existsSync('fail-' + args[2]))) {
  console.error('npm error the reason');
  process.exit(1);
}
if (args[0] === 'ci') {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  delete packages[''];
  writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
}
if (args[0] === 'rebuild') {
  // What does not wait for it goes first.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  for (const name of args.slice(1).filter((arg) => !arg.startsWith('-'))) {
    writeFileSync('node_modules/' + name + '/index.js', 'module.exports = class {};');
  }
  appendFileSync('log', 'compiled\\n');
}`;

const COMMAND = `
const [command, value] = process.argv.slice(2);
console.log('ran', process.argv.slice(2).join(' '), 'in', process.cwd());
if (command === 'exit') process.exitCode = Number(value);
if (command === 'kill') process.kill(process.pid, value);
if (command === 'wait') {
  const end = setTimeout(() => {}, 200_000);
  process.once('SIGTERM', () => {
    console.log('stopping');
    clearTimeout(end);
    process.exitCode = 7;
  });
  console.log('ready');
}`;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('set-up', () => {
  let root = '';
  let environment: NodeJS.ProcessEnv = {};

  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const program = (name: string, text: string): void => {
    write(`programs/${name}`, text);
    chmodSync(path.join(root, 'programs', name), 0o755);
  };
  const log = (): string[] => {
    const file = path.join(root, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  };
  const lock = (packages: object, optionalDependencies: object = {}): void => {
    write(
      'package-lock.json',
      JSON.stringify({ packages: { '': { optionalDependencies }, ...packages } }),
    );
  };
  const setUp = (args: readonly string[], extra: NodeJS.ProcessEnv = {}): Outcome =>
    spawnSync(process.execPath, [path.join(root, 'cli/setup.mjs'), ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...environment, ...extra },
    });

  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), 'mip6guard-setup-')));
    environment = {
      PATH: path.join(root, 'programs'),
      npm_execpath: path.join(root, 'programs/npm-cli.cjs'),
    };
    write('programs/npm-cli.cjs', NPM);
    write('package.json', JSON.stringify({ type: 'module' }));
    lock({ 'node_modules/one': { version: '1.0.0' } });
    write(
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/one': { version: '1.0.0' } } }),
    );
    write('node_modules/typescript-native/package.json', '{}');
    write('node_modules/typescript-native/bin/tsc', COMPILER);
    write('tsconfig.json', '{}');
    write('tsconfig.build.json', JSON.stringify({ include: ['cli', 'engine', 'not-yet'] }));
    write('cli/main.ts', COMMAND);
    write('engine/one.ts', 'export const one = 1;\n');
    copyFileSync(path.join(ROOT, 'cli/setup.mjs'), path.join(root, 'cli/setup.mjs'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('builds at the first start and does nothing but start at the second', () => {
    const first = setUp(['start', 'audit', 'some file']);
    expect(first.stderr).toBe('mip6guard: building (tsc)\n');
    expect(first.stdout).toBe(`ran audit some file in ${root}\n`);
    const second = setUp(['start', 'audit', 'some file']);
    expect(second).toMatchObject({ status: 0, stderr: '', stdout: first.stdout });
    expect(log()).toEqual(['tsc']);
  });

  it('runs the demo when started without arguments', () => {
    expect(setUp(['start']).stdout).toBe(`ran demo in ${root}\n`);
    expect(setUp(['start', '--']).stdout).toBe(`ran demo in ${root}\n`);
  });

  it('runs the command in the folder where the user called npm', () => {
    mkdirSync(path.join(root, 'captures'));
    const { stdout } = setUp(['start', 'audit'], {
      npm_package_json: path.join(root, 'package.json'),
      INIT_CWD: path.join(root, 'captures'),
    });
    expect(stdout).toBe(`ran audit in ${path.join(root, 'captures')}\n`);
  });

  it('ends with the exit code of the command, or 128 and the signal that ended it', () => {
    expect(setUp(['start', 'exit', '3']).status).toBe(3);
    expect(setUp(['start', 'kill', 'SIGKILL']).status).toBe(137);
    expect(setUp(['start', 'kill', 'SIGTERM']).status).toBe(143);
  });

  it('passes SIGTERM on and waits for the command to end', async () => {
    setUp(['build']);
    const child = spawn(process.execPath, [path.join(root, 'cli/setup.mjs'), 'start', 'wait'], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('ready')) child.kill('SIGTERM');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toContain('stopping');
    expect(status).toBe(7);
  });

  it('rebuilds after a change and removes what deleted sources left in dist', () => {
    setUp(['build']);
    rmSync(path.join(root, 'engine/one.ts'));
    write('engine/two.ts', 'export const two = 2;\n');
    expect(setUp(['build']).stderr).toBe('mip6guard: building (tsc)\n');
    expect(existsSync(path.join(root, 'dist/engine/one.js'))).toBe(false);
    expect(existsSync(path.join(root, 'dist/engine/two.js'))).toBe(true);
    expect(setUp(['build']).stderr).toBe('');
  });

  it('starts nothing that does not compile, and tries again at the next start', () => {
    appendFileSync(path.join(root, 'engine/one.ts'), 'ERROR');
    for (let run = 0; run < 2; run += 1) {
      const { status, stdout, stderr } = setUp(['start']);
      expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
      expect(stderr).toContain('the source does not compile');
    }
    expect(log()).toEqual(['tsc', 'tsc']);
  });

  it('makes the built command executable', () => {
    setUp(['build']);
    expect(statSync(path.join(root, 'dist/cli/main.js')).mode & 0o111).toBe(0o111);
  });

  it('installs the packages of the lock file once after it changed', () => {
    lock({ 'node_modules/one': { version: '2.0.0' } });
    expect(setUp(['build']).stderr).toContain('npm ci');
    expect(setUp(['build']).stderr).toBe('');
    expect(log().filter((line) => line.startsWith('npm'))).toEqual([
      'npm ci --ignore-scripts --include=dev --include=optional --loglevel=warn',
    ]);
  });

  describe('with a native package', () => {
    const compiling =
      'mip6guard: compiling better-sqlite3 (npm rebuild); may take a minute or two\n';

    beforeEach(() => {
      lock(
        {
          'node_modules/one': { version: '2.0.0' },
          'node_modules/better-sqlite3': { version: '1.0.0', optional: true },
        },
        { 'better-sqlite3': '1' },
      );
      for (const name of ['python3', 'make', 'g++']) program(name, '');
      write('node_modules/better-sqlite3/index.js', "throw new Error('not compiled');");
    });

    it('compiles it behind the installation, once', () => {
      const { stderr } = setUp(['build']);
      expect(stderr).toBe(
        'mip6guard: installing npm packages of the lock file (npm ci)\n' +
          `${compiling}mip6guard: building (tsc)\n`,
      );
      expect(setUp(['build']).stderr).toBe('');
      expect(log().map((line) => line.split(' --')[0])).toEqual(
        expect.arrayContaining(['npm ci', 'npm rebuild better-sqlite3', 'compiled', 'tsc']),
      );
      expect(log()).toHaveLength(4);
    });

    it('compiles it when an installation was ended before', () => {
      lock(
        { 'node_modules/better-sqlite3': { version: '1.0.0', optional: true } },
        { 'better-sqlite3': '1' },
      );
      write('node_modules/.package-lock.json', '{"packages":{}}');
      expect(setUp(['build']).stderr).toBe(`${compiling}mip6guard: building (tsc)\n`);
      expect(setUp(['build']).stderr).toBe('');
    });

    it('goes on without it when it does not compile, and says so once', () => {
      write('fail-rebuild', '');
      const { status, stderr } = setUp(['start', 'audit']);
      expect(status).toBe(0);
      expect(stderr).toContain(
        'mip6guard: not available: the SQLite event store (npm package better-sqlite3) was not ' +
          'loaded; to try again and see why: npm rebuild better-sqlite3\n',
      );
      expect(setUp(['start', 'audit']).stderr).toBe('');
    });

    it('is there before the tests begin', () => {
      const vitest = "import { appendFileSync } from 'node:fs'; appendFileSync('log', 'vitest');";
      write('node_modules/vitest/vitest.mjs', vitest);
      expect(setUp(['test']).status).toBe(0);
      const steps = log();
      expect(steps.at(-1)).toBe('vitest');
      expect(steps).toContain('compiled');
    });
  });

  it('ends with 4 and the last words of npm when packages cannot be installed', () => {
    lock({ 'node_modules/one': { version: '2.0.0' } });
    write('fail-ci', '');
    const { status, stderr } = setUp(['start']);
    expect(status).toBe(4);
    expect(stderr).toContain(
      'npm error the reason\nmip6guard: npm ci --ignore-scripts failed (exit code 1)',
    );
  });

  it('says once in one line what an optional package that cannot be compiled would give', () => {
    lock(
      { 'node_modules/better-sqlite3': { version: '1.0.0', optional: true } },
      {
        'better-sqlite3': '1',
      },
    );
    write('node_modules/.package-lock.json', '{"packages":{}}');
    const { status, stderr } = setUp(['start', 'audit']);
    expect(status).toBe(0);
    expect(stderr).toBe(
      'mip6guard: not available: the SQLite event store (npm package better-sqlite3) lacks ' +
        'python3, make, g++ (names in Debian); install them, then run npm start\n' +
        'mip6guard: building (tsc)\n',
    );
    expect(setUp(['start', 'audit']).stderr).toBe('');
    for (const name of ['python3', 'make', 'g++']) program(name, '');
    expect(setUp(['start', 'audit']).stderr).toContain('npm install --no-save): better-sqlite3');
    expect(setUp(['start', 'audit']).stderr).toBe('');
    expect(log().filter((line) => line.startsWith('npm'))).toHaveLength(1);
  });

  it.skipIf(!IS_ROOT)('goes on after apt-get has failed (needs root)', () => {
    program('apt-get', `#!/bin/sh\necho "apt-get $*" >> ${root}/log\nexit 100\n`);
    lock(
      { 'node_modules/better-sqlite3': { version: '1.0.0', optional: true } },
      {
        'better-sqlite3': '1',
      },
    );
    write('node_modules/.package-lock.json', '{"packages":{}}');
    const install = 'apt-get install -y --no-install-recommends python3 make g++';
    const { status, stderr } = setUp(['start', 'audit']);
    expect(status).toBe(0);
    expect(stderr).toContain(`mip6guard: installing what native npm packages need: ${install}\n`);
    expect(stderr).toContain(`lacks python3, make, g++; to get it: ${install} && npm start\n`);
    expect(log()).toEqual([install, 'apt-get update', 'tsc']);
  });

  it('refuses a Node.js that is too old', () => {
    const pretend =
      "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.18.3'}})";
    const { status, stderr } = setUp(['start'], { NODE_OPTIONS: `--import=${pretend}` });
    expect(status).toBe(4);
    expect(stderr).toContain('needs Node.js 20.19 or later, this is 20.18.3');
  });

  it('refuses a mode that it does not know', () => {
    expect(setUp(['strat'])).toMatchObject({ status: 2, stdout: '' });
  });

  describe('for the tests', () => {
    const steps = ['format:check', 'types', 'imports'];

    beforeEach(() => {
      write(
        'node_modules/vitest/vitest.mjs',
        "console.log('vitest', process.argv.slice(2).join(' '));",
      );
    });

    it('runs every check and gives its arguments to vitest only', () => {
      const { status, stdout } = setUp(['test', 'test/one.test.ts', '-t', 'name']);
      expect(status).toBe(0);
      expect(stdout).toBe('vitest run test/one.test.ts -t name\n');
      // The linter runs beside the compiler.
      const others = log().filter((line) => line !== 'npm run --silent lint');
      expect(others).toEqual(['tsc', ...steps.map((step) => `npm run --silent ${step}`)]);
      expect(log()).toHaveLength(others.length + 1);
    });

    it('shows the results of all checks when one of them fails', () => {
      write('fail-lint', '');
      const { status, stdout, stderr } = setUp(['test']);
      expect(status).toBe(1);
      expect(stdout).toBe('vitest run\n');
      for (const step of ['format:check ok', 'lint FAILED', 'types ok', 'imports ok', 'tests ok']) {
        expect(stderr).toContain(`mip6guard: ${step} (`);
      }
      expect(stderr.endsWith('mip6guard: failed: lint\n')).toBe(true);
    });

    it('leaves no build behind whose types are wrong', () => {
      write('fail-types', '');
      expect(setUp(['test']).stderr).toMatch(/failed: types\n$/);
      expect(setUp(['build']).stderr).toBe('mip6guard: building (tsc)\n');
    });

    it('fails when the source does not compile, after all other checks', () => {
      appendFileSync(path.join(root, 'engine/one.ts'), 'ERROR');
      const { status, stderr } = setUp(['test']);
      expect(status).toBe(1);
      expect(stderr.endsWith('mip6guard: failed: build\n')).toBe(true);
    });
  });
});
