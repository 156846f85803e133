import {
  chmodSync,
  existsSync,
  mkdtempSync,
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
import { journalOwner, leftChanges } from '../../../io/inline/change-journal.ts';
import { HostConfiguration } from '../../../io/inline/host-configuration.ts';
import { IpCommand, routeArguments } from '../../../io/inline/ip-command.ts';
import type { CommandResult } from '../../../io/inline/ip-command.ts';
import { HostError } from '../../../io/native/host-error.ts';

let folder = '';
let journal = '';
let configuration: HostConfiguration | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-host-'));
  journal = path.join(folder, 'run', 'node.journal');
});
afterEach(() => {
  configuration?.close();
  configuration = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** An `ip` that knows interfaces and does nothing. */
class FakeIp {
  readonly commands: string[] = [];
  /** What the journal held before each command. */
  readonly journals: string[] = [];
  interfaces: Record<string, { ifindex: number; flags: string[]; mtu: number }> = {
    eth9: { ifindex: 9, flags: ['BROADCAST'], mtu: 1500 },
  };
  failing: RegExp | undefined;
  says = 'RTNETLINK answers: Operation not permitted';
  readonly command = new IpCommand((_, args) => this.#run(args));

  #run(args: readonly string[]): CommandResult {
    const command = args.join(' ');
    const ok = (stdout: string): CommandResult => ({
      code: 0,
      stdout: Buffer.from(stdout),
      stderr: '',
    });
    if (command === '-V') return ok('');
    if (args[0] === '-json') {
      const found = this.interfaces[args.at(-1) ?? ''];
      if (found) return ok(JSON.stringify([found]));
      return {
        code: 1,
        stdout: Buffer.alloc(0),
        stderr: `Device "${args.at(-1) ?? ''}" does not exist.\n`,
      };
    }
    this.commands.push(command);
    this.journals.push(existsSync(journal) ? readFileSync(journal, 'utf8') : '');
    if (this.failing?.test(command)) {
      return { code: 2, stdout: Buffer.alloc(0), stderr: `${this.says}\n` };
    }
    return ok('');
  }
}

function begin(ip: FakeIp): HostConfiguration {
  configuration = new HostConfiguration({ journal, ip: ip.command });
  return configuration;
}

function failure(action: () => unknown): HostError {
  try {
    action();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** Writes what a process has left. */
function leave(owner: object, lines: readonly string[], ending = '\n'): void {
  begin(new FakeIp()).close();
  writeFileSync(journal, [JSON.stringify(owner), ...lines].join('\n') + ending, { mode: 0o600 });
}

/** A process that is gone. */
function dead(): object {
  return { ...journalOwner(), started: '1' };
}

const LINK = JSON.stringify({ kind: 'link', name: 'eth9', index: 9, isUp: false, mtu: 1400 });
const ADDRESS = JSON.stringify({
  kind: 'added',
  name: 'eth9',
  index: 9,
  what: 'address',
  args: ['2001:db8::1/64', 'dev', 'eth9'],
});

describe('what a node changes on this machine', () => {
  it('is written down before it is changed, and undone last first', () => {
    const ip = new FakeIp();
    const host = begin(ip);
    host.setMtu('eth9', 1400);
    host.setUp('eth9');
    host.addAddress('eth9', '2001:db8::1/64');
    host.addRoute('eth9', { prefix: 'default', metric: 5, source: '2001:db8::1' });
    expect(ip.commands).toEqual([
      'link set dev eth9 mtu 1400',
      'link set dev eth9 up',
      '-6 address add 2001:db8::1/64 dev eth9 nodad',
      '-6 route add default dev eth9 metric 5 src 2001:db8::1',
    ]);
    // A line for the owner, then one for each change up to the one that is being made.
    expect(ip.journals.map((text) => text.split('\n').length - 1)).toEqual([2, 3, 4, 5]);
    ip.commands.length = 0;
    expect(host.close()).toEqual([]);
    expect(ip.commands).toEqual([
      '-6 route del default dev eth9 metric 5 src 2001:db8::1',
      '-6 address del 2001:db8::1/64 dev eth9',
      'link set dev eth9 mtu 1500 down',
      'link set dev eth9 mtu 1500 down',
    ]);
    expect(readdirSync(path.dirname(journal))).toEqual([]);
    expect(host.close()).toEqual([]);
  });

  it('is kept in a file that nobody else reads', () => {
    begin(new FakeIp());
    expect(statSync(journal).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(journal)).mode & 0o777).toBe(0o700);
  });

  it('is left as it is where it is so already', () => {
    const ip = new FakeIp();
    begin(ip).setMtu('eth9', 1500);
    expect(ip.commands).toEqual([]);
  });

  it('is not undone on an interface that was made anew', () => {
    const ip = new FakeIp();
    const host = begin(ip);
    host.setUp('eth9');
    ip.interfaces = { eth9: { ifindex: 10, flags: [], mtu: 1500 } };
    ip.commands.length = 0;
    expect(host.close()).toEqual([]);
    expect(ip.commands).toEqual([]);
  });

  it('is undone as far as possible, and told where it is not', () => {
    const ip = new FakeIp();
    const host = begin(ip);
    host.setMtu('eth9', 1400);
    host.addAddress('eth9', '2001:db8::1/64');
    ip.failing = /address del/;
    expect(host.close()).toEqual([expect.stringContaining('Operation not permitted')]);
    expect(ip.commands.at(-1)).toBe('link set dev eth9 mtu 1500 down');
  });

  it('counts an address that is gone already as put back', () => {
    const ip = new FakeIp();
    const host = begin(ip);
    host.addAddress('eth9', '2001:db8::1/64');
    ip.failing = /address del/;
    ip.says = 'RTNETLINK answers: Cannot assign requested address';
    expect(host.close()).toEqual([]);
  });

  it('cannot be changed after the end', () => {
    const host = begin(new FakeIp());
    host.close();
    expect(
      failure(() => {
        host.setMtu('eth9', 1400);
      }).code,
    ).toBe('ERR_HOST_JOURNAL');
  });

  it.each([
    [
      'an interface that is not there',
      (host: HostConfiguration) => {
        host.setUp('eth8');
      },
      /eth8/,
    ],
    [
      'a name that is a path',
      (host: HostConfiguration) => {
        host.setUp('../all');
      },
      /no name of/,
    ],
    [
      'a name with a space',
      (host: HostConfiguration) => {
        host.setUp('a b');
      },
      /no name of/,
    ],
    [
      'an address without a length',
      (host: HostConfiguration) => {
        host.addAddress('eth9', '2001:db8::1');
      },
      /no IPv6 address/,
    ],
    [
      'an address of IPv4',
      (host: HostConfiguration) => {
        host.addAddress('eth9', '192.0.2.1/24');
      },
      /no IPv6 address/,
    ],
    [
      'a route that is an option',
      (host: HostConfiguration) => {
        host.addRoute('eth9', { prefix: '-force' });
      },
      /no IPv6 address/,
    ],
    [
      'a setting of something else',
      (host: HostConfiguration) => {
        host.setSetting('net/ipv6/conf/../x', '1');
      },
      /no setting of IPv6/,
    ],
    [
      'a metric of 0',
      (host: HostConfiguration) => {
        host.addRoute('eth9', { prefix: 'default', metric: 0 });
      },
      /metric 0/,
    ],
  ])('refuses %s as a matter of use', (_, action, message) => {
    const ip = new FakeIp();
    const host = begin(ip);
    const error = failure(() => {
      action(host);
    });
    expect(error.message).toMatch(message);
    expect(error.isUsage).toBe(true);
    expect(ip.commands).toEqual([]);
  });

  it('says what to do when there is no ip, and when it may not', () => {
    const missing = new IpCommand(() => ({
      code: undefined,
      stdout: Buffer.alloc(0),
      stderr: '',
      error: Object.assign(new Error('spawn ip ENOENT'), { code: 'ENOENT' }),
    }));
    const absent = failure(() => new HostConfiguration({ journal, ip: missing }));
    expect(absent).toMatchObject({ code: 'ERR_HOST_COMMAND', isUsage: false });
    expect(absent.hint).toContain('iproute2');
    const ip = new FakeIp();
    ip.failing = /link set/;
    const host = begin(ip);
    const forbidden = failure(() => {
      host.setUp('eth9');
    });
    expect(forbidden.code).toBe('ERR_HOST_PERMISSION');
    expect(forbidden.hint).toContain('CAP_NET_ADMIN');
  });

  it('names routes as ip takes them', () => {
    expect(routeArguments('mip0', { prefix: '2001:db8::/32' })).toEqual([
      '2001:db8::/32',
      'dev',
      'mip0',
    ]);
  });
});

describe('what a killed process has left', () => {
  it('is undone by the next start, which then begins a journal of its own', () => {
    leave(dead(), [LINK, ADDRESS]);
    const ip = new FakeIp();
    const host = begin(ip);
    expect(ip.commands).toEqual([
      '-6 address del 2001:db8::1/64 dev eth9',
      'link set dev eth9 mtu 1400 down',
    ]);
    expect(host.recovered).toEqual(['put back 2 changes that an earlier process had left']);
    expect(leftLines()).toHaveLength(1);
  });

  it('does not include a change that was not written to its end', () => {
    leave(dead(), [LINK, ADDRESS.slice(0, 30)], '');
    expect(leftChanges(journal)).toEqual([JSON.parse(LINK)]);
  });

  it.each([
    ['the machine was started again', { boot: 'another' }],
    ['its network is gone', { networkNamespace: 'net:[1]' }],
  ])('is nothing when %s', (_, change) => {
    leave({ ...dead(), ...change }, [LINK]);
    const ip = new FakeIp();
    expect(begin(ip).recovered).toEqual([]);
    expect(ip.commands).toEqual([]);
  });

  it('is not touched while its process runs', () => {
    leave(journalOwner(), [LINK]);
    const ip = new FakeIp();
    const error = failure(() => new HostConfiguration({ journal, ip: ip.command }));
    expect(error.code).toBe('ERR_HOST_JOURNAL');
    expect(error.message).toContain(`process ${process.pid} runs`);
    expect(ip.commands).toEqual([]);
    expect(existsSync(journal)).toBe(true);
  });

  it.each([
    [
      'a file that others can write',
      () => {
        chmodSync(journal, 0o622);
      },
      /only this user/,
    ],
    [
      'a link',
      () => {
        linkInstead();
      },
      /only this user/,
    ],
    [
      'another file',
      () => {
        writeFileSync(journal, 'hello\n');
      },
      /line 1/,
    ],
    [
      'a change that is none',
      () => {
        writeFileSync(journal, `${JSON.stringify(dead())}\n{"kind":"x"}\n`);
      },
      /line 2/,
    ],
    [
      'a setting outside of IPv6',
      () => {
        const line = JSON.stringify({ kind: 'setting', file: 'kernel/core_pattern', value: '|x' });
        writeFileSync(journal, `${JSON.stringify(dead())}\n${line}\n`);
      },
      /line 2/,
    ],
    [
      'a path that climbs',
      () => {
        const file = 'net/ipv6/conf/../ip_forward';
        const line = JSON.stringify({ kind: 'setting', file, value: '1' });
        writeFileSync(journal, `${JSON.stringify(dead())}\n${line}\n`);
      },
      /line 2/,
    ],
  ])('is not believed from %s', (_, change, message) => {
    leave(dead(), [LINK]);
    change();
    const error = failure(() => leftChanges(journal));
    expect(error.code).toBe('ERR_HOST_JOURNAL');
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });
});

function leftLines(): string[] {
  return readFileSync(journal, 'utf8').trimEnd().split('\n');
}

function linkInstead(): void {
  const other = path.join(folder, 'other');
  writeFileSync(other, readFileSync(journal), { mode: 0o600 });
  rmSync(journal);
  symlinkSync(other, journal);
}
