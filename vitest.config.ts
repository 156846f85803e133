import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const COMMAND_TESTS = [
  'test/e2e/**/*.test.ts',
  'test/attackers/**/*.test.ts',
  'test/docs/readme.test.ts',
];

const ALONE_TESTS = ['test/cli/site-file.test.ts'];

export default defineConfig({
  // Screens are tested with the React that the program runs, which is not the slow one for development.
  oxc: { jsx: { runtime: 'automatic', development: false } },
  test: {
    env: { NODE_ENV: 'production' },
    // A larger young generation: collecting a small one takes a tenth of the time. By one thread: the workers fill the cores.
    execArgv: ['--max-semi-space-size=64', '--no-parallel-scavenge'],
    // Packages in CommonJS are imported as Node.js does it. Otherwise each use of a name goes through a proxy.
    deps: { interopDefault: false },
    // They end what hangs. No test is about how fast the machine is, which may be slow and busy with other things.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 90_000 } },
    // Vitest would leave a core free, which is half of a small machine; and tests of programs wait half of the time.
    maxWorkers: availableParallelism() + 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          isolate: false,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...COMMAND_TESTS, ...ALONE_TESTS],
        },
      },
      {
        extends: true,
        // What they load tells something only where nothing is loaded yet.
        test: { name: 'alone', include: ALONE_TESTS },
      },
      {
        extends: true,
        // These run the built command, so it is built first; the other tests need no build.
        test: {
          name: 'command',
          isolate: false,
          include: COMMAND_TESTS,
          globalSetup: ['test/e2e/build.ts'],
        },
      },
    ],
  },
});
