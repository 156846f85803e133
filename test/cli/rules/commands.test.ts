import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../cli/program.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { FIXTURES } from '../../fixtures/expectations.ts';
import { capturedTerminal } from '../captured-terminal.ts';

const rules = await loadRules();
const ATTACK = path.join(FIXTURES, 'captures', 'relay-attack.pcapng');

let folder = '';
let own = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
  own = path.join(folder, 'own');
  mkdirSync(own);
  writeFileSync(
    path.join(own, 'partner.rule.yaml'),
    `version: 1
rules:
  - id: LOCAL-0001
    title: Router Advertisement of a stranger
    severity: high
    filter: icmpv6.type == 134 and eth.src == 00:07:40:53:e1:e5
    explanation: This interface is no router.
    advice: Switch its port off.
    references: [our network plan, page 3]
  - id: LOCAL-0002
    title: Many packets under one SPI
    severity: low
    filter: esp
    threshold: { count: 4, seconds: 600, by: esp.spi }
    explanation: Counted.
    advice: None.
`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function run(...args: readonly string[]) {
  const terminal = capturedTerminal();
  const code = await runProgram(args, terminal);
  return { code, ...terminal.written };
}

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('rules list', () => {
  it('lists every rule with severity, category and title', async () => {
    const { code, out } = await run('rules', 'list');
    expect(code).toBe(0);
    for (const { id, severity } of rules)
      expect(out).toMatch(new RegExp(`^${id} +${severity} `, 'm'));
    expect(out).toContain(`${rules.length} rules: `);
  });

  it('takes severity, category and words', async () => {
    const { out } = await run(
      'rules',
      'list',
      '--category',
      'home-link',
      '--severity',
      'critical',
      'RELAYED',
    );
    const ids = out.match(/^MIP6-\d{4}/gm) ?? [];
    expect(ids).toContain('MIP6-1106');
    for (const id of ids) {
      expect(rules.find((rule) => rule.id === id)).toMatchObject({
        category: 'home-link',
        severity: 'critical',
      });
    }
  });

  it('writes JSON, with rules of the operator', async () => {
    const { out } = await run('rules', 'list', '--format', 'json', '--rules', own);
    const list = JSON.parse(out) as { rule: string; signature_id: number }[];
    expect(list).toHaveLength(rules.length + 2);
    expect(list.find(({ rule }) => rule === 'LOCAL-0002')?.signature_id).toBe(1_000_002);
    expect(list.find(({ rule }) => rule === 'MIP6-1106')?.signature_id).toBe(1106);
  });

  it('has no lines wider than the page', async () => {
    const { out } = await run('rules', 'list');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe('rules explain', () => {
  it('teaches the relay attack: what it is, its steps, what proves it, what to do, where to see it', async () => {
    const { code, out } = await run('rules', 'explain', 'mip6-1106');
    expect(code).toBe(0);
    for (const part of [
      'What it is, and why this proves it',
      'Step by step',
      'ESP [ BU lifetime 0 ]',
      'What the sensor needs',
      'What to do',
      'confirmSeconds',
      'must alert',
      'must be silent',
      'mip6guard audit --config',
      'draft-ebalard-mext-hld-security-00',
    ]) {
      expect(out).toContain(part);
    }
  });

  it('explains every rule', async () => {
    const { code, out } = await run('rules', 'explain', ...rules.map(({ id }) => id));
    expect(code).toBe(0);
    for (const { id } of rules) expect(out).toMatch(new RegExp(`^${id}  `, 'm'));
  });

  it('takes the number alone, and names the nearest rule for an unknown one', async () => {
    expect((await run('rules', 'explain', '1101')).out).toContain('MIP6-1101');
    const { code, err } = await run('rules', 'explain', 'MIP6-11066');
    expect(code).toBe(2);
    expect(err).toContain('no rule has the id MIP6-11066');
    expect(err).toContain('Did you mean MIP6-1106?');
  });

  it('explains rules of the operator with filter and file', async () => {
    const { out } = await run('rules', 'explain', '--rules', own, 'LOCAL-0001');
    expect(out).toContain('icmpv6.type == 134');
    expect(out).toContain('partner.rule.yaml');
  });
});

describe('rules check', () => {
  it('says what right files hold', async () => {
    const site = written(
      'site.yaml',
      'version: 1\nrules:\n  LOCAL-0002: { params: { count: 9 } }\n',
    );
    const { code, out } = await run('rules', 'check', site, path.join(own, 'partner.rule.yaml'));
    expect({ code, out }).toEqual({
      code: 0,
      out: `${site}: site file, 1 changed rule: nothing wrong\n${path.join(own, 'partner.rule.yaml')}: rule file, 2 rules: nothing wrong\n`,
    });
  });

  it('tells all that is wrong with file, line and column', async () => {
    const site = written(
      'wrong.yaml',
      'version: 1\noverrides:\n  - rules: [MIP6-1011]\n    homeAgent: x\n    enabled: no\n',
    );
    const { code, err } = await run('rules', 'check', site);
    expect(code).toBe(2);
    expect(err).toContain(`${site}:4:16: overrides[0].homeAgent: no home agent of this file`);
    expect(err).toContain(`${site}:5:14: overrides[0].enabled: expected true or false; found "no"`);
  });

  it('writes JSON', async () => {
    const site = written('json.yaml', 'version: 2\n');
    const { code, out } = await run('rules', 'check', '--format', 'json', site);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject([
      {
        file: site,
        kind: 'site',
        is_valid: false,
        problems: [{ line: 1, column: 10, path: 'version' }],
      },
    ]);
  });

  it('tells of a file that is not there', async () => {
    const { code, err } = await run('rules', 'check', path.join(folder, 'nothing.yaml'));
    expect(code).toBe(2);
    expect(err).toContain('cannot be read');
  });
});

describe('rules stats', () => {
  it('tells evaluations, alerts and time of each rule', async () => {
    const { code, out } = await run('rules', 'stats', '--format', 'json', ATTACK);
    expect(code).toBe(0);
    const stats = JSON.parse(out) as {
      packets: number;
      rules: { rule: string; evaluations: number; alerts: number }[];
    };
    expect(stats.packets).toBe(89);
    const relay = stats.rules.find(({ rule }) => rule === 'MIP6-1106');
    expect(relay?.alerts).toBe(1);
    expect(relay?.evaluations).toBeGreaterThan(10);
    expect((await run('rules', 'stats', ATTACK)).out).toContain('all rules together');
  });
});

describe('an audit with rules of the operator', () => {
  it('reports them like others, with numbers of their own', async () => {
    const { code, out } = await run('audit', '--format', 'json', '--rules', own, ATTACK);
    expect(code).toBe(1);
    const { alerts } = JSON.parse(out) as {
      alerts: {
        rule: string;
        signature_id: number;
        severity: string;
        message: string;
        evidence: object[];
      }[];
    };
    expect(alerts.find(({ rule }) => rule === 'LOCAL-0001')).toMatchObject({
      signature_id: 1_000_001,
      severity: 'high',
      category: 'local',
      evidence: [{ in_iface: 'foreign-1' }],
    });
    const counted = alerts.filter(({ rule }) => rule === 'LOCAL-0002');
    expect(counted.length).toBeGreaterThan(0);
    expect(counted[0]?.message).toMatch(
      /^Many packets under one SPI: 4 packets in 600 s \(esp\.spi 0x/,
    );
    expect(counted[0]?.evidence).toHaveLength(4);
  });

  it('finds them with a filter on findings as well', async () => {
    const args = [
      'audit',
      '--format',
      'json',
      '--rules',
      own,
      '-Y',
      'mip6guard.rule == "LOCAL-0001"',
    ];
    const { out } = await run(...args, ATTACK);
    const { alerts } = JSON.parse(out) as { alerts: { rule: string }[] };
    expect(alerts.map(({ rule }) => rule)).toContain('LOCAL-0001');
  });

  it('lets the site file change and hide them, and says what it hid', async () => {
    const site = written(
      'hide.yaml',
      `version: 1
rules: { LOCAL-0002: { params: { count: 1000 } } }
suppressions:
  - { rules: [LOCAL-0001], until: 2999-12-31, reason: known }
  - { rules: [MIP6-1101], until: 2001-01-01 }
`,
    );
    const { out } = await run('audit', '--config', site, '--rules', own, ATTACK);
    expect(out).not.toMatch(/Router Advertisement of a stranger/);
    expect(out).not.toContain('LOCAL-0002');
    expect(out).toContain('1 alert hidden by suppressions, 1 suppression expired.');
    expect(out).toContain('· LOCAL-0001: 1 alert, found 2 times (known)');
  });

  it.each([
    ['a folder that is not there', 'nothing-here', 'ENOENT'],
    ['a folder without rules', '.', 'holds no *.rule.yaml'],
  ])('refuses %s', async (_name, place, message) => {
    const { code, err } = await run('audit', '--rules', path.join(folder, place), ATTACK);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
