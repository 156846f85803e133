/**
 * `keys import` and `keys convert` with policies in the notation of RFC 3776 and RFC 4877.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETKEY, key } from '../engine/keys/key-texts.ts';
import { run } from './read/run.ts';

const POLICIES = `home_agent_1 = 2001:db8:1::1

home agent SPD IN:
  - IF source = any & destination = home_agent_1 & proto = MH & mh_type = BU
    THEN USE SA SA1

home agent SAD:
  - SA1(IN, 0x00000100, home_agent_1, ESP, TRANSPORT):
      source = any &
         destination = home_agent_1 &
         proto = MH

home agent PAD:
  - IF remote_identity = user_1
    THEN authenticate (shared secret/EAP)
    and authorize CHILD_SAs for remote address 2001:db8:1::10
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-policy-commands-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};

describe('keys import', () => {
  it('shows databases of the notation, a line for each entry', async () => {
    const { code, stdout } = await run('keys', 'import', write('a.spd', POLICIES));
    expect(code).toBe(0);
    expect(stdout).toContain(
      'line 4  home agent SPD IN  source = any & destination = home_agent_1 & proto = MH & mh_type = BU: USE SA SA1',
    );
    expect(stdout).toContain(
      'line 8  home agent SAD  SA1 in  0x00000100  > home_agent_1  transport',
    );
    expect(stdout).toContain(
      'line 14  home agent PAD  user_1 (shared secret/EAP) for 2001:db8:1::10',
    );
    expect(stdout).toContain('0 associations, 1 policy, 0 IKE keys, 0 errors, 0 warnings');
  });

  it('gives them as records', async () => {
    const { stdout } = await run('keys', 'import', '--json', write('a.spd', POLICIES));
    expect(JSON.parse(stdout)).toMatchObject({
      files: [
        {
          format: 'spd',
          databases: [
            { line: 4, node: 'home agent', database: 'SPD IN', action: 'USE SA SA1' },
            { line: 8, database: 'SAD', name: 'SA1', spi: 0x100, mode: 'transport' },
            { line: 14, database: 'PAD', identity: 'user_1', methods: ['shared secret', 'EAP'] },
          ],
        },
      ],
    });
  });

  it('tells of an SPI that two files have', async () => {
    const row = `"IPv6","*","2001:db8:1::1","0x100","NULL","","HMAC-SHA-1-96 [RFC2404]","${key(20)}"\n`;
    const [one, two] = [write('one', row), write('two', row)];
    const { code, stdout } = await run('keys', 'import', one, two);
    expect(code).toBe(0);
    expect(stdout).toContain(`warning: ${two}:1: spi: same SPI and addresses as ${one}:1`);
  });
});

describe('keys convert', () => {
  it('writes what it read, octet for octet', async () => {
    const file = write('a.spd', POLICIES);
    const first = (await run('keys', 'convert', '--to', 'spd', '-o', '-', file)).stdout;
    const again = await run('keys', 'convert', '--to', 'spd', '-o', '-', write('b.spd', first));
    expect(again).toMatchObject({ code: 0, stdout: first });
    expect(first).toContain('home_agent_1 = 2001:db8:1::1\n');
  });

  it('writes policies and selectors of other formats, and no key', async () => {
    const { stdout, stderr } = await run(
      'keys',
      'convert',
      '--to',
      'spd',
      '-o',
      '-',
      write('setkey.conf', SETKEY),
    );
    expect(stdout).toContain('SPD OUT:');
    expect(stdout).toContain('SAD:');
    expect(stdout).toContain('mh_type = BU');
    expect(stdout + stderr).not.toMatch(/[0-9a-f]{16}/);
    expect(stderr).toContain('spd has no place for keys and algorithms');
  });

  it('writes the policies of the notation for setkey', async () => {
    const { code, stdout, stderr } = await run(
      'keys',
      'convert',
      '--to',
      'setkey',
      '-o',
      '-',
      write('a.spd', POLICIES),
    );
    // The row of the SAD and the peer are left out.
    expect(code).toBe(1);
    expect(stdout).toBe(
      'spdadd ::/0 2001:db8:1::1/128 135 5 -P in ipsec esp/transport//require;\n',
    );
    expect(stderr).toContain('a.spd:8: left out: a row of a SAD has no keys');
  });
});
