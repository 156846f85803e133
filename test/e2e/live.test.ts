import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canIsolate, inNetwork } from '../attackers/lab.ts';
import { hasProgram, mip6guard, ROOT } from './command.ts';
import { hasPcap } from './pcap-package.ts';

const CAPTURE = path.join(ROOT, 'fixtures/captures/normal-life.pcapng');

const doctorReport = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ id: z.string(), status: z.enum(['ok', 'missing', 'note']) })),
});

const canCapture = canIsolate && hasPcap;
const hasTshark = hasProgram('tshark');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-live-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a scenario of `live.sh`. */
function scenario(name: string): Promise<void> {
  const args = [name, folder, process.execPath, path.join(ROOT, 'dist'), CAPTURE];
  return inNetwork('../e2e/live.sh', args);
}

function left(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

function lines(name: string): string[] {
  return left(name)
    .split('\n')
    .filter((line) => line !== '');
}

/** Packets of the capture that is sent, with some fields; the capture filter keeps all IPv6 and nothing else of it. */
function sent(fields: readonly string[], filter = 'ipv6'): string[] {
  const shown = fields.flatMap((field) => ['-e', field]);
  const { stdout } = mip6guard(['read', '-T', 'fields', ...shown, '-Y', filter, CAPTURE]);
  return stdout.split('\n').filter((line) => line !== '');
}

function packetsIn(file: string): number {
  const run = spawnSync('tshark', ['-n', '-r', path.join(folder, file)], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout.split('\n').filter((line) => line !== '').length;
}

describe('live capture (needs root, network namespaces and the package pcap)', () => {
  it.skipIf(!canCapture)('shows every packet as read does, and ends with Ctrl-C', async () => {
    await scenario('arrive');
    const expected = sent(['ipv6.src', 'ipv6.dst', 'mip6.mhtype']);
    expect(lines('out')).toEqual(expected);
    expect(left('code')).toBe('0\n');
    expect(left('err')).toContain(`${expected.length} packets captured, 0 dropped`);
  });

  it.skipIf(!canCapture)('puts packets of two interfaces in order of time', async () => {
    await scenario('several');
    const rows = lines('out').map((line) => line.split('\t'));
    const count = sent(['frame.number']).length;
    expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_, index) => index + 1));
    const times = rows.map(([, time]) => Number(time));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const name of ['one', 'two']) {
      expect(rows.filter(([, , from]) => from === name)).toHaveLength(count);
    }
  });

  it.skipIf(!canCapture)('takes a filter of libpcap', async () => {
    await scenario('filter');
    expect(lines('out')).toHaveLength(
      sent(['frame.number'], 'ipv6.nxt == 135 || ipv6.nxt == 60').length,
    );
  });

  it.skipIf(!canCapture || !hasTshark)(
    'counts what the kernel dropped while it was busy (needs tshark)',
    async () => {
      await scenario('drops');
      const [, captured = '', dropped = ''] =
        /([\d,]+) packets captured, ([\d,]+) dropped/.exec(left('err')) ?? [];
      const numbers = [captured, dropped].map((text) => Number(text.replaceAll(',', '')));
      expect(numbers[1]).toBeGreaterThan(0);
      expect((numbers[0] ?? 0) + (numbers[1] ?? 0)).toBe(20 * sent(['frame.number']).length);
      expect(packetsIn('all.pcapng')).toBe(numbers[0]);
    },
  );

  it.skipIf(!canCapture)('goes on when an interface goes down, away and comes back', async () => {
    await scenario('down');
    expect(left('code')).toBe('0\n');
    expect(lines('out')).toHaveLength(3 * sent(['frame.number']).length);
  });

  it.skipIf(!canCapture || !hasTshark)(
    'keeps the last files of a ring, each a whole capture (needs tshark)',
    async () => {
      await scenario('ring');
      const names = readdirSync(folder).filter((name) => name.startsWith('ring'));
      expect(names).toHaveLength(3);
      for (const name of names) {
        expect(name).toMatch(/^ring_\d{5}_\d{14}\.pcapng$/);
        expect(packetsIn(name)).toBeGreaterThan(0);
      }
      const [, inAll = '', begun = ''] =
        /([\d,]+) packets in (\d+) files, 3 kept/.exec(left('err')) ?? [];
      expect(Number(inAll.replaceAll(',', ''))).toBe(2 * sent(['frame.number']).length);
      expect(Number(begun)).toBeGreaterThan(3);
    },
  );

  it.skipIf(!canCapture || !hasTshark)('ends after -c packets (needs tshark)', async () => {
    await scenario('until');
    expect(left('code')).toBe('0\n');
    expect(left('err')).toContain('5 packets captured');
    expect(packetsIn('until.pcapng')).toBe(5);
  });

  it.skipIf(!canCapture || !hasTshark)(
    'gives up its privileges and still survives a link that goes down (needs tshark)',
    async () => {
      await scenario('user');
      const status = left('status');
      expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
      expect(status).toMatch(/^Groups:\s+65534\s*$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect(status).toMatch(/^CapPrm:\s+0+$/m);
      expect(statSync(path.join(folder, 'user.pcapng')).uid).toBe(65534);
      expect(packetsIn('user.pcapng')).toBe(2 * sent(['frame.number']).length);
    },
  );

  it.skipIf(!canCapture)('ends quietly when nobody reads any more', async () => {
    await scenario('pipe');
    expect(left('code')).toBe('0\n');
    expect(lines('out')).toHaveLength(1);
    expect(left('err')).not.toContain('rror');
  });

  it.skipIf(!canCapture || !hasProgram('setpriv'))(
    'says what to do when it cannot capture (needs setpriv)',
    async () => {
      await scenario('errors');
      const told = left('out').split('== ').slice(1);
      expect(told).toHaveLength(4);
      expect(told[0]).toMatch(/^2\n.*there is no interface 'on'\n {2}Did you mean one\?/);
      expect(told[1]).toMatch(/^2\n.*capture filter 'ip6 and': .*syntax error/);
      expect(told[2]).toMatch(/^4\n.*one: the interface is down\n.*sudo ip link set one up/);
      expect(told[3]).toMatch(/^4\n.*may not capture.*\n.*sudo setcap cap_net_raw=eip \//);
    },
  );
});

describe('live and doctor without privileges', () => {
  it('live without an interface is a usage error that says how', () => {
    const { code, stderr } = mip6guard(['live']);
    expect(code).toBe(2);
    expect(stderr).toContain('mip6guard live -i eth0');
  });

  it('live refuses what it cannot know of packets as they come', () => {
    const { code, stderr } = mip6guard(['live', '-i', 'lo', '-Y', 'mip6guard.severity >= high']);
    expect(code).toBe(2);
    expect(stderr).toContain('mip6guard sensor');
  });

  it('doctor tells what is missing, and ends with 4 only when it was asked for', () => {
    const { code, stdout } = mip6guard(['doctor', '--json']);
    expect(code).toBe(0);
    const { ok, checks } = doctorReport.parse(JSON.parse(stdout));
    expect(ok).toBe(true);
    expect(checks.find(({ id }) => id === 'node')?.status).toBe('ok');
    // Standard output of a test is no terminal.
    expect(checks.find(({ id }) => id === 'terminal')).toMatchObject({ status: 'missing' });
    expect(mip6guard(['doctor', '--for', 'tui']).code).toBe(4);
  });
});
