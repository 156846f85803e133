import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROOT, hasProgram, mip6guard } from './command.ts';

const BASE = path.join(ROOT, 'fixtures/captures/relay-attack');
const [CAPTURE, KEYS] = [`${BASE}.pcapng`, `${BASE}.esp_sa`];
const HOME_ADDRESS = '2001:db8:0:2:20d:93ff:fe55:8f79';
const CARE_OF_ADDRESS = '2001:db8:0:3:20d:93ff:fe55:8f79';
const SECRETS = [...readFileSync(KEYS, 'latin1').matchAll(/0x([0-9a-f]{20,})/g)].map(
  (match) => match[1] ?? '',
);

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);
const write = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(inFolder(name), text, { mode });
  chmodSync(inFolder(name), mode);
  return inFolder(name);
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-keys-command-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const Import = z.object({
  files: z.array(
    z.object({
      format: z.string().optional(),
      associations: z.array(z.object({ line: z.number(), spi: z.number().optional() })),
      problems: z.array(z.object({ code: z.string(), line: z.number() })),
    }),
  ),
});
const Check = z.object({
  esp_packets: z.number(),
  opened: z.number(),
  associations: z.array(
    z.object({
      spi: z.number(),
      verdict: z.string(),
      packets: z.number(),
      reasons: z.array(
        z.object({ code: z.string(), proven: z.boolean(), fix: z.string().optional() }),
      ),
    }),
  ),
  not_opened: z.array(z.object({ spi: z.number(), packets: z.number() })),
});

function expectNoSecrets(text: string): void {
  expect(SECRETS.length).toBeGreaterThan(2);
  for (const secret of SECRETS) expect(text.toLowerCase().includes(secret)).toBe(false);
}

