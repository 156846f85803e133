/**
 * Set-up that `npm start` and `npm test` begin with. Plain Node.js, no packages: it runs before they are installed.
 *
 *   node cli/setup.mjs start [arguments of mip6guard]   set up, then run the command (default: demo)
 *   node cli/setup.mjs test [arguments of vitest]       set up, then every check and the tests
 *   node cli/setup.mjs build                            set up only
 *
 * Every step is stamped: when nothing changed it does nothing and asks no network. The scripts of package.json say
 * `exec`, so that a signal that npm passes on reaches this process and not a shell between.
 * Exit codes: those of the command; 2 usage, 4 environment (Node.js, packages), 5 the source does not compile.
 */
// Default imports and no newer syntax (`?.`, `??`): an old Node.js must get as far as the version check.
import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MAIN = inRoot('dist/cli/main.js');
/** How the program is put together in few files. */
const BUNDLE = 'rolldown.config.js';
const BUILD_STAMP = inRoot('dist/.stamp');
const INSTALL_STAMP = inRoot('node_modules/.cache/mip6guard/install.json');

/** The compiler in native code: a third of the time. What reads types as a library, as the linter does, has the other one. */
const TSC = 'node_modules/typescript-native/bin/tsc';
/** Its heap may grow to five times of what is alive before it is collected, which saves a quarter of its time. */
const TSC_ENVIRONMENT = { GOGC: '400' };

/** Size of the young generation, in MiB: compiler, linter and tests would spend a tenth of their time on collecting it. */
const ROOMY = '--max-semi-space-size=64';

const COMPILER = ['python3', 'make', 'g++'];
/** Optional npm packages with native code: what they are for, the Debian packages their build needs, a proof that they load. */
const NATIVE = {
  pcap: {
    purpose: 'live capture',
    debian: ['libpcap-dev', ...COMPILER],
    probe: "require('pcap')",
  },
  'better-sqlite3': {
    purpose: 'the SQLite event store',
    debian: COMPILER,
    probe: "new (require('better-sqlite3'))(':memory:')",
  },
};

function inRoot(name) {
  return path.join(ROOT, name);
}

function say(line) {
  process.stderr.write(`mip6guard: ${line}\n`);
}

