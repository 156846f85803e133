/**
 * A network namespace with one link for a sensor: packets that are sent at `out` come in at `tap`.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { MAIN, ROOT, environment, hasProgram } from './command.ts';
import { hasPcap } from './pcap-package.ts';

/** Sends attacks, each from a sender of its own: interface, number, a second (0 = at once), first sender. */
const SENDER = `
import socket, struct, sys, time
name, count, rate, first = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((name, 0))
text = lambda value: socket.inet_pton(socket.AF_INET6, value)
routing = struct.pack('!BBBBI', 59, 2, 2, 2, 0) + text('2001:db8:1::10')
begin = time.time()
for i in range(count):
    sender = text('2001:db8:66::%x' % (first + i))
    ip = struct.pack('!IHBB', 6 << 28, len(routing), 43, 64) + sender + text('2001:db8:9::5')
    out.send(bytes.fromhex('02000000000102000000000286dd') + ip + routing)
    if rate > 0:
        time.sleep(max(0, begin + (i + 1) / rate - time.time()))
`;

function canCapture(): boolean {
  if (!hasPcap) return false;
  const script = 'ip link add tap type veth peer name out && ip link set tap up';
  return (
    ['ip', 'unshare', 'python3'].every(hasProgram) &&
    spawnSync('unshare', ['--net', 'sh', '-c', script], { stdio: 'ignore' }).status === 0 &&
    spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0
  );
}

/** Whether live traffic can be made and captured here: for root alone, with the package pcap. */
export const canWatch = canCapture();

/** One network; `remove` it when it is not needed any more. */
export class SensorNetwork {
  readonly name = `mip6-sensor-${randomBytes(4).toString('hex')}`;
  readonly #children = new Set<ChildProcessWithoutNullStreams>();

  constructor() {
    this.#ip('netns', 'add', this.name);
    this.inside('ip', 'link', 'add', 'tap', 'type', 'veth', 'peer', 'name', 'out');
    for (const link of ['lo', 'tap', 'out']) this.inside('ip', 'link', 'set', link, 'up');
  }

  /** Runs a program inside to its end. @returns what it wrote */
  inside(...command: readonly string[]): string {
    const run = spawnSync('ip', ['netns', 'exec', this.name, ...command], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`${command.join(' ')}: ${run.stderr}`);
    return run.stdout;
  }

  /** Starts the command inside. */
  start(args: readonly string[], user?: string): ChildProcessWithoutNullStreams {
    const as =
      user === undefined ? [] : ['setpriv', `--reuid=${user}`, '--clear-groups', '--inh-caps=-all'];
    return this.#spawn([...as, process.execPath, MAIN, ...args]);
  }

  /** Starts to send attacks. */
  send(count: number, rate: number, first: number): ChildProcessWithoutNullStreams {
    return this.#spawn(['python3', '-c', SENDER, 'out', ...[count, rate, first].map(String)]);
  }

  /** Ends all that runs inside, and the network. */
  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', this.name]);
  }

  #spawn(command: readonly string[]): ChildProcessWithoutNullStreams {
    // ip becomes the program, so that a signal reaches it.
    const child = spawn('ip', ['netns', 'exec', this.name, ...command], {
      cwd: ROOT,
      env: environment(),
    });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  #ip(...args: readonly string[]): void {
    const run = spawnSync('ip', args, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
  }
}
