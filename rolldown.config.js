/**
 * Puts what tsc has made in dist/ together in few files: a command then starts in half the time. Files that name others by
 * where they are (rules, threads, processes) find them as in dist/, because all lie in folders of the same depth.
 */
import fs from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'rolldown';

const DIST = path.join(import.meta.dirname, 'dist');

/** What is started by its name: the command, and threads and processes of it, which are looked for beside their starter. */
const STARTED = [
  'cli/start',
  'cli/model/host',
  'cli/workers/reader-thread',
  'io/store/store-thread',
];

/** A module that has every rule: `{ 'family/mip6-0000.js': its definition }`. */
const ALL_RULES = 'all-rules';

function allRules() {
  const folder = path.join(DIST, 'rules');
  const files = fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => /mip6-\d{4}\.js$/.test(name))
    .sort();
  const imports = files.map(
    (file, i) => `import rule${i} from ${JSON.stringify(path.join(folder, file))};`,
  );
  const entries = files.map((file, i) => `${JSON.stringify(file)}: rule${i}`);
  return `${imports.join('\n')}\nexport const rules = { ${entries.join(', ')} };\n`;
}

export default defineConfig({
  input: {
    ...Object.fromEntries(
      STARTED.map((name) => [`cli/${path.basename(name)}`, path.join(DIST, `${name}.js`)]),
    ),
    'rules/all': ALL_RULES,
  },
  platform: 'node',
  // Native code stays where npm has put it, and may be missing; nobody needs the last one.
  external: ['pcap', 'better-sqlite3', 'koffi', 'react-devtools-core'],
  plugins: [
    {
      name: ALL_RULES,
      resolveId: (id) => (id === ALL_RULES ? id : undefined),
      load: (id) => (id === ALL_RULES ? allRules() : undefined),
    },
  ],
  logLevel: 'warn',
  output: {
    dir: path.join(DIST, 'program'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'cli/[name]-[hash].js',
    cleanDir: true,
  },
});