function stop(code, line) {
  say(line);
  process.exit(code);
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function isRoot() {
  return typeof process.getuid === 'function' && process.getuid() === 0;
}

/** True when `program` is in a folder of PATH. */
function hasProgram(program) {
  const folders = (process.env.PATH || '').split(path.delimiter);
  return folders.some((folder) => {
    try {
      fs.accessSync(path.join(folder, program), fs.constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** Those of the Debian packages whose content is not on this machine, wherever it would have come from. */
function missing(debianPackages) {
  return debianPackages.filter((name) =>
    name === 'libpcap-dev'
      ? !['/usr/include', '/usr/local/include'].some((dir) => fs.existsSync(`${dir}/pcap.h`))
      : !hasProgram(name),
  );
}

/** Names of optional native packages of the lock file that do not load; asked in a child, which may crash. */
function notLoading(names) {
  return names.filter((name) => {
    const args = ['--input-type=commonjs', '-e', NATIVE[name].probe];
    const options = { cwd: ROOT, stdio: 'ignore', timeout: 120_000 };
    return childProcess.spawnSync(process.execPath, args, options).status !== 0;
  });
}

/** Runs a program to its end, beside others. Resolves to `{ status, error, output }`, the text of both streams. */
function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = childProcess.spawn(program, args, { cwd: ROOT, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    child.on('error', (error) => resolve({ status: null, error, output }));
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Program and arguments that run npm: that of the run that started us, else the one in PATH. */
function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli && /npm-cli\.[cm]?js$/.test(cli) ? [process.execPath, [cli, ...args]] : ['npm', args];
}

function aptArguments(debianPackages) {
  return ['install', '-y', '--no-install-recommends', ...debianPackages];
}

/** Installs what is missing when root on Debian; a failure shows later, in the line about what is not available. */
function installDebianPackages(debianPackages) {
  if (debianPackages.length === 0 || !isRoot() || !hasProgram('apt-get')) return;
  const apt = (args) => {
    say(`installing what native npm packages need: apt-get ${args.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return childProcess.spawnSync('apt-get', args, { env, stdio: 'ignore' }).status === 0;
  };
  // The lists are refreshed only when they are absent or too old to find or fetch a package.
  if (!apt(aptArguments(debianPackages)) && apt(['update'])) apt(aptArguments(debianPackages));
}

/** True when node_modules holds what the lock file names, whoever installed it; optional packages may be absent. */
function isInstalled(lockText) {
  const tree = readJson(inRoot('node_modules/.package-lock.json'));
  if (!tree) return false;
  const wanted = JSON.parse(lockText).packages;
  return (
    Object.keys(tree.packages).every((name) => name in wanted) &&
    Object.entries(wanted).every(([name, { version, optional, devOptional }]) => {
      const found = tree.packages[name];
      return name === '' || (found ? found.version === version : optional || devOptional);
    })
  );
}

/** Headers of the running Node.js, so that native packages compile without fetching them. */
function nodeHeaders() {
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  const version = read(path.join(prefix, 'include/node/node_version.h')) || '';
  const sameMajor = version.includes(`NODE_MAJOR_VERSION ${process.versions.node.split('.')[0]}\n`);
  return sameMajor ? { npm_config_nodedir: prefix } : {};
}

/** True when npm can keep its cache where it wants to; a service user's home is often not there. */
function canCache() {
  try {
    const folder = process.env.npm_config_cache || path.join(os.homedir(), '.npm');
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs npm with all kinds of packages. Resolves to the result of `run`. */
async function npm(args) {
  const always = ['--include=dev', '--include=optional', '--loglevel=warn'];
  const cache = canCache() ? undefined : fs.mkdtempSync(path.join(os.tmpdir(), 'mip6guard-npm-'));
  // Native code compiles on all cores.
  const env = { JOBS: 'max', ...process.env, ...nodeHeaders() };
  if (cache) env.npm_config_cache = cache;
  const stdio = ['ignore', 'pipe', 'pipe'];
  const result = await run(...npmCommand([...args, ...always]), { env, stdio });
  if (cache) fs.rmSync(cache, { recursive: true, force: true });
  return result;
}

/** Runs npm; nothing goes on when it fails. */
async function needNpm(args) {
  const { status, error, output } = await npm(args);
  if (status === 0) return;
  process.stderr.write(`${output.trimEnd().split('\n').slice(-20).join('\n')}\n`);
  const reason = error ? error.message : `exit code ${status}`;
  stop(4, `npm ${args.join(' ')} failed (${reason}); the last lines of its output are above`);
}

/**
 * Installs npm packages when the lock file, the Node.js ABI or the machine's type changed. Native packages of a new
 * installation are compiled behind that, on one core for a minute or two: their promise is `compiled`, and everything that
 * does not load them goes on meanwhile. It never fails: what cannot be compiled is told of.
 */
async function installPackages() {
  const lockText = read(inRoot('package-lock.json'));
  if (lockText === undefined)
    stop(4, 'package-lock.json is missing: restore it from the repository');
  const runtime = `${process.platform} ${process.arch} ${process.versions.modules}`;
  const lock = crypto.createHash('sha256').update(lockText).digest('hex');
  const stamp = readJson(INSTALL_STAMP);
  // A package that could not be compiled is tried again as soon as what it lacked has been installed.
  const retry = ({ lacked }) => lacked.length > 0 && missing(lacked).length === 0;
  const isSame = stamp && stamp.lock === lock && stamp.runtime === runtime;
  if (isSame && !stamp.unavailable.some(retry)) return { compiled: Promise.resolve() };

  const optional = Object.keys(JSON.parse(lockText).packages[''].optionalDependencies || {});
  const native = optional.filter((name) => name in NATIVE);
  const complete = isInstalled(lockText) && !(stamp && stamp.runtime !== runtime);
  const wanted = complete ? notLoading(native) : native;
  installDebianPackages(missing([...new Set(wanted.flatMap((name) => NATIVE[name].debian))]));
  const compilable = wanted.filter((name) => missing(NATIVE[name].debian).length === 0);
  if (!complete) {
    say('installing npm packages of the lock file (npm ci)');
    await needNpm(['ci', '--ignore-scripts']);
  } else if (compilable.some((name) => !isThere(name))) {
    say(`adding optional npm packages (npm install --no-save): ${wanted.join(', ')}`);
    await needNpm(['install', '--no-save']);
  }
  const compile = async () => {
    const uncompiled = notLoading(wanted.filter(isThere));
    if (uncompiled.length > 0) {
      say(`compiling ${uncompiled.join(', ')} (npm rebuild); may take a minute or two`);
      await npm(['rebuild', ...uncompiled]);
    }
    const unavailable = notLoading(native).map((name) => {
      const lacked = missing(NATIVE[name].debian);
      sayUnavailable(name, lacked);
      return { name, lacked };
    });
    write(INSTALL_STAMP, JSON.stringify({ lock, runtime, unavailable }));
  };
  return { compiled: compile() };
}

/** True when the files of an npm package are there, compiled or not. */
function isThere(name) {
  return fs.existsSync(inRoot(`node_modules/${name}`));
}

function sayUnavailable(name, lacked) {
  const what = `not available: ${NATIVE[name].purpose} (npm package ${name})`;
  if (lacked.length === 0) {
    const command = isThere(name)
      ? `npm rebuild ${name}`
      : 'npm install --no-save --foreground-scripts';
    say(
      `${what} was not ${isThere(name) ? 'loaded' : 'compiled'}; to try again and see why: ${command}`,
    );
  } else if (hasProgram('apt-get')) {
    const sudo = isRoot() ? '' : 'sudo ';
    const command = `${sudo}apt-get ${aptArguments(lacked).join(' ')} && npm start`;
    say(`${what} lacks ${lacked.join(', ')}; to get it: ${command}`);
  } else {
    say(`${what} lacks ${lacked.join(', ')} (names in Debian); install them, then run npm start`);
  }
}

/** Paths below `folder`, with `/`, whose names end in one of `endings`; none when there is no such folder. */
function filesBelow(folder, endings) {
  if (!fs.existsSync(inRoot(folder))) return [];
  return fs
    .readdirSync(inRoot(folder), { recursive: true })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => `${folder}/${name.split(path.sep).join('/')}`)
    .sort();
}

/** Path, size and time of everything that the build reads, as one hash. */
function sourceStamp() {
  const folders = readJson(inRoot('tsconfig.build.json')).include;
  const sources = folders.flatMap((folder) => filesBelow(folder, ['.ts', '.tsx']));
  const hash = crypto.createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', BUNDLE];
  for (const file of [...sources, ...settings.filter((name) => fs.existsSync(inRoot(name)))]) {
    const { size, mtimeMs } = fs.statSync(inRoot(file));
    hash.update(`${file}\n${size}\n${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * Compiles to dist/ when a source changed. Returns false when the source does not compile; tsc has said why. With
 * `--noCheck` only syntax is looked at: for who checks types in another way, and calls `forgetBuild` when they are wrong.
 */
async function build(...options) {
  const stamp = sourceStamp();
  if (read(BUILD_STAMP) === stamp && fs.existsSync(MAIN)) return true;
  say('building (tsc)');
  // Incremental builds rewrite only what changed: without the command, dist/ is not one of ours.
  fs.rmSync(fs.existsSync(MAIN) ? BUILD_STAMP : inRoot('dist'), { recursive: true, force: true });
  const tsc = [inRoot(TSC), '-p', 'tsconfig.build.json', ...options];
  const incremental = ['--incremental', '--tsBuildInfoFile', 'dist/.tsbuildinfo'];
  const result = await run(process.execPath, [...tsc, ...incremental], {
    env: { ...process.env, ...TSC_ENVIRONMENT },
    // Talk goes to stderr: stdout belongs to the command.
    stdio: ['ignore', 2, 2],
  });
  for (const file of filesBelow('dist', ['.js'])) {
    const source = inRoot(file.slice('dist/'.length, -'.js'.length));
    if (!fs.existsSync(`${source}.ts`) && !fs.existsSync(`${source}.tsx`)) fs.rmSync(inRoot(file));
  }
  if (fs.existsSync(MAIN)) fs.chmodSync(MAIN, 0o755);
  if (result.status !== 0 || !(await bundle())) return false;
  write(BUILD_STAMP, stamp);
  return true;
}

/** The next start compiles again, and says what is wrong. */
function forgetBuild() {
  fs.rmSync(BUILD_STAMP, { force: true });
}

/** Puts the program together in few files. Returns false when that fails; the bundler has said why. */
async function bundle() {
  if (!fs.existsSync(inRoot(BUNDLE))) return true;
  const rolldown = [inRoot('node_modules/rolldown/bin/cli.mjs'), '--config', BUNDLE];
  const options = { stdio: ['ignore', 'ignore', 2] };
  return (await run(process.execPath, rolldown, options)).status === 0;
}

/** The folder the user stands in: npm runs scripts in the project's, which would move relative file names. */
function callersFolder() {
  const isOurs = process.env.npm_package_json === inRoot('package.json');
  return isOurs && process.env.INIT_CWD ? process.env.INIT_CWD : process.cwd();
}

/** True when a key such as Ctrl-C already reaches the command: it shares the terminal's foreground group with us. */
function isInForeground() {
  const stat = read('/proc/self/stat') || '';
  // After "pid (name)": state, parent, process group, session, terminal, the terminal's foreground group.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group !== undefined && group === foreground;
}

/** Runs the built command; ends with its exit code, or 128 + signal. */
function runCommand(args) {
  const options = { cwd: callersFolder(), stdio: 'inherit' };
  const child = childProcess.spawn(process.execPath, [MAIN, ...args], options);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM']) {
    process.on(signal, () => {
      // Twice would mean "stop at once" to the command.
      if (signal === 'SIGTERM' || !isInForeground()) child.kill(signal);
    });
  }
  child.on('error', (error) => stop(4, `cannot run ${MAIN}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + os.constants.signals[signal] : code);
  });
}

/** Runs a script of package.json; what it says comes when it has ended, so that checks at the same time do not mix. */
function checkByScript(script) {
  const start = Date.now();
  return new Promise((resolve) => {
    const npmRun = npmCommand(['run', '--silent', script]);
    const options = `${process.env.NODE_OPTIONS || ''} ${ROOMY}`;
    const env = { ...process.env, ...TSC_ENVIRONMENT, NODE_OPTIONS: options };
    const child = childProcess.spawn(...npmRun, { cwd: ROOT, env });
    const said = [];
    child.stdout.on('data', (part) => said.push([process.stdout, part]));
    child.stderr.on('data', (part) => said.push([process.stderr, part]));
    child.on('error', (error) => said.push([process.stderr, `${error.message}\n`]));
    child.on('close', (code) => {
      for (const [stream, part] of said) stream.write(part);
      resolve(verdict(script, code === 0, start));
    });
  });
}

/** Says how a check went. Returns its name when it failed. */
function verdict(name, isOk, start) {
  say(`${name} ${isOk ? 'ok' : 'FAILED'} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  return isOk ? [] : [name];
}

/** Runs vitest; its output appears as it comes. */
function runTests(vitestArguments) {
  const vitest = [ROOMY, inRoot('node_modules/vitest/vitest.mjs'), 'run', ...vitestArguments];
  const start = Date.now();
  const child = childProcess.spawn(process.execPath, vitest, { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('error', (error) => stop(4, `cannot run vitest: ${error.message}`));
    child.on('close', (code) => {
      resolve(verdict('tests', code === 0, start));
    });
  });
}

/** Runs every check, whatever the ones before found. */
async function runChecks(vitestArguments, compiled) {
  // The linter takes minutes of one core: it runs beside everything else.
  const lint = checkByScript('lint');
  const failed = (await build('--noCheck')) ? [] : ['build'];
  for (const script of ['format:check', 'types', 'imports']) {
    failed.push(...(await checkByScript(script)));
  }
  if (failed.includes('types')) forgetBuild();
  await compiled;
  const tests = runTests(vitestArguments);
  failed.push(...(await lint), ...(await tests));
  if (failed.length === 0) return;
  say(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

const [mode, ...rest] = process.argv.slice(2);
const args = rest[0] === '--' ? rest.slice(1) : rest;
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  const found = `${process.versions.node} (${process.execPath})`;
  stop(
    4,
    `needs Node.js 20.19 or later, this is ${found}: install a newer one, then run npm ${mode}`,
  );
}
if (mode !== 'start' && mode !== 'test' && mode !== 'build') {
  stop(2, 'usage: node cli/setup.mjs start|test|build [arguments]');
}

async function main() {
  const { compiled } = await installPackages();
  if (mode === 'test') return runChecks(args, compiled);
  const isBuilt = await build();
  await compiled;
  if (!isBuilt) stop(5, 'the source does not compile: see above');
  if (!fs.existsSync(MAIN)) stop(5, `the build gave no ${MAIN}`);
  if (mode === 'start') runCommand(args.length > 0 ? args : ['demo']);
  return undefined;
}

main().catch((error) => stop(5, error.stack));