describe('keys import', () => {
  it('shows a line for each association, and no key', () => {
    const { code, stdout, stderr } = mip6guard(['keys', 'import', KEYS]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain("Wireshark's esp_sa");
    expect(stdout).toMatch(
      /line 2 {2}0x0990cbed {2}\S+ > \S+ {2}AES-CBC \(128 bits\) \+ HMAC-SHA-1-96/,
    );
    expect(stdout).toContain('4 associations, 0 policies, 0 IKE keys, 0 errors, 0 warnings');
    expectNoSecrets(stdout);
  });

  it('says with file, line and column what is wrong, and ends with 2', () => {
    const bad = write(
      'bad.conf',
      `add ::1 ::2 esp 1 -m transport -E rijndael-cbc 0x${SECRETS[1]?.slice(0, 20) ?? ''};\n`,
    );
    const { code, stdout } = mip6guard(['keys', 'import', bad]);
    expect(code).toBe(2);
    expect(stdout).toContain('bad.conf:1:');
    expect(stdout).toContain('10 octets; AES-CBC');
    expectNoSecrets(stdout);
    const json = Import.parse(
      JSON.parse(mip6guard(['keys', 'import', '--json', bad, KEYS]).stdout),
    );
    expect(json.files.map(({ format }) => format)).toEqual(['setkey', 'esp_sa']);
    expect(json.files[0]?.problems).toEqual([{ code: 'KEYS_KEY_LENGTH', line: 1 }]);
    expect(json.files[1]?.associations.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it.each([
    ['no-such-file', 'no such file'],
    [ROOT, 'is a directory'],
  ])('of %s ends with 2 and says why', (file, expected) => {
    const { code, stderr } = mip6guard(['keys', 'import', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
  });

  it('of a file of no known format names the formats', () => {
    const { code, stdout } = mip6guard(['keys', 'import', write('odd', 'hello world\n')]);
    expect(code).toBe(2);
    expect(stdout).toContain('Supported: ');
    expect(stdout).toContain('setkey');
  });

  it('warns of a file that others may read', () => {
    const open = write('open', readFileSync(KEYS, 'latin1'), 0o644);
    expect(mip6guard(['keys', 'import', open]).stdout).toContain('chmod 600');
  });
});

describe('keys check', () => {
  const check = (keys: string): z.infer<typeof Check> & { code: number | undefined } => {
    const { code, stdout } = mip6guard(['keys', 'check', '--json', '--keys', keys, CAPTURE]);
    expectNoSecrets(stdout);
    return { ...Check.parse(JSON.parse(stdout)), code };
  };
  const changed = (name: string, from: RegExp, to: string): string =>
    write(name, readFileSync(KEYS, 'latin1').replaceAll(from, to));

  it('says which association opened how many packets', () => {
    const { code, stdout } = mip6guard(['keys', 'check', '--keys', KEYS, CAPTURE]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/works +line 2 +0x0990cbed .* 6 of 6 packets opened/);
    expect(stdout).toContain('42 ESP packets, 42 opened');
  });

  it('explains a row with the care-of address, which other programs are silent about', () => {
    const keys = changed('care-of', new RegExp(`"${HOME_ADDRESS}"`, 'g'), `"${CARE_OF_ADDRESS}"`);
    const { code, associations } = check(keys);
    expect(code).toBe(1);
    expect(associations[0]).toMatchObject({
      verdict: 'wrong',
      packets: 0,
      reasons: [
        {
          code: 'care-of-address',
          proven: true,
          fix: `write the home address: ${HOME_ADDRESS} as the source`,
        },
      ],
    });
    const { stdout } = mip6guard(['keys', 'check', '--keys', keys, CAPTURE]);
    expect(stdout).toContain(`Fix: write the home address: ${HOME_ADDRESS} as the source`);
  });

  it.each([
    ['spi', /0990cbed/g, '0990cbee', 'spi'],
    ['key', /"0x24288463/g, '"0x25288463', 'icv'],
    ['encryption-key', /"0xe796b4f8/g, '"0xe696b4f8', 'encryption-key'],
    ['algorithm', /HMAC-SHA-1-96 \[RFC2404\]/g, 'MAC-RIPEMD-160-96 [RFC2857]', 'algorithm'],
  ])('explains a wrong %s', (name, from, to, reason) => {
    const { code, associations } = check(changed(name, from, to));
    expect(code).toBe(1);
    expect(associations[0]?.reasons.map((item) => item.code)).toContain(reason);
  });

  it('lists rows whose transform cannot be computed beside what the others did', () => {
    const keys = changed('unsupported', /"AES-CBC \[RFC3602\]","0xe796/g, '"TWOFISH-CBC","0xe796');
    const { code, stdout } = mip6guard(['keys', 'check', '--keys', keys, CAPTURE]);
    expect(code).toBe(1);
    expect(stdout).toContain('TWOFISH-CBC cannot be decrypted');
    expect(stdout).toMatch(/ESP that nothing opens\n +0x0990cbed .*: 6 packets/);
  });

  it('looks for the SPIs of a swanctl listing', () => {
    const listing = write(
      'sas',
      'home: #1, ESTABLISHED, IKEv2, 0001020304050607_i* 1011121314151617_r\n  mh: #2, reqid 1, INSTALLED, TRANSPORT, ESP:AES_CBC-128/HMAC_SHA1_96\n    in  0990cbed,     84 bytes\n',
    );
    const { stdout } = mip6guard(['keys', 'check', '--keys', listing, CAPTURE]);
    expect(stdout).toContain('mh in  0x0990cbed  6 packets');
  });

  it('without keys, without a capture, or with files that are not there says what to do', () => {
    expect(mip6guard(['keys', 'check', CAPTURE]).stderr).toContain('--keys FILE');
    expect(mip6guard(['keys', 'check', '--keys', KEYS]).code).toBe(2);
    expect(mip6guard(['keys', 'check', '--keys', 'nothing', CAPTURE]).code).toBe(2);
    const missing = mip6guard(['keys', 'check', '--keys', KEYS, 'nothing.pcap']);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('nothing.pcap');
  });
});

describe('keys convert', () => {
  it.each(['esp_sa', 'yaml', 'setkey', 'ip-xfrm'])(
    'to %s writes a file only its owner can read, and what it holds opens the capture',
    (format) => {
      const output = write(`old.${format}`, 'before\n', 0o644);
      const { code, stdout } = mip6guard(['keys', 'convert', '--to', format, '-o', output, KEYS]);
      // A row for any destination is none that setkey and ip know.
      expect(code).toBe(['setkey', 'ip-xfrm'].includes(format) ? 1 : 0);
      expect(stdout).toBe('');
      if (process.platform !== 'win32') expect(statSync(output).mode & 0o777).toBe(0o600);
      const again = mip6guard(['keys', 'check', '--keys', output, CAPTURE]).stdout;
      expect(again).toMatch(/works +line \d+ +0x0990cbed .* 6 of 6 packets opened/);
    },
  );

  it('says on standard error what the format has no place for, with lines', () => {
    const { code, stderr } = mip6guard(['keys', 'convert', '--to', 'tcpdump', KEYS]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'relay-attack.esp_sa:2,3: tcpdump has no place for source, authentication key',
    );
    expect(stderr).toContain('relay-attack.esp_sa:5: left out: tcpdump takes one SPI');
    expectNoSecrets(stderr);
  });

  it('refuses to write over a file it reads, and formats it cannot write', () => {
    const keys = write('mine', readFileSync(KEYS, 'latin1'));
    const over = mip6guard(['keys', 'convert', '--to', 'yaml', '-o', keys, keys]);
    expect(over.code).toBe(2);
    expect(readFileSync(keys, 'latin1')).toBe(readFileSync(KEYS, 'latin1'));
    expect(mip6guard(['keys', 'convert', '--to', 'swanctl', keys]).code).toBe(2);
    expect(mip6guard(['keys', 'convert', keys]).code).toBe(2);
  });

  it('writes nothing when there is nothing to write', () => {
    const { code, stderr } = mip6guard([
      'keys',
      'convert',
      '--to',
      'yaml',
      write('empty', '# none\n'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('nothing is written');
  });

  it.skipIf(!hasProgram('script'))('does not show keys on a terminal (needs script)', () => {
    const command = `${process.execPath} ${path.join(ROOT, 'dist/cli/main.js')} keys convert --to yaml ${KEYS}`;
    const run = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
    expect(run.stdout).toContain('keys are not written to a terminal');
    expect(run.status).toBe(2);
    expectNoSecrets(run.stdout);
  });

  it.skipIf(!hasProgram('tshark'))(
    'to esp_sa gives what tshark decrypts with (needs tshark)',
    () => {
      const yaml = inFolder('through.yaml');
      const rows = inFolder('through.esp_sa');
      mip6guard(['keys', 'convert', '--to', 'yaml', '-o', yaml, KEYS]);
      mip6guard(['keys', 'convert', '--to', 'esp_sa', '-o', rows, yaml]);
      const options = readFileSync(rows, 'latin1')
        .split('\n')
        .filter((line) => line.startsWith('"'))
        .flatMap((line) => ['-o', `uat:esp_sa:${line}`]);
      const decrypt = ['-o', 'esp.enable_encryption_decode:TRUE', ...options];
      const args = [
        '-r',
        CAPTURE,
        ...decrypt,
        '-Y',
        'esp && mipv6',
        '-T',
        'fields',
        '-e',
        'esp.spi',
      ];
      const { stdout } = spawnSync('tshark', args, {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder },
      });
      expect(stdout.split('\n').filter((line) => line !== '').length).toBeGreaterThan(5);
    },
  );

  it.skipIf(!hasProgram('tcpdump'))(
    'to tcpdump gives what tcpdump decrypts with (needs tcpdump)',
    () => {
      const secrets = inFolder('secrets');
      mip6guard(['keys', 'convert', '--to', 'tcpdump', '-o', secrets, KEYS]);
      // As an argument: tcpdump gives up its rights before it reads a file.
      const secret = readFileSync(secrets, 'latin1').trim().replaceAll('\n', ',');
      const { stdout, stderr } = spawnSync('tcpdump', ['-nn', '-r', CAPTURE, '-E', secret, 'ip6'], {
        encoding: 'utf8',
      });
      if (stderr.includes('cryptography')) return;
      expect(stdout).toMatch(/ESP\(spi=0x0990cbed,.*ip-proto-135/);
      expect(stdout).toMatch(/ESP\(spi=0x0990cbf0,.*echo request/);
    },
  );
});

describe('keys of tcpdump', () => {
  const PUBLIC = path.join(ROOT, '../shared/captures/tcpdump');
  /** The argument of -E in tcpdump's own tests. */
  const ARGUMENT =
    '0x12345678@192.1.2.45 3des-cbc-hmac96:0x4043434545464649494a4a4c4c4f4f515152525454575758';
  it.skipIf(!existsSync(path.join(PUBLIC, 'esp-secrets.txt'))).each([
    ['02-sunrise-sunset-esp.pcap', 'argument'],
    ['espudp1.pcap', 'argument'],
    ['08-sunrise-sunset-aes.pcap', 'file'],
    ['08-sunrise-sunset-esp2.pcap', 'file'],
  ])('open the public capture %s with the secrets %s (needs public captures)', (name, kind) => {
    const secrets =
      kind === 'file' ? path.join(PUBLIC, 'esp-secrets.txt') : write('argument', ARGUMENT);
    const { stdout } = mip6guard(['read', '-V', '--keys', secrets, path.join(PUBLIC, name)]);
    expect(stdout).toMatch(
      /Internet Protocol Version 4: 192\.0\.2\.1 > 192\.0\.1\.1 \[Decrypted ESP/,
    );
  });
});

describe('help of keys', () => {
  it.each([['import'], ['check'], ['convert']])('%s has examples and exit codes', (name) => {
    const { code, stdout } = mip6guard(['keys', name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`mip6guard keys ${name}`);
    expect(stdout).toContain('Exit codes:');
  });
});
