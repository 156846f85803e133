/**
 * Key files of a run: what is used, what is told, and what ends it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MobileNode } from '../../fixtures/scenario/mobile-node.ts';
import { register } from '../../fixtures/scenario/registration.ts';
import { keyFile } from '../../fixtures/scenario/security.ts';
import { ping } from '../../fixtures/scenario/traffic.ts';
import { CORRESPONDENT, HOME_AGENT } from '../../fixtures/scenario/network.ts';
import { World } from '../../fixtures/scenario/world.ts';
import { formatAddress } from '../../dissectors/core/address.ts';
import { run } from './read/run.ts';

const node = new MobileNode();
const KEYS = keyFile(Object.values(node.associations));
const ROWS = KEYS.split('\n').filter((line) => line.startsWith('"'));
const SECRETS = [...KEYS.matchAll(/0x([0-9a-f]{20,})/g)].map((match) => match[1] ?? '');
const HOME = formatAddress(node.homeAddress);
const AGENT = formatAddress(HOME_AGENT.address);

let folder = '';
let capture = '';
const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-session-keys-'));
  const world = new World('session keys');
  node.link = 'foreign-1';
  register(world, node, { lifetime: 4000, isFirst: true });
  world.wait(5);
  ping(world, node, CORRESPONDENT, 'ip-tunnel', 2);
  capture = path.join(folder, 'capture.pcapng');
  writeFileSync(capture, world.pcapng());
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const Document = z.object({
  run: z.object({
    policies: z.number().optional(),
    unused_key_rows: z
      .array(
        z.object({
          file: z.string(),
          line: z.number(),
          column: z.number(),
          field: z.string().optional(),
          message: z.string(),
        }),
      )
      .optional(),
  }),
  associations: z.array(z.object({ origin: z.string(), opened: z.number() })),
  alerts: z.array(z.object({ signature_id: z.unknown(), rule: z.string().optional() }).loose()),
});

async function audit(
  ...keys: readonly string[]
): Promise<{ document: z.infer<typeof Document>; stderr: string; stdout: string; code: number }> {
  const options = keys.flatMap((file) => ['-k', file]);
  const { code, stdout, stderr } = await run('audit', '--format', 'json', ...options, capture);
  return { document: Document.parse(JSON.parse(stdout)), stderr, stdout, code };
}

describe('a bad row of a key file', () => {
  const broken = (): string =>
    [ROWS[0], ROWS[1]?.replace(/"0x[0-9a-f]{8}"/, '"spi"'), ROWS[2]?.slice(0, 60), ''].join('\n');

  it('is told with file, line, column and field, and the good rows open packets', async () => {
    const file = write('broken.esp_sa', broken());
    const { document, stderr, stdout } = await audit(file);
    expect(stderr).toMatch(/broken\.esp_sa:2:\d+: spi: expected .*; this row is not used/);
    expect(stderr).toMatch(/broken\.esp_sa:3/);
    expect(document.associations).toMatchObject([{ origin: `${file}:1`, opened: 2 }]);
    for (const secret of SECRETS) expect((stdout + stderr).includes(secret)).toBe(false);
  });

  it('is named in the report, so that nobody takes the run for one with all keys', async () => {
    const file = write('broken.esp_sa', broken());
    const { document } = await audit(file);
    expect(document.run.unused_key_rows).toMatchObject([
      { file, line: 2, field: 'spi' },
      { file, line: 3 },
    ]);
    const text = (await run('audit', '-k', file, capture)).stdout;
    const words = text.replaceAll(/\s+/g, ' ');
    expect(words).toContain('2 rows not used, see below');
    expect(words).toContain('Rows of key files that are not used');
    expect(words).toContain('broken.esp_sa:2:');
    const stats = (await run('audit', '--format', 'eve', '-k', file, capture)).stdout;
    expect(stats).toContain('"unused_key_rows":[{');
  });

  it('leaves the run alone that reads packets', async () => {
    const file = write('broken.esp_sa', broken());
    const { code, stdout, stderr } = await run(
      'read',
      '-Y',
      'mip6.mhtype == 5',
      '-k',
      file,
      capture,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Binding Update');
    expect(stderr).toContain('this row is not used');
  });

  it('of setkey, ip xfrm, YAML and the policy notation is one as well', async () => {
    const esp = `-m transport -E null -A hmac-sha1 0x${'11'.repeat(20)}`;
    const files = [
      write('a.conf', `add ${HOME} ${AGENT} esp 5 ${esp};\nadd ${HOME} nobody esp 6 ${esp};\n`),
      write(
        'b.yaml',
        `associations:\n  - { source: "*", destination: "*", spi: 7, encryption: "NULL" }\n  - { source: "*", destination: "*", spi: 0, encryption: "NULL" }\n`,
      ),
      write('c.spd', 'SPD IN:\n  - IF proto = MH THEN BYPASS\n  - IF proto = 999 THEN BYPASS\n'),
    ];
    const { document } = await audit(...files);
    expect(
      document.run.unused_key_rows?.map(({ file, line, field }) => [
        path.basename(file),
        line,
        field,
      ]),
    ).toEqual([
      ['a.conf', 2, 'destination'],
      ['c.spd', 3, 'proto'],
      ['b.yaml', 3, 'spi'],
    ]);
    expect(document.associations).toHaveLength(2);
    expect(document.run.policies).toBe(1);
  });
});

describe('a key file of which nothing can be used', () => {
  it.each([
    ['a.esp_sa', '"IPv6","*"\n"IPv6","*","*"\n', ':2'],
    ['b.conf', 'add nobody nowhere esp 5;\n', ':1'],
    ['c.spd', 'SPD IN:\n  - IF proto = 999 THEN BYPASS\n', ':2:16: proto'],
    ['d.yaml', 'associations:\n  - { spi: 0 }\n', ':2'],
    ['e', 'hello\n', 'not a key file of a known format'],
  ])('ends the run: %s', async (name, text, place) => {
    const good = write('good.esp_sa', `${ROWS[0] ?? ''}\n`);
    const { code, stdout, stderr } = await run(
      'audit',
      '-k',
      good,
      '-k',
      write(name, text),
      capture,
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(name);
    expect(stderr).toContain(place);
  });

  it('does not, when it says nothing at all', async () => {
    const { code, stderr } = await run('audit', '-k', write('empty', '# nothing yet\n'), capture);
    expect(code).not.toBe(2);
    expect(stderr).toContain('warning');
  });
});

describe('policies of key files', () => {
  const signatures = (document: z.infer<typeof Document>): string =>
    document.alerts.map((alert) => JSON.stringify(alert)).join('\n');

  it.each([
    ['setkey', `spdadd ${HOME} ::/0 any -P out ipsec esp/tunnel/${HOME}-${AGENT}/require;\n`],
    [
      'ip xfrm policy',
      `src ${HOME}/128 dst ::/0\n\tdir out priority 0\n\ttmpl src ${HOME} dst ${AGENT}\n\t\tproto esp reqid 0 mode tunnel\n`,
    ],
    [
      'the notation',
      `mobile node SPD OUT:\n  - IF interface = IPv6 tunnel to ${AGENT} & source = ${HOME} & destination = any & proto = any\n    THEN USE SA ESP TUNNEL\n`,
    ],
  ])('of %s are what rules judge by', async (_, text) => {
    const keys = write('keys.esp_sa', KEYS);
    const without = await audit(keys);
    expect(signatures(without.document)).not.toContain('MIP6-1815');
    const { document } = await audit(keys, write('policies', text));
    expect(document.run.policies).toBe(1);
    expect(signatures(document)).toContain('MIP6-1815');
  });

  it('let pass what they say is to pass', async () => {
    const clear = path.join(folder, 'clear.pcapng');
    const world = new World('in clear');
    const other = new MobileNode(1);
    other.link = 'foreign-1';
    register(world, other, { lifetime: 400, isFirst: true, isProtected: false });
    writeFileSync(clear, world.pcapng());
    const policy = write('bypass.spd', 'SPD IN:\n  - IF proto = MH THEN BYPASS\n');
    const strict = (await run('audit', '--format', 'json', clear)).stdout;
    expect(strict).toContain('MIP6-1801');
    const lenient = (await run('audit', '--format', 'json', '-k', policy, clear)).stdout;
    expect(lenient).not.toContain('MIP6-1801');
  });

  it('give their selectors to associations of other files', async () => {
    const update = node.associations.bindingUpdate.selectors.spi;
    const sad = write(
      'a.spd',
      `SAD:\n  - SA1(IN, 0x${update.toString(16)}, ${AGENT}, ESP, TRANSPORT): proto = ICMPv6\n`,
    );
    const keys = write('keys.esp_sa', KEYS);
    const { document } = await audit(keys, sad);
    expect(signatures(document)).toContain('ICMPv6');
  });
});
