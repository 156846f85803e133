/**
 * What the engine found, in what read shows and audit reports.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { leavesOf, packetsOf } from '../../e2e/json-entries.ts';
import { CAPTURES, run } from './run.ts';

const RELAY = path.join(CAPTURES, 'relay-attack.pcapng');
const OPTIONS = ['--keys', path.join(CAPTURES, 'relay-attack.esp_sa')].concat([
  '--config',
  path.join(CAPTURES, 'relay-attack.site.yaml'),
]);

async function numbers(filter: string): Promise<string[]> {
  const { stdout } = await run(
    'read',
    ...OPTIONS,
    '-Y',
    filter,
    '-T',
    'fields',
    '-e',
    'frame.number',
    RELAY,
  );
  return stdout.trimEnd().split('\n');
}

describe('state fields of read', () => {
  it('select the packets that decide or prove an alert, wherever they stand', async () => {
    expect(await numbers('mip6guard.rule == "MIP6-1107"')).toEqual(['71', '72']);
    const all = await numbers('mip6guard.incident == 1');
    expect(all).toContain('66');
    expect(all).toContain('75');
  });

  it('tell the binding of the addresses of a packet as it was then', async () => {
    const fields = ['frame.number', 'mip6guard.binding.coa', 'mip6guard.binding.state'];
    const columns = fields.flatMap((name) => ['-e', name]);
    const { stdout } = await run('read', ...OPTIONS, '-T', 'fields', ...columns, RELAY);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows[0]).toEqual(['1', '', '']);
    const registered = rows.findIndex(([, , state]) => state === 'registered');
    const ended = rows.findIndex(([, , state]) => state === 'deregistered');
    expect(registered).toBeGreaterThan(0);
    expect(ended).toBeGreaterThan(registered);
    expect(rows[registered]?.[1]).toBe('2001:db8:0:3:20d:93ff:fe55:8f79');
  });

  it('are a layer of -T json and a node of -V when findings are asked for', async () => {
    const { stdout } = await run(
      'read',
      ...OPTIONS,
      '-Y',
      'frame.number == 72',
      '-T',
      'json',
      RELAY,
    );
    const [packet] = packetsOf(stdout);
    const rules = leavesOf(packet ?? null).filter(({ key }) => key === 'mip6guard.rule');
    expect(rules.map(({ value }) => value)).toContain('MIP6-1107');
    const tree = await run('read', '--findings', '-V', '-c', '75', RELAY);
    expect(tree.stdout).toMatch(/\n {2}mip6guard: \d+ alerts?/);
    const without = await run('read', '-V', '-c', '1', RELAY);
    expect(without.stdout).not.toContain('mip6guard');
  });
});

/** The document of an audit of the attack. */
async function audit(
  ...args: readonly string[]
): Promise<{ code: number; document: unknown; stderr: string }> {
  const { code, stdout, stderr } = await run(
    'audit',
    ...OPTIONS,
    '--format',
    'json',
    ...args,
    RELAY,
  );
  const document: unknown = stdout === '' ? undefined : JSON.parse(stdout);
  return { code, document, stderr };
}

describe('audit -Y', () => {
  it('reports the findings with a selected packet, and says how many it left out', async () => {
    // Packet 70 decides MIP6-1106 and is evidence of nothing else.
    const { code, document } = await audit('-Y', 'frame.number == 70');
    expect(code).toBe(1);
    expect(document).toMatchObject({
      run: { filter: 'frame.number == 70', hidden_incidents: 0 },
      alerts: [{ rule: 'MIP6-1106' }],
      incidents: [{ alerts: [{ signature_id: 1106 }] }],
    });
  });

  it('analyses all packets: the numbers of the run stay what they are', async () => {
    const [all, none] = [await audit(), await audit('-Y', 'frame.number == 1')];
    const countersOf = (document: unknown): unknown =>
      typeof document === 'object' && document !== null && 'counters' in document
        ? document.counters
        : 0;
    expect(countersOf(none.document)).toEqual(countersOf(all.document));
    expect(none).toMatchObject({
      code: 0,
      document: { alerts: [], incidents: [], run: { hidden_alerts: 7 } },
    });
  });

  it('knows state fields, for which it reads the inputs twice', async () => {
    const { document } = await audit('-Y', 'mip6guard.rule == "MIP6-1114" && frame.number == 75');
    expect(document).toMatchObject({ alerts: [{ rule: 'MIP6-1114' }] });
    const { code, stderr } = await run('audit', '-Y', 'mip6guard.rule', '-');
    expect(code).toBe(2);
    expect(stderr).toContain('standard input can be read once');
  });

  it('says the same in text and in events', async () => {
    const filter = ['-Y', 'frame.number == 70'];
    const text = await run('audit', ...OPTIONS, ...filter, RELAY);
    expect(text.stdout).toMatch(/Filter +frame\.number == 70 \(-Y\): .*6 findings/);
    expect(text.stdout).toMatch(/6 findings left out by the filter\. Exit code 1/);
    const eve = await run('audit', ...OPTIONS, ...filter, '--format', 'eve', RELAY);
    expect(eve.stdout.match(/"event_type":"alert"/g)).toHaveLength(1);
    expect(eve.stdout.match(/"event_type":"mip6"/g)?.length).toBeGreaterThan(1);
  });

  it('shows a wrong filter with a mark and ends with 2', async () => {
    const { code, document, stderr } = await audit('-Y', 'frame.nuber == 1');
    expect({ code, document }).toEqual({ code: 2, document: undefined });
    expect(stderr).toMatch(/frame\.number\?\n {2}frame\.nuber == 1\n {2}\^{11}\n/);
  });
});

describe('an input that is cut short', () => {
  it('leaves a whole document and exit code 3', async () => {
    const file = path.join(CAPTURES, 'samples/broken-truncated.pcapng');
    expect(readFileSync(file).length).toBeGreaterThan(0);
    const { code, stdout, stderr } = await run('read', '-T', 'json', file);
    expect(code).toBe(3);
    expect(packetsOf(stdout).length).toBeGreaterThan(0);
    expect(stderr).toContain('broken-truncated.pcapng');
  });
});
